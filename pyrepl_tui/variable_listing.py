"""When a session's variables are listed: after runs and during them, for whoever looks."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from .engine.errors import PyreplError, WorkerDied
from .models import STARTING, SessionModel
from .session_like import SessionLike

if TYPE_CHECKING:
    from .engine.values import Checkpoint

LIST_EVERY = 0.2
"""Seconds between two listings of a session's variables, however many runs there are."""
LIVE_EVERY = 0.5
"""Seconds between two listings while a run goes on."""


class VariableListing:
    """Keeps a model's variables up to date, by differences."""

    def __init__(self, model: SessionModel) -> None:
        self._model = model
        self._since = 0.0
        self._under_way = False
        self.outdated = True
        """The variables may have changed since they were listed."""

    @property
    def due(self) -> bool:
        """True if they should be listed now."""
        model, waited = self._model, monotonic() - self._since
        there = model.alive and model.state != STARTING
        moving = model.running is not None and waited >= LIVE_EVERY
        wanted = self.outdated and waited >= LIST_EVERY
        return (wanted or moving) and there and not self._under_way

    async def update(self, session: SessionLike) -> bool:
        """List them; a worker that dies meanwhile says so by an event of its own.

        Returns:
            Whether anything is otherwise than it was.
        """
        self.outdated, self._under_way, self._since = False, True, monotonic()
        table = self._model.table
        before = table.version
        try:
            changes = await session.namespace_changes()
            news = changes.whole or changes.new or changes.changed or changes.deleted
            if news or table.newest != session.execution_count:
                table.apply(changes, session.execution_count)
                self._model.past.changes.listed(self._model.variables, changes.deeds)
            if changes.whole and table.since is not None:
                await self._mark_anew(session, table.since.point)
        except WorkerDied:
            pass
        finally:
            self._under_way = False
        return table.version != before

    async def _mark_anew(self, session: SessionLike, point: Checkpoint) -> None:
        """The present is another one: what differs from the checkpoint is found out again."""
        from .marking import baseline_of

        try:
            since = await baseline_of(session, point)
        except (LookupError, PyreplError):
            since = None  # it was not kept
        self._model.table.mark_since(since)
