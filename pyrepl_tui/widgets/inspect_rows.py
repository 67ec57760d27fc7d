"""What a value holds: its children line by line, or an array or frame as a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip

from pyrepl_tui.engine.values import Grid, Inspection, Variable

from .line import clipped
from .marks import size
from .paged_rows import PagedRows
from .variables_paint import fitted, kind_text

_WIDEST = 28
"""Cells of the widest column of a grid."""
_HEADINGS = 2
"""Lines that every grid has above its rows: names and types."""


@dataclass(frozen=True)
class Child:
    """One thing in a value."""

    variable: Variable
    step: Any
    expandable: bool
    cycle: int | None


def children_of(page: Inspection) -> list[Child]:
    """The children on a page."""
    parts = zip(page.children, page.steps, page.expandable, page.cycles, strict=True)
    return [Child(*part) for part in parts]


class ChildRows(PagedRows):
    """Label, type, size and value of each child."""

    HEAD = 1

    @property
    def child(self) -> Child | None:
        """The child at the cursor; None while it is not there."""
        found: Child | None = self.item(self.cursor) if self.total else None
        return found

    def _widths(self) -> tuple[int, int, int]:
        top, height = self.scroll_offset.y, self.body_height
        shown = [self.item(at) for at in range(top, min(self.total, top + height))]
        some = [child.variable for child in shown if child is not None]
        room = self.room
        label = min(max((cell_len(each.name) for each in some), default=6), max(8, room // 4))
        kind = min(max((cell_len(kind_text(each)) for each in some), default=6), max(8, room // 4))
        return max(label, 5), max(kind, 4), 8 if room >= 60 else 0

    def draw_head(self, y: int, style: Style) -> Strip:
        label, kind, measure = self._widths()
        head = f"  {fitted('Name', label)}  {fitted('Type', kind)}  "
        head += "Size  ".rjust(measure + 2) if measure else ""
        return Strip([Segment(head + "Value", style)])

    def draw(self, at: int, item: Any, base: Style) -> Strip:
        on = at == self.cursor and self.has_focus
        style = base + self.get_component_rich_style("rows--cursor") if on else base
        if item is None:
            return Strip([Segment("  …", style)]).extend_cell_length(self.room, style)
        muted = style if on else base + self.get_component_rich_style("rows--muted")
        mark = style if on else base + self.get_component_rich_style("rows--label")
        label, kind, measure = self._widths()
        row = item.variable
        value = row.summary
        if item.cycle is not None:
            value = "↻ the same object, " + ("this one" if item.cycle == 0 else
                                             f"{item.cycle} levels up")  # fmt: skip
        elif is_property(item):
            value = "not read; E asks it, in a twin that is thrown away"
        opens = "▸ " if item.expandable and item.cycle is None else "  "
        segments = [
            Segment(opens, mark),
            Segment(fitted(row.name, label) + "  ", style),
            Segment(fitted(kind_text(row), kind) + "  ", muted),
        ]
        if measure:
            segments.append(Segment(size(row.size_bytes).rjust(measure) + "  ", muted))
        quiet = item.cycle is not None or is_property(item)
        segments.append(
            Segment(clipped(value, self.room - label - kind - (measure + 8 if measure else 6)),
                    muted if quiet else style)
        )  # fmt: skip
        return Strip(segments).extend_cell_length(self.room, style)


def is_property(child: Child) -> bool:
    """Whether a child is a property that nobody has read."""
    return isinstance(child.step, (list, tuple)) and child.step[0] == "property"


class GridRows(PagedRows):
    """Cells of an array or frame, its column names and types above."""

    HEAD = _HEADINGS

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.names: list[str] = []
        self.dtypes: list[str] = []
        self.column = 0
        self.notes: dict[int, dict[str, str]] = {}
        """Of columns: figures by their title."""
        self._widths: list[int] = []
        self._label = 1
        self._first = 0
        """First column in view."""

    def shape(self, grid: Grid) -> None:
        """Take names and widths of a page."""
        fresh = (grid.columns, grid.dtypes) != (self.names, self.dtypes)
        if fresh:
            self.names, self.dtypes = grid.columns, grid.dtypes
            self._widths, self._label, self._first, self.column = [], 1, 0, 0
            self.clear_notes()
        for at in range(len(self.names)):
            head = max(cell_len(self.names[at]), cell_len(self.dtypes[at]))
            cells = max((cell_len(row[at]) for row in grid.rows), default=1)
            width = min(max(head, cells, 3), _WIDEST)
            if at < len(self._widths):
                self._widths[at] = max(self._widths[at], width)
            else:
                self._widths.append(width)
        longest = max((cell_len(label) for label in grid.labels), default=1)
        self._label = min(max(self._label, longest), _WIDEST)

    def begin(self, total: int, cursor: int = 0) -> None:
        """Show other rows: what was said of columns may not hold for them."""
        self.clear_notes()
        super().begin(total, cursor)

    def clear_notes(self) -> None:
        """Say nothing of columns any more."""
        self.notes = {}
        self.HEAD = _HEADINGS

    def note(self, column: int, figures: dict[str, str]) -> None:
        """Say something of a column, below its name and type: a line for each figure."""
        self.notes[column] = figures
        longest = max(map(cell_len, figures.values()), default=0)
        self._widths[column] = min(max(self._widths[column], longest), _WIDEST)
        titles = self._titles
        self._label = max(self._label, *map(cell_len, titles), 0)
        self.HEAD = _HEADINGS + len(titles)
        self.lay_out(self.cursor)
        self._show_column()

    @property
    def _titles(self) -> list[str]:
        """Which figures are told of one column at least."""
        return list(dict.fromkeys(title for note in self.notes.values() for title in note))

    @property
    def columns_in_view(self) -> list[int]:
        """Columns that are shown, the last of them perhaps not whole."""
        return self._columns()

    def _columns(self) -> list[int]:
        room = self.room - self._label - 2
        found: list[int] = []
        for at in range(self._first, len(self.names)):
            if room < 4 and found:
                break
            found.append(at)
            room -= self._widths[at] + 2
        return found

    def draw_head(self, y: int, style: Style) -> Strip:
        title = self._titles[y - _HEADINGS] if y >= _HEADINGS else ""
        cursor = style + self.get_component_rich_style("rows--label")
        segments = [Segment(fitted(title, self._label + 2), style)]
        for at in self._columns():
            width = self._widths[at]
            text = clipped((self.names, self.dtypes)[y][at] if not title
                           else self.notes.get(at, {}).get(title, ""), width)  # fmt: skip
            is_right = bool(title) and _is_number(self.dtypes[at])
            on = at == self.column and len(self.names) > 1
            segments.append(Segment((text.rjust(width) if is_right else fitted(text, width)) + "  ",
                                    cursor if on else style))  # fmt: skip
        return Strip(segments)

    def draw(self, at: int, item: Any, base: Style) -> Strip:
        on = at == self.cursor and self.has_focus
        style = base + self.get_component_rich_style("rows--cursor") if on else base
        if item is None:
            return Strip([Segment("…", style)])
        label, cells = item
        muted = style if on else base + self.get_component_rich_style("rows--muted")
        cell = base + self.get_component_rich_style("rows--cell")
        segments = [Segment(fitted(label, self._label) + "  ", muted)]
        for column in self._columns():
            text = clipped(cells[column], self._widths[column])
            width = self._widths[column]
            text = text.rjust(width) if _is_number(self.dtypes[column]) else fitted(text, width)
            chosen = on and column == self.column
            segments.append(Segment(text, cell if chosen else style))
            segments.append(Segment("  ", style))
        return Strip(segments).extend_cell_length(self.room, style)

    def move_column(self, step: int) -> None:
        self.column = max(0, min(len(self.names) - 1, self.column + step))
        self._show_column()

    def _show_column(self) -> None:
        self._first = min(self._first, self.column)
        while self._first < self.column and not self._is_whole(self.column):
            self._first += 1
        self.refresh()

    def _is_whole(self, column: int) -> bool:
        """Whether a column is in view with all of its width."""
        widths = self._widths[self._first : column + 1]
        return sum(widths) + 2 * (len(widths) - 1) <= self.room - self._label - 2

    def on_click(self, event: events.Click) -> None:
        """Choose a cell, or a column by its name."""
        left = self._label + 2
        for at in self._columns():
            if left <= event.x < left + self._widths[at] + 2:
                self.column = at
            left += self._widths[at] + 2
        self.refresh()


def _is_number(dtype: str) -> bool:
    kinds = ("int", "uint", "float", "bfloat", "double", "complex", "bool")
    return dtype.lower().startswith(kinds)
