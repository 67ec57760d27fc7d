"""How far two lists of names are the same, found in C, block by block."""

from __future__ import annotations

from typing import Any

_BLOCK = 512


def common_head(old: list[Any], new: list[Any]) -> int:
    """How many names at the beginning are the same. All are plain strings, or None."""
    count = min(len(old), len(new))
    for begin in range(0, count, _BLOCK):
        end = min(begin + _BLOCK, count)
        if old[begin:end] != new[begin:end]:
            return next(at for at in range(begin, end) if old[at] != new[at])
    return count


def common_tail(old: list[Any], new: list[Any], head: int) -> int:
    """How many names at the end are the same, apart from the common beginning."""
    most = min(len(old), len(new)) - head
    same = 0
    while same < most:
        step = min(_BLOCK, most - same)
        a = old[len(old) - same - step : len(old) - same]
        b = new[len(new) - same - step : len(new) - same]
        if a != b:
            pairs = enumerate(zip(reversed(a), reversed(b), strict=True))
            return same + next(at for at, pair in pairs if pair[0] != pair[1])
        same += step
    return same
