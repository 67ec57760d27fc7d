"""Rows of the commonest values, in as few steps as can be: most of a namespace is made of them.

Small scalars, and small builtin containers of these, are written by the interpreter's own repr,
which runs no user code for exactly these types, and each is looked at once. Whatever else there is
goes the long way (`summaries.facts`), which gives the same row.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_Facts = tuple[str, str, str, "int | None", int, str]
Quick = tuple[_Facts, "tuple[Any, ...] | None"]
"""Facts as of `summaries.facts`; and of a container its sign (see `signs`), None of a scalar."""

_LARGEST = 1 << 200
_TEXT = 40
"""Longest text whose repr is written whole, whatever characters are in it."""
_ITEMS = 12
_SUMMARY = 120
_DATA = "data"
_size = sys.getsizeof


def _integer(value: int) -> Quick | None:
    if -_LARGEST < value < _LARGEST:
        return ("int", _DATA, "", None, _size(value), repr(value)), None
    return None


def _scalar(value: Any) -> Quick | None:
    return (type(value).__name__, _DATA, "", None, _size(value), repr(value)), None


def _text(value: Any) -> Quick | None:
    count = len(value)
    if count > _TEXT:
        return None
    return (type(value).__name__, _DATA, "", count, _size(value), repr(value)[:_SUMMARY]), None


def _are_small(items: Any) -> bool:
    for item in items:
        kind = type(item)
        if kind is int:
            if not -_LARGEST < item < _LARGEST:
                return False
        elif kind is str or kind is bytes:
            if len(item) > _TEXT:
                return False
        elif kind is not float and kind is not bool and item is not None:
            return False
    return True


def _sequence(value: Any) -> Quick | None:
    count = len(value)
    if count > _ITEMS or not count:
        return None
    held = list(value)
    if len(held) != count or not _are_small(held):
        return None
    kind = type(value)
    # of what was held: the value itself may change while it is written
    text = repr(held if kind is list else kind(held))
    if len(text) > _SUMMARY:
        return None
    return (kind.__name__, _DATA, "", count, _size(value), text), (count, kind, held)


def _set(value: Any) -> Quick | None:
    count = len(value)
    if count > _ITEMS or not count:
        return None
    try:
        held = list(value)
    except RuntimeError:  # it changes while we look
        return None
    if len(held) != count or not _are_small(held):
        return None
    text = ", ".join(map(repr, held))
    if len(text) > _SUMMARY - 20:
        return None
    kind = type(value)
    text = f"{{{text}}}" if kind is set else f"frozenset({{{text}}})"
    return (kind.__name__, _DATA, "", count, _size(value), text), (count, kind, held)


def _dict(value: Any) -> Quick | None:
    count = len(value)
    if count > _ITEMS or not count:
        return None
    held: list[Any] = []
    try:
        for pair in value.items():
            held += pair
    except RuntimeError:  # it changes while we look
        return None
    if len(held) != 2 * count or not _are_small(held):
        return None
    pairs = zip(held[::2], held[1::2], strict=True)
    text = "{" + ", ".join([f"{key!r}: {item!r}" for key, item in pairs]) + "}"
    if len(text) > _SUMMARY:
        return None
    return ("dict", _DATA, "", count, _size(value), text), (count, dict, held)


QUICK: dict[int, Callable[[Any], Quick | None]] = {
    id(int): _integer,
    id(float): _scalar,
    id(bool): _scalar,
    id(type(None)): _scalar,
    id(str): _text,
    id(bytes): _text,
    id(list): _sequence,
    id(tuple): _sequence,
    id(set): _set,
    id(frozenset): _set,
    id(dict): _dict,
}
"""By identity of a type: what makes the row of its small values; None is given for all others."""
