"""Pictures by the terminal's graphics, over or in the rows of a widget that shows block characters.

Where pictures are characters of the text (kitty), they go where the rows go. Elsewhere they are
painted over the rows once these have come to rest: whatever is written there later, rows that
scroll or a window that opens, wipes them away, as it does with any text.
"""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from textual.widget import Widget

from pyrepl_tui.rendering.graphics import KITTY, Graphics, terminal_graphics
from pyrepl_tui.rendering.ink import Ink, Span
from pyrepl_tui.rendering.picture_codes import (
    MARKS,
    given_to_kitty,
    picture_code,
    placeholders,
    taken_from_kitty,
)
from pyrepl_tui.widgets.once import once

if TYPE_CHECKING:
    from PIL.Image import Image

_REST = 0.12
"""Seconds that rows stand still before a picture is painted over them."""
_COVERED = 0.5
"""Seconds after which it is looked again whether what covers a picture is gone."""
_KEPT = 32
"""Pictures that kitty keeps for us, and codes that we keep."""
_STEP = 4
"""Cells between those that are asked whose they are; nothing that covers a picture is narrower."""

_numbers = count(random.randrange(1 << 8, 1 << 23))
"""Names of pictures in the terminal, where other programs have pictures, too."""


class Shown(NamedTuple):
    """Some rows of a picture on the screen."""

    picture: Image
    key: object
    """Tells it from other pictures."""
    columns: int
    rows: int
    """Of the whole picture."""
    first: int
    end: int
    """The rows in view: the first, and the one past the last."""
    x: int
    y: int
    """Cell of the widget that the first row in view begins in."""


class PictureLayer:
    """The pictures of one widget."""

    def __init__(self, widget: Widget, in_view: Callable[[], list[Shown]]) -> None:
        """Paint over a widget.

        Args:
            widget: which has drawn block characters where the pictures are.
            in_view: says which pictures are in view now.
        """
        self._widget = widget
        self._in_view = in_view
        self._timer: asyncio.TimerHandle | None = None
        self._disturbed = 0
        self._given: OrderedDict[object, tuple[int, int, int]] = OrderedDict()
        self._codes: OrderedDict[object, str] = OrderedDict()

    @property
    def graphics(self) -> Graphics | None:
        """What the terminal has; None: block characters stay as they are."""
        return None if self._widget.app.is_headless else terminal_graphics()

    # -- in the text -------------------------------------------------------------------------

    def row(self, picture: Image, key: object, size: tuple[int, int], row: int) -> Span | None:
        """A row of a picture as text; None where pictures are not characters.

        Args:
            picture: all of it.
            key: tells it from other pictures.
            size: its columns and rows.
            row: which.
        """
        graphics = self.graphics
        columns, rows = size
        if graphics is None or graphics.means != KITTY or max(size) > len(MARKS):
            return None
        given = self._given.get(key)
        if given is None or given[1:] != size:
            given = self._given[key] = next(_numbers) & 0xFFFFFF or 1, columns, rows
            box = columns * graphics.cell[0], rows * graphics.cell[1]
            fit = picture if picture.width <= box[0] else picture.resize(box, reducing_gap=3.0)
            self._write(given_to_kitty(fit, given[0], columns, rows))
        number = given[0]
        colour = number >> 16, number >> 8 & 255, number & 255
        return Span(placeholders(columns, row), Ink(fg=colour))

    def forget_old(self) -> bool:
        """Let the terminal forget what was shown long ago. Returns whether there was any."""
        old = len(self._given) > _KEPT
        while len(self._given) > _KEPT // 2 and old:
            self._write(taken_from_kitty(self._given.popitem(last=False)[1][0]))
        return old

    def forget_all(self) -> None:
        """The widget goes away."""
        for number, _, _ in self._given.values():
            self._write(taken_from_kitty(number))
        self._given.clear()

    # -- over the text -----------------------------------------------------------------------

    def disturb(self, seconds: float = _REST) -> None:
        """The widget's rows were drawn: pictures are to be painted again when they rest."""
        self._disturbed += 1
        if self.graphics is None or self.graphics.means == KITTY:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = once(self._widget, seconds, self._rest)

    def _rest(self) -> None:
        self._timer = None
        graphics = self.graphics
        if graphics is not None and self._widget.screen.is_active:
            self._widget.run_worker(self._paint(graphics), group="pictures", exclusive=True)

    async def _paint(self, graphics: Graphics) -> None:
        disturbed = self._disturbed
        for shown in self._in_view():
            code = await self._code(shown, graphics)
            if disturbed != self._disturbed or not self._widget.screen.is_active:
                return
            if self._is_covered(shown):
                self.disturb(_COVERED)
                return
            left, top = self._widget.scrollable_content_region.offset
            place = f"\x1b[{top + shown.y + 1};{left + shown.x + 1}H"
            self._write(f"\x1b7{place}{code}\x1b8")

    async def _code(self, shown: Shown, graphics: Graphics) -> str:
        key = (shown.key, shown.columns, shown.rows, shown.first, shown.end)
        found = self._codes.get(key)
        if found is None:
            found = self._codes[key] = await asyncio.to_thread(_drawn, shown, graphics)
            while len(self._codes) > _KEPT:
                self._codes.popitem(last=False)
        return found

    def _is_covered(self, shown: Shown) -> bool:
        """Whether something else lies over a part of a picture."""
        widget = self._widget
        left, top = widget.scrollable_content_region.offset
        columns = (*range(0, shown.columns, _STEP), shown.columns - 1)
        places = [(x, y) for y in range(shown.end - shown.first) for x in columns]
        x, y = left + shown.x, top + shown.y
        return any(
            widget.screen.get_widget_at(x + dx, y + dy)[0] is not widget for dx, dy in places
        )

    def _write(self, code: str) -> None:
        driver = self._widget.app._driver  # the one way of writing between frames, not into them
        if driver is not None:
            driver.write(code)


def _drawn(shown: Shown, graphics: Graphics) -> str:
    across, down = graphics.cell
    size = shown.columns * across, shown.rows * down
    whole = shown.picture.resize(size, reducing_gap=3.0)
    return picture_code(whole, graphics, shown.columns, (shown.first, shown.end))
