"""The encoding of nested builtin containers, level by level, in as few steps as can be.

Items that hold nothing but plain scalars, lists, tuples and dicts with plain string keys are told
together: what is at one depth is a row of values, of which the types, the lengths, the keys and
the scalars are written by C code, and what the containers hold is the next row. Equal content has
equal rows, whatever the order of its dicts' keys.
"""

from __future__ import annotations

import itertools
import marshal
import operator
from typing import TYPE_CHECKING, Any

from pyrepl_worker.describe.addresses import addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_DEEPEST = 32
_MOST = 1 << 16
"""Values of one row: with more, those above are told one by one."""
_CODES: dict[int, int] = {
    id(kind): code
    for code, kind in enumerate((int, float, bool, type(None), str, bytes, list, tuple, dict), 1)
}
"""By identity of a type: what stands for it."""
_FLOAT, _LIST, _TUPLE, _DICT = (_CODES[id(kind)] for kind in (float, list, tuple, dict))
_NAN = 99
_STR = {id(str)}
_flat = itertools.chain.from_iterable


def encode_tree(items: list[Any]) -> bytes | None:
    """The encoding of some items; None if they hold anything else, or too much."""
    row, parts = items, []
    for _ in range(_DEEPEST):
        try:
            codes = bytearray(map(_CODES.__getitem__, addresses(list(map(type, row)))))
        except KeyError:
            return None
        if _LIST not in codes and _TUPLE not in codes and _DICT not in codes:
            parts.append(_scalars(codes, row))
            return b"".join(parts)
        below = _below(codes, row)
        if below is None:
            return None
        told, row = below
        parts.append(told)
        if len(row) > _MOST:
            return None
    return None


def _of(codes: bytearray, row: list[Any], wanted: int) -> list[Any]:
    return list(itertools.compress(row, map(wanted.__eq__, codes)))


def _scalars(codes: bytearray, row: list[Any]) -> bytes:
    if _FLOAT in codes and any(map(operator.ne, row, row)):
        # NaN has many forms, and all are equal here
        for at, value in enumerate(row):
            if value != value:  # noqa: PLR0124
                codes[at] = _NAN
        row = [0.0 if code == _NAN else value for code, value in zip(codes, row, strict=True)]
    return bytes(codes) + marshal.dumps(row, 2)


def _below(codes: bytearray, row: list[Any]) -> tuple[bytes, list[Any]] | None:
    """What a row says itself, and the row of what its containers hold."""
    scalars = [v for code, v in zip(codes, row, strict=True) if code < _LIST]
    told = [_scalars(bytearray(c for c in codes if c < _LIST), scalars), bytes(codes)]
    below: list[Any] = []
    for code in (_LIST, _TUPLE):
        held = _of(codes, row, code)
        told.append(marshal.dumps(list(map(len, held)), 2))
        below += _flat(held)
    dicts = _of(codes, row, _DICT)
    if dicts:
        keys = list(_flat(dicts))
        if not set(addresses(list(map(type, keys)))) <= _STR:
            return None
        told.append(marshal.dumps(list(map(len, dicts)), 2))
        below += _values(dicts, told)
    return b"|".join(told), below


def _values(dicts: list[dict[str, Any]], told: list[bytes]) -> Iterable[Any]:
    """The values of dicts, each in the order of its sorted keys, which are told."""
    shapes = list(map(tuple, dicts))
    readers: dict[tuple[str, ...], Callable[[Any], Any]] = {}
    orders: dict[tuple[str, ...], int] = {}
    sorts: dict[tuple[str, ...], int] = {}
    for shape in dict.fromkeys(shapes):
        order = tuple(sorted(shape))
        # the order in which the shapes are met is that of the content, as the dicts' is
        orders[shape] = sorts.setdefault(order, len(sorts))
        readers[shape] = _reader(order)
    told.append(marshal.dumps(list(sorts), 2))
    told.append(marshal.dumps(list(map(orders.__getitem__, shapes)), 2))
    return _flat(
        reader(each) for reader, each in zip(map(readers.__getitem__, shapes), dicts, strict=True)
    )


def _reader(keys: tuple[str, ...]) -> Callable[[Any], Any]:
    if len(keys) > 1:
        return operator.itemgetter(*keys)
    return lambda each: [each[key] for key in keys]
