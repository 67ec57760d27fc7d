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

_VERSIONS = ((3, 12), (3, 13))
"""Those whose mark this module knows."""
_MARK = 0xFFFFFFFF
"""The lower half of an immortal object's count of references."""
_ADDRESSES = 1 << 47


def make_immortal() -> None:
    """Mark the objects that there are: containers, and code with its constants."""
    if sys.version_info[:2] not in _VERSIONS or not _counts_as_known():
        return
    counts = (ctypes.c_uint32 * (_ADDRESSES // 4)).from_address(0)
    codes: list[CodeType] = []
    for each in gc.get_objects():
        counts[id(each) >> 2] = _MARK
        if type(each) is FunctionType:
            codes.append(each.__code__)
    while codes:
        code = codes.pop()
        for part in (code, code.co_consts, *code.co_consts):
            counts[id(part) >> 2] = _MARK
            if type(part) is CodeType and part is not code:
                codes.append(part)


def _counts_as_known() -> bool:
    """Whether this build keeps counts where the usual ones do, and marks None as they do."""
    if sys.maxsize < 1 << 62 or sys.byteorder != "little" or hasattr(sys, "gettotalrefcount"):
        return False
    return ctypes.c_uint64.from_address(id(None)).value == _MARK
