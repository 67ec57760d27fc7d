"""The namespace as a list of rows, kept up to date by differences.

A look at the namespace compares the identities of all keys and values with those of the last look,
in C, and describes only what is another object now. Small values that cannot change are held, so
that an identity is not reused; other values are followed by weak references where they allow it.
Containers and objects that can change in place are looked at again by cheap signs: length and
first items; what these do not tell is described again, as far as a budget of time reaches, in
turn. A change in place that none of this shows (the millionth item of a list) is not marked; of
arrays and frames it is (`contents`).
"""

from __future__ import annotations

import itertools
import weakref
from _thread import allocate_lock
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING, Any

from . import libraries
from .addresses import addresses
from .batches import Batch, describe_alike, of_one_type, pick
from .contents import Contents
from .deeds import MOST_ROWS, Deeds
from .herds import Herd, Herds
from .rows import FIELDS, Rows, Told
from .signs import SHOWN, TEXTS, is_held, same_sign, sign_of
from .static import MISSING, find
from .summaries import facts
from .telling import Telling

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Generator, Iterable, Iterator

SLICE_SECONDS = 0.0004
"""How long a look goes on before it lets others have a turn."""
AGAIN_SECONDS = 0.002
"""How long one look describes values anew only because they may have changed inside."""
GLANCE_SECONDS = 0.0002
"""How long a run is kept waiting, so that the changes of the one before it are told as its own."""
GLANCE_NAMES = 20_000
"""In a larger namespace nothing is that quick."""
GLANCES = 16
"""After so many runs that nobody looked after, nobody wants to know of each."""
_FEW = 20_000
"""Names that are compared without letting others have a turn."""
_CONTAINERS = frozenset(map(id, (list, dict, tuple, set, frozenset, deque, bytearray)))
_BATCH, _LONG = 640, 16
"""Values described together, and such as go the long way until the clock is looked at."""
_Deal = tuple[list[int], "Callable[[list[int], int, float], Iterable[_Deal]]"]
"""Places, and what is to be done about them: it returns what that leads to."""


def _dealt(places: list[int], count: int, how: Any) -> Iterator[_Deal]:
    """Places, so many at a time."""
    return ((places[at : at + count], how) for at in range(0, len(places), count))


class Listing:
    """Lists a namespace, and remembers since which run each name has its value."""

    def __init__(self, namespace: dict[str, Any], hidden: dict[str, Any]) -> None:
        self.namespace = namespace
        self.hidden = hidden
        """Names left out while they still have the value we gave them."""
        self._known = Rows()
        self._telling = Telling()
        self._dead: deque[Any] = deque()
        """Weak references whose values are gone."""
        self._herds = Herds()
        self._contents = Contents()
        self._code, self._run = "", 0
        """What ran last, and the newest run when somebody looked last."""
        self._turn = 0
        self._glances = 0
        """How often a run may yet be kept waiting, until somebody looks again."""
        self.renew()

    def renew(self) -> None:
        """In a forked process: whoever was looking is not here."""
        self._lock = allocate_lock()
        self.deeds = Deeds()
        self._generation = 0
        self._looked = 0
        """The last look that came to its end."""

    # -- reading -----------------------------------------------------------------------------------

    @property
    def version(self) -> int:
        """Grows with each row that changes."""
        return self._telling.version

    @property
    def told(self) -> int:
        """How many rows have been told, ever."""
        return self._telling.rows

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
        rows = [row for row in self._known.rows() if private or row[0][:1] != "_"]
        return [
            dict(zip(FIELDS, row, strict=True))
            for row in rows
            if wanted in row[0].lower() or wanted in row[1].lower()
        ]

    def since(self, version: int, limit: int) -> tuple[list[list[Any]], list[str], int, bool]:
        """Rows and deleted names that changed after a version, about as many, oldest first.

        Rows are as in `protocol.ListChanges`; with them go the version they lead to, and whether
        there is more.
        """
        return self._telling.since(self._known, version, limit)

    # -- looking -----------------------------------------------------------------------------------

    def look(self, execution_count: int) -> Iterator[None]:
        """Bring the rows up to date, in slices; a later look makes this one end early."""
        self._glances, self._run = GLANCES, execution_count
        self._generation += 1
        return self._look(self._generation, execution_count, SLICE_SECONDS)

    def look_inside(self, is_idle: Callable[[], bool]) -> Iterator[None]:
        """After a look: see whether arrays and frames hold something else; see `Contents.look`."""
        generation, known = self._generation, self._known
        for name in self._contents.look(self.namespace, self._code, is_idle):
            with self._lock:
                if generation != self._generation or not known.is_exact:
                    return
                at = -1 if name is None else known.places.get(name, -1)
                if at >= 0 and known.told[at] is not None:
                    self._describe_long([at], self._run, 0.0)
            yield

    def glance(self, execution_count: int, code: str) -> None:
        """Before some code runs: see what the run before it did, as far as that is quick.

        So that runs that follow each other quickly are each told of what they did; nothing is done
        where nobody looks.
        """
        self._code = code
        is_looking = self._lock.locked() or self._looked != self._generation
        if not self._glances or len(self.namespace) > GLANCE_NAMES or is_looking:
            return
        self._glances -= 1
        self._generation += 1
        until, version = perf_counter() + GLANCE_SECONDS, self.version
        for _ in self._look(self._generation, execution_count, GLANCE_SECONDS):
            if perf_counter() > until:
                break
        else:
            self.deeds.note(execution_count, self.since(version, MOST_ROWS))
        self._looked = self._generation  # whoever looks next sees the rest

    def _look(self, generation: int, execution_count: int, seconds: float) -> Iterator[None]:
        for _ in range(3):
            if (yield from self._look_once(generation, execution_count, seconds)):
                break
        if generation == self._generation:
            self._looked = generation

    def _look_once(
        self, generation: int, execution_count: int, seconds: float
    ) -> Generator[None, None, bool]:
        """Returns False if the namespace changed under our eyes, and is to be looked at again."""
        with self._lock:
            if generation != self._generation:
                return True
            self._take_names()
        if len(self._known) > _FEW:
            yield
        with self._lock:
            if generation != self._generation:
                return True
            changed, doubtful = self._compare()
            if changed is None:
                return False
        if len(self._known) > _FEW:
            yield
        self._turn += 1
        yield from self._look_at(changed, doubtful, generation, execution_count, seconds)
        yield from self._look_at_herds(generation, execution_count, seconds)
        return True

    def _take_names(self) -> None:
        keys = list(self.namespace)
        if self._known.has_names(keys):
            return
        for name in self._known.rename(keys):
            self._bury(name)

    def _bury(self, name: str) -> None:
        """Note that a name is listed no more."""
        self._herds.remove(name)
        self._telling.bury(name)

    def _compare(self) -> tuple[list[int] | None, list[int]]:
        """Positions of other values than were described, and of such as may have changed inside.

        None: the names have changed since they were taken.
        """
        known = self._known
        values = addresses(list(self.namespace.values()))
        keys = list(self.namespace)
        if len(keys) != len(known) or (known.is_exact and not known.has_names(keys)):
            return None, []
        if self._dead:
            self._look_at_dead()
        self._leave_out(values)
        changed = [] if values == known.seen else known.others(values)
        doubtful: list[int] = []
        if 1 in known.watched:
            doubtful = list(itertools.compress(range(len(values)), known.watched))
        if not known.is_exact:
            for at in filter(lambda at: known.names[at] is None, changed):
                known.seen[at] = values[at]
            changed = [at for at in changed if known.names[at] is not None]
        return changed, doubtful

    def _leave_out(self, values: array[int]) -> None:
        """Take what is ours for seen, and do not list it."""
        known = self._known
        for name, value in self.hidden.items():
            at = known.place(name, values, id(value))
            if at is not None and values[at] == id(value):
                known.seen[at] = values[at]
                if known.told[at] is not None:
                    known.leave([at])
                    self._bury(name)

    def _look_at_dead(self) -> None:
        """Values that are gone: what is at their addresses now are others."""
        dead = set()
        while self._dead:
            dead.add(id(self._dead.popleft()))
        for place in self._telling.followed_by(self._known, dead):
            self._known.seen[place] = 0

    def _look_at(
        self,
        changed: list[int],
        doubtful: list[int],
        generation: int,
        run: int,
        seconds: float,
    ) -> Iterator[None]:
        """Describe what has changed, in slices."""
        deadline = perf_counter() + AGAIN_SECONDS
        todo = deque(_dealt(changed, _BATCH, self._describe_batch))
        todo += _dealt(doubtful, _LONG, self._look_again)
        while todo:
            with self._lock:
                if generation != self._generation:
                    return
                until = perf_counter() + seconds / 2  # what is begun then takes as long again
                while todo and perf_counter() < until:
                    places, deal = todo.popleft()
                    todo.extendleft(deal(places, run, deadline))
            if todo:
                yield

    def _describe_batch(self, places: list[int], run: int, deadline: float) -> Iterable[_Deal]:
        """Make rows anew, as many as there is time for, apart from what has to go the long way."""
        known, until = self._known, perf_counter() + SLICE_SECONDS
        values = known.values(self.namespace, places)
        names = pick(known.names, places)
        is_new = not any(pick(known.told, places))
        groups = of_one_type(values)
        rest: list[int] = []
        while groups and perf_counter() < until:
            for some, batch in describe_alike(values, groups.pop(), self._dead.append):
                if batch is None:
                    rest += some
                else:
                    self._take(pick(places, some), pick(names, some), batch, run, is_new=is_new)
        late = [pick(places, some) for some in groups]
        rest.sort()
        known.see(places, addresses(values), itertools.chain(*late, pick(places, rest)))
        present = [places[at] for at in rest if values[at] is not MISSING]
        return [
            *((some, self._describe_batch) for some in late),
            *_dealt(present, _LONG, self._describe_long),
        ]

    def _take(
        self, places: list[int], names: list[str], batch: Batch, run: int, *, is_new: bool
    ) -> None:
        """Note values that were told together; `is_new` if none of the names had a row."""
        known = self._known
        created = [run]
        if not is_new:
            created = known.created(places, run)
            if created.count(created[0]) == len(created):
                created = created[:1]
            self._herds.forget(names)
            known.leave(places)
        if batch.open is not None:
            self._herds.add(batch.open, names, batch.held)
        told = Told(names, batch, run, created, self.version + 1)
        self._telling.add(known, places, told)

    def _describe_long(self, places: list[int], run: int, deadline: float) -> Iterable[_Deal]:
        for at, value in zip(places, self._known.values(self.namespace, places), strict=True):
            if value is not MISSING:
                self._describe(at, value, run)
        return ()

    def _describe(self, at: int, value: Any, run: int) -> None:
        """Make a row anew, the long way."""
        known = self._known
        name = known.names[at]
        if name is None:
            return
        self._herds.remove(name)
        created = known.created([at], run)
        known.leave([at])
        kind, group, shape, length, size, summary = facts(value)
        self._contents.note(name, value)
        held, watched = self._follow(name, value, group)
        batch = Batch(kind, group, [length], [size], [summary], [held], shape=shape)
        known.seen[at], known.watched[at] = id(value), watched
        self._telling.add(known, [at], Told([name], batch, run, created, self.version + 1))

    def _follow(self, name: str, value: Any, kind: str) -> tuple[Any, bool]:
        """How to tell, next time, whether a value is still the same; and whether it is watched."""
        of_type = id(type(value))
        if is_held(value):
            return value, False
        if of_type in _CONTAINERS or of_type in TEXTS:
            sign = sign_of(value)
            if sign is not None and len(sign) == 3 and sign[0] <= SHOWN:
                self._herds.add(type(value), [name], [sign[2]])
                return None, False
            return sign, True
        if libraries.as_array(value) is not None:
            return None, True  # numpy does not resize what a weak reference is held to
        try:  # an object's attributes may change, and a frame's columns
            watched = kind == "object" or libraries.pandas_kind(value) is not None
            return weakref.ref(value, self._dead.append), watched
        except TypeError:
            return None, True

    # -- what may have changed inside --------------------------------------------------------------

    def _look_again(self, places: list[int], run: int, deadline: float) -> Iterable[_Deal]:
        known = self._known
        for at, value in zip(places, known.values(self.namespace, places), strict=True):
            # another value is the next look's: its identity tells; or it was described just now
            is_old = known.watched[at] and id(value) == known.seen[at]
            if is_old and not self._is_same(at, value, deadline):
                self._describe(at, value, run)
        return ()

    def _is_same(self, at: int, value: Any, deadline: float) -> bool:
        told = self._known.told[at]
        if told is None:
            return True
        sign = told.held[0]  # what is watched was told by itself
        if type(sign) is tuple:
            return same_sign(sign, value)
        too_late = perf_counter() > deadline and (at + self._turn) % 8
        return bool(too_late) or facts(value) == told.rows()[0][1:7]

    def _look_at_herds(self, generation: int, run: int, seconds: float) -> Iterator[None]:
        until = perf_counter() + seconds
        for herd in self._herds:
            with self._lock:
                if generation != self._generation:
                    return
                if not self._known.is_exact or herd.has_changed(self.namespace):
                    self._look_at_members(herd, run)
            if perf_counter() > until:
                yield
                until = perf_counter() + seconds

    def _look_at_members(self, herd: Herd, run: int) -> None:
        known = self._known
        for name, held in herd.members():
            sign = (len(held), herd.kind, held)
            if known.is_exact:
                value = self.namespace.get(name, MISSING)
            else:
                value = find(self.namespace, name)
            at = known.places.get(name, -1)
            if at >= 0 and id(value) == known.seen[at] and not same_sign(sign, value):
                self._describe(at, value, run)
