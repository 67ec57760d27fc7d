"""Rows drawn line by line with one of them under a cursor: what the workspace's lists share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

from rich.segment import Segment
from textual import events
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

RIGHT = 3
"""The right button of the mouse."""


class RowPainter(Protocol):
    """Draws lines of one frame; they are cut and filled to the width afterwards."""

    def head(self, y: int) -> Strip:
        """A line above the rows, from 0."""

    def row(self, at: int) -> Strip:
        """A row, from 0."""


class CursorRows(ScrollView, can_focus=True):
    """Any number of rows on the line API: only what is in sight is drawn.

    A subclass says how many rows there are (`count`) and how they look (`painter`), and calls
    `lay_out` when there are other ones.
    """

    ALLOW_SELECT = False
    HEAD: int = 0
    """Lines above the rows that do not scroll."""
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--head", "rows--cursor", "rows--cursor-blurred", "rows--muted",
    }  # fmt: skip
    DEFAULT_CSS = """
    CursorRows {
        background: $background; color: $foreground; overflow-y: auto; overflow-x: hidden;
        scrollbar-size-vertical: 1; scrollbar-background: $background;
        scrollbar-background-hover: $background; scrollbar-background-active: $background;
        & > .rows--head { color: $muted; text-style: bold; }
        & > .rows--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground;
        }
        & > .rows--cursor-blurred { background: $background; color: $foreground; }
        & > .rows--muted { color: $muted; }
    }
    """

    cursor = reactive(0, repaint=False)
    """Row of the cursor, from 0."""

    # -- rows --------------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def painter(self) -> RowPainter:
        """What draws the lines of a frame; all that is the same for each is worked out here."""
        raise NotImplementedError

    def hint(self) -> Sequence[str]:
        """Lines shown where there are no rows."""
        return ()

    def lay_out(self, cursor: int) -> None:
        """Take up how many rows there are now; a cursor that was in sight stays in sight."""
        in_sight = 0 <= self.cursor - self.scroll_offset.y < self.body_height
        self.set_reactive(CursorRows.cursor, max(0, min(cursor, self.count - 1)))
        extent = Size(self.room, self.count + self.HEAD)
        if extent != self.virtual_size:
            # the reactive itself would lay out the whole screen
            self.set_reactive(Widget.virtual_size, extent)
            self._scroll_update(extent)
        if in_sight:
            self.reveal()
        self.refresh()

    # -- drawing -----------------------------------------------------------------------------

    @property
    def room(self) -> int:
        """Cells across that rows have."""
        return self.scrollable_content_region.width

    @property
    def body_height(self) -> int:
        """Rows in view."""
        return max(0, self.scrollable_content_region.height - self.HEAD)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Textual's line API for many lines at once."""
        painter, base = self.painter(), self.rich_style
        filters, background = self.get_line_filters(), self.background_colors[1]
        first, last = crop.column_span
        strips = []
        for y in crop.line_range:
            strip = self._line(y, painter)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, background)
            strips.append(strip.crop_extend(first, last, base))
        return strips

    def render_line(self, y: int) -> Strip:
        """Textual's line API."""
        return self.render_lines(Region(0, y, self.room, 1))[0]

    def _line(self, y: int, painter: RowPainter) -> Strip:
        if y < self.HEAD:
            return painter.head(y)
        at = self.scroll_offset.y + y - self.HEAD
        if at < self.count:
            return painter.row(at)
        words = self.hint() if not self.count else ()
        line = y - self.HEAD - 1
        text = words[line] if 0 <= line < len(words) else ""
        muted = self.rich_style + self.get_component_rich_style("rows--muted")
        return Strip([Segment(" " + text, muted)])

    # -- moving ------------------------------------------------------------------------------

    def reveal(self) -> None:
        """Scroll as little as brings the cursor into sight."""
        top, height = self.scroll_offset.y, self.body_height
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif height > 0 and self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False)

    def watch_cursor(self) -> None:
        """Keep the cursor in sight."""
        self.reveal()
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The head stays while rows move, so all lines change."""
        super().watch_scroll_y(old_value, new_value)
        self.refresh()

    def on_focus(self) -> None:
        """The cursor stands out with the focus."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor stands back without the focus."""
        self.refresh()

    def on_resize(self) -> None:
        """The cursor's row stays in sight."""
        self.lay_out(self.cursor)
        self.reveal()

    def action_cursor(self, step: int) -> None:
        """Move the cursor by rows."""
        self.cursor = max(0, min(self.count - 1, self.cursor + step))

    def action_page(self, step: int) -> None:
        """Move the cursor by pages."""
        self.action_cursor(step * max(1, self.body_height - 1))

    def action_to_end(self, start: bool) -> None:
        """Go to the first or the last row."""
        self.cursor = 0 if start else max(0, self.count - 1)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on a row."""
        at = self.scroll_offset.y + event.y - self.HEAD
        if event.y >= self.HEAD and at < self.count:
            self.cursor = at
            if event.button == RIGHT:
                self.row_menu()
            else:
                self.row_clicked(event.chain)

    def row_menu(self) -> None:
        """The row under the cursor was clicked with the right button."""

    def row_clicked(self, times: int) -> None:
        """The row under the cursor was clicked, so many times in a row."""
