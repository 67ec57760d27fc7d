"""How long both sides look at a socket again and again before they sleep until something comes.

To be put to sleep and woken again takes as long as a short run. Who has just not waited long looks
again instead: only while that has just been worth it, and only while there is a processor for it.
"""

from __future__ import annotations

import os
from time import perf_counter  # the function: user code may replace the module's

__all__: list[str] = []  # none of it is a message

WORTHWHILE = 0.0002
"""Seconds: what took less the last time is looked for as long the next time."""
CROWDED = 0.00005
"""Seconds between two looks that tell that others have had the processor meanwhile."""
TURN = 0.0005
"""Seconds without the processor that count as a whole try; interrupts of a machine take less."""
TRIES = 3.0
"""How often it may meet others before it leaves the processor to them."""
_REGAINED = 0.02
"""What a look that was worth it gives back of a try."""
SHORTEST, LONGEST = 0.002, 0.512
"""Seconds for which it sleeps as everybody does then: who looks is served last. They double."""


class Patience:
    """Decides, from how the last waits have been, how the next one begins."""

    __slots__ = ("_began", "_not_before", "_respite", "_tries", "expects", "has_room")

    def __init__(self) -> None:
        self.expects = False
        """Whether what is waited for next is likely to come at once."""
        self.has_room = processors() > 1
        self._began = 0.0
        self._tries = TRIES
        self._respite = SHORTEST
        self._not_before = 0.0
        """When there may be room again."""

    def begin(self) -> float:
        """A wait begins. Returns when to look no longer; 0.0: not to look at all."""
        now = self._began = perf_counter()
        if not (self.expects and self.has_room) or now < self._not_before:
            return 0.0
        return now + WORTHWHILE

    def learn(self) -> None:
        """The wait is over."""
        self.expects = perf_counter() - self._began < WORTHWHILE

    def found(self) -> None:
        """Looking was worth it."""
        self._tries += _REGAINED
        if self._tries >= TRIES:
            self._tries = TRIES
            self._respite = SHORTEST

    def meet(self, now: float, gap: float) -> bool:
        """Others have had the processor for so long. Returns whether to leave it to them."""
        self._tries -= min(1.0, gap / TURN)
        if self._tries >= 1:
            return False
        self._tries = 1.0
        self._not_before = now + self._respite
        self._respite = min(2 * self._respite, LONGEST)
        return True


def processors() -> int:
    """How many processors this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1
