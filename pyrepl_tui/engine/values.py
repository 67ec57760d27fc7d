"""The values the public API takes and returns: small, frozen, without behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any


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


@dataclass(frozen=True, slots=True)
class ExecutionError:
    """An exception that ended a run."""

    name: str
    """The class's name, as ``ZeroDivisionError``."""
    message: str
    traceback: str
    """As Python would print it, without the worker's own frames."""
    exit_code: int | None = None
    """The exit status that a `sys.exit` asked for; None for anything else."""


@dataclass(frozen=True, slots=True)
class WorkerDeath:
    """How a worker died."""

    signal: int | None
    """Number of the signal that killed it; None if none did, or if nobody knows."""
    exit_code: int | None
    """Its exit status; None if a signal killed it, or if nobody knows."""
    reason: str
    """The cause in words."""


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """A process that belongs to a session."""

    pid: int
    role: str
    """``worker``, ``image``, ``archiver`` or ``nursery``."""
    pss_bytes: int | None
    """Memory it accounts for, shared pages split among their users; None if it cannot be read."""
    checkpoint: str | None = None
    """The checkpoint it is an image or archiver of."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A name in a session's namespace. Describing it ran no user code."""

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
    """Execution count of the run that last bound it; None if unknown."""


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What a restore brought back, variable by variable."""

    form: str
    """``image`` or ``archive``."""
    verdicts: dict[str, str]
    """``exact``, ``equal``, ``rebuilt``, ``rerun`` or ``missing`` for each variable."""
    reasons: dict[str, str]
    caveats: dict[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """How one variable differs between two namespaces."""

    kind: str
    left: str
    right: str
    details: list[str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two namespaces side by side."""

    only_left: list[str]
    only_right: list[str]
    equal: list[str]
    changed: dict[str, Difference]


@dataclass(frozen=True, slots=True)
class Inspection:
    """A value and a page of its children."""

    path: tuple[Any, ...]
    variable: Variable
    children: list[Variable]
    total: int


@dataclass(frozen=True, slots=True)
class Completions:
    """What could stand between two positions of the code."""

    items: list[str]
    start: int
    end: int
