"""Rows that are fetched as they come into view, any number of them, with a cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

PAGE = 100
"""Rows fetched at once."""
_KEPT = 60
"""Pages that are kept."""


class PagedRows(ScrollView, can_focus=True):
    """Asks for pages by a message, and shows them when they are put in."""

    ALLOW_SELECT = False
    HEAD: ClassVar[int] = 0
    """Lines above the rows that do not scroll."""
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "paged--head", "paged--cursor", "paged--cell", "paged--muted", "paged--label",
    }  # fmt: skip
    DEFAULT_CSS = """
    PagedRows {
        background: $surface; color: $foreground; overflow-y: auto; overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .paged--head { color: $muted; text-style: bold; }
        & > .paged--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground;
        }
        & > .paged--cell { background: $accent 40%; color: $foreground; text-style: bold; }
        & > .paged--muted { color: $muted; }
        & > .paged--label { color: $accent; }
    }
    """

    cursor = reactive(0, repaint=False)
    """Row of the cursor, from 0."""

    @dataclass
    class PageWanted(Message):
        """Rows have come into view that are not there yet."""

        rows: PagedRows
        offset: int
        limit: int

    @dataclass
    class Opened(Message):
        """The row at the cursor was chosen."""

        rows: PagedRows

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.total = 0
        self._pages: dict[int, Sequence[Any]] = {}
        self._asked: set[int] = set()

    # -- data --------------------------------------------------------------------------------

    def begin(self, total: int, cursor: int = 0) -> None:
        """Show another value, of which nothing is known but how many rows it has."""
        self._pages, self._asked = {}, set()
        self.set_total(total)
        self.set_reactive(PagedRows.cursor, max(0, min(cursor, total - 1)))
        self.scroll_to(y=max(0, self.cursor - self.body_height // 2), animate=False)
        self.refresh()

    def set_total(self, total: int) -> None:
        """There are more or fewer rows than there were."""
        self.total = total
        if self.cursor >= total:
            self.set_reactive(PagedRows.cursor, max(0, total - 1))
        extent = Size(self.room, total + self.HEAD)
        if extent != self.virtual_size:
            self.set_reactive(Widget.virtual_size, extent)
            self._scroll_update(extent)

    def forget(self) -> None:
        """The value may have changed: rows are asked for again when they are drawn."""
        self._asked = set()
        for page in self.pages_in_view():
            self._want(page)

    def pages_in_view(self) -> range:
        """Numbers of the pages that are in view."""
        top = self.scroll_offset.y
        last = min(self.total, top + max(1, self.body_height)) - 1
        return range(top // PAGE, max(top, last) // PAGE + 1)

    def put(self, offset: int, rows: Sequence[Any]) -> None:
        """Show a page, that begins at a multiple of `PAGE`."""
        number = offset // PAGE
        self._asked.discard(number)
        self._pages.pop(number, None)
        self._pages[number] = rows
        while len(self._pages) > _KEPT:
            del self._pages[next(iter(self._pages))]
        self.refresh()

    def item(self, at: int) -> Any:
        """A row's content; None if it is not there yet."""
        page = self._pages.get(at // PAGE)
        if page is None:
            self._want(at // PAGE)
            return None
        return page[at % PAGE] if at % PAGE < len(page) else None

    def _want(self, number: int) -> None:
        if number not in self._asked:
            self._asked.add(number)
            self.post_message(self.PageWanted(self, number * PAGE, PAGE))

    # -- drawing -----------------------------------------------------------------------------

    @property
    def room(self) -> int:
        """Cells across that rows have."""
        return self.scrollable_content_region.width

    @property
    def body_height(self) -> int:
        """Rows in view."""
        return max(0, self.scrollable_content_region.height - self.HEAD)

    def render_line(self, y: int) -> Strip:
        """Textual's line API."""
        width, base = self.room, self.rich_style
        if y < self.HEAD:
            strip = self.draw_head(y, base + self.get_component_rich_style("paged--head"))
        else:
            at = self.scroll_offset.y + y - self.HEAD
            strip = self.draw(at, self.item(at), base) if at < self.total else Strip.blank(0)
        strip = strip.crop_extend(0, width, base)
        for line_filter in self.get_line_filters():
            strip = strip.apply_filter(line_filter, self.background_colors[1])
        return strip

    def draw_head(self, y: int, style: Style) -> Strip:
        """A line above the rows."""
        return Strip.blank(0)

    def draw(self, at: int, item: Any, base: Style) -> Strip:
        """A row; `item` is None as long as it has not come."""
        raise NotImplementedError

    # -- moving ------------------------------------------------------------------------------

    def watch_cursor(self, old: int, new: int) -> None:
        """Keep the cursor in sight."""
        top, height = self.scroll_offset.y, self.body_height
        if new < top:
            self.scroll_to(y=new, animate=False)
        elif height > 0 and new >= top + height:
            self.scroll_to(y=new - height + 1, animate=False)
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The head stays while rows move, so all lines change."""
        super().watch_scroll_y(old_value, new_value)
        self.refresh()

    def on_focus(self) -> None:
        """The cursor shows only with the focus."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor shows only with the focus."""
        self.refresh()

    def move(self, step: int) -> None:
        """Move the cursor by rows."""
        self.cursor = max(0, min(self.total - 1, self.cursor + step))

    def move_page(self, step: int) -> None:
        """Move the cursor by pages."""
        self.move(step * max(1, self.body_height - 1))

    def move_column(self, step: int) -> None:
        """Move sideways, where there are columns."""

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on a row; a double click opens it."""
        if event.y < self.HEAD:
            return
        self.cursor = max(0, min(self.total - 1, self.scroll_offset.y + event.y - self.HEAD))
        if event.chain == 2:
            self.post_message(self.Opened(self))
