"""When a session's checkpoints are looked up: for whoever looks, now and then at most."""

from __future__ import annotations

import asyncio
from time import monotonic

from .engine.chronicle import Chronicle
from .models import DEAD, STARTING, SessionModel
from .session_like import SessionLike

LOOK_EVERY = 0.2
"""Seconds between two looks, however many runs there are."""


class PastWatch:
    """Keeps what a model knows of its past up to date while somebody looks at it."""

    def __init__(self, model: SessionModel) -> None:
        self._model = model
        self._since = 0.0
        self._under_way = False
        self.outdated = True
        """There may be news since the last look."""

    def is_due(self, *, timeline_shown: bool) -> bool:
        """True if the past should be looked up now."""
        wanted = timeline_shown or self._model.past.pending or self._model.state == DEAD
        waited = monotonic() - self._since >= LOOK_EVERY
        there = self._model.state != STARTING and not self._under_way
        return self.outdated and wanted and waited and there

    async def update(self, session: SessionLike) -> None:
        """Look it up: the runs from the journal, which may be long, the images from the nursery."""
        self.outdated, self._under_way, self._since = False, True, monotonic()
        past = self._model.past
        try:
            chronicle = past.chronicle or Chronicle(session.transcript)
            await asyncio.to_thread(chronicle.grow)
            past.chronicle = chronicle
            past.points = tuple(await session.checkpoints())
            past.kinds = session.timeline.kinds
            past.present = session.timeline.present
        finally:
            self._under_way = False
