"""Terminal output to styled lines, as a terminal would show them, safely.

Nothing of what a program prints reaches the user's terminal as it is: colours, attributes and
links are read, movements within the line (or the block, see `screen`) are carried out, every
other sequence is swallowed, and control characters are shown as pictures.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rich.cells import cell_len, split_graphemes

from pyrepl_tui.engine.chunk_bytes import open_sgr
from pyrepl_tui.rendering.ink import PLAIN, Ink, Span, apply_sgr
from pyrepl_tui.rendering.screen import Screen
from pyrepl_tui.rendering.text import SEQUENCE, TAB, apply_osc, expand_tabs, printable

Piece = tuple[bytes, str]
"""Some bytes, and the role (see `Ink.role`) of what prints them."""

_MOVES = re.compile(rb"[\x08\r]|\x1b\[[0-9;]*[@-KPXZ`adf]|\x1b[78DEM]")
_KEPT_RETURNS = 64


def parse_line(pieces: Sequence[Piece], opening: bytes = b"") -> list[Span]:
    """Return one line of output (without its line feed) as a terminal shows it in the end.

    Args:
        pieces: the line's bytes in order, with the role of the stream each came from.
        opening: SGR sequences that are in force where the line begins.
    """
    if len(pieces) == 1:
        data, role = pieces[0]
        if not opening and b"\x1b" not in data and not _MOVES.search(data):
            text = expand_tabs(data.decode("utf-8", "replace"), 0)
            return [Span(printable(text), Ink(role=role))] if text else []
    ink = PLAIN
    for match in SEQUENCE.finditer(opening.decode("ascii", "replace")):
        if match["final"] == "m":
            ink = apply_sgr(ink, match["parameters"])
    if any(_MOVES.search(data) for data, _ in pieces):
        screen = Screen(ink)
        for data, role in pieces:
            screen.feed(_latest(data).decode("utf-8", "replace"), role)
        rows = screen.rows()
        return rows[-1] if rows else []
    spans: list[Span] = []
    for data, role in pieces:
        ink = _styled(data.decode("utf-8", "replace"), ink._replace(role=role), spans)
    return spans


def _styled(text: str, ink: Ink, spans: list[Span]) -> Ink:
    """Append the spans of text that has styles and tabs but no other movement."""
    column = sum(cell_len(span.text) for span in spans) if "\t" in text else 0
    position = 0
    for match in SEQUENCE.finditer(text):
        start, end = match.span()
        column += _append(spans, text[position:start], ink)
        position = end
        if match["final"] == "m" and not match["middle"]:
            ink = apply_sgr(ink, match["parameters"])
        elif match["osc"] is not None:
            ink = apply_osc(ink, match["osc"])
        elif match["control"] == "\t":
            column += _append(spans, " " * (TAB - column % TAB), ink)
    _append(spans, text[position:], ink)
    return ink


def _append(spans: list[Span], text: str, ink: Ink) -> int:
    """Add text to the last span if it looks the same. Returns its width in cells."""
    if not text:
        return 0
    text = printable(text)
    if spans and spans[-1].ink == ink:
        spans[-1] = Span(spans[-1].text + text, ink)
    elif text:
        spans.append(Span(text, ink))
    return cell_len(text)


def _latest(data: bytes) -> bytes:
    """Data without those returns to the line's start that later ones have written over.

    A progress bar may return a million times: the last ones show, and the styles of all before.
    """
    if data.count(b"\r") <= _KEPT_RETURNS:
        return data
    parts = data.rsplit(b"\r", _KEPT_RETURNS)
    return open_sgr(parts[0]) + b"\r" + b"\r".join(parts[1:])


def wrap(spans: Sequence[Span], width: int) -> list[list[Span]]:
    """Break a line into rows of at most `width` cells; there is always one row."""
    width = max(width, 2)
    total = sum(cell_len(span.text) for span in spans)
    if total <= width:
        return [list(spans)]
    rows: list[list[Span]] = []
    row: list[Span] = []
    room = width
    for text, ink in spans:
        for piece, size in _fit(text, room, width):
            if size > room:
                rows.append(row)
                row, room = [], width
            row.append(Span(piece, ink))
            room -= size
    rows.append(row)
    return rows


def _fit(text: str, room: int, width: int) -> Iterable[tuple[str, int]]:
    """Pieces of text, with their widths, that fill the room of this row, then whole rows."""
    if text.isascii():
        if room:
            yield text[:room], min(len(text), room)
        for start in range(room, len(text), width):
            yield text[start : start + width], min(width, len(text) - start)
        return
    spans, _ = split_graphemes(text)
    begin, size = 0, 0
    for start, _end, cells in spans:
        if size + cells > room:
            if start > begin:  # what takes no room may stand in a full row
                yield text[begin:start], size
            begin, size, room = start, 0, width
        size += cells
    yield text[begin:], size


def line_width(spans: Iterable[Span]) -> int:
    """Width of a line in cells."""
    return sum(cell_len(span.text) for span in spans)


def plain_text(spans: Iterable[Span]) -> str:
    """A line's text alone."""
    return "".join(span.text for span in spans)
