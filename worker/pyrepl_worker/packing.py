"""Puts the code that all sessions run side by side: writing to it then copies few pages.

Code that runs is written to: its references are counted and, from CPython 3.11 on, how often it has
met what. After an import it lies where there was room, what is used beside what is not.
"""

from __future__ import annotations

import gc
from types import CodeType, FunctionType

_POOL = 1 << 14
"""Bytes of one of CPython's pools: small objects of one size."""
_POOL_HEADER = 48
_SIZES = range(64, 513, 16)
"""Sizes of small objects, as far as bytes can have them."""
_EMPTY_BYTES = bytes.__basicsize__
_MOST = 4096
"""Holes of one size that there may be: with more, there are no pools (PYTHONMALLOC=malloc)."""

_kept: list[object] = []
"""What keeps room taken: in a hole, new objects would lie beside old ones again."""


def pack(codes: set[CodeType]) -> None:
    """Give functions that have some of these codes a copy of it, all copies side by side."""
    _kept.append(codes)
    gc.collect()
    _kept.append(_filling())
    for each in gc.get_objects():
        if type(each) is FunctionType and each.__code__ in codes:
            each.__code__ = _copy(each.__code__, codes)
    gc.freeze()  # whoever collects next need not look through all this again


def _copy(code: CodeType, codes: set[CodeType]) -> CodeType:
    """A copy of a code, and of those within it that are among `codes`."""
    constants = tuple(
        _copy(each, codes) if type(each) is CodeType and each in codes else each
        for each in code.co_consts
    )
    return code.replace(co_consts=constants)


def _filling() -> list[bytes]:
    """Objects that fill the holes between small objects; none where memory is no pools."""
    filling = []
    for size in _SIZES:
        before = 0
        for _ in range(_MOST):
            filling.append(bytes(size - _EMPTY_BYTES))
            now = id(filling[-1])
            if now % _POOL == _POOL_HEADER + size and before == now - size:
                break  # the first two of a pool, one after the other: the pool is new
            before = now
        else:
            return []
    return filling
