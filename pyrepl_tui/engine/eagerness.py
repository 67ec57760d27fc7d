"""Looking again at once for what will be here in a moment, before going to sleep until it is.

A run of little code is over within some 50 µs. To be put to sleep and woken again takes as long, so
who waits for it looks at the worker's socket again and again instead. The loop's other tasks have
their turn before and meanwhile. It is done only while it has just been worth it, and only while
there is a processor for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from time import perf_counter

WORTHWHILE = 0.0002
"""Seconds: what took less the last time is looked for as long the next time."""
CROWDED = 0.00005
"""Seconds between two looks that tell that others have had the processor meanwhile."""
RESPITE = 0.5
"""Seconds for which it sleeps as everybody does, where it is crowded: who looks is served last."""
TRIES = 3.0
"""How often it may meet others before that."""
_REGAINED = 0.02
"""What a look that was worth it gives back of a try."""
_TURN = 0.00005
"""Seconds after which other tasks have a turn."""


def _processors() -> int:
    """How many processors this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


_HAS_ROOM = _processors() > 1
_leave_processor: Callable[[], object] = getattr(os, "sched_yield", os.getpid)


class Eagerness:
    """Decides, from how the last waits have been, how the next one begins."""

    __slots__ = ("_began", "_expects", "_not_before", "_pull", "_tries")

    def __init__(self, pull: Callable[[], object]) -> None:
        """Make one for a worker.

        Args:
            pull: takes in what the worker has sent, if it has; at once.
        """
        self._pull = pull
        self._expects = False
        """Whether the next wait is likely to be short."""
        self._began = 0.0
        self._tries = TRIES
        self._not_before = 0.0
        """When there may be room again."""

    async def look(self, came: Callable[[], object]) -> None:
        """Return when something has come, or after a moment; at once if that is not worth it."""
        now = self._began = perf_counter()
        if not (self._expects and _HAS_ROOM) or now < self._not_before:
            return
        end = now + WORTHWHILE
        while now < end:
            await asyncio.sleep(0)
            if self._looks_for_a_turn(came):
                return
            now = perf_counter()

    def _looks_for_a_turn(self, came: Callable[[], object]) -> bool:
        """Look until other tasks are to have their turn. Returns whether to look no more."""
        now = perf_counter()
        turn = now + _TURN
        while now < turn:
            self._pull()
            if came():
                self._tries = min(self._tries + _REGAINED, TRIES)
                return True
            last = perf_counter()
            _leave_processor()
            now = perf_counter()
            if now - last > CROWDED:
                if self._gives_way(now):
                    return True
                _step_aside()
        return False

    def learn(self) -> None:
        """What was waited for since `look` has come."""
        self._expects = perf_counter() - self._began < WORTHWHILE

    def _gives_way(self, now: float) -> bool:
        """Others have had the processor. Returns whether to leave it to them for some time."""
        self._tries -= 1
        if self._tries >= 1:
            return False
        self._tries = 1.0
        self._not_before = now + RESPITE
        return True


def _step_aside() -> None:
    """Move this thread to another processor, and be free to go anywhere again.

    The kernel likes to wake who is spoken to on the processor of who speaks. Two that take turns
    there without ever sleeping it leaves together for long.
    """
    with contextlib.suppress(AttributeError, OSError, ValueError, IndexError):
        allowed = os.sched_getaffinity(0)
        with open("/proc/thread-self/stat", "rb") as file:
            here = int(file.read().rpartition(b")")[2].split()[36])
        try:
            os.sched_setaffinity(0, allowed - {here})
        finally:
            os.sched_setaffinity(0, allowed)
