"""When a session's variables are listed: after runs, for whoever looks, now and then at most."""

from __future__ import annotations

from time import monotonic

from .engine.errors import WorkerDied
from .models import STARTING, SessionModel
from .session_like import SessionLike

LIST_EVERY = 0.2
"""Seconds between two listings of a session's variables, however many runs there are."""


class VariableListing:
    """Keeps a model's variables up to date."""

    def __init__(self, model: SessionModel) -> None:
        self._model = model
        self._since = 0.0
        self._under_way = False
        self.outdated = True
        """The variables may have changed since they were listed."""

    @property
    def due(self) -> bool:
        """True if they should be listed now."""
        waited = monotonic() - self._since >= LIST_EVERY
        there = self._model.alive and self._model.state != STARTING
        return self.outdated and waited and there and not self._under_way

    async def update(self, session: SessionLike) -> None:
        """List them; a worker that dies meanwhile says so by an event of its own."""
        self.outdated, self._under_way, self._since = False, True, monotonic()
        try:
            self._model.variables = tuple(await session.namespace())
            self._model.past.changes.listed(self._model.variables)
        except WorkerDied:
            return
        finally:
            self._under_way = False
