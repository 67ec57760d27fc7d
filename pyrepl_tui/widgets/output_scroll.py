"""A pane over a document: its rows, where it scrolls, when it is painted."""

from __future__ import annotations

import asyncio
import time

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.widget import Widget

from pyrepl_tui.engine.output_blocks import RUN, Block
from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.engine.output_excerpts import Document
from pyrepl_tui.rendering.layout import Layout, Place
from pyrepl_tui.rendering.part_layout import GUTTER
from pyrepl_tui.widgets.once import once

FRAME = 1 / 30
"""Seconds between two repaints at least."""
_TRIES = 20
"""Times that rows are counted again because counting has moved them."""
_NEAR = 3
"""A scroll by fewer heights than this keeps the lines under the reader's eyes in step."""


class Reading:
    """Where a reader is in one document, kept while other documents are shown."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.following = True
        """Whether new output scrolls into view by itself."""
        self.top: Place | None = None
        """The first row in view; None before the first paint."""
        self.chosen: Block | None = None
        """The run that commands are about; None: the last one in view."""

    def begin(self, document: OutputDocument) -> None:
        """Take up where the document was left before, if that is still in it."""
        if document.begin_at is not None:
            run, part, offset = document.begin_at
            block = document.block_of_run(run)
            if block is not None and part <= len(block.parts):
                self.following = False
                self.top = Place(block.number, part, offset, 0)


class OutputScroll(ScrollView):
    """Rows of a document that may grow at any moment, scrolled without counting all of them."""

    shown: Reactive[int] = Reactive(0, repaint=False)
    """Grows whenever another document is shown."""

    class Sized(Message, namespace="output_view"):
        """There is room for this much output now."""

        def __init__(self, columns: int, lines: int) -> None:
            super().__init__()
            self.columns = columns
            """Cells that a line has before it is wrapped."""
            self.lines = lines

    class FollowingChanged(Message, namespace="output_view"):
        """The view began or ceased to follow the end of the output."""

        def __init__(self, view: OutputScroll, following: bool) -> None:
            super().__init__()
            self.view = view
            self.following = following
            """True: new output scrolls into view by itself."""

        @property
        def control(self) -> OutputScroll:
            return self.view

    def __init__(
        self,
        document: Document | None = None,
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
        self._flush_timer: asyncio.TimerHandle | None = None
        self._flushed_at = 0.0
        self._settling = False

    # -- the document ------------------------------------------------------------------------

    @property
    def document(self) -> Document | None:
        """What is shown; None: nothing."""
        return self._document

    @document.setter
    def document(self, document: Document | None) -> None:
        if document is self._document:
            return
        self._remember()
        self._document = document
        self.shown += 1
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
        reading = self.reading
        return reading is None or reading.following

    def refresh_document(self) -> None:
        """Say that the document changed. It is painted within a frame."""
        if self._flush_timer is None and self.is_mounted:
            delay = max(0.001, self._flushed_at + FRAME - time.monotonic())
            self._flush_timer = once(self, delay, self._flush)

    @property
    def reading(self) -> Reading | None:
        """The layout and reading position of the present document; None while there is no size."""
        if self._document is None:
            return None
        found = self._document.kept.get(id(self))
        if not isinstance(found, Reading):
            width = self.scrollable_content_region.width
            if width < 1:
                return None
            found = self._document.kept[id(self)] = Reading(Layout(self._document, width))
            if isinstance(self._document, OutputDocument):
                found.begin(self._document)
        return found

    def whereabouts(self, document: OutputDocument) -> tuple[int, int, int] | None:
        """Where the reader is in a document, in the form of its `begin_at`."""
        reading = document.kept.get(id(self))
        if not isinstance(reading, Reading):
            return document.begin_at
        if reading.following or reading.top is None:
            return None
        for block in document.blocks[reading.top.block :]:
            if block.kind == RUN:
                here = block.number == reading.top.block
                return block.execution_count, *(reading.top[1:3] if here else (0, 0))
        return None

    def _remember(self) -> None:
        """Keep the reading position of the present document."""
        reading = self.reading
        if reading is not None:
            reading.top = reading.layout.locate(self.scroll_offset.y)

    # -- geometry ----------------------------------------------------------------------------

    def on_mount(self) -> None:
        self._flush()

    def on_resize(self, event: events.Resize) -> None:
        self._flush()
        self.post_message(self.Sized(self.text_width, self.scrollable_content_region.height))

    def _flush(self) -> None:
        """Bring layout, scroll position and screen up to date with the document."""
        if self._flush_timer is not None:
            self._flush_timer.cancel()
            self._flush_timer = None
        self._flushed_at = time.monotonic()
        height = self.scrollable_content_region.height
        width = self.scrollable_content_region.width
        if not height or width < 1:
            return
        reading = self.reading
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
        for _ in range(_TRIES):
            if not layout.settle(max(0, layout.total - height), height):
                break
        self._set_rows(layout.total, max(0, layout.total - height))

    def _show_from(self, layout: Layout, place: Place | None, height: int) -> None:
        """Scroll to where a place is now, counting the rows around it."""
        row = 0
        for _ in range(_TRIES):
            row = self._limited(layout, layout.row_of(place) if place is not None else 0, height)
            if layout.settle(row, height) or place is None:
                continue
            if self._limited(layout, layout.row_of(place), height) == row:
                break
        self._set_rows(layout.total, self._limited(layout, row, height))

    @staticmethod
    def _limited(layout: Layout, row: int, height: int) -> int:
        """A first row, so that the page does not reach past the end."""
        return max(0, min(row, layout.total - height))

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
        reading = self.reading
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
        for _ in range(_TRIES):
            row = self._limited(layout, row, height)
            if not layout.settle(row, height):
                break
            if anchor is not None:
                moved = layout.row_of(anchor)
                row, old = row + moved - old, moved
        self._set_rows(layout.total, self._limited(layout, row, height))

    def repaint(self) -> None:
        """Bring everything up to date at once."""
        self._flush()

    def show_place(self, place: Place) -> None:
        """Bring a line into view, in the middle if it is not in view yet."""
        reading = self.reading
        if reading is None:
            return
        layout = reading.layout
        layout.sync()
        layout.reveal(place)
        layout.settle_place(place)
        row = layout.row_of(place)
        top = self.scroll_offset.y
        height = self.scrollable_content_region.height
        if not top <= row < top + height:
            reading.following = False
            reading.top = place
            self._show_from(layout, place, height)
            middle = layout.row_of(place) - height // 2
            self.scroll_to(y=max(0, middle), animate=False)
        self.refresh(self.size.region)

    # -- keys --------------------------------------------------------------------------------

    def action_scroll_end(self) -> None:
        """Go to the end and follow it."""
        self.scroll_to(y=self.max_scroll_y, animate=False)
        reading = self.reading
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
