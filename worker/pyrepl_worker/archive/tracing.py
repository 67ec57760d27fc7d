"""Which variables belong together: each is pickled by itself, then what they share is looked up.

The pickler's own memo says what it met, so finding the groups costs no walk in Python and sees
exactly what pickling sees.
"""

from __future__ import annotations

import datetime
import enum
import gc
import graphlib
import io
import itertools
import pickle
import re
import sys
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyrepl_worker.describe.addresses import addresses

from .deadlines import Late, deadline
from .packing import RESTORED, Packer, Scene, mro, short
from .private import cloudpickle

if TYPE_CHECKING:
    from concurrent.futures import Future

    from .chunking import Piece, Stream

_CLASS = type
FEW = 10_000
"""Of more objects than these it is not noted how often they are held."""
_IMMORTAL = 1 << 29
"""What is held so often is not counted at all."""
IMMUTABLE = frozenset(
    {
        *(int, float, complex, bool, str, bytes, type(None), type(...), type(NotImplemented)),
        *(tuple, frozenset, range, slice, types.ModuleType, types.BuiltinFunctionType),
        *(datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone),
        *(re.Pattern, types.CodeType),
        *(types.WrapperDescriptorType, types.MethodDescriptorType, types.GenericAlias),
    }
)
"""Types whose objects may be copied without anybody noticing, unless asked with ``is``."""

IMMUTABLE_BY_NAME = frozenset(
    {"decimal.Decimal", "fractions.Fraction", "uuid.UUID", "zoneinfo.ZoneInfo"}
)
"""The same, of modules that may not be loaded."""


@dataclass
class Packed:
    """One pickle."""

    names: tuple[str, ...]
    stream: bytes
    buffers: list[Any]
    needs: tuple[str, ...]
    notes: tuple[str, ...]
    kinds: frozenset[type]
    packer: Packer | None = field(repr=False)
    """Keeps what is in it, so that no id is used again; None: `met` does."""
    by_value: set[int] = field(repr=False)
    arrays: dict[int, dict[int, Any]] = field(repr=False)
    refused: frozenset[int] = frozenset()
    """Ids of the objects that were left out."""
    pieces: list[Future[Piece]] = field(default_factory=list, repr=False)
    """The first pieces of the stream, on their way to be stored."""
    _met: list[Any] = field(default_factory=list, repr=False)

    @property
    def met(self) -> list[Any]:
        """Every object in it that pickle would give a second time by reference, and some more."""
        if self.packer is not None:
            self._met, self.packer = _objects_met(self.packer), None
        return self._met


def pack(
    names: tuple[str, ...],
    scene: Scene,
    seconds: float,
    *,
    lenient: bool = False,
    into: Stream | None = None,
) -> Packed:
    """Pickle the values of these variables together.

    Args:
        names: the variables.
        scene: where they are.
        seconds: the longest it may take.
        lenient: whether parts that cannot be saved are left out.
        into: where the pickle goes if it is to be stored.

    Raises:
        Exception: what pickle or an object's own code raised.
        TimeoutError: after `seconds`.
    """
    file = io.BytesIO() if into is None else into
    packer = Packer(file, scene, names, lenient=lenient)
    values = tuple(scene.value(name) for name in names)
    try:
        with deadline(seconds):
            packer.dump(values)
    except Late:
        raise TimeoutError(f"pickling took more than {seconds:g} s") from None
    return Packed(
        names,
        file.getvalue(),
        packer.buffers,
        tuple(packer.needs),
        tuple(packer.notes),
        frozenset(packer.kinds),
        packer,
        packer.by_value,
        packer.arrays,
        frozenset(packer.refused),
        [] if into is None else into.pieces,
    )


def _objects_met(packer: Packer) -> list[Any]:
    """The objects in a pickler's memo.

    Where the garbage collector is shown the memo this takes a tenth of the time of a copy.
    """
    if _MEMO_IS_SHOWN:
        return gc.get_referents(packer)
    return [obj for _, obj in packer.memo.copy().values()]


def _memo_is_shown() -> bool:
    """Whether this Python shows the collector what is in a pickler's memo; some patches do not."""
    probe: list[Any] = []
    pickler = pickle.Pickler(io.BytesIO())
    pickler.dump(probe)
    return any(each is probe for each in gc.get_referents(pickler))


_MEMO_IS_SHOWN = _memo_is_shown()


@dataclass
class Traced:
    """What tracing found."""

    singles: dict[str, Packed] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    groups: list[tuple[str, ...]] = field(default_factory=list)
    """In an order in which each comes after those it needs."""


def name_functions(scene: Scene, names: Iterable[str]) -> None:
    """Let functions and classes that are variables be referred to by name."""
    for name in names:
        value = scene.namespace[name]
        kind = type(value)
        try:
            is_code = kind is types.FunctionType or _CLASS in mro(kind)
            if is_code and not cloudpickle._should_pickle_by_reference(value):
                scene.named.setdefault(id(value), name)
        except BaseException:  # a metaclass that answers strangely: the class is copied
            continue


def trace(
    scene: Scene,
    names: list[str],
    seconds: float,
    split: frozenset[str],
    at: Callable[[str], None],
    stream: Callable[[], Stream],
) -> Traced:
    """Pickle each variable alone and put those that share objects together.

    Args:
        scene: where the variables are.
        names: which they are.
        seconds: the longest that one may take.
        split: those that are not put together with others.
        at: is told the name of what is pickled; none while all are looked at together.
        stream: makes what a pickle goes into.
    """
    found = Traced()
    singles: dict[str, Packed] = {}
    holders = _Holders([])
    ordered = sorted(names, key=lambda name: _width(scene.value(name)))
    for name in ordered:
        at(name)
        if name is ordered[-1]:
            holders = _Holders(singles.values())
        try:
            singles[name] = pack((name,), scene, seconds, into=stream())
        except Exception as error:
            found.failures[name] = short(error)
    at("")
    apart = ordered[-1] if ordered and holders.are_as_before() else None
    found.singles = {name: singles[name] for name in names if name in singles}
    sets = _Sets(found.singles)
    joined = [name for name in found.singles if name not in split]
    _join_shared(sets, found.singles, joined, scene, apart)
    _join_arrays(sets, found.singles, joined, scene)
    found.groups = _in_order(sets, found.singles)
    return found


def _width(value: Any) -> int:
    """How many items a builtin container has, as a guess of what is in it."""
    return len(value) if type(value) in (list, dict, set, tuple, frozenset) else 0


class _Holders:
    """How often the objects of some variables are held.

    Pickling another variable that has them holds them once more. So it is told whether it does,
    without a look at what may be millions of objects.
    """

    def __init__(self, singles: Iterable[Packed]) -> None:
        objects = itertools.chain.from_iterable(each.met for each in singles)
        some = list(itertools.islice(objects, FEW + 1))
        are_few = len(some) <= FEW
        ours = _of_every_pickler()
        self._objects = [
            each for each in some if type(each) not in IMMUTABLE and id(each) not in ours
        ]
        del some  # it holds them, too
        self._counts = self._count()
        self._can_tell = are_few and all(each < _IMMORTAL for each in self._counts)

    def _count(self) -> list[int]:
        return [sys.getrefcount(each) for each in self._objects]

    def are_as_before(self) -> bool:
        """Whether nothing that was pickled since shares any of them; False if that is not sure."""
        return self._can_tell and self._count() == self._counts


class _Sets:
    """Disjoint sets of names."""

    def __init__(self, names: Iterable[str]) -> None:
        self._parent = {name: name for name in names}
        self.order = list(self._parent)

    def find(self, name: str) -> str:
        while self._parent[name] != name:
            self._parent[name] = self._parent[self._parent[name]]
            name = self._parent[name]
        return name

    def join(self, left: str, right: str) -> None:
        self._parent[self.find(right)] = self.find(left)

    def groups(self) -> dict[str, tuple[str, ...]]:
        together: dict[str, list[str]] = {}
        for name in self.order:
            together.setdefault(self.find(name), []).append(name)
        return {root: tuple(names) for root, names in together.items()}


def _join_shared(
    sets: _Sets, singles: dict[str, Packed], names: list[str], scene: Scene, apart: str | None
) -> None:
    """Join variables that share objects; `apart` is known to share none."""
    first: dict[int, str] = {}
    objects: dict[int, Any] = {}
    ours = _of_every_pickler()
    by_value = set().union(*(singles[name].by_value for name in names)) if names else set()
    # the largest comes last: of it nothing needs to be noted
    ordered = sorted(names, key=lambda name: (name == apart, len(singles[name].stream)))
    for name in ordered:
        met = [] if name == apart else singles[name].met
        value = scene.value(name)
        for identity in set(first).intersection(addresses(met)) - ours:
            other = first[identity]
            if sets.find(other) == sets.find(name) or identity in scene.named:
                continue
            if _matters(objects[identity], by_value, scene):
                sets.join(other, name)
        if name is not ordered[-1]:
            found = addresses(met)
            first.update(zip(found, itertools.repeat(name)))
            objects.update(zip(found, met, strict=True))
        if type(value) in (tuple, frozenset) or id(value) in scene.named:
            # two names of one thing stay that
            other = first.setdefault(-id(value), name)
            sets.join(other, name)


def _of_every_pickler() -> set[int]:
    """Ids of what the collector is shown of a pickler that has pickled nothing."""
    empty = Scene({}, {}, {})
    return {id(each) for each in gc.get_referents(Packer(io.BytesIO(), empty, (), lenient=False))}


def _matters(obj: Any, by_value: set[int], scene: Scene) -> bool:
    """Whether somebody would notice that an object has become two."""
    kind = type(obj)  # not by isinstance, which asks an object for its class
    if kind in IMMUTABLE or scene.offered.get(id(obj)) in RESTORED:
        return False
    if f"{kind.__module__}.{kind.__qualname__}" in IMMUTABLE_BY_NAME:
        return False
    bases = mro(kind)
    if _CLASS in bases or kind is types.FunctionType:
        return id(obj) in by_value
    if enum.Enum in bases:
        return id(kind) in by_value
    numpy = sys.modules.get("numpy")
    if numpy is not None and (numpy.dtype in bases or numpy.generic in bases):
        return False
    try:
        return type(obj.__reduce_ex__(4)) is not str
    except BaseException:
        return True


def _join_arrays(sets: _Sets, singles: dict[str, Packed], names: list[str], scene: Scene) -> None:
    """Arrays that look at the same memory belong together, and are then saved as such."""
    watchers: dict[int, dict[int, str]] = {}
    for name in names:
        for owner, arrays in singles[name].arrays.items():
            watchers.setdefault(owner, {}).update(dict.fromkeys(arrays, name))
    # most arrays own their memory: only what owns that of others is looked for
    wanted = {owner for owner, arrays in watchers.items() if set(arrays) != {owner}}
    ids = {name: wanted.intersection(addresses(singles[name].met)) for name in names if wanted}
    for owner, arrays in watchers.items():
        holders = [name for name in names if owner in ids.get(name, ())]
        if len({*arrays, owner} if holders else arrays) < 2:
            continue
        scene.linked.add(owner)
        first, *others = [*arrays.values(), *holders]
        for other in others:
            sets.join(first, other)


def _in_order(sets: _Sets, singles: dict[str, Packed]) -> list[tuple[str, ...]]:
    """Groups after those they need; groups that need each other become one."""
    while True:
        groups = sets.groups()
        graph = {root: _needs(names, sets, singles) for root, names in groups.items()}
        try:
            return [groups[root] for root in graphlib.TopologicalSorter(graph).static_order()]
        except graphlib.CycleError as error:
            first, *others = error.args[1]
            for other in others:
                sets.join(first, other)


def _needs(names: tuple[str, ...], sets: _Sets, singles: dict[str, Packed]) -> list[str]:
    own = sets.find(names[0])
    roots = {sets.find(need) for name in names for need in singles[name].needs if need in singles}
    return sorted(roots - {own})
