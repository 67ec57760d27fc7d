"""Where the lines of a long text are, in memory that hardly grows with it.

The text is cut into chunks of about `CHUNK` bytes at line feeds. Of each chunk only its place and
its number of lines are kept; the bytes are read again when somebody looks at them. Stretches in
which a program moves the cursor upwards are carried out on a small screen first: what
scrolls off its top is written to a scratch file and read back from there.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Protocol

from pyrepl_worker.records import record

from .chunk_bytes import cut, hole, open_sgr, upwards
from .recent import Recent

CHUNK = 32 * 1024
"""Bytes of a chunk at most; a longer line is broken into chunks."""
MARGIN = 4 * 1024
"""Bytes at the end that stay in the open chunk, so that movements upwards find their rows there."""
READ = 1024 * 1024
"""Bytes to read and look through at a time."""
LIVE_READ = 16 * 1024
"""The same while there is a screen."""
LIVE_ROWS = 200
"""Rows of a screen above which the upper half scrolls off for good."""
CALM = 64 * 1024
"""Bytes without upward movement after which a screen is given up."""

_TEXTS_SIZE = 2 * 1024 * 1024
"""Bytes of the chunks that were looked at last, of all texts together."""
_serials = itertools.count()


class LiveScreen(Protocol):
    """Rows that a program draws and redraws."""

    @property
    def height(self) -> int:
        """Number of rows, the cursor's included."""

    @property
    def at_line_start(self) -> bool:
        """Whether the cursor is in the last row and that is empty."""

    def feed(self, data: bytes, role: str) -> None:
        """Carry out some output of a stream."""

    def rows(self) -> bytes:
        """All rows but blank ones at the end, with their styles, each with its line feed."""

    def take(self, count: int) -> bytes:
        """Remove the first rows and return them, each with its line feed."""

    def opening(self) -> bytes:
        """Escape sequences of the style that is in force."""


ScreenFactory = Callable[[bytes], LiveScreen]
"""Makes a screen, given the escape sequences of the style that is in force."""


class Scratch:
    """An unnamed file for what is worth keeping but not in memory. It is made when it is used."""

    def __init__(self) -> None:
        self._fd: int | None = None
        self._size = 0

    def __del__(self) -> None:
        if self._fd is not None:
            os.close(self._fd)

    def append(self, data: bytes) -> int:
        """Add some bytes. Returns the offset that `read` finds them at."""
        if self._fd is None:
            fd, name = tempfile.mkstemp(prefix="pyrepl-tui-")
            os.unlink(name)
            self._fd = fd
        os.pwrite(self._fd, data, self._size)
        self._size += len(data)
        return self._size - len(data)

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes between two offsets."""
        return b"" if self._fd is None else os.pread(self._fd, end - start, start)


@record(frozen=True)
class ChunkText:
    """The bytes of one chunk and where its lines begin."""

    __slots__ = ("bounds", "data", "first_style", "opening", "redrawn", "source", "start")

    start: int
    """Offset of the chunk in the text that is shown."""
    data: bytes
    bounds: Sequence[int]
    """Offset in `data` of the start of each line, and the end of the last."""
    opening: bytes
    """SGR sequences in force where the chunk begins."""
    source: int
    """Offset of the chunk in the text as it was written; for a redrawn one it means nothing."""
    first_style: int
    """Offset in `data` of the first SGR sequence, or another like it; -1: there is none."""
    redrawn: bool
    """True: `data` is what a screen showed in the end, with the streams' roles in it."""

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
        if self.redrawn or (not self.opening and not 0 <= self.first_style < start):
            return b""
        return open_sgr(self.opening + self.data[:start])


_texts: Recent[tuple[int, int], ChunkText] = Recent(_TEXTS_SIZE)


class LineIndex:
    """Chunks and line counts of a text that may grow at its end.

    The last chunk is the *open* one: it changes as the text grows, all others are final.
    Offsets count the bytes of what is shown: what was written over is not in them.
    """

    __slots__ = (
        "_calm",
        "_indexed",
        "_lines",
        "_make_screen",
        "_open",
        "_openings",
        "_read",
        "_roles",
        "_scratch",
        "_screen",
        "_sealed_lines",
        "_size",
        "_sources",
        "_stale",
        "_starts",
        "serial",
        "version",
    )

    def __init__(
        self,
        read: Callable[[int, int], bytes],
        opening: bytes = b"",
        *,
        screen: ScreenFactory | None = None,
        scratch: Scratch | None = None,
        roles: Callable[[int, int], list[tuple[int, str]]] | None = None,
    ) -> None:
        """Begin with an empty text.

        Args:
            read: returns the bytes between two offsets of the text as it was written.
            opening: SGR sequences in force where the text begins.
            screen: None: movements of the cursor between lines are not carried out.
            scratch: keeps rows that scrolled off a screen; None: an own one.
            roles: returns the roles of a range: (end offset, role) in order.
        """
        self._read = read
        self._make_screen = screen
        self._roles = roles
        self._size = 0
        self._indexed = 0
        self._starts = array("Q", [0])
        self._sources = array("Q", [0])  # twice the offset, plus one if it is one in scratch
        self._lines = array("L")
        self._openings = {0: opening} if opening else {}
        self._sealed_lines = 0
        self._open = b""
        self._stale = False  # whether the screen shows something else than `_open` by now
        self._screen: LiveScreen | None = None
        self._calm = 0
        self._scratch = scratch or Scratch()
        self.version = 0
        """Grows with every change of the chunks."""
        self.serial = next(_serials)
        """No other index has this number."""

    @property
    def size(self) -> int:
        """Bytes of the text as it was written, as far as known."""
        return self._size

    @property
    def pending(self) -> int:
        """Bytes that were not looked through yet."""
        return self._size - self._indexed

    @property
    def end(self) -> int:
        """Offset of the end of what was looked through."""
        return self._starts[-1] + len(self._last())

    @property
    def chunk_count(self) -> int:
        """Number of chunks, the open one included."""
        return len(self._starts)

    @property
    def sealed(self) -> int:
        """Number of chunks that are final."""
        return len(self._lines)

    @property
    def redrawing(self) -> bool:
        """Whether a screen is needed for what comes next, which takes longer by far."""
        return self._screen is not None

    @property
    def total_lines(self) -> int:
        """Number of lines looked through so far."""
        return self._sealed_lines + self.line_count(len(self._lines))

    def line_count(self, chunk: int) -> int:
        """Number of lines in a chunk; one that is not finished counts."""
        if chunk < len(self._lines):
            return self._lines[chunk]
        last = self._last()
        return last.count(b"\n") + bool(last and not last.endswith(b"\n"))

    def byte_count(self, chunk: int) -> int:
        """Number of bytes in a chunk."""
        if chunk < len(self._lines):
            return self._starts[chunk + 1] - self._starts[chunk]
        return len(self._last())

    def chunk_at(self, offset: int) -> int:
        """Return the number of the chunk that an offset falls in."""
        return max(0, bisect_right(self._starts, offset) - 1)

    def start(self, chunk: int) -> int:
        """Return the offset at which a chunk begins."""
        return self._starts[chunk]

    def text(self, chunk: int) -> ChunkText:
        """Return the bytes and lines of a chunk, read from where they are kept if need be."""
        found = _texts.get((self.serial, chunk))
        if found is not None:
            return found
        source, redrawn = self._sources[chunk] >> 1, bool(self._sources[chunk] & 1)
        if chunk == len(self._lines):
            redrawn = self._screen is not None
        data = self.raw(chunk)
        bounds, position = array("L", [hole(data)]), data.find(b"\n") + 1
        while position:
            bounds.append(position)
            position = data.find(b"\n", position) + 1
        if bounds[-1] != len(data):
            bounds.append(len(data))
        opening = self._openings.get(chunk, b"")
        style = data.find(b"\x1b[")
        found = ChunkText(self._starts[chunk], data, bounds, opening, source, style, redrawn)
        _texts.put((self.serial, chunk), found, len(data) + bounds.itemsize * len(bounds))
        return found

    def raw(self, chunk: int) -> bytes:
        """Return the bytes of a chunk, read from where they are kept."""
        if chunk == len(self._lines):
            return self._last()
        source = self._sources[chunk] >> 1
        read = self._scratch.read if self._sources[chunk] & 1 else self._read
        return read(source, source + self.byte_count(chunk))

    def _last(self) -> bytes:
        """The bytes of the open chunk."""
        if self._stale and self._screen is not None:
            self._open, self._stale = self._screen.rows(), False
        return self._open

    # -- growing -----------------------------------------------------------------------------

    def extend(self, size: int) -> None:
        """Say that the text has so many bytes now."""
        self._size = size

    def advance(self, budget: int) -> int:
        """Look through up to about `budget` more bytes. Returns how many it were.

        While there is a screen it is `LIVE_READ` bytes at most: that is slower by far.
        """
        begin = self._indexed
        while self._indexed < self._size and self._indexed - begin < budget:
            at = self._indexed
            step = READ if self._screen is None else LIVE_READ
            data = self._read(at, min(self._size, at + step))
            if not data:
                break
            self._indexed += len(data)
            if self._screen is None:
                self._take(data)
            else:
                self._play(self._screen, at, data)
                break
        return self._indexed - begin

    def _take(self, data: bytes) -> None:
        """Cut what can be cut off the open chunk and some new bytes."""
        data = self._open + data
        source = self._indexed - len(data)
        move = upwards(data) if self._make_screen is not None else None
        limit = len(data) if move is None else move.start()
        position = 0
        while limit - position > CHUNK + MARGIN:
            end, hidden = cut(data, position, CHUNK)
            self._seal(data[position:end], source + position << 1, hidden)
            position = end
        self._open = data[position:]
        self._sources[-1] = source + position << 1
        self._changed()
        if move is not None and self._make_screen is not None:
            self._screen = self._make_screen(self._openings.get(len(self._lines), b""))
            self._indexed = source + position
            self._open = b""

    def _seal(self, data: bytes, source: int, hidden: bool) -> None:
        """Make a chunk of some bytes; `source` is as in `_sources`."""
        number = len(self._lines)
        _texts.drop((self.serial, number))
        opening = self._openings.get(number, b"")
        after = open_sgr(opening + data) if opening or b"\x1b[" in data else b""
        if not hidden:
            self._sources[-1] = source
            self._starts.append(self._starts[number] + len(data))
            self._sources.append(0)
            lines = data.count(b"\n") + (not data.endswith(b"\n"))
            self._lines.append(lines)
            self._sealed_lines += lines
            number += 1
        self._openings.pop(number, None)
        if after:
            self._openings[number] = after

    def _play(self, screen: LiveScreen, at: int, data: bytes) -> None:
        """Carry some bytes out on the screen; rows that scroll off become a chunk."""
        position = 0
        for end, role in self._roles(at, at + len(data)) if self._roles else [(at + len(data), "")]:
            screen.feed(data[position : end - at], role)
            position = end - at
        self._calm = 0 if upwards(data) else self._calm + len(data)
        done = self._calm > CALM and screen.at_line_start
        if done:
            self._keep(screen.take(screen.height - 1))
            opening = screen.opening()
            if opening:
                self._openings[len(self._lines)] = opening
            self._screen, self._calm, self._open, self._stale = None, 0, b"", False
        else:
            if screen.height > LIVE_ROWS:
                self._keep(screen.take(screen.height - LIVE_ROWS // 2))
            self._stale = True
        self._changed()

    def _keep(self, rows: bytes) -> None:
        """Make a chunk of rows that can no longer change."""
        if rows:
            self._seal(rows, self._scratch.append(rows) << 1 | 1, hidden=False)
            self._openings.pop(len(self._lines), None)

    def _changed(self) -> None:
        _texts.drop((self.serial, len(self._lines)))
        self.version += 1
