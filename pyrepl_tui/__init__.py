"""Sessions of Python that run in processes of their own. Nothing is imported before it is used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .engine.archives import ArchiveContents, ArchivedVariable, read_archive
    from .engine.completions import CallHelp, Completion, Completions, Explanation, Parameter
    from .engine.ended import list_ended_sessions
    from .engine.errors import (
        CheckpointError,
        ProtocolError,
        PyreplError,
        SessionNotFound,
        TransactionError,
        UntrustedArchive,
        WorkerDied,
        WorkerStartError,
    )
    from .engine.events import (
        Display,
        Finished,
        InputRequest,
        InputResolved,
        Notice,
        Output,
        OutputDropped,
        Queued,
        Renamed,
        SessionEnded,
        Started,
        StateChanged,
        WorkerDown,
        WorkerStarted,
    )
    from .engine.observer import Moment
    from .engine.operation import Operation
    from .engine.pool import SessionPool
    from .engine.registry import list_sessions
    from .engine.session import Session
    from .engine.transcript import Transcript
    from .engine.twin import Divergence, TwinRun, run_in_all
    from .engine.values import (
        ArrayDifference,
        Checkpoint,
        Comparison,
        DeepSize,
        Difference,
        ExecutionError,
        ExecutionResult,
        Grid,
        Inspection,
        NamespaceChanges,
        Place,
        ProcessInfo,
        RestoreReport,
        SessionInfo,
        SessionState,
        TransactionPolicy,
        Variable,
        WorkerDeath,
    )

__version__ = "0.1.0"

_HOMES = {
    "archives": ("ArchiveContents", "ArchivedVariable", "read_archive"),
    "completions": ("CallHelp", "Completion", "Completions", "Explanation", "Parameter"),
    "ended": ("list_ended_sessions",),
    "errors": (
        "CheckpointError", "ProtocolError", "PyreplError", "SessionNotFound", "TransactionError",
        "UntrustedArchive", "WorkerDied", "WorkerStartError",
    ),
    "events": (
        "Display", "Finished", "InputRequest", "InputResolved", "Notice", "Output",
        "OutputDropped", "Queued", "Renamed", "SessionEnded", "Started", "StateChanged",
        "WorkerDown", "WorkerStarted",
    ),
    "observer": ("Moment",),
    "operation": ("Operation",),
    "pool": ("SessionPool",),
    "registry": ("list_sessions",),
    "session": ("Session",),
    "transcript": ("Transcript",),
    "twin": ("Divergence", "TwinRun", "run_in_all"),
    "values": (
        "ArrayDifference", "Checkpoint", "Comparison", "DeepSize", "Difference", "ExecutionError",
        "ExecutionResult", "Grid", "Inspection", "NamespaceChanges", "Place",
        "ProcessInfo", "RestoreReport", "SessionInfo", "SessionState", "TransactionPolicy",
        "Variable", "WorkerDeath",
    ),
}  # fmt: skip
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "ArchiveContents", "ArchivedVariable", "ArrayDifference", "CallHelp", "Checkpoint",
    "CheckpointError", "Comparison", "Completion", "Completions", "DeepSize", "Difference",
    "Display", "Divergence", "ExecutionError",
    "ExecutionResult", "Explanation", "Finished", "Grid", "InputRequest", "InputResolved",
    "Inspection", "Moment", "NamespaceChanges", "Notice", "Operation", "Output", "OutputDropped",
    "Parameter", "Place", "ProcessInfo", "ProtocolError", "PyreplError", "Queued", "Renamed",
    "RestoreReport", "Session", "SessionEnded", "SessionInfo", "SessionNotFound", "SessionPool",
    "SessionState", "Started", "StateChanged", "TransactionError", "TransactionPolicy",
    "Transcript", "TwinRun", "UntrustedArchive", "Variable", "WorkerDeath", "WorkerDied",
    "WorkerDown", "WorkerStartError", "WorkerStarted", "list_ended_sessions",
    "list_sessions", "read_archive",
    "run_in_all",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    module = _HOME_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".engine.{module}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
