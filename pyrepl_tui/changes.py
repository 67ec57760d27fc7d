"""What each run did to the variables, found by comparing listings; for the timeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .engine.values import Variable

MOST = 200
"""Names kept of each run."""


@dataclass(frozen=True)
class NameChange:
    """One name that a run bound, changed or deleted."""

    name: str
    before: str | None
    """One line about its value; None: there was none."""
    after: str | None
    """None: it is gone."""

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

    def fresh(self) -> None:
        """A worker with an empty namespace has taken the session up."""
        self._known, self._runs = {}, []

    def elsewhere(self) -> None:
        """The session goes on from another state: the next listing is where to begin."""
        self._known, self._runs = None, []

    def ran(self, ordinal: int, execution_count: int) -> None:
        """A run begins."""
        self._runs.append((ordinal, execution_count))

    def listed(self, rows: Sequence[Variable]) -> None:
        """Take a listing in."""
        before, after = self._known, {row.name: row for row in rows}
        self._known = after
        if before is not None and self._runs:
            for name, new in after.items():
                old = before.get(name)
                if old is not new and old != new:  # a row that has not changed is the same one
                    self._note(name, old, new)
            for name in before.keys() - after.keys():
                self._note(name, before[name], None)
        del self._runs[:-1]

    def _note(self, name: str, old: Variable | None, new: Variable | None) -> None:
        ordinal = self._run_of(new)
        changes = self._of.setdefault(ordinal, {})
        first = changes.get(name)
        before = first.before if first is not None else _line(old)
        after = _line(new)
        if before is None and after is None:
            del changes[name]
        elif first is not None or len(changes) < MOST:
            changes[name] = NameChange(name, before, after)

    def _run_of(self, new: Variable | None) -> int:
        """Which of the runs since the last listing did it: the last one if nothing tells."""
        if new is not None:
            for ordinal, count in self._runs:
                if count == new.changed_at:
                    return ordinal
        return self._runs[-1][0]

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
