"""Reading a journal that grows, event by event."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pyrepl_worker.framing import FrameError, decode

_READ = 1 << 20
_HEADER = 4


class JournalTail:
    """Delivers the events of a journal once each. A torn last frame is not passed."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._fd: int | None = None
        self._position = 0
        self._damaged = False

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def read(self) -> list[Any]:
        """Return the events that were added since the last call."""
        if self._fd is None:
            try:
                self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                return []
        events: list[Any] = []
        want = _READ
        while not self._damaged and os.fstat(self._fd).st_size > self._position:
            data = os.pread(self._fd, want, self._position)
            if self._take(data, events):
                want = _READ
                continue
            size = _HEADER + int.from_bytes(data[:_HEADER], "big")
            if len(data) < min(want, size):
                break
            want = size
        return events

    def _take(self, data: bytes, events: list[Any]) -> bool:
        """Decode the whole frames at the start of some bytes. Returns whether there were any."""
        start = 0
        while len(data) - start >= _HEADER:
            size = int.from_bytes(data[start : start + _HEADER], "big")
            end = start + _HEADER + size
            if end > len(data):
                break
            try:
                events.append(decode(data[start + _HEADER : end]))
            except FrameError:
                self._damaged = True
                break
            start = end
        self._position += start
        return start > 0
