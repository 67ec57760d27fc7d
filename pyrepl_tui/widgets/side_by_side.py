"""Two texts beside each other that scroll together, what differs in them marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip

from pyrepl_tui.rendering.side_rows import Marks, SideRow

from .cursor_rows import CursorRows

_SIGNS = {"changed": ("≠", "≠"), "left": ("◂", " "), "right": (" ", "▸")}


class SideBySide(CursorRows):
    """Rows of two columns with a cursor, drawn line by line: any number of them is quick."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "side--head", "side--code", "side--note", "side--same", "side--changed", "side--left",
        "side--right", "side--mark", "side--rule", "side--cursor",
    }  # fmt: skip
    DEFAULT_CSS = """
    SideBySide {
        background: $surface;
        & > .side--head { background: $panel; text-style: bold; }
        & > .side--code { color: $muted; }
        & > .side--note { color: $muted; text-style: italic; }
        & > .side--changed { background: $warning 12%; }
        & > .side--left { background: $error 12%; }
        & > .side--right { background: $success 12%; }
        & > .side--mark { color: $warning; text-style: bold; }
        & > .side--rule { color: $border-blurred; }
        & > .side--cursor { background: $accent 35%; }
    }
    """

    @dataclass
    class Opened(Message):
        """Enter or a click on a row that can be opened and closed."""

        key: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: Sequence[SideRow] = ()
        self._shift = 0
        """Cells that both sides are scrolled to the right."""

    @property
    def count(self) -> int:
        return len(self._rows)

    @property
    def chosen(self) -> SideRow | None:
        """The row under the cursor."""
        return self._rows[self.cursor] if self.cursor < len(self._rows) else None

    def show(self, rows: Sequence[SideRow]) -> None:
        """Show other rows; the cursor stays on the heading it was on, if that is still there."""
        row = self.chosen
        self._rows = rows
        same = (at for at, new in enumerate(rows) if row and row.key and new.key == row.key)
        self.lay_out(next(same, self.cursor))
        self.reveal()

    # -- drawing -----------------------------------------------------------------------------

    def painter(self) -> SideBySide:
        return self

    def head(self, y: int) -> Strip:
        """Nothing stands above the rows."""
        return Strip.blank(0)

    def row(self, at: int) -> Strip:
        """A row of both sides."""
        width, base, row = self.room, self.rich_style, self._rows[at]
        style = base + self.get_component_rich_style(f"side--{row.kind}")
        if row.kind == "note":
            strip = Strip([Segment(f"  {row.left}", style)]).adjust_cell_length(width, style)
        else:
            strip = self._halves(row, width, base, style)
        if at == self.cursor and self.has_focus:
            colour = self.get_component_rich_style("side--cursor").bgcolor
            strip = Strip(Segment.apply_style(strip, post_style=Style(bgcolor=colour)))
        return strip

    def _halves(self, row: SideRow, width: int, base: Style, style: Style) -> Strip:
        half = self.outer_size.width // 2  # under the rule between the titles
        left_sign, right_sign = _SIGNS.get(row.kind, (" ", " "))
        # a side that lacks the line stays plain
        left_style = base if row.kind == "right" else style
        right_style = base if row.kind == "left" else style
        rule = style if row.kind == "head" else base
        rule += self.get_component_rich_style("side--rule", partial=True)
        return Strip.join(
            (
                self._half(left_sign, row.left, row.left_marks, half, left_style),
                Strip([Segment("│", rule)]),
                self._half(right_sign, row.right, row.right_marks, width - 1 - half, right_style),
            )
        )

    def _half(self, sign: str, text: str, marks: Marks, width: int, style: Style) -> Strip:
        mark = style + self.get_component_rich_style("side--mark", partial=True)
        segments: list[Segment] = []
        position = 0
        for start, end in marks:
            segments += [Segment(text[position:start], style), Segment(text[start:end], mark)]
            position = end
        segments.append(Segment(text[position:], style))
        room = max(0, width - 2)
        body = Strip(segments).crop(self._shift, self._shift + room)
        return Strip.join((Strip([Segment(f"{sign} ", style)]), body)).adjust_cell_length(
            width, style
        )

    # -- moving ------------------------------------------------------------------------------

    def shift(self, step: int) -> None:
        """Scroll both sides sideways, by cells."""
        widest = max((max(cell_len(r.left), cell_len(r.right)) for r in self._rows), default=0)
        self._shift = max(0, min(self._shift + step, widest - 8))
        self.refresh()

    def find_difference(self, step: int) -> bool:
        """Go to the next (1) or the previous (-1) difference; False if there is none."""
        at = self.cursor + step
        while 0 <= at < len(self._rows):
            if self._rows[at].differs:
                self.cursor = at
                return True
            at += step
        return False

    def open(self) -> None:
        """Open or close what the cursor is on."""
        row = self.chosen
        if row is not None and row.key:
            self.post_message(self.Opened(row.key))

    def row_clicked(self, times: int) -> None:
        """A click on a heading opens or closes it."""
        self.open()
