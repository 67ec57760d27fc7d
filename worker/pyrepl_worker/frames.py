"""Tables: what data frames and 2-D arrays show of themselves, within bounds.

Libraries are looked up in ``sys.modules``: an object of theirs exists only where they are loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from math import isfinite, isnan
from typing import Any

TABLE = "application/vnd.pyrepl.table+json"
"""The MIME type of `table_of`'s result."""

HEAD_ROWS, TAIL_ROWS = 100, 20
"""Rows shown of the start and of the end of a longer table."""
HEAD_COLUMNS, TAIL_COLUMNS = 60, 10
CELL = 200
"""Longest text of a cell, in characters."""
_DIGITS = 6
_MIDNIGHT = " 00:00:00"


def table_of(value: object) -> dict[str, Any] | None:
    """A table as plain data; None for anything that is none.

    Keys: ``kind`` (the type's name), ``shape`` ([rows, columns]), ``names``, ``dtypes`` and
    ``numeric`` (of the columns shown), ``index`` (labels of the rows shown; None: the rows have no
    labels), ``index_name``, ``rows`` (cells as text), ``row_gap`` (how many of the rows shown
    come before those left out; None: all are shown) and ``column_gap`` likewise.
    """
    for module, read in _READERS:
        loaded = sys.modules.get(module)
        if loaded is not None:
            found = read(loaded, value)
            if found is not None:
                return found
    return None


def _bounds(size: int, head: int, tail: int) -> tuple[list[slice], int | None]:
    """The stretches of `size` things to show, and where those left out would be."""
    if size <= head + tail:
        return [slice(0, size)], None
    return [slice(0, head), slice(size - tail, size)], head


def _positions(stretches: Iterable[slice]) -> list[int]:
    return [at for stretch in stretches for at in range(stretch.start, stretch.stop)]


def _pandas(pandas: Any, value: Any) -> dict[str, Any] | None:
    frame_type, series_type = getattr(pandas, "DataFrame", None), getattr(pandas, "Series", None)
    if frame_type is None or series_type is None:
        return None  # pandas is still being imported
    if isinstance(value, series_type):
        name = "" if value.name is None else value.name
        kind, frame = type(value).__name__, value.to_frame(name)
        shape = [len(value)]
    elif isinstance(value, frame_type):
        kind, frame = type(value).__name__, value
        shape = list(map(int, value.shape))
    else:
        return None
    rows, row_gap = _bounds(int(frame.shape[0]), HEAD_ROWS, TAIL_ROWS)
    columns, column_gap = _bounds(int(frame.shape[1]), HEAD_COLUMNS, TAIL_COLUMNS)
    shown = frame.iloc[_positions(rows), _positions(columns)]
    series = [shown.iloc[:, at] for at in range(shown.shape[1])]
    names = [n for n in shown.index.names if n is not None]
    return _table(
        f"pandas.{kind}", shape, [_label(name) for name in shown.columns],
        [str(each.dtype) for each in series], [each.tolist() for each in series],
        [_label(label) for label in shown.index.tolist()], " · ".join(map(_label, names)),
        row_gap, column_gap,
    )  # fmt: skip


def _polars(polars: Any, value: Any) -> dict[str, Any] | None:
    kinds: tuple[Any, ...] = (getattr(polars, "DataFrame", ()),)
    if not isinstance(value, kinds):
        return None
    height, width = map(int, value.shape)
    rows, row_gap = _bounds(height, HEAD_ROWS, TAIL_ROWS)
    columns, column_gap = _bounds(width, HEAD_COLUMNS, TAIL_COLUMNS)
    names = value.columns
    series = [value.to_series(at) for at in _positions(columns)]
    cells = [
        [cell for stretch in rows for cell in _cut(each, stretch).to_list()] for each in series
    ]
    return _table(
        "polars.DataFrame", [height, width], [str(names[at]) for at in _positions(columns)],
        [str(each.dtype) for each in series], cells, None, "", row_gap, column_gap,
    )  # fmt: skip


def _pyarrow(pyarrow: Any, value: Any) -> dict[str, Any] | None:
    kinds: tuple[Any, ...] = (getattr(pyarrow, "Table", ()), getattr(pyarrow, "RecordBatch", ()))
    if not isinstance(value, kinds):
        return None
    height, width = int(value.num_rows), int(value.num_columns)
    rows, row_gap = _bounds(height, HEAD_ROWS, TAIL_ROWS)
    columns, column_gap = _bounds(width, HEAD_COLUMNS, TAIL_COLUMNS)
    positions = _positions(columns)
    names = value.schema.names
    cells = [
        [cell for stretch in rows for cell in _cut(value.column(at), stretch).to_pylist()]
        for at in positions
    ]
    return _table(
        f"pyarrow.{type(value).__name__}", [height, width], [str(names[at]) for at in positions],
        [str(value.schema.field(at).type) for at in positions], cells, None, "",
        row_gap, column_gap,
    )  # fmt: skip


def _numpy(numpy: Any, value: Any) -> dict[str, Any] | None:
    array_type = getattr(numpy, "ndarray", None)
    if array_type is None or not isinstance(value, array_type) or value.ndim != 2:
        return None
    if type(value).__module__.partition(".")[0] != "numpy":
        return None  # somebody's own kind, with units or coordinates that a table would hide
    if value.dtype.names is not None or 0 in value.shape:
        return None
    rows, row_gap = _bounds(int(value.shape[0]), HEAD_ROWS, TAIL_ROWS)
    columns, column_gap = _bounds(int(value.shape[1]), HEAD_COLUMNS, TAIL_COLUMNS)
    positions, lines = _positions(columns), _positions(rows)
    shown = value[lines, :][:, positions]
    if not hasattr(shown, "mask"):
        shown = numpy.asarray(shown)  # a matrix's columns would be matrices
    cells = [shown[:, at].tolist() for at in range(len(positions))]
    dtype = str(value.dtype)
    return _table(
        f"numpy.{type(value).__name__}", list(map(int, value.shape)), [str(at) for at in positions],
        [dtype] * len(positions), cells, [str(at) for at in lines], "", row_gap, column_gap,
    )  # fmt: skip


_READERS = (
    ("pandas", _pandas),
    ("polars", _polars),
    ("pyarrow", _pyarrow),
    ("numpy", _numpy),
)


def _cut(column: Any, stretch: slice) -> Any:
    return column.slice(stretch.start, stretch.stop - stretch.start)


def _table(
    kind: str,
    shape: list[int],
    names: list[str],
    dtypes: list[str],
    columns: Sequence[list[Any]],
    index: list[str] | None,
    index_name: str,
    row_gap: int | None,
    column_gap: int | None,
) -> dict[str, Any]:
    texts = [_column(cells) for cells in columns]
    return {
        "kind": kind,
        "shape": shape,
        "names": names,
        "dtypes": dtypes,
        "numeric": [_is_numeric(cells) for cells in columns],
        "index": index,
        "index_name": index_name,
        "rows": [list(row) for row in zip(*texts, strict=True)],
        "row_gap": row_gap,
        "column_gap": column_gap,
    }


def _is_numeric(cells: list[Any]) -> bool:
    kinds = {type(cell) for cell in cells}
    return bool(kinds & {int, float}) and kinds <= {int, float, type(None)}


def _label(label: Any) -> str:
    if isinstance(label, tuple):
        return " · ".join(_label(part) for part in label)
    return _text(label)


def _column(cells: list[Any]) -> list[str]:
    """Texts of a column's cells; numbers get as many digits as the longest needs."""
    floats = [cell for cell in cells if type(cell) is float and isfinite(cell)]
    sizes = [abs(cell) for cell in floats if cell]
    plain = all(1e-4 <= size < 1e10 for size in sizes)
    digits = max((_digits(cell) for cell in floats), default=0) if plain else None
    texts = [_float(cell, digits) if type(cell) is float else _text(cell) for cell in cells]
    if cells and all(text.endswith(_MIDNIGHT) for text in texts):
        return [text[: -len(_MIDNIGHT)] for text in texts]
    return texts


def _digits(number: float) -> int:
    """Digits behind the point that a number needs, at least one and at most six."""
    return max(1, len(f"{number:.{_DIGITS}f}".rstrip("0").partition(".")[2]))


def _float(number: float, digits: int | None) -> str:
    if isnan(number):
        return "NaN"
    if digits is None or not isfinite(number):
        return f"{number:.{_DIGITS}g}"
    return f"{number:.{digits}f}"


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        text = str.__str__(cell)
    elif isinstance(cell, (bytes, bytearray)):
        text = repr(bytes(cell[:CELL]))
    else:
        text = str(cell)
    return text if len(text) <= CELL else text[: CELL - 1] + "…"
