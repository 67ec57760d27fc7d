"""A client's copy of a session's namespace, kept up to date by differences."""

from __future__ import annotations

import asyncio
import functools
import sys
from operator import itemgetter
from typing import Any

from pyrepl_worker.framing import unpack

from .values import Deed, NamespaceChanges, Variable

Page = list[tuple[int, Variable]]
"""Variables and their places in the namespace."""

_make = functools.partial(tuple.__new__, Variable)
"""A `Variable` of a tuple of its fields, made in C: there can be a hundred thousand."""
_place, _variable = itemgetter(0), itemgetter(1)
_name = itemgetter(0)


class NamespaceView:
    """The rows that a client has, and how far they go."""

    def __init__(self) -> None:
        self.epoch = ""
        """Which process they describe."""
        self.version = 0
        self.rows: dict[str, Variable] = {}
        """In the namespace's order."""
        self._public: dict[str, Variable] | None = None
        """Those that do not begin with an underscore; None: to be found."""
        self.early: Page = []
        """Of the reply that is on its way."""
        self.lock = asyncio.Lock()
        """Held while differences are fetched."""

    def take_page(self, page: bytes) -> None:
        """Read a page that comes ahead of a reply."""
        self.early += read_page(page)

    def apply(self, data: dict[str, Any], changes: NamespaceChanges) -> None:
        """Take a reply in, with the pages that came ahead of it, and note what they did."""
        if data["whole"]:
            self.rows = {}
        self.epoch, self.version = data["epoch"], data["version"]
        known, new, changed = self.rows, changes.new, changes.changed
        placed = self.early + read_page(data["page"])
        if data["whole"] or len(placed) > len(known):
            self._public = None
        for name in data["gone"]:
            if known.pop(name, None) is not None:
                changes.deleted.append(name)
                if self._public is not None:
                    self._public.pop(name, None)
        placed.sort(key=_place)
        if data["whole"]:
            variables = list(map(_variable, placed))
            known.update(zip(map(_name, variables), variables, strict=True))
            new += variables
            return
        for _, variable in placed:
            (changed if variable.name in known else new).append(variable)
            known[variable.name] = variable
            if self._public is not None and variable.name[:1] != "_":
                self._public[variable.name] = variable

    def matching(self, query: str, *, private: bool) -> list[Variable]:
        """Variables whose name or type contains a text, regardless of case."""
        if private:
            rows = list(self.rows.values())
        else:
            if self._public is None:
                self._public = {name: row for name, row in self.rows.items() if name[:1] != "_"}
            rows = list(self._public.values())
        if not query:
            return rows
        wanted = query.lower()
        return [row for row in rows if wanted in row.name.lower() or wanted in row.type.lower()]


def deeds_of(told: list[list[Any]]) -> tuple[Deed, ...]:
    """What runs did, as `protocol.ListChanges` has it."""
    return tuple(Deed(run, [row for _, row in read_page(page)], gone) for run, page, gone in told)


def read_page(page: bytes) -> Page:
    """The rows of a page, as `protocol.ListChanges` has them."""
    rows: Page = []
    for packed, places in unpack(page):
        count = len(places)
        names, kinds, groups, shapes, lengths, sizes, summaries, changed, created = (
            column * count if len(column) == 1 else column for column in unpack(packed)
        )
        fields = zip(
            names, map(sys.intern, kinds), shapes, lengths, sizes, summaries, changed,
            map(sys.intern, groups), created, strict=True,
        )  # fmt: skip
        rows += zip(places, map(_make, fields), strict=True)
    return rows
