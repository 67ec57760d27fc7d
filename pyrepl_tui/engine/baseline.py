"""A checkpoint held against the present, for marks of what has changed since."""

from __future__ import annotations

from pyrepl_worker.records import record

from .values import Checkpoint, Variable


@record(frozen=True, slots=True)
class Baseline:
    """A checkpoint since which changes are marked, as it is beside the present."""

    point: Checkpoint
    count: int
    """Execution count when it was held against the present: what changed later is marked too."""
    known: frozenset[str]
    """Names that the checkpoint has."""
    differing: frozenset[str]
    """Names that held something else there."""
    lost: tuple[Variable, ...]
    """What it has and the present had not."""
