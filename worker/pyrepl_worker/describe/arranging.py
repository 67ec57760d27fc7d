"""Rows of an array or frame in another order, or only some of them.

Sorting takes time and memory in proportion to the rows, so it is done in a reader, a twin of the
worker that is thrown away: the session keeps neither copy nor delay.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from . import columns, grids, libraries
from .paths import NothingThere
from .static import loaded
from .summaries import length, summary

if TYPE_CHECKING:
    from collections.abc import Callable

_PIECE = 20_000
_COMPARISONS: tuple[tuple[str, Callable[[Any, Any], Any]], ...] = (
    ("<=", operator.le), (">=", operator.ge), ("!=", operator.ne), ("==", operator.eq),
    ("<", operator.lt), (">", operator.gt), ("=", operator.eq),
)  # fmt: skip


def column(value: Any, at: int) -> Any:
    """What holds the data of a grid's n-th column.

    Raises:
        NothingThere: if it has none.
    """
    array = libraries.array_in(value)
    if array is not None:
        while array.ndim > 2:
            array = array[..., 0]
        return array[:, at] if array.ndim == 2 else array
    kind = libraries.pandas_kind(value)
    if kind == "frame":
        return columns.column_at(value, at)
    if kind == "series":
        return libraries.blocks_of(libraries.manager_of(value))[0][0]
    if kind == "index":
        return libraries.index_data(value)
    if libraries.polars_kind(value) == "frame":
        return value.get_column(value.columns[at])
    if libraries.is_arrow(value) and hasattr(value, "column_names"):
        return value.column(at)
    if grids.is_grid(value):
        return value
    raise NothingThere("this value has no columns")


def texts(values: Any, start: int, stop: int) -> list[str]:
    """Cells of a column, as they are shown."""
    if libraries.polars_kind(values) == "series":
        return list(map(summary, values.slice(start, stop - start).to_list()))
    if type(values) is range:
        return list(map(str, values[start:stop]))
    if libraries.is_arrow(values):
        return columns.arrow_cells(values, start, stop)
    return columns.cells(values, start, stop)


def order(value: Any, by: int | None, descending: bool, where: int | None, wanted: str) -> Any:
    """Positions of the rows to show, in their order: a list or an array.

    Args:
        value: an array or frame.
        by: the column to sort by; None: as they are.
        descending: largest first. Missing ones are last either way.
        where: the column that `wanted` is about; None: all rows.
        wanted: a text that its cells contain, regardless of case; or a comparison as ``> 3``.
    """
    count = length(value) or grids.extension_length(value)
    rows: Any = range(count)
    if where is not None and wanted:
        rows = _kept(column(value, where), count, wanted)
    if by is None:
        return rows
    return _sorted(column(value, by), count, rows, descending)


def _kept(values: Any, count: int, wanted: str) -> list[int]:
    compared = _comparison(values, wanted)
    if compared is not None:
        return compared
    needle = wanted.lower()
    found: list[int] = []
    for start in range(0, count, _PIECE):
        shown = texts(values, start, min(start + _PIECE, count))
        found += [at for at, text in enumerate(shown, start) if needle in text.lower()]
    return found


def _comparison(values: Any, wanted: str) -> list[int] | None:
    """Rows for which a comparison with a number holds; None if it is none."""
    plain = libraries.values_array(values)
    for sign, holds in _COMPARISONS:
        if wanted.startswith(sign):
            try:
                number = float(wanted[len(sign) :])
            except ValueError:
                return None
            if plain is not None and plain.dtype.kind in "biuf":
                return holds(plain, number).nonzero()[0].tolist()  # type: ignore[no-any-return]
            numbers = _plain_items(values)
            return [
                at for at, item in enumerate(numbers)
                if type(item) in (int, float) and holds(item, number)
            ]  # fmt: skip
    return None


def _sorted(values: Any, count: int, rows: Any, descending: bool) -> Any:
    plain = libraries.values_array(values)
    if (
        plain is not None
        and plain.dtype.kind in "biufmM"
        and columns.dtype_name(values) != "category"
    ):
        return _by_array(plain, rows, descending)
    items = _plain_items(values)
    keys = [_key(item) for item in items]
    missing = [at for at in rows if keys[at] is None]
    present = [at for at in rows if keys[at] is not None]
    present.sort(key=keys.__getitem__, reverse=descending)
    return present + missing


def _by_array(plain: Any, rows: Any, descending: bool) -> Any:
    """In C; missing ones are last."""
    if type(rows) is not range:
        rows = loaded("numpy", "array")(rows, dtype="i8")
        plain = plain[rows]
    absent = plain != plain  # noqa: PLR0124 - NaN and NaT alone differ from themselves
    kept = plain[~absent]
    places = (~absent).nonzero()[0]
    ranks = kept.argsort(kind="stable")
    if descending:  # rows of equal value stay in their order
        ranks = kept.shape[0] - 1 - kept[::-1].argsort(kind="stable")[::-1]
    found = loaded("numpy", "concatenate")((places[ranks], absent.nonzero()[0]))
    return found if type(rows) is range else rows[found]


def _plain_items(values: Any) -> list[Any]:
    if libraries.polars_kind(values) == "series":
        return list(values.to_list())
    plain = libraries.values_array(values)
    if plain is not None and plain.ndim == 1 and columns.dtype_name(values) != "category":
        return list(plain.tolist())
    if type(values) is range:
        return list(values)
    arrow = values if libraries.is_arrow(values) else libraries.arrow_of(values)
    if arrow is not None:
        return list(arrow.to_pylist())
    return [
        None if text in ("<NA>", "NaN") else text
        for text in columns.cells(values, 0, grids.extension_length(values))
    ]


def _key(item: Any) -> tuple[int, Any] | None:
    """What to sort a plain item by; numbers come before texts, and these before all else."""
    kind = type(item)
    if item is None or (kind is float and item != item):  # noqa: PLR0124 - NaN
        return None
    if kind is int or kind is float or kind is bool:
        return 0, item
    return (1, item) if kind is str else (2, summary(item))


def page(value: Any, rows: Any, offset: int, limit: int) -> dict[str, Any]:
    """Some of the rows chosen, as a grid."""
    answer: dict[str, Any] = {"facts": [], "text": "", "total": 0, "grid": None}
    grid: dict[str, Any] | None = None
    for at in rows[offset : offset + limit]:
        grids.read(answer, value, int(at), 1)
        found = answer["grid"]
        if grid is None:
            grid = found
        else:
            grid["labels"] += found["labels"]
            grid["rows"] += found["rows"]
    return {"total": len(rows), "grid": grid}
