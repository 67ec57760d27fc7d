"""Pictures in the output pane by the terminal's graphics, where it has them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.cache import LRUCache
from textual.geometry import Region
from textual.strip import Strip

from pyrepl_tui.engine.display_parts import Seen
from pyrepl_tui.rendering.layout import Layout, Place
from pyrepl_tui.rendering.part_layout import GUTTER
from pyrepl_tui.rendering.rich_values import picture_in_output
from pyrepl_tui.widgets.output_paint import OutputPaint
from pyrepl_tui.widgets.picture_layer import PictureLayer, Shown

if TYPE_CHECKING:
    from PIL.Image import Image

_DECODED = 8
"""Pictures that are kept decoded."""


class OutputPictures(OutputPaint):
    """An `OutputPaint` whose pictures are block characters only where there is nothing better."""

    @cached_property
    def _layer(self) -> PictureLayer:
        return PictureLayer(self, self._pictures_in_view)

    @cached_property
    def _decoded(self) -> LRUCache[int, tuple[Image, int, int] | None]:
        return LRUCache(_DECODED)

    def on_unmount(self) -> None:
        self._layer.forget_all()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the strips of a region of the pane."""
        if self._layer.graphics is None:
            return super().render_lines(crop)
        if self._layer.forget_old():
            self._strips.clear()
        self._layer.disturb()
        return super().render_lines(crop)

    def _illustrated(self, layout: Layout, place: Place, strip: Strip) -> Strip:
        found = self._picture_row(layout, place) if self._layer.graphics is not None else None
        if found is None:
            return strip
        picture, columns, rows, row, key = found
        span = self._layer.row(picture, key, (columns, rows), row)
        if span is None:
            return strip
        left, right = strip.crop(0, GUTTER), strip.crop(GUTTER + columns, strip.cell_length)
        style = self._strip_maker().palette.style(span.ink)
        return Strip.join([left, Strip([Segment(span.text, style)], columns), right])

    def _picture_row(self, layout: Layout, place: Place) -> tuple[Image, int, int, int, int] | None:
        """The picture that a row shows, its columns and rows, which of these, and its key."""
        part = layout.part_at(place)
        if not isinstance(part, Seen):
            return None
        key = part.index.serial
        if key not in self._decoded:
            self._decoded[key] = picture_in_output(part.owner, layout.width - GUTTER)
        found = self._decoded[key]
        if found is None:
            return None
        text, line = layout.line_at(place)
        row = line + sum(map(part.index.line_count, range(part.index.chunk_at(text.start))))
        return (*found, row, key) if row < found[2] else None

    def _pictures_in_view(self) -> list[Shown]:
        """The pictures in view, as far as they are."""
        reading = self.reading
        found: dict[int, Shown] = {}
        for y in range(self.scrollable_content_region.height if reading is not None else 0):
            place = reading.layout.locate(self.scroll_offset.y + y) if reading is not None else None
            here = self._picture_row(reading.layout, place) if reading and place else None
            if here is not None:
                picture, columns, rows, row, key = here
                before = found.get(key)
                first, top = (row, y) if before is None else (before.first, before.y)
                found[key] = Shown(picture, key, columns, rows, first, row + 1, GUTTER, top)
        return list(found.values())
