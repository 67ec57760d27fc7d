"""What is known of a session, kept up to date by what its worker says. No input or output here."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any, get_args

from pyrepl_worker import protocol

from . import events
from .errors import PyreplError
from .feed import BUSY_SECONDS, IDLE_SECONDS, Entry, EventStream, Feed
from .operation import Operation, started_entry
from .outlines import outline, starts
from .registry import RegistryEntry
from .timeline import Timeline
from .transcript import Transcript
from .values import SessionState, WorkerDeath

_JOURNALED = frozenset(get_args(protocol.JournalEvent))
"""Kinds of events that the journal holds."""


_LAST_WORDS = 4 << 20
"""A journal that has grown by more bytes than this is not read for what a worker did not send."""


class SessionModel:
    """The state of one session as seen by one client."""

    def __init__(self, session_id: str, name: str, transcript: Transcript) -> None:
        self.id = session_id
        self.name = name
        self.transcript = transcript
        self.state = SessionState.STARTING
        self.pid: int | None = None
        self.python = ""
        self.python_version = ""
        self.cwd = ""
        self.execution_count = 0
        self.death: WorkerDeath | None = None
        """How the last worker died; None while one lives."""
        self.running: Operation | None = None
        self.queued: dict[str, events.Queued] = {}
        """Operations that wait for their turn, first first."""
        self.inputs: dict[str, events.InputRequest] = {}
        """Requests for input that wait for an answer."""
        self.ended = False
        """True once nothing more will be heard of it here."""
        self._operations: dict[str, Operation] = {}
        self._sendings: dict[str, Callable[[], None]] = {}
        """How to send those of this client's operations that have not begun."""
        self._names: dict[int, str] = {}
        self._newest = 0
        """Ordinal of the last run of which the start was heard."""
        self._unnamed = False
        """Whether there are runs that `_names` does not tell yet."""
        self._feeds: weakref.WeakSet[Feed] = weakref.WeakSet()
        self.journal = 0
        """Size of the journal up to which it was read; later events came by themselves."""
        self._heard = 0
        """How many events that are journaled too came by themselves since then."""
        self.timeline = Timeline()
        """The session's checkpoints."""

    def take(self, message: object) -> None:
        """Take note of what the worker said."""
        if type(message) in _JOURNALED:
            self._heard += 1
        handler = _HANDLERS.get(type(message))
        if handler is not None:
            handler(self, message)

    def listen(self, *, output: bool) -> EventStream:
        """A stream of everything that is said from now on."""
        feed = Feed(
            self.transcript,
            output=output,
            interval=self._interval,
            name_of=self._name_of,
            newest=lambda: self._newest,
        )
        if self.ended:
            feed.close()
        self._feeds.add(feed)
        return EventStream(feed, self)

    def add(self, operation: Operation, send: Callable[[], None]) -> None:
        """An operation of this client is on its way to the worker; `send` sends it again."""
        self._operations[operation.id] = operation
        self._sendings[operation.id] = send

    def send_again(self) -> None:
        """Send what had not begun in a worker that was replaced to the one in its place."""
        for operation_id, send in list(self._sendings.items()):
            operation = self._operations.get(operation_id)
            waits = operation is not None and operation.status == "queued"
            if waits and operation_id not in self.queued:
                send()

    def forget(self, operation: Operation) -> None:
        """An operation was not accepted."""
        self._operations.pop(operation.id, None)
        self._sendings.pop(operation.id, None)

    def know(self, entry: RegistryEntry) -> None:
        """Take over what the registry says of the session, until its worker says more."""
        self.python = entry.python
        self.python_version = entry.python_version
        self.cwd = entry.cwd

    # -- beginnings and ends -------------------------------------------------------------------

    def read_journal(self, end: int) -> list[Any]:
        """Read what was journaled since we last looked, up to a size. Changes nothing.

        At the first look the runs before the last one are left out.
        """
        if not self.journal and self.pid is None:
            return outline(self.transcript, end)
        return list(self.transcript.history(end, start=self.journal))

    def recall(self) -> None:
        """Take note of what the journal tells of a session that has no worker."""
        end = self.transcript.journal_size()
        for event in self.read_journal(end):
            if isinstance(event, protocol.Started):
                self.execution_count = event.execution_count
            elif isinstance(event, protocol.Renamed):
                self.name = event.name
            self.timeline.take(event)
        self.timeline.images.clear()
        self._unnamed |= not self.journal
        self.journal = end

    def worker_up(self, welcome: protocol.Welcome, journal: list[Any]) -> None:
        """A live worker has welcomed us; `journal` is what `read_journal` found."""
        again = self.pid is not None or self.death is not None
        if welcome.pid == self.pid:
            journal = journal[self._heard :]
        self.name = welcome.name
        self.pid = welcome.pid
        self.python = welcome.executable
        self.python_version = welcome.python_version
        self.cwd = welcome.cwd
        self.execution_count = welcome.execution_count
        self.death = None
        self._unnamed |= not self.journal
        self.journal = welcome.journal
        self._catch_up(journal, say=again)
        self._heard = 0
        self.timeline.transaction = welcome.transaction
        self.queued = {}
        for operation_id in welcome.queued:
            self.queued[operation_id] = events.Queued(operation_id, "", "")
        self.inputs = {}
        for fields in welcome.inputs:
            request = protocol.InputRequested(**fields)
            self.inputs[request.request_id] = _request(request)
        self._set_state(SessionState(welcome.state))

    def _catch_up(self, journal: list[Any], *, say: bool) -> None:
        """Learn from the journal what was run, and by whom, since we last looked."""
        news: list[Any] = []
        for event in journal:
            if isinstance(event, protocol.Started):
                self._name(event)
            if isinstance(event, (protocol.WorkerStarted, protocol.Restored)):
                news.clear()  # what came before was told, or was another worker's
            self.timeline.take(event)
            news.append(event)
        if say:
            for event in news:
                self.take(event)
            return
        for event in _unfinished(news):
            operation = Operation(event.operation_id, event.code, self.transcript)
            operation.start(event)
            self._operations[operation.id] = self.running = operation

    def worker_down(self, death: WorkerDeath, *, rolled_back: bool = False) -> None:
        """The worker is dead: whatever it did is over.

        Args:
            death: how it died.
            rolled_back: whether the state before its run comes back by itself.
        """
        self._hear_last_words()
        self.pid = None
        self.death = death
        self.running = None
        self.queued.clear()
        self.inputs.clear()
        sizes = self.transcript.sizes()
        self._sendings.clear()
        operations, self._operations = self._operations, {}
        for operation in operations.values():
            operation.crash(death, sizes, rolled_back=rolled_back)
            self._say(Entry(operation, sizes))
        self._say(Entry(events.WorkerDown(death), sizes))
        self._set_state(SessionState.DEAD)

    def _hear_last_words(self) -> None:
        """Learn from the journal what the worker wrote there, and could not send any more."""
        size = self.transcript.journal_size()
        if self.pid is not None and size - self.journal < _LAST_WORDS:
            for event in self.read_journal(size)[self._heard :]:
                if isinstance(event, (protocol.Started, protocol.Displayed, protocol.Finished)):
                    self.take(event)

    def end(self, last: Iterable[Any], error: PyreplError) -> None:
        """Nothing more will be heard: the session was ended, or we leave it."""
        self.pid = None
        self.ended = True
        self.running = None
        self.queued.clear()
        self.inputs.clear()
        self._sendings.clear()
        operations, self._operations = self._operations, {}
        for operation in operations.values():
            operation.refuse(error)
        self._set_state(SessionState.DEAD)
        for event in last:
            self._say(Entry(event))
        for feed in list(self._feeds):
            feed.close()

    # -- what the worker says ------------------------------------------------------------------

    def _started(self, message: protocol.Started) -> None:
        operation = self._operations.get(message.operation_id)
        if operation is None:
            operation = Operation(message.operation_id, message.code, self.transcript)
            self._operations[operation.id] = operation
        self._name(message)
        self.running = operation
        self.queued.pop(operation.id, None)
        self._sendings.pop(operation.id, None)
        self.execution_count = message.execution_count
        operation.start(message)
        if self._feeds:
            self._say(started_entry(message))

    def _name(self, start: protocol.Started) -> None:
        self._names[start.ordinal] = start.operation_id
        self._newest = max(self._newest, start.ordinal)

    def _name_of(self, ordinal: int) -> str | None:
        """Operation id of a run; None if its start was not heard."""
        if self._unnamed and ordinal not in self._names:
            self._unnamed = False
            known = {start.ordinal: start.operation_id for start in starts(self.transcript)}
            self._names = {**known, **self._names}
        return self._names.get(ordinal)

    def _finished(self, message: protocol.Finished) -> None:
        operation = self._operations.pop(message.operation_id, None)
        if operation is None:
            operation = Operation(message.operation_id, "", self.transcript)
        if self.running is operation:
            self.running = None
        self.queued.pop(operation.id, None)
        self._sendings.pop(operation.id, None)
        operation.finish(message)
        if self._feeds:
            self._say(Entry(operation, (message.out, message.err)))

    def _state_changed(self, message: protocol.StateChanged) -> None:
        self._set_state(SessionState(message.state))

    def _set_state(self, state: SessionState) -> None:
        if state is not self.state:
            self.state = state
            if self._feeds:
                self._say(Entry(events.StateChanged(state)))

    def _input_requested(self, message: protocol.InputRequested) -> None:
        request = _request(message)
        self.inputs[request.id] = request
        self._tell(message.operation_id, Entry(request, (message.out, message.err)))

    def _input_resolved(self, message: protocol.InputResolved) -> None:
        self.inputs.pop(message.request_id, None)
        event = events.InputResolved(
            message.request_id, message.action, message.text, message.operation_id
        )
        self._tell(message.operation_id, Entry(event, (message.out, message.err)))

    def _displayed(self, message: protocol.Displayed) -> None:
        event = events.Display(self.transcript.contents(message.bundle), message.operation_id)
        self._tell(message.operation_id, Entry(event, (message.out, message.err)))

    def _queued(self, message: protocol.Queued) -> None:
        event = events.Queued(message.operation_id, message.code, message.client)
        self.queued[message.operation_id] = event
        self._say(Entry(event))

    def _renamed(self, message: protocol.Renamed) -> None:
        self.name = message.name
        self._say(Entry(events.Renamed(message.name)))

    def _notice(self, message: protocol.Notice) -> None:
        self._say(Entry(events.Notice(message.kind, message.text), (message.out, message.err)))

    def _output_dropped(self, message: protocol.OutputDropped) -> None:
        event = events.OutputDropped(message.stream, message.upto)
        self._say(Entry(event, (message.out, message.err)))

    def _worker_started(self, message: protocol.WorkerStarted) -> None:
        event = events.WorkerStarted(
            message.pid, message.python_version, message.executable, message.at
        )
        self._say(Entry(event, (message.out, message.err)))

    def _checkpoint_taken(self, message: protocol.CheckpointTaken) -> None:
        point = self.timeline.take(message)
        assert point is not None
        self._say(Entry(events.CheckpointTaken(point, message.kind), (message.out, message.err)))

    def _restored(self, message: protocol.Restored) -> None:
        self.timeline.take(message)
        event = events.Restored(message.checkpoint_id, message.replaced, message.form)
        self._say(Entry(event, (message.out, message.err)))

    def _checkpoint_changed(self, message: Any) -> None:
        if isinstance(message, protocol.ArchiveProgress):
            self.timeline.note_progress(message)
        else:
            self.timeline.take(message)
        point = self.timeline.get(message.checkpoint_id)
        if point is not None:
            self._say(Entry(events.CheckpointChanged(point)))

    def _checkpoint_deleted(self, message: protocol.CheckpointDeleted) -> None:
        self.timeline.take(message)
        self._say(Entry(events.CheckpointDeleted(message.checkpoint_id)))

    def _transaction_changed(self, message: protocol.TransactionChanged) -> None:
        self.timeline.take(message)
        event = events.TransactionChanged(message.outcome)
        self._say(Entry(event, (message.out, message.err)))

    # -- listeners -----------------------------------------------------------------------------

    def _tell(self, operation_id: str | None, entry: Entry) -> None:
        operation = self._operations.get(operation_id) if operation_id else None
        if operation is not None:
            operation.say(entry)
        self._say(entry)

    def _say(self, entry: Entry) -> None:
        if self._feeds:
            for feed in self._feeds:
                feed.push(entry)

    def _interval(self) -> float:
        return BUSY_SECONDS if self.running is not None else IDLE_SECONDS


_HANDLERS: dict[type, Callable[[SessionModel, Any], None]] = {
    protocol.Started: SessionModel._started,
    protocol.Finished: SessionModel._finished,
    protocol.StateChanged: SessionModel._state_changed,
    protocol.InputRequested: SessionModel._input_requested,
    protocol.InputResolved: SessionModel._input_resolved,
    protocol.Displayed: SessionModel._displayed,
    protocol.Queued: SessionModel._queued,
    protocol.Renamed: SessionModel._renamed,
    protocol.Notice: SessionModel._notice,
    protocol.OutputDropped: SessionModel._output_dropped,
    protocol.WorkerStarted: SessionModel._worker_started,
    protocol.CheckpointTaken: SessionModel._checkpoint_taken,
    protocol.Restored: SessionModel._restored,
    protocol.TransactionChanged: SessionModel._transaction_changed,
    protocol.ArchiveSaved: SessionModel._checkpoint_changed,
    protocol.ArchiveFailed: SessionModel._checkpoint_changed,
    protocol.ArchiveDropped: SessionModel._checkpoint_changed,
    protocol.ArchiveProgress: SessionModel._checkpoint_changed,
    protocol.CheckpointMarked: SessionModel._checkpoint_changed,
    protocol.CheckpointDeleted: SessionModel._checkpoint_deleted,
}


def _request(message: protocol.InputRequested) -> events.InputRequest:
    return events.InputRequest(
        message.request_id, message.prompt, message.password, message.operation_id
    )


def _unfinished(journal: list[Any]) -> list[protocol.Started]:
    """The runs that a worker's journal tells the start of, but not the end."""
    open_runs: dict[int, protocol.Started] = {}
    for event in journal:
        if isinstance(event, protocol.Started):
            open_runs[event.ordinal] = event
        elif isinstance(event, protocol.Finished):
            open_runs.pop(event.ordinal, None)
    return list(open_runs.values())
