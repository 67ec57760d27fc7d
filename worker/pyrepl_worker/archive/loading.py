"""Bring an archive's variables into a namespace, each with its verdict."""

from __future__ import annotations

import gc
import importlib.util
import json
import linecache
import os
import platform
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from . import ambient, plain, rebuild
from .deadlines import Late, deadline
from .manifest import MISSING, REBUILT, RERUN, STATE, Group, LoadReport, Manifest, own_prefixes
from .packing import Unpacker, mro, short
from .shelf import Damage
from .store import Store

GROUP_SECONDS = 60.0
TOO_LONG = "it took more than"
WALK = 2_000_000
"""Objects looked at in search of what is absent."""


def load(
    manifest: Manifest,
    store: Store,
    namespace: dict[str, Any],
    *,
    trust: bool,
    allow_rerun: bool = False,
    elsewhere: bool = False,
    group_seconds: float = GROUP_SECONDS,
    progress: Callable[[int, int], None] | None = None,
) -> LoadReport:
    """Load an archive into a namespace.

    Args:
        manifest: what to load.
        store: where its chunks are.
        namespace: the session's; it becomes the globals of the functions loaded.
        trust: whether code may run, which is what unpickling does. If not, only plain data comes.
        allow_rerun: whether the cells of variables that cannot be loaded are run again.
        elsewhere: whether it was made on another machine: its environment is not ours.
        group_seconds: longest time for one group.
        progress: called with how much is done, of how much: each group counts, and each byte.
    """
    loader = Loader(manifest, store, namespace, trust=trust, seconds=group_seconds)
    loader.surroundings(elsewhere=elsewhere)
    total = len(manifest.groups) + sum(each.size for each in manifest.groups)
    done = 0

    def get_on(amount: int) -> None:
        nonlocal done
        done = min(done + amount, total)  # what does not load at first is read once more
        if progress is not None:
            progress(done, total)

    store.heard = get_on
    for group in manifest.groups:
        loader.group(group)
        get_on(1)
    store.heard = None
    if trust:
        loader.state()
        if allow_rerun:
            loader.rerun()
    return loader.report


def load_variables(
    manifest: Manifest, store: Store, namespace: dict[str, Any], *, group_seconds: float
) -> LoadReport:
    """Bring an archive's variables into a namespace that goes on otherwise as it is."""
    loader = Loader(manifest, store, namespace, trust=True, seconds=group_seconds)
    for group in manifest.groups:
        loader.group(group)
    return loader.report


class Loader:
    """One load."""

    def __init__(
        self,
        manifest: Manifest,
        store: Store,
        namespace: dict[str, Any],
        *,
        trust: bool,
        seconds: float = GROUP_SECONDS,
    ) -> None:
        self._manifest = manifest
        self._store = store
        self._namespace = namespace
        self._trust = trust
        self._seconds = seconds
        self._groups = {name: group for group in manifest.groups for name in group.names}
        self._done: set[int] = set()
        self._state: dict[str, Any] = {}
        self.report = LoadReport()
        self._same_python = (
            manifest.python.split(".")[:2] == platform.python_version().split(".")[:2]
        )

    # -- around the variables --------------------------------------------------------------------

    def surroundings(self, *, elsewhere: bool) -> None:
        """Put back folder, path, environment and sources, and say what differs."""
        manifest, report = self._manifest, self.report
        report.caveats.update(manifest.caveats)
        self._sources()
        if not self._trust:
            report.caveats["trust"] = "only plain data was loaded"
            return
        try:
            os.chdir(manifest.cwd)
        except OSError as error:
            report.caveats["cwd"] = f"{manifest.cwd}: {error.strerror}"
        self._search_path()
        if elsewhere:
            report.caveats["environment"] = "its variables are as they are here"
        elif dict(os.environ) != manifest.environ:
            os.environ.clear()
            os.environ.update(manifest.environ)
        here = platform.python_version()
        if here != manifest.python:
            report.caveats["python"] = f"saved under {manifest.python}, this is {here}"

    def _search_path(self) -> None:
        """Put back where modules are looked for; another interpreter keeps its own places."""
        manifest = self._manifest
        if manifest.prefixes == own_prefixes():
            sys.path[:] = manifest.sys_path
            return
        theirs = tuple(os.path.join(prefix, "") for prefix in manifest.prefixes)
        first = [entry for entry in manifest.sys_path if not entry.startswith(theirs)]
        sys.path[:] = [*first, *(entry for entry in sys.path if entry not in first)]
        own = own_prefixes()
        saved = [prefix for prefix in manifest.prefixes if prefix not in own] or manifest.prefixes
        here = [prefix for prefix in own if prefix not in manifest.prefixes] or own
        self.report.caveats["interpreter"] = f"saved in {saved[0]}, loaded in {here[0]}"

    def _sources(self) -> None:
        if self._manifest.cells is None:
            return
        try:
            lines = bytes(self._store.read(self._manifest.cells)).splitlines()
        except (Damage, OSError) as error:
            self.report.caveats["sources"] = str(error)
            return
        for line in lines:
            number, text = json.loads(line)
            name = f"<cell {number}>"
            kept = [each + "\n" for each in text.split("\n")]
            linecache.cache[name] = (len(text), None, kept, name)

    def state(self) -> None:
        """Put back what is no variable, and name what could not be."""
        for aspect, value in self._state.items():
            try:
                with deadline(self._seconds):
                    ambient.ASPECTS[aspect][1](value)
            except (Exception, Late) as error:
                self.report.caveats[aspect] = f"not put back: {short(error)}"
        self._packages()

    def _packages(self) -> None:
        changed = []
        for name, version in self._manifest.packages.items():
            module = sys.modules.get(name)
            here = getattr(module, "__version__", None)
            if module is not None and here != version:
                changed.append(f"{name} {version} → {here}")
            elif module is None and not _is_installed(name):
                changed.append(f"{name} {version} → not installed")
        if changed:
            self.report.caveats["packages"] = ", ".join(sorted(changed))

    # -- groups ----------------------------------------------------------------------------------

    def group(self, group: Group) -> None:
        """Load one group, after those it needs. What fails is reported, never raised."""
        if id(group) in self._done:
            return
        self._done.add(id(group))
        for need in group.needs:
            if need in self._groups:
                self.group(self._groups[need])
        try:
            self._load(group)
        except (Exception, Late) as error:
            self._lose(group, error)

    def _load(self, group: Group) -> None:
        if group.tier == "missing":
            self._recall(group.names[0], None)
        elif group.tier == "json":
            self._bind(group, group.inline)
        elif group.tier == "msgpack":
            assert group.stream is not None
            self._bind(group, [plain.from_msgpack(self._store.read(group.stream))])
        elif not self._trust:
            for name in group.names:
                if not name.startswith(STATE):
                    self.report.tell(name, MISSING, "only plain data is loaded without trust")
        elif group.tier == "module":
            self._bind(group, [_module(*group.inline)])
        elif group.tier == "attribute":
            self._bind(group, [rebuild.attribute(*group.inline)])
        elif not self._same_python and self._holds_code(group):
            for name in group.names:
                self._recall(name, f"its bytecode is of Python {self._manifest.python}")
        else:
            self._pickled(group)

    def _pickled(self, group: Group) -> None:
        try:
            values, _ = self._unpickle(group)
        except (Damage, OSError, Late):
            raise
        except Exception as error:
            first = short(error)
        else:
            self._bind(group, values)
            return
        try:
            values, lost = self._unpickle(group, lenient=True)
        except Exception:
            raise RuntimeError(first) from None
        if not lost:
            raise RuntimeError(first)
        for name, value in zip(group.names, values, strict=True):
            if name.startswith(STATE):
                self.report.caveats[name[len(STATE) :]] = f"not put back: {lost[0]}"
            elif _holds_absent(value):
                self.report.tell(name, MISSING, lost[0])
            else:
                self._namespace[name] = value
                self.report.tell(name, REBUILT, f"without what else was there: {lost[0]}")

    def _unpickle(self, group: Group, *, lenient: bool = False) -> tuple[Any, list[str]]:
        assert group.stream is not None
        stream = self._store.read(group.stream)
        buffers, copies = self.buffers(group)
        unpacker = Unpacker(stream, buffers, self._namespace, lenient=lenient)
        rebuild.current.append(rebuild.Loading(self._namespace, self._variable, copies))
        try:
            with deadline(self._seconds):
                return unpacker.load(), unpacker.lost
        except Late:
            raise TimeoutError(f"{TOO_LONG} {self._seconds:g} s") from None
        finally:
            rebuild.current.pop()

    def buffers(self, group: Group) -> tuple[list[Any], bool]:
        """The memory of a group's arrays, and whether arrays are to have a copy of their own."""
        return [self._store.read(blob) for blob in group.buffers], True

    def _variable(self, name: str) -> Any:
        """A function or class of another group."""
        if name not in self._namespace and name in self._groups:
            self.group(self._groups[name])
        if name not in self._namespace:
            raise LookupError(f"{name}, which it needs, is missing")
        return self._namespace[name]

    def _bind(self, group: Group, values: Any) -> None:
        for name, value in zip(group.names, values, strict=True):
            if name.startswith(STATE):
                self._state[name[len(STATE) :]] = value
                continue
            self._namespace[name] = value
            known = self._manifest.variables[name]
            if known.verdict == MISSING:
                self.report.tell(name, REBUILT, f"when it was saved: {known.reason}")
            else:
                self.report.tell(name, known.verdict, known.reason)

    def _lose(self, group: Group, error: BaseException) -> None:
        for name in group.names:
            self._recall(name, short(error) if not isinstance(error, Damage) else str(error))

    def _holds_code(self, group: Group) -> bool:
        known = self._manifest.variables
        return any(known[name].source for name in group.names if name in known)

    def _recall(self, name: str, why: str | None) -> None:
        """Make a function or class anew from its source; anything else is missing."""
        if name.startswith(STATE):
            self.report.caveats[name[len(STATE) :]] = f"not put back: {why}"
            return
        known = self._manifest.variables[name]
        reason = why or known.reason
        if not known.source or not self._trust:
            self.report.tell(name, MISSING, reason)
            return
        try:
            filename = f"<cell {known.cell}>" if known.cell is not None else "<source>"
            exec(compile(known.source, filename, "exec", dont_inherit=True), self._namespace)
            self._namespace[name]
        except BaseException as error:
            self.report.tell(name, MISSING, f"{reason}; its source: {short(error)}")
        else:
            self.report.tell(name, REBUILT, f"from its source: {reason}")

    # -- running cells again ---------------------------------------------------------------------

    def rerun(self) -> None:
        """Run the cells that bound what is missing; all else stays as it was loaded."""
        cells: dict[int, list[str]] = {}
        for name, verdict in self.report.verdicts.items():
            cell = self._manifest.variables[name].cell
            if verdict == MISSING and cell is not None:
                cells.setdefault(cell, []).append(name)
        for cell in sorted(cells):
            text = "".join(linecache.getlines(f"<cell {cell}>"))
            kept = dict(self._namespace)
            try:
                exec(compile(text, f"<cell {cell}>", "exec", dont_inherit=True), self._namespace)
            except BaseException as error:
                for name in cells[cell]:
                    reason = f"running cell {cell} again: {short(error)}"
                    self.report.tell(name, MISSING, reason)
            made = {n: self._namespace[n] for n in cells[cell] if n in self._namespace}
            self._namespace.clear()
            self._namespace.update({**kept, **made})
            for name in made:
                self.report.tell(name, RERUN, f"cell {cell} was run again")


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _module(name: str, below: list[str]) -> Any:
    module = importlib.import_module(name)
    for other in below:
        if other not in sys.modules:
            try:
                importlib.import_module(other)
            except Exception:
                continue  # a part that was made, not imported
    return module


def _holds_absent(value: Any) -> bool:
    """Whether something that could not be loaded is reachable from a value."""
    seen: set[int] = set()
    pending = [value]
    while pending and len(seen) < WALK:
        item = pending.pop()
        kind = type(item)
        if rebuild.Absent in mro(kind) or (type in mro(kind) and rebuild.Absent in mro(item)):
            return True
        if id(item) in seen or kind in plain.ATOMS:
            continue
        seen.add(id(item))
        is_package = kind is type and item.__module__ != "__main__"
        if kind is not ModuleType and not is_package:
            pending.extend(each for each in gc.get_referents(item) if each is not sys.modules)
    return bool(pending)
