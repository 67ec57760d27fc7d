"""Checkpoints and transactions: what a client asks of a node, and what the node tells of them."""

from __future__ import annotations

from pyrepl_worker.framing import message
from pyrepl_worker.records import record


@message("checkpoint")
@record(frozen=True)
class TakeCheckpoint:
    """Freeze the present after what runs and waits. Reply: `Done`, or `Failed` (``untrusted``).

    Its data: checkpoint_id, warnings, trusted.
    """

    seq: int
    checkpoint_id: str
    label: str | None


@message("begin")
@record(frozen=True)
class Begin:
    """Open an explicit transaction. Reply: `Done`, or `Failed` (``transaction``)."""

    seq: int


@message("commit")
@record(frozen=True)
class Commit:
    """End the explicit transaction, keeping what its runs did. Reply: as `Begin`."""

    seq: int


@message("roll_back")
@record(frozen=True)
class RollBack:
    """End an explicit transaction whose state before is a snapshot. Reply: as `Begin`.

    One whose state is an image is rolled back by `Restore` to its checkpoint, at the nursery.
    """

    seq: int


@message("checkpoint_taken")
@record(frozen=True)
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
@record(frozen=True)
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
    verdicts: dict[str, str]
    """Of an archive: how exactly each variable came back. Empty for images: all are exact."""
    reasons: dict[str, str]
    """Why a verdict is not ``exact``, by variable."""
    at: float
    out: int
    err: int


@message("archive_saved")
@record(frozen=True)
class ArchiveSaved:
    """*Journaled.* A checkpoint lies on disk, whole."""

    checkpoint_id: str
    verdicts: dict[str, int]
    """How many variables of it will come back how."""
    verified: bool
    """Whether it was loaded back and compared; if not, verdicts are what is hoped for."""
    bytes_on_disk: int
    """Of all files it uses, shared ones included."""
    bytes_written: int
    """That it added to what was there."""
    seconds: float
    at: float
    out: int
    err: int


@message("archive_failed")
@record(frozen=True)
class ArchiveFailed:
    """*Journaled.* A checkpoint could not be brought to the disk; earlier archives are whole."""

    checkpoint_id: str
    reason: str
    at: float
    out: int
    err: int


@message("archive_dropped")
@record(frozen=True)
class ArchiveDropped:
    """*Journaled.* An archive was removed to make room for younger ones."""

    checkpoint_id: str
    at: float
    out: int
    err: int


@message("checkpoint_marked")
@record(frozen=True)
class CheckpointMarked:
    """*Journaled.* A checkpoint has another label, was pinned, or is so no longer."""

    checkpoint_id: str
    label: str | None
    pinned: bool
    out: int
    err: int


@message("checkpoint_deleted")
@record(frozen=True)
class CheckpointDeleted:
    """*Journaled.* A checkpoint is gone, image and archive included."""

    checkpoint_id: str
    out: int
    err: int


@message("transaction")
@record(frozen=True)
class TransactionChanged:
    """*Journaled.* An explicit transaction was opened, or ended."""

    checkpoint_id: str | None
    """The state before its first run; None where it is kept in-process."""
    outcome: str
    """``opened``, ``committed`` or ``rolled_back``."""
    out: int
    err: int
