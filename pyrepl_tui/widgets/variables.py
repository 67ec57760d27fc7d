"""The variables pane: a table on the line API, so that its cost depends on what is in sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from pyrepl_tui.engine.values import Variable
from pyrepl_tui.engine.variable_table import COLUMNS, Line, VariableTable

from .bindings import bindings_for
from .cursor_rows import CursorRows
from .variable_commands import VariableCommands
from .variables_paint import TIGHT, Columns, Painter, Styles, columns_for, detail_text

EMPTY = ("No variables yet.", "", "What your code binds", "is listed here.")
"""Shown in place of rows."""
NONE_LEFT = ("Nothing matches.", "", "Esc shows everything", "again.")
"""Shown where the filter leaves nothing."""
_ROOM_FOR_DETAIL = 12
"""Lines there must be for two of them to go to the variable under the cursor."""


class VariablesPane(CursorRows, VariableCommands):
    """Name, type, size and value of every variable."""

    HEAD = 1
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("variables")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--heading", "rows--new", "rows--changed", "rows--deleted",
    }  # fmt: skip
    DEFAULT_CSS = """
    VariablesPane {
        & > .rows--heading { color: $accent; text-style: bold; }
        & > .rows--new { color: $success; text-style: bold; }
        & > .rows--changed { color: $accent; text-style: bold; }
        & > .rows--deleted { color: $error; text-style: strike; }
    }
    """

    @dataclass
    class FilterChanged(Message):
        """The filter was dropped, or is to be typed."""

        wanted: bool
        """Whether it is to be typed."""

    @dataclass
    class Left(Message):
        """Nothing is left to leave here."""

    @dataclass
    class Pointed(Message):
        """The line under the cursor is another one, or is looked at no longer."""

        def can_replace(self, message: Message) -> bool:
            """Only the last word counts."""
            return isinstance(message, VariablesPane.Pointed)

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
        other = table is not self._table
        if other:
            self._table, self._anchor = table, None
        self._version = table.version
        found = None if self._anchor is None else table.find(self._anchor)
        self.lay_out(0 if other else self.cursor if found is None else found)
        if other:
            self.reveal()
        self._remember()

    def change(self, **changes: object) -> None:
        """Choose or order rows otherwise: fields of `variable_table.View`."""
        self._table.change(**changes)
        self.show(self._table)
        self.reveal()

    @property
    def count(self) -> int:
        return len(self._table)

    def _remember(self) -> None:
        line = self.line
        self._anchor = line.name if isinstance(line, Variable) else None
        self.post_message(self.Pointed())

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

    def hint(self) -> Sequence[str]:
        return NONE_LEFT if self._table.rows and self._table.view.query else EMPTY

    def painter(self) -> Painter:
        get, base = self.get_component_rich_style, self.rich_style
        blurred = "" if self.has_focus else "-blurred"
        names = ("head", f"cursor{blurred}", "muted", "heading", "new", "changed", "deleted")
        styles = Styles(base, *(base + get(f"rows--{name}") for name in names))
        on = self.cursor if self.has_focus else None
        return Painter(self._table, self._columns(self.room), styles, on, self.room)

    @property
    def detail(self) -> str:
        """What the columns leave out of the line under the cursor; empty if there is none."""
        if not self.has_focus or self.room >= TIGHT:
            return ""
        return detail_text(self._table, self.line, self.room - 2)

    def on_focus(self) -> None:
        """The cursor's line is told in full."""
        super().on_focus()
        self.post_message(self.Pointed())

    def on_blur(self) -> None:
        """It is told no longer."""
        super().on_blur()
        self.post_message(self.Pointed())

    def on_resize(self) -> None:
        """What the columns leave out depends on their room."""
        super().on_resize()
        self.post_message(self.Pointed())

    # -- moving ------------------------------------------------------------------------------

    def watch_cursor(self) -> None:
        """Stay with the variable from now on."""
        super().watch_cursor()
        self._remember()

    def on_click(self, event: events.Click) -> None:
        """Sort by a heading."""
        if event.y == 0:
            self.action_sort(self._columns(self.room).at(event.x))

    def row_clicked(self, times: int) -> None:
        """A double click opens it."""
        if times == 2:
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

    DEFAULT_CSS = """
    VariablesPlace {
        & > #variables-detail {
            display: none; height: auto; max-height: 4; padding: 0 1;
            background: $panel; color: $muted;
        }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.pane = VariablesPane(id="variables")
        self.filter = FilterLine(
            placeholder="filter: words, name:… type:… value:…", compact=True, id="variables-filter"
        )
        self._detail = Static(id="variables-detail", markup=False)

    def compose(self) -> ComposeResult:
        """Rows, what they leave out, filter."""
        yield self.pane
        yield self._detail
        yield self.filter

    def on_variables_pane_pointed(self, event: VariablesPane.Pointed) -> None:
        """Tell the line under the cursor in full, where the columns cannot."""
        event.stop()
        detail = self.pane.detail if self.size.height >= _ROOM_FOR_DETAIL else ""
        if detail:
            self._detail.update(detail)
        self._detail.display = bool(detail)

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
        """Go to what was found, past the expressions that are watched."""
        event.stop()
        self.pane.focus()
        table = self.pane.table
        lines = range(self.pane.cursor, len(table))
        found = (at for at in lines if isinstance(table.line(at), Variable))
        self.pane.cursor = next(found, self.pane.cursor)

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """An empty filter needs no line once it is left."""
        if event.widget is self.filter:
            self.filter.display = bool(self.filter.value)
