"""What is known of each name of a namespace, in columns by position: a place for each name."""

from __future__ import annotations

from array import array
from itertools import repeat
from typing import Any

from .addresses import addresses

_BLOCK = 512
_STR = id(str)
_NOTHING = array("Q", bytes(8 * _BLOCK))


class Rows:
    """The rows of a listing, moved with the names when these are added and deleted."""

    def __init__(self) -> None:
        self.names: list[str | None] = []
        """None for what is no exact string and could call somebody."""
        self.rows: list[tuple[Any, ...] | None] = []
        """As in `protocol.ListChanges`, without the place; None: not described, or not listed."""
        self.seen = array("Q")
        """Identity of the value that was described; 0: none."""
        self.held: list[Any] = []
        """What tells the value from another one at its address (see `batches.Batch.held`)."""
        self.watched = bytearray()
        """1 where a value has to be looked at by itself each time."""
        self.versions: list[int] = []
        """When the row was last told anew; 0: never."""
        self.places: dict[str | None, int] = {}
        self.is_exact = True
        """Whether all names are plain strings, so that a name can be looked up."""
        self._keys = array("Q")
        """Identities of the names, all of which are held here if they are exact."""

    def __len__(self) -> int:
        return len(self.names)

    def has_names(self, keys: list[Any]) -> bool:
        """Whether these are the names, in this order."""
        return self.is_exact and addresses(keys) == self._keys

    def rename(self, keys: list[Any]) -> list[tuple[str, int]]:
        """Take on the names as they are now.

        Returns:
            Names that had a row and are left, with the versions of their rows.
        """
        fresh = addresses(keys)
        old = self._keys if self.is_exact else array("Q")
        head = common_head(old, fresh)
        tail = common_tail(old, fresh, head)
        before, until = len(self.names) - tail, len(keys) - tail
        middle: list[Any] = keys[head:until]
        self.is_exact = set(map(id, map(type, middle))) <= {_STR}
        if not self.is_exact:
            middle = [name if type(name) is str else None for name in middle]
        self._keys = fresh
        if head == before and not tail:
            self._append(middle)
            return []
        return self._splice(head, before, middle)

    def _append(self, names: list[str | None]) -> None:
        begin, count = len(self.names), len(names)
        self.names += names
        self.rows += repeat(None, count)
        self.held += repeat(None, count)
        self.versions += repeat(0, count)
        self.seen.frombytes(bytes(8 * count))
        self.watched += bytes(count)
        self.places.update(zip(names, range(begin, begin + count), strict=True))

    def _splice(self, head: int, before: int, names: list[str | None]) -> list[tuple[str, int]]:
        """Put other names in place of some; what is known of a name goes where the name goes."""
        was = dict(zip(self.names[head:before], range(head, before), strict=True))
        was.pop(None, None)
        sources = [was.pop(name, -1) for name in names]
        left = [
            (name, self.versions[at])
            for name, at in was.items()
            if name is not None and self.rows[at] is not None
        ]
        self.rows[head:before] = [None if at < 0 else self.rows[at] for at in sources]
        self.held[head:before] = [None if at < 0 else self.held[at] for at in sources]
        self.versions[head:before] = [0 if at < 0 else self.versions[at] for at in sources]
        self.seen[head:before] = array("Q", [0 if at < 0 else self.seen[at] for at in sources])
        self.watched[head:before] = bytes([0 if at < 0 else self.watched[at] for at in sources])
        self.names[head:before] = names
        self.places = dict(zip(self.names, range(len(self.names)), strict=True))
        return left

    def others(self, values: array[int]) -> list[int]:
        """Positions whose values are other ones than those described."""
        found: list[int] = []
        seen = self.seen
        for begin in range(0, len(values), _BLOCK):
            a, b = seen[begin : begin + _BLOCK], values[begin : begin + _BLOCK]
            if a == b:
                continue
            if a == _NOTHING[: len(a)]:
                found += range(begin, begin + len(b))
                continue
            found += [at for at, (x, y) in enumerate(zip(a, b, strict=True), begin) if x != y]
        return found

    def take_in(
        self, places: list[int], rows: list[Any], values: array[int], held: list[Any]
    ) -> list[int]:
        """Note rows that were made anew, and what tells their values. Returns the places of those.

        Args:
            places: in rising order.
            rows: as if all were new; None: this one was not made.
            values: their identities.
            held: see `held`.
        """
        begin, end = places[0], places[-1] + 1
        table = self.rows
        if end - begin == len(places) and all(rows) and not any(table[begin:end]):
            table[begin:end], self.seen[begin:end], self.held[begin:end] = rows, values, held
            return places
        told: list[int] = []
        for at, row, value, sign in zip(places, rows, values, held, strict=True):
            if row is not None:
                old = table[at]
                table[at] = row if old is None else (*row[:8], old[8])
                self.seen[at], self.held[at], self.watched[at] = value, sign, 0
                told.append(at)
        return told

    def set(self, at: int, row: tuple[Any, ...], value: int, held: Any, *, watched: bool) -> None:
        """Note what is known of one name."""
        self.rows[at], self.seen[at], self.held[at] = row, value, held
        self.watched[at] = watched

    def give_versions(self, places: list[int], versions: range) -> None:
        """Note when rows were told."""
        if places and places[-1] + 1 - places[0] == len(places):
            self.versions[places[0] : places[-1] + 1] = versions
        else:
            for at, version in zip(places, versions, strict=True):
                self.versions[at] = version


def common_head(old: array[int], new: array[int]) -> int:
    """How many numbers at the beginning are the same."""
    count = min(len(old), len(new))
    for begin in range(0, count, _BLOCK):
        end = min(begin + _BLOCK, count)
        if old[begin:end] != new[begin:end]:
            return next(at for at in range(begin, end) if old[at] != new[at])
    return count


def common_tail(old: array[int], new: array[int], head: int) -> int:
    """How many numbers at the end are the same, apart from the common beginning."""
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
