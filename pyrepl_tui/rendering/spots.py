"""Characters of a document: where on the page they are, and what lies between two of them."""

from __future__ import annotations

import re
from typing import NamedTuple

from rich.cells import cell_len, split_graphemes

from pyrepl_tui.rendering.ansi import plain_text
from pyrepl_tui.rendering.layout import Layout, Place
from pyrepl_tui.rendering.part_layout import gutter_of

_WORD = re.compile(r"[\w./~:@%+=#?&-]+")
"""Words, numbers, paths and addresses."""


class Spot(NamedTuple):
    """A character of a document."""

    place: Place
    """Of its line; `sub` is 0."""
    x: int
    """Number of the character within the line."""


def spot_at(layout: Layout, row: int, cell: int) -> Spot | None:
    """The character at a row and cell of the page, or the nearest in that row.

    None if there is nothing at all.
    """
    place = layout.locate(max(0, min(row, layout.total - 1)))
    if place is None:
        return None
    part = layout.part_at(place)
    if part is None:
        return Spot(place._replace(sub=0), 0)
    rows = layout.wrapped(place)
    sub = min(place.sub, len(rows) - 1)
    before = sum(len(plain_text(each)) for each in rows[:sub])
    cell = max(0, cell - gutter_of(part.kind))
    return Spot(place._replace(sub=0), before + _index_at(plain_text(rows[sub]), cell))


def position_of_spot(layout: Layout, spot: Spot) -> tuple[int, int]:
    """The row and cell that a character is at."""
    part = layout.part_at(spot.place)
    if part is None:
        return layout.row_of(spot.place), 0
    rows = [plain_text(row) for row in layout.wrapped(spot.place)]
    x, sub = spot.x, 0
    while sub < len(rows) - 1 and x >= len(rows[sub]):
        x -= len(rows[sub])
        sub += 1
    text = rows[sub]
    cell = gutter_of(part.kind) + cell_len(text[:x])
    return layout.row_of(spot.place._replace(sub=sub)), cell


def length_of(layout: Layout, place: Place) -> int:
    """Number of characters of a line."""
    if layout.part_at(place) is None:
        return 0
    return sum(len(plain_text(row)) for row in layout.wrapped(place))


def _index_at(text: str, cell: int) -> int:
    """The character of a row that covers a cell; the row's length past its end."""
    if text.isascii():
        return min(cell, len(text))
    for start, _end, width in split_graphemes(text)[0]:
        cell -= width
        if cell < 0:
            return start
    return len(text)


def word_at(layout: Layout, spot: Spot) -> tuple[Spot, Spot]:
    """The first and the last character of the word that a character is in."""
    if layout.part_at(spot.place) is None:
        return spot, spot
    line = "".join(map(plain_text, layout.wrapped(spot.place)))
    for match in _WORD.finditer(line):
        if match.start() <= spot.x < match.end():
            return spot._replace(x=match.start()), spot._replace(x=match.end() - 1)
    return spot, spot
