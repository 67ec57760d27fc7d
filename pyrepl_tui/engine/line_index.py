"""Where the lines of a long text are, in memory that hardly grows with it.

The text is cut into chunks of about `CHUNK` bytes at line feeds. Of each chunk only its start and
its number of lines are kept; the bytes are read again when somebody looks at them.
"""

from __future__ import annotations

import itertools
import re
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

CHUNK = 32 * 1024
"""Bytes of a chunk at most; a longer line is broken into chunks."""
MARGIN = 4 * 1024
"""Bytes at the end that stay in the open chunk, so that movements upwards find their rows there."""
READ = 1024 * 1024
"""Bytes to read and look through at a time."""

_CACHED = 16
_serials = itertools.count()
_SGR = re.compile(rb"\x1b\[[0-9;:]*m")


def open_sgr(data: bytes) -> bytes:
    """Return the SGR sequences that are in force after some output, since its last full reset."""
    if b"\x1b[" not in data:
        return b""
    reset = max(data.rfind(b"\x1b[0m"), data.rfind(b"\x1b[m"))
    found = _SGR.findall(data, max(reset, 0))
    return b"".join(found[1:] if reset >= 0 else found[-64:])


@dataclass(frozen=True)
class ChunkText:
    """The bytes of one chunk and where its lines begin."""

    __slots__ = ("bounds", "data", "opening", "start")

    start: int
    """Offset of the chunk in the text."""
    data: bytes
    bounds: list[int]
    """Offset in `data` of the start of each line, and the end of the last."""
    opening: bytes
    """SGR sequences in force where the chunk begins."""

    @property
    def line_count(self) -> int:
        """Number of lines; one that is not finished counts."""
        return len(self.bounds) - 1

    def span(self, line: int) -> tuple[int, int]:
        """Where a line is in `data`, without its line feed."""
        start, end = self.bounds[line], self.bounds[line + 1]
        if end > start and self.data[end - 1] == 10:
            end -= 1
        return start, end

    def line(self, line: int) -> bytes:
        """The bytes of a line, without its line feed."""
        start, end = self.span(line)
        return self.data[start:end]

    def opening_of(self, line: int) -> bytes:
        """SGR sequences in force where a line begins."""
        start = self.bounds[line]
        if not self.opening and self.data.find(b"\x1b[", 0, start) < 0:
            return b""
        return open_sgr(self.opening + self.data[:start])


class LineIndex:
    """Chunks and line counts of a text that may grow at its end.

    The last chunk is the *open* one: it changes as the text grows, all others are final.
    """

    def __init__(self, read: Callable[[int, int], bytes], opening: bytes = b"") -> None:
        """Begin with an empty text.

        Args:
            read: returns the bytes between two offsets of the text.
            opening: SGR sequences in force where the text begins.
        """
        self._read = read
        self._size = 0
        self._indexed = 0
        self._starts = array("Q", [0])
        self._lines = array("L")
        self._openings = {0: opening} if opening else {}
        self._open = b""
        self._hidden_last = False
        self._cache: OrderedDict[int, ChunkText] = OrderedDict()
        self.version = 0
        """Grows with every change of the chunks."""
        self.serial = next(_serials)
        """No other index has this number."""

    @property
    def size(self) -> int:
        """Bytes of the text, as far as known."""
        return self._size

    @property
    def pending(self) -> int:
        """Bytes that were not looked through yet."""
        return self._size - self._indexed

    @property
    def chunk_count(self) -> int:
        """Number of chunks, the open one included."""
        return len(self._starts)

    @property
    def sealed(self) -> int:
        """Number of chunks that are final."""
        return len(self._lines)

    def line_count(self, chunk: int) -> int:
        """Number of lines in a chunk; one that is not finished counts."""
        if chunk < len(self._lines):
            return self._lines[chunk]
        return self._open.count(b"\n") + bool(self._open and not self._open.endswith(b"\n"))

    def byte_count(self, chunk: int) -> int:
        """Number of bytes in a chunk."""
        if chunk < len(self._lines):
            return self._starts[chunk + 1] - self._starts[chunk]
        return len(self._open)

    def text(self, chunk: int) -> ChunkText:
        """Return the bytes and lines of a chunk, read from where they are kept if need be."""
        found = self._cache.get(chunk)
        if found is not None:
            self._cache.move_to_end(chunk)
            return found
        start = self._starts[chunk]
        opening = self._openings.get(chunk, b"")
        if chunk == len(self._lines):
            data = self._open
        elif not self._lines[chunk]:
            data = b""
        else:
            data = self._read(start, self._starts[chunk + 1])
        bounds, position = [0], data.find(b"\n") + 1
        while position:
            bounds.append(position)
            position = data.find(b"\n", position) + 1
        if bounds[-1] != len(data):
            bounds.append(len(data))
        found = ChunkText(start, data, bounds, opening)
        self._cache[chunk] = found
        if len(self._cache) > _CACHED:
            self._cache.popitem(last=False)
        return found

    def chunk_at(self, offset: int) -> int:
        """Return the number of the chunk that an offset falls in."""
        return max(0, bisect_right(self._starts, offset) - 1)

    def start(self, chunk: int) -> int:
        """Return the offset at which a chunk begins."""
        return self._starts[chunk]

    def extend(self, size: int) -> None:
        """Say that the text has so many bytes now."""
        self._size = size

    def advance(self, budget: int) -> int:
        """Look through up to about `budget` more bytes. Returns how many it were."""
        begin = self._indexed
        while self._indexed < self._size and self._indexed - begin < budget:
            end = min(self._size, self._indexed + READ)
            data = self._read(self._indexed, end)
            if not data:
                break
            self._indexed += len(data)
            self._take(data)
        return self._indexed - begin

    def _take(self, data: bytes) -> None:
        """Cut what can be cut off the open chunk and some new bytes."""
        data = self._open + data
        position = 0
        while len(data) - position > CHUNK + MARGIN:
            end, hidden = _cut(data, position)
            self._seal(data[position:end], hidden)
            position = end
        self._open = data[position:]
        self._cache.pop(len(self._lines), None)
        self.version += 1

    def _seal(self, data: bytes, hidden: bool) -> None:
        number = len(self._lines)
        self._cache.pop(number, None)
        opening = self._openings.get(number, b"")
        after = open_sgr(opening + data) if opening or b"\x1b[" in data else b""
        if hidden and self._hidden_last:
            self._starts[number] += len(data)
        else:
            self._starts.append(self._starts[number] + len(data))
            lines = data.count(b"\n") + (not data.endswith(b"\n"))
            self._lines.append(0 if hidden else lines)
            number += 1
        self._openings.pop(number, None)
        if after:
            self._openings[number] = after
        self._hidden_last = hidden


def _cut(data: bytes, start: int) -> tuple[int, bool]:
    """Where the chunk that begins at `start` ends, and whether nothing of it is to be seen.

    Not to be seen is what was written over by a return to the line's start, and a hole in the file,
    which reads as NULs.
    """
    limit = start + CHUNK
    end = data.rfind(b"\n", start, limit) + 1
    if end:
        return end, False
    back = data.rfind(b"\r", start, limit)
    if back > start:
        return back, True
    if data.count(0, start, limit) == CHUNK:
        return limit, True
    escape = data.find(b"\x1b", limit - 64, limit)
    if escape > start:
        return escape, False
    while limit > start + CHUNK - 4 and data[limit] & 0xC0 == 0x80:
        limit -= 1
    return limit, False
