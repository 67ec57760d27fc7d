"""How the worker lives in a foreign interpreter without leaving traces.

Three dangers are met here: modules of ours that user code could import by accident, files in the
user's folder that are named like the standard library's, and user code that rebinds builtins.
Executed by `bootstrap` from its file, before anything else of the package exists.

Our modules are in no table but our own, and import by a function of their own. What a session
seldom needs is imported when it does, long after user code has run: from code that was read when
the process began, so that nothing done to files, `sys.path`, `sys.modules` or builtins matters.
"""

from __future__ import annotations

import builtins
import gc
import importlib.machinery
import os
import sys
from _thread import RLock, get_ident
from collections.abc import Sequence
from types import ModuleType
from typing import Any

PACKAGE = "pyrepl_worker"
OWN = (PACKAGE, "cloudpickle")
"""Packages of Python code that come with us."""
_KEPT_CODE = f"{PACKAGE}.kept_code"
"""The module that reads what is not loaded."""
COMPILED = "msgpack"
"""One with a compiled part, whose imports are the interpreter's own."""
_REPLACED = ("input",)
"""Builtins that sessions have their own of."""
_GONE: Any = object()
_Modules = dict[str, ModuleType]
_LIMIT = 500
"""Depth of calls that imports may need."""


def stdlib_path(path: Sequence[str]) -> list[str]:
    """The entries of a sys.path that hold the standard library."""
    home = os.path.dirname(os.path.realpath(os.__file__))
    version = f"python{sys.version_info[0]}{sys.version_info[1]}.zip"
    return [
        entry
        for entry in path
        if os.path.realpath(entry) == home or os.path.basename(entry) in ("lib-dynload", version)
    ]


class _Finder:
    """Finds some packages in some folders, for the thread that put it into sys.meta_path."""

    def __init__(
        self, folders: Sequence[str], builtins_of_ours: dict[str, Any] | None = None
    ) -> None:
        self._folders = list(folders)
        self._builtins = builtins_of_ours
        self._thread = get_ident()

    def wants(self, top: str) -> bool:
        return top == COMPILED

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        top, dot, _ = name.partition(".")
        if get_ident() != self._thread or not self.wants(top):
            return None
        spec = self._find(name, self._folders if not dot else list(path or ()))
        if self._builtins is None or spec is None:
            return spec
        if isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                vars(module)["__builtins__"] = self._builtins
                execute(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec

    def _find(self, name: str, folders: list[str]) -> Any:
        return importlib.machinery.PathFinder.find_spec(name, folders)


class _StandardFinder(_Finder):
    """Finds the standard library's modules where they are, whatever lies before them."""

    def wants(self, top: str) -> bool:
        return top in sys.stdlib_module_names

    def _find(self, name: str, folders: list[str]) -> Any:
        for finder in (importlib.machinery.BuiltinImporter, importlib.machinery.FrozenImporter):
            spec = finder.find_spec(name)
            if spec is not None:
                return spec
        return super()._find(name, folders)


class _Order:
    """The interpreter as an import needs it, until `leave` gives the user's state back.

    Other threads may see it meanwhile: they find more than the user has left them, never less.
    """

    def __init__(self, aside: _Modules, lent: _Modules, genuine: dict[str, Any]) -> None:
        self.aside = aside
        """Modules of the user's with names of standard ones."""
        self.lent = lent
        """Standard modules that the user has thrown out or replaced."""
        present = vars(builtins)
        self._replaced = {
            name: present.get(name, _GONE)
            for name, value in genuine.items()
            if present.get(name, _GONE) is not value and name not in _REPLACED
        }
        for name in self._replaced:
            present[name] = genuine[name]
        self._limit = sys.getrecursionlimit()
        if self._limit < _LIMIT:
            sys.setrecursionlimit(_LIMIT)

    def leave(self) -> None:
        """Give back what is the user's."""
        for key, module in self.lent.items():
            if sys.modules.get(key) is module:
                del sys.modules[key]
        sys.modules.update(self.aside)
        for name, value in self._replaced.items():
            if value is _GONE:
                del vars(builtins)[name]
            else:
                vars(builtins)[name] = value
        if self._limit < _LIMIT:
            sys.setrecursionlimit(self._limit)


class Library:
    """Imports for our modules: theirs from `modules`, standard ones from where Python has them."""

    def __init__(self, folders: Sequence[str]) -> None:
        self._folders = list(folders)
        self._standard_folders = stdlib_path(sys.path)
        self.modules: dict[str, ModuleType] = {}
        """Those of ours that are loaded, by full name."""
        self._kept: dict[str, tuple[str, bool, Any]] = {}
        """Of those that are not: file, whether it is a package, and its code as bytes."""
        self._import = builtins.__import__
        self._genuine = dict(vars(builtins))
        # a copy: code that rebinds print, len or __import__ in builtins breaks itself, not us
        self._builtins = {**self._genuine, "__import__": self.import_}
        self._standard: dict[str, ModuleType] = {}
        """Modules of the standard library as they were before any user code ran."""
        self._sealed = False
        self._loading: set[str] = set()
        self.needed: list[str] = []
        """Modules of ours that were loaded after user code began to run, until somebody asks."""
        self._order: _Order | None = None
        """In force while a module of ours is loaded, after user code has run."""
        self._lock = RLock()
        """Held by the thread that loads something."""
        os.register_at_fork(
            before=self._lock.acquire,
            after_in_parent=self._lock.release,
            after_in_child=self._lock.release,
        )

    def import_compiled(self) -> None:
        """Import the package with a compiled part, and hide it again."""
        finder = _Finder(self._folders, dict(self._genuine))
        sys.meta_path.insert(0, finder)
        try:
            self._import(COMPILED)
        finally:
            sys.meta_path.remove(finder)
            for name in [n for n in sys.modules if n.partition(".")[0] == COMPILED]:
                self.modules[name] = sys.modules.pop(name)

    def keep(self) -> None:
        """Read what is not loaded: the files may be another version's when it is needed."""
        self._ours(_KEPT_CODE)
        for name in OWN:
            found = self._locate(name)
            if found is not None:
                self._keep_all(name, os.path.dirname(found[0]))

    def seal(self) -> None:
        """Trust no table of modules from now on: user code is about to run."""
        self._ours(f"{PACKAGE}.shadows")
        self._standard = {
            name: module
            for name, module in sys.modules.items()
            if name.partition(".")[0] in sys.stdlib_module_names
        }
        self._sealed = True

    def _keep_all(self, package: str, folder: str) -> None:
        for entry in os.listdir(folder):
            stem, dot, suffix = entry.partition(".")
            name = f"{package}.{stem}" if stem != "__init__" else package
            if not dot:
                if os.path.isfile(os.path.join(folder, entry, "__init__.py")):
                    self._keep_all(name, os.path.join(folder, entry))
            elif suffix == "py" and name not in self.modules and stem not in ("bootstrap", "guest"):
                path = os.path.join(folder, entry)
                data = self.modules[_KEPT_CODE].read_code(path)
                self._kept[name] = (path, stem == "__init__", data)

    def import_(
        self,
        name: str,
        globals: Any = None,  # noqa: A002 - the names that __import__ has
        locals: Any = None,  # noqa: A002
        fromlist: Any = (),
        level: int = 0,
    ) -> Any:
        """What an import statement in a module of ours calls."""
        if level:
            package = globals["__package__"]
            for _ in range(level - 1):
                package = package.rpartition(".")[0]
            name = f"{package}.{name}" if name else package
        top = name.partition(".")[0]
        if top in OWN or top == COMPILED:
            module = self._ours(name)
            for item in fromlist or ():
                if item != "*" and not hasattr(module, item):
                    self._ours(f"{name}.{item}")
            return module if fromlist else self.modules[top]
        # C code that imports (for a pickle) passes a list, and looks into sys.modules
        theirs = type(fromlist) is list or top not in sys.stdlib_module_names
        if theirs or not self._sealed:
            return self._import(name, globals, locals, fromlist, 0)
        module = self.standard(name)
        for item in fromlist or ():
            if not hasattr(module, item):
                self.standard(f"{name}.{item}")
        return module if fromlist else self.standard(top)

    def _ours(self, name: str) -> ModuleType:
        module = self.modules.get(name)
        if module is not None and name not in self._loading:
            return module
        with self._lock:
            return self.modules.get(name) or self._load(name)

    def _load(self, name: str) -> ModuleType:
        parent, _, stem = name.rpartition(".")
        if parent:
            self._ours(parent)
        if name in self.modules:
            return self.modules[name]  # its package has imported it
        found = self._kept.get(name) or self._locate(name)
        if found is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        path, is_package, data = found
        module = ModuleType(name)
        module.__file__ = path
        module.__package__ = name if is_package else parent
        if is_package:
            module.__path__ = [os.path.dirname(path)]
        vars(module)["__builtins__"] = self._builtins
        self.modules[name] = module
        self._loading.add(name)
        order = _Order({}, {}, {})
        if self._sealed and self._order is None:
            order = self._order = self._put_in_order()
        if name in sys.modules:
            order.aside[name] = sys.modules[name]
        sys.modules[name] = order.lent[name] = module  # dataclasses look their module up
        try:
            exec(self._code(name, path, data), vars(module))
        except BaseException:
            del self.modules[name]
            raise
        finally:
            self._loading.remove(name)
            if order is self._order:
                self._order = None
                self.needed.append(name)
            order.leave()
        self._kept.pop(name, None)
        if parent:
            setattr(self.modules[parent], stem, module)
        return module

    def _code(self, name: str, path: str, data: tuple[bool, bytes] | None) -> Any:
        if data is None:
            return importlib.machinery.SourceFileLoader(name, path).get_code(name)
        return self.modules[_KEPT_CODE].code_of(path, *data)

    def _locate(self, name: str) -> tuple[str, bool, Any] | None:
        parent, _, stem = name.rpartition(".")
        for folder in self.modules[parent].__path__ if parent else self._folders:
            base = os.path.join(folder, stem)
            for path in (base + ".py", os.path.join(base, "__init__.py")):
                if os.path.isfile(path):
                    return path, path != base + ".py", None
        return None

    def standard(self, name: str) -> ModuleType:
        """A module of the standard library, whatever has become of sys.path and sys.modules."""
        module = self._standard.get(name)
        if module is None:
            with self._lock:
                module = self._standard.get(name) or self._fetch(name)
        return module

    def _fetch(self, name: str) -> ModuleType:
        table = sys.modules
        before = set(table)
        order = self._put_in_order() if self._order is None else self._order
        finder = _StandardFinder(self._standard_folders)
        sys.meta_path.insert(0, finder)
        try:
            self._import(name)
            found = table[name]
            fresh = {
                key: table[key]
                for key in {*table} - {*order.lent}
                if key not in before or (key in order.aside and table[key] is not order.aside[key])
            }
        finally:
            sys.meta_path.remove(finder)
            if order is not self._order:
                order.leave()
        hidden = self.modules[f"{PACKAGE}.shadows"].shadowed(
            os.curdir, {key.partition(".")[0] for key in fresh}
        )
        for key, module in fresh.items():
            self._standard.setdefault(key, module)
            if key.partition(".")[0] in hidden and order is self._order:
                order.lent[key] = module  # what is being loaded may look itself up until then
            elif key.partition(".")[0] in hidden and table.get(key) is module:
                del table[key]
        return self._standard.setdefault(name, found)

    def _put_in_order(self) -> _Order:
        """Have modules and builtins be the interpreter's own for a while."""
        table = sys.modules
        aside = {
            key: table.pop(key)
            for key in list(table)
            if self._standard.get(key, table[key]) is not table[key]
            or self._is_foreign(key, table[key])
        }
        lent = {key: module for key, module in self._standard.items() if key not in table}
        table.update(lent)
        return _Order(aside, lent, self._genuine)

    def _is_foreign(self, name: str, module: Any) -> bool:
        """Whether something of the user's has the name of a standard module."""
        if name.partition(".")[0] not in sys.stdlib_module_names or name in self._standard:
            return False
        origin = getattr(getattr(module, "__spec__", None), "origin", None)
        if origin in ("built-in", "frozen"):
            return False
        return not str(origin).startswith(tuple(f + os.sep for f in self._standard_folders))


def run(home: str, baseline: set[str], argv: Sequence[str]) -> int:
    """Load the worker from `home` and act the part that `argv` names. Returns the exit code."""
    folders = [home] + [argv[i + 1] for i, word in enumerate(argv[:-1]) if word == "--site"]
    user_path = list(sys.path)
    sys.path[:] = stdlib_path(user_path)
    library = Library(folders)
    gc.disable()  # there is nothing to be found among what is only just made
    try:
        library.import_compiled()
        name = "clerk" if argv[0] == "clerk" else "main"
        entry = library.import_(f"{PACKAGE}.{name}", fromlist=("main",))
        shadows = library.import_(f"{PACKAGE}.shadows", fromlist=("Shadows",))
        library.import_(f"{PACKAGE}.late", fromlist=("library",)).library = library
        if name == "main":
            library.keep()
        library.seal()
    finally:
        sys.path[:] = user_path
        gc.enable()
    # after all our imports, before any of the user's
    code: int = entry.main(list(argv), shadows.Shadows(baseline, stdlib_path))
    return code
