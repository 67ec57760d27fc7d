"""In which order rows were told, so that a client hears of those that are new to it."""

from __future__ import annotations

import weakref
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from pyrepl_worker.framing import pack

from .rows import Rows, Told

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPARE = 200
_MAX_GONE = 1000


class Gone:
    """A name that was deleted."""

    __slots__ = ("name", "version")

    def __init__(self, name: str, version: int) -> None:
        self.name = name
        self.version = version


class Telling:
    """What was told, oldest first; what is told otherwise since is dropped now and then."""

    def __init__(self) -> None:
        self.version = 0
        """Grows with whatever is told."""
        self.rows = 0
        """How many rows have been told."""
        self._told: list[Told | Gone] = []
        self._versions: list[int] = []
        self._gone: dict[str, Gone] = {}
        self._room = _SPARE

    def add(self, known: Rows, places: list[int], told: Told) -> None:
        """Tell rows."""
        known.take(places, told)
        self.rows += told.left
        self._add(told)
        if self._gone:
            for name in told.names:
                self._gone.pop(name, None)

    def bury(self, name: str) -> None:
        """Tell that a name is listed no more."""
        gone = self._gone[name] = Gone(name, self.version + 1)
        self._add(gone)
        while len(self._gone) > _MAX_GONE:
            del self._gone[next(iter(self._gone))]

    def _add(self, told: Told | Gone) -> None:
        self.version = told.version
        self._told.append(told)
        self._versions.append(told.version)
        if len(self._told) > self._room:
            self._told = [each for each in self._told if self._is_true(each)]
            self._versions = [each.version for each in self._told]
            self._room = 2 * len(self._told) + _SPARE

    def followed_by(self, known: Rows, refs: set[int]) -> Iterator[int]:
        """Places of the values that are followed by some weak references, named by identity."""
        for told in self._told:
            if not isinstance(told, Told) or not told.held or type(told.held[0]) is not weakref.ref:
                continue
            for name, ref in zip(told.names, told.held, strict=True):
                place = known.places.get(name, -1) if id(ref) in refs else -1
                if place >= 0 and known.told[place] is told:
                    yield place

    def _is_true(self, told: Told | Gone) -> bool:
        return told.left > 0 if isinstance(told, Told) else self._gone.get(told.name) is told

    def since(
        self, known: Rows, version: int, limit: int
    ) -> tuple[list[list[Any]], list[str], int, bool]:
        """See `Listing.since`."""
        pieces: list[list[Any]] = []
        rows: list[tuple[Any, ...]] = []
        gone: list[str] = []
        count = 0
        begin = bisect_right(self._versions, version)
        is_alone = begin + 1 == len(self._told)
        for at in range(begin, len(self._told)):
            if count >= limit:
                break
            told = self._told[at]
            version = told.version
            if not self._is_true(told):
                continue
            if isinstance(told, Gone):
                gone.append(told.name)
                count += 1
                continue
            count += told.left
            if told.left == len(told.names) and (told.left > 1 or is_alone):
                pieces.append(told.piece(known))
            else:
                made = told.rows()
                rows += [made[each] for each in known.current(told)]
        else:
            version = self.version
        if rows:
            places = [known.places[row[0]] for row in rows]
            pieces.append([pack(list(zip(*rows, strict=True))), pack(places)])
        return pieces, gone, version, version < self.version
