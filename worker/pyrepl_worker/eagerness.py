"""Looking at sockets again and again for a moment, before sleeping until something comes.

A program that runs one cell after the other sends the next one within some 50 µs.
"""

from __future__ import annotations

import os
from time import perf_counter  # the function: user code may replace the module's
from typing import TYPE_CHECKING

from .protocol.patience import CROWDED, Patience

if TYPE_CHECKING:
    import select


class Eagerness:
    """Looks for the next request while that is likely to be here at once."""

    def __init__(self) -> None:
        self._patience = Patience()
        self._yield = getattr(os, "sched_yield", os.getpid)
        """Leaves the processor to others for which there is none."""
        self.learn = self._patience.learn

    @property
    def expects(self) -> bool:
        """Whether the next thing is likely to come at once."""
        return self._patience.expects

    def look(self, poll: select.poll) -> list[tuple[int, int]]:
        """What there is to be done; nothing after a moment, or at once if that is not worth it."""
        patience = self._patience
        until = patience.begin()
        now = 0.0
        while now < until:
            ready = poll.poll(0)
            if ready:
                patience.found()
                return ready
            last = perf_counter()
            self._yield()
            now = perf_counter()
            if now - last > CROWDED and patience.meet(now, now - last):
                break
        return []
