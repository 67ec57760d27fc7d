"""Node to all its clients: what happens to a session. What is journaled lies on disk too."""

from __future__ import annotations

from typing import Any

from pyrepl_worker.framing import message
from pyrepl_worker.records import record

from .history import (
    ArchiveDropped,
    ArchiveFailed,
    ArchiveSaved,
    CheckpointDeleted,
    CheckpointMarked,
    CheckpointTaken,
    Restored,
    TransactionChanged,
)


@message("worker_started")
@record(frozen=True)
class WorkerStarted:
    """*Journaled.* A worker took the session up (first, or after a restart)."""

    pid: int
    python_version: str
    executable: str
    at: float
    out: int
    err: int


@message("worker_died")
@record(frozen=True)
class WorkerDied:
    """*Journaled, by the nursery.* Clients hear it as `NodeDown`."""

    pid: int
    signal: int | None
    exit_code: int | None
    reason: str
    at: float
    out: int
    err: int


@message("queued")
@record(frozen=True)
class Queued:
    """An operation waits for its turn."""

    operation_id: str
    code: str
    client: str


@message("started")
@record(frozen=True)
class Started:
    """*Journaled.* An operation runs from now on; `out` and `err` are where its output begins."""

    operation_id: str
    ordinal: int
    """Number of the run within the transcript, from 1, never reused."""
    execution_count: int
    code: str
    filename: str
    policy: str
    client: str
    at: float
    out: int
    err: int
    mark: int
    """Index, in the order file, of the run's first mark."""


@message("finished")
@record(frozen=True)
class Finished:
    """*Journaled.* All the operation's own output lies before `out` and `err`."""

    operation_id: str
    ordinal: int
    """0 for an operation that was cancelled before it started."""
    status: str
    """``ok``, ``error``, ``interrupted``, ``timeout`` or ``cancelled``."""
    value: str | None
    value_truncated: bool
    error: dict[str, Any] | None
    """Keys: name, message, traceback, exit_code (int of a sys.exit, else None)."""
    execution_count: int
    duration_ms: float
    rolled_back: bool
    isolation: str
    unrestored: list[str]
    at: float
    out: int
    err: int
    marks: int
    """Number of marks in the order file at the end."""


@message("input_requested")
@record(frozen=True)
class InputRequested:
    """*Journaled.* Code waits for a line. The prompt is not part of stdout."""

    request_id: str
    operation_id: str | None
    prompt: str
    password: bool
    out: int
    err: int


@message("input_resolved")
@record(frozen=True)
class InputResolved:
    """*Journaled.* An input request waits no more."""

    request_id: str
    operation_id: str | None
    action: str
    """``text``, ``eof``, ``interrupt``; ``gone`` if its run ended first."""
    text: str | None
    """What was typed; None for passwords and where there is none."""
    out: int
    err: int


@message("displayed")
@record(frozen=True)
class Displayed:
    """*Journaled.* A rich value: MIME type to content.

    A content is text, bytes (pictures), or, where it is large, a map ``{"file", "size"}``: the
    file's path within the transcript folder. JSON is its text.
    """

    operation_id: str | None
    bundle: dict[str, Any]
    out: int
    err: int


@message("state")
@record(frozen=True)
class StateChanged:
    """The session's state: ``idle``, ``busy``, ``waiting_input`` or ``pending``."""

    state: str


@message("renamed")
@record(frozen=True)
class Renamed:
    """*Journaled.* The session has another name."""

    name: str


@message("notice")
@record(frozen=True)
class Notice:
    """*Journaled.* Something the user should know: disk full, a ceiling near or reached."""

    kind: str
    """``disk_full``, ``cwd_gone``, ``memory_warning``, ``memory_ceiling`` or ``cpu_ceiling``."""
    text: str
    out: int
    err: int


@message("output_dropped")
@record(frozen=True)
class OutputDropped:
    """*Journaled.* The session outgrew its cap: bytes of `stream` before `upto` are gone."""

    stream: str
    """``stdout`` or ``stderr``."""
    upto: int
    """What lies before this offset reads as NULs now."""
    out: int
    err: int


JournalEvent = (
    WorkerStarted
    | WorkerDied
    | Started
    | Finished
    | InputRequested
    | InputResolved
    | Displayed
    | Renamed
    | Notice
    | OutputDropped
    | CheckpointTaken
    | Restored
    | TransactionChanged
    | ArchiveSaved
    | ArchiveFailed
    | ArchiveDropped
    | CheckpointMarked
    | CheckpointDeleted
)
"""What a journal holds."""
