"""Plain data, readable without unpickling: JSON for what is small and simple, else msgpack.

Either is used only if what comes back is exactly what went in.
"""

from __future__ import annotations

import json
from typing import Any

import msgpack

SMALL = 2048
"""Longest JSON, in characters, that lies within the manifest."""
LARGE = 1024 * 1024
"""Longest pickle, in bytes, of containers that are tried as msgpack."""

ATOMS = frozenset({int, float, bool, str, type(None)})
PLAIN = frozenset(
    {*ATOMS, complex, bytes, bytearray, list, tuple, dict, set, frozenset, range, slice}
)
_TUPLE, _SET, _FROZENSET, _COMPLEX, _INTEGER, _BYTEARRAY = range(1, 7)
_RANGE, _SLICE, _ELLIPSIS = range(7, 10)


class NotPlain(Exception):
    """Something that neither form can hold."""


def to_json(value: Any) -> Any:
    """What stands for a value in JSON.

    Raises:
        NotPlain: if JSON would not give back the same, or much.
    """
    if not _is_json(value, 8):
        raise NotPlain
    text = json.dumps(value)
    if len(text) > SMALL:
        raise NotPlain
    return value


def _is_json(value: Any, depth: int) -> bool:
    kind = type(value)
    if kind is float:
        return bool(value - value == 0)  # no infinity, no nan
    if kind is int:
        return bool(-(2**53) <= value <= 2**53)
    if kind in ATOMS:
        return True
    if depth == 0:
        return False
    if kind is list:
        return all(_is_json(each, depth - 1) for each in value)
    if kind is dict:
        return all(type(key) is str and _is_json(each, depth - 1) for key, each in value.items())
    return False


def to_msgpack(value: Any) -> bytes:
    """A value as msgpack.

    Raises:
        NotPlain: if it holds anything but plain data.
    """
    try:
        packed: bytes = msgpack.packb(
            value, default=_extend, strict_types=True, unicode_errors="surrogatepass"
        )
    except NotPlain:
        raise
    except Exception as error:  # nested too deeply, keys of a strange kind, too large
        raise NotPlain from error
    return packed


def from_msgpack(data: bytes | bytearray) -> Any:
    """The value that `to_msgpack` was given."""
    return msgpack.unpackb(
        data,
        ext_hook=_shrink,
        strict_map_key=False,
        unicode_errors="surrogatepass",
        max_ext_len=len(data),
        max_bin_len=len(data),
        max_str_len=len(data),
    )


def _extend(value: Any) -> msgpack.ExtType:
    kind = type(value)
    if kind in _ITEMS:
        return msgpack.ExtType(_ITEMS[kind], to_msgpack(list(value)))
    if kind is complex:
        return msgpack.ExtType(_COMPLEX, to_msgpack([value.real, value.imag]))
    if kind is int:
        size = value.bit_length() // 8 + 1
        return msgpack.ExtType(_INTEGER, value.to_bytes(size, "big", signed=True))
    if kind is bytearray:
        return msgpack.ExtType(_BYTEARRAY, bytes(value))
    if kind is range or kind is slice:
        code = _RANGE if kind is range else _SLICE
        return msgpack.ExtType(code, to_msgpack([value.start, value.stop, value.step]))
    if value is ...:
        return msgpack.ExtType(_ELLIPSIS, b"")
    raise NotPlain(kind.__name__)


_ITEMS: dict[type, int] = {tuple: _TUPLE, set: _SET, frozenset: _FROZENSET}
_KINDS: dict[int, Any] = {code: kind for kind, code in _ITEMS.items()}


def _shrink(code: int, data: bytes) -> Any:
    if code in _KINDS:
        return _KINDS[code](from_msgpack(data))
    if code == _COMPLEX:
        return complex(*from_msgpack(data))
    if code == _INTEGER:
        return int.from_bytes(data, "big", signed=True)
    if code == _BYTEARRAY:
        return bytearray(data)
    if code in (_RANGE, _SLICE):
        return (range if code == _RANGE else slice)(*from_msgpack(data))
    return ...
