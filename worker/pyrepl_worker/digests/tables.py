"""Digests of arrays and frames: arrays by pieces, so that what differs can be found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyrepl_worker.describe import columns, libraries, tensors
from pyrepl_worker.describe.static import MISSING, attribute

from .hashing import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .digester import Digester
    from .hashing import Digested

PIECE = 1 << 20
"""Bytes of an array that have a digest of their own."""
_ROWS = 1 << 14


def is_table(value: Any) -> bool:
    """Whether a value is an array, frame, series or index of a known library."""
    return (
        libraries.array_in(value) is not None
        or libraries.is_numpy_scalar(value)
        or libraries.pandas_kind(value) is not None
        or libraries.polars_kind(value) is not None
        or libraries.is_arrow(value)
        or _is_extension(value)
    )


def _is_extension(value: Any) -> bool:
    arrow = libraries.arrow_of(value)
    return (
        (arrow is not None and libraries.is_arrow(arrow))
        or libraries.values_array(value) is not None
        or libraries.as_array(attribute(value, "_mask")) is not None
    )


def encode(digester: Digester, value: Any) -> bytes:
    """Encode a table by its content."""
    array = libraries.array_in(value)
    if array is not None:
        more = tensors.dtype_of(value) if tensors.is_tensor(value) else ""
        return more.encode() + _array(digester, array)
    if libraries.is_numpy_scalar(value):
        return bytes(value.dtype.str.encode() + value.tobytes())
    if libraries.pandas_kind(value) or libraries.polars_kind(value) or _has_columns(value):
        return digester.sequence([part for _, part in parts_of(value)])
    if libraries.is_arrow(value):
        return str(value.type).encode() + digester.sequence(list(_listed(value)))
    return _extension(digester, value)


def _has_columns(value: Any) -> bool:
    return libraries.is_arrow(value) and hasattr(value, "column_names")


def _listed(value: Any) -> Iterator[Any]:
    for begin in range(0, len(value), _ROWS):
        yield from value.slice(begin, _ROWS).to_pylist()


def _array(digester: Digester, array: Any) -> bytes:
    head = f"{array.dtype.str}{array.dtype if array.dtype.names else ''}{tuple(array.shape)}"
    if array.dtype.hasobject or array.dtype.kind == "T":
        return head.encode() + digester.sequence(array.ravel().tolist())
    return head.encode() + b"".join(pieces(array, digester.digested))


def per_piece(array: Any) -> int:
    """Elements of one piece."""
    return max(1, PIECE // max(1, int(array.dtype.itemsize)))


def pieces(array: Any, digested: Digested) -> list[bytes]:
    """Digests of an array's pieces, in C order."""
    found = digested.get(array)
    if found is None:
        flat = array.reshape(-1)
        count = per_piece(array)
        starts = range(0, int(flat.shape[0]), count)
        found = [fingerprint(piece_bytes(flat, begin, count)) for begin in starts]
        digested.put(array, found)
    return found


def piece_bytes(flat: Any, begin: int, count: int) -> Any:
    """The bytes of some elements of a one-dimensional array, without a copy where it can be."""
    part = flat[begin : begin + count]
    if not part.flags.c_contiguous:
        part = part.copy()
    return part.view("u1").data if part.dtype.itemsize else b""


def _extension(digester: Digester, value: Any) -> bytes:
    name = columns.dtype_name(value).encode()
    arrow = libraries.arrow_of(value)
    if arrow is not None:
        return name + digester.sequence(list(_listed(arrow)))
    plain = libraries.values_array(value)
    if plain is not None:
        dtype = attribute(value, "_dtype")
        more = attribute(dtype, "_categories") if dtype is not MISSING else MISSING
        return name + digester.sequence([plain, None if more is MISSING else more])
    data, mask = attribute(value, "_data"), attribute(value, "_mask")
    plain, hidden = libraries.as_array(data), libraries.as_array(mask)
    if plain is not None and hidden is not None:
        plain = plain.copy()
        plain[hidden] = plain.dtype.type(0)  # whatever lies under a missing value
    return name + digester.sequence([plain, hidden])


def parts_of(value: Any) -> list[tuple[str, Any]]:
    """What a frame, series or index is made of, by name: index, labels, columns."""
    kind = libraries.pandas_kind(value)
    if kind == "index":
        return _index_parts(value)
    if kind is not None:
        axes = libraries.axes_of(libraries.manager_of(value))
        if kind == "series":
            data = libraries.blocks_of(libraries.manager_of(value))[0][0]
            label = attribute(value, "_name")
            return [("index", axes[-1]), ("values", data), ("name", _or_none(label))]
        names = columns.names_of(value)
        held = [(name, columns.column_at(value, at)) for at, name in enumerate(names)]
        return [("columns", axes[0]), ("index", axes[-1]), *held]
    if libraries.polars_kind(value) == "series":
        return [("name", value.name), ("dtype", str(value.dtype)), ("values", value.to_list())]
    if libraries.polars_kind(value) == "frame":
        return [(name, value.get_column(name)) for name in value.columns]
    return [(name, value.column(name)) for name in value.column_names]


def _index_parts(value: Any) -> list[tuple[str, Any]]:
    data = libraries.index_data(value)
    label = _or_none(attribute(value, "_name"))
    if data is not MISSING and data is not None:
        return [("name", label), ("values", data)]
    parts = [attribute(value, name) for name in ("_levels", "_codes", "_names")]
    lists = [list(list.__iter__(part)) for part in parts if part is not MISSING]
    return [("name", label), ("levels", lists)]


def _or_none(value: Any) -> Any:
    return None if value is MISSING else value
