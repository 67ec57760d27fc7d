"""Reading a journal that grows, event by event."""

from __future__ import annotations

import mmap
import os
from array import array
from pathlib import Path
from typing import Any

from pyrepl_worker.framing import FrameError, decode

_READ = 1 << 20
_HEADER = 4
_TAG_AT = 4
"""Bytes at most of a payload before the tag's first letter."""


class JournalTail:
    """Delivers the events of a journal once each. A torn last frame is not passed."""

    def __init__(self, path: str | os.PathLike[str], position: int = 0) -> None:
        """Begin at the start of a frame."""
        self._path = Path(path)
        self._fd: int | None = None
        self._position = position
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


class JournalFrames:
    """The events that a journal holds now, in any order."""

    def __init__(self, fd: int, end: int | None = None) -> None:
        """Find the frames; nothing is decoded.

        Args:
            fd: the journal, open.
            end: size up to which to look; None: all of it.

        Raises:
            ValueError: if it is empty.
        """
        self._data = mmap.mmap(fd, 0, access=mmap.ACCESS_READ)
        self.starts = array("Q")
        """Where each whole frame begins."""
        position, size = 0, len(self._data) if end is None else min(end, len(self._data))
        while position + _HEADER <= size:
            end = position + _HEADER + self._length(position)
            if end > size:
                break
            self.starts.append(position)
            position = end

    def event(self, number: int) -> Any:
        """Return an event by its number, counted from the first one.

        Raises:
            FrameError: if it is damaged.
        """
        start = self.starts[number] + _HEADER
        return decode(self._data[start : start + self._length(start - _HEADER)])

    def may_be(self, number: int, tag: bytes) -> bool:
        """Whether an event's frame begins as one with this tag does."""
        start = self.starts[number] + _HEADER
        return self._data.find(tag, start, start + len(tag) + _TAG_AT) >= 0

    def _length(self, position: int) -> int:
        return int.from_bytes(self._data[position : position + _HEADER], "big")
