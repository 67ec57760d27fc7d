"""Write an archive: called in a forked process that has the namespace to itself.

The work is done in children of that process. One that hangs or crashes in some object's code is
ended, the variable it was at is left out with its reason, and the next child goes on.
"""

from __future__ import annotations

import builtins
import dataclasses
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .children import ChildFailed, ChildLost, Report, watched
from .manifest import Manifest
from .packing import is_the_workers
from .store import Store
from .verifying import Findings, verify
from .writing import Plan, write

GRACE = 5.0
"""Seconds a child may be late before it is taken for hung."""
MOST_LOST = 40
"""After this many lost children only plain data is saved of the rest."""


@dataclass(frozen=True)
class SaveContext:
    """What of a session is not in its namespace."""

    checkpoint: str
    """Id of the checkpoint; the archive has the same."""
    session: str
    """The session's name."""
    cwd: str
    environ: dict[str, str]
    sys_path: list[str]
    execution_count: int = 0
    hidden: frozenset[str] = frozenset()
    """Names that are the worker's own and not the user's."""
    cells: dict[int, str] = field(default_factory=dict)
    """Texts of the cells by execution count; linecache has them too."""
    sources: dict[str, str] = field(default_factory=dict)
    """Source of functions and classes by name, where it is known better than from `cells`."""
    positions: dict[int, int] = field(default_factory=dict)
    """Positions of open files by descriptor, as they were at the checkpoint."""
    random_state: Any = None
    """State of the random module at the checkpoint: a fork seeds it anew. None: as it is now."""
    group_seconds: float = 60.0
    """Longest time that one group may take, to save and to load back."""


class ArchiveFailed(Exception):
    """No archive was written; earlier ones are whole."""


def save(
    namespace: dict[str, Any],
    context: SaveContext,
    store: Store,
    *,
    progress: Callable[[str, int, int], None] | None = None,
) -> Manifest:
    """Archive a namespace.

    Args:
        namespace: the session's; nothing else runs in this process.
        context: the rest of the session.
        store: where to.
        progress: called with what is being done, and how far it is of how much.

    Raises:
        ArchiveFailed: if the disk did not take it.
    """
    _mend_builtins()
    if context.random_state is None:
        context = dataclasses.replace(context, random_state=random.getstate())
    plan = Plan()
    manifest = _write(namespace, context, store, plan, progress)
    findings = _verify(namespace, context, store, manifest, progress)
    if findings.broken:
        # what did not come back in company is tried alone ...
        plan.split |= findings.broken.keys()
        manifest = _write(namespace, context, store, plan, progress)
        findings = _verify(namespace, context, store, manifest, progress)
        # ... and what then does comes together again. Those that ended the process are left out;
        # the rest may load where something is different.
        plan.split &= findings.broken.keys()
        plan.skip.update(findings.deadly)
        manifest = _write(namespace, context, store, plan, progress)
        findings = _verify(namespace, context, store, manifest, progress)
    manifest = findings.applied(manifest)
    store.put(manifest)
    return manifest


def _mend_builtins() -> None:
    """Undo what user code did to builtins: the standard library is needed here, and unharmed.

    Worker modules have a copy of the builtins from before any user code ran.
    """
    own = globals()["__builtins__"]
    if type(own) is dict:
        here = vars(builtins)
        asks = here.get("input")
        here.update(own)
        if is_the_workers(asks):
            here["input"] = asks


def _write(
    namespace: dict[str, Any], context: SaveContext, store: Store, plan: Plan, progress: Any
) -> Manifest:
    limit = context.group_seconds + GRACE
    while True:
        try:
            data = watched(
                lambda report: write(namespace, context, store, plan, report).to_json(),
                limit,
                _hearing(progress),
            )
            return Manifest.from_json(data)
        except (ChildLost, ChildFailed) as lost:
            is_disk = isinstance(lost, ChildFailed) and lost.errno is not None
            if is_disk or plan.plain_only:
                raise ArchiveFailed(str(lost)) from None
            if not lost.at or lost.at in plan.skip or len(plan.skip) >= MOST_LOST:
                plan.plain_only = f"pickling had to be given up: {lost}"
            else:
                plan.skip[lost.at] = f"pickling it: {lost.how}"


def _verify(
    namespace: dict[str, Any],
    context: SaveContext,
    store: Store,
    manifest: Manifest,
    progress: Any,
) -> Findings:
    findings = Findings()
    hear = _hearing(progress)

    def note(kind: str, data: Any) -> None:
        if kind == "found":
            findings.take(data)
        elif hear is not None:
            hear(kind, data)

    def check(report: Report) -> None:
        verify(namespace, manifest, store, findings, context.group_seconds, report)

    while True:
        try:
            watched(check, context.group_seconds * 2 + GRACE, note)
            return findings
        except (ChildLost, ChildFailed) as lost:
            if not lost.at or lost.at in findings.broken:
                return findings  # what was not verified is not called exact
            findings.lose(manifest, lost.at, f"loading it back: {lost.how}")


def _hearing(progress: Any) -> Report | None:
    if progress is None:
        return None

    def hear(kind: str, data: Any) -> None:
        if kind == "progress":
            progress(*data)

    return hear
