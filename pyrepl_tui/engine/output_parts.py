"""What a block of output consists of: ranges of the transcript and short texts, line by line."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator

from pyrepl_worker import protocol

from .line_index import LineIndex, Scratch, ScreenFactory, open_sgr
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


class PieceTable:
    """The output of one block as one text: pieces of both streams, in the order they came."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._offsets = array("Q")
        self._origins = array("Q")
        self.size = 0
        """Length of the text in bytes."""

    def append(self, stream: str, start: int, end: int) -> None:
        """Add a stretch of a stream at the end."""
        is_error = stream == protocol.STDERR
        if self._offsets:
            last = self._origins[-1]
            length = self.size - self._offsets[-1]
            if (last & 1) == is_error and (last >> 1) + length == start:
                self.size += end - start
                return
        self._offsets.append(self.size)
        self._origins.append(start << 1 | is_error)
        self.size += end - start

    def pieces(self, start: int, end: int) -> Iterator[tuple[str, int, int]]:
        """Yield stream, stream offset and length of each piece of a range."""
        end = min(end, self.size)
        index = bisect_right(self._offsets, start) - 1
        while 0 <= index < len(self._offsets) and start < end:
            following = index + 1
            stop = self._offsets[following] if following < len(self._offsets) else self.size
            stop = min(stop, end)
            origin = self._origins[index]
            stream = protocol.STDERR if origin & 1 else protocol.STDOUT
            yield stream, (origin >> 1) + start - self._offsets[index], stop - start
            start, index = stop, following

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
        return sum(map(self.index.line_count, range(self.index.chunk_count)))

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
