"""How much memory a session's processes account for: looked up as often as that is cheap."""

from __future__ import annotations

import asyncio
from time import monotonic

from .engine.memory import image_budget
from .models import ENDED, SessionModel
from .session_like import SessionLike

SHARE = 0.02
"""Part of the time that measuring may take: it walks the page tables of every process."""


class MemoryWatch:
    """Keeps what a model knows of its worker's and images' memory up to date."""

    def __init__(self, model: SessionModel) -> None:
        self._model = model
        self._under_way = False
        self._rests_until = 0.0

    @property
    def due(self) -> bool:
        """True if it should be measured now."""
        there = self._model.began and self._model.state != ENDED
        return there and not self._under_way and monotonic() >= self._rests_until

    async def update(self, session: SessionLike) -> bool:
        """Measure. Returns whether anything is otherwise than it was."""
        self._under_way, since = True, monotonic()
        try:
            found = await session.processes()
            budget = await asyncio.to_thread(image_budget)
        finally:
            self._under_way = False
            now = monotonic()
            self._rests_until = now + (now - since) / SHARE
        model, past = self._model, self._model.past
        before = model.memory, past.image_sizes
        worker = [each.pss_bytes for each in found if each.role == "worker"]
        images = [each for each in found if each.role == "image"]
        model.memory = worker[0] if worker and model.alive else None
        past.image_sizes = {each.checkpoint or "": each.pss_bytes or 0 for each in images}
        past.images, past.image_bytes = len(images), sum(past.image_sizes.values())
        past.budget = budget
        return (model.memory, past.image_sizes) != before
