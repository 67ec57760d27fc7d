"""A small terminal: the rows that programs draw and redraw with cursor movements."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import groupby, repeat
from operator import itemgetter

from rich.cells import split_graphemes

from pyrepl_tui.rendering.ink import PLAIN, Ink, Span, apply_sgr
from pyrepl_tui.rendering.text import SEQUENCE, TAB, apply_osc, printable

MAX_COLUMN = 16_384
"""Cells that a movement may leave empty to its left; what goes further right stops there."""
MAX_ROWS = 1_000
"""Rows that movements may reach."""

Cell = tuple[str, Ink]
"""What one cell shows: a character with what combines with it, or nothing for the right half of
the one before; and how it looks. A plain tuple, because millions of them are made."""

Row = list[Cell]

_BLANK: Cell = (" ", PLAIN)
_NARROW = re.compile(
    "[ -~\u00a0-\u02ff\u0370-\u0482\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2190-\u22ff"
    "\u2400-\u2426\u2500-\u25fc\u2800-\u28ff\ufffd]*"
)
"""Text whose characters take one cell each and stand for themselves."""


class Screen:
    """Rows of cells without a right margin, and a cursor.

    Columns and rows count from 0. There is no margin at the right because a program's lines are
    wrapped where they are shown, and a pane may be narrower than the program was told.
    """

    def __init__(self, ink: Ink = PLAIN, *, vertical: bool = False) -> None:
        """Begin empty.

        Args:
            ink: the look in force.
            vertical: False: movements between rows are ignored.
        """
        self._rows: list[Row] = [[]]
        self._y = 0
        self._x = 0
        self._saved = (0, 0)
        self._vertical = vertical
        self.ink = ink

    @property
    def cursor(self) -> tuple[int, int]:
        """Row and column of the cursor."""
        return self._y, self._x

    @property
    def height(self) -> int:
        """Number of rows, the cursor's included."""
        return len(self._rows)

    @property
    def at_line_start(self) -> bool:
        """Whether the cursor is in the last row and that is empty."""
        return self._y == len(self._rows) - 1 and not self._rows[-1]

    def rows(self) -> list[list[Span]]:
        """All rows as lines; what was never written to at their ends is left out."""
        return [_spans(row) for row in self._rows]

    def take(self, count: int) -> list[list[Span]]:
        """Remove the first rows and return them; the cursor keeps its place on the others."""
        taken = [_spans(row) for row in self._rows[:count]]
        del self._rows[:count]
        if not self._rows:
            self._rows.append([])
        self._y = max(0, self._y - count)
        return taken

    def copy(self) -> Screen:
        """Another screen in the same state."""
        twin = Screen(self.ink, vertical=self._vertical)
        twin._rows = [row.copy() for row in self._rows]
        twin._y, twin._x, twin._saved = self._y, self._x, self._saved
        return twin

    def feed(self, text: str, role: str) -> None:
        """Carry out some output.

        Args:
            text: decoded output.
            role: of the stream it came from (see `Ink.role`).
        """
        self.ink = self.ink._replace(role=role)
        position = 0
        for match in SEQUENCE.finditer(text):
            start, end = match.span()
            if start > position:
                self._write(printable(text[position:start]))
            position = end
            final = match["final"]
            if final == "m":
                if not match["middle"]:
                    self.ink = apply_sgr(self.ink, match["parameters"])
            elif final:
                self._move(final, match["parameters"])
            elif match["control"]:
                self._control(match["control"])
            elif match["osc"] is not None:
                self.ink = apply_osc(self.ink, match["osc"])
            else:
                self._escape(match[0])
        if position < len(text):
            self._write(printable(text[position:]))

    # -- writing -----------------------------------------------------------------------------

    def _write(self, text: str) -> None:
        if self._x >= MAX_COLUMN * 4:
            return
        row = self._rows[self._y]
        ink = self.ink
        if text.isascii() or _NARROW.fullmatch(text):
            self._place(row, list(zip(text, repeat(ink))))
            return
        graphemes, _ = split_graphemes(text)
        cells: list[Cell] = []
        for start, end, size in graphemes:
            if size:
                cells.append((text[start:end], ink))
                if size == 2:
                    cells.append(("", ink))
            elif self._x and not cells and self._x <= len(row):
                before = self._x - 1 if row[self._x - 1][0] else max(self._x - 2, 0)
                row[before] = (row[before][0] + text[start:end], row[before][1])
        self._place(row, cells)

    def _place(self, row: Row, cells: list[Cell]) -> None:
        start, end = self._x, self._x + len(cells)
        if start > len(row):
            row.extend([_BLANK] * (start - len(row)))
        _split(row, start)
        _split(row, end)
        row[start:end] = cells
        self._x = end

    # -- movements ---------------------------------------------------------------------------

    def _control(self, char: str) -> None:
        if char == "\r":
            self._x = 0
        elif char == "\b":
            self._x = max(0, self._x - 1)
        elif char == "\t":
            self._x = min(MAX_COLUMN, self._x + TAB - self._x % TAB)
        elif char == "\n":
            self._x = 0
            self._to_row(self._y + 1)

    def _escape(self, sequence: str) -> None:
        kind = sequence[1:2]
        if kind == "7":
            self._saved = (self._y, self._x)
        elif kind == "8":
            self._to_row(self._saved[0])
            self._x = self._saved[1]
        elif kind == "M":
            self._to_row(self._y - 1)
        elif kind in ("D", "E"):
            self._to_row(self._y + 1)
            self._x = 0 if kind == "E" else self._x

    def _to_row(self, y: int) -> None:
        if not self._vertical:
            return
        y = max(0, y)
        if y >= len(self._rows):
            self._rows.extend([] for _ in range(min(y + 1 - len(self._rows), MAX_ROWS)))
        self._y = min(y, len(self._rows) - 1)

    def _move(self, final: str, parameters: str) -> None:
        if not _NUMBERS.fullmatch(parameters):
            return
        numbers = [int(part or 0) for part in parameters.split(";")]
        action = _MOVEMENTS.get(final)
        if action is not None:
            action(self, numbers)

    def _up(self, numbers: list[int]) -> None:
        self._to_row(self._y - _count(numbers))

    def _down(self, numbers: list[int]) -> None:
        self._to_row(self._y + _count(numbers))

    def _right(self, numbers: list[int]) -> None:
        self._x = min(MAX_COLUMN, self._x + _count(numbers))

    def _left(self, numbers: list[int]) -> None:
        self._x = max(0, self._x - _count(numbers))

    def _next_line(self, numbers: list[int]) -> None:
        self._x = 0
        self._down(numbers)

    def _previous_line(self, numbers: list[int]) -> None:
        self._x = 0
        self._up(numbers)

    def _column(self, numbers: list[int]) -> None:
        self._x = min(MAX_COLUMN, _count(numbers) - 1)

    def _row(self, numbers: list[int]) -> None:
        self._to_row(_count(numbers) - 1)

    def _place_cursor(self, numbers: list[int]) -> None:
        self._to_row(_count(numbers) - 1)
        self._x = min(MAX_COLUMN, _count(numbers[1:]) - 1)

    def _save(self, numbers: list[int]) -> None:
        self._saved = (self._y, self._x)

    def _restore(self, numbers: list[int]) -> None:
        self._to_row(self._saved[0])
        self._x = self._saved[1]

    # -- erasing -----------------------------------------------------------------------------

    def _erase_line(self, numbers: list[int]) -> None:
        row, x = self._rows[self._y], self._x
        if numbers[0] == 0:
            _split(row, x)
            del row[x:]
        elif numbers[0] == 1:
            self._blank(row, 0, x + 1)
        elif numbers[0] == 2:
            row.clear()

    def _erase_screen(self, numbers: list[int]) -> None:
        if numbers[0] == 0:
            self._erase_line([0])
            if self._vertical:
                del self._rows[self._y + 1 :]
        elif numbers[0] == 1:
            self._erase_line([1])
            for row in self._rows[: self._y]:
                row.clear()
        elif numbers[0] in (2, 3):
            for row in self._rows:
                row.clear()
            del self._rows[self._y + 1 :]

    def _erase_cells(self, numbers: list[int]) -> None:
        row = self._rows[self._y]
        self._blank(row, self._x, min(self._x + _count(numbers), len(row)))

    def _blank(self, row: Row, start: int, end: int) -> None:
        end = min(end, len(row))
        if start >= end:
            return
        _split(row, start)
        _split(row, end)
        row[start:end] = [_BLANK] * (end - start)

    def _delete_cells(self, numbers: list[int]) -> None:
        row = self._rows[self._y]
        _split(row, self._x)
        _split(row, self._x + _count(numbers))
        del row[self._x : self._x + _count(numbers)]

    def _insert_cells(self, numbers: list[int]) -> None:
        row = self._rows[self._y]
        if self._x < len(row):
            _split(row, self._x)
            row[self._x : self._x] = [_BLANK] * min(_count(numbers), MAX_COLUMN)

    def _insert_lines(self, numbers: list[int]) -> None:
        if self._vertical:
            count = min(_count(numbers), MAX_ROWS)
            self._rows[self._y : self._y] = [[] for _ in range(count)]
            self._x = 0

    def _delete_lines(self, numbers: list[int]) -> None:
        if self._vertical:
            del self._rows[self._y : self._y + _count(numbers)]
            self._x = 0
            if self._y >= len(self._rows):
                self._rows.extend([] for _ in range(self._y + 1 - len(self._rows)))


_NUMBERS = re.compile(r"(?:[0-9]{0,5};){0,7}[0-9]{0,5}")
_MOVEMENTS: dict[str, Callable[[Screen, list[int]], None]] = {
    "A": Screen._up,
    "B": Screen._down,
    "C": Screen._right,
    "D": Screen._left,
    "E": Screen._next_line,
    "F": Screen._previous_line,
    "G": Screen._column,
    "H": Screen._place_cursor,
    "J": Screen._erase_screen,
    "K": Screen._erase_line,
    "L": Screen._insert_lines,
    "M": Screen._delete_lines,
    "P": Screen._delete_cells,
    "X": Screen._erase_cells,
    "@": Screen._insert_cells,
    "`": Screen._column,
    "a": Screen._right,
    "d": Screen._row,
    "e": Screen._down,
    "f": Screen._place_cursor,
    "s": Screen._save,
    "u": Screen._restore,
}


def _count(numbers: list[int]) -> int:
    """The first number of a sequence, where none and 0 mean 1."""
    return (numbers[0] if numbers else 0) or 1


def _split(row: Row, x: int) -> None:
    """Make sure that no wide character lies across the left edge of a cell."""
    if 0 < x < len(row) and not row[x][0]:
        row[x - 1] = (" ", row[x - 1][1])
        row[x] = (" ", row[x][1])


def _spans(row: Row) -> list[Span]:
    return [
        Span("".join(map(itemgetter(0), cells)), ink) for ink, cells in groupby(row, itemgetter(1))
    ]
