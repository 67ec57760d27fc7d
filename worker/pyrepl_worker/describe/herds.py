"""Many small containers looked at together, in C: has any of them changed in place?

A container belongs here while all its items are small scalars, which are held by its entry: then
the identities of its items tell whether it is as it was.
"""

from __future__ import annotations

import itertools
from array import array
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .listing import Entry

SIZE = 256
"""Members of one herd: what is looked at without letting others have a turn."""


class Herd:
    """Names of variables of one builtin container type."""

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self.members: dict[str, Entry] = {}
        self._sign: tuple[array[int], array[int]] | None = None
        """Lengths of the members and identities of their items; None: to be made."""

    def add(self, name: str, entry: Entry) -> None:
        """Look after one more."""
        self.members[name] = entry
        self._sign = None

    def remove(self, name: str) -> None:
        """Look after one no more."""
        self.members.pop(name, None)
        self._sign = None

    def has_changed(self, namespace: dict[str, Any]) -> bool:
        """Whether a member is not what its entry says. The namespace has plain names only."""
        values: list[Any] = list(map(namespace.get, self.members))
        if any(map(id(self.kind).__ne__, map(id, map(type, values)))):
            return True
        if self._sign is None:
            self._sign = self._noted()
        lengths, items = self._sign
        if array("Q", map(len, values)) != lengths:
            return True
        try:
            return array("Q", map(id, self._items(values))) != items
        except RuntimeError:  # one changes while we look
            return True

    def _noted(self) -> tuple[array[int], array[int]]:
        signs = [entry.sign or (0, self.kind, []) for entry in self.members.values()]
        held = [sign[2] for sign in signs]
        if self.kind is dict:
            keys = itertools.chain.from_iterable(each[::2] for each in held)
            held = [each[1::2] for each in held]
            items = itertools.chain(keys, itertools.chain.from_iterable(held))
        else:
            items = itertools.chain(itertools.chain.from_iterable(held))
        return array("Q", [sign[0] for sign in signs]), array("Q", map(id, items))

    def _items(self, values: list[Any]) -> Iterable[Any]:
        flat = itertools.chain.from_iterable
        if self.kind is dict:
            return itertools.chain(flat(values), flat(map(dict.values, values)))
        return flat(values)
