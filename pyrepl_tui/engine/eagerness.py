"""Looking again at once for what will be here in a moment, before going to sleep until it is.

A run of little code is over within some 50 µs. To be put to sleep and woken again takes as long, so
who waits for it looks at the worker's socket again and again instead. The loop's other tasks have
their turn before and meanwhile. It is done only while it has just been worth it, and only where
there is a processor for it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from time import perf_counter

WORTHWHILE = 0.0002
"""Seconds: what took less the last time is looked for as long the next time."""
_TURN = 0.00005
"""Seconds after which other tasks have a turn."""


def _processors() -> int:
    """How many processors this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


_HAS_ROOM = _processors() > 1
_leave_processor: Callable[[], object] = getattr(os, "sched_yield", os.getpid)


class Eagerness:
    """Decides, from how long the last wait has been, how the next one begins."""

    __slots__ = ("_began", "_expects", "_pull")

    def __init__(self, pull: Callable[[], object]) -> None:
        """Make one for a worker.

        Args:
            pull: takes in what the worker has sent, if it has; at once.
        """
        self._pull = pull
        self._expects = False
        """Whether the next wait is likely to be short."""
        self._began = 0.0

    async def look(self, came: Callable[[], object]) -> None:
        """Return when something has come, or after a moment; at once if that is not worth it."""
        now = self._began = perf_counter()
        if not (self._expects and _HAS_ROOM):
            return
        end = now + WORTHWHILE
        while now < end:
            await asyncio.sleep(0)
            turn = perf_counter() + _TURN
            while True:
                self._pull()
                if came():
                    return
                _leave_processor()
                now = perf_counter()
                if now > turn:
                    break

    def learn(self) -> None:
        """What was waited for since `look` has come."""
        self._expects = perf_counter() - self._began < WORTHWHILE
