"""What a session says, as values. `operation_id` is None where no run is concerned."""

from __future__ import annotations

from pathlib import Path

from pyrepl_worker import protocol
from pyrepl_worker.records import record

from .values import Checkpoint, ExecutionResult, SessionState, WorkerDeath


@record(frozen=True, slots=True)
class Started:
    """An operation runs from now on."""

    operation_id: str
    ordinal: int
    """Number of the run within the transcript, from 1."""
    execution_count: int
    code: str
    filename: str
    client: str
    """What the client that asked for it calls itself."""
    at: float
    """Seconds since the epoch."""


@record(frozen=True, slots=True)
class Output:
    """Some output, in the order it was written."""

    stream: str
    """``stdout`` or ``stderr``."""
    data: bytes
    """May begin or end within a character."""
    operation_id: str | None = None
    ordinal: int = 0
    """Number of the run that wrote it; 0 where no run did."""
    start: int = 0
    """Position of its first byte within its stream."""


@record(frozen=True, slots=True)
class InputRequest:
    """Code waits for a line. Answer with `Session.answer`, or by returning it from `on_input`."""

    id: str
    prompt: str
    password: bool
    """True: what is typed should not be shown."""
    operation_id: str | None = None


@record(frozen=True, slots=True)
class InputResolved:
    """An input request waits no more, whoever answered it."""

    id: str
    action: str
    """``text``, ``eof``, ``interrupt``, or ``gone`` if its run ended first."""
    text: str | None
    """What was typed; None for passwords and where there is none."""
    operation_id: str | None = None


@record(frozen=True, slots=True)
class StoredContent:
    """A large content of a bundle, which lies in the transcript."""

    path: Path
    size: int
    """In bytes."""

    def read(self) -> bytes:
        """Return the content.

        Raises:
            OSError: if it was dropped, because the session outgrew its cap.
        """
        return self.path.read_bytes()


@record(frozen=True, slots=True)
class Display:
    """A rich value."""

    mime_bundle: dict[str, str | bytes | StoredContent]
    """MIME type to content. JSON is its text."""
    operation_id: str | None = None

    @property
    def is_value(self) -> bool:
        """Whether this is the value of the run's last expression, which its result has as text."""
        return protocol.VALUE in self.mime_bundle


@record(frozen=True, slots=True)
class Finished:
    """An operation is over; all its own output came before."""

    result: ExecutionResult
    operation_id: str = ""
    ordinal: int = 0
    """0 for an operation that never started."""


@record(frozen=True, slots=True)
class Queued:
    """An operation waits for its turn."""

    operation_id: str
    code: str
    client: str


@record(frozen=True, slots=True)
class StateChanged:
    """The session is in another state."""

    state: SessionState
    operation_id: None = None


@record(frozen=True, slots=True)
class Notice:
    """Something the user should know."""

    kind: str
    """``disk_full`` or ``cwd_gone``."""
    text: str
    operation_id: None = None


@record(frozen=True, slots=True)
class OutputDropped:
    """The session outgrew its cap: the oldest bytes of a stream are gone."""

    stream: str
    """``stdout`` or ``stderr``."""
    upto: int
    """What lies before this position of the stream can no longer be read."""
    operation_id: None = None


@record(frozen=True, slots=True)
class Renamed:
    """The session has another name."""

    name: str
    operation_id: None = None


@record(frozen=True, slots=True)
class WorkerStarted:
    """A worker took the session up, at first or after a restart."""

    pid: int
    python_version: str
    executable: str
    at: float
    operation_id: None = None


@record(frozen=True, slots=True)
class WorkerDown:
    """The worker is dead; the session waits for a restart or its end."""

    death: WorkerDeath
    operation_id: None = None


@record(frozen=True, slots=True)
class CheckpointTaken:
    """The session's present has become a checkpoint too."""

    checkpoint: Checkpoint
    kind: str
    """``manual``, ``auto`` (before a run) or ``replaced`` (the present before a restore)."""
    operation_id: None = None


@record(frozen=True, slots=True)
class CheckpointChanged:
    """A checkpoint's label, pin or archive is another one; `Timeline.get` has it as it is now."""

    checkpoint: Checkpoint
    operation_id: None = None


@record(frozen=True, slots=True)
class CheckpointDeleted:
    """A checkpoint is gone for good."""

    checkpoint_id: str
    operation_id: None = None


@record(frozen=True, slots=True)
class Restored:
    """A checkpoint has become the session's present."""

    checkpoint_id: str
    replaced: str | None
    """The checkpoint that the present before became; None: it was given up."""
    form: str
    operation_id: None = None


@record(frozen=True, slots=True)
class TransactionChanged:
    """An explicit transaction was opened, or ended."""

    outcome: str
    """``opened``, ``committed`` or ``rolled_back``."""
    operation_id: None = None


@record(frozen=True, slots=True)
class SessionEnded:
    """The session is over. Nothing comes after this."""

    operation_id: None = None


WITH_ITS_SESSION = "the session was ended"
"""The reason of the death of a worker whose session is over."""

OPERATION_EVENTS = (Started, Output, InputRequest, Display, Finished)
"""The kinds of event that iterating over an operation yields."""

OperationEvent = Started | Output | InputRequest | Display | Finished
"""What iterating over an operation yields."""

Event = (
    Started,
    Output,
    InputRequest,
    InputResolved,
    Display,
    Finished,
    Queued,
    StateChanged,
    Notice,
    OutputDropped,
    Renamed,
    WorkerStarted,
    WorkerDown,
    CheckpointTaken,
    CheckpointChanged,
    CheckpointDeleted,
    Restored,
    TransactionChanged,
    SessionEnded,
)
"""All kinds of event."""

SessionEvent = (
    Started
    | Output
    | InputRequest
    | InputResolved
    | Display
    | Finished
    | Queued
    | StateChanged
    | Notice
    | OutputDropped
    | Renamed
    | WorkerStarted
    | WorkerDown
    | CheckpointTaken
    | CheckpointChanged
    | CheckpointDeleted
    | Restored
    | TransactionChanged
    | SessionEnded
)
"""What `Session.events` yields."""
