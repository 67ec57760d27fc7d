"""Where in a long journal to begin, so that the last runs are there first."""

from __future__ import annotations

import contextlib
from pathlib import Path

from pyrepl_worker import protocol
from pyrepl_worker.framing import FrameError
from pyrepl_worker.records import record

from .journal_tail import JournalFrames

RUNS = 40
"""Runs to begin with."""
_WORTH = 400
"""Shorter journals are read from their beginning."""
_TAKEN = b"checkpoint_taken"
_PATIENCE = 2000
"""Events in which a place to begin must be found."""


@record(frozen=True, slots=True)
class LastRuns:
    """The last runs of a journal; none of those before them goes on."""

    started: protocol.Started
    """The first of them."""
    position: int
    """Where its event begins in the journal."""
    number: int
    """How many events are before it."""
    journal: JournalFrames
    """The journal as it was."""

    def checkpoints(self) -> list[protocol.CheckpointTaken]:
        """The checkpoints that were taken before; later events may speak of them."""
        journal = self.journal
        numbers = (number for number in range(self.number) if journal.may_be(number, _TAKEN))
        found = []
        for number in numbers:
            with contextlib.suppress(FrameError):
                found.append(journal.event(number))
        return [event for event in found if isinstance(event, protocol.CheckpointTaken)]


def last_runs(path: Path) -> LastRuns | None:
    """Find the last runs; None: the journal is best read from its beginning.

    Args:
        path: of the journal.
    """
    try:
        with path.open("rb") as file:
            journal = JournalFrames(file.fileno())
    except (OSError, ValueError):
        return None
    total = len(journal.starts)
    if total < _WORTH:
        return None
    try:
        return _find(journal, total)
    except FrameError:
        return None


def _find(journal: JournalFrames, total: int) -> LastRuns | None:
    count = 0
    open_runs: set[str] = set()
    for number in range(total - 1, max(0, total - _PATIENCE), -1):
        event = journal.event(number)
        if isinstance(event, protocol.Finished):
            open_runs.add(event.operation_id)
        elif isinstance(event, protocol.Started):
            count += 1
            open_runs.discard(event.operation_id)
            if count >= RUNS and not open_runs:
                return LastRuns(event, journal.starts[number], number, journal)
    return None
