"""Work of the thread that serves that is done in slices, so that nothing waits for it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY_PAUSE_MS = 4
"""Pause between two slices while code runs: it shares the interpreter's lock with it."""


class Chores:
    """Unfinished work, first come first served."""

    def __init__(self) -> None:
        self._waiting: deque[Iterator[None]] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, work: Iterator[None]) -> None:
        """Do this, from one yield to the next, when there is time."""
        self._waiting.append(work)

    def step(self) -> None:
        """Do one slice."""
        if self._waiting:
            try:
                next(self._waiting[0])
            except StopIteration:
                self._waiting.popleft()

    def clear(self) -> None:
        """Forget all of it."""
        self._waiting.clear()
