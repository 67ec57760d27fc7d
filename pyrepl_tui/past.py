"""What the app does with a session's past: undo, redo, restore, branch. No widgets here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from .engine.errors import CheckpointError

if TYPE_CHECKING:
    from .engine.session import Session
    from .engine.timeline import Timeline
    from .engine.values import Checkpoint, RestoreReport, WorkerDeath

MOST_TOLD = 200
"""Variables named that a state from the disk has not brought back as they were: the messages keep
them, a notification shows the first."""


class PastLike(Protocol):
    """What the app needs of a session to go back in it; `engine.session.Session` has it."""

    @property
    def death(self) -> WorkerDeath | None: ...
    @property
    def execution_count(self) -> int: ...
    @property
    def timeline(self) -> Timeline: ...

    async def checkpoint(self, label: str | None = None) -> Checkpoint: ...
    async def checkpoints(self) -> list[Checkpoint]: ...
    async def restore(self, checkpoint: Checkpoint | str) -> RestoreReport: ...
    async def branch(
        self, checkpoint: Checkpoint | str | None, *, name: str, reseed: bool = False
    ) -> Session: ...
    async def label_checkpoint(self, point: Checkpoint | str, label: str | None, /) -> object: ...
    async def pin_checkpoint(self, point: Checkpoint | str, pinned: bool, /) -> object: ...
    async def archive_checkpoint(self, point: Checkpoint | str, /) -> Checkpoint: ...
    async def delete_checkpoint(self, point: Checkpoint | str, /) -> None: ...
    async def export_checkpoint(self, point: Checkpoint | str, path: str, /) -> Path: ...


async def undo(session: PastLike) -> str:
    """Bring back the state before the last run; of a dead session, its newest state.

    Returns what was done, in words.

    Raises:
        CheckpointError: if that state was not kept, or code runs.
    """
    timeline = session.timeline
    points = {point.id: point for point in await session.checkpoints()}
    at = points.get(timeline.present or "")
    if session.death is not None:
        return await _revive(session, at, points)
    while at is not None and at.execution_count >= session.execution_count:
        at = points.get(at.parent or "")
    if at is None:
        raise CheckpointError("There is no earlier state of this session to go back to.")
    if not is_kept(at):
        raise CheckpointError("The state before the last run was given up to save memory.")
    first, last = at.execution_count + 1, session.execution_count
    report = await session.restore(at)
    what = f"run {first}" if first >= last else f"runs {first} to {last}"
    them = "it" if first >= last else "them"
    text = f"Undone: {what} never happened. {{key:redo_run}} brings {them} back."
    return text + _less_than_exact(report)


async def _revive(session: PastLike, at: Checkpoint | None, points: dict[str, Checkpoint]) -> str:
    """Go on from the newest state that is left on the line to the state that died."""
    while at is not None and not is_kept(at):
        at = points.get(at.parent or "")
    if at is None:
        raise CheckpointError(
            "No state of this session is left. {key:restart_session} starts with an empty worker."
        )
    report = await session.restore(at)
    text = f"The session is back as it was after run {at.execution_count}."
    return text + _less_than_exact(report)


def _less_than_exact(report: RestoreReport) -> str:
    """What did not come back as it was, line by line; "": everything did."""
    names = [name for name, verdict in report.verdicts.items() if verdict not in ("exact", "equal")]
    if not names:
        return ""
    told = [f"{n}: {report.verdicts[n]}, {report.reasons.get(n, '')}" for n in names[:MOST_TOLD]]
    rest = len(names) - len(told)
    return "".join(f"\n{each}" for each in told) + (f"\nand {rest} more" if rest else "")


async def redo(session: PastLike) -> str:
    """Bring back what the last undo or restore replaced; again: what the one before it did.

    Returns what was done, in words.

    Raises:
        CheckpointError: if nothing was replaced, all of it is back, or its image is gone.
    """
    timeline = session.timeline
    if not timeline.undone:
        nothing_yet = timeline.last_restore is None or timeline.last_restore.replaced is None
        raise CheckpointError(
            "Nothing was undone or restored in this session."
            if nothing_yet
            else "All that was undone is back."
        )
    report = await session.restore(timeline.undone[-1])
    more = " {key:redo_run} goes on." if timeline.undone else ""
    text = f"What was undone is back, up to run {session.execution_count}.{more}"
    return text + _less_than_exact(report)


async def take(session: PastLike) -> str:
    """Keep the present state. Returns what was done, in words."""
    point = await session.checkpoint(None)
    text = f"Checkpoint taken {moment(point)}."
    return text + "".join(f"\n{warning}" for warning in point.warnings[:3])


async def restore(session: PastLike, point: Checkpoint | str) -> str:
    """Make a checkpoint the present. Returns what came back, and how exactly, in words.

    Raises:
        CheckpointError: if it was not kept, or code runs.
    """
    report = await session.restore(point)
    came = counted(Counter(report.verdicts.values()))
    caveats = "".join(f"\n{text}" for text in [*report.caveats.values()][:MOST_TOLD])
    text = f"Restored: {came}. {{key:redo_run}} undoes it."
    return text + _less_than_exact(report) + caveats


async def branch(
    session: PastLike, point: Checkpoint | None, name: str, *, reseed: bool = False
) -> str:
    """Open a checkpoint, or the present, as a second session. Returns what was done, in words.

    Raises:
        CheckpointError: if it was not kept.
    """
    twin = await session.branch(point, name=name, reseed=reseed)
    await twin.detach()  # its tab comes by itself, as for every session that appears
    return f"{name} goes on from there in a tab of its own."


async def label(session: PastLike, point: Checkpoint, text: str | None) -> str:
    """Call a checkpoint something, or nothing. Returns what was done, in words."""
    await session.label_checkpoint(point, text)
    return f"The checkpoint is called {text!r} now." if text else "The checkpoint has no label now."


async def pin(session: PastLike, point: Checkpoint) -> str:
    """Keep a checkpoint until it is deleted, or no longer. Returns what was done, in words."""
    await session.pin_checkpoint(point, not point.pinned)
    return "Pinned: it is kept until it is deleted." if not point.pinned else "No longer pinned."


async def archive(session: PastLike, point: Checkpoint) -> str:
    """Bring a checkpoint to the disk. Returns how exactly it can come back, in words.

    Raises:
        CheckpointError: if it could not be done; earlier archives are whole all the same.
    """
    saved = await session.archive_checkpoint(point)
    return f"On disk: {counted(saved.archive_verdicts)}."


async def delete(session: PastLike, point: Checkpoint) -> str:
    """Forget a checkpoint. Returns what was done, in words."""
    await session.delete_checkpoint(point)
    return "The checkpoint is gone; what came after it stays."


async def export(session: PastLike, point: Checkpoint, path: str) -> str:
    """Write a checkpoint to one file. Returns what was done, in words.

    Raises:
        CheckpointError: if it could not be done.
    """
    file = await session.export_checkpoint(point, _home(path))
    return f"The checkpoint is in {file}."


def _home(path: str) -> str:
    return str(Path(path).expanduser())


def counted(verdicts: Mapping[str, int]) -> str:
    """How many variables come back how: ``5 exact, 1 missing``."""
    return ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items()) or "no variables"


def moment(point: Checkpoint) -> str:
    """Where in a session's life a checkpoint is, in words."""
    return f"after run {point.execution_count}" if point.execution_count else "at the start"


def is_kept(point: Checkpoint) -> bool:
    """Whether a checkpoint can be restored."""
    return point.has_image or point.has_archive
