"""The values the public API takes and returns: small, frozen, without behaviour."""

from __future__ import annotations

from dataclasses import field
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from pyrepl_worker.records import record


class TransactionPolicy(str, Enum):
    """What becomes of a run's changes."""

    COMMIT_ALWAYS = "commit_always"
    """Kept, whatever happens."""
    COMMIT_ON_SUCCESS = "commit_on_success"
    """Kept if the run succeeds, and visible to others only then."""
    ROLLBACK_ON_FAILURE = "rollback_on_failure"
    """Visible at once, undone if the run fails."""
    EXPLICIT = "explicit"
    """Pending until commit or rollback."""

    def __str__(self) -> str:
        return self.value


class SessionState(str, Enum):
    """What a session is doing."""

    STARTING = "starting"
    """There is no worker yet."""
    IDLE = "idle"
    BUSY = "busy"
    WAITING_INPUT = "waiting_input"
    """The running code waits for a line of input."""
    PENDING = "pending"
    """An explicit transaction is open."""
    DEAD = "dead"
    """The worker is gone: restart, or the session was closed."""

    def __str__(self) -> str:
        return self.value


@record(frozen=True, slots=True)
class ExecutionError:
    """An exception that ended a run."""

    name: str
    """The class's name, as ``ZeroDivisionError``."""
    message: str
    traceback: str
    """As Python would print it, without the worker's own frames."""
    exit_code: int | None = None
    """The exit status that a `sys.exit` asked for; None for anything else."""


@record(frozen=True, slots=True)
class WorkerDeath:
    """How a worker died."""

    signal: int | None
    """Number of the signal that killed it; None if none did, or if nobody knows."""
    exit_code: int | None
    """Its exit status; None if a signal killed it, or if nobody knows."""
    reason: str
    """The cause in words."""


@record(frozen=True, slots=True)
class ExecutionResult:
    """What came of one operation."""

    status: str
    """``ok``, ``error``, ``interrupted``, ``timeout``, ``crashed`` or ``cancelled``."""
    stdout: str = ""
    stderr: str = ""
    value: str | None = None
    """The repr of the last expression; None if there is none to show."""
    error: ExecutionError | None = None
    execution_count: int = 0
    duration_ms: float = 0.0
    death: WorkerDeath | None = None
    """How the worker died under it; None unless it crashed."""
    rolled_back: bool = False
    """True: the state from before the run is back."""
    isolation: str = "none"
    """What protected the run: ``none``, ``image``, ``deep`` or ``shallow``."""
    unrestored: list[str] = field(default_factory=list)
    """What a rollback may have left as the run had changed it."""
    truncated: bool = False
    """True: value, stdout or stderr hold only the beginning; `Session.output` has all output."""


@record(frozen=True, slots=True)
class SessionInfo:
    """A session as others see it, without attaching to it."""

    id: str
    name: str
    state: SessionState
    """BUSY also where a worker is there, but does not answer."""
    pid: int | None
    """The live worker; None while it is dead."""
    python: str
    python_version: str
    cwd: str
    persist: bool
    created_at: float
    """Seconds since the epoch."""
    socket: str
    """Where the live worker listens."""
    nursery: str
    """Where the nursery that started it listens."""
    state_dir: Path
    directory: Path
    """The transcript's folder."""
    death: WorkerDeath | None = None
    """How the last worker died; None while it lives."""
    is_foreign: bool = False
    """Whether another version of this package made it: it can be ended, and not attached to."""


@record(frozen=True, slots=True)
class ProcessInfo:
    """A process that belongs to a session."""

    pid: int
    role: str
    """``worker``, ``image``, ``archiver`` or ``nursery``."""
    pss_bytes: int | None
    """Memory it accounts for, shared pages split among their users; None if it cannot be read."""
    checkpoint: str | None = None
    """The checkpoint it is an image or archiver of."""


class Variable(NamedTuple):
    """A name in a session's namespace. Describing it ran no user code.

    A tuple, because a hundred thousand of these are made at once.
    """

    name: str
    type: str
    shape: str
    """Lengths of its dimensions, as ``(3, 4)``; empty for what has none."""
    length: int | None
    """Number of items; None for what has none."""
    size_bytes: int | None
    """Its own size, without what it refers to; None if unknown."""
    summary: str
    """One line that shows its value or its kind."""
    changed_at: int | None
    """Execution count of the run that last bound it; None if unknown.

    It has changed since a checkpoint if this is greater than the checkpoint's `execution_count`.
    """
    kind: str = ""
    """``data``, ``function``, ``module``, ``class`` or ``object``."""
    created_at: int | None = None
    """Execution count of the run that first bound it; None if unknown."""


@record(frozen=True, slots=True)
class Deed:
    """What one run did to a namespace."""

    execution_count: int
    rows: list[Variable]
    """New and changed, as they were after it."""
    deleted: list[str]


@record(frozen=True, slots=True)
class NamespaceChanges:
    """What happened to a namespace since it was last listed here."""

    new: list[Variable]
    changed: list[Variable]
    deleted: list[str]
    whole: bool
    """True: this is another process (a restart, a restore), and `new` holds all there is."""
    deeds: tuple[Deed, ...] = ()
    """Of the runs since then those whose own changes were seen, oldest first."""


@record(frozen=True, slots=True)
class DeepSize:
    """How much a variable holds, in bytes."""

    deep: int
    """All that is reached from it; classes, modules and functions end the way."""
    shared: int
    """The part that other variables reach too."""
    complete: bool
    """False: time ran out before everything was seen."""


@record(frozen=True, slots=True)
class Checkpoint:
    """A named point of a session's history."""

    id: str
    label: str | None
    parent: str | None
    created_at: float
    execution_count: int
    has_image: bool
    has_archive: bool
    warnings: list[str]
    bytes_on_disk: int
    """Of all files its archive uses, those shared with others included; 0 if it has none."""
    pinned: bool = False
    """Whether it is kept until it is deleted; so is what has a label."""
    archiving: float | None = None
    """How far its archive is, 0 to 1; None: none is being written."""
    archiving_step: str = ""
    """What is being done for it now: ``writing 3 of 12 groups``; empty while that is not known."""
    archive_failure: str | None = None
    """Why the last attempt to archive it failed; None: none did."""
    archive_verdicts: dict[str, int] = field(default_factory=dict)
    """How many variables of the archive will come back how; empty while that is not known."""


def id_of(checkpoint: Checkpoint | str) -> str:
    """The id of a checkpoint that is named by either.

    Raises:
        TypeError: if it is neither.
    """
    if isinstance(checkpoint, Checkpoint):
        return checkpoint.id
    if isinstance(checkpoint, str):
        return checkpoint
    raise TypeError(f"a Checkpoint or its id, not {type(checkpoint).__name__}")


@record(frozen=True, slots=True)
class RestoreReport:
    """What a restore brought back, variable by variable."""

    form: str
    """``image`` or ``archive``."""
    verdicts: dict[str, str]
    """``exact``, ``equal``, ``rebuilt``, ``rerun`` or ``missing`` for each variable."""
    reasons: dict[str, str]
    caveats: dict[str, str]


@record(frozen=True, slots=True)
class Difference:
    """How one variable differs between two namespaces."""

    kind: str
    """``type``, ``value``, ``array``, ``frame``, ``source``, ``items`` or ``object``."""
    left: str
    """One line about the value on the left."""
    right: str
    details: list[str]
    """What differs, a line each, in words."""
    places: list[Place] = field(default_factory=list)
    """Where it differs, deepest first met first; at most as many as were asked for."""
    complete: bool = True
    """False: there are more places than are listed."""
    arrays: dict[str, ArrayDifference] = field(default_factory=dict)
    """Of each array in it that differs, by its path as people read it: a frame's columns too."""

    @property
    def array(self) -> ArrayDifference | None:
        """Of the first array that differs; None if none does."""
        return next(iter(self.arrays.values()), None)


@record(frozen=True, slots=True)
class Place:
    """One place where two values differ."""

    path: tuple[Any, ...]
    """As for `Session.inspect`."""
    expression: str
    """The path as people read it."""
    kind: str
    """As of `Difference`; also ``only_left`` and ``only_right``."""
    left: str
    right: str


@record(frozen=True, slots=True)
class ArrayDifference:
    """How two arrays of the same shape and type differ. NaN equals NaN."""

    count: int
    """Elements that differ; at least so many if not `complete`."""
    first: list[tuple[int, str, str]]
    """Flat index, left and right of the first of them."""
    max_absolute: float | None
    """None where elements have no difference: texts, objects, times."""
    max_relative: float | None
    """Relative to the larger of the two magnitudes."""
    complete: bool
    """False: they differ in more than was looked at."""


@record(frozen=True, slots=True)
class Comparison:
    """Two namespaces side by side."""

    only_left: list[str]
    only_right: list[str]
    equal: list[str]
    changed: dict[str, Difference]
    unknown: dict[str, str] = field(default_factory=dict)
    """Names whose values nobody can compare, and why: open files, locks, generators ..."""
    bytes_moved: int = 0
    """What crossed between processes for it."""


@record(frozen=True, slots=True)
class Inspection:
    """A value and a page of its children."""

    path: tuple[Any, ...]
    variable: Variable
    children: list[Variable]
    """Names are labels: keys, attributes, positions."""
    total: int
    """How many children there are; rows of an array or frame; characters of a text."""
    steps: list[Any] = field(default_factory=list)
    """Of each child: what to add to `path` to inspect it."""
    expandable: list[bool] = field(default_factory=list)
    """Of each child: whether there is anything in it."""
    cycles: list[int | None] = field(default_factory=list)
    """Of each child: how many levels up the same object is; None: it is on no level above."""
    expression: str | None = None
    """The path as Python, ``df["a"][3]``; None if it cannot be written."""
    facts: list[tuple[str, str]] = field(default_factory=list)
    """Heading and text: dtype, strides, signature, bases ..."""
    text: str = ""
    """A page of a text, a hex dump of bytes, the source of a function or class; else empty."""
    grid: Grid | None = None
    """A page of an array or frame; None for all else."""


@record(frozen=True, slots=True)
class Sketch:
    """What a plot of many numbers needs."""

    count: int
    missing: int
    """How many of them are NaN or infinite."""
    low: float
    high: float
    mean: float
    series: list[tuple[float, float] | None]
    """Lowest and highest number of each part, from first to last; None: none in it."""
    histogram: list[int]
    """How many numbers lie in each of as many equal steps from `low` to `high`."""


@record(frozen=True, slots=True)
class Picture:
    """A value as a picture."""

    mime: str
    """Empty: `data` are red, green and blue bytes of `size`."""
    data: bytes | str
    size: tuple[int, int] | None
    """Across and down; None where the data tell."""


@record(frozen=True, slots=True)
class Grid:
    """Rows of an array or frame, as text."""

    columns: list[str]
    dtypes: list[str]
    labels: list[str]
    """Of the rows."""
    rows: list[list[str]]
