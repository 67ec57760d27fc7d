"""A session's checkpoints, as its journal tells of them. No input or output here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyrepl_worker import protocol

from .values import Checkpoint


class Timeline:
    """The tree of a session's checkpoints, and where in it the present is."""

    def __init__(self) -> None:
        self._points: dict[str, Checkpoint] = {}
        self.kinds: dict[str, str] = {}
        """What each checkpoint was taken for: ``manual``, ``auto`` or ``replaced``."""
        self.images: set[str] = set()
        """Checkpoints that had an image when last heard of."""
        self.present: str | None = None
        """The checkpoint that the present came from; None: the session's start."""
        self.last_restore: protocol.Restored | None = None
        self.transaction: str | None = None
        """Checkpoint of the open explicit transaction, "" for a snapshot; None: none is open."""

    def take(self, event: Any) -> Checkpoint | None:
        """Take note of a journaled event. Returns the checkpoint if one was taken."""
        if isinstance(event, protocol.CheckpointTaken):
            return self._taken(event)
        if isinstance(event, protocol.Restored):
            if event.checkpoint_id in self._points:
                self.present = event.checkpoint_id
            self.last_restore = event
            self.transaction = None
        elif isinstance(event, protocol.TransactionChanged):
            opened = event.outcome == "opened"
            self.transaction = (event.checkpoint_id or "") if opened else None
        elif isinstance(event, protocol.WorkerStarted):
            self.images.clear()
            self.present = self.transaction = None
        return None

    def _taken(self, event: protocol.CheckpointTaken) -> Checkpoint:
        point = Checkpoint(
            id=event.checkpoint_id,
            label=event.label,
            parent=event.parent,
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

    def get(self, checkpoint_id: str) -> Checkpoint | None:
        """A checkpoint by its id."""
        point = self._points.get(checkpoint_id)
        if point is None:
            return None
        return replace(point, has_image=point.id in self.images)

    def points(self) -> list[Checkpoint]:
        """All checkpoints, oldest first."""
        return [replace(p, has_image=p.id in self.images) for p in self._points.values()]
