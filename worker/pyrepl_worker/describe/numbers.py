"""Values as plain numbers: arrays, columns, lists; and what a plot of them needs.

Only exact types are read: an array of a subclass as the plain array it also is, items of a list
only if they are plain numbers.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

from . import libraries, tensors
from .paths import NothingThere
from .static import MISSING, attribute, is_a, loaded
from .summaries import first_items

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_CHUNK = 1 << 16
_MOST_ITEMS = 1_000_000
"""Items of a list that are looked at."""
_NUMBERS = (int, float, bool)


def array_of(value: Any) -> Any:
    """The one-dimensional numpy array of numbers that a value holds, in place; None if none."""
    if libraries.pandas_kind(value) == "series":
        value = libraries.blocks_of(libraries.manager_of(value))[0][0]
    elif libraries.pandas_kind(value) == "index":
        value = libraries.index_data(value)
    elif libraries.polars_kind(value) == "series":
        value = value.to_numpy()
    elif libraries.is_arrow(value) and hasattr(value, "to_numpy"):
        value = value.to_numpy() if hasattr(value, "chunks") else value.to_numpy(False)
    array = libraries.values_array(value)
    if array is None:
        array = libraries.as_array(attribute(value, "_data"))
    if tensors.is_tensor(value):
        array = tensors.shown_in(value, 0, sys.maxsize)
    if array is None or array.dtype.kind not in "biuf" or not array.size:
        return None
    if array.ndim != 1 and not array.flags.c_contiguous:
        array = array.copy()
    return array.reshape(-1)


def list_of(value: Any) -> list[float] | None:
    """The plain numbers in a list, tuple or range; None if anything else is in it."""
    if type(value) is range:
        return [float(item) for item in value[:_MOST_ITEMS]]
    if not any(is_a(value, kind) for kind in (list, tuple)):
        return None
    items = first_items(value, _MOST_ITEMS)
    if not items or not all(any(type(item) is kind for kind in _NUMBERS) for item in items):
        return None
    try:
        return [float(item) for item in items]
    except OverflowError:
        return None


def sketch(value: Any, buckets: int) -> Iterator[dict[str, Any] | None]:
    """What a line and a histogram of a value need, in slices of time.

    Yields:
        None between slices; at last ``count``, ``missing``, ``low``, ``high``, ``mean``,
        ``series`` (lowest and highest number of each bucket of positions, None for an empty one)
        and ``histogram`` (numbers in each of as many steps from lowest to highest).

    Raises:
        NothingThere: if it holds no numbers.
    """
    array = array_of(value)
    numbers = None if array is not None else list_of(value)
    if array is None and not numbers:
        raise NothingThere("there are no numbers to draw in it")
    held: Any = numbers if array is None else array
    pieces = _of_list if array is None else _of_array
    count = len(held)
    buckets = max(1, min(buckets, count))
    series: list[list[float] | None] = []
    missing, total = 0, 0.0
    for at in range(buckets):
        low = high = math.nan
        for begin in range(count * at // buckets, count * (at + 1) // buckets, _CHUNK):
            end = min(begin + _CHUNK, count * (at + 1) // buckets)
            least, most, added, absent = pieces(held, begin, end)
            low = least if not low <= least else low
            high = most if not high >= most else high
            total, missing = total + added, missing + absent
            if end - begin > _CHUNK // 2:
                yield None
        series.append(None if math.isnan(low) else [low, high])
        if at % 8 == 0:
            yield None
    seen = [each for each in series if each is not None]
    answer: dict[str, Any] = {"count": count, "missing": missing, "series": series}
    if not seen:
        raise NothingThere("all of it is missing")
    low, high = min(each[0] for each in seen), max(each[1] for each in seen)
    answer.update(low=low, high=high, mean=total / max(1, count - missing))
    answer["histogram"] = yield from _histogram(held, low, high, min(buckets, 60))
    yield answer


def _of_array(array: Any, begin: int, end: int) -> tuple[float, float, float, int]:
    """Lowest, highest, sum and number of missing ones of a part."""
    part = array[begin:end]
    if part.dtype.kind == "f":
        kept = part[(part - part) == 0]  # neither NaN nor infinite
        if not kept.size:
            return math.nan, math.nan, 0.0, end - begin
        absent = end - begin - int(kept.size)
        return float(kept.min()), float(kept.max()), float(kept.sum(dtype="f8")), absent
    return float(part.min()), float(part.max()), float(part.sum(dtype="f8")), 0


def _of_list(numbers: list[float], begin: int, end: int) -> tuple[float, float, float, int]:
    kept = list(filter(math.isfinite, numbers[begin:end]))
    if not kept:
        return math.nan, math.nan, 0.0, end - begin
    return min(kept), max(kept), math.fsum(kept), end - begin - len(kept)


def _histogram(held: Any, low: float, high: float, steps: int) -> Generator[None, None, list[int]]:
    """How many numbers lie in each step."""
    found = [0] * steps
    scale = steps / (high - low) if high > low else 0.0
    if not math.isfinite(scale) or not math.isfinite(high - low):
        scale = 0.0  # they lie too close together, or too far apart, to be told apart
    bincount = MISSING if type(held) is list else loaded("numpy", "bincount")
    for begin in range(0, len(held), _CHUNK):
        part = held[begin : begin + _CHUNK]
        if bincount is MISSING:
            for number in filter(math.isfinite, map(float, part)):
                found[min(steps - 1, int((number - low) * scale))] += 1
        else:
            part = part.astype("f8")
            kept = part[(part - part) == 0]
            places = ((kept - low) * scale).astype("i8")
            places[places >= steps] = steps - 1
            for at, number in enumerate(bincount(places, minlength=steps).tolist()):
                found[at] += number
        yield None
    return found
