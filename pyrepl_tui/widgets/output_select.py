"""Selecting text in the output pane, by mouse and by keys, across what is not on the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Offset
from textual.message import Message
from textual.selection import Selection
from textual.timer import Timer
from textual.widgets import Static

from pyrepl_tui.rendering.layout import Layout
from pyrepl_tui.rendering.spots import Spot, length_of, position_of_spot, spot_at, word_at
from pyrepl_tui.widgets.bindings import bindings_for
from pyrepl_tui.widgets.output_lines import position_of, selected_text
from pyrepl_tui.widgets.output_runs import OutputRuns

_DRAG = 1 / 30
"""Seconds between two steps of scrolling while the mouse is held beyond the pane."""


class OutputSelect(OutputRuns):
    """An `OutputRuns` whose text can be selected."""

    class FileWanted(Message, namespace="output_view"):
        """What is selected is more than a clipboard takes."""

    _anchor: Spot | None = None
    """Where the selection began; None: there is none of ours."""
    _dragged: Timer | None = None
    """Scrolls as long as the mouse is beyond the pane."""
    _beyond = 0, 0
    """Rows to scroll at a time, and the cell that the mouse is in."""

    @property
    def allow_select(self) -> bool:
        """Textual's own way of selecting ends at the pane's edge: there is another one here."""
        return False

    # -- the selection -----------------------------------------------------------------------

    def select(self, anchor: Spot, cursor: Spot) -> None:
        """Select everything between two characters, both included."""
        self._anchor = anchor
        start, end = sorted((anchor, cursor), key=lambda spot: (position_of(spot.place), spot.x))
        self.screen.selections = {
            self: Selection(
                Offset(start.x, position_of(start.place)),
                Offset(end.x + 1, position_of(end.place)),
            )
        }

    def select_everything(self) -> tuple[Spot, Spot] | None:
        """Select all lines. Returns the first and the last character; None if there is nothing."""
        reading = self.reading
        if reading is None or not reading.layout.total:
            return None
        layout = reading.layout
        layout.settle(max(0, layout.total - 1), 1)
        first, last = spot_at(layout, 0, 0), spot_at(layout, layout.total - 1, 0)
        if first is None or last is None:
            return None
        last = last._replace(x=length_of(layout, last.place))
        self.select(first, last)
        return first, last

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text; lines that were wrapped come whole.

        Of more than a clipboard takes it is the beginning, and a file is offered for all of it.
        """
        reading = self.reading
        if reading is None:
            return None
        text, cut = selected_text(reading.layout, selection)
        if cut:
            many = f"Copied the first {len(text):,} characters only. A file takes all of it."
            self.notify(many, severity="warning")
            self.post_message(self.FileWanted())
        return text, "\n"

    def select_word(self, x: int, y: int) -> None:
        """Select the word under the mouse."""
        spot, reading = self._under(x, y), self.reading
        if spot is not None and reading is not None:
            self.select(*word_at(reading.layout, spot))

    def select_line(self, x: int, y: int) -> None:
        """Select the line under the mouse."""
        spot, reading = self._under(x, y), self.reading
        if spot is not None and reading is not None:
            end = length_of(reading.layout, spot.place)
            self.select(spot._replace(x=0), spot._replace(x=end))

    # -- the mouse ---------------------------------------------------------------------------

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A selection may begin here; with Shift the present one is extended."""
        spot = self._under(event.x, event.y)
        if event.button != 1 or spot is None:
            return
        self.capture_mouse()
        if event.shift and self._anchor is not None:
            self.select(self._anchor, spot)
        else:
            self._anchor = spot

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Extend the selection; beyond the pane's edge also scroll."""
        if self._anchor is None or self.app.mouse_captured is not self:
            return
        last = self.scrollable_content_region.height - 1
        beyond = min(0, event.y - 1) + max(0, event.y - last + 1)
        under = self._under(event.x, event.y)
        if under is None or under.place == self._anchor.place:
            beyond = 0  # on the line that it began in the mouse is where it is by chance
        self._beyond = beyond, event.x
        if not beyond and self._dragged is not None:
            self._dragged.stop()
            self._dragged = None
        elif beyond and self._dragged is None and self._may_scroll(beyond):
            self._dragged = self.set_interval(_DRAG, self._drag)
        self._extend(event.x, event.y)

    def _may_scroll(self, rows: int) -> bool:
        return self.scroll_offset.y > 0 if rows <= 0 else self.scroll_offset.y < self.max_scroll_y

    def _drag(self) -> None:
        """Scroll towards the mouse, the faster the further away it is."""
        rows, x = self._beyond
        self.scroll_to(y=self.scroll_offset.y + rows * abs(rows), animate=False)
        self._extend(x, 0 if rows < 0 else self.scrollable_content_region.height - 1)

    def _extend(self, x: int, y: int) -> None:
        y = max(0, min(y, self.scrollable_content_region.height - 1))
        spot = self._under(x, y)
        if spot is not None and self._anchor is not None:
            self.select(self._anchor, spot)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """The selection is made."""
        self.release_mouse()
        if self._dragged is not None:
            self._dragged.stop()
            self._dragged = None

    def _under(self, x: int, y: int) -> Spot | None:
        reading = self.reading
        return None if reading is None else spot_at(reading.layout, self.scroll_offset.y + y, x)


class SelectNote(Static, can_focus=True):
    """Has the keys while text is selected with them."""

    DEFAULT_CSS = """
    SelectNote { height: 1; padding: 0 1; background: $panel; color: $accent; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("selection")
    HINT = "select with arrows · Y: copy · S: save · A: all · Space: begin here · Esc"

    def __init__(
        self, view: OutputSelect, copy: Callable[[], object], save: Callable[[], object]
    ) -> None:
        """Select from the last row in view on.

        Args:
            view: the pane; it has the focus again afterwards.
            copy: copies what is selected.
            save: asks for a file for what is selected.
        """
        super().__init__(self.HINT, markup=False)
        self._view = view
        self._copy, self._save = copy, save
        self._anchor: Spot | None = None
        self._cursor: Spot | None = None
        self._cell = 0

    def on_mount(self) -> None:
        """Begin at the last row in view, or at the chosen run."""
        view = self._view
        reading = view.reading
        if reading is not None:
            bottom = view.scroll_offset.y + view.scrollable_content_region.height
            row = min(bottom, reading.layout.total) - 1
            while row > 0 and (place := reading.layout.locate(row)) is not None:
                if reading.layout.part_at(place) is not None:
                    break
                row -= 1
            if reading.chosen is not None:
                row = reading.layout.first_row(reading.chosen)
            self._anchor = self._cursor = spot_at(reading.layout, row, 0)
            self._show()
        self.watch(view, "shown", self.action_leave_selection, init=False)
        self.focus()

    def _show(self) -> None:
        """Show what is selected, with the cursor in view."""
        view, cursor, anchor = self._view, self._cursor, self._anchor
        reading = view.reading
        if reading is None or cursor is None or anchor is None:
            return
        view.select(anchor, cursor)
        row, _ = position_of_spot(reading.layout, cursor)
        top, height = view.scroll_offset.y, view.scrollable_content_region.height
        if not top <= row < top + height:
            view.scroll_to(y=row if row < top else row - height + 1, animate=False)

    def _go(self, cursor: Spot | None, *, keep_cell: bool = False) -> None:
        reading = self._view.reading
        if cursor is None or reading is None:
            return
        self._cursor = cursor
        if not keep_cell:
            self._cell = position_of_spot(reading.layout, cursor)[1]
        self._show()

    # -- commands ----------------------------------------------------------------------------

    def action_rows(self, step: int) -> None:
        """Extend by rows."""
        reading, cursor = self._view.reading, self._cursor
        if reading is not None and cursor is not None:
            row = position_of_spot(reading.layout, cursor)[0] + step
            reading.layout.settle(max(0, row), 1)
            self._go(spot_at(reading.layout, row, self._cell), keep_cell=True)

    def action_pages(self, step: int) -> None:
        """Extend by pages."""
        self.action_rows(step * max(1, self._view.scrollable_content_region.height - 1))

    def action_characters(self, step: int) -> None:
        """Extend by a character; at a line's end to the next line."""
        reading, cursor = self._view.reading, self._cursor
        if reading is None or cursor is None:
            return
        x = cursor.x + step
        if 0 <= x <= length_of(reading.layout, cursor.place):
            self._go(cursor._replace(x=x))
        else:
            self._go(self._neighbour(reading.layout, cursor, step))

    @staticmethod
    def _neighbour(layout: Layout, cursor: Spot, step: int) -> Spot | None:
        """The start of the next line, or the end of the line before."""
        edge = Spot(cursor.place, length_of(layout, cursor.place) if step > 0 else 0)
        found = spot_at(layout, position_of_spot(layout, edge)[0] + step, 0)
        if found is None or found.place == cursor.place:
            return None
        return found._replace(x=0 if step > 0 else length_of(layout, found.place))

    def action_line_edge(self, end: bool) -> None:
        """Extend to the start or the end of the line."""
        reading, cursor = self._view.reading, self._cursor
        if reading is not None and cursor is not None:
            self._go(cursor._replace(x=length_of(reading.layout, cursor.place) if end else 0))

    def action_document_edge(self, end: bool) -> None:
        """Extend to the start or the end of everything."""
        reading = self._view.reading
        if reading is not None:
            row = reading.layout.total - 1 if end else 0
            reading.layout.settle(max(0, row), 1)
            self._go(spot_at(reading.layout, row, 0))

    def action_begin_here(self) -> None:
        """Let the selection begin at the cursor."""
        self._anchor = self._cursor
        self._show()

    def action_everything(self) -> None:
        """Select all there is."""
        found = self._view.select_everything()
        if found is not None:
            self._anchor, self._cursor = found

    def action_copy_selection(self) -> None:
        """Copy what is selected."""
        self.action_leave_selection()
        self._copy()

    def action_save_selection(self) -> None:
        """Ask for a file for what is selected."""
        self.action_leave_selection()
        self._view.call_later(self._save)

    def action_give_up(self) -> None:
        """Select nothing."""
        self.screen.clear_selection()
        self.action_leave_selection()

    def action_leave_selection(self) -> None:
        """The pane has the keys again."""
        if self.has_focus:
            self.screen.set_focus(self._view)
        self.remove()
