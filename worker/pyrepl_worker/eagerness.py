"""Looking at sockets again and again for a moment, before sleeping until something comes.

A program that runs one cell after the other sends the next one within some 50 µs. To be put to
sleep and woken again takes as long, so the worker looks again instead, but only as long as that
has just been worth it, and only while there is a processor for it.
"""

from __future__ import annotations

import os
from time import perf_counter  # the function: user code may replace the module's
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import select

WORTHWHILE = 0.0002
"""Seconds: what came within these the last time is looked for as long the next time."""
CROWDED = 0.00005
"""Seconds between two looks that tell that others have had the processor meanwhile."""
RESPITE = 0.5
"""Seconds for which it sleeps as everybody does, where it is crowded: who looks is served last."""
TRIES = 3.0
"""How often it may meet others before that."""
_REGAINED = 0.02
"""What a look that was worth it gives back of a try."""


class Eagerness:
    """Decides, from how the last waits have been, how the next one begins."""

    def __init__(self) -> None:
        self.expects = False
        """Whether the next thing is likely to come at once."""
        self._began = 0.0
        self._tries = TRIES
        self._not_before = 0.0
        """When there may be room again."""
        self._yield = getattr(os, "sched_yield", os.getpid)
        """Leaves the processor to others for which there is none."""
        self._has_room = _processors() > 1

    def look(self, poll: select.poll) -> list[tuple[int, int]]:
        """What there is to be done; nothing after a moment, or at once if that is not worth it."""
        now = self._began = perf_counter()
        if not (self.expects and self._has_room) or now < self._not_before:
            return []
        until = now + WORTHWHILE
        while now < until:
            ready = poll.poll(0)
            if ready:
                self._tries = min(self._tries + _REGAINED, TRIES)
                return ready
            self._yield()
            last, now = now, perf_counter()
            if now - last > CROWDED and self._gives_way(now):
                break
        return []

    def learn(self) -> None:
        """The wait that began with `look` is over."""
        self.expects = perf_counter() - self._began < WORTHWHILE

    def _gives_way(self, now: float) -> bool:
        """Others have had the processor. Returns whether to leave it to them for some time."""
        self._tries -= 1
        if self._tries >= 1:
            return False
        self._tries = 1.0
        self._not_before = now + RESPITE
        return True


def _processors() -> int:
    """How many processors this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1
