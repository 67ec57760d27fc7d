"""What a session can do with its past: checkpoints, restore, branch, transactions."""

from __future__ import annotations

import asyncio
import secrets
import time
from abc import abstractmethod
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyrepl_tui import locations
from pyrepl_worker import protocol

from . import archives
from .attachment import Attachment
from .connection import ConnectionClosed
from .errors import CheckpointError, ProtocolError, TransactionError
from .keeping import CheckpointKeeper
from .model import SessionModel
from .plan import SessionPlan
from .revival import Revival
from .timeline import Timeline
from .values import Checkpoint, RestoreReport, id_of

if TYPE_CHECKING:
    from .session import Session

_IMAGES_SECONDS = 5.0


class TimeMachine(Revival, CheckpointKeeper):
    """The part of `Session` that goes back in time."""

    _attachment: Attachment
    _model: SessionModel
    _record: dict[str, Any]
    restore_report: RestoreReport | None

    # -- checkpoints ---------------------------------------------------------------------------

    async def checkpoint(self, label: str | None = None, *, durable: bool = False) -> Checkpoint:
        """Make the present a checkpoint: a frozen twin of the worker, in milliseconds.

        It is taken after what runs and waits now. Where a fork would not carry the session's
        state there is no twin, and the checkpoint is only archived; its warnings say why.

        Args:
            label: what people call it.
            durable: wait until an archive of it is on disk.

        Raises:
            CheckpointError: if it could be neither frozen nor, with `durable`, archived.
            WorkerDied: if there is no worker.
        """
        checkpoint_id = secrets.token_hex(6)
        await self._attachment.ask(protocol.TakeCheckpoint, checkpoint_id, label)
        point = self._model.timeline.get(checkpoint_id)
        if point is None:
            raise CheckpointError("the worker was replaced while the checkpoint was taken")
        if durable:
            return await self.archive_checkpoint(checkpoint_id)
        return point

    async def checkpoints(self) -> list[Checkpoint]:
        """The timeline, oldest first."""
        timeline = self._model.timeline
        try:
            reply = await asyncio.wait_for(
                self._attachment.ask_nursery(protocol.ListProcesses), _IMAGES_SECONDS
            )
        except (ConnectionClosed, ProtocolError, asyncio.TimeoutError):
            timeline.images.clear()
        else:
            rows = reply.data["processes"]
            own = [row for row in rows if row["session_id"] == self._model.id]
            timeline.images = {row["checkpoint_id"] for row in own if row["role"] == "image"}
        self._look_for_archives()
        return timeline.points()

    @property
    def timeline(self) -> Timeline:
        """The checkpoints as far as they are known here, without asking anybody."""
        return self._model.timeline

    @property
    def present(self) -> str | None:
        """Id of the checkpoint that the present came from; None: the session's start."""
        return self._model.timeline.present

    async def restore(
        self, checkpoint: Checkpoint | str, *, form: str = "auto", rerun: bool = False
    ) -> RestoreReport:
        """Make a checkpoint the present. The present becomes a checkpoint, to undo this with.

        Also after the worker has died, or all the session's processes have: then there is no
        present to keep.

        Args:
            checkpoint: the checkpoint or its id.
            form: ``image``, ``archive``, or ``auto``: the image, or the archive where there is no
                image, or it does not come to life.
            rerun: whether the cells that bound variables which an archive has not may run again.

        Raises:
            CheckpointError: if there is nothing of it, code is running, or it cannot be read.
        """
        if form not in ("auto", "image", "archive"):
            raise ValueError(f"a form is 'image', 'archive' or 'auto', not {form!r}")
        checkpoint_id = id_of(checkpoint)
        keep = secrets.token_hex(6) if self._model.pid is not None else None
        try:
            await self._attachment.restore(checkpoint_id, keep, form, rerun=rerun)
        finally:
            self._model.timeline.loading = None
        return await self._report(checkpoint_id)

    async def _report(self, checkpoint_id: str) -> RestoreReport:
        timeline = self._model.timeline
        last = timeline.last_restore
        if last is not None and last.form == "archive":
            self.restore_report = RestoreReport(
                "archive", dict(last.verdicts), dict(last.reasons), dict(last.caveats)
            )
            return self.restore_report
        point = timeline.get(checkpoint_id)
        caveats = {
            f"warning {n}": text for n, text in enumerate(point.warnings if point else [], 1)
        }
        if timeline.last_restore is not None:
            caveats.update(timeline.last_restore.caveats)
        reply = await self._attachment.ask(protocol.ListNames)
        verdicts = {name: "exact" for name in reply.data["names"] if not name.startswith("__")}
        self.restore_report = RestoreReport("image", verdicts, {}, caveats)
        return self.restore_report

    async def branch(
        self,
        checkpoint: Checkpoint | str | None = None,
        *,
        name: str | None = None,
        reseed: bool = False,
    ) -> Session:
        """Open a checkpoint as a second live session; memory is shared until one side writes.

        Args:
            checkpoint: the checkpoint or its id; None: the present.
            name: of the new session; None: made from this one's.
            reseed: whether the global random generators of Python, numpy and torch get states of
                their own; else both sessions draw the same numbers.

        Raises:
            CheckpointError: if there is neither an image nor an archive of it.
        """
        if checkpoint is None:
            checkpoint = await self.checkpoint(None)
        checkpoint_id = id_of(checkpoint)
        session_id = secrets.token_hex(6)
        state = self._record["state_dir"]
        record = {
            **self._record,
            "id": session_id,
            "name": name or f"{self._model.name} (branch)",
            "directory": str(locations.session_dir(Path(state), session_id)),
            "created_at": time.time(),
            "reseed": reseed,
        }
        plan = self._attachment.plan
        twin: Session = type(self).__new__(type(self))  # type: ignore[assignment]
        twin._adopt(SessionPlan(replace(plan.spec), record), self)
        if self._attachment.nursery is None:
            place = archives.ArchivePlace(self._archives, checkpoint_id)
            await twin._load(place)
            return twin
        await twin._attachment.branch(self._attachment, checkpoint_id)
        twin._model.transcript.open_files()
        if twin._model.timeline.last_restore is not None:
            await twin._report(checkpoint_id)
        return twin

    @abstractmethod
    def _adopt(self, plan: SessionPlan, source: TimeMachine) -> None:
        """Be set up as a branch of another session."""

    # -- transactions --------------------------------------------------------------------------

    async def begin(self) -> None:
        """Open an explicit transaction: all runs join it until `commit` or `rollback`.

        Raises:
            TransactionError: if one is open already.
        """
        await self._attachment.ask(protocol.Begin)

    async def commit(self) -> None:
        """Keep what the runs of the explicit transaction did.

        Raises:
            TransactionError: if none is open.
        """
        if self._model.timeline.transaction is None:
            raise TransactionError("no transaction is open")
        await self._attachment.ask(protocol.Commit)

    async def rollback(self) -> RestoreReport:
        """Put back the state before the first run of the explicit transaction.

        Raises:
            TransactionError: if none is open.
        """
        transaction = self._model.timeline.transaction
        if transaction is None:
            raise TransactionError("no transaction is open")
        if transaction:
            await self._attachment.restore(transaction, None)
            return await self._report(transaction)
        reply = await self._attachment.ask(protocol.RollBack)
        data = reply.data
        caveats = {f"unrestored {n}": text for n, text in enumerate(data["unrestored"], 1)}
        self.restore_report = RestoreReport(data["isolation"], {}, {}, caveats)
        return self.restore_report
