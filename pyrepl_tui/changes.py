"""What each run did to the variables, found by comparing listings; for the timeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyrepl_worker.records import record

if TYPE_CHECKING:
    from .engine.values import Deed, Variable

MOST = 200
"""Names kept of each run."""
UNKNOWN = ""
"""In place of a value that nobody has seen."""


@record(frozen=True)
class NameChange:
    """One name that a run bound, changed or deleted."""

    name: str
    before: str | None
    """One line about its value, `UNKNOWN` if nobody saw it; None: there was none."""
    after: str | None
    """None: it is gone."""

    @property
    def values(self) -> str:
        """What it was and what it is, as far as both are known and differ."""
        return " → ".join(dict.fromkeys(side for side in (self.before, self.after) if side))

    @property
    def sign(self) -> str:
        """``+`` for a new name, ``−`` for a deleted one, ``~`` for a changed one."""
        return "+" if self.before is None else "−" if self.after is None else "~"


@dataclass
class ChangeLog:
    """What the runs of one session changed, as far as the listings tell.

    A listing names what was bound anew and what looks otherwise; a change deep inside a large value
    may not be noticed.
    """

    _known: dict[str, Variable] | None = None
    """The last listing; None: there is none of this worker."""
    _runs: list[tuple[int, int]] = field(default_factory=list)
    """Ordinal and execution count of the runs since the last listing."""
    _of: dict[int, dict[str, NameChange]] = field(default_factory=dict)
    _seen: int = 0
    """Ordinal of the last run that a listing followed."""
    _together: dict[int, int] = field(default_factory=dict)
    """Runs that ended with one and were followed by a listing only then: how many."""

    def fresh(self) -> None:
        """A worker with an empty namespace has taken the session up."""
        self._known, self._runs = {}, []

    def elsewhere(self) -> None:
        """The session goes on from another state: the next listing is where to begin."""
        self._known, self._runs = None, []

    def recall(self, runs: Iterable[tuple[int, int]]) -> None:
        """Runs that came before anybody listed, as ordinal and execution count, oldest first.

        What is there now tells when it was bound first and last.
        """
        self._known, self._runs = {}, list(runs)

    def ran(self, ordinal: int, execution_count: int) -> None:
        """A run begins."""
        self._runs.append((ordinal, execution_count))

    def listed(self, rows: Sequence[Variable], deeds: Sequence[Deed] = ()) -> None:
        """Take a listing in.

        Args:
            rows: all variables.
            deeds: what some of the runs since the last listing did by themselves.
        """
        before, after = self._known, {row.name: row for row in rows}
        self._known = after
        if before is not None and self._runs:
            runs = {count: ordinal for ordinal, count in self._runs}
            before, told = self._after(before, runs, deeds)
            for name, new in after.items():
                old = before.get(name)
                if old is not new and old != new:  # a row that has not changed is the same one
                    self._note(runs, old, new)
            for name in before.keys() - after.keys():
                self._add(self._runs[-1][0], name, _line(before[name]), None)
            fresh = sum(ordinal > self._seen for ordinal, _ in self._runs if ordinal not in told)
            if fresh > 1:
                self._together[self._runs[-1][0]] = fresh
        self._seen = self._runs[-1][0] if self._runs else self._seen
        del self._runs[:-1]

    def _after(
        self, before: dict[str, Variable], runs: dict[int, int], deeds: Sequence[Deed]
    ) -> tuple[dict[str, Variable], set[int]]:
        """Note what runs did by themselves. Returns what there was then, and who they are."""
        told: set[int] = set()
        if deeds:
            before = dict(before)
        for deed in deeds:
            ordinal = runs.get(deed.execution_count)
            if ordinal is None:
                continue
            told.add(ordinal)
            for row in deed.rows:
                old = before.get(row.name)
                if old != row:
                    self._add(ordinal, row.name, _line(old), _line(row))
                before[row.name] = row
            for name in deed.deleted:
                gone = before.pop(name, None)
                if gone is not None:
                    self._add(ordinal, name, _line(gone), None)
        return before, told

    def _note(self, runs: dict[int, int], old: Variable | None, new: Variable) -> None:
        """Find which of the runs since the last listing did it: the last one if nothing tells."""
        changed = runs.get(new.changed_at or 0, self._runs[-1][0])
        born = runs.get(new.created_at or 0) if old is None else None
        if born is None or born == changed:
            self._add(changed, new.name, _line(old), _line(new))
        else:
            self._add(born, new.name, None, UNKNOWN)
            self._add(changed, new.name, UNKNOWN, _line(new))

    def _add(self, ordinal: int, name: str, before: str | None, after: str | None) -> None:
        changes = self._of.setdefault(ordinal, {})
        first = changes.get(name)
        if first is not None:
            before = first.before
        if before is None and after is None:
            changes.pop(name, None)
        elif first is not None or len(changes) < MOST:
            changes[name] = NameChange(name, before, after)

    def seen_together(self, ordinal: int) -> int:
        """Of how many runs in a row, ending with this one, the changes are told as this one's."""
        return self._together.get(ordinal, 1)

    def of(self, ordinals: Iterable[int]) -> list[NameChange]:
        """What some consecutive runs changed together, new names first, then by name."""
        merged: dict[str, NameChange] = {}
        for ordinal in ordinals:
            for name, change in self._of.get(ordinal, {}).items():
                first = merged.get(name)
                before = change.before if first is None else first.before
                merged[name] = NameChange(name, before, change.after)
        kept = [each for each in merged.values() if (each.before, each.after) != (None, None)]
        return sorted(kept, key=lambda each: ("+~−".index(each.sign), each.name))


def _line(row: Variable | None) -> str | None:
    """A value in a line; of what has a shape or length, that too."""
    if row is None:
        return None
    return row.summary or row.type
