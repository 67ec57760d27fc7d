"""The elements of two arrays' pieces beside each other."""

from __future__ import annotations

from typing import Any

from pyrepl_worker.describe import libraries, tensors
from pyrepl_worker.describe.static import loaded
from pyrepl_worker.describe.summaries import summary

from . import tables

_FIRST = 10


def piece(value: Any, number: int) -> bytes:
    """The bytes of an array's n-th piece."""
    array = libraries.array_in(value)
    count = tables.per_piece(array)
    return bytes(tables.piece_bytes(array.reshape(-1), number * count, count))


def compare_piece(value: Any, number: int, data: bytes, tolerance: float) -> dict[str, Any]:
    """Compare the other side's piece (`data`, on the left) with ours.

    Returns:
        ``count`` of elements that differ, ``first`` (flat index, left, right), and the largest
        ``absolute`` and ``relative`` deviation, or None for what has none.
    """
    numpy_asarray = loaded("numpy", "frombuffer")
    array = libraries.array_in(value)
    size = tables.per_piece(array)
    begin = number * size
    right = array.reshape(-1)[begin : begin + size]
    left = numpy_asarray(data, dtype=array.dtype)
    if tensors.is_tensor(value):
        left, right = (tensors.meant(value, each) for each in (left, right))
    differs = _differing(left, right)
    absolute = relative = None
    if left.dtype.kind in "iufc" and differs.any():
        wide = "c16" if left.dtype.kind == "c" else "f8"
        a, b = left[differs].astype(wide), right[differs].astype(wide)
        gap = abs(a - b)
        if tolerance > 0:
            far = ~(gap <= tolerance)
            differs[differs] = far
            a, b, gap = a[far], b[far], gap[far]
        absolute, relative = _deviation(a, b, gap)
    places = differs.nonzero()[0][:_FIRST].tolist()
    pairs = zip(left[places].tolist(), right[places].tolist(), strict=True)
    return {
        "count": int(differs.sum()),
        "first": [
            [begin + at, summary(a), summary(b)] for at, (a, b) in zip(places, pairs, strict=True)
        ],
        "absolute": absolute,
        "relative": relative,
    }


def _differing(left: Any, right: Any) -> Any:
    differs = left != right
    if left.dtype.kind in "fc":
        differs &= (left == left) | (right == right)  # noqa: PLR0124 - NaN equals NaN here
    if left.dtype.kind == "f":
        sign = loaded("numpy", "signbit")
        differs |= (left == 0) & (right == 0) & (sign(left) != sign(right))
    return differs


def _deviation(left: Any, right: Any, gap: Any) -> tuple[float | None, float | None]:
    """Largest deviations; what is infinite or NaN on one side has none that means anything."""
    known = gap == gap  # noqa: PLR0124 - not NaN
    if not known.any():
        return None, None
    gap, left, right = gap[known], abs(left[known]), abs(right[known])
    larger = loaded("numpy", "maximum")(left, right)
    larger[larger == 0] = 1
    return float(gap.max()), float((gap / larger).max())
