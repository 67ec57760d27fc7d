"""Looking at sockets again and again for a moment, before sleeping until something comes.

A program that runs one cell after the other sends the next one within some 50 µs. To be put to
sleep and woken again takes as long, so the worker looks again instead, but only as long as that
has just been worth it, and only where there is a processor for it.
"""

from __future__ import annotations

import os
from time import perf_counter  # the function: user code may replace the module's
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import select

WORTHWHILE = 0.0002
"""Seconds: what came within these the last time is looked for as long the next time."""


class Eagerness:
    """Decides, from how long the last wait has been, how the next one begins."""

    def __init__(self) -> None:
        self._expects = False
        """Whether the next thing is likely to come at once."""
        self._began = 0.0
        self._yield = getattr(os, "sched_yield", os.getpid)
        """Leaves the processor to others for which there is none."""
        self._has_room = _processors() > 1

    def look(self, poll: select.poll) -> list[tuple[int, int]]:
        """What there is to be done; nothing after a moment, or at once if that is not worth it."""
        began = self._began = perf_counter()
        if self._expects and self._has_room:
            until = began + WORTHWHILE
            while perf_counter() < until:
                ready = poll.poll(0)
                if ready:
                    return ready
                self._yield()
        return []

    def learn(self) -> None:
        """The wait that began with `look` is over."""
        self._expects = perf_counter() - self._began < WORTHWHILE


def _processors() -> int:
    """How many processors this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1
