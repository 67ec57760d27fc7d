"""Numbers that change one at a time, with their running totals at hand."""

from __future__ import annotations

from array import array
from collections.abc import Iterable


class RowSums:
    """A list of counts that answers "the sum of the first n" and "where is item i" in O(log n).

    A Fenwick tree: Peter M. Fenwick, "A new data structure for cumulative frequency tables" (1994).
    """

    __slots__ = ("_counts", "_total", "_tree")

    def __init__(self, counts: Iterable[int] = ()) -> None:
        self._counts = array("q", counts)
        tree = array("q", [0]) + self._counts
        self._total = sum(self._counts)
        for index in range(1, len(tree) if self._total else 0):
            parent = index + (index & -index)
            if parent < len(tree):
                tree[parent] += tree[index]
        self._tree = tree

    def __len__(self) -> int:
        return len(self._counts)

    def __getitem__(self, index: int) -> int:
        return self._counts[index]

    @property
    def total(self) -> int:
        """The sum of all counts."""
        return self._total

    def append(self, count: int) -> None:
        """Add a count at the end."""
        self._counts.append(count)
        index = len(self._counts)
        value, step = count, 1
        while step < (index & -index):
            value += self._tree[index - step]
            step <<= 1
        self._tree.append(value)
        self._total += count

    def set(self, index: int, count: int) -> None:
        """Replace the count at an index."""
        change = count - self._counts[index]
        if not change:
            return
        self._counts[index] = count
        self._total += change
        index += 1
        while index < len(self._tree):
            self._tree[index] += change
            index += index & -index

    def before(self, index: int) -> int:
        """Return the sum of the counts before an index."""
        total = 0
        while index > 0:
            total += self._tree[index]
            index -= index & -index
        return total

    def find(self, position: int) -> tuple[int, int]:
        """Return the index of the count that a position falls in, and the position within it.

        Positions past the end fall after the last count: (length, rest).
        """
        index, step = 0, 1 << len(self._counts).bit_length()
        while step:
            following = index + step
            if following < len(self._tree) and self._tree[following] <= position:
                index = following
                position -= self._tree[following]
            step >>= 1
        return index, position
