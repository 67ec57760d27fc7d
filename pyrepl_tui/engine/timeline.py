"""A session's checkpoints, as its journal tells of them. No input or output here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyrepl_worker import protocol

from .values import Checkpoint

_ARCHIVE_EVENTS = (protocol.ArchiveSaved, protocol.ArchiveFailed, protocol.ArchiveDropped)
_STEPS = {
    "pickling": (0.0, 0.25, "variables"),
    "writing": (0.25, 0.25, "MB"),
    "verifying": (0.5, 0.5, "groups"),
}
"""Where on the way of an archive each step begins, its part of the way, and what it counts."""


class Timeline:
    """The tree of a session's checkpoints, and where in it the present is."""

    def __init__(self) -> None:
        self._points: dict[str, Checkpoint] = {}
        self.kinds: dict[str, str] = {}
        """What each checkpoint was taken for: ``manual``, ``auto`` or ``replaced``."""
        self.images: set[str] = set()
        """Checkpoints that had an image when last heard of."""
        self.archives: dict[str, protocol.ArchiveSaved | None] = {}
        """Checkpoints that had an archive when last heard of; None: no more is known of it."""
        self.archiving: dict[str, float] = {}
        """How far the archives are that are being written, 0 to 1."""
        self.loading: float | None = None
        """How far the checkpoint is that comes back from the disk, 0 to 1; None: none does."""
        self._steps: dict[str, str] = {}
        """What is being done for them, in words."""
        self._failures: dict[str, str] = {}
        self._heirs: dict[str, str | None] = {}
        """Of each deleted checkpoint: the one before it."""
        self.present: str | None = None
        """The checkpoint that the present came from; None: the session's start."""
        self._begun_at: dict[str, str | None] = {}
        """For images that guard explicit transactions: what the present then came from."""
        self.last_restore: protocol.Restored | None = None
        self.undone: list[str] = []
        """What restores have replaced and nobody has brought back, the latest last."""
        self.transaction: str | None = None
        """Checkpoint of the open explicit transaction, "" for a snapshot; None: none is open."""

    def take(self, event: Any) -> Checkpoint | None:
        """Take note of a journaled event. Returns the checkpoint if one was taken."""
        if isinstance(event, protocol.CheckpointTaken):
            return self._taken(event)
        if isinstance(event, (protocol.Restored, protocol.WorkerStarted)):
            self.loading = None
        if isinstance(event, _ARCHIVE_EVENTS):
            self._archive_event(event)
        elif isinstance(event, protocol.CheckpointMarked):
            self._marked(event)
        elif isinstance(event, protocol.CheckpointDeleted):
            self._deleted(event.checkpoint_id)
        elif isinstance(event, protocol.Restored):
            if event.checkpoint_id in self._points:
                self.present = event.checkpoint_id
            elif event.checkpoint_id in self._begun_at:
                self.present = self._begun_at[event.checkpoint_id]
            self._went_back(event)
            self.last_restore = event
            self.transaction = None
        elif isinstance(event, protocol.TransactionChanged):
            opened = event.outcome == "opened"
            self.transaction = (event.checkpoint_id or "") if opened else None
            if opened and event.checkpoint_id:
                self._begun_at[event.checkpoint_id] = self.present
        elif isinstance(event, protocol.WorkerStarted):
            self.images.clear()
            self.present = self.transaction = None
        return None

    def _went_back(self, event: protocol.Restored) -> None:
        before = self.last_restore
        if before is not None and before.at == event.at:
            return  # heard of twice: from the worker, and in the journal
        replaced = self._points.get(event.replaced or "")
        if replaced is None or before is None or replaced.execution_count != before.execution_count:
            # code has run since: what was undone before that is on another line
            self.undone = self.undone[-1:] if event.checkpoint_id in self.undone[-1:] else []
        if event.checkpoint_id in self.undone[-1:]:
            self.undone.pop()
        elif event.replaced is not None:
            self.undone.append(event.replaced)

    def _taken(self, event: protocol.CheckpointTaken) -> Checkpoint:
        point = Checkpoint(
            id=event.checkpoint_id,
            label=event.label,
            parent=self._living(event.parent),
            created_at=event.at,
            execution_count=event.execution_count,
            has_image=event.trusted,
            has_archive=False,
            warnings=list(event.warnings),
            bytes_on_disk=0,
        )
        self._points[point.id] = point
        self.kinds[point.id] = event.kind
        if event.trusted:
            self.images.add(point.id)
        if event.kind != "replaced":
            self.present = point.id
        return point

    def _archive_event(
        self, event: protocol.ArchiveSaved | protocol.ArchiveFailed | protocol.ArchiveDropped
    ) -> None:
        checkpoint_id = event.checkpoint_id
        self.archiving.pop(checkpoint_id, None)
        self._steps.pop(checkpoint_id, None)
        self._failures.pop(checkpoint_id, None)
        if isinstance(event, protocol.ArchiveSaved):
            self.archives[checkpoint_id] = event
        elif isinstance(event, protocol.ArchiveDropped):
            self.archives.pop(checkpoint_id, None)
        else:
            self._failures[checkpoint_id] = event.reason

    def _marked(self, event: protocol.CheckpointMarked) -> None:
        point = self._points.get(event.checkpoint_id)
        if point is not None:
            self._points[point.id] = replace(point, label=event.label, pinned=event.pinned)

    def _deleted(self, checkpoint_id: str) -> None:
        point = self._points.pop(checkpoint_id, None)
        if point is None:
            return
        for known in (
            self.images, self.archives, self.archiving, self._steps, self._failures, self.kinds
        ):  # fmt: skip
            known.discard(point.id) if isinstance(known, set) else known.pop(point.id, None)
        self._heirs[point.id] = point.parent
        for child in [each for each in self._points.values() if each.parent == point.id]:
            self._points[child.id] = replace(child, parent=point.parent)
        if self.present == point.id:
            self.present = point.parent

    def _living(self, checkpoint_id: str | None) -> str | None:
        """A checkpoint, or the nearest one before it that has not been deleted."""
        while checkpoint_id is not None and checkpoint_id in self._heirs:
            checkpoint_id = self._heirs[checkpoint_id]
        return checkpoint_id

    def note_progress(self, progress: protocol.ArchiveProgress) -> None:
        """An archive is loaded; or pickled, written and verified, each for a part of the way."""
        if progress.what == "loading":
            self.loading = progress.done / max(1, progress.total)
            return
        if progress.what == "stopped":  # it gave way to another one
            self.archiving.pop(progress.checkpoint_id, None)
            self._steps.pop(progress.checkpoint_id, None)
            return
        begin, share, of = _STEPS.get(progress.what, (0.5, 0.0, ""))
        part = begin + share * progress.done / max(1, progress.total)
        if of:
            step = f"{progress.what} {progress.done} of {progress.total} {of}"
            self._steps[progress.checkpoint_id] = step
        known = self.archiving.get(progress.checkpoint_id, 0.0)
        # what does not come back as it was is written and verified once more
        self.archiving[progress.checkpoint_id] = max(known, min(1.0, part))

    def add(self, point: Checkpoint) -> None:
        """Know a checkpoint that only its archive tells of."""
        later = {
            id_: each for id_, each in self._points.items() if each.created_at > point.created_at
        }
        for known in later:
            del self._points[known]
        self._points[point.id] = point
        self._points.update(later)
        self.kinds[point.id] = "manual"
        if self.last_restore is not None and self.last_restore.checkpoint_id == point.id:
            self.present = self.present or point.id

    def note_archives(self, found: set[str]) -> None:
        """What archives there are on disk now."""
        for gone in set(self.archives) - found:
            del self.archives[gone]
        for checkpoint_id in found:
            self.archives.setdefault(checkpoint_id, None)

    def get(self, checkpoint_id: str) -> Checkpoint | None:
        """A checkpoint by its id."""
        point = self._points.get(checkpoint_id)
        return None if point is None else self._as_it_is(point)

    def points(self) -> list[Checkpoint]:
        """All checkpoints, oldest first."""
        return [self._as_it_is(point) for point in self._points.values()]

    def _as_it_is(self, point: Checkpoint) -> Checkpoint:
        saved = self.archives.get(point.id)
        return replace(
            point,
            has_image=point.id in self.images,
            has_archive=point.id in self.archives,
            bytes_on_disk=0 if saved is None else saved.bytes_on_disk,
            archiving=self.archiving.get(point.id),
            archiving_step=self._steps.get(point.id, ""),
            archive_failure=self._failures.get(point.id),
            archive_verdicts={} if saved is None else saved.verdicts,
        )
