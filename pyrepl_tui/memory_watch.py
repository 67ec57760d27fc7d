"""What a session's processes take of the machine: looked up as often as that is cheap."""

from __future__ import annotations

import asyncio
from time import monotonic

from .engine.memory import image_budget, own_of, processor_seconds
from .models import BUSY, ENDED, SessionModel
from .session_like import SessionLike

SHARE = 0.02
"""Part of the time that measuring may take: it walks the page tables of every process."""


class MemoryWatch:
    """Keeps what a model knows of its worker's and images' memory up to date."""

    def __init__(self, model: SessionModel) -> None:
        self._model = model
        self._under_way = False
        self._rests_until = 0.0
        self._used: tuple[int, float, float] | None = None
        """At the last look: the worker, its seconds of processor time, and the clock."""

    @property
    def due(self) -> bool:
        """True if it should be measured now."""
        there = self._model.began and self._model.state != ENDED
        return there and not self._under_way and monotonic() >= self._rests_until

    def look(self, session: SessionLike) -> bool:
        """Look at what costs next to nothing: the worker's load, and how near its ceiling it is.

        Returns whether anything is otherwise than it was.
        """
        model, now = self._model, monotonic()
        before = model.cpu, model.own_memory, model.ceiling
        pid = model.pid if model.alive else None
        model.ceiling = session.limits.get("memory_bytes")
        model.own_memory = own_of(pid) if pid is not None and model.ceiling else None
        used = None if pid is None else processor_seconds(pid)
        last, self._used = self._used, None if pid is None or used is None else (pid, used, now)
        model.cpu = None
        if model.state == BUSY and last and self._used and last[0] == pid and now > last[2]:
            model.cpu = (self._used[1] - last[1]) / (now - last[2])
        return (model.cpu, model.own_memory, model.ceiling) != before

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
