"""Which arrays, frames and tensors have other elements than when they were last looked at.

Their memory is summed up piece by piece (CRC-32, several gigabytes a second) while no code runs,
within a budget for each look: first of all what the last run's code mentions, then the others in
turn. So a change is told at once, as long as there is no more than the budget reaches, and else a
few looks later. Not seen into: memory mapped from files, arrays over memory of somebody else's,
large views with gaps, and values of polars and pyarrow, whose buffers do not change in place.
"""

from __future__ import annotations

import zlib
from time import perf_counter
from typing import TYPE_CHECKING, Any

from . import libraries, tensors
from .static import MISSING, attribute, is_a

try:
    import ctypes

    _PIECE = ctypes.c_char * (1 << 20)
except ImportError:  # an interpreter built without it
    _PIECE = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAMED_SECONDS = 0.05
"""How long one look sums up what the last run's code mentions, and what was not yet summed up;
others have turns in between."""
SECONDS = 0.01
"""How long it sums up all else."""
_FEW = 4
"""Pieces of a small value: these come before large ones."""
_SIZE = 1 << 20
"""Bytes summed up without letting others have a turn."""
_SLICE_SECONDS = 0.0003


class _Sums:
    """What the memory of a value was summed up to."""

    __slots__ = ("at", "layout", "sums", "value_id")

    def __init__(self, value_id: int) -> None:
        self.value_id = value_id
        self.layout: list[Any] | None = None
        """How long its buffers are, and which labels a frame has; None: not looked at yet."""
        self.sums: list[int | None] = []
        """Of each piece; None: not yet."""
        self.at = 0
        """The piece to go on with."""

    def take(self, layout: list[Any], pieces: int) -> bool:
        """Note how the value is made up. Returns whether it was made up otherwise before."""
        if layout == self.layout:
            return False
        was, self.layout = self.layout, layout
        self.sums, self.at = [None] * pieces, 0
        return was is not None

    def put(self, total: int) -> bool:
        """Note the next piece's sum. Returns whether it was another one before."""
        was, self.sums[self.at] = self.sums[self.at], total
        self.at = (self.at + 1) % len(self.sums)
        return was is not None and was != total


class Contents:
    """All values of a namespace that are seen into."""

    def __init__(self) -> None:
        self._known: dict[str, _Sums] = {}
        """In the order in which they are looked at."""

    def note(self, name: str, value: Any) -> None:
        """See into a value from now on, if it is one to be seen into."""
        if not _is_seen_into(value):
            return
        known = self._known.get(name)
        if known is None or known.value_id != id(value):
            self._known[name] = _Sums(id(value))

    def look(
        self, namespace: dict[str, Any], code: str, is_idle: Callable[[], bool]
    ) -> Iterator[str | None]:
        """Sum up: yields the names of what has changed, and None between slices.

        Nothing is held from one slice to the next: numpy does not resize what somebody holds.

        Args:
            namespace: with plain names only.
            code: what ran last.
            is_idle: whether no code runs; when it does, the rest is left for later.
        """
        names = sorted(self._known, key=lambda name: len(self._known[name].sums) > _FEW)
        first = [name for name in names if name in code or None in self._known[name].sums]
        last = [name for name in names if name not in first]
        for some, seconds in ((first, NAMED_SECONDS), (last, SECONDS)):
            begin = perf_counter()
            until = begin + seconds
            for name in some:
                self._known[name] = self._known.pop(name)  # the next look begins with others
                left = -1
                while left and begin < until:
                    left, changed = self._sum_up(name, namespace, left)
                    if changed:
                        yield name
                    if left or perf_counter() - begin > _SLICE_SECONDS:
                        yield None
                        if not is_idle():
                            return
                        begin = perf_counter()

    def _sum_up(self, name: str, namespace: dict[str, Any], left: int) -> tuple[int, bool]:
        """Sum up some pieces of a value, of which so many are left; -1: all.

        Returns how many are left then, and whether one of them has changed.
        """
        value, known = namespace.get(name, MISSING), self._known[name]
        if id(value) != known.value_id or not _is_seen_into(value):
            del self._known[name]
            return 0, False
        layout, buffers = _made_up(value)
        counts = [-(-each.nbytes // _SIZE) for each in buffers]
        changed = known.take(layout, sum(counts))
        left = len(known.sums) if left < 0 or changed else left
        until = perf_counter() + _SLICE_SECONDS / 2
        while left:
            which, at = 0, known.at
            while at >= counts[which]:
                which, at = which + 1, at - counts[which]
            changed = known.put(_sum(buffers[which], at * _SIZE)) or changed
            left -= 1
            if perf_counter() > until:
                break
        return left, changed


def _is_seen_into(value: Any) -> bool:
    if _PIECE is None:
        return False
    return (
        libraries.as_array(value) is not None
        or libraries.pandas_kind(value) in ("frame", "series")
        or tensors.is_tensor(value)
    )


def _made_up(value: Any) -> tuple[list[Any], list[Any]]:
    """What tells a value's make-up, and the numpy arrays of its elements that can be summed up."""
    layout: list[Any] = []
    arrays: list[Any] = [libraries.array_in(value)]
    if arrays[0] is None and libraries.pandas_kind(value) is not None:
        manager = libraries.manager_of(value)
        layout += map(id, libraries.axes_of(manager))
        arrays = []
        for values, places in libraries.blocks_of(manager):
            layout.append(tuple(places))
            arrow = libraries.arrow_of(values)
            if arrow is not None:  # its buffers do not change: another one takes its place
                layout.append(id(arrow))
            plain = libraries.values_array(values)
            parts = (_part(values, name) for name in ("_data", "_mask"))
            arrays += [plain] if plain is not None else parts
    is_ours = tensors.is_tensor(value)
    found = [each for each in arrays if each is not None and _can_sum_up(each, is_ours)]
    return [*layout, *((each.nbytes, each.dtype.str) for each in found)], found


def _part(values: Any, name: str) -> Any:
    """An array within one of pandas' own extension arrays; None if there is none."""
    return libraries.as_array(attribute(values, name))


def _can_sum_up(array: Any, is_ours: bool) -> bool:
    """Whether reading an array's memory waits for nobody: it is the process's own, in one piece."""
    if array.nbytes == 0 or not array.flags.forc:
        return bool(0 < array.nbytes <= _SIZE)  # a view with gaps is copied
    if is_ours:
        return True
    plain, root = libraries.ndarray(), array
    base = plain.base.__get__(root)
    while base is not None and is_a(base, plain):
        root, base = base, plain.base.__get__(base)
    return bool(plain.flags.__get__(root).owndata)


def _sum(array: Any, begin: int) -> int:
    """Of a piece of an array's memory."""
    if not array.flags.forc:
        return zlib.crc32(array.tobytes())
    address = array.__array_interface__["data"][0]
    piece = memoryview(_PIECE.from_address(address + begin))
    return zlib.crc32(piece[: min(_SIZE, array.nbytes - begin)])
