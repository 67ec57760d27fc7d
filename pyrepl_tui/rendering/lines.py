"""The lines of a block's parts as styled text."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakKeyDictionary

from pyrepl_tui.engine.line_index import ChunkText
from pyrepl_tui.engine.output_parts import (
    CODE,
    ERROR,
    FOLDED,
    INPUT,
    MARK,
    NOTICE,
    InputPart,
    Part,
    TextPart,
)
from pyrepl_tui.rendering.ansi import parse_line
from pyrepl_tui.rendering.code import highlight_python
from pyrepl_tui.rendering.ink import Ink, Span
from pyrepl_tui.rendering.text import expand_tabs, printable
from pyrepl_tui.rendering.tracebacks import highlight_traceback

HIGHLIGHT_LIMIT = 256 * 1024
"""Longer code and tracebacks (bytes) are shown without colours."""

Lines = list[list[Span]]


class LineRenderer:
    """Turns lines of parts into spans. Highlighted texts are kept as long as their part lives."""

    def __init__(self) -> None:
        self._texts: WeakKeyDictionary[Part, tuple[int, Lines]] = WeakKeyDictionary()

    def spans(self, part: Part, text: ChunkText, line: int) -> list[Span]:
        """Return one line, not wrapped.

        Args:
            part: whose line it is.
            text: the chunk of the part that the line is in.
            line: number of the line within the chunk.
        """
        whole = _WHOLE.get(part.kind)
        if whole is not None and isinstance(part, TextPart):
            if part.index.size <= HIGHLIGHT_LIMIT:
                lines = self._whole_text(part, whole)
                number = line + sum(map(part.index.line_count, range(self._chunk(part, text))))
                return lines[number] if number < len(lines) else []
            return _plain(text.line(line), part.kind)
        start, end = text.span(line)
        data = text.data
        if end > start and data[end - 1] == 13:
            end = start + len(data[start:end].rstrip(b"\r"))
        if text.redrawn:
            return parse_line([(data[start:end], "")])
        pieces = []
        position = start
        for stop, role in part.roles(text.source + start, text.source + end):
            pieces.append((data[position : stop - text.source], role))
            position = stop - text.source
        return parse_line(pieces, text.opening_of(line))

    def _chunk(self, part: Part, text: ChunkText) -> int:
        return part.index.chunk_at(text.start)

    def _whole_text(self, part: TextPart, render: Callable[[TextPart], Lines]) -> Lines:
        found = self._texts.get(part)
        if found is None or found[0] != part.index.serial:
            found = self._texts[part] = part.index.serial, render(part)
        return found[1]


def _plain(data: bytes, role: str) -> list[Span]:
    text = printable(expand_tabs(data.decode("utf-8", "replace"), 0))
    return [Span(text, Ink(role=role))] if text else []


def _input(part: TextPart) -> Lines:
    """The prompt, then what was typed."""
    lines = [_plain(line.encode(), "prompt") for line in part.text.split("\n")]
    if isinstance(part, InputPart):
        shown = part.text[len(part.prompt) :]
        lines = [_plain(line.encode(), "prompt") for line in part.prompt.split("\n")]
        first, *rest = shown.split("\n")
        lines[-1] = lines[-1] + _plain(first.encode(), "answer")
        lines += [_plain(line.encode(), "answer") for line in rest]
        if not part.action:
            lines[-1] = [*lines[-1], Span("▌", Ink(role="waiting"))]
    return lines


def _labelled(part: TextPart) -> Lines:
    role = f"{part.kind}-{part.label}" if part.kind == MARK else part.kind
    return [_plain(line.encode(), role) for line in part.text.split("\n")]


_WHOLE: dict[str, Callable[[TextPart], Lines]] = {
    CODE: lambda part: highlight_python(part.text),
    ERROR: lambda part: highlight_traceback(part.text),
    INPUT: _input,
    NOTICE: _labelled,
    MARK: _labelled,
    FOLDED: _labelled,
}
