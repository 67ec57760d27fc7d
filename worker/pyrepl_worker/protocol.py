"""Every message between clients, nursery and nodes, and the formats both sides read on disk.

Three conversations use them, each opened by `Hello` and answered by a welcome:

* client and nursery: create, watch, restart and end sessions; hear of births and deaths;
* client and node (the live worker): run code, answer input(), inspect;
* nursery and node, over a socket pair: adopt a session, end it.

A request carries ``seq``; exactly one reply (`Done`, `Failed` or the request's own reply type)
carries it back. Everything else is an event. Times are seconds since the epoch, sizes are bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from .framing import message

VERSION = 1
"""Protocol version; both sides of a connection must have the same."""

JOURNAL, STDOUT, STDERR, ORDER = "journal", "stdout", "stderr", "order"
"""Files of a transcript folder. The journal holds frames of the events marked *journaled* below."""

DISPLAYS = "displays"
"""Folder within it, for large contents of rich values."""

VALUE = "application/vnd.pyrepl.value"
"""Key present in the bundle of a run's value, which then needs no other showing."""

MARK = struct.Struct("<QQII")
"""One record of the order file: size of stdout, size of stderr, ordinal, zero.

From these sizes on, until the sizes of the next mark, output belongs to the run with that ordinal
(0: to no run); within that region stdout's bytes come first, then stderr's. A mark is written
before the first byte it speaks of, whenever the stream or the run that writes changes.
"""

# -- openings ------------------------------------------------------------------------------------


@message("hello")
@dataclass(frozen=True)
class Hello:
    """First message of a client."""

    version: int
    client: str
    """What the client calls itself, for other clients' eyes: ``app``, ``api``, ``exec`` ..."""


@message("nursery_welcome")
@dataclass(frozen=True)
class NurseryWelcome:
    """The nursery's answer to `Hello`."""

    version: int
    pid: int
    python_version: str
    executable: str
    forks: bool
    """False where workers are spawned because fork is missing."""
    subreaper: bool
    """False where orphans go to init, so that their exits cannot be told."""


@message("welcome")
@dataclass(frozen=True)
class Welcome:
    """A live node's answer to `Hello`. Events journaled up to these sizes are not sent again."""

    version: int
    session_id: str
    name: str
    pid: int
    python_version: str
    executable: str
    cwd: str
    state: str
    execution_count: int
    journal: int
    """Size of the journal at this moment: read up to here, later events come over the socket."""
    inputs: list[dict[str, Any]]
    """Input requests that wait now, as the fields of `InputRequested`."""
    queued: list[str]
    """Ids of operations that wait for their turn, first first."""
    transaction: str | None
    """Checkpoint of the open explicit transaction, "" if a snapshot serves; None: none is open."""


# -- client to nursery ---------------------------------------------------------------------------


@message("create")
@dataclass(frozen=True)
class CreateSession:
    """Start the first worker of a new session, and watch it. Reply: `NodeUp`."""

    seq: int
    session: dict[str, Any]
    """Keys: id, name, cwd, env (dict or None for the nursery's own), argv, persist, directory,
    state_dir, created_at, limits."""


@message("watch")
@dataclass(frozen=True)
class WatchSession:
    """Hear of a session's births and deaths, and keep it alive. Reply: `NodeUp` or `NodeDown`.

    A session that does not persist ends when the last connection that created or watches it ends.
    """

    seq: int
    session_id: str


@message("restart")
@dataclass(frozen=True)
class RestartSession:
    """End the session's worker, whatever it does, and start an empty one. Reply: `NodeUp`."""

    seq: int
    session_id: str


@message("end_session")
@dataclass(frozen=True)
class EndSession:
    """End a session with all its processes. Reply: `Done`, when they are gone."""

    seq: int
    session_id: str


@message("kill")
@dataclass(frozen=True)
class KillWorker:
    """Kill the live worker (SIGKILL); the session stays. Reply: `Done`."""

    seq: int
    session_id: str


@message("processes")
@dataclass(frozen=True)
class ListProcesses:
    """Reply: `Done` with ``processes``: a list of {pid, role, session_id, checkpoint_id}."""

    seq: int


@message("restore")
@dataclass(frozen=True)
class Restore:
    """Make a checkpoint's image the session's present, whether its worker lives or is dead.

    Reply: `NodeUp` of the new live worker, or `Failed` and the session is as it was.
    """

    seq: int
    session_id: str
    checkpoint_id: str
    keep: str | None
    """Id of the checkpoint that the replaced present becomes; None: the present is given up."""


@message("branch")
@dataclass(frozen=True)
class Branch:
    """Start a second session from an image. Watches the new session. Reply: `NodeUp`."""

    seq: int
    session_id: str
    checkpoint_id: str
    session: dict[str, Any]
    """The new session, as in `CreateSession`; its cwd and env are the image's all the same."""


@message("drop_image")
@dataclass(frozen=True)
class DropImage:
    """End an image; the checkpoint may still have an archive. Reply: `Done`."""

    seq: int
    session_id: str
    checkpoint_id: str


# -- nursery to client ---------------------------------------------------------------------------


@message("node_up")
@dataclass(frozen=True)
class NodeUp:
    """A session has a live worker: the reply to a request with that seq, else (seq 0) news."""

    seq: int
    session_id: str
    pid: int
    socket: str
    """Path of the unix socket the node listens on."""
    restored: bool
    """Whether it came out of an image, in the place of a worker that left or died."""


@message("node_down")
@dataclass(frozen=True)
class NodeDown:
    """A session's live worker is dead and reaped; the session itself waits for restart or end."""

    seq: int
    session_id: str
    pid: int
    signal: int | None
    exit_code: int | None
    reason: str
    """The cause in words, as shown to people."""
    comes_back: bool
    """Whether the state before the run it died in comes back by itself: `NodeUp` follows."""


@message("image_gone")
@dataclass(frozen=True)
class ImageGone:
    """A checkpoint has no image any more."""

    session_id: str
    checkpoint_id: str
    reason: str


@message("session_ended")
@dataclass(frozen=True)
class SessionEnded:
    """A session is over; its sockets and registry entry are gone."""

    session_id: str


# -- client to node ------------------------------------------------------------------------------


@message("execute")
@dataclass(frozen=True)
class Execute:
    """Queue code. Reply: `Done` at once (then `Started`, ..., `Finished` events), or `Failed`."""

    seq: int
    operation_id: str
    code: str
    policy: str
    timeout_ms: int | None
    filename: str | None
    """None: a cell, named after its execution count. Else the file the code was read from."""
    asks: bool
    """False: input() raises EOFError. True: it sends `InputRequested`."""
    argv: list[str] | None
    """sys.argv for this run and from then on; None leaves it alone."""


@message("cancel")
@dataclass(frozen=True)
class Cancel:
    """Take an operation out of the queue, or interrupt it if it runs. Reply: `Done`."""

    seq: int
    operation_id: str


@message("interrupt")
@dataclass(frozen=True)
class Interrupt:
    """Interrupt the running operation, again and again until it ends. Reply: `Done`."""

    seq: int


@message("answer")
@dataclass(frozen=True)
class Answer:
    """Answer an input request. Reply: `Done`, or `Failed` if it no longer waits."""

    seq: int
    request_id: str
    action: str
    """``text``, ``eof`` (EOFError) or ``interrupt`` (KeyboardInterrupt)."""
    text: str


@message("namespace")
@dataclass(frozen=True)
class ListNamespace:
    """Reply: `Done` whose data has ``variables``: a list of the fields of api.Variable."""

    seq: int
    query: str
    private: bool


@message("list_changes")
@dataclass(frozen=True)
class ListChanges:
    """What is new in the namespace. Reply: `Done`, up to 1,000 rows at a time.

    Its data: ``epoch``; ``whole`` (True: forget all rows, that was another process); ``rows``
    (lists: name, type, kind, shape, length, size_bytes, summary, changed_at, created_at, place);
    ``gone`` (names that were deleted); ``version`` to go on from; ``more``; ``execution_count``.
    """

    seq: int
    epoch: str
    """As in the last reply; "" at first."""
    since: int
    """The version the client has; 0: none."""
    look: bool
    """True: look at the namespace now. False: the next page of what was seen."""


@message("inspect")
@dataclass(frozen=True)
class Inspect:
    """A value and a page of what it holds. Reply: `Done`, its data as `describe.inspection` says.

    It fails (``invalid``) if nothing is at the path.
    """

    seq: int
    path: list[Any]
    offset: int
    limit: int


@message("statistics")
@dataclass(frozen=True)
class Statistics:
    """Count, nulls, min, max and mean of an array or column. Reply: `Done` with ``facts``."""

    seq: int
    path: list[Any]


@message("measure")
@dataclass(frozen=True)
class Measure:
    """Deep sizes of variables. Reply: `Done` with ``sizes``: name to [deep, shared, complete]."""

    seq: int
    names: list[str]
    budget_ms: float


@message("open_reader")
@dataclass(frozen=True)
class OpenReader:
    """Fork a disposable twin that answers `AskReader`, after what runs and waits.

    Reply: `Done` with ``socket``: it waits there for one client, whose `Hello` it answers with
    `ReaderWelcome`, and ends with the connection.
    """

    seq: int


@message("reader_welcome")
@dataclass(frozen=True)
class ReaderWelcome:
    """A reader's answer to `Hello`."""

    version: int
    pid: int


@message("ask_reader")
@dataclass(frozen=True)
class AskReader:
    """A question to a reader. Reply: `Done`, its data as the reader's ``on_<what>`` says."""

    seq: int
    what: str
    """``digests``, ``outline``, ``piece``, ``compare_piece`` or ``evaluate``."""
    arguments: list[Any]


@message("stacks")
@dataclass(frozen=True)
class DumpStacks:
    """Reply: `Done` whose data has ``text``: where every thread of the worker is now."""

    seq: int


@message("rename")
@dataclass(frozen=True)
class Rename:
    """Give the session another name. Reply: `Done`; all clients hear `Renamed`."""

    seq: int
    name: str


@message("resize")
@dataclass(frozen=True)
class Resize:
    """Say how large the screen is that shows the output. Reply: `Done`."""

    seq: int
    columns: int
    lines: int


@message("checkpoint")
@dataclass(frozen=True)
class TakeCheckpoint:
    """Freeze the present after what runs and waits. Reply: `Done`, or `Failed` (``untrusted``).

    Its data: checkpoint_id, warnings, trusted.
    """

    seq: int
    checkpoint_id: str
    label: str | None


@message("begin")
@dataclass(frozen=True)
class Begin:
    """Open an explicit transaction. Reply: `Done`, or `Failed` (``transaction``)."""

    seq: int


@message("commit")
@dataclass(frozen=True)
class Commit:
    """End the explicit transaction, keeping what its runs did. Reply: as `Begin`."""

    seq: int


@message("roll_back")
@dataclass(frozen=True)
class RollBack:
    """End an explicit transaction whose state before is a snapshot. Reply: as `Begin`.

    One whose state is an image is rolled back by `Restore` to its checkpoint, at the nursery.
    """

    seq: int


@message("end")
@dataclass(frozen=True)
class End:
    """Leave: run exit handlers and exit. No reply; the connection ends."""

    seq: int


# -- replies -------------------------------------------------------------------------------------


@message("done")
@dataclass(frozen=True)
class Done:
    """A request was carried out."""

    seq: int
    data: dict[str, Any]


@message("failed")
@dataclass(frozen=True)
class Failed:
    """A request was refused."""

    seq: int
    kind: str
    """``unknown_session``, ``unknown_checkpoint``, ``start``, ``unsupported``, ``ended``, ``busy``,
    ``transaction``, ``moved`` (ask the session's new worker) or ``invalid``."""
    text: str


# -- node to all its clients ---------------------------------------------------------------------


@message("worker_started")
@dataclass(frozen=True)
class WorkerStarted:
    """*Journaled.* A worker took the session up (first, or after a restart)."""

    pid: int
    python_version: str
    executable: str
    at: float
    out: int
    err: int


@message("worker_died")
@dataclass(frozen=True)
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
@dataclass(frozen=True)
class Queued:
    """An operation waits for its turn."""

    operation_id: str
    code: str
    client: str


@message("started")
@dataclass(frozen=True)
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
@dataclass(frozen=True)
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
@dataclass(frozen=True)
class InputRequested:
    """*Journaled.* Code waits for a line. The prompt is not part of stdout."""

    request_id: str
    operation_id: str | None
    prompt: str
    password: bool
    out: int
    err: int


@message("input_resolved")
@dataclass(frozen=True)
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
@dataclass(frozen=True)
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
@dataclass(frozen=True)
class StateChanged:
    """The session's state: ``idle``, ``busy``, ``waiting_input`` or ``pending``."""

    state: str


@message("renamed")
@dataclass(frozen=True)
class Renamed:
    """*Journaled.* The session has another name."""

    name: str


@message("notice")
@dataclass(frozen=True)
class Notice:
    """*Journaled.* Something the user should know: output dropped, disk full."""

    kind: str
    """``disk_full`` or ``cwd_gone``."""
    text: str
    out: int
    err: int


@message("checkpoint_taken")
@dataclass(frozen=True)
class CheckpointTaken:
    """*Journaled.* The session's present has become a checkpoint too."""

    checkpoint_id: str
    label: str | None
    kind: str
    """``manual``, ``auto`` (before a run), or ``replaced`` (the present before a restore)."""
    parent: str | None
    """The checkpoint that the present came from; None: the session's start."""
    execution_count: int
    pause_ms: float
    """How long the session stood still for it."""
    trusted: bool
    """Whether an image holds it; if not, only an archive or a snapshot can."""
    warnings: list[str]
    """What a restore of the image would not bring back."""
    at: float
    out: int
    err: int


@message("restored")
@dataclass(frozen=True)
class Restored:
    """*Journaled.* A checkpoint has become the session's present."""

    checkpoint_id: str
    replaced: str | None
    """The checkpoint that the present before became; None: it was given up."""
    form: str
    """``image`` or ``archive``."""
    execution_count: int
    caveats: dict[str, str]
    """State that is no variable and could not be put back."""
    at: float
    out: int
    err: int


@message("transaction")
@dataclass(frozen=True)
class TransactionChanged:
    """*Journaled.* An explicit transaction was opened, or ended."""

    checkpoint_id: str | None
    """The state before its first run; None where it is kept in-process."""
    outcome: str
    """``opened``, ``committed`` or ``rolled_back``."""
    out: int
    err: int


@message("output_dropped")
@dataclass(frozen=True)
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
)
"""What a journal holds."""
