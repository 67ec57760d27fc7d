"""What the metadata of numpy, pandas, polars and pyarrow tells, read below their Python code.

A library's type is known by identity with what the loaded library defines; an array of a subclass
is read as the plain array it also is. Frames are read through what they hold, so that a subclass
that overrides anything is not asked either. Nothing is imported, converted or computed.
"""

from __future__ import annotations

from typing import Any

from . import tensors
from .static import MISSING, attribute, compiled_attribute, is_a, is_class, is_static, loaded

_cache: dict[str, Any] = {}


def _known(module: str, name: str) -> Any:
    """A library's type, once it is loaded; else None."""
    key = f"{module}.{name}"
    found = _cache.get(key)
    if found is None:
        found = loaded(module, name)
        if found is MISSING or not is_class(found):
            return None
        _cache[key] = found
    return found


def ndarray() -> Any:
    """Numpy's array type; None if numpy is not loaded."""
    found = _known("numpy", "ndarray")
    return found if found is not None and is_static(found) else None


def as_array(value: object) -> Any:
    """The plain numpy array that a value is, without a copy; None if it is none."""
    plain = ndarray()
    if plain is None:
        return None
    if type(value) is plain:
        return value
    if is_a(value, plain):
        return plain.view(value, plain)
    return None


def array_in(value: object) -> Any:
    """As `as_array`, of a tensor too: the numpy array over its memory; None if there is none."""
    if tensors.is_tensor(value):
        return tensors.array_in(value)
    return as_array(value)


def is_numpy_scalar(value: object) -> bool:
    """Whether a value is one of numpy's own scalars."""
    generic = _known("numpy", "generic")
    return generic is not None and is_static(type(value)) and is_a(value, generic)


def pandas_kind(value: object) -> str | None:
    """``frame``, ``series`` or ``index`` for pandas values and their subclasses, else None."""
    for module, name, kind in (
        ("pandas.core.frame", "DataFrame", "frame"),
        ("pandas.core.series", "Series", "series"),
        ("pandas.core.indexes.base", "Index", "index"),
    ):
        cls = _known(module, name)
        if cls is not None and (type(value) is cls or is_a(value, cls)):
            return kind
    return None


def manager_of(value: object) -> Any:
    """The block manager that holds a pandas value's data; MISSING if it cannot be reached."""
    return attribute(value, "_mgr")


def blocks_of(manager: object) -> list[tuple[Any, list[int]]]:
    """Data and column positions of each block."""
    blocks = _either(manager, "blocks")
    found = []
    for block in blocks if type(blocks) is tuple else ():
        values = compiled_attribute(block, "values")
        places = compiled_attribute(block, "_mgr_locs")
        positions = compiled_attribute(places, "as_array") if places is not MISSING else MISSING
        found.append((values, [] if positions is MISSING else positions.tolist()))
    return found


def axes_of(manager: object) -> list[Any]:
    """The indexes of a manager: of the columns, then of the rows; a series has only the latter."""
    axes = _either(manager, "axes")
    return list(axes) if type(axes) is list else []


def _either(manager: object, name: str) -> Any:
    """A frame's manager is a compiled object, a series' one keeps its parts in its dict."""
    found = compiled_attribute(manager, name)
    return attribute(manager, name) if found is MISSING else found


def index_data(index: object) -> Any:
    """What an index holds: an array, a range, or a list of (levels, codes); MISSING if unknown."""
    held = attribute(index, "_range")
    if type(held) is range:
        return held
    return attribute(index, "_data")


def values_array(values: object) -> Any:
    """The numpy array of a block or extension array, if it holds one; else None."""
    plain = as_array(values)
    if plain is not None:
        return plain
    return as_array(compiled_attribute(values, "_ndarray"))


def arrow_of(values: object) -> Any:
    """The pyarrow array inside a pandas extension array; None if there is none."""
    held = attribute(values, "_pa_array")
    return None if held is MISSING else held


def length_of_index(index: object) -> int | None:
    """How many labels an index has."""
    data = index_data(index)
    if type(data) is range:
        return len(data)
    plain = values_array(data)
    if plain is not None:
        return int(plain.shape[0])
    arrow = arrow_of(data)
    if arrow is not None:
        return arrow_length(arrow)
    codes = attribute(index, "_codes")  # a MultiIndex
    first = next(iter(_frozen(codes)), None)
    plain = as_array(first)
    return int(plain.shape[0]) if plain is not None else None


def _frozen(value: Any) -> list[Any]:
    return list(list.__iter__(value)) if is_a(value, list) else []


def pandas_shape(value: object) -> tuple[int, ...] | None:
    """Rows and columns of a frame, rows of a series or index."""
    if pandas_kind(value) == "index":
        count = length_of_index(value)
        return None if count is None else (count,)
    axes = axes_of(manager_of(value))
    lengths = [length_of_index(axis) for axis in reversed(axes)]
    if not lengths or None in lengths:
        return None
    return tuple(length for length in lengths if length is not None)


def pandas_nbytes(value: object) -> int | None:
    """Bytes of a pandas value's data, its index left out; strings count as their references."""
    if pandas_kind(value) == "index":
        data = index_data(value)
        return 0 if type(data) is range else _values_nbytes(data)
    total = 0
    for values, _ in blocks_of(manager_of(value)):
        size = _values_nbytes(values)
        if size is None:
            return None
        total += size
    return total


def _values_nbytes(values: object) -> int | None:
    plain = values_array(values)
    if plain is not None:
        return int(plain.nbytes)
    arrow = arrow_of(values)
    if arrow is not None and is_arrow(arrow):
        return int(arrow.nbytes)
    parts = [as_array(attribute(values, name)) for name in ("_data", "_mask", "_codes")]
    sizes = [int(part.nbytes) for part in parts if part is not None]
    return sum(sizes) if sizes else None


def polars_kind(value: object) -> str | None:
    """``frame`` or ``series`` for exactly polars' own eager types; None for all else."""
    if type(value) is _known("polars.dataframe.frame", "DataFrame"):
        return "frame"
    if type(value) is _known("polars.series.series", "Series"):
        return "series"
    return None


def polars_shape(value: Any) -> tuple[int, ...] | None:
    """Rows and columns of a frame, length of a series."""
    held = attribute(value, "_df" if polars_kind(value) == "frame" else "_s")
    if held is MISSING:
        return None
    return tuple(held.shape()) if polars_kind(value) == "frame" else (int(held.len()),)


def polars_nbytes(value: Any) -> int | None:
    """Estimated bytes of a polars value's data."""
    held = attribute(value, "_df" if polars_kind(value) == "frame" else "_s")
    return None if held is MISSING else int(held.estimated_size())


_ARROW = ("Table", "RecordBatch", "ChunkedArray", "Array")


def is_arrow(value: object) -> bool:
    """Whether a value is a table, batch or array of pyarrow (compiled types, not subclasses)."""
    if not is_static(type(value)):
        return False
    known = (_known("pyarrow.lib", name) for name in _ARROW)
    return any(cls is not None and is_a(value, cls) for cls in known)


def arrow_length(value: Any) -> int:
    """Rows of a pyarrow value."""
    return int(value.num_rows) if has_rows(value) else len(value)


def has_rows(value: object) -> bool:
    """Whether a pyarrow value is a table or a batch."""
    kinds = (_known("pyarrow.lib", "Table"), _known("pyarrow.lib", "RecordBatch"))
    return any(type(value) is kind for kind in kinds if kind is not None)


def arrow_shape(value: Any) -> tuple[int, ...]:
    """Rows and columns, or length."""
    if has_rows(value):
        return (int(value.num_rows), int(value.num_columns))
    return (len(value),)
