"""What a nursery has made is never freed, so its forks need not count who refers to it.

Counting writes to the object, and a write copies the page that the fork shares with the nursery: to
run code at all would copy most of them. CPython from 3.12 on leaves the count of objects alone that
are marked immortal; before that there are none.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from types import CodeType, FunctionType

_MARKS = {
    (3, 12): 0xFFFFFFFF,
    (3, 13): 0xFFFFFFFF,
    (3, 14): 0xC0000000,
    (3, 15): 0xC0000000,
}
"""The lower half of an immortal object's count of references; the upper one has other uses."""
_ADDRESSES = 1 << 47


def make_immortal() -> None:
    """Mark the objects that there are: containers, and code with its constants."""
    mark = _MARKS.get(sys.version_info[:2])
    if mark is None or not _counts_as_known(mark):
        return
    counts = (ctypes.c_uint32 * (_ADDRESSES // 4)).from_address(0)
    codes: list[CodeType] = []
    for each in gc.get_objects():
        counts[id(each) >> 2] = mark
        if type(each) is FunctionType:
            codes.append(each.__code__)
    while codes:
        code = codes.pop()
        for part in (code, code.co_consts, *code.co_consts):
            counts[id(part) >> 2] = mark
            if type(part) is CodeType and part is not code:
                codes.append(part)


def _counts_as_known(mark: int) -> bool:
    """Whether this build keeps counts where the usual ones do, and marks None as they do."""
    if sys.maxsize < 1 << 62 or sys.byteorder != "little" or hasattr(sys, "gettotalrefcount"):
        return False
    return ctypes.c_uint32.from_address(id(None)).value == mark
