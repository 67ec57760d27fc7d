"""How much memory was copied since a fork, because this process wrote to what its twin shares.

Told from a sample: the kernel says of each page whether somebody else has it too. A page that was
there at the fork and is nobody else's now was copied, or was given back and came anew.
"""

from __future__ import annotations

import os
import struct

from .mappings import Mappings
from .unpatched import close as close_fd

_SAMPLES = 400
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PRESENT = 1 << 63
_EXCLUSIVE = 1 << 56
_ENTRY = struct.Struct("=Q")
_SAME = 0.02
"""A size that has changed by a smaller part means that memory lies about where it lay."""


class Memory:
    """Where a process's own memory lies, looked up again once its size has changed.

    Looking it up takes milliseconds in a large program, and all that is wanted is a sample.
    """

    def __init__(self) -> None:
        self._regions: list[tuple[int, int]] = []
        self._size = 0
        """Of what they were looked up for; 0: they were not."""

    def regions(self) -> list[tuple[int, int]]:
        """From where to where it lies."""
        size = _size()
        if not self._size or abs(size - self._size) > self._size * _SAME:
            self._regions, self._size = Mappings().private_memory(), size
        return self._regions


def _size() -> int:
    """Pages that a process may write to; 0 where it is not told."""
    try:
        with open("/proc/self/statm", "rb", buffering=0) as file:
            return int(file.read().split()[5])
    except OSError:
        return 0


class Sample:
    """Pages to be looked at again; taken at the fork."""

    def __init__(self, regions: list[tuple[int, int]]) -> None:
        total = sum(high - low for low, high in regions) // _PAGE
        self._step = max(1, total // _SAMPLES)
        wanted: list[int] = []
        ahead = self._step // 2
        for low, high in regions:
            pages = range(low // _PAGE + ahead, high // _PAGE, self._step)
            wanted += pages
            ahead += len(pages) * self._step - (high - low) // _PAGE
        self._pages = [page for page, entry in _entries(wanted) if entry & _PRESENT]

    def copied_bytes(self) -> int:
        """About how much of what was there has a copy of its own now."""
        copied = sum(bool(entry & _EXCLUSIVE) for _, entry in _entries(self._pages))
        return copied * self._step * _PAGE


def _entries(pages: list[int]) -> list[tuple[int, int]]:
    """What the kernel says of pages, by number; nothing where it does not say."""
    try:
        fd = os.open("/proc/self/pagemap", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return []
    try:
        return [
            (page, _ENTRY.unpack(data)[0])
            for page in pages
            if len(data := os.pread(fd, _ENTRY.size, page * _ENTRY.size)) == _ENTRY.size
        ]
    except OSError:
        return []
    finally:
        close_fd(fd)
