"""Rows of the output pane as strips, and what of them is selected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.selection import Selection
from textual.strip import Strip

from pyrepl_tui.engine.output_blocks import KEPT, PENDING, ROLLED_BACK, UNDONE, Block
from pyrepl_tui.engine.output_parts import (
    CODE,
    DISPLAY,
    ERROR,
    FOLDED,
    INPUT,
    MARK,
    NOTICE,
    OUTPUT,
    VALUE,
    Part,
)
from pyrepl_tui.rendering.ansi import plain_text
from pyrepl_tui.rendering.ink import PLAIN, Ink, Span
from pyrepl_tui.rendering.layout import Layout, Place
from pyrepl_tui.rendering.palette import Palette
from pyrepl_tui.rendering.part_layout import CODE_GUTTER

COPY_LIMIT = 1024 * 1024
"""Most characters to copy: a clipboard over a terminal's line takes no more."""
_PART_SHIFT = 1 << 48
_BLOCK_SHIFT = 1 << 68
_SLOW_MS = 100
"""Runs that took less say nothing about their duration."""
_POLICIES = {
    "commit_on_success": "all or nothing",
    "rollback_on_failure": "back on failure",
    "explicit": "",
}
"""What the policies other than the usual one are called; ``explicit`` shows as pending."""


def position_of(place: Place) -> int:
    """A line's place as a number that grows along the document: the y of selections."""
    return place.block * _BLOCK_SHIFT + place.part * _PART_SHIFT + place.offset


def place_of(position: int) -> Place:
    """The place that `position_of` made a number of."""
    block, rest = divmod(position, _BLOCK_SHIFT)
    part, offset = divmod(rest, _PART_SHIFT)
    return Place(block, part, offset, 0)


def duration_text(milliseconds: float) -> str:
    """A duration as people say it: ``340 ms``, ``2.1 s``, ``3 m 05 s``, ``1 h 02 m``."""
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} m {seconds:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} m"


def outcome_text(block: Block) -> str:
    """What is said of a run at the right of its first line; empty for quick ones that went well."""
    policy = _POLICIES.get(block.policy, "")
    words = [policy if block.fate in (KEPT, PENDING) else "", block.fate]
    if block.status != "ok":
        words.append(block.status)
    took = block.duration_ms
    if took is not None and (took >= _SLOW_MS or block.status not in ("ok", "error")):
        words.append(duration_text(took))
    return " · ".join(filter(None, words))


def _state(block: Block) -> str:
    if block.fate == PENDING or (block.fate in (ROLLED_BACK, UNDONE) and block.status == "ok"):
        return "pending" if block.fate == PENDING else "undone"
    return block.status if block.status in ("ok", "running") else "failed"


class Mark(NamedTuple):
    """Some emphasised characters of a line."""

    start: int
    end: int | None
    """None: to the end of the line."""
    style: Style
    """Its colours replace those of the text."""


class StripMaker:
    """Makes strips for one theme and one width."""

    def __init__(self, palette: Palette, width: int) -> None:
        self.palette = palette
        self._width = width
        self._blank = Strip.blank(width, palette.style(PLAIN))

    def blank(self) -> Strip:
        """An empty row."""
        return self._blank

    def strip(self, layout: Layout, place: Place, marks: list[Mark], chosen: bool) -> Strip:
        """A row as it is shown.

        Args:
            layout: of the document.
            place: what to show.
            marks: what to emphasise in the whole line; later ones go over earlier ones.
            chosen: True: the row is one of the run that commands are about.
        """
        rows = layout.wrapped(place)
        row = rows[min(place.sub, len(rows) - 1)]
        part = layout.part_at(place)
        assert part is not None
        block = layout.block_at(place.block)
        code = part.kind == CODE
        first = place.offset == 0 and place.sub == 0
        segments = [
            Segment(text, self.palette.style(ink, code))
            for text, ink in self._gutter(part, block, first, row, chosen)
        ]
        body = [Segment(text, self.palette.style(ink, code)) for text, ink in row]
        if marks:
            skipped = sum(len(plain_text(before)) for before in rows[: place.sub])
            length = sum(len(segment.text) for segment in body)
            for start, end, style in marks:
                stop = length if end is None else min(end - skipped, length)
                body = list(_restyled(body, max(0, start - skipped), stop, style))
        segments += body
        width = sum(cell_len(segment.text) for segment in segments)
        segments += self._rest(part, block, first, width)
        return Strip(segments, self._width).adjust_cell_length(self._width)

    def _gutter(
        self, part: Part, block: Block, first: bool, row: list[Span], chosen: bool
    ) -> list[Span]:
        """What stands to the left of a row."""
        if part.kind == CODE:
            if not first:
                edge = "▌" if chosen else " "
                return [Span(edge + " " * (CODE_GUTTER - 1), Ink(role="chosen"))]
            state = _state(block)
            number = f"{block.execution_count or '':>3}"[-4:]
            sign = "❯" + " " * (CODE_GUTTER - 1 - len(number))
            if chosen:
                ink = Ink(role="chosen")
                return [Span("▌", ink), Span(number[1:], ink), Span(sign, ink)]
            return [
                Span(number, Ink(role=f"number-{state}")),
                Span(sign, Ink(role=f"sign-{state}")),
            ]
        sign = _SIGNS.get(part.kind, "")
        role = f"sign-{part.kind}"
        if part.kind == OUTPUT:
            errors = bool(row) and row[0].ink.role == "stderr" and not row[0].text.isspace()
            sign, role = ("▏ ", "sign-stderr") if errors else ("  ", "")
        elif part.kind == MARK:
            role, sign = f"mark-{part.label}", "─ " if first else "  "
        elif part.kind in (VALUE, DISPLAY, INPUT, NOTICE) and not first:
            sign = "  "
        return [Span(sign, Ink(role=role))] if sign else []

    def _rest(self, part: Part, block: Block, first: bool, width: int) -> list[Segment]:
        """What stands to the right of a row: blanks, and at the run's first row its outcome."""
        room = self._width - width
        if room <= 0:
            return []
        code = part.kind == CODE
        if part.kind == MARK and first:
            state = Ink(role=f"mark-{part.label}")
            return [Segment(" " + "─" * (room - 1), self.palette.style(state))]
        if code and first:
            text = outcome_text(block)
            if text and len(text) + 3 <= room:
                fill = " " * (room - len(text) - 1)
                ink = Ink(role=f"outcome-{_state(block)}")
                return [
                    Segment(fill, self.palette.style(PLAIN, True)),
                    Segment(text + " ", self.palette.style(ink, True)),
                ]
        return [Segment(" " * room, self.palette.style(PLAIN, code))]


def _restyled(segments: list[Segment], start: int, end: int, style: Style) -> Iterator[Segment]:
    """Segments with the colours of some characters replaced."""
    position = 0
    for text, own, _ in segments:
        low = min(max(start - position, 0), len(text))
        high = min(max(end - position, low), len(text))
        if low:
            yield Segment(text[:low], own)
        if high > low:
            yield Segment(text[low:high], (own or Style()) + style)
        if high < len(text):
            yield Segment(text[high:], own)
        position += len(text)


_SIGNS = {VALUE: "⇒ ", DISPLAY: "⇒ ", ERROR: "▎ ", INPUT: "? ", NOTICE: "! ", FOLDED: "  "}


def selected_text(layout: Layout, selection: Selection) -> tuple[str, bool]:
    """The text of a selection, and whether it was cut off at about `COPY_LIMIT` characters."""
    lines: list[str] = []
    size = 0
    for text in selected_lines(layout, selection):
        lines.append(text)
        size += len(text)
        if size > COPY_LIMIT:
            break
    return "\n".join(lines), size > COPY_LIMIT


def selected_lines(layout: Layout, selection: Selection) -> Iterator[str]:
    """The lines of a selection; the first and the last one as far as they are selected."""
    begin = position_of(Place(0, 0, 0, 0)) if selection.start is None else selection.start.y
    end = None if selection.end is None else selection.end.y
    for position, text in _lines_from(layout, place_of(begin)):
        if end is not None and position > end:
            break
        start_x = selection.start.x if selection.start and position == selection.start.y else 0
        end_x = selection.end.x if selection.end and position == end else None
        yield text[start_x:end_x]


def _lines_from(layout: Layout, place: Place) -> Iterator[tuple[int, str]]:
    """Positions and texts of all lines from a place on."""
    for block in layout.document.blocks[place.block :]:
        if block.number < 0:
            continue
        parts = layout.parts_of(block)
        for number, part in enumerate(parts):
            if block.number == place.block and number < place.part:
                continue
            here = block.number == place.block and number == place.part
            index = part.index
            chunk = index.chunk_at(place.offset) if here else 0
            while True:
                while chunk >= index.sealed and index.pending and block.advance(part):
                    pass
                if chunk >= index.chunk_count:
                    break
                text = index.text(chunk)
                for line in range(text.line_count):
                    offset = text.start + text.bounds[line]
                    if here and offset < place.offset:
                        continue
                    position = position_of(Place(block.number, number, offset, 0))
                    yield position, plain_text(layout.renderer.spans(part, text, line))
                chunk += 1
        here_end = Place(block.number, len(parts), 0, 0)
        if block.number > place.block or place.part <= len(parts):
            yield position_of(here_end), ""
