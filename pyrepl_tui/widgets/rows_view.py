"""Many styled lines to scroll in both directions, some of them always in view."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual import events
from textual.cache import LRUCache
from textual.color import Color
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from pyrepl_tui.rendering.ansi import line_width, parse_line
from pyrepl_tui.rendering.ink import PLAIN, Span
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
        self._marked: int | None = None
        self._strips: LRUCache[tuple[int, int, int], Strip] = LRUCache(1024)
        self._palette: Palette | None = None

    def show(self, body: Sequence[str], head: Sequence[str] = ()) -> None:
        """Show lines from their start.

        Args:
            body: the lines.
            head: lines that stay in view above them.
        """
        self.show_lines(
            *([parse_line([(line.encode(), "")]) for line in each] for each in (body, head))
        )

    def show_lines(
        self,
        body: Sequence[list[Span]],
        head: Sequence[list[Span]] = (),
        *,
        marked: int | None = None,
    ) -> None:
        """Show lines from their start, or with a marked one in the middle.

        Args:
            body: the lines.
            head: lines that stay in view above them.
            marked: number of a line of the body that stands out.
        """
        self._head, self._rows, self._marked = list(head), list(body), marked
        self._strips.clear()
        width = max(map(line_width, (*self._head, *self._rows)), default=0)
        self.virtual_size = Size(width, len(self._head) + len(self._rows))
        room = self.scrollable_content_region.height - len(self._head)
        top = 0 if marked is None else max(0, marked - room // 2)
        self.scroll_to(0, top, animate=False, force=True)
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
            cursor = Color.parse(variables.get("block-cursor-background", "#33405a"))
            self._palette = Palette(self.rich_style, background, cursor, variables, filters)
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
            stands_out = lines is self._rows and at == self._marked
            segments = [Segment(text, palette.style(ink, stands_out)) for text, ink in spans]
            blank = palette.style(PLAIN, stands_out)
            strip = Strip(segments).crop_extend(left, left + self.size.width, blank)
            self._strips[key] = strip
        return strip


def _parsed(lines: Sequence[str]) -> list[list[Span]]:
    return [parse_line([(line.encode(), "")]) for line in lines]
