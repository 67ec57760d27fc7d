"""Many small containers looked at together, in C: has any of them changed in place?

A container belongs here while all its items are small scalars, of which a copy is held: then the
identities of its items tell whether it is as it was.
"""

from __future__ import annotations

import itertools
from array import array
from typing import TYPE_CHECKING, Any

from .addresses import addresses

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = 256
"""Members of one herd: what is looked at without letting others have a turn."""
_FEW = 8
"""More names than this are taken out all at once."""
_flat = itertools.chain.from_iterable


class Herd:
    """Names of variables of one builtin container type."""

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self.names: list[str] = []
        self._lengths: list[int] = []
        self._held: list[list[Any]] = [[], []] if kind is dict else [[]]
        """All that they held, one after the other: their items, or the keys and the values."""
        self._kinds = array("Q")
        """Identities of the members' types, and below of what they held."""
        self._seen = [array("Q") for _ in self._held]

    def add(self, names: list[str], copies: list[Any]) -> None:
        """Look after some more; `copies` are of what they hold now."""
        self.names += names
        self._lengths += map(len, copies)
        self._kinds += array("Q", [id(self.kind)]) * len(names)
        for held, seen, items in zip(self._held, self._seen, self._items(copies), strict=True):
            held.extend(items)
            seen.extend(addresses(items))

    def remove(self, names: list[str]) -> None:
        """Look after some no more."""
        if len(names) > _FEW:
            self._keep([*map(set(self.names).difference(names).__contains__, self.names)])
            return
        for name in names:
            at = self.names.index(name)
            begin = sum(self._lengths[:at])
            end = begin + self._lengths[at]
            del self.names[at], self._lengths[at], self._kinds[at]
            for each in (*self._held, *self._seen):
                del each[begin:end]

    def _keep(self, wanted: list[bool]) -> None:
        """Look after these only."""
        items = list(_flat(map(itertools.repeat, wanted, self._lengths)))
        self.names = list(itertools.compress(self.names, wanted))
        self._lengths = list(itertools.compress(self._lengths, wanted))
        self._kinds = self._kinds[: len(self.names)]
        self._held = [list(itertools.compress(each, items)) for each in self._held]
        self._seen = [array("Q", itertools.compress(each, items)) for each in self._seen]

    def members(self) -> Iterator[tuple[str, Any]]:
        """Names, and copies of what they held: a dict of a dict, else a list."""
        begin = 0
        for name, length in zip(list(self.names), list(self._lengths), strict=True):
            parts = [held[begin : begin + length] for held in self._held]
            yield name, dict(zip(*parts, strict=True)) if self.kind is dict else parts[0]
            begin += length

    def has_changed(self, namespace: dict[str, Any]) -> bool:
        """Whether a member is not as it was. The namespace has plain names only."""
        values: list[Any] = list(map(namespace.get, self.names))
        if addresses(list(map(type, values))) != self._kinds:
            return True
        try:
            if list(map(len, values)) != self._lengths:
                return True
            return list(map(addresses, self._items(values))) != self._seen
        except RuntimeError:  # one changes while we look
            return True

    def _items(self, values: list[Any]) -> list[list[Any]]:
        if self.kind is dict:
            return [list(_flat(values)), list(_flat(map(dict.values, values)))]
        return [list(_flat(values))]


class Herds:
    """All of a namespace's."""

    def __init__(self) -> None:
        self._of_kind: dict[int, list[Herd]] = {}
        """By identity of their type."""
        self._of_name: dict[str, Herd] = {}

    def __iter__(self) -> Iterator[Herd]:
        return iter(list(_flat(self._of_kind.values())))

    def add(self, kind: type, names: list[str], copies: list[Any]) -> None:
        """Look after containers of a type, none of which is looked after yet."""
        herds = self._of_kind.setdefault(id(kind), [])
        if not herds or len(herds[-1].names) >= SIZE:
            herds.append(Herd(kind))
        herds[-1].add(names, copies)
        self._of_name.update(dict.fromkeys(names, herds[-1]))

    def remove(self, name: str) -> None:
        """Look after a name no more, if it is."""
        herd = self._of_name.pop(name, None)
        if herd is not None:
            self._remove(herd, [name])

    def forget(self, names: list[str]) -> None:
        """As `remove`, of many."""
        if not self._of_name:
            return
        found: dict[int, tuple[Herd, list[str]]] = {}
        for name in filter(self._of_name.__contains__, names):
            herd = self._of_name.pop(name)
            found.setdefault(id(herd), (herd, []))[1].append(name)
        for herd, some in found.values():
            self._remove(herd, some)

    def _remove(self, herd: Herd, names: list[str]) -> None:
        herd.remove(names)
        if not herd.names:
            self._of_kind[id(herd.kind)].remove(herd)
