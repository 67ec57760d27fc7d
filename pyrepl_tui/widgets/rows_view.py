"""Many styled lines to scroll in both directions, some of them always in view."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual import events
from textual.cache import LRUCache
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from pyrepl_tui.rendering.ansi import line_width, parse_line
from pyrepl_tui.rendering.ink import Span
from pyrepl_tui.rendering.palette import Palette


class RowsView(ScrollView, can_focus=True):
    """Shows lines with escape sequences for colours. The first ones may stay in view."""

    DEFAULT_CSS = """
    RowsView {
        background: $surface; color: $foreground; overflow: auto;
        scrollbar-size-vertical: 1; scrollbar-size-horizontal: 1;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._head: list[list[Span]] = []
        self._rows: list[list[Span]] = []
        self._strips: LRUCache[tuple[int, int, int], Strip] = LRUCache(1024)
        self._palette: Palette | None = None

    def show(self, body: Sequence[str], head: Sequence[str] = ()) -> None:
        """Show lines from their start.

        Args:
            body: the lines.
            head: lines that stay in view above them.
        """
        self._head = [parse_line([(line.encode(), "")]) for line in head]
        self._rows = [parse_line([(line.encode(), "")]) for line in body]
        self._strips.clear()
        width = max(map(line_width, (*self._head, *self._rows)), default=0)
        self.virtual_size = Size(width, len(self._head) + len(self._rows))
        self.scroll_home(animate=False)
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._palette = None

    def on_resize(self, event: events.Resize) -> None:
        self._strips.clear()

    def _colours(self) -> Palette:
        if self._palette is None:
            self._strips.clear()
            background = self.background_colors[1]
            variables, filters = self.app.theme_variables, self.get_line_filters()
            self._palette = Palette(self.rich_style, background, background, variables, filters)
        return self._palette

    def render_line(self, y: int) -> Strip:
        """Return a row of the view."""
        palette = self._colours()
        left, top = self.scroll_offset
        row = y if y < len(self._head) else y + top
        key = (row, left, self.size.width)
        strip = self._strips.get(key)
        if strip is None:
            lines = self._head if row < len(self._head) else self._rows
            at = row if lines is self._head else row - len(self._head)
            spans = lines[at] if at < len(lines) else []
            segments = [Segment(text, palette.style(ink)) for text, ink in spans]
            blank = palette.style(spans[0].ink._replace(fg=None, bg=None)) if spans else None
            strip = Strip(segments).crop_extend(left, left + self.size.width, blank)
            self._strips[key] = strip
        return strip
