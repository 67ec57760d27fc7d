"""Columns of frames and rows of arrays as text, page by page, without copying what they lie in."""

from __future__ import annotations

import ast
from typing import Any

from . import libraries
from .static import MISSING, attribute, class_name, compiled_attribute, is_static
from .summaries import summary


def column_of(frame: Any, name: Any) -> Any:
    """A pandas frame's column as what holds its data: an array, in place; MISSING if none."""
    for at, label in enumerate(names_of(frame)):
        if label == name or (type(name) is int and at == name):
            return column_at(frame, at)
    return MISSING


def column_at(frame: Any, position: int) -> Any:
    """The data of the n-th column."""
    manager = libraries.manager_of(frame)
    for values, places in libraries.blocks_of(manager):
        if position in places:
            plain = libraries.values_array(values)
            at = places.index(position)
            if plain is not None and plain.ndim == 2:
                return plain[at]
            return values
    return MISSING


def names_of(frame: Any, most: int | None = None) -> list[str]:
    """Labels of a pandas frame's columns, or of the first ones, as text."""
    axes = libraries.axes_of(libraries.manager_of(frame))
    if not axes:
        return []
    count = libraries.length_of_index(axes[0]) or 0
    count = count if most is None else min(count, most)
    return [_bare(text) for text in labels(axes[0], 0, count)]


def first_names(value: Any, most: int) -> list[str]:
    """Names of the first columns of any library's frame or table; none for anything else."""
    if libraries.pandas_kind(value) == "frame":
        return names_of(value, most)
    if libraries.polars_kind(value) == "frame":
        return [str(name) for name in attribute(value, "_df").columns()[:most]]
    if libraries.is_arrow(value) and libraries.has_rows(value):
        return [str(name) for name in value.schema.names[:most]]
    return []


def _bare(text: str) -> str:
    """A label as it is, without the quotes of its repr."""
    if len(text) > 1 and text[0] == text[-1] == "'" and "\\" not in text:
        return text[1:-1]
    return text


def labels(index: Any, start: int, stop: int) -> list[str]:
    """Labels of an index."""
    data = libraries.index_data(index)
    if type(data) is range:
        return list(map(str, data[start:stop]))
    if data is not MISSING and data is not None:
        return cells(data, start, stop)
    levels, codes = attribute(index, "_levels"), attribute(index, "_codes")
    if levels is MISSING or codes is MISSING:
        return [str(at) for at in range(start, stop)]
    parts = []
    for level, code in zip(_listed(levels), _listed(codes), strict=False):
        count = libraries.length_of_index(level) or 0
        names = labels(level, 0, min(count, 100_000))
        plain = libraries.as_array(code)
        places = [] if plain is None else plain[start:stop].tolist()
        parts.append([names[at] if 0 <= at < len(names) else "NaN" for at in places])
    return [f"({', '.join(row)})" for row in zip(*parts, strict=False)]


def _listed(value: Any) -> list[Any]:
    return list(list.__iter__(value))


def cells(values: Any, start: int, stop: int) -> list[str]:
    """Items of a column as text."""
    categories = _categories(values)
    if categories is not None:
        codes = libraries.values_array(values)[start:stop].tolist()
        return [categories[at] if 0 <= at < len(categories) else "NaN" for at in codes]
    plain = libraries.values_array(values)
    if plain is not None:
        return array_cells(plain[start:stop])
    arrow = libraries.arrow_of(values)
    if arrow is None and libraries.is_arrow(values):
        arrow = values
    if arrow is not None:
        return arrow_cells(arrow, start, stop)
    data, mask = attribute(values, "_data"), libraries.as_array(attribute(values, "_mask"))
    plain = libraries.as_array(data)
    if plain is not None:
        shown = array_cells(plain[start:stop])
        if mask is None:
            return shown
        hidden = mask[start:stop].tolist()
        return ["<NA>" if away else text for text, away in zip(shown, hidden, strict=True)]
    return ["?"] * (stop - start)


def item_at(values: Any, at: int) -> Any:
    """One item of a column, as it lies there; MISSING if there is none, or it is no plain value."""
    plain = libraries.values_array(values)
    categories = _category_index(values)
    if categories is not None and plain is not None:
        code = int(plain[at])
        return item_at(libraries.index_data(categories), code) if code >= 0 else MISSING
    if plain is None and type(values) is not range:
        arrow = libraries.arrow_of(values)
        arrow = values if arrow is None and libraries.is_arrow(values) else arrow
        if arrow is not None:
            is_plain = is_static(type(arrow.type))
            return arrow.slice(at, 1).to_pylist()[0] if is_plain else MISSING
        mask = libraries.as_array(attribute(values, "_mask"))
        plain = libraries.as_array(attribute(values, "_data"))
        if mask is not None and bool(mask[at]):
            return None
    held = values if type(values) is range else plain
    return MISSING if held is None else held[at]


def _categories(values: Any) -> list[str] | None:
    found = _category_index(values)
    if found is None or libraries.values_array(values) is None:
        return None
    return labels(found, 0, libraries.length_of_index(found) or 0)


def _category_index(values: Any) -> Any:
    """The index of a column's categories; None if it has none."""
    dtype = compiled_attribute(values, "_dtype")
    dtype = attribute(values, "_dtype") if dtype is MISSING else dtype
    found = MISSING if dtype is MISSING else attribute(dtype, "_categories")
    return None if found is MISSING else found


def label_of(frame: Any, name: str) -> str | None:
    """How Python writes the label of a frame's column; None if it cannot be told."""
    written = labels((axes := libraries.axes_of(libraries.manager_of(frame)))[0], 0,
                     libraries.length_of_index(axes[0]) or 0)  # fmt: skip
    found = next((text for text in written if _bare(text) == name), None)
    try:
        ast.literal_eval(found or "")
    except (ValueError, SyntaxError):
        return None
    return found


def array_cells(array: Any) -> list[str]:
    """Items of a plain one-dimensional array as text."""
    if array.dtype.kind in "mM":
        return [str(text) for text in array.astype(str).tolist()]
    return list(map(summary, array.tolist()))


def arrow_cells(array: Any, start: int, stop: int) -> list[str]:
    """Items of a pyarrow array as text; not of extension types, whose scalars are user classes."""
    if not is_static(type(array.type)):
        return [f"<{class_name(type(array.type))}>"] * (stop - start)
    return list(map(summary, array.slice(start, max(0, stop - start)).to_pylist()))


def dtype_name(values: Any) -> str:
    """A column's type as its library calls it."""
    plain = libraries.values_array(values)
    if _categories(values) is not None:
        return "category"
    if plain is not None:
        return str(plain.dtype.name)
    arrow = libraries.arrow_of(values)
    if arrow is not None:
        return str(arrow.type) if is_static(type(arrow.type)) else class_name(type(arrow.type))
    data = libraries.as_array(attribute(values, "_data"))
    if data is not None:
        return str(data.dtype.name).capitalize()
    return class_name(type(values))


def null_count(values: Any) -> int | None:
    """How many items of a column are missing; None if that cannot be told."""
    arrow = values if libraries.is_arrow(values) else libraries.arrow_of(values)
    if arrow is not None:
        return int(arrow.null_count)
    mask = libraries.as_array(attribute(values, "_mask"))
    if mask is not None:
        return int(mask.sum())
    plain = libraries.values_array(values)
    if plain is None:
        return None
    if _categories(values) is not None:
        return int((plain < 0).sum())
    if plain.dtype.kind in "fc":
        return int(_is_nan(plain).sum())
    if plain.dtype.kind in "mM":
        return int((plain.view("i8") == -(2**63)).sum())
    if plain.dtype.kind == "O":
        return sum(map(_is_missing, plain.ravel().tolist()))
    return 0


def _is_nan(value: Any) -> Any:
    return value != value  # noqa: PLR0124 - NaN alone differs from itself


def _is_missing(item: Any) -> bool:
    return item is None or (type(item) is float and bool(_is_nan(item)))


__all__ = [
    "array_cells", "arrow_cells", "cells", "column_at", "column_of",
    "dtype_name", "item_at", "label_of", "labels", "names_of", "null_count",
]  # fmt: skip
