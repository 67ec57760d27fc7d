"""Which runs led from one checkpoint to the next, as a session's journal tells it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pyrepl_worker import protocol
from pyrepl_worker.records import record

from .journal_tail import JournalTail
from .transcript import Transcript


@record(frozen=True, slots=True)
class RunNote:
    """What the timeline needs to know of a run."""

    ordinal: int
    """Number of the run within the transcript."""
    execution_count: int
    code: str
    at: float
    """When it began, in seconds since the epoch."""
    status: str = "running"
    """As of an `ExecutionResult`."""
    duration_ms: float | None = None
    """None while it runs."""


class Chronicle:
    """The runs between checkpoints. It reads the journal itself, so it knows what came before."""

    def __init__(self, transcript: Transcript) -> None:
        self._journal = JournalTail(transcript.directory / protocol.JOURNAL)
        self._parents: dict[str, str | None] = {}
        self._base: str | None = None
        """The checkpoint that the present came from."""
        self._pending_at: dict[str, tuple[RunNote, ...]] = {}
        """Of checkpoints within an explicit transaction: its runs up to there."""
        self._before: tuple[str | None, tuple[RunNote, ...]] = (None, ())
        """Where the session was when the explicit transaction was opened."""
        self.led_to: dict[str, tuple[RunNote, ...]] = {}
        """Of each checkpoint: the runs that made it out of its parent."""
        self.since: tuple[RunNote, ...] = ()
        """The runs that made the present out of the checkpoint it came from."""
        self.pending: tuple[RunNote, ...] | None = None
        """The runs of the open explicit transaction; None: none is open."""

    def grow(self) -> bool:
        """Take in what was journaled since the last call. Returns whether that was anything."""
        events = self._journal.read()
        for event in events:
            handler = _HANDLERS.get(type(event))
            if handler is not None:
                handler(self, event)
        return bool(events)

    def leads_here(self, checkpoint_id: str) -> bool:
        """Whether the present came from a checkpoint, straight or by others."""
        at = self._base
        while at is not None and at != checkpoint_id:
            at = self._parents.get(at)
        return at is not None

    def way_to(self, checkpoint_id: str | None) -> frozenset[int]:
        """Ordinals of the runs that led to a checkpoint, or (None) to the present."""
        at = self._base if checkpoint_id is None else checkpoint_id
        notes = list(self.since) if checkpoint_id is None else []
        while at is not None:
            notes += self.led_to.get(at, ())
            at = self._parents.get(at)
        return frozenset(note.ordinal for note in notes)

    def _started(self, event: protocol.Started) -> None:
        note = RunNote(event.ordinal, event.execution_count, event.code, event.at)
        self.since += (note,)
        if self.pending is not None:
            self.pending += (note,)

    def _finished(self, event: protocol.Finished) -> None:
        def ended(note: RunNote) -> RunNote:
            if note.ordinal != event.ordinal:
                return note
            return replace(note, status=event.status, duration_ms=event.duration_ms)

        if event.rolled_back:
            self.since = tuple(note for note in self.since if note.ordinal != event.ordinal)
        self.since = tuple(map(ended, self.since))
        if self.pending is not None:
            self.pending = tuple(map(ended, self.pending))

    def _died(self, event: protocol.WorkerDied) -> None:
        self.since = tuple(
            replace(note, status="crashed") if note.status == "running" else note
            for note in self.since
        )

    def _taken(self, event: protocol.CheckpointTaken) -> None:
        self._parents[event.checkpoint_id] = event.parent
        self._base = event.checkpoint_id
        self.led_to[event.checkpoint_id], self.since = self.since, ()
        if self.pending is not None:
            self._pending_at[event.checkpoint_id] = self.pending

    def _deleted(self, event: protocol.CheckpointDeleted) -> None:
        """What led to a deleted checkpoint leads to those after it."""
        gone = event.checkpoint_id
        runs = self.led_to.pop(gone, ())
        parent = self._parents.pop(gone, None)
        for child, its_parent in self._parents.items():
            if its_parent == gone:
                self._parents[child] = parent
                self.led_to[child] = runs + self.led_to[child]
        if self._base == gone:
            self._base, self.since = parent, runs + self.since

    def _restored(self, event: protocol.Restored) -> None:
        if event.checkpoint_id in self._parents:
            self._base, self.since = event.checkpoint_id, ()
            self.pending = self._pending_at.get(event.checkpoint_id)
        elif self.pending is not None:  # the state before an explicit transaction
            (self._base, self.since), self.pending = self._before, None

    def _transaction_changed(self, event: protocol.TransactionChanged) -> None:
        if event.outcome == "opened":
            self.pending, self._before = (), (self._base, self.since)
            return
        if event.outcome == "rolled_back":
            self._base, self.since = self._before
        self.pending = None

    def _worker_started(self, event: protocol.WorkerStarted) -> None:
        self._base, self.since, self.pending = None, (), None


_HANDLERS: dict[type, Callable[[Chronicle, Any], None]] = {
    protocol.Started: Chronicle._started,
    protocol.Finished: Chronicle._finished,
    protocol.WorkerDied: Chronicle._died,
    protocol.CheckpointTaken: Chronicle._taken,
    protocol.CheckpointDeleted: Chronicle._deleted,
    protocol.Restored: Chronicle._restored,
    protocol.TransactionChanged: Chronicle._transaction_changed,
    protocol.WorkerStarted: Chronicle._worker_started,
}
