"""Rows that are fetched as they come into view, any number of them, with a cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.style import Style
from textual.message import Message
from textual.strip import Strip

from .cursor_rows import CursorRows

PAGE = 100
"""Rows fetched at once."""
_KEPT = 60
"""Pages that are kept."""


class PagedRows(CursorRows):
    """Asks for pages by a message, and shows them when they are put in."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--cell", "rows--label"}
    DEFAULT_CSS = """
    PagedRows {
        background: $surface;
        & > .rows--cell { background: $accent 40%; color: $foreground; text-style: bold; }
        & > .rows--label { color: $accent; }
    }
    """

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

    @property
    def count(self) -> int:
        return self.total

    def begin(self, total: int, cursor: int = 0) -> None:
        """Show another value, of which nothing is known but how many rows it has."""
        self._pages, self._asked, self.total = {}, set(), total
        self.lay_out(cursor)
        self.scroll_to(y=max(0, self.cursor - self.body_height // 2), animate=False)

    def set_total(self, total: int) -> None:
        """There are more or fewer rows than there were."""
        self.total = total
        self.lay_out(self.cursor)

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

    def painter(self) -> PagedRows:
        return self

    def head(self, y: int) -> Strip:
        """A line above the rows."""
        return self.draw_head(y, self.rich_style + self.get_component_rich_style("rows--head"))

    def row(self, at: int) -> Strip:
        """A row."""
        return self.draw(at, self.item(at), self.rich_style)

    def draw_head(self, y: int, style: Style) -> Strip:
        """A line above the rows."""
        return Strip.blank(0)

    def draw(self, at: int, item: Any, base: Style) -> Strip:
        """A row; `item` is None as long as it has not come."""
        raise NotImplementedError

    # -- moving ------------------------------------------------------------------------------

    def move_column(self, step: int) -> None:
        """Move sideways, where there are columns."""

    def row_clicked(self, times: int) -> None:
        """A double click opens it."""
        if times == 2:
            self.post_message(self.Opened(self))
