"""Tables (`application/vnd.pyrepl.table+json` of the worker) as lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.cells import cell_len, set_cell_size

from pyrepl_tui.rendering.text import expand_tabs, printable

WIDEST = 32
"""Cells that a column has at most while others need the room."""
_BETWEEN = 2
_BOLD, _DIM, _OFF = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_MISSING = frozenset({"NaN", "None", "<NA>", "NaT", "null"})


@dataclass(frozen=True, slots=True)
class TableLines:
    """A table as lines with escape sequences."""

    head: list[str]
    """Names and types of the columns."""
    body: list[str]
    size: str
    """How large the table is, and what it is."""

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join([*self.head, *self.body, _DIM + self.size + _OFF])


@dataclass(slots=True)
class _Column:
    name: str
    dtype: str
    right: bool
    cells: list[str] = field(default_factory=list)
    is_index: bool = False

    @property
    def width(self) -> int:
        return max(cell_len(text) for text in (self.name, self.dtype, *self.cells))


_GAP = _Column("…", "", False)


def table_lines(
    table: dict[str, Any], width: int | None, *, first: int = 1_000, last: int = 0
) -> TableLines:
    """Lay a table out.

    Args:
        table: as the worker describes it (see its ``frames.table_of``).
        width: cells there are; columns in the middle are left out where they do not fit. None:
            as many as it takes.
        first: rows to show of the start, if there are more than `first` + `last`.
        last: rows to show of the end.
    """
    columns = _columns(table)
    shown = columns if width is None else _fitting(columns, table["index"] is not None, width)
    rows = _rows(table, first, last)
    widths = [1 if c is _GAP else c.width if width is None else _width(c) for c in shown]
    sides = [column.right for column in shown]
    names = [column.name for column in shown]
    types = [column.dtype for column in shown]
    head = [_BOLD + _line(names, widths, sides) + _OFF, _DIM + _line(types, widths, sides) + _OFF]
    body = [_gap_line(widths, sides) if row is None else _row(shown, row, widths) for row in rows]
    if not table["names"]:
        head = []
    return TableLines(head, body, _size(table))


def _columns(table: dict[str, Any]) -> list[_Column]:
    rows = table["rows"]
    columns = [
        _Column(_clean(name), _clean(dtype), numeric, [_clean(row[at]) for row in rows])
        for at, (name, dtype, numeric) in enumerate(
            zip(table["names"], table["dtypes"], table["numeric"], strict=True)
        )
    ]
    gap = table["column_gap"]
    if gap is not None:
        columns.insert(gap, _GAP)
    if table["index"] is not None:
        labels = [_clean(label) for label in table["index"]]
        name = _clean(table["index_name"])
        columns.insert(0, _Column(name, "", _are_numbers(labels), labels, is_index=True))
    return columns


def _clean(text: str) -> str:
    return printable(expand_tabs(text.replace("\n", "↵"), 0))


def _are_numbers(labels: Sequence[str]) -> bool:
    return all(label.lstrip("-").isdigit() for label in labels)


def _width(column: _Column) -> int:
    return min(column.width, WIDEST)


def _fitting(columns: list[_Column], labelled: bool, width: int) -> list[_Column]:
    """The columns that fit: the first, the last, and so on towards the middle."""
    need = sum(_width(column) + _BETWEEN for column in columns) - _BETWEEN
    if need <= width:
        return columns
    left = columns[: 1 + labelled]
    right: list[_Column] = []
    rest = [column for column in columns[1 + labelled :] if column is not _GAP]
    room = width - sum(_width(column) + _BETWEEN for column in left) - 1
    while rest:
        column = rest[-1] if len(right) < len(left) - labelled else rest[0]
        room -= _width(column) + _BETWEEN
        if room < 0:
            break
        if column is rest[-1]:
            right.insert(0, rest.pop())
        else:
            left.append(rest.pop(0))
    return [*left, _GAP, *right]


def _rows(table: dict[str, Any], first: int, last: int) -> list[int | None]:
    """Numbers of the rows to show; None where some are left out."""
    count, gap = len(table["rows"]), table["row_gap"]
    if count > first + last:
        return [*range(first), None, *range(count - last, count)]
    rows: list[int | None] = list(range(count))
    if gap is not None:
        rows.insert(gap, None)
    return rows


def _row(columns: list[_Column], number: int, widths: list[int]) -> str:
    texts = []
    for column, width in zip(columns, widths, strict=True):
        text = "…" if column is _GAP else _fit(column.cells[number], width, column.right)
        if column.is_index or column is _GAP or text.strip() in _MISSING:
            text = _DIM + text + _OFF
        texts.append(text)
    return (" " * _BETWEEN).join(texts)


def _line(texts: list[str], widths: list[int], right: list[bool]) -> str:
    fitted = [_fit(*each) for each in zip(texts, widths, right, strict=True)]
    return (" " * _BETWEEN).join(fitted)


def _gap_line(widths: list[int], right: list[bool]) -> str:
    cells = [_fit("⋮", *each) for each in zip(widths, right, strict=True)]
    return _DIM + (" " * _BETWEEN).join(cells) + _OFF


def _fit(text: str, width: int, right: bool) -> str:
    size = cell_len(text)
    if size > width:
        return set_cell_size(text, width - 1) + "…" if width > 1 else "…"
    return " " * (width - size) + text if right else text + " " * (width - size)


def _size(table: dict[str, Any]) -> str:
    shape = table["shape"]
    rows = f"{shape[0]:,} {'row' if shape[0] == 1 else 'rows'}"
    if len(shape) == 1:
        return f"{rows} · {_clean(table['kind'])}"
    columns = f"{shape[1]:,} {'column' if shape[1] == 1 else 'columns'}"
    return f"{rows} × {columns} · {_clean(table['kind'])}"
