"""A client's copy of a session's namespace, kept up to date by differences."""

from __future__ import annotations

import asyncio
import functools
import sys
from itertools import repeat
from operator import itemgetter
from typing import Any, NamedTuple

from pyrepl_worker.framing import unpack

from .values import Deed, NamespaceChanges, Variable

_make = functools.partial(tuple.__new__, Variable)
"""A `Variable` of a tuple of its fields, made in C: there can be a hundred thousand."""
_name = itemgetter(0)


class Page(NamedTuple):
    """Variables, and the place of each in the namespace."""

    places: list[int]
    rows: list[Variable]

    def in_order(self) -> list[Variable]:
        """As they are in the namespace. Places may have moved while it was listed."""
        table = dict(zip(self.places, self.rows, strict=True))
        if len(table) == len(self.rows):
            return list(map(table.__getitem__, sorted(table)))
        order = sorted(range(len(self.rows)), key=self.places.__getitem__)
        return list(map(self.rows.__getitem__, order))


class NamespaceView:
    """The rows that a client has, and how far they go."""

    def __init__(self) -> None:
        self.epoch = ""
        """Which process they describe."""
        self.version = 0
        self.rows: dict[str, Variable] = {}
        """In the namespace's order."""
        self._public: dict[str, Variable] | None = None
        """Those that do not begin with an underscore, which may be all; None: to be found."""
        self.early = Page([], [])
        """Of the reply that is on its way."""
        self.lock = asyncio.Lock()
        """Held while differences are fetched."""

    def start_page(self) -> None:
        """Expect another reply."""
        self.early = Page([], [])

    def take_page(self, page: bytes) -> None:
        """Read a page that comes ahead of a reply."""
        read_page(page, self.early)

    def apply(self, data: dict[str, Any], changes: NamespaceChanges) -> None:
        """Take a reply in, with the pages that came ahead of it, and note what they did."""
        if data["whole"]:
            self.rows = {}
        self.epoch, self.version = data["epoch"], data["version"]
        known, new, changed = self.rows, changes.new, changes.changed
        found = read_page(data["page"], self.early).in_order()
        self.start_page()
        if data["whole"] or len(found) > len(known):
            self._public = None
        for name in data["gone"]:
            if known.pop(name, None) is not None:
                changes.deleted.append(name)
                if self._public is not None:
                    self._public.pop(name, None)
        if data["whole"]:
            known.update(zip(map(_name, found), found, strict=True))
            new += found if len(known) == len(found) else known.values()
            return
        for variable in found:
            name = variable.name
            (changed if name in known else new).append(variable)
            if name[:1] == "_" and self._public is known:
                self._public = None
            known[name] = variable
            if self._public is not None and name[:1] != "_":
                self._public[name] = variable

    def matching(self, query: str, *, private: bool) -> list[Variable]:
        """Variables whose name or type contains a text, regardless of case."""
        if private:
            rows = list(self.rows.values())
        else:
            if self._public is None:
                self._public = _public(self.rows)
            rows = list(self._public.values())
        if not query:
            return rows
        wanted = query.lower()
        return [row for row in rows if wanted in row.name.lower() or wanted in row.type.lower()]


def _public(rows: dict[str, Variable]) -> dict[str, Variable]:
    """Those that do not begin with an underscore."""
    if "\n_" not in "\n" + "\n".join(rows):
        return rows
    return {name: row for name, row in rows.items() if name[:1] != "_"}


def deeds_of(told: list[list[Any]]) -> tuple[Deed, ...]:
    """What runs did, as `protocol.ListChanges` has it."""
    return tuple(Deed(run, read_page(page).rows, gone) for run, page, gone in told)


def read_page(data: bytes, page: Page | None = None) -> Page:
    """Add the rows of a page, as `protocol.ListChanges` has them, to others."""
    page = page or Page([], [])
    for packed, packed_places in unpack(data):
        places = unpack(packed_places)
        names, kinds, groups, shapes, lengths, sizes, summaries, changed, created = (
            repeat(column[0], len(places)) if len(column) == 1 else column
            for column in _shared(unpack(packed))
        )
        fields = zip(
            names, kinds, shapes, lengths, sizes, summaries, changed, groups, created, strict=True
        )
        page.places.extend(places)
        page.rows.extend(map(_make, fields))
    return page


def _shared(columns: list[list[Any]]) -> list[list[Any]]:
    """Columns whose types and kinds are kept once only."""
    columns[1:3] = [list(map(sys.intern, column)) for column in columns[1:3]]
    return columns
