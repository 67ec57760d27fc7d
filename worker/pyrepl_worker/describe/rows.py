"""What is known of each name of a namespace, in columns by position: a place for each name."""

from __future__ import annotations

from array import array
from contextlib import suppress
from itertools import islice, repeat
from typing import TYPE_CHECKING, Any

from pyrepl_worker.framing import pack, unpack

from .addresses import addresses
from .batches import pick
from .static import MISSING
from .summaries import facts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .batches import Batch

_BLOCK, _PIECE = 512, 32
_STR = id(str)
_NOTHING = array("Q", bytes(8 * _BLOCK))

FIELDS = (
    "name", "type", "kind", "shape", "length", "size_bytes", "summary", "changed_at", "created_at",
)  # fmt: skip
"""Of a row, in its order."""


class Told:
    """Rows that were made together, kept as they were told: in columns."""

    __slots__ = ("_era", "_packed", "_places", "created", "held", "left", "names", "version")

    def __init__(
        self, names: list[Any], batch: Batch, run: int, created: list[int], version: int
    ) -> None:
        self.names = names
        self.held: list[Any] = [] if batch.open is not None else batch.held
        """See `batches.Batch.held`; herds hold what may change in place."""
        self.created = created
        """Since when each of them exists; with one item only: all of them."""
        self.version = version
        self.left = len(names)
        """How many are still told so."""
        lengths = [None] if batch.lengths is None else batch.lengths
        self._packed = pack(
            (
                names, (batch.type,), (batch.kind,), (batch.shape,), lengths, batch.sizes,
                batch.summaries, (run,), created,
            )
        )  # fmt: skip
        """What is sent, and a tenth of the memory of what it is made of."""
        self._places, self._era = b"", -1

    def stand(self, places: list[int], era: int) -> None:
        """Note where the names are, as long as `Rows.era` is this."""
        self._places, self._era = pack(places), era

    def piece(self, known: Rows) -> list[Any]:
        """All of them as `protocol.ListChanges` has them."""
        if self._era != known.era:
            self.stand(list(map(known.places.__getitem__, self.names)), known.era)
        return [self._packed, self._places]

    def rows(self) -> list[tuple[Any, ...]]:
        """One by one."""
        count = len(self.names)
        columns = unpack(self._packed)
        return list(
            zip(*(each * count if len(each) == 1 else each for each in columns), strict=True)
        )


class Rows:
    """The rows of a listing, moved with the names when these are added and deleted."""

    def __init__(self) -> None:
        self.names: list[str | None] = []
        """None for what is no exact string and could call somebody."""
        self.told: list[Told | None] = []
        """With which others each was told; None: not described, or not listed."""
        self.seen = array("Q")
        """Identity of the value that was described; 0: none."""
        self.watched = bytearray()
        """1 where a value has to be looked at by itself each time."""
        self._places: dict[str | None, int] | None = {}
        """None: to be made."""
        self.era = 0
        """Grows when names may have other places than before."""
        self.is_exact = True
        """Whether all names are plain strings, so that a name can be looked up."""
        self._keys = array("Q")
        """Identities of the names, all of which are held here if they are exact."""

    def __len__(self) -> int:
        return len(self.names)

    # -- names -------------------------------------------------------------------------------------

    @property
    def places(self) -> dict[str | None, int]:
        """Where each name is."""
        if self._places is None:
            self._places = dict(zip(self.names, range(len(self.names)), strict=True))
        return self._places

    def place(self, name: str, values: array[int], value_id: int) -> int | None:
        """Where a name is, which probably has that value, among all values; None: it is not."""
        if self._places is None:
            with suppress(ValueError):
                at = values.index(value_id)
                if self.names[at] == name:
                    return at
        return self.places.get(name)

    def has_names(self, keys: list[Any]) -> bool:
        """Whether these are the names, in this order."""
        return self.is_exact and addresses(keys) == self._keys

    def rename(self, keys: list[Any]) -> list[str]:
        """Take on the names as they are now. Returns those that had a row and are left."""
        fresh = addresses(keys)
        old = self._keys if self.is_exact else array("Q")
        head = common_head(old, fresh)
        tail = common_tail(old, fresh, head)
        before, until = len(self.names) - tail, len(keys) - tail
        middle: list[Any] = keys[head:until]
        self.is_exact = set(addresses(list(map(type, middle)))) <= {_STR}
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
        self.told += repeat(None, count)
        self.seen.frombytes(bytes(8 * count))
        self.watched += bytes(count)
        if self._places is not None and count <= _BLOCK:
            self._places.update(zip(names, range(begin, begin + count), strict=True))
        else:
            self._places = None

    def _splice(self, head: int, before: int, names: list[str | None]) -> list[str]:
        """Put other names in place of some; what is known of a name goes where the name goes."""
        was = dict(zip(self.names[head:before], range(head, before), strict=True))
        was.pop(None, None)
        sources = [was.pop(name, -1) for name in names]
        left = [name for name, at in was.items() if name is not None and self.told[at] is not None]
        self.leave(list(was.values()))
        self.told[head:before] = [None if at < 0 else self.told[at] for at in sources]
        self.seen[head:before] = array("Q", [0 if at < 0 else self.seen[at] for at in sources])
        self.watched[head:before] = bytes([0 if at < 0 else self.watched[at] for at in sources])
        self.names[head:before] = names
        self._places = None
        self.era += 1
        return left

    # -- values ------------------------------------------------------------------------------------

    def values(self, namespace: dict[str, Any], places: list[int]) -> list[Any]:
        """What is at these places, in rising order, now; MISSING for what is not listed."""
        if self.is_exact:
            wanted = pick(self.names, places)
            return list(map(namespace.get, wanted, repeat(MISSING)))
        begin = places[0] if places else 0
        items = list(islice(namespace.items(), begin, places[-1] + 1))
        names = self.names
        found = [items[at - begin] if at - begin < len(items) else (None, None) for at in places]
        return [
            value if name is names[at] and name is not None else MISSING
            for at, (name, value) in zip(places, found, strict=True)
        ]

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
            for start in range(0, len(a), _PIECE):
                x, y = a[start : start + _PIECE], b[start : start + _PIECE]
                if x != y:
                    pairs = enumerate(zip(x, y, strict=True), begin + start)
                    found += [at for at, pair in pairs if pair[0] != pair[1]]
        return found

    def see(self, places: list[int], values: array[int], others: Iterable[int]) -> None:
        """Note the identities of the values at some places, but not at these others of them."""
        seen, begin = self.seen, places[0]
        if places[-1] - begin == len(places) - 1:
            seen[begin : begin + len(places)] = values
        else:
            for at, each in zip(places, values, strict=True):
                seen[at] = each
        for at in others:
            seen[at] = 0

    # -- rows --------------------------------------------------------------------------------------

    def current(self, told: Told) -> list[int]:
        """Which of the rows that were told together are still told so, by their position there."""
        if told.left == len(told.names):
            return list(range(told.left))
        table, places = self.told, self.places
        found = enumerate(map(places.get, told.names))
        return [at for at, place in found if place is not None and table[place] is told]

    def rows(self) -> list[tuple[Any, ...]]:
        """All rows, in order."""
        groups = {id(each): each for each in self.told if each is not None}
        rows: dict[str | None, tuple[Any, ...]] = {}
        for told in groups.values():
            made = told.rows()
            rows.update((made[at][0], made[at]) for at in self.current(told))
        return [rows[name] for name in self.names if name in rows]

    def created(self, places: list[int], run: int) -> list[int]:
        """Since when there are rows at some places; where there are none yet: since this run."""
        found: list[int] = []
        for at in places:
            told = self.told[at]
            if told is None:
                found.append(run)
            elif len(told.created) == 1:
                found.append(told.created[0])
            else:
                name: Any = self.names[at]
                found.append(told.created[told.names.index(name)])
        return found

    def take(self, places: list[int], told: Told) -> None:
        """Note rows that were told together."""
        table = self.told
        for at in places:
            table[at] = told
        told.stand(places, self.era)

    def leave(self, places: list[int]) -> None:
        """Note that rows are not as they were told."""
        for at in places:
            told = self.told[at]
            self.told[at] = None
            self.watched[at] = 0
            if told is not None:
                told.left -= 1


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


def describe_variable(name: str, value: Any) -> dict[str, Any]:
    """The fields of api.Variable of a value that is no variable of the namespace."""
    return dict(zip(FIELDS, (name, *facts(value), None, None), strict=True))
