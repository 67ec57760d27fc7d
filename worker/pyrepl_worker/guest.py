"""How the worker lives in a foreign interpreter without leaving traces.

Three dangers are met here: modules of ours that user code could import by accident, files in the
user's folder that are named like the standard library's, and user code that rebinds builtins.
Executed by `bootstrap` from its file, before anything else of the package exists.
"""

from __future__ import annotations

import builtins
import importlib.machinery
import os
import sys
from collections.abc import Callable, Collection, Sequence
from types import ModuleType
from typing import Any

PINNED = ("pyrepl_worker", "msgpack", "cloudpickle")
"""Packages that come with us and are hidden again once they are loaded."""


class PinnedFinder:
    """Finds the pinned packages in our folders only, with builtins of their own."""

    def __init__(self, folders: Sequence[str]) -> None:
        self._folders = list(folders)
        # a copy: code that rebinds print, len or __import__ in builtins breaks itself, not us
        self._builtins = dict(vars(builtins))

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        top, dot, _ = name.partition(".")
        if top not in PINNED:
            return None
        folders = self._folders if not dot else list(path or ())
        spec = importlib.machinery.PathFinder.find_spec(name, folders)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                vars(module)["__builtins__"] = self._builtins
                execute(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def stdlib_path(path: Sequence[str]) -> list[str]:
    """The entries of a sys.path that hold the standard library."""
    home = os.path.dirname(os.path.realpath(os.__file__))
    version = f"python{sys.version_info[0]}{sys.version_info[1]}.zip"
    return [
        entry
        for entry in path
        if os.path.realpath(entry) == home or os.path.basename(entry) in ("lib-dynload", version)
    ]


def hide_pinned() -> None:
    """Take our packages out of sys.modules; modules that hold references keep working."""
    for name in list(sys.modules):
        if name.partition(".")[0] in PINNED:
            del sys.modules[name]


class Shadows:
    """The standard modules that we loaded and a bare interpreter would not have."""

    def __init__(self, baseline: set[str]) -> None:
        self._baseline = baseline
        self._ours = self._loaded()

    def _loaded(self) -> frozenset[str]:
        return frozenset(
            name for name in sys.modules if "." not in name and name not in self._baseline
        )

    def lift(self, folder: str, late: Collection[str], complete: Callable[[], object]) -> list[str]:
        """Forget those that a file in `folder` would have come before, as it does in plain Python.

        Args:
            folder: where the session runs.
            late: names of the standard modules that we import late, and of what they need.
            complete: imports them. Called now if a file in the folder has such a name.

        Returns the names forgotten. Our modules keep the standard ones they already hold.
        """
        try:
            # by the folder's names: to walk sys.modules would copy pages shared with the nursery
            present = os.listdir(folder)
        except OSError:
            return []
        if any(self._shadowed(folder, entry, late) for entry in present):
            path = list(sys.path)
            sys.path[:] = stdlib_path(path)
            complete()
            sys.path[:] = path
            self._ours = self._loaded()
        lifted = sorted(
            {stem for entry in present if (stem := self._shadowed(folder, entry, self._ours))}
        )
        for name in lifted:
            prefix = name + "."
            for other in [o for o in sys.modules if o == name or o.startswith(prefix)]:
                del sys.modules[other]
        return lifted

    def _shadowed(self, folder: str, entry: str, names: Collection[str]) -> str | None:
        """Which of the named modules a folder's entry comes before, if it does."""
        stem, dot, _ = entry.partition(".")
        if stem not in names:
            return None
        if dot:
            suffixes = importlib.machinery.all_suffixes()
            return stem if any(entry == stem + suffix for suffix in suffixes) else None
        is_package = os.path.isfile(os.path.join(folder, entry, "__init__.py"))
        return stem if is_package else None


def run(home: str, baseline: set[str], argv: Sequence[str]) -> int:
    """Load the worker from `home` and act the part that `argv` names. Returns the exit code."""
    folders = [home] + [argv[i + 1] for i, word in enumerate(argv[:-1]) if word == "--site"]
    finder = PinnedFinder(folders)
    user_path = list(sys.path)
    sys.path[:] = stdlib_path(user_path)
    sys.meta_path.insert(0, finder)
    try:
        if argv[0] == "clerk":
            from pyrepl_worker.clerk import main
        else:
            from pyrepl_worker.main import main
    finally:
        sys.meta_path.remove(finder)
        sys.path[:] = user_path
        hide_pinned()
    # after all our imports, before any of the user's
    return main(list(argv), Shadows(baseline))
