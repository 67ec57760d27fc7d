"""A long text: wrapped to the width, searched, more of it fetched when its end comes into view."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.geometry import Size
from textual.message import Message

from pyrepl_tui.rendering.ansi import wrap
from pyrepl_tui.rendering.code import highlight_python
from pyrepl_tui.rendering.ink import Ink, Span
from pyrepl_tui.rendering.text import expand_tabs, printable

from .rows_view import RowsView

_HEX_LINE = 16
_FOUND = Ink(role="found-here")


class TextRows(RowsView):
    """Rows of a text, or of source code in colours."""

    @dataclass
    class MoreWanted(Message):
        """The end of what is there came into view."""

        offset: int
        """Characters, or bytes, that are there."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.text = ""
        self.total = 0
        """How long all of it is; `text` is the beginning."""
        self.form = "text"
        """``text``, ``code`` or ``hex``."""
        self._asked = -1
        self._tail = ""
        """The last line of what is here, which may not be whole."""
        self._tail_rows = 0

    def show_text(self, text: str, total: int, *, form: str = "text") -> None:
        """Show a text from its beginning.

        Args:
            text: its first page.
            total: how long all of it is: characters, or bytes of a hex dump.
            form: ``text``, ``code`` (Python) or ``hex``.
        """
        self.text, self.total, self.form, self._asked = text, total, form, -1
        self._wrap()
        self.scroll_home(animate=False)

    def add_page(self, text: str) -> None:
        """Show the next page too."""
        text = "\n" + text if self.form == "hex" else text
        self.text += text
        self._lay_out(text)

    @property
    def loaded(self) -> int:
        """How much of it is here, in the unit of `total`."""
        if self.form == "hex":
            return min(self.total, (self.text.count("\n") + 1) * _HEX_LINE)
        return len(self.text)

    @property
    def is_whole(self) -> bool:
        """Whether all of it is here."""
        return self.form == "code" or self.loaded >= self.total

    def _wrap(self) -> None:
        """Lay all of it out."""
        self._rows, self._tail, self._tail_rows = [], "", 0
        if self.form == "code":
            width = self._width
            lines = highlight_python(self.text)
            self._rows = [row for line in lines for row in wrap(line, width) or [[]]]
            self._laid_out()
        else:
            self._lay_out(self.text)

    @property
    def _width(self) -> int:
        return max(10, self.scrollable_content_region.width - 2)

    def _lay_out(self, text: str) -> None:
        """Lay out what is new; the last line of what was there may go on in it."""
        del self._rows[len(self._rows) - self._tail_rows :]
        plain, width, rows = Ink(), self._width, self._rows
        lines = (self._tail + text).split("\n")
        for line in lines:
            before = len(rows)
            rows += wrap([Span(printable(expand_tabs(line, 0)), plain)], width) or [[]]
            self._tail_rows = len(rows) - before
        self._tail = lines[-1]
        self._laid_out()

    def _laid_out(self) -> None:
        self._strips.clear()
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows))
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Wrap anew."""
        self._wrap()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Fetch more in time."""
        super().watch_scroll_y(old_value, new_value)
        near = new_value + 2 * self.size.height >= len(self._rows)
        if near and not self.is_whole and self._asked != self.loaded:
            self._asked = self.loaded
            self.post_message(self.MoreWanted(self.loaded))

    def find(self, needle: str, step: int) -> bool:
        """Go to the next (1) or previous (-1) row that contains a text; False if there is none."""
        wanted, count = needle.lower(), len(self._rows)
        at = self.scroll_offset.y + step
        while 0 <= at < count:
            shown = "".join(span.text for span in self._rows[at])
            place = shown.lower().find(wanted)
            if place >= 0:
                self._mark(at, shown, place, len(needle))
                self.scroll_to(y=at, animate=False)
                return True
            at += step
        return False

    def _mark(self, at: int, shown: str, place: int, length: int) -> None:
        end = place + length
        pieces = (shown[:place], shown[place:end], shown[end:])
        inks = (Ink(), _FOUND, Ink())
        self._rows[at] = [Span(p, i) for p, i in zip(pieces, inks, strict=True) if p]
        self._strips.clear()
        self.refresh()
