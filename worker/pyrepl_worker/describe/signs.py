"""Cheap signs by which a container is told to be as it was: its length and its first items."""

from __future__ import annotations

import operator
from typing import Any

from .summaries import first_items

SHOWN = 12
"""Items that are looked at; a summary shows as many."""
TEXTS = frozenset(map(id, (str, bytes)))
_HELD_TEXT = 512
"""Longest text that is held."""
_ENDS = 40
_SCALARS = frozenset(map(id, (int, float, complex, bool, type(None), type(...), range)))


def is_held(value: Any) -> bool:
    """Whether a value is a small scalar, which is safe to hold and to compare."""
    kind = id(type(value))
    return kind in _SCALARS or (kind in TEXTS and len(value) <= _HELD_TEXT)


def sign_of(value: Any) -> tuple[Any, ...] | None:
    """Length and first items of a container, if all of these are small scalars; else None."""
    kind = id(type(value))
    if kind in TEXTS or type(value) is bytearray:
        return (len(value), (value[:_ENDS], value[-_ENDS:]))
    try:
        first = first_items(value, SHOWN)
    except RuntimeError:
        return None
    items = first
    if type(value) is dict:
        items = [each for pair in first for each in pair]
    if not all(map(is_held, items)):
        return None
    if type(value) is dict:
        return (len(value), dict, dict(first))
    return (len(value), type(value), first)


def same_sign(sign: Any, value: Any) -> bool:
    """Whether a container still is as its sign says."""
    if len(value) != sign[0]:
        return False
    if len(sign) == 2:
        return bool(value[:_ENDS] == sign[1][0] and value[-_ENDS:] == sign[1][1])
    _, kind, held = sign
    if type(value) is not kind:
        return False
    try:
        if kind is list or kind is tuple:
            return all(map(operator.is_, held, value[:SHOWN]))
        if kind is dict:
            keys = all(map(operator.is_, held, value))
            return keys and all(map(operator.is_, held.values(), value.values()))
        return all(map(operator.is_, held, value))
    except RuntimeError:  # it changes while we look
        return False
