"""Load an archive's groups back, in a throw-away process, and compare them with what was saved."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from . import private
from .compare import Comparison, Difference
from .deadlines import Late, deadline
from .loading import TOO_LONG, Loader
from .manifest import EQUAL, EXACT, MISSING, REBUILT, STATE, Group, Manifest
from .packing import Scene, offered_objects, short
from .reading import is_plain_class
from .reducers import exact_reducers, inherited_reducers
from .tracing import name_functions, pack

if TYPE_CHECKING:
    from .children import Report
    from .store import Store


@dataclass
class Findings:
    """Verdicts so far."""

    verdicts: dict[str, tuple[str, str]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    """Variables of groups that did not load, and why."""
    deadly: dict[str, str] = field(default_factory=dict)
    """Those of them that took the process with them, or would not end."""

    def take(self, data: list[Any]) -> None:
        """Note what the child says: name, verdict, reason."""
        name, verdict, reason = data
        if verdict == MISSING:
            self.broken[name] = reason
            if TOO_LONG in reason:
                self.deadly[name] = reason
        self.verdicts[name] = (verdict, reason)

    def lose(self, manifest: Manifest, name: str, reason: str) -> None:
        """Note that the child was lost while it loaded the group of `name`."""
        for group in manifest.groups:
            if name in group.names:
                for each in group.names:
                    self.take([each, MISSING, reason])
                    self.deadly[each] = reason

    def applied(self, manifest: Manifest) -> Manifest:
        """The manifest with these verdicts; what was already known to be less stays that."""
        variables = {}
        caveats = dict(manifest.caveats)
        for name, reason in self.broken.items():
            if name.startswith(STATE):
                caveats[name[len(STATE) :]] = f"it does not load: {reason}"
        for name, variable in manifest.variables.items():
            verdict, reason = self.verdicts.get(name, (REBUILT, "not loaded back for comparison"))
            if variable.verdict in (REBUILT, MISSING):
                verdict, reason = variable.verdict, variable.reason
            variables[name] = dataclasses.replace(variable, verdict=verdict, reason=reason)
        return dataclasses.replace(manifest, variables=variables, caveats=caveats, verified=True)


def verify(
    namespace: dict[str, Any],
    manifest: Manifest,
    store: Store,
    findings: Findings,
    seconds: float,
    report: Report,
) -> None:
    """Load and compare group after group, telling each verdict. Runs in a child."""
    private.prepare()  # to be able to pickle as the writer did
    after: dict[str, Any] = {
        name: namespace[name] for name in ("__builtins__", "__name__") if name in namespace
    }
    offered = offered_objects(namespace)
    loader = Rehearsal(namespace, manifest, store, after, seconds, offered)
    pending = [
        group
        for group in manifest.groups
        if group.tier != "missing" and group.names[0] not in findings.verdicts
    ]
    # small ones all at once, since loading one may change another; large ones then one by one
    small = [group for group in pending if group.size < LARGE]
    large = [group for group in pending if group.size >= LARGE]
    steps = itertools.count(1)
    for group in small:
        report("at", group.names[0])
        loader.group(group)
    for group in [*small, *large]:
        report("at", group.names[0])
        tell = partial(report, "progress", ["verifying", next(steps), len(pending)])
        tell()
        # reading much takes long, and who says nothing for long is taken for hung
        store.heard = _now_and_then(tell)
        loader.group(group)
        comparison = Comparison(namespace, after, offered)
        for name, verdict, reason in _judge(group, comparison, loader, seconds, store):
            report("found", [name, verdict, reason])
        if group.size >= LARGE:
            for name in group.names:
                after.pop(name, None)


def _now_and_then(tell: Callable[[], None]) -> Callable[[int], None]:
    """What is told of bytes that are read, and tells of them, but not of each chunk."""
    untold = 0

    def hear(size: int) -> None:
        nonlocal untold
        untold += size
        if untold >= LARGE:
            untold = 0
            tell()

    return hear


def _gives_the_same_pickle(
    group: Group, after: dict[str, Any], loader: Rehearsal, seconds: float, store: Store
) -> bool:
    """Whether what was loaded pickles to the very bytes it was loaded from.

    That proves it equal if all of its types tell pickle everything, which builtin ones and plain
    classes do; and it is quicker by far than walking through a million objects. What lies out of
    band was checked by its digest when it was read.
    """
    if any(name not in after for name in group.names) or group.stream is None:
        return False
    scene = Scene(after, exact_reducers(), inherited_reducers())
    scene.offered = loader.originals.offered
    scene.named = {id(after[name]): name for name in group.needs if name in after}
    try:
        again = pack(group.names, scene, seconds)
    except Exception:
        return False
    if again.by_value or again.notes or again.needs != group.needs:
        return False
    if not all(_tells_everything(kind) for kind in again.kinds):
        return False
    sizes = [each.raw().nbytes for each in again.buffers]
    if sizes != [blob.size for blob in group.buffers]:
        return False
    return again.stream == store.read(group.stream)


def _tells_everything(kind: type) -> bool:
    place = f"{kind.__module__}.{kind.__qualname__}"
    if place in _FAITHFUL or place.startswith("numpy.dtype"):
        return True
    return type not in kind.__mro__ and is_plain_class(kind)


_FAITHFUL = frozenset(
    {
        *("numpy.ndarray", "datetime.datetime", "datetime.date", "datetime.timedelta"),
        *("collections.OrderedDict", "collections.Counter", "collections.deque"),
        *("decimal.Decimal", "uuid.UUID", "builtins.complex", "builtins.range"),
    }
)

LARGE = 16 * 1024 * 1024
"""Groups of more bytes are dropped again once they have been compared."""


class Rehearsal(Loader):
    """A load beside the namespace that was saved.

    Large memory is read and checked, but not kept: the arrays lie on the original's, which is the
    same by its digest. Twice a session's memory may be more than there is.
    """

    def __init__(
        self,
        before: dict[str, Any],
        manifest: Manifest,
        store: Store,
        after: dict[str, Any],
        seconds: float,
        offered: dict[int, tuple[str, str]],
    ) -> None:
        super().__init__(manifest, store, after, trust=True, seconds=seconds)
        self.originals = Scene(before, exact_reducers(), inherited_reducers())
        """What was saved, to be taken apart just as it was then."""
        self.originals.offered = offered
        name_functions(self.originals, [n for n in manifest.variables if n in before])
        self._store_of_chunks = store
        self._pack_seconds = seconds

    def buffers(self, group: Group) -> tuple[list[Any], bool]:
        """What is saved, or where it came from."""
        if sum(blob.size for blob in group.buffers) < LARGE or len(group.names) > 1:
            return super().buffers(group)
        packed = pack(group.names, self.originals, self._pack_seconds)
        if [each.raw().nbytes for each in packed.buffers] != [b.size for b in group.buffers]:
            return super().buffers(group)
        for blob in group.buffers:
            self._store_of_chunks.check(blob)
        return [each.raw() for each in packed.buffers], False


def _judge(
    group: Group,
    comparison: Comparison,
    loader: Rehearsal,
    seconds: float,
    store: Store,
) -> list[tuple[str, str, str]]:
    if any(loader.report.verdicts.get(name) == MISSING for name in group.names):
        return [
            (name, MISSING, loader.report.reasons.get(name, "it did not load"))
            for name in group.names
        ]
    before, after = comparison.namespaces
    if group.tier == "pickle" and _gives_the_same_pickle(group, after, loader, seconds, store):
        return [(name, EXACT, "") for name in group.names]
    found = []
    for name in group.names:
        if name not in before:
            continue  # state that is no variable
        verdict, reason = EXACT, ""
        try:
            with deadline(seconds):
                comparison.compare(before[name], after[name])
        except Difference as difference:
            verdict, reason = REBUILT, str(difference)
        except Late:
            verdict, reason = REBUILT, f"comparing it took more than {seconds:g} s"
        except Exception as error:
            verdict, reason = REBUILT, f"it cannot be compared: {short(error)}"
        else:
            if comparison.opaque:
                verdict, reason = EQUAL, "compared by what it tells pickle"
        found.append((name, verdict, reason))
    return found
