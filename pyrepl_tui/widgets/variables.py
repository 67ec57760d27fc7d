"""The variables pane: a table on the line API, so that its cost depends on what is in sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from .bindings import bindings_for
from .line import clipped
from .marks import size

if TYPE_CHECKING:
    from pyrepl_tui.engine.values import Variable

SORTS = ("name", "size", "changed")
"""Orders of the rows, in the turn the sort key takes them."""

CODE_TYPES = frozenset({"function", "type", "builtin_function_or_method", "EnumType", "ABCMeta"})
"""Types of what is defined or imported rather than computed."""

EMPTY = ("No variables yet.", "", "What your code binds", "is listed here.")
"""Shown in place of rows."""


@dataclass(frozen=True)
class _Styles:
    base: Style
    header: Style
    cursor: Style
    muted: Style
    fresh: Style


class VariablesPane(ScrollView, can_focus=True):
    """Name, type, size and value of every variable."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("variables")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "variables--header",
        "variables--cursor",
        "variables--cursor-blurred",
        "variables--muted",
        "variables--fresh",
    }
    DEFAULT_CSS = """
    VariablesPane {
        background: $background; color: $foreground; overflow-y: auto; overflow-x: hidden;
        scrollbar-size-vertical: 1; scrollbar-background: $background;
        scrollbar-background-hover: $background; scrollbar-background-active: $background;
        & > .variables--header { color: $muted; text-style: bold; }
        & > .variables--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground;
        }
        & > .variables--cursor-blurred { background: $background; color: $foreground; }
        & > .variables--muted { color: $muted; }
        & > .variables--fresh { color: $accent; text-style: bold; }
    }
    """

    cursor = reactive(0, repaint=False)
    """Row of the cursor, from 0."""

    @dataclass
    class NameChosen(Message):
        """A variable's name is wanted in the editor."""

        name: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: tuple[Variable, ...] = ()
        self._order: list[int] = []
        self._sort = "name"
        self._newest = 0

    # -- data --------------------------------------------------------------------------------

    def show(self, variables: Sequence[Variable]) -> None:
        """Replace all rows; the cursor stays with its variable."""
        kept = self._rows[self._order[self.cursor]].name if self._order else None
        self._rows = tuple(variables)
        self._newest = max((row.changed_at or 0 for row in self._rows), default=0)
        self._arrange(kept)

    def _arrange(self, kept: str | None) -> None:
        rows = self._rows
        order = sorted(range(len(rows)), key=lambda i: _place(rows[i]))
        if self._sort == "size":
            order.sort(key=lambda i: -(rows[i].size_bytes or 0))
        elif self._sort == "changed":
            order.sort(key=lambda i: -(rows[i].changed_at or 0))
        self._order = order
        cursor = min(self.cursor, max(0, len(order) - 1))
        if kept is not None:
            cursor = next((at for at, i in enumerate(order) if rows[i].name == kept), cursor)
        self.set_reactive(VariablesPane.cursor, cursor)
        extent = Size(self.size.width, len(order) + 1)
        if extent != self.virtual_size:
            self.set_reactive(Widget.virtual_size, extent)
            self._scroll_update(extent)
        self.refresh()

    # -- drawing -----------------------------------------------------------------------------

    def columns(self, width: int) -> tuple[int, int, int, int]:
        """Widths of name, type, size and value for a pane's width; 0 leaves a column out."""
        if width < 34:
            name = max(8, width * 2 // 5)
            return name, 0, 0, max(0, width - name - 3)
        some = self._rows[:500]
        name = max(6, min(max((cell_len(row.name) for row in some), default=8), width // 3, 24))
        kind = max(6, min(max((len(kind_text(row)) for row in some), default=8), width * 2 // 5))
        measure = 7 if width >= 44 else 0
        value = width - name - kind - measure - (6 if measure else 4)
        return name, kind, measure, value

    def render_lines(self, crop: Region) -> list[Strip]:
        """Textual's line API for many lines at once: styles are worked out only here."""
        get, base = self.get_component_rich_style, self.rich_style
        blurred = "" if self.has_focus else "-blurred"
        styles = _Styles(
            base,
            base + get("variables--header"),
            base + get(f"variables--cursor{blurred}"),
            base + get("variables--muted"),
            base + get("variables--fresh"),
        )
        widths = self.columns(self.size.width)
        filters, background = self.get_line_filters(), self.background_colors[1]
        first, last = crop.column_span
        strips = []
        for y in crop.line_range:
            strip = self._line(y, widths, styles)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, background)
            strips.append(strip.crop_extend(first, last, base))
        return strips

    def render_line(self, y: int) -> Strip:
        """Textual's line API."""
        return self.render_lines(Region(0, y, self.size.width, 1))[0]

    def _line(self, y: int, widths: tuple[int, int, int, int], styles: _Styles) -> Strip:
        if y == 0:
            return self._header(widths, styles)
        at = self.scroll_offset.y + y - 1
        if at >= len(self._order):
            text = EMPTY[y - 2] if not self._order and 2 <= y < len(EMPTY) + 2 else ""
            return Strip([Segment(" " + text, styles.muted)])
        row = self._rows[self._order[at]]
        on = at == self.cursor and self.has_focus
        base = styles.cursor if on else styles.base
        muted = base if on else styles.muted
        fresh = self._newest > 0 and row.changed_at == self._newest
        name, kind, measure, value = widths
        segments = [Segment("•" if fresh else " ", styles.fresh if not on else base)]
        segments.append(Segment(_cell(row.name, name), base))
        if kind:
            segments.append(Segment(" " + _cell(kind_text(row), kind), muted))
        if measure:
            segments.append(Segment(" " + size(row.size_bytes).rjust(measure), muted))
        segments.append(Segment("  " + clipped(row.summary, value), base))
        return Strip(segments).extend_cell_length(self.size.width, base)

    def _header(self, widths: tuple[int, int, int, int], styles: _Styles) -> Strip:
        name, kind, measure, _ = widths
        titles = [" " + _cell("Name" + self._arrow("name"), name)]
        if kind:
            titles.append(" " + _cell("Type", kind))
        if measure:
            titles.append(" " + ("Size" + self._arrow("size")).rjust(measure))
        titles.append("  Value" + (" (latest first)" if self._sort == "changed" else ""))
        return Strip([Segment("".join(titles), styles.header)])

    def _arrow(self, column: str) -> str:
        return " ▾" if self._sort == column else ""

    # -- interaction -------------------------------------------------------------------------

    def watch_cursor(self, old: int, new: int) -> None:
        """Keep the cursor in sight."""
        top, height = self.scroll_offset.y, self.scrollable_content_region.height - 1
        if new < top:
            self.scroll_to(y=new, animate=False)
        elif height > 0 and new >= top + height:
            self.scroll_to(y=new - height + 1, animate=False)
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The header stays while rows move, so all lines change."""
        super().watch_scroll_y(old_value, new_value)
        self.refresh()

    def on_focus(self) -> None:
        """The cursor shows only with the focus."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor shows only with the focus."""
        self.refresh()

    def action_cursor(self, step: int) -> None:
        """Move the cursor by rows."""
        self.cursor = max(0, min(len(self._order) - 1, self.cursor + step))

    def action_page(self, step: int) -> None:
        """Move the cursor by pages."""
        self.action_cursor(step * max(1, self.scrollable_content_region.height - 2))

    def action_insert_name(self) -> None:
        """Offer the name at the cursor to the editor."""
        if self._order:
            self.post_message(self.NameChosen(self._rows[self._order[self.cursor]].name))

    def action_sort(self, by: str | None = None) -> None:
        """Sort by the next criterion, or by the one given."""
        self._sort = by or SORTS[(SORTS.index(self._sort) + 1) % len(SORTS)]
        kept = self._rows[self._order[self.cursor]].name if self._order else None
        self._arrange(kept)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on a row (a double click inserts its name) or sort by a heading."""
        if event.y == 0:
            name, kind, measure, _ = self.columns(self.size.width)
            by_size = name + kind < event.x <= name + kind + measure + 3
            self.action_sort("size" if measure and by_size else "name")
            return
        self.cursor = max(0, min(len(self._order) - 1, self.scroll_offset.y + event.y - 1))
        if event.chain == 2:
            self.action_insert_name()


def kind_text(row: Variable) -> str:
    """Type with its shape or length: ``ndarray 3×4``, ``list 12``."""
    lengths = [length for length in row.shape.strip("()").split(", ") if length.strip(",")]
    if len(lengths) > 1:
        return f"{row.type} {'×'.join(lengths)}"
    return f"{row.type} {row.length}" if row.length is not None else row.type


def _place(row: Variable) -> tuple[int, str, str]:
    """Data first, then functions and classes, modules last; by name within these."""
    rank = 2 if row.type == "module" else 1 if row.type in CODE_TYPES else 0
    return rank, row.name.lower(), row.name


def _cell(text: str, width: int) -> str:
    return set_cell_size(clipped(text, width), width)
