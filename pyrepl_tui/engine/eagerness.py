"""Looking again at once for what will be here in a moment, before going to sleep until it is.

A run of little code is over within some 50 µs. The loop's other tasks have their turn before the
worker's socket is looked at, and meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from time import perf_counter

from pyrepl_worker.protocol.patience import CROWDED, Patience

_TURN = 0.00005
"""Seconds after which other tasks have a turn."""

_leave_processor: Callable[[], object] = getattr(os, "sched_yield", os.getpid)


class Eagerness:
    """Looks for a worker's answers while they are likely to be here at once."""

    __slots__ = ("_patience", "_pull", "learn")

    def __init__(self, pull: Callable[[], object]) -> None:
        """Make one for a worker.

        Args:
            pull: takes in what the worker has sent, if it has; at once.
        """
        self._pull = pull
        self._patience = Patience()
        self.learn = self._patience.learn

    async def look(self, came: Callable[[], object]) -> None:
        """Return when something has come, or after a moment; at once if that is not worth it."""
        until = self._patience.begin()
        while until and perf_counter() < until:
            await asyncio.sleep(0)
            if self._looks_for_a_turn(came):
                return

    def _looks_for_a_turn(self, came: Callable[[], object]) -> bool:
        """Look until other tasks are to have their turn. Returns whether to look no more."""
        now = perf_counter()
        turn = now + _TURN
        while now < turn:
            self._pull()
            if came():
                self._patience.found()
                return True
            last = perf_counter()
            _leave_processor()
            now = perf_counter()
            if now - last > CROWDED:
                if self._patience.meet(now, now - last):
                    return True
                _step_aside()
        return False


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
