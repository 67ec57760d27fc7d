"""What a session can do with its checkpoints beside going back to them: keep, name, forget."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyrepl_worker import protocol

from . import archives
from .attachment import Attachment
from .connection import ConnectionClosed
from .errors import CheckpointError, SessionNotFound
from .model import SessionModel
from .values import Checkpoint, id_of

_NEWS_SECONDS = 1.0
"""How long the sizes and verdicts of a new archive are waited for."""


class CheckpointKeeper:
    """The part of `Session` that looks after its checkpoints."""

    _attachment: Attachment
    _model: SessionModel
    _record: dict[str, Any]

    async def archive_checkpoint(self, checkpoint: Checkpoint | str) -> Checkpoint:
        """Bring a checkpoint to the disk, and wait until it is there.

        Its image saves it, in a process of its own: the session goes on meanwhile.

        Raises:
            CheckpointError: if there is no image of it, or the disk did not take it. Earlier
                archives are whole all the same.
        """
        checkpoint_id = id_of(checkpoint)
        timeline = self._model.timeline
        try:
            await self._ask_keeper(protocol.ArchiveCheckpoint, checkpoint_id)
        except CheckpointError:
            await self._news(lambda: checkpoint_id not in timeline.archiving)
            raise
        self._look_for_archives()
        await self._news(lambda: timeline.archives.get(checkpoint_id) is not None)
        return self._known(checkpoint_id)

    async def _news(self, are_here: Callable[[], bool]) -> None:
        """Wait for what is known of an archive: it comes over the worker, which may be busy."""
        end = asyncio.get_running_loop().time() + _NEWS_SECONDS
        while not are_here() and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.002)

    async def label_checkpoint(self, checkpoint: Checkpoint | str, label: str | None) -> Checkpoint:
        """Call a checkpoint something; None takes its label away.

        What has a label is archived, and among the last to be given up where room is short.
        """
        point = self._known(id_of(checkpoint))
        await self._ask_keeper(protocol.MarkCheckpoint, point.id, label, point.pinned)
        return self._marked(point.id, label, point.pinned)

    async def pin_checkpoint(
        self,
        checkpoint: Checkpoint | str,
        pinned: bool = True,
    ) -> Checkpoint:
        """Keep a checkpoint until it is deleted, or no longer; what is pinned is archived."""
        point = self._known(id_of(checkpoint))
        await self._ask_keeper(protocol.MarkCheckpoint, point.id, point.label, pinned)
        return self._marked(point.id, point.label, pinned)

    async def delete_checkpoint(self, checkpoint: Checkpoint | str) -> None:
        """Forget a checkpoint, with its image and its archive. What came after it stays.

        Raises:
            CheckpointError: if it is just being restored.
        """
        point = self._known(id_of(checkpoint))
        await self._ask_keeper(protocol.DeleteCheckpoint, point.id)
        out, err = self._model.transcript.sizes()
        self._model.timeline.take(protocol.CheckpointDeleted(point.id, out, err))
        if point.has_archive:
            await archives.collect(self._archives)

    async def export_checkpoint(
        self, checkpoint: Checkpoint | str, path: str | os.PathLike[str]
    ) -> Path:
        """Write a checkpoint's archive to one file, which `Session.open` opens anywhere.

        It is archived first if it is not yet.

        Raises:
            CheckpointError: if it cannot be archived.
        """
        checkpoint_id = id_of(checkpoint)
        if not self._look_for_archives() & {checkpoint_id}:
            await self.archive_checkpoint(checkpoint_id)
        state = Path(self._record["state_dir"])
        target = Path(path).absolute()  # noqa: ASYNC240 - asks for the working folder only
        return await archives.export(self._archives, checkpoint_id, target, state)

    async def read_checkpoint(self, checkpoint: Checkpoint | str) -> archives.ArchiveContents:
        """Look into a checkpoint's archive without loading it: names, plain data, sources.

        Raises:
            CheckpointError: if it has none, or its list of contents is damaged.
        """
        place = archives.ArchivePlace(self._archives, id_of(checkpoint))
        return await archives.look_into(place, Path(self._record["state_dir"]))

    # ------------------------------------------------------------------------------------------

    @property
    def _archives(self) -> Path:
        return archives.folder_of(self._record)

    def _look_for_archives(self) -> set[str]:
        """Which checkpoints are on disk now; also those that the journal has nothing of."""
        found = archives.present(self._archives)
        timeline = self._model.timeline
        timeline.note_archives(found)
        for checkpoint_id in found:
            if timeline.get(checkpoint_id) is None:
                point = archives.read_point(self._archives, checkpoint_id)
                if point is not None:
                    timeline.add(point)
        return found

    def _known(self, checkpoint_id: str) -> Checkpoint:
        point = self._model.timeline.get(checkpoint_id)
        if point is None:
            raise CheckpointError(f"this session has no checkpoint {checkpoint_id!r}")
        return point

    def _marked(self, checkpoint_id: str, label: str | None, pinned: bool) -> Checkpoint:
        """What the worker will say too, known at once."""
        out, err = self._model.transcript.sizes()
        event = protocol.CheckpointMarked(checkpoint_id, label, pinned, out, err)
        self._model.timeline.take(event)
        return self._known(checkpoint_id)

    async def _ask_keeper(self, kind: Any, *fields: Any) -> None:
        try:
            await self._attachment.ask_nursery(kind, self._model.id, *fields)
        except (ConnectionClosed, SessionNotFound):
            text = "the session's processes are gone; restore() one of its archives first"
            raise CheckpointError(text) from None
