"""A picture as large as the place for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.strip import Strip

from pyrepl_tui.rendering.ansi import parse_line
from pyrepl_tui.rendering.pictures import cells_of, picture_lines
from pyrepl_tui.widgets.picture_layer import PictureLayer, Shown
from pyrepl_tui.widgets.rows_view import RowsView

if TYPE_CHECKING:
    from PIL.Image import Image


class PictureRows(RowsView):
    """A `RowsView` that can also show a picture, by the terminal's graphics where it has them."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._layer = PictureLayer(self, self._picture_in_view)
        self._picture: tuple[Image, int, int] | None = None

    def on_unmount(self) -> None:
        self._layer.forget_all()

    def show_picture(self, picture: Image) -> None:
        """Show a picture that fills the widget."""
        size = self.content_size
        columns, rows = cells_of(picture.size, size.width, size.height, grow=True)
        lines = picture_lines(picture, columns, rows).split("\n")
        spans = [parse_line([(line.encode(), "")]) for line in lines]
        for row in range(rows):
            inside = self._layer.row(picture, id(picture), (columns, rows), row)
            if inside is not None:
                spans[row] = [inside]
        self.show_lines(spans)
        self._picture = picture, columns, rows

    def show_other(self) -> None:
        """What is shown from now on is no picture."""
        self._picture = None

    def render_line(self, y: int) -> Strip:
        """Return a row of the view."""
        if self._picture is not None:
            self._layer.disturb()
        return super().render_line(y)

    def _picture_in_view(self) -> list[Shown]:
        if self._picture is None:
            return []
        picture, columns, rows = self._picture
        return [Shown(picture, id(picture), columns, rows, 0, rows, 0, 0)]
