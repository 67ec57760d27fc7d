"""Arrays and frames as grids: pages of rows, types of columns, statistics on request."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from . import columns, libraries, tensors
from .paths import NothingThere
from .static import MISSING, attribute
from .summaries import length

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_COLUMNS = 200
"""Columns of one page."""
_CHUNK = 1 << 16


def is_grid(value: Any) -> bool:
    """Whether a value is shown as a grid."""
    if libraries.as_array(value) is not None or tensors.is_tensor(value):
        return True
    return bool(
        libraries.pandas_kind(value)
        or libraries.polars_kind(value)
        or libraries.is_arrow(value)
        or _is_extension(value)
    )


def _is_extension(value: Any) -> bool:
    """Whether it is what pandas keeps a column of its own types in."""
    return (
        libraries.arrow_of(value) is not None
        or libraries.values_array(value) is not None
        or libraries.as_array(attribute(value, "_mask")) is not None
    )


def child(value: Any, step: Any) -> Any:
    """A column of a frame, an item of a column, else MISSING."""
    if type(step) is int and step >= 0:
        return _item(value, step)
    if libraries.pandas_kind(value) == "frame":
        return columns.column_of(value, step)
    if libraries.polars_kind(value) == "frame" and type(step) is str:
        return value.get_column(step) if step in value.columns else MISSING
    if libraries.is_arrow(value) and type(step) is str:
        names = getattr(value, "column_names", [])
        return value.column(names.index(step)) if step in names else MISSING
    return MISSING


def _item(value: Any, at: int) -> Any:
    if not is_grid(value) or at >= (length(value) or extension_length(value)):
        return MISSING
    if libraries.polars_kind(value) == "series":
        return value.slice(at, 1).to_list()[0]
    if libraries.pandas_kind(value) == "series":
        value = libraries.blocks_of(libraries.manager_of(value))[0][0]
    elif libraries.pandas_kind(value) == "index":
        value = libraries.index_data(value)
    elif has_columns(value) or value is MISSING:
        return MISSING
    return columns.item_at(value, at)


def has_columns(value: Any) -> bool:
    """Whether it is a frame or table of any library."""
    return "frame" in (libraries.pandas_kind(value), libraries.polars_kind(value)) or bool(
        libraries.is_arrow(value) and libraries.has_rows(value)
    )


def read(answer: dict[str, Any], value: Any, offset: int, limit: int) -> bool:
    """Fill in a page of a grid. Returns False if the value is none."""
    array = libraries.as_array(value)
    if array is not None:
        answer["facts"] += [
            ["dtype", str(array.dtype)],
            ["shape", str(tuple(array.shape))],
            ["strides", str(tuple(array.strides))],
            ["owns its data", "no" if array.base is not None else "yes"],
        ]
        _array(answer, array, offset, limit, str(array.dtype))
    elif tensors.is_tensor(value):
        _tensor(answer, value, offset, limit)
    elif libraries.pandas_kind(value):
        _pandas(answer, value, offset, limit)
    elif libraries.polars_kind(value):
        _polars(answer, value, offset, limit)
    elif libraries.is_arrow(value):
        _arrow(answer, value, offset, limit)
    elif _is_extension(value):
        _extension(answer, value, offset, limit)
    else:
        return False
    return True


def _grid(names: list[str], dtypes: list[str], labels: list[str], body: list[list[str]]) -> Any:
    """A grid from its columns' cells."""
    rows = [list(row) for row in zip(*body, strict=True)] if body else []
    return {"columns": names, "dtypes": dtypes, "labels": labels, "rows": rows}


def _array(answer: dict[str, Any], array: Any, offset: int, limit: int, dtype: str) -> None:
    if not array.ndim:
        answer["text"] = columns.array_cells(array.reshape(1))[0]
        return
    answer["total"] = int(array.shape[0])
    answer["grid"] = _page(array[offset : offset + limit], offset, dtype)
    _tell_plane(answer, array.ndim)


def _tensor(answer: dict[str, Any], value: Any, offset: int, limit: int) -> None:
    answer["facts"] += tensors.facts_of(value)
    lengths = tensors.shape_of(value)
    page = tensors.shown_in(value, offset, offset + limit)
    if page is None:
        return
    if not lengths:
        answer["text"] = columns.array_cells(page.reshape(1))[0]
        return
    answer["total"] = lengths[0]
    answer["grid"] = _page(page, offset, tensors.dtype_of(value))
    _tell_plane(answer, len(lengths))


def _tell_plane(answer: dict[str, Any], dimensions: int) -> None:
    if dimensions > 2:
        plane = ", ".join([":", *["0"] * (dimensions - 2), ":"])
        answer["facts"].append(["shown", f"[{plane}]"])


def _page(page: Any, offset: int, dtype: str) -> Any:
    """The grid of some rows of an array; of more than two dimensions a plane of it."""
    labels = [str(offset + at) for at in range(int(page.shape[0]))]
    if page.ndim == 1:
        return _grid([""], [dtype], labels, [columns.array_cells(page)])
    while page.ndim > 2:
        page = page[:, 0]
    width = min(int(page.shape[1]), MAX_COLUMNS)
    body = [columns.array_cells(page[:, at]) for at in range(width)]
    return _grid(list(map(str, range(width))), [dtype] * width, labels, body)


def _pandas(answer: dict[str, Any], value: Any, offset: int, limit: int) -> None:
    shape = libraries.pandas_shape(value) or (0,)
    total = answer["total"] = shape[0]
    stop = min(offset + limit, total)
    kind = libraries.pandas_kind(value)
    if kind == "index":
        shown = columns.labels(value, offset, stop)
        answer["grid"] = _grid([""], [""], [str(at) for at in range(offset, stop)], [shown])
        return
    manager = libraries.manager_of(value)
    labels = columns.labels(libraries.axes_of(manager)[-1], offset, stop)
    if kind == "series":
        data = libraries.blocks_of(manager)[0][0]
        names, held = [""], [data]
    else:
        names = columns.names_of(value)[:MAX_COLUMNS]
        held = [columns.column_at(value, at) for at in range(len(names))]
    body = [columns.cells(each, offset, stop) for each in held]
    answer["grid"] = _grid(names, list(map(columns.dtype_name, held)), labels, body)


def _polars(answer: dict[str, Any], value: Any, offset: int, limit: int) -> None:
    total = answer["total"] = length(value) or 0
    page = value.slice(offset, limit)
    labels = [str(at) for at in range(offset, min(offset + limit, total))]
    if libraries.polars_kind(value) == "series":
        names, held = [""], [page]
    else:
        names = list(value.columns)[:MAX_COLUMNS]
        held = [page.get_column(name) for name in names]
    body = [list(map(_shown, each.to_list())) for each in held]
    answer["grid"] = _grid(names, [str(each.dtype) for each in held], labels, body)


def _shown(value: Any) -> str:
    from .summaries import summary

    return summary(value)


def _arrow(answer: dict[str, Any], value: Any, offset: int, limit: int) -> None:
    total = answer["total"] = libraries.arrow_length(value)
    stop = min(offset + limit, total)
    labels = [str(at) for at in range(offset, stop)]
    names = list(getattr(value, "column_names", [""]))[:MAX_COLUMNS]
    held = [value.column(at) for at in range(len(names))] if names != [""] else [value]
    body = [columns.arrow_cells(each, offset, stop) for each in held]
    answer["grid"] = _grid(names, [str(each.type) for each in held], labels, body)


def _extension(answer: dict[str, Any], value: Any, offset: int, limit: int) -> None:
    count = extension_length(value)
    answer["total"] = count
    stop = min(offset + limit, count)
    body = columns.cells(value, offset, stop)
    labels = [str(at) for at in range(offset, stop)]
    answer["grid"] = _grid([""], [columns.dtype_name(value)], labels, [body])


def extension_length(value: Any) -> int:
    """Items of what pandas keeps a column of its own types in."""
    arrow = libraries.arrow_of(value)
    if arrow is not None:
        return libraries.arrow_length(arrow)
    plain = libraries.values_array(value)
    if plain is None:
        plain = libraries.as_array(attribute(value, "_data"))
    return 0 if plain is None else int(plain.shape[-1])


def statistics(value: Any) -> Iterator[dict[str, Any] | None]:
    """Count, nulls, minimum, maximum and mean of an array or column, in slices of time.

    Raises:
        NothingThere: if the value has no such figures.
    """
    if libraries.pandas_kind(value) == "series":
        value = libraries.blocks_of(libraries.manager_of(value))[0][0]
    if libraries.polars_kind(value) == "series":
        count = len(value)
        figures = {"min": value.min(), "max": value.max(), "mean": value.mean()}
        shown = [[name, _shown(figure)] for name, figure in figures.items()]
        yield {"facts": [["count", str(count)], ["nulls", str(value.null_count())], *shown]}
        return
    if libraries.is_arrow(value):
        count = libraries.arrow_length(value)
        nulls = columns.null_count(value) if hasattr(value, "null_count") else None
        yield {"facts": [["count", str(count)], ["nulls", str(nulls)]]}
        return
    facts = [["nulls", str(columns.null_count(value))]] if _is_extension(value) else []
    array = libraries.values_array(value)
    if array is None:
        array = libraries.as_array(attribute(value, "_data"))
    if tensors.is_tensor(value):
        array = tensors.shown_in(value, 0, sys.maxsize)
    if array is None:
        if not facts:
            raise NothingThere("this value has no minimum, maximum or mean")
        yield {"facts": [["count", str(extension_length(value))], *facts]}
        return
    yield from _figures(array, facts)


def _figures(array: Any, facts: list[list[str]]) -> Iterator[dict[str, Any] | None]:
    count = int(array.size)
    answer = [["count", str(count)], *facts]
    if array.dtype.kind not in "biuf" or not count:
        yield {"facts": answer}
        return
    lows, highs, total, seen = [], [], 0.0, 0
    for piece in _pieces(array):
        kept = piece[~_is_nan(piece)] if piece.dtype.kind == "f" else piece
        if kept.size:
            lows.append(kept.min())
            highs.append(kept.max())
            total += float(kept.sum(dtype="f8"))
            seen += int(kept.size)
        yield None
    if seen:
        answer += [
            ["min", str(min(lows).item())],
            ["max", str(max(highs).item())],
            ["mean", f"{total / seen:.6g}"],
        ]
    yield {"facts": answer}


def _is_nan(array: Any) -> Any:
    return array != array  # noqa: PLR0124 - NaN alone differs from itself


def _pieces(array: Any) -> Iterator[Any]:
    """One-dimensional parts of an array; a copy is made of one part at a time at most."""
    if array.ndim == 1 or array.flags.c_contiguous:
        flat = array.reshape(-1)
        for begin in range(0, flat.shape[0], _CHUNK):
            yield flat[begin : begin + _CHUNK]
        return
    for row in array:
        yield from _pieces(row)
