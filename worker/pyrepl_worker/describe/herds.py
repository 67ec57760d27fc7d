"""Many small containers looked at together, in C: has any of them changed in place?

A container belongs here while all its items are small scalars, of which a copy is held: then the
identities of its items tell whether it is as it was.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from .addresses import addresses

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator

SIZE = 256
"""Members of one herd: what is looked at without letting others have a turn."""
_flat = itertools.chain.from_iterable


class Herd:
    """Names of variables of one builtin container type."""

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self.members: dict[str, Any] = {}
        """Copies of what they held: a dict of a dict, else a list."""
        self._noted: tuple[array[int], list[int], array[int]] | None = None
        """Identities of the members' types, their lengths, and identities of their items; None: to
        be made."""

    def add(self, members: dict[str, Any]) -> None:
        """Look after some more."""
        self.members.update(members)
        self._noted = None

    def remove(self, name: str) -> None:
        """Look after one no more."""
        self.members.pop(name, None)
        self._noted = None

    def has_changed(self, namespace: dict[str, Any]) -> bool:
        """Whether a member is not as it was. The namespace has plain names only."""
        values: list[Any] = list(map(namespace.get, self.members))
        types, lengths, items = self._noted = self._noted or self._note()
        if addresses(list(map(type, values))) != types or list(map(len, values)) != lengths:
            return True
        try:
            return addresses(self._items(values)) != items
        except RuntimeError:  # one changes while we look
            return True

    def _note(self) -> tuple[array[int], list[int], array[int]]:
        held = list(self.members.values())
        kinds = addresses([self.kind] * len(held))
        return kinds, list(map(len, held)), addresses(self._items(held))

    def _items(self, values: list[Any]) -> list[Any]:
        if self.kind is dict:
            return [*_flat(values), *_flat(map(dict.values, values))]
        return [*_flat(values)]


class Herds:
    """All of a namespace's."""

    def __init__(self) -> None:
        self._of_kind: dict[int, list[Herd]] = {}
        """By identity of their type."""
        self._of_name: dict[str, Herd] = {}

    def __iter__(self) -> Iterator[Herd]:
        return iter(list(_flat(self._of_kind.values())))

    def add(self, kind: type, members: dict[str, Any]) -> None:
        """Look after containers of a type, none of which is looked after yet."""
        herds = self._of_kind.setdefault(id(kind), [])
        if not herds or len(herds[-1].members) >= SIZE:
            herds.append(Herd(kind))
        herd = herds[-1]
        herd.add(members)
        self._of_name.update(dict.fromkeys(members, herd))

    def remove(self, name: str) -> None:
        """Look after a name no more, if it is."""
        herd = self._of_name.pop(name, None)
        if herd is not None:
            herd.remove(name)

    def forget(self, names: list[str]) -> None:
        """As `remove`, of many."""
        if self._of_name:
            for name in filter(self._of_name.__contains__, names):
                self.remove(name)
