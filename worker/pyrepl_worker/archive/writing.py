"""Pickle the groups of a namespace and put them into the store."""

from __future__ import annotations

import json
import platform
import random
import sys
import time
import types
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyrepl_worker import describe as inert

from . import ambient, cells, plain, private, tracing
from .children import patient
from .compare import Comparison, Difference
from .files import detach
from .manifest import EQUAL, MISSING, REBUILT, STATE, Blob, Group, Manifest, Variable
from .packing import RESTORED, Scene, offered_objects, short
from .reducers import exact_reducers, inherited_reducers

if TYPE_CHECKING:
    from .children import Report
    from .chunking import Writer
    from .saving import SaveContext
    from .store import Store

UNVERIFIED = "not loaded back yet"
MB = 1_000_000


@dataclass
class Plan:
    """What earlier attempts have taught."""

    skip: dict[str, str] = field(default_factory=dict)
    """Variables that are not touched again, and why."""
    split: set[str] = field(default_factory=set)
    """Variables that are not put together with others."""
    plain_only: str = ""
    """Why nothing is pickled any more, only plain data and names of modules are saved."""


@dataclass
class _Draft:
    """A group on its way to the disk."""

    group: Group
    stream: Future[Blob] | None = None
    buffers: list[Future[Blob]] = field(default_factory=list)

    def finished(self) -> Group:
        if self.stream is None:
            return self.group
        buffers = tuple(each.result() for each in self.buffers)
        old = self.group
        return Group(old.names, old.tier, self.stream.result(), buffers, old.needs, old.inline)


def write(
    namespace: dict[str, Any], context: SaveContext, store: Store, plan: Plan, report: Report
) -> Manifest:
    """Write everything, the manifest last. Runs in a child, which is not used afterwards."""
    detach(context.positions)
    random.setstate(context.random_state)
    private.prepare()
    with store.writing() as writer:
        manifest = _Writing(namespace, context, plan, writer, report).run()
        with patient(report, "syncing"):
            store.put(manifest)
    report("progress", ["stored", 1, 1])
    return manifest


def _deepen() -> None:
    """Let nested data be as deep as the interpreter bears; the process is our own."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))
    try:
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_STACK)
        resource.setrlimit(resource.RLIMIT_STACK, (hard, hard))
    except (ImportError, OSError, ValueError):
        sys.setrecursionlimit(3000)


class _Writing:
    def __init__(
        self,
        namespace: dict[str, Any],
        context: SaveContext,
        plan: Plan,
        writer: Writer,
        report: Report,
    ) -> None:
        self._namespace = namespace
        self._context = context
        self._plan = plan
        self._writer = writer
        self._report = report
        self._scene = Scene(namespace, exact_reducers(), inherited_reducers())
        self._scene.offered = offered_objects(namespace)
        self._caveats = {**ambient.LOST, **ambient.replaced_streams()}
        self._drafts: list[_Draft] = []
        self._verdicts: dict[str, tuple[str, str]] = {}
        self._cells = cells.gather(context.cells)
        self._cell_of = cells.binding(self._cells)
        self._names = [
            name for name in namespace if name not in context.hidden and type(name) is str
        ]

    def run(self) -> Manifest:
        """All of it."""
        state = self._state()
        _deepen()
        rest = [name for name in self._names if not self._is_simple(name)]
        tracing.name_functions(self._scene, rest)
        rest += [] if self._plan.plain_only else state
        total = len(rest)
        done = iter(range(1, total + 1))

        def at(name: str) -> None:
            self._report("at", name)
            if name:
                self._report("progress", ["pickling", next(done), total])

        split = frozenset(self._plan.split)
        seconds = self._context.group_seconds
        traced = tracing.trace(self._scene, rest, seconds, split, at, self._writer.stream)
        for names in traced.groups:
            self._report("at", names[0])
            self._group(names, traced)
        for name, reason in traced.failures.items():
            self._report("at", name)
            self._rescue(name, reason)
        return self._manifest()

    def _is_simple(self, name: str) -> bool:
        """Save what needs no pickling, and nothing of what is not to be touched."""
        value = self._namespace[name]
        if name in self._plan.skip:
            self._fail(name, self._plan.skip[name])
        elif type(value) is types.ModuleType and self._module(name, value):
            pass
        elif self._scene.offered.get(id(value)) in RESTORED:
            place = list(self._scene.offered[id(value)])
            self._drafts.append(_Draft(Group((name,), "attribute", inline=place)))
        elif self._plan.plain_only:
            self._plain_or_missing(name, value, self._plan.plain_only)
        else:
            return self._atom(name, value)
        return True

    # -- one group -------------------------------------------------------------------------------

    def _atom(self, name: str, value: Any) -> bool:
        if type(value) not in plain.ATOMS and type(value) is not bytes:
            return False
        return self._plain(name, value)

    def _plain(self, name: str, value: Any) -> bool:
        """Save a value as JSON or msgpack if it comes back as it is."""
        try:
            again = json.loads(json.dumps(plain.to_json(value)))
            Comparison(self._namespace, {}).compare(value, again)
            self._drafts.append(_Draft(Group((name,), "json", inline=[value])))
            return True
        except (plain.NotPlain, Difference):
            pass
        try:
            data = plain.to_msgpack(value)
            Comparison(self._namespace, {}).compare(value, plain.from_msgpack(data))
        except (plain.NotPlain, Difference, ValueError):
            return False
        self._drafts.append(_Draft(Group((name,), "msgpack"), self._writer.blob(data)))
        return True

    def _plain_or_missing(self, name: str, value: Any, why: str) -> None:
        if not self._plain(name, value):
            self._fail(name, why)
        elif type(value) not in plain.ATOMS:
            self._verdicts[name] = (REBUILT, f"what it shared is a copy: {why}")

    def _module(self, name: str, module: types.ModuleType) -> bool:
        known = vars(module).get("__name__")
        if type(known) is not str or sys.modules.get(known) is not module or known == "__main__":
            return False
        prefix = known + "."
        below = [
            other
            for other, loaded in list(sys.modules.items())
            if other.startswith(prefix) and _is_attribute(module, other[len(prefix) :], loaded)
        ]
        self._drafts.append(_Draft(Group((name,), "module", inline=[known, sorted(below)])))
        return True

    def _group(self, names: tuple[str, ...], traced: tracing.Traced) -> None:
        packed = traced.singles[names[0]]
        linked = any(
            owner in self._scene.linked for n in names for owner in traced.singles[n].arrays
        )
        if len(names) == 1 and not linked:
            value = self._scene.value(names[0])
            small = not packed.buffers and len(packed.stream) <= plain.LARGE
            if small and not packed.kinds and self._plain(names[0], value):
                self._judge(names, traced)
                return
        else:
            try:
                seconds, stream = self._context.group_seconds, self._writer.stream()
                packed = tracing.pack(names, self._scene, seconds, into=stream)
            except Exception as error:
                for name in names:
                    self._write(traced.singles[name])
                    why = f"apart from {', '.join(n for n in names if n != name)}: {short(error)}"
                    self._verdicts[name] = (REBUILT, why)
                return
        self._write(packed)
        self._judge(names, traced)

    def _judge(self, names: tuple[str, ...], traced: tracing.Traced) -> None:
        """What is known to be less than exact before anything is loaded back."""
        for name in names:
            notes = traced.singles[name].notes
            if notes:
                self._verdicts[name] = (REBUILT, "; ".join(notes))
            elif name in self._plan.split:
                self._verdicts[name] = (REBUILT, "what it shared with other variables is a copy")

    def _write(self, packed: tracing.Packed) -> None:
        buffers = [self._writer.blob(each.raw()) for each in packed.buffers]
        group = Group(packed.names, "pickle", needs=packed.needs)
        stream = self._writer.blob(packed.stream, packed.pieces)
        self._drafts.append(_Draft(group, stream, buffers))

    def _rescue(self, name: str, reason: str) -> None:
        """What cannot be pickled whole: without the parts that cannot, or by its source."""
        if name.startswith(STATE):
            self._caveats[name[len(STATE) :]] = f"not saved: {reason}"
            return
        if _is_code(self._namespace[name]) and self._source(name):
            self._fail(name, reason)
            return
        try:
            packed = tracing.pack((name,), self._scene, self._context.group_seconds, lenient=True)
        except Exception as error:
            self._fail(name, short(error) or reason)
            return
        if id(self._namespace[name]) in packed.refused:
            self._fail(name, reason)
            return
        self._write(packed)
        self._verdicts[name] = (REBUILT, "; ".join(packed.notes) or reason)

    def _fail(self, name: str, reason: str) -> None:
        self._drafts.append(_Draft(Group((name,), "missing")))
        self._verdicts[name] = (MISSING, reason)

    # -- the rest of it --------------------------------------------------------------------------

    def _manifest(self) -> Manifest:
        self._report("at", "")
        texts = self._writer.blob(cells.lines(self._cells))
        context = self._context
        self._writer.finish(self._tell)
        groups = tuple(draft.finished() for draft in self._drafts)
        return Manifest(
            checkpoint=context.checkpoint,
            session=context.session,
            created_at=time.time(),
            python=platform.python_version(),
            execution_count=context.execution_count,
            cwd=context.cwd,
            environ=dict(context.environ),
            sys_path=list(context.sys_path),
            packages=_packages(),
            variables={name: self._variable(name) for name in self._names},
            groups=groups,
            cells=texts.result(),
            caveats=self._caveats,
            bytes_written=self._writer.bytes_written,
            bytes_total=self._writer.bytes_total,
        )

    def _tell(self, done: int, total: int) -> None:
        if total >= MB:
            self._report("progress", ["writing", done // MB, total // MB])

    def _state(self) -> list[str]:
        """Take state that is no variable; it is stored as if it were some."""
        for aspect, (take, _) in ambient.ASPECTS.items():
            try:
                value = take()
            except BaseException as error:
                self._caveats[aspect] = f"not saved: {short(error)}"
                continue
            if value is not None:
                self._scene.extra[STATE + aspect] = value
        return list(self._scene.extra)

    def _variable(self, name: str) -> Variable:
        value = self._namespace[name]
        verdict, reason = self._verdicts.get(name, (EQUAL, UNVERIFIED))
        return Variable(
            type=inert.type_name(value),
            verdict=verdict,
            reason=reason,
            summary=inert.summary(value),
            source=self._source(name) if _is_code(value) else "",
            cell=self._cell_of.get(name),
        )

    def _source(self, name: str) -> str:
        known = self._context.sources.get(name)
        if known is not None:
            return known
        cell = self._cell_of.get(name)
        return cells.definition(self._cells[cell], name) if cell is not None else ""


def _is_code(value: Any) -> bool:
    return type(value) is types.FunctionType or type in type(value).__mro__


def _is_attribute(module: types.ModuleType, path: str, loaded: Any) -> bool:
    found: Any = module
    for part in path.split("."):
        if type(found) is not types.ModuleType:
            return False
        found = vars(found).get(part)
    return found is loaded


def _packages() -> dict[str, str]:
    """Versions of imported packages, by the names they are imported under."""
    found = {}
    for name, module in list(sys.modules.items()):
        if "." in name or name in sys.stdlib_module_names or type(module) is not types.ModuleType:
            continue
        version = vars(module).get("__version__")
        if type(version) is str and vars(module).get("__file__"):
            found[name] = version
    return found
