"""What the app does with a session's past: undo, redo, restore, branch. No widgets here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .engine.errors import CheckpointError

if TYPE_CHECKING:
    from .engine.session import Session
    from .engine.timeline import Timeline
    from .engine.values import Checkpoint, RestoreReport


class PastLike(Protocol):
    """What the app needs of a session to go back in it; `engine.session.Session` has it."""

    @property
    def execution_count(self) -> int: ...
    @property
    def timeline(self) -> Timeline: ...

    async def checkpoint(self, label: str | None = None) -> Checkpoint: ...
    async def checkpoints(self) -> list[Checkpoint]: ...
    async def restore(self, checkpoint: Checkpoint | str) -> RestoreReport: ...
    async def branch(self, checkpoint: Checkpoint | str | None, *, name: str) -> Session: ...


async def undo(session: PastLike) -> str:
    """Bring back the state before the last run. Returns what was done, in words.

    Raises:
        CheckpointError: if no image of it is left, or code runs.
    """
    timeline = session.timeline
    points = {point.id: point for point in await session.checkpoints()}
    at = points.get(timeline.present or "")
    while at is not None and at.execution_count >= session.execution_count:
        at = points.get(at.parent or "")
    if at is None:
        raise CheckpointError("There is no earlier state of this session to go back to.")
    if not at.has_image:
        raise CheckpointError("The state before the last run was given up to save memory.")
    await session.restore(at)
    return f"Undone: run {at.execution_count + 1} never happened. Alt+Y brings it back."


async def redo(session: PastLike) -> str:
    """Bring back what the last undo or restore replaced. Returns what was done, in words.

    Raises:
        CheckpointError: if nothing was replaced, or its image is gone.
    """
    last = session.timeline.last_restore
    if last is None or last.replaced is None:
        raise CheckpointError("Nothing was undone or restored in this session.")
    await session.restore(last.replaced)
    return "What was undone is back."
