"""Painting a document's rows, and selecting text in them."""

from __future__ import annotations

import re
from functools import cached_property
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.color import Color
from textual.geometry import Region
from textual.selection import Selection
from textual.strip import Strip

from pyrepl_tui.engine.output_blocks import RUN
from pyrepl_tui.engine.output_excerpts import ErrorsOnly
from pyrepl_tui.rendering.ansi import plain_text
from pyrepl_tui.rendering.ascii_only import AsciiOnly
from pyrepl_tui.rendering.ink import PLAIN, Ink
from pyrepl_tui.rendering.layout import Layout, Place
from pyrepl_tui.rendering.palette import Palette
from pyrepl_tui.widgets.output_lines import Mark, StripMaker, position_of
from pyrepl_tui.widgets.output_scroll import OutputScroll, Reading

_CODE_SHADE = 0.8
"""How much of the theme's panel colour is behind code."""


EMPTY = (
    "Nothing has run yet.",
    "",
    "Type Python below: Enter runs it once it is complete.",
    "What it prints and gives is shown here.",
)
NO_ERRORS = ("Nothing was written to stderr, and nothing failed.",)
_FEW = 8
"""A document with more blocks than these is not empty."""


class Found(NamedTuple):
    """What a search has to show in the lines."""

    pattern: re.Pattern[str]
    current: Place | None
    """The line of the match that the reader is at."""


class OutputPaint(OutputScroll):
    """An `OutputScroll` with its rows painted; a strip is made once for each look of a row."""

    found: Found | None = None
    """What is searched for; None: nothing."""
    pointed: Place | None = None
    """A line that the reader was brought to; None: none."""
    _maker: StripMaker | None = None
    _look: object = None

    @cached_property
    def _strips(self) -> LRUCache[object, Strip]:
        return LRUCache(2048)

    def watch_shown(self) -> None:
        """What was found was found in another document."""
        self.found = self.pointed = None

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
            code = background.blend(panel, _CODE_SHADE, alpha=1)
            palette = Palette(style, background, code, variables, filters)
            self._maker = StripMaker(palette, width)
        return self._maker

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the strips of a region of the pane."""
        maker = self._strip_maker()
        reading = self.reading
        top = self.scroll_offset.y
        selection = self.text_selection
        left, right = crop.column_span
        whole = (left, right) == (0, self.size.width)
        strips = []
        for y in crop.line_range:
            strip = maker.blank() if reading is None else self._strip(reading, top + y, selection)
            strips.append(strip if whole else strip.crop(left, right))
        return strips

    def _strip(self, reading: Reading, row: int, selection: Selection | None) -> Strip:
        maker = self._strip_maker() if self._maker is None else self._maker
        layout = reading.layout
        place = layout.locate(row)
        part = layout.part_at(place) if place is not None else None
        if place is None:
            return self._hint(reading, row - layout.total, maker)
        if part is None:
            return maker.blank()
        span = selection.get_span(position_of(place)) if selection is not None else None
        found = self.found
        line_at = place._replace(sub=0)
        here = line_at in (found.current if found is not None else None, self.pointed)
        index = part.index
        sealed = index.chunk_at(place.offset) < index.sealed
        version = 0 if sealed else index.version
        block = layout.block_at(place.block)
        chosen = block is reading.chosen
        pattern = found.pattern if found is not None else None
        # a pane is painted at its new width before it hears of it and wraps its lines anew
        line = (index.serial, place.offset, place.sub, version, layout.width)
        look = (block.status, block.fate)
        key = (line, span, pattern, here, look, chosen)
        strip = self._strips.get(key)
        if strip is None:
            marks = self._marks(layout, place, span, here)
            plain = self._in_signs(maker.strip(layout, place, marks, chosen))
            strip = self._strips[key] = self._illustrated(layout, place, plain)
        return strip

    def _in_signs(self, strip: Strip) -> Strip:
        """A strip in the signs that the screen may have; its styles have passed the filters."""
        for line_filter in self.get_line_filters():
            if isinstance(line_filter, AsciiOnly):
                return strip.apply_filter(line_filter, self.background_colors[1])
        return strip

    def _hint(self, reading: Reading, row: int, maker: StripMaker) -> Strip:
        """A row below all there is: where nothing was run it says what to do."""
        document = reading.layout.document
        blocks = document.blocks
        if len(blocks) > _FEW or any(block.kind == RUN for block in blocks):
            return maker.blank()
        lines = NO_ERRORS if isinstance(document, ErrorsOnly) else EMPTY
        row -= 0 if reading.layout.total else 1
        if not 0 <= row < len(lines):
            return maker.blank()
        text = Segment(f"  {lines[row]}", maker.palette.style(Ink(role="empty")))
        return Strip([text]).crop_extend(0, maker.blank().cell_length, maker.palette.style(PLAIN))

    def _illustrated(self, layout: Layout, place: Place, strip: Strip) -> Strip:
        """A row's strip, with what the terminal's graphics want in it."""
        return strip

    def _marks(
        self, layout: Layout, place: Place, span: tuple[int, int] | None, here: bool
    ) -> list[Mark]:
        """What is emphasised in a line: matches of the search, then what is selected."""
        marks: list[Mark] = []
        if self.pointed == place._replace(sub=0) and self._maker is not None:
            marks.append(Mark(0, None, self._maker.palette.style(Ink(role="found-here"))))
        if self.found is not None and self._maker is not None:
            style = self._maker.palette.style(Ink(role="found-here" if here else "found"))
            text = "".join(map(plain_text, layout.wrapped(place)))
            matches = self.found.pattern.finditer(text)
            marks += [Mark(found.start(), found.end(), style) for found in matches if found[0]]
        if span is not None:
            start, end = span
            theirs = self.selection_style
            style = Style(color=theirs.color, bgcolor=theirs.bgcolor)
            marks.append(Mark(start, end if end != -1 else None, style))
        return marks

    def render_line(self, y: int) -> Strip:
        """Return one row."""
        width = self.size.width
        return self.render_lines(Region(0, y, width, 1))[0]

    # -- selection ---------------------------------------------------------------------------

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh(self.size.region)
