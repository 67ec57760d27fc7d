"""The output pane: a session's runs with their output, at any volume."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import ClassVar
from weakref import WeakKeyDictionary

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.color import Color
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from pyrepl_tui.engine.output_document import RUN, Block, OutputDocument
from pyrepl_tui.rendering.layout import GUTTER, Layout, Place
from pyrepl_tui.rendering.palette import Palette
from pyrepl_tui.widgets.bindings import bindings_for
from pyrepl_tui.widgets.output_lines import StripMaker, position_of, selected_text

FRAME = 1 / 30
"""Seconds between two repaints at least."""
_NEAR = 3
"""A scroll by fewer heights than this keeps the lines under the reader's eyes in step."""


class _Reading:
    """Where a reader is in one document, kept while other documents are shown."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.following = True
        self.top: Place | None = None


class OutputView(ScrollView, can_focus=True):
    """Shows an `OutputDocument`. Follows its end as long as the reader is at the end.

    Set `document` to show another session; each document keeps its reading position.
    Call `refresh_document` after `OutputDocument.grow` or `apply` said that something changed.
    """

    DEFAULT_CSS = """
    OutputView {
        background: $surface;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("output")]

    class FollowingChanged(Message):
        """The view began or ceased to follow the end of the output."""

        def __init__(self, view: OutputView, following: bool) -> None:
            super().__init__()
            self.view = view
            self.following = following
            """True: new output scrolls into view by itself."""

        @property
        def control(self) -> OutputView:
            return self.view

    def __init__(
        self,
        document: OutputDocument | None = None,
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """Show a document.

        Args:
            document: None: an empty pane.
            id: of the widget.
            classes: of the widget.
        """
        super().__init__(id=id, classes=classes)
        self._document = document
        self._readings: WeakKeyDictionary[OutputDocument, _Reading] = WeakKeyDictionary()
        self._strips: LRUCache[object, Strip] = LRUCache(2048)
        self._maker: StripMaker | None = None
        self._look: object = None
        self._flush_timer: Timer | None = None
        self._flushed_at = 0.0
        self._settling = False
        self._shown: tuple[int, Place | None] = (0, None)

    # -- the document ------------------------------------------------------------------------

    @property
    def document(self) -> OutputDocument | None:
        """What is shown; None: nothing."""
        return self._document

    @document.setter
    def document(self, document: OutputDocument | None) -> None:
        if document is self._document:
            return
        self._remember()
        self._document = document
        self._shown = (0, None)
        if self.is_mounted:
            self.screen.selections.pop(self, None)
            self._flush()

    @property
    def text_width(self) -> int:
        """Cells that a line of output has before it is wrapped: ``COLUMNS`` for programs."""
        return max(20, self.scrollable_content_region.width - GUTTER)

    @property
    def following(self) -> bool:
        """Whether new output scrolls into view by itself."""
        reading = self._reading
        return reading is None or reading.following

    def refresh_document(self) -> None:
        """Say that the document changed. It is painted within a frame."""
        if self._flush_timer is None and self.is_mounted:
            delay = max(0.001, self._flushed_at + FRAME - time.monotonic())
            self._flush_timer = self.set_timer(delay, self._flush)

    @property
    def _reading(self) -> _Reading | None:
        """The layout and reading position of the present document; None while there is no size."""
        if self._document is None:
            return None
        found = self._readings.get(self._document)
        if found is None:
            width = self.scrollable_content_region.width
            if width < 1:
                return None
            found = self._readings[self._document] = _Reading(Layout(self._document, width))
        return found

    def _remember(self) -> None:
        """Keep the reading position of the present document."""
        reading = self._reading
        if reading is not None:
            reading.top = reading.layout.locate(self.scroll_offset.y)

    # -- geometry ----------------------------------------------------------------------------

    def on_mount(self) -> None:
        super().on_mount()  # type: ignore[no-untyped-call]
        self._flush()

    def on_resize(self, event: events.Resize) -> None:
        self._flush()

    def _flush(self) -> None:
        """Bring layout, scroll position and screen up to date with the document."""
        if self._flush_timer is not None:
            self._flush_timer.stop()
            self._flush_timer = None
        self._flushed_at = time.monotonic()
        height = self.scrollable_content_region.height
        width = self.scrollable_content_region.width
        if not height or width < 1:
            return
        reading = self._reading
        if reading is None:
            self._set_rows(0, 0)
            self.refresh(self.size.region)
            return
        layout = reading.layout
        top = reading.top
        if top is None:
            top = layout.locate(self.scroll_offset.y)
        if layout.width != width:
            if top is not None:
                top = top._replace(sub=top.sub * layout.width // width)
            layout.resize(width)
        layout.sync()
        if reading.following:
            self._show_end(layout, height)
        else:
            self._show_from(layout, top, height)
        reading.top = layout.locate(self.scroll_offset.y)
        self.refresh(self.size.region)

    def _show_end(self, layout: Layout, height: int) -> None:
        """Scroll to the end, with the rows of the last page counted."""
        for _ in range(20):
            if not layout.settle(max(0, layout.total - height), height):
                break
        self._set_rows(layout.total, max(0, layout.total - height))

    def _show_from(self, layout: Layout, place: Place | None, height: int) -> None:
        """Scroll to where a place is now, counting the rows around it."""
        row = 0
        for _ in range(8):
            row = layout.row_of(place) if place is not None else 0
            moved = layout.settle(row, height)
            if not moved and (place is None or layout.row_of(place) == row):
                break
        self._set_rows(layout.total, max(0, min(row, layout.total - height)))

    def _set_rows(self, total: int, top: int) -> None:
        """Set the height of the content and the first visible row, without a layout of the screen.

        `virtual_size` is a reactive that lays out the whole screen when it is assigned.
        """
        self._settling = True
        try:
            size = Size(self.scrollable_content_region.width, total)
            if size != self.virtual_size:
                self.set_reactive(Widget.virtual_size, size)
                self._scroll_update(size)
            if round(self.scroll_y) != top:
                self.set_reactive(Widget.scroll_y, float(top))
                self.set_reactive(Widget.scroll_target_y, float(top))
                if self.show_vertical_scrollbar:
                    self.vertical_scrollbar.position = top
        finally:
            self._settling = False

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self._settling:
            return
        reading = self._reading
        if reading is None:
            return
        height = self.scrollable_content_region.height
        layout = reading.layout
        row = round(new_value)
        was_following = reading.following
        if row >= layout.total - height:
            reading.following = True
            self._show_end(layout, height)
        else:
            reading.following = False
            self._keep_in_step(layout, round(old_value), row, height)
        reading.top = layout.locate(self.scroll_offset.y)
        if reading.following != was_following:
            self.post_message(self.FollowingChanged(self, reading.following))

    def _keep_in_step(self, layout: Layout, old: int, row: int, height: int) -> None:
        """Count the rows that a scroll brought into view; what was in view moves by the scroll."""
        near = abs(row - old) < _NEAR * height
        anchor = layout.locate(old) if near else None
        for _ in range(8):
            if not layout.settle(row, height):
                break
            if anchor is not None:
                moved = layout.row_of(anchor)
                row, old = max(0, row + moved - old), moved
        self._set_rows(layout.total, max(0, min(row, layout.total - height)))

    # -- painting ----------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._look = None

    def _strip_maker(self) -> StripMaker:
        """The maker of strips for the present theme and width."""
        style = self.rich_style
        variables = self.app.theme_variables
        filters = self.get_line_filters()
        width = self.scrollable_content_region.width
        look = (style, self.app.theme, tuple(map(id, filters)), width)
        if look != self._look or self._maker is None:
            self._look = look
            self._strips.clear()
            background = self.background_colors[1]
            panel = Color.parse(variables.get("panel", "#222222"))
            code = background.blend(panel, 0.6, alpha=1)
            palette = Palette(style, background, code, variables, filters)
            self._maker = StripMaker(palette, width)
        return self._maker

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the strips of a region of the pane."""
        maker = self._strip_maker()
        reading = self._reading
        top = self.scroll_offset.y
        width = self.size.width
        selection = self.text_selection
        selection_style = self.selection_style if selection is not None else Style()
        left, right = crop.column_span
        whole = (left, right) == (0, width)
        strips = []
        for y in crop.line_range:
            strip = self._strip(reading, top + y, maker, selection, selection_style)
            strips.append(strip if whole else strip.crop(left, right))
        return strips

    def _strip(
        self,
        reading: _Reading | None,
        row: int,
        maker: StripMaker,
        selection: Selection | None,
        selection_style: Style,
    ) -> Strip:
        place = reading.layout.locate(row) if reading is not None else None
        if reading is None or place is None:
            return maker.blank()
        layout = reading.layout
        part = layout.part_at(place)
        if part is None:
            return maker.blank()
        span = selection.get_span(position_of(place)) if selection is not None else None
        index = part.index
        sealed = index.chunk_at(place.offset) < index.sealed
        block = layout.block_at(place.block)
        version = 0 if sealed else index.version
        key = (index.serial, place.offset, place.sub, version, span, block.status)
        strip = self._strips.get(key)
        if strip is None:
            strip = maker.strip(layout, place, span, selection_style)
            self._strips[key] = strip
        return strip

    def render_line(self, y: int) -> Strip:
        """Return a row with, in its segments, the position of each character in the document.

        Textual asks for it to find what is under the mouse; painting uses `render_lines`.
        """
        maker = self._strip_maker()
        reading = self._reading
        place = reading.layout.locate(self.scroll_offset.y + y) if reading is not None else None
        if reading is None or place is None:
            return maker.blank()
        return maker.with_positions(reading.layout, place)

    # -- selection ---------------------------------------------------------------------------

    @property
    def allow_select(self) -> bool:
        """Text can be selected with the mouse."""
        return True

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text; lines that were wrapped come whole."""
        reading = self._reading
        if reading is None:
            return None
        return selected_text(reading.layout, selection), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh(self.size.region)

    # -- moving ------------------------------------------------------------------------------

    def _blocks_with_rows(self, reading: _Reading) -> Iterator[tuple[Block, int]]:
        for block in reading.layout.document.blocks:
            if block.kind == RUN:
                yield block, reading.layout.first_row(block.number)

    def scroll_to_run(self, execution_count: int) -> bool:
        """Scroll to the last run with an execution count. Returns whether there is one."""
        reading = self._reading
        block = self._document.block_of_run(execution_count) if self._document else None
        if reading is None or block is None:
            return False
        self.scroll_to(y=reading.layout.first_row(block.number), animate=False)
        return True

    def action_previous_run(self) -> None:
        """Scroll to the start of this run, then to the one before."""
        reading = self._reading
        if reading is None:
            return
        top = self.scroll_offset.y
        rows = [row for _, row in self._blocks_with_rows(reading) if row < top]
        self.scroll_to(y=rows[-1] if rows else 0, animate=False)

    def action_next_run(self) -> None:
        """Scroll to the start of the next run, or to the end."""
        reading = self._reading
        if reading is None:
            return
        top = self.scroll_offset.y
        row = next((row for _, row in self._blocks_with_rows(reading) if row > top), None)
        if row is None or row > self.max_scroll_y:
            self.action_scroll_end()
        else:
            self.scroll_to(y=row, animate=False)

    def action_scroll_end(self) -> None:
        """Go to the end and follow it."""
        self.scroll_to(y=self.max_scroll_y, animate=False)
        reading = self._reading
        if reading is not None and not reading.following:
            reading.following = True
            self.post_message(self.FollowingChanged(self, True))
            self._flush()

    def action_scroll_home(self) -> None:
        """Go to the start."""
        self.scroll_to(y=0, animate=False)

    def action_scroll_up(self) -> None:
        """Scroll up by a row."""
        self.scroll_to(y=self.scroll_offset.y - 1, animate=False)

    def action_scroll_down(self) -> None:
        """Scroll down by a row."""
        self.scroll_to(y=self.scroll_offset.y + 1, animate=False)

    def action_page_up(self) -> None:
        """Scroll up by a page; a row of it stays in view."""
        height = self.scrollable_content_region.height
        self.scroll_to(y=self.scroll_offset.y - max(1, height - 1), animate=False)

    def action_page_down(self) -> None:
        """Scroll down by a page; a row of it stays in view."""
        height = self.scrollable_content_region.height
        self.scroll_to(y=self.scroll_offset.y + max(1, height - 1), animate=False)
