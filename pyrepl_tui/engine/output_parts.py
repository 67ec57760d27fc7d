"""What a block of output consists of: ranges of the transcript and short texts, line by line."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator

from pyrepl_worker import protocol

from .chunk_bytes import open_sgr
from .line_index import LineIndex, Scratch, ScreenFactory
from .transcript import Transcript

CODE, OUTPUT, INPUT, DISPLAY, VALUE, ERROR, NOTICE, MARK, FOLDED = (
    "code",
    "output",
    "input",
    "display",
    "value",
    "error",
    "notice",
    "mark",
    "folded",
)
"""Kinds of parts."""

STDERR_ROLE = "stderr"
"""Role of the bytes that were written to stderr; stdout's have the empty role."""

Redrawing = tuple[ScreenFactory, Scratch]
"""What it takes to show output that moves the cursor upwards."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_LOOKBACK = 64 * 1024
_JOINED_READ = 4
_PAGE = 4096


class _Page:
    """Some consecutive pieces: where each begins in the text, and where it lies in its stream."""

    __slots__ = ("offsets", "origins")

    def __init__(self, data: bytes = b"") -> None:
        self.offsets = array("Q")
        self.origins = array("Q")
        """Twice the stream offset, plus one for stderr."""
        half = len(data) // 2
        self.offsets.frombytes(data[:half])
        self.origins.frombytes(data[half:])


class PieceTable:
    """The output of one block as one text: pieces of both streams, in the order they came.

    A program that writes to both streams in turn makes millions of pieces: only the last ones are
    in memory, the others in a scratch file.
    """

    __slots__ = ("_last", "_places", "_read_page", "_scratch", "_starts", "_transcript", "size")

    def __init__(self, transcript: Transcript, scratch: Scratch) -> None:
        """Begin empty.

        Args:
            transcript: where the bytes are.
            scratch: takes pieces that are not needed now.
        """
        self._transcript = transcript
        self._scratch = scratch
        self._last = _Page()
        self._starts = array("Q")
        self._places = array("Q")
        self._read_page: tuple[int, _Page] = (-1, self._last)
        self.size = 0
        """Length of the text in bytes."""

    def append(self, stream: str, start: int, end: int) -> None:
        """Add a stretch of a stream at the end."""
        is_error = stream == protocol.STDERR
        page = self._last
        if page.offsets:
            last = page.origins[-1]
            length = self.size - page.offsets[-1]
            if (last & 1) == is_error and (last >> 1) + length == start:
                self.size += end - start
                return
            if len(page.offsets) >= _PAGE:
                self._starts.append(page.offsets[0])
                data = page.offsets.tobytes() + page.origins.tobytes()
                self._places.append(self._scratch.append(data))
                page = self._last = _Page()
        page.offsets.append(self.size)
        page.origins.append(start << 1 | is_error)
        self.size += end - start

    def _page(self, number: int) -> _Page:
        """A page of pieces; the last one has the number of pages in the scratch file."""
        if number == len(self._starts):
            return self._last
        if self._read_page[0] != number:
            place = self._places[number]
            self._read_page = number, _Page(self._scratch.read(place, place + _PAGE * 16))
        return self._read_page[1]

    def pieces(self, start: int, end: int) -> Iterator[tuple[str, int, int]]:
        """Yield stream, stream offset and length of each piece of a range."""
        end = min(end, self.size)
        if start >= end:
            return
        in_last = start >= self._last.offsets[0]
        number = len(self._starts) if in_last else bisect_right(self._starts, start) - 1
        page = self._page(number)
        index = bisect_right(page.offsets, start) - 1
        while start < end:
            origin, begin = page.origins[index], page.offsets[index]
            index += 1
            if index == len(page.offsets) and number < len(self._starts):
                number, index = number + 1, 0
                page = self._page(number)
            stop = page.offsets[index] if index < len(page.offsets) else self.size
            stop = min(stop, end)
            stream = protocol.STDERR if origin & 1 else protocol.STDOUT
            yield stream, (origin >> 1) + start - begin, stop - start
            start = stop

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes of a range."""
        found = list(self.pieces(start, end))
        if len(found) <= _JOINED_READ:
            return b"".join(self._transcript.read_stream(s, a, a + n) for s, a, n in found)
        blocks: dict[str, tuple[int, bytes]] = {}
        for stream in (protocol.STDOUT, protocol.STDERR):
            own = [(at, at + length) for name, at, length in found if name == stream]
            if own:
                low, high = own[0][0], own[-1][1]
                if high - low > 2 * (end - start):
                    return b"".join(self._transcript.read_stream(s, a, a + n) for s, a, n in found)
                blocks[stream] = (low, self._transcript.read_stream(stream, low, high))
        parts = []
        for stream, at, length in found:
            low, data = blocks[stream]
            parts.append(data[at - low : at - low + length])
        return b"".join(parts)

    def roles(self, start: int, end: int) -> list[tuple[int, str]]:
        """Return where in a range the stream changes: (offset of the end of the piece, role)."""
        found: list[tuple[int, str]] = []
        for stream, _at, length in self.pieces(start, end):
            start += length
            found.append((start, STDERR_ROLE if stream == protocol.STDERR else ""))
        return found


class Part:
    """Some consecutive lines of a block, all of one kind."""

    __slots__ = ("__weakref__", "index", "kind", "label")

    def __init__(self, kind: str, index: LineIndex, label: str = "") -> None:
        self.kind = kind
        self.index = index
        self.label = label
        """What kind of notice or mark it is; empty for other parts."""

    @property
    def line_count(self) -> int:
        """Number of lines looked through so far."""
        return self.index.total_lines

    def roles(self, start: int, end: int) -> list[tuple[int, str]]:
        """Return the roles of a range of the part's text: (end offset, role) in order."""
        return [(end, "")]


class TextPart(Part):
    """A part whose text is held in memory: code, a value, a traceback, a notice."""

    __slots__ = ("_data",)

    def __init__(self, kind: str, text: str, label: str = "") -> None:
        self._data = _SURROGATES.sub("\ufffd", text).encode()
        super().__init__(kind, LineIndex(self._read), label)
        self.index.extend(len(self._data))
        self.index.advance(len(self._data))

    @property
    def text(self) -> str:
        """The whole text."""
        return self._data.decode()

    def _read(self, start: int, end: int) -> bytes:
        return self._data[start:end]


class InputPart(TextPart):
    """A request for a line of input, with its answer once there is one."""

    __slots__ = ("action", "answer", "password", "prompt", "request_id")

    def __init__(self, request_id: str, prompt: str, password: bool) -> None:
        super().__init__(INPUT, prompt)
        self.request_id = request_id
        self.prompt = prompt
        self.password = password
        self.action = ""
        """Empty while it waits; then ``text``, ``eof``, ``interrupt`` or ``gone``."""
        self.answer = ""

    def resolve(self, action: str, text: str | None) -> None:
        """Take the answer."""
        self.action = action
        self.answer = text or ""
        if action == "text":
            shown = "\u2022" * 8 if self.password or text is None else text
        else:
            shown = {"eof": "^D", "interrupt": "^C"}.get(action, "")
        super().__init__(INPUT, self.prompt + shown)


class OutputPart(Part):
    """A range of a block's output; its bytes are read from the transcript when they are shown."""

    __slots__ = ("_redrawing", "_table", "end", "start")

    def __init__(
        self,
        table: PieceTable,
        start: int,
        opening: bytes = b"",
        redrawing: Redrawing | None = None,
    ) -> None:
        screen, scratch = redrawing or (None, None)
        index = LineIndex(self._read, opening, screen=screen, scratch=scratch, roles=self.roles)
        super().__init__(OUTPUT, index)
        self._table = table
        self._redrawing = redrawing
        self.start = start
        """Offset of the part in the block's output."""
        self.end: int | None = None
        """Offset of its end; None: it grows with the block's output."""

    def _read(self, start: int, end: int) -> bytes:
        return self._table.read(self.start + start, self.start + end)

    def measure(self) -> None:
        """Take over how much output the block has now."""
        end = self._table.size if self.end is None else self.end
        self.index.extend(end - self.start)

    def roles(self, start: int, end: int) -> list[tuple[int, str]]:
        begin = self.start
        return [(e - begin, role) for e, role in self._table.roles(begin + start, begin + end)]

    def split(self, keep: int) -> OutputPart | None:
        """End this part at a line feed about `keep` bytes before its end; the rest is a new part.

        Returns None where no line ends there.
        """
        size = self._table.size
        tail = self._table.read(max(self.start, size - keep), size)
        cut = tail.find(b"\n") + 1
        if not cut or self.end is not None:
            return None
        self.end = size - len(tail) + cut
        self.measure()
        before = self._table.read(max(self.start, self.end - _LOOKBACK), self.end)
        rest = OutputPart(self._table, self.end, open_sgr(before), self._redrawing)
        rest.measure()
        return rest
