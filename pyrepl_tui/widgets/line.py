"""A widget that is one line of text: quick to lay out, quick to paint."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget


class LineWidget(Widget):
    """Base of the tab strip, the status bar and the key bar."""

    ALLOW_SELECT = False

    def shade(
        self,
        variable: str = "",
        *,
        background: str = "",
        bold: bool = False,
        meta: dict[str, object] | None = None,
    ) -> Style:
        """The widget's style with colours of the theme's variables put over it."""
        variables = self.app.theme_variables
        style = self.rich_style + Style(
            color=variables.get(variable) if variable else None,
            bgcolor=variables.get(background) if background else None,
            bold=bold or None,
        )
        return style + Style.from_meta(meta) if meta else style

    def segments(self, width: int) -> Iterable[Segment]:
        """The line's content, at most `width` cells; the rest is filled."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Textual's line API."""
        if y > 0:
            return Strip.blank(self.size.width, self.rich_style)
        width = self.size.width
        strip = Strip(self.segments(width)).crop_extend(0, width, self.rich_style)
        for line_filter in self.get_line_filters():
            strip = strip.apply_filter(line_filter, self.background_colors[1])
        return strip


def clipped(text: str, width: int) -> str:
    """`text` in at most `width` cells, with an ellipsis where it was cut."""
    text = "".join(char if char.isprintable() else " " for char in text)
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 1)).rstrip() + "…" if width > 0 else ""
