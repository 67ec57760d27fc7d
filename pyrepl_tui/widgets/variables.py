"""The variables pane: a table on the line API, so that its cost depends on what is in sight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from pyrepl_tui.engine.values import Variable
from pyrepl_tui.engine.variable_table import COLUMNS, Line, VariableTable

from .bindings import bindings_for
from .variable_commands import VariableCommands
from .variables_paint import Columns, Styles, columns_for, header, paint

EMPTY = ("No variables yet.", "", "What your code binds", "is listed here.")
"""Shown in place of rows."""
NONE_LEFT = ("Nothing matches.", "", "Esc shows everything", "again.")
"""Shown where the filter leaves nothing."""


class VariablesPane(VariableCommands, ScrollView, can_focus=True):
    """Name, type, size and value of every variable."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("variables")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "variables--header", "variables--cursor", "variables--cursor-blurred", "variables--muted",
        "variables--heading", "variables--new", "variables--changed", "variables--deleted",
    }  # fmt: skip
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
        & > .variables--heading { color: $accent; text-style: bold; }
        & > .variables--new { color: $success; text-style: bold; }
        & > .variables--changed { color: $accent; text-style: bold; }
        & > .variables--deleted { color: $error; text-style: strike; }
    }
    """

    cursor = reactive(0, repaint=False)
    """Line of the cursor, from 0."""

    @dataclass
    class FilterChanged(Message):
        """The filter was dropped, or is to be typed."""

        wanted: bool
        """Whether it is to be typed."""

    @dataclass
    class Left(Message):
        """Nothing is left to leave here."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._table = VariableTable()
        self._version = -1
        self._anchor: str | None = None
        """The variable the cursor stays with."""

    # -- data --------------------------------------------------------------------------------

    @property
    def table(self) -> VariableTable:
        """What is shown."""
        return self._table

    def show(self, table: VariableTable) -> None:
        """Show a table, or what has changed in it; the cursor stays with its variable."""
        if table is self._table and table.version == self._version:
            return
        if table is not self._table:
            self._table, self._anchor = table, None
            self.set_reactive(VariablesPane.cursor, 0)
        self._version = table.version
        last = max(0, len(table) - 1)
        found = None if self._anchor is None else table.find(self._anchor)
        self.set_reactive(VariablesPane.cursor, min(self.cursor if found is None else found, last))
        self._remember()
        extent = Size(self.scrollable_content_region.width, len(table) + 1)
        if extent != self.virtual_size:
            self.set_reactive(Widget.virtual_size, extent)
            self._scroll_update(extent)
        self.refresh()

    def change(self, **changes: object) -> None:
        """Choose or order rows otherwise: fields of `variable_table.View`."""
        self._table.change(**changes)
        self.show(self._table)
        self.watch_cursor(self.cursor, self.cursor)

    def _remember(self) -> None:
        line = self.line
        self._anchor = line.name if isinstance(line, Variable) else None

    @property
    def line(self) -> Line | None:
        """What the cursor is on; None if there is nothing."""
        return self._table.line(self.cursor) if self.cursor < len(self._table) else None

    # -- drawing -----------------------------------------------------------------------------

    def _columns(self, width: int) -> Columns:
        table = self._table
        rows = [table.line(at) for at in range(min(len(table), 200))]
        top = self.scroll_offset.y
        rows += [table.line(at) for at in range(top, min(len(table), top + self.size.height))]
        return columns_for(rows, width, deep=bool(table.deep))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Textual's line API for many lines at once: styles are worked out only here."""
        get, base = self.get_component_rich_style, self.rich_style
        blurred = "" if self.has_focus else "-blurred"
        names = ("header", f"cursor{blurred}", "muted", "heading", "new", "changed", "deleted")
        styles = Styles(base, *(base + get(f"variables--{name}") for name in names))
        columns = self._columns(self.scrollable_content_region.width)
        filters, background = self.get_line_filters(), self.background_colors[1]
        first, last = crop.column_span
        strips = []
        for y in crop.line_range:
            strip = self._line(y, columns, styles)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, background)
            strips.append(strip.crop_extend(first, last, base))
        return strips

    def render_line(self, y: int) -> Strip:
        """Textual's line API."""
        return self.render_lines(Region(0, y, self.scrollable_content_region.width, 1))[0]

    def _line(self, y: int, columns: Columns, styles: Styles) -> Strip:
        table = self._table
        if y == 0:
            return header(table, columns, styles)
        at = self.scroll_offset.y + y - 1
        if at >= len(table):
            words = NONE_LEFT if table.rows and table.view.query else EMPTY
            text = words[y - 2] if not len(table) and 2 <= y < len(words) + 2 else ""
            return Strip([Segment(" " + text, styles.muted)])
        on = at == self.cursor and self.has_focus
        return paint(
            table.line(at),
            table,
            columns,
            styles,
            on=on,
            width=self.scrollable_content_region.width,
        )

    # -- moving ------------------------------------------------------------------------------

    def watch_cursor(self, old: int, new: int) -> None:
        """Keep the cursor in sight."""
        top, height = self.scroll_offset.y, self.scrollable_content_region.height - 1
        if new < top:
            self.scroll_to(y=new, animate=False)
        elif height > 0 and new >= top + height:
            self.scroll_to(y=new - height + 1, animate=False)
        self._remember()
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
        self.cursor = max(0, min(len(self._table) - 1, self.cursor + step))

    def action_page(self, step: int) -> None:
        """Move the cursor by pages."""
        self.action_cursor(step * max(1, self.scrollable_content_region.height - 2))

    def action_to_end(self, start: bool) -> None:
        """Go to the first or the last row."""
        self.cursor = 0 if start else max(0, len(self._table) - 1)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on a row (a double click opens it) or sort by a heading."""
        if event.y == 0:
            self.action_sort(self._columns(self.scrollable_content_region.width).at(event.x))
            return
        self.cursor = max(0, min(len(self._table) - 1, self.scroll_offset.y + event.y - 1))
        if event.chain == 2:
            self.action_open_value()

    # -- choosing ----------------------------------------------------------------------------

    def action_sort(self, by: str | None = None) -> None:
        """Sort by the next column, or by the one given; by that once more, the other way round."""
        view = self._table.view
        if by == view.sort:
            self.change(reverse=not view.reverse)
        else:
            following = COLUMNS[(COLUMNS.index(view.sort) + 1) % len(COLUMNS)]
            self.change(sort=by or following, reverse=False)

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self.change(reverse=not self._table.view.reverse)

    def action_hide_modules(self) -> None:
        """Leave modules out, or show them again."""
        self.change(hidden=self._table.view.hidden ^ {"modules"})

    def action_hide_code(self) -> None:
        """Leave functions and classes out, or show them again."""
        self.change(hidden=self._table.view.hidden ^ {"code"})

    def action_show_private(self) -> None:
        """Show names that begin with an underscore, or leave them out."""
        self.change(private=not self._table.view.private)

    def action_group(self) -> None:
        """Put kinds under headings of their own, or not."""
        self.change(grouped=not self._table.view.grouped)

    def action_pin(self) -> None:
        """Keep the variable above all others, or let it go."""
        line = self.line
        if isinstance(line, Variable):
            self._table.pin(line.name)
            self.show(self._table)

    def action_filter(self) -> None:
        """Ask what the rows are to contain."""
        self.post_message(self.FilterChanged(wanted=True))

    def action_leave(self) -> None:
        """Drop the filter, or else leave the pane."""
        if self._table.view.query:
            self.change(query="")
            self.post_message(self.FilterChanged(wanted=False))
        else:
            self.post_message(self.Left())


class FilterLine(Input):
    """What rows of the pane above are to contain."""

    DEFAULT_CSS = """
    FilterLine {
        display: none; height: 1; border: none; padding: 0 1; background: $panel;
        &:focus { border: none; background: $panel; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "drop", "Everything", show=False, id="filter.drop"),
        Binding("down", "back", "To the rows", show=False, id="filter.back"),
    ]

    def action_drop(self) -> None:
        """Show everything again."""
        self.value = ""
        self.action_back()

    def action_back(self) -> None:
        """Go to the rows."""
        self.screen.query_one(VariablesPane).focus()


class VariablesPlace(Vertical):
    """The pane with its filter below."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.pane = VariablesPane(id="variables")
        self.filter = FilterLine(
            placeholder="filter: words, name:… type:… value:…", compact=True, id="variables-filter"
        )

    def compose(self) -> ComposeResult:
        """Rows, filter."""
        yield self.pane
        yield self.filter

    def on_variables_pane_filter_changed(self, event: VariablesPane.FilterChanged) -> None:
        """Show what the filter is, and take keys for it."""
        event.stop()
        self.sync()
        if event.wanted:
            self.filter.display = True
            self.filter.focus()

    def sync(self) -> None:
        """Show the filter of the table shown."""
        query = self.pane.table.view.query
        with self.filter.prevent(Input.Changed):
            self.filter.value = query
        self.filter.display = bool(query) or self.filter.has_focus

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while it is typed."""
        event.stop()
        self.pane.change(query=event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to what was found."""
        event.stop()
        self.pane.focus()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """An empty filter needs no line once it is left."""
        if event.widget is self.filter:
            self.filter.display = bool(self.filter.value)
