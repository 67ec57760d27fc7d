"""A client's copy of a session's namespace, kept up to date by differences."""

from __future__ import annotations

import asyncio
import itertools
from operator import itemgetter
from typing import Any

from pyrepl_worker.framing import unpack

from .values import NamespaceChanges, Variable


class NamespaceView:
    """The rows that a client has, and how far they go."""

    def __init__(self) -> None:
        self.epoch = ""
        """Which process they describe."""
        self.version = 0
        self.rows: dict[str, Variable] = {}
        """In the namespace's order."""
        self.lock = asyncio.Lock()
        """Held while differences are fetched."""

    def apply(self, data: dict[str, Any], changes: NamespaceChanges) -> None:
        """Take one page of differences in, and note what they did."""
        if data["whole"]:
            self.rows = {}
        self.epoch, self.version = data["epoch"], data["version"]
        for name in data["gone"]:
            if self.rows.pop(name, None) is not None:
                changes.deleted.append(name)
        rows = list(itertools.chain.from_iterable(map(unpack, data["pages"])))
        if data["whole"]:
            rows.sort(key=_place)
        known, new, changed = self.rows, changes.new, changes.changed
        for name, kind, group, shape, length, size, summary, changed_at, created_at, _ in rows:
            variable = Variable(
                name, kind, shape, length, size, summary, changed_at, group, created_at
            )
            (changed if name in known else new).append(variable)
            known[name] = variable

    def matching(self, query: str, *, private: bool) -> list[Variable]:
        """Variables whose name, type or summary contains a text, regardless of case."""
        rows = list(self.rows.values())
        if not private:
            rows = [row for row in rows if row.name[:1] != "_"]
        if not query:
            return rows
        wanted = query.lower()
        return [row for row in rows if wanted in row.name.lower() or wanted in row.type.lower()]


_place = itemgetter(-1)
