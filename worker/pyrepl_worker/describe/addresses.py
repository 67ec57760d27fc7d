"""The identities of all items of a list at once, read as the interpreter keeps them.

A list holds the addresses of its items side by side, and an identity is an address. Copying them
takes a nanosecond an item, where `id` takes thirty; and nobody is asked. Only the layout of the
standard build is read like this: it is tried when this is imported, and where it is not as
expected, `id` is called.
"""

from __future__ import annotations

import sys
from array import array
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_WORD = 8
_ITEMS_AT = 24
"""Where in a list the address of its items is: after count of references, type and length."""
_LIST_SIZE = 40
_OBJECT_SIZE = 16
_TOO_MANY = (1 << 31) // _WORD


def _one_by_one(items: list[Any]) -> array[int]:
    return array("Q", map(id, items))


def _reader() -> Callable[[list[Any]], array[int]]:
    """The quick way where the interpreter is built as expected, else the slow one."""
    as_expected = (
        sys.implementation.name == "cpython"
        and list.__basicsize__ == _LIST_SIZE
        and object.__basicsize__ == _OBJECT_SIZE
        and array("Q").itemsize == _WORD
    )
    if not as_expected:
        return _one_by_one
    try:
        import ctypes
    except ImportError:  # an interpreter built without it
        return _one_by_one
    at, copy = ctypes.c_size_t.from_address, ctypes.string_at

    def read(items: list[Any]) -> array[int]:
        count = len(items)
        if not 0 < count < _TOO_MANY:
            return _one_by_one(items)
        return array("Q", copy(at(id(items) + _ITEMS_AT).value, count * _WORD))

    probe: list[Any] = [object(), None, 7, "text", object]
    return read if read(probe) == _one_by_one(probe) else _one_by_one


addresses: Callable[[list[Any]], array[int]] = _reader()
"""The identity of each item of a list that nobody else changes meanwhile."""
