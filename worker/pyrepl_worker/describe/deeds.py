"""What each of some runs did that followed each other too quickly to be listed one by one."""

from __future__ import annotations

from collections import deque
from typing import Any

from pyrepl_worker.framing import pack

MOST_ROWS = 200
"""What a run did that changed more is not told as its own."""
_KEPT = 64


class Deeds:
    """The latest of them, as of the glances between the runs."""

    def __init__(self) -> None:
        self._kept: deque[tuple[int, list[Any]]] = deque(maxlen=_KEPT)

    def note(self, run: int, seen: tuple[list[list[Any]], list[str], int, bool]) -> None:
        """Keep what was seen after a run, as `Listing.since` tells it."""
        rows, gone, version, more = seen
        if not more and len(gone) <= MOST_ROWS:
            self._kept.append((version, [run, pack(rows), gone]))

    def since(self, version: int) -> list[list[Any]]:
        """What led on from a version: see `protocol.ListChanges`."""
        return [deed for at, deed in tuple(self._kept) if at >= version]
