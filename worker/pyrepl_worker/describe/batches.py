"""Rows of many values at once: most of a namespace is made of few types, and of small values.

Values of one type are described together, column by column, by the interpreter's own C code: small
scalars, and small builtin containers of these, are written by its repr, which runs no user code for
exactly these types once each item is known to be one. What a function here cannot tell of all of
its values is tried in halves; what is left goes the long way (`summaries.facts`), to the same row.
"""

from __future__ import annotations

import itertools
import sys
import types
import weakref
from collections import defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from .addresses import addresses
from .summaries import CODE, DATA, function_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_LARGEST = 1 << 200
_TEXT = 40
"""Longest text whose repr is written whole, whatever characters are in it."""
_ITEMS = 12
_MOST = 250
"""Values that are described without looking at the clock."""
_SUMMARY = 120
_flat = itertools.chain.from_iterable
_FUNCTION = [sys.getsizeof(lambda: None)]
_SCALARS = frozenset(map(id, (float, bool, type(None))))


class Batch(NamedTuple):
    """What is told of values of one type; a list has one item for each value."""

    type: str
    kind: str
    lengths: list[Any] | None
    """None: they have none."""
    sizes: list[Any]
    """With one item only: all are of that size."""
    summaries: list[str]
    held: list[Any]
    """Of each value what tells it from another one at the same address: itself, or a weak reference
    to it; or a copy of what it holds, if it may change in place."""
    open: Any = None
    """Their type, if the values are containers that may change in place."""
    shape: str = ""


class _Size:
    """Sizes of values of one type, as `sys.getsizeof` tells, which is slower."""

    def __init__(self, sample: Any) -> None:
        self._own: Callable[[Any], int] = vars(type(sample)).get("__sizeof__", object.__sizeof__)
        self._more = (sys.getsizeof(sample) - self._own(sample)).__add__
        """The collector's part."""

    def of(self, values: list[Any]) -> list[int]:
        return list(map(self._more, map(self._own, values)))


_SAMPLES: tuple[Any, ...] = (0, "", b"", [], (), set(), frozenset(), {})
_SIZES = {id(type(each)): _Size(each) for each in _SAMPLES}


def _sizes(values: list[Any]) -> list[int]:
    return _SIZES[id(type(values[0]))].of(values)


def _integers(values: list[Any], bury: Any) -> Batch | None:
    if min(values) > -_LARGEST and max(values) < _LARGEST:
        return Batch("int", DATA, None, _sizes(values), list(map(repr, values)), values)
    return None


def _fixed(sample: Any) -> Any:
    """Of types whose values all have one size."""
    name, sizes = type(sample).__name__, [sys.getsizeof(sample)]

    def describe(values: list[Any], bury: Any) -> Batch:
        return Batch(name, DATA, None, sizes, list(map(repr, values)), values)

    return describe


def _flags(values: list[Any], bury: Any) -> Batch:
    return Batch(
        "bool", DATA, None, list(map(sys.getsizeof, values)), list(map(repr, values)), values
    )


def _texts(values: list[Any], bury: Any) -> Batch | None:
    lengths = list(map(len, values))
    if max(lengths) > _TEXT:
        return None
    told = list(map(repr, values))
    if max(map(len, told)) > _SUMMARY:
        told = [text[:_SUMMARY] for text in told]
    return Batch(type(values[0]).__name__, DATA, lengths, _sizes(values), told, values)


def are_small(items: Iterable[Any]) -> bool:
    """Whether all items are scalars whose repr is short and calls nobody."""
    for item in items:
        kind = type(item)
        if kind is int:
            if not -_LARGEST < item < _LARGEST:
                return False
        elif kind is str or kind is bytes:
            if len(item) > _TEXT:
                return False
        elif id(kind) not in _SCALARS:
            return False
    return True


def _copied(values: Iterable[Any]) -> tuple[list[list[Any]], list[int]] | None:
    """What small containers hold now, of which no other thread knows; and how much each does."""
    try:
        held = list(map(list, values))
    except RuntimeError:  # one changes while we look
        return None
    lengths = list(map(len, held))
    return (held, lengths) if max(lengths) <= _ITEMS and are_small(_flat(held)) else None


def _containers(
    kind: type, values: list[Any], texts: Iterable[str], lengths: list[int], held: list[Any]
) -> Batch | None:
    told = list(texts)
    if max(map(len, told)) > _SUMMARY:
        return None
    sizes = _sizes(values)
    if kind is list or kind is dict or kind is set:
        return Batch(kind.__name__, DATA, lengths, sizes, told, held, kind)
    return Batch(kind.__name__, DATA, lengths, sizes, told, values)


def _lists(values: list[Any], bury: Any) -> Batch | None:
    if max(map(len, values)) > _ITEMS:
        return None
    copied = _copied(values)
    if copied is None:
        return None
    held, lengths = copied
    return _containers(list, values, map(repr, held), lengths, held)


def _tuples(values: list[Any], bury: Any) -> Batch | None:
    lengths = list(map(len, values))
    if max(lengths) > _ITEMS or not are_small(_flat(values)):
        return None
    return _containers(tuple, values, map(repr, values), lengths, values)


def _sets(values: list[Any], bury: Any) -> Batch | None:
    if max(map(len, values)) > _ITEMS:
        return None
    copied = _copied(values)
    if copied is None or not min(copied[1]):
        return None
    held, lengths = copied
    kind = type(values[0])
    before, after = ("{", "}") if kind is set else ("frozenset({", "})")
    texts = [f"{before}{text[1:-1]}{after}" for text in map(repr, held)]
    return _containers(kind, values, texts, lengths, held)


def _dicts(values: list[Any], bury: Any) -> Batch | None:
    lengths = list(map(len, values))
    if max(lengths) > _ITEMS:
        return None
    try:
        keys = list(_flat(values))
        if not are_small(keys):  # before they are copied: that may compare keys
            return None
        held = list(map(dict.copy, values))
    except RuntimeError:  # one changes while we look
        return None
    if addresses(list(_flat(held))) != addresses(keys):
        return None
    if not are_small(_flat(map(dict.values, held))):
        return None
    return _containers(dict, values, map(repr, held), lengths, held)


def _functions(values: list[Any], bury: Any) -> Batch | None:
    followed = list(map(weakref.ref, values, itertools.repeat(bury)))
    texts = list(map(function_text, values))
    return Batch("function", CODE, None, _FUNCTION, texts, followed)


_DESCRIBE: dict[int, Any] = {
    id(int): _integers,
    id(float): _fixed(0.0),
    id(bool): _flags,
    id(type(None)): _fixed(None),
    id(str): _texts,
    id(bytes): _texts,
    id(list): _lists,
    id(tuple): _tuples,
    id(set): _sets,
    id(frozenset): _sets,
    id(dict): _dicts,
    id(types.FunctionType): _functions,
}
"""By identity of a type: what describes some of its values, or gives None."""


def pick(items: list[Any], places: list[int]) -> list[Any]:
    """Items at some places."""
    return list(itemgetter(*places)(items)) if len(places) > 1 else [items[at] for at in places]


def of_one_type(values: list[Any]) -> list[list[int]]:
    """Positions of values of one type, some hundred together."""
    kinds = addresses(list(map(type, values)))
    groups: defaultdict[int, list[int]] = defaultdict(list)
    if kinds and kinds == kinds[:1] * len(kinds):
        groups[0] = list(range(len(kinds)))
    else:
        for at, kind in enumerate(kinds):
            groups[kind].append(at)
    return [
        places[begin : begin + _MOST]
        for places in groups.values() for begin in range(0, len(places), _MOST)
    ]  # fmt: skip


def describe_alike(
    values: list[Any], places: list[int], bury: Any
) -> Iterator[tuple[list[int], Batch | None]]:
    """Positions of values that are told together, and what is told; None: only the long way can.

    Args:
        values: of any types.
        places: positions of some of one type.
        bury: called with each weak reference whose value has ended.
    """
    describe = _DESCRIBE.get(id(type(values[places[0]])))
    if describe is None:
        yield places, None
        return
    some = values if len(places) == len(values) else pick(values, places)
    told = describe(some, bury)
    if told is not None or len(places) == 1:
        yield places, told
        return
    half = len(places) // 2
    yield from describe_alike(values, places[:half], bury)
    yield from describe_alike(values, places[half:], bury)
