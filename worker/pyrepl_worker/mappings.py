"""What is mapped into this process: libraries by address, and memory that a fork would share."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import sys
from bisect import bisect_right
from functools import cached_property

from .unpatched import close as close_fd

_EXECUTABLE = re.compile(
    rb"^([0-9a-f]+)-([0-9a-f]+) r.x. \S+ \S+ \S+ +(/[^\n]*|\[[^\n]*\])$", re.MULTILINE
)
_SHARED = re.compile(rb"^\S+ .w.s \S+ \S+ \S+(?: +([^\n]*))?$", re.MULTILINE)
_STACK = re.compile(
    rb"^[0-9a-f]+-([0-9a-f]+) ---p [^\n]*\n(\1)-([0-9a-f]+) rw-p \S+ \S+ 0 *$", re.MULTILINE
)
_PRIVATE = re.compile(
    rb"^([0-9a-f]+)-([0-9a-f]+) rw-p \S+ \S+ 0 *(?:\[heap\]|\[anon[^\n]*)?$", re.MULTILINE
)
_QUERY = struct.Struct("=9Q4I2Q")
_QUERY_ORDER = 0xC0000000 | _QUERY.size << 16 | ord("f") << 8 | 17
"""PROCMAP_QUERY, since Linux 6.11: the kernel finds one mapping, instead of printing all."""
_NEXT_SHARED = 0x10 | 0x08 | 0x02
"""The first from an address on that is shared and may be written to."""
_MAPPED = re.compile(rb" (/[^ \n][^\n]*)$", re.MULTILINE)


class Mappings:
    """``/proc/self/maps`` as it is when first looked at; empty where there is no such thing.

    That costs 2 µs for each entry, and a large program has thousands.
    """

    def __init__(self) -> None:
        self._code: list[tuple[int, int, str]] | None = None

    @cached_property
    def _text(self) -> bytes:
        try:
            with open("/proc/self/maps", "rb", buffering=0) as file:
                return b"".join(iter(lambda: file.read(1 << 16), b""))
        except OSError:
            return b""  # no Linux: nothing is known of this process

    def library_at(self, address: int) -> str:
        """Path of the file whose code is at an address; "" if there is no code of a file."""
        if self._code is None:
            self._code = [
                (int(low, 16), int(high, 16), _decoded(path))
                for low, high, path in _EXECUTABLE.findall(self._text)
            ]
        at = bisect_right(self._code, (address, sys.maxsize * 2, "")) - 1
        if at < 0:
            return ""
        low, high, path = self._code[at]
        return path if low <= address < high else ""

    def stacks(self) -> list[tuple[int, int]]:
        """Where nameless memory above a page that nobody may touch lies: mostly threads' stacks."""
        return [(int(low, 16), int(high, 16)) for _, low, high in _STACK.findall(self._text)]

    def private_memory(self) -> list[tuple[int, int]]:
        """Where nameless memory lies that is written to: heaps, large arrays, stacks."""
        found = _PRIVATE.findall(self._text)
        return [(int(low, 16), int(high, 16)) for low, high in found]

    def shared(self) -> list[str]:
        """Paths of memory that is written to together with other processes, "" for nameless."""
        if "_text" not in vars(self) and not _may_share():
            return []
        if b"w-s " not in self._text and b"wxs " not in self._text:
            return []
        return [_decoded(path) for path in _SHARED.findall(self._text)]

    def files(self, part: str) -> set[str]:
        """Paths of mapped files that have a part in them."""
        if part.encode() not in self._text:
            return set()
        return {path for path in map(_decoded, _MAPPED.findall(self._text)) if part in path}


def _may_share() -> bool:
    """Whether there may be memory that is written to together with other processes."""
    request = bytearray(_QUERY.pack(_QUERY.size, _NEXT_SHARED, *[0] * 13))
    try:
        fd = os.open("/proc/self/maps", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        fcntl.ioctl(fd, _QUERY_ORDER, request)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # an older kernel
    finally:
        close_fd(fd)
    return True


def _decoded(path: bytes) -> str:
    return path.decode("utf-8", "replace")
