"""The namespace as a list of rows, kept up to date by differences.

A look at the namespace compares the identities of all keys and values with those of the last look,
in C, and describes only what is another object now. Small scalars of the last look are held, so
that an identity is not reused; other values are followed by weak references where they allow it.
Containers and objects that can change in place are looked at again by cheap signs: length and
first items; what these do not tell is described again, as far as a budget of time reaches, in turn.
A change in place that none of this shows (the millionth item of a list) is not marked.
"""

from __future__ import annotations

import itertools
import operator
import weakref
from _thread import allocate_lock
from array import array
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING, Any

from . import libraries
from .herds import SIZE, Herd
from .name_lists import common_head, common_tail
from .quick import QUICK
from .signs import SHOWN, TEXTS, is_held, same_sign, sign_of
from .static import MISSING, find
from .summaries import facts

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

SLICE_SECONDS = 0.0004
"""How long a look goes on before it lets others have a turn."""
AGAIN_SECONDS = 0.002
"""How long one look describes values anew only because they may have changed inside."""
_MAX_GONE = 1000
_FEW = 4000
"""Names that are compared without letting others have a turn."""
_CONTAINERS = frozenset(map(id, (list, dict, tuple, set, frozenset, deque, bytearray)))
_BLOCK = 512


class Entry:
    """What is known of one name."""

    __slots__ = ("again", "held", "herd", "place", "row", "seen", "sign", "version")

    def __init__(self, row: tuple[Any, ...]) -> None:
        self.row = row
        """As in `protocol.ListChanges`."""
        self.seen = 0
        """Identity of the value."""
        self.held: Any = None
        """The value itself if it is a small scalar, or a weak reference to it; else None."""
        self.sign: tuple[Any, ...] | None = None
        """What tells cheaply that a container has changed in place."""
        self.again = False
        """Whether only describing it again can tell."""
        self.herd: Herd | None = None
        """What looks whether it changes in place, together with others; None: nothing does."""
        self.version = 0
        self.place = 0

    @property
    def is_watched(self) -> bool:
        """Whether it has to be looked at by itself each time."""
        return self.again or (self.sign is not None and self.herd is None)


class Listing:
    """Lists a namespace, and remembers since which run each name has its value."""

    def __init__(self, namespace: dict[str, Any], hidden: dict[str, Any]) -> None:
        self.namespace = namespace
        self.hidden = hidden
        """Names left out while they still have the value we gave them."""
        self.version = 0
        """Grows with each row that changes."""
        self._entries: dict[str, Entry] = {}
        self._log: dict[int, str] = {}
        """Name of the row that changed last at each version; deleted ones too."""
        self._gone: dict[str, int] = {}
        self._values = array("Q")
        """Identity of the value at each position."""
        self._watched = bytearray()
        """1 where a value may change in place or be another one at the same address."""
        self._names: list[Any] = []
        self._is_exact = True
        """Whether all names are plain strings, so that a name can be looked up."""
        self._dead: deque[str] = deque()
        """Names whose weakly referred value is gone."""
        self._herds: dict[int, list[Herd]] = {}
        """By identity of their type."""
        self._turn = 0
        self.renew()

    def renew(self) -> None:
        """In a forked process: whoever was looking is not here."""
        self._lock = allocate_lock()
        self._generation = 0

    # -- reading -----------------------------------------------------------------------------------

    def variables(self, query: str, private: bool, execution_count: int) -> list[dict[str, Any]]:
        """The fields of api.Variable for each name that contains `query`, without regard to case.

        Args:
            query: matched against name and type; "" lists all.
            private: whether names that begin with an underscore are listed.
            execution_count: the newest run, named as `changed_at` of what is new since last time.
        """
        for _ in self.look(execution_count):
            pass
        wanted = query.lower()
        rows = [entry.row for entry in self._ordered() if private or entry.row[0][:1] != "_"]
        return [
            dict(zip(FIELDS, row, strict=True))
            for row in rows
            if wanted in row[0].lower() or wanted in row[1].lower()
        ]

    def _ordered(self) -> list[Entry]:
        entries = (self._entries.get(name) for name in self._names if name is not None)
        return [entry for entry in entries if entry is not None]

    def since(self, version: int, limit: int) -> tuple[list[tuple[Any, ...]], list[str], int, bool]:
        """Rows and deleted names that changed after a version, at most `limit`, oldest first.

        Returns:
            Rows, deleted names, the version they lead to, and whether there is more.
        """
        log, entries = self._log, self._entries
        begin = max(version + 1, next(iter(log), self.version + 1))
        rows: list[tuple[Any, ...]] = []
        gone: list[str] = []
        for at in range(begin, self.version + 1):
            name = log.get(at)
            if name is None:
                continue
            if len(rows) + len(gone) == limit:
                return rows, gone, at - 1, True
            entry = entries.get(name)
            if entry is not None:
                rows.append((*entry.row, entry.place))
            else:
                gone.append(name)
        return rows, gone, self.version, False

    # -- looking -----------------------------------------------------------------------------------

    def look(self, execution_count: int) -> Iterator[None]:
        """Bring the rows up to date, in slices: yields when others should have a turn.

        A later look that starts meanwhile makes this one end early.
        """
        self._generation += 1
        generation = self._generation
        for _ in range(3):
            if (yield from self._look_once(generation, execution_count)):
                return

    def _look_once(self, generation: int, execution_count: int) -> Generator[None, None, bool]:
        """Returns False if the namespace changed under our eyes, and is to be looked at again."""
        with self._lock:
            names = self._readable_names()
            values = array("Q", map(id, self.namespace.values()))
        if len(names) != len(values):
            return False
        if len(names) > _FEW:
            yield
        with self._lock:
            mask, left = self._compare(names, values)
            watched = self._watched
        if len(names) > _FEW:
            yield
        positions = list(itertools.compress(range(len(mask)), mask))
        self._turn += 1
        deadline = perf_counter() + AGAIN_SECONDS
        begin = 0
        while begin < len(positions):
            with self._lock:
                if generation != self._generation:
                    return True
                until = perf_counter() + SLICE_SECONDS
                while begin < len(positions) and perf_counter() < until:
                    some = positions[begin : begin + 16]
                    self._describe_some(some, values, watched, execution_count, deadline)
                    begin += 16
            if begin < len(positions):
                yield
        with self._lock:
            if generation == self._generation:
                self._remove(left)
        yield from self._look_at_herds(generation, execution_count)
        return True

    def _look_at_herds(self, generation: int, execution_count: int) -> Iterator[None]:
        until = perf_counter() + SLICE_SECONDS
        for herd in list(itertools.chain.from_iterable(self._herds.values())):
            with self._lock:
                if generation != self._generation:
                    return
                if not self._is_exact or herd.has_changed(self.namespace):
                    self._look_at_members(herd, execution_count)
            if perf_counter() > until:
                yield
                until = perf_counter() + SLICE_SECONDS

    def _look_at_members(self, herd: Herd, execution_count: int) -> None:
        for name, entry in list(herd.members.items()):
            if self._is_exact:
                value = self.namespace.get(name, MISSING)
            else:
                value = find(self.namespace, name)
            # another value is the next look's: its identity tells
            if id(value) == entry.seen and not same_sign(entry.sign, value):
                self._describe(name, value, entry, entry.place, execution_count)

    def _readable_names(self) -> list[Any]:
        """All names by position; None for what is no exact string and could call somebody."""
        names: list[Any] = list(self.namespace)
        self._is_exact = set(map(id, map(type, names))) <= {id(str)}
        if not self._is_exact:
            names = [name if type(name) is str else None for name in names]
        return names

    def _value(self, at: int, name: str) -> Any:
        if self._is_exact:
            return self.namespace.get(name, MISSING)
        found = next(itertools.islice(self.namespace.items(), at, None), (None, MISSING))
        return found[1] if found[0] is name else MISSING

    def _compare(self, names: list[Any], values: array[int]) -> tuple[bytearray, list[str]]:
        """Which positions are to be looked at, and names that are left. Takes the new state on."""
        old_names, old_values = self._names, self._values
        count = len(names)
        head = common_head(old_names, names)
        tail = common_tail(old_names, names, head)
        before = len(old_names) - tail
        middle = count - tail - head
        watched = self._watched[:head] + bytearray(middle) + self._watched[before:]
        old = old_values[:head] + array("Q", bytes(8 * middle)) + old_values[before:]
        mask = bytearray(watched)
        for begin in range(0, count, _BLOCK):
            a, b = old[begin : begin + _BLOCK], values[begin : begin + _BLOCK]
            if a != b:
                for at, same in enumerate(map(operator.eq, a, b), begin):
                    if not same:
                        mask[at] = 1
        left = [name for name in old_names[head:before] if name is not None]
        # a position keeps the value it was described with until it is described anew
        self._names, self._values, self._watched = names, old, watched
        while self._dead:
            entry = self._entries.get(self._dead.popleft())
            if entry is not None and entry.place < count:
                entry.held = None
                mask[entry.place] = 1
        return mask, left

    def _describe_some(
        self, positions: list[int], values: array[int], watched: bytearray,
        execution_count: int, deadline: float,
    ) -> None:  # fmt: skip
        for at in positions:
            name = self._names[at]
            value = MISSING if name is None else self._value(at, name)
            if value is MISSING or self.hidden.get(name, MISSING) is value:
                self._values[at] = values[at]
                continue
            self._values[at] = id(value)
            entry = self._entries.get(name)
            if entry is not None:
                entry.place = at
                if self._is_same(entry, value, deadline):
                    watched[at] = entry.is_watched
                    continue
            watched[at] = self._describe(name, value, entry, at, execution_count)

    def _is_same(self, entry: Entry, value: Any, deadline: float) -> bool:
        if entry.seen != id(value):
            return False
        if entry.again:
            if perf_counter() > deadline and (entry.place + self._turn) % 8:
                return True
            return facts(value) == entry.row[1:7]
        if entry.sign is not None:
            return same_sign(entry.sign, value)
        held = entry.held
        return held is value or (type(held) is weakref.ref and held() is value)

    def _describe(
        self, name: str, value: Any, entry: Entry | None, place: int, execution_count: int
    ) -> bool:
        """Make a row anew. Returns whether the value is to be watched."""
        describe = QUICK.get(id(type(value)))
        quick = None if describe is None else describe(value)
        told = facts(value) if quick is None else quick[0]
        if entry is None:
            row = (name, *told, execution_count, execution_count)
            entry = self._entries[name] = Entry(row)
            old = self._gone.pop(name, 0) if self._gone else 0
        else:
            entry.row = (name, *told, execution_count, entry.row[8])
            old = entry.version
        entry.place, entry.seen = place, id(value)
        if quick is None:
            self._follow(entry, name, value)
        else:
            self._follow_quick(entry, name, value, quick[1])
        if old:
            self._log.pop(old, None)
        version = self.version = self.version + 1
        entry.version = version
        self._log[version] = name
        return entry.again or (entry.sign is not None and entry.herd is None)

    def _follow_quick(
        self, entry: Entry, name: str, value: Any, sign: tuple[Any, ...] | None
    ) -> None:
        """As `_follow`, of a small scalar or of a container with such a sign."""
        herd = entry.herd
        if herd is not None:
            herd.remove(name)
            entry.herd = None
        entry.again, entry.sign = False, sign
        if sign is None:
            entry.held = value
        else:
            entry.held = None
            herd = entry.herd = self._herd(sign[1])
            herd.add(name, entry)

    def _follow(self, entry: Entry, name: str, value: Any) -> None:
        """Choose how to tell, next time, whether a value is still the same."""
        entry.sign, entry.again, entry.held = None, False, None
        if entry.herd is not None:
            entry.herd.remove(name)
            entry.herd = None
        kind = id(type(value))
        if is_held(value):
            entry.held = value
        elif kind in _CONTAINERS or kind in TEXTS:
            entry.sign = sign_of(value)
            entry.again = entry.sign is None
            if entry.sign is not None and len(entry.sign) == 3 and entry.sign[0] <= SHOWN:
                entry.herd = self._herd(type(value))
                entry.herd.add(name, entry)
        elif libraries.as_array(value) is not None:
            entry.again = True  # numpy does not resize what a weak reference is held to
        else:
            try:
                dead = self._dead
                entry.held = weakref.ref(value, lambda _ref: dead.append(name))
            except TypeError:
                entry.again = True
            # an object's attributes may change; an array's size and type hardly do
            entry.again = entry.again or entry.row[2] == "object"

    def _herd(self, kind: type) -> Herd:
        """One with room for another member."""
        herds = self._herds.setdefault(id(kind), [])
        if not herds or len(herds[-1].members) >= SIZE:
            herds.append(Herd(kind))
        return herds[-1]

    def _remove(self, left: list[str]) -> None:
        """Forget names that are no more in the namespace."""
        present = set(filter(None, self._names)) if left else set()
        for name in left:
            if name in present or name not in self._entries:
                continue
            entry = self._entries.pop(name)
            if entry.herd is not None:
                entry.herd.remove(name)
            self._log.pop(entry.version, None)
            self.version += 1
            self._log[self.version] = name
            self._gone[name] = self.version
        while len(self._gone) > _MAX_GONE:
            oldest = next(iter(self._gone))
            self._log.pop(self._gone.pop(oldest), None)


FIELDS = (
    "name", "type", "kind", "shape", "length", "size_bytes", "summary", "changed_at", "created_at",
)  # fmt: skip
"""Of a row, in its order."""


def describe_variable(name: str, value: Any) -> dict[str, Any]:
    """The fields of api.Variable of a value that is no variable of the namespace."""
    return dict(zip(FIELDS, (name, *facts(value), None, None), strict=True))
