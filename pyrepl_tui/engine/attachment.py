"""One client's hold on a session, from its start or a later moment until it ends or is left."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import Any

from pyrepl_worker import protocol

from . import archives, deadlines, events, foreign, launcher, registry
from .connection import ConnectionClosed, NoAnswer
from .errors import (
    CheckpointError,
    ProtocolError,
    SessionNotFound,
    WorkerDied,
    WorkerStartError,
)
from .model import SessionModel
from .plan import SessionPlan
from .values import WorkerDeath
from .vigil import Vigil


class Attachment(Vigil):
    """Starts, joins, restarts and ends a session for one client."""

    def __init__(self, model: SessionModel, client: str, plan: SessionPlan) -> None:
        super().__init__(model, client)
        self._plan = plan

    @property
    def plan(self) -> SessionPlan:
        """What the session's workers are started from."""
        return self._plan

    @property
    def python(self) -> str:
        """The interpreter that workers are started with."""
        return self._plan.spec.python

    # -- beginning -----------------------------------------------------------------------------

    async def create(self, load: dict[str, Any] | None = None) -> None:
        """Start the session's first worker.

        Args:
            load: the archive that it begins with, as in `protocol.CreateSession`.

        Raises:
            WorkerStartError: if that does not work.
            CheckpointError: if the archive cannot be loaded.
        """
        try:
            async with self._joining:
                await self._create(load)
        except BaseException:
            self._abandon()
            raise

    def _abandon(self) -> None:
        """Give up a session that nobody got to know, even if it would persist."""
        if self._nursery is not None and not self._nursery.connection.closed:
            self._nursery.connection.post(protocol.EndSession, self.model.id)
        self.leave("the session was not started")

    async def _create(self, load: dict[str, Any] | None = None) -> None:
        if self._nursery is None:
            nursery = await launcher.reach(self._plan.spec, self._client)
            self._hold(nursery)
        assert self._nursery is not None
        if load is None:
            up = await self._birth(protocol.CreateSession, self._plan.record)
        else:
            record = {**self._plan.record, "load": load}
            up = await self._birth(protocol.CreateSession, record, seconds=deadlines.LOAD_SECONDS)
        await self._join(up)

    async def _birth(
        self, kind: Any, *fields: Any, seconds: float | None = None
    ) -> protocol.NodeUp:
        """Ask the nursery for a worker."""
        seconds = deadlines.BIRTH_SECONDS if seconds is None else seconds
        try:
            up = await asyncio.wait_for(self.ask_nursery(kind, *fields), seconds)
        except asyncio.TimeoutError:
            text = f"the nursery has given no worker within {seconds:g} s"
            raise WorkerStartError(text) from None
        if not isinstance(up, protocol.NodeUp):
            raise ProtocolError(f"{type(up).__name__} instead of a worker")
        return up

    async def attach(self, entry: registry.RegistryEntry) -> None:
        """Connect to a session that somebody started.

        Raises:
            SessionNotFound: if it is no more.
            ProtocolError: if another version of this package made it.
            NoAnswer: if its worker is there, but does not answer.
        """
        foreign.check(entry)
        async with self._joining:
            with contextlib.suppress(ConnectionClosed, ProtocolError):
                self._hold(await launcher.connect(entry.nursery, self._client))
            try:
                if self._nursery is not None and await self._watch(entry):
                    return
                await self._enter(entry.socket)
            except NoAnswer:
                raise
            except (ConnectionClosed, WorkerDied):
                if not entry.persist:
                    raise SessionNotFound(f"session {entry.id} is no more") from None
                death = entry.death or WorkerDeath(
                    None, None, "the worker and its nursery are gone"
                )
                self.mourn(death)

    def mourn(self, death: WorkerDeath) -> None:
        """Know a session that has no worker from what it has left on disk."""
        self.model.recall()
        self.model.worker_down(death)

    async def _watch(self, entry: registry.RegistryEntry) -> bool:
        try:
            reply = await self.ask_nursery(protocol.WatchSession, entry.id)
        except SessionNotFound:  # another nursery, younger than the session
            self._drop_nursery()
            return False
        if isinstance(reply, protocol.NodeUp):
            await self._join(reply)
        else:
            self.mourn(WorkerDeath(reply.signal, reply.exit_code, reply.reason))
        return True

    # -- images --------------------------------------------------------------------------------

    async def restore(
        self, checkpoint_id: str, keep: str | None, form: str = "auto", *, rerun: bool = False
    ) -> None:
        """Have a checkpoint put in the worker's place, and follow it.

        Raises:
            CheckpointError: if there is nothing of it, the worker is busy, or it did not work.
        """
        self.check_held()
        async with self._joining:
            try:
                up: protocol.NodeUp = await self.ask_nursery(
                    protocol.Restore, self.model.id, checkpoint_id, keep, form, rerun
                )
            except (ConnectionClosed, SessionNotFound):
                await self._revive(checkpoint_id, form, rerun=rerun)
                return
            if up is self._newest:
                self._succeed(up)
            await self._settle_on_newest()

    async def _revive(self, checkpoint_id: str, form: str, *, rerun: bool) -> None:
        """Start a session again whose processes are all gone, from an archive of its own."""
        await self._settle()
        if self.model.pid is None and self.model.death is None:
            raise self.dead()
        if self._node is not None:
            text = "the nursery is gone, so that the present could not be kept: end it first"
            raise CheckpointError(text)
        place = archives.ArchivePlace(archives.folder_of(self._plan.record), checkpoint_id)
        if form == "image" or not place.exists:
            text = "the nursery that held the images is gone; only archives can be restored"
            raise CheckpointError(text)
        await self._create(place.loading(rerun=rerun))

    async def _settle_on_newest(self) -> None:
        """Wait until we are connected to the worker that the nursery has named last."""
        loop = asyncio.get_running_loop()
        end = loop.time() + deadlines.RESTORE_SECONDS
        while not self._is_settled() and loop.time() < end:
            if self._mourning is not None:
                await asyncio.shield(self._mourning)
            elif self._node is None and self._successor is not None:
                await self._take_over()
            else:
                await asyncio.sleep(0.0005)
        if not self._is_settled():
            raise self.dead()

    def _is_settled(self) -> bool:
        return (
            self._node is not None
            and self._newest is not None
            and self.model.pid == self._newest.pid
        )

    async def branch(self, source: Attachment, checkpoint_id: str) -> None:
        """Start this session from another one's image.

        Raises:
            CheckpointError: if there is no such image, or it did not work.
        """
        if source.nursery is None:
            raise CheckpointError("the nursery that held the images is gone")
        try:
            async with self._joining:
                self._hold(await launcher.connect(source.nursery.socket, self._client))
                up = await self.ask_nursery(
                    protocol.Branch, source.model.id, checkpoint_id, self._plan.record
                )
                await self._join(up)
        except BaseException:
            self._abandon()
            raise

    # -- restart, kill and end -----------------------------------------------------------------

    async def restart(self) -> None:
        """End the worker, whatever it does, and start an empty one.

        Raises:
            WorkerStartError: if the new one does not start.
        """
        self.check_held()
        async with self._joining:
            old = self._node
            try:
                up = await self._birth(protocol.RestartSession, self.model.id)
            except (ConnectionClosed, SessionNotFound):
                await self._dismiss()
                await self._create()
                return
            self._explain("it was restarted", unless=up.pid)
            if old is not None and self._node is old:
                old.abort()
            await self._settle()
            await self._join_latest(up)

    async def _join_latest(self, up: protocol.NodeUp) -> None:
        """Connect to a new worker, or to the one that somebody else had put in its place."""
        try:
            await self._join(up)
        except WorkerDied:
            latest = await self.ask_nursery(protocol.WatchSession, self.model.id)
            if not isinstance(latest, protocol.NodeUp) or latest.pid == up.pid:
                raise
            await self._join(latest)

    async def _dismiss(self) -> None:
        """End a worker that has no nursery."""
        node, pid = self._node, self.model.pid
        if node is not None and pid is not None:
            node.send(protocol.End(0))
            await self._gone(node, deadlines.END_SECONDS / 5)
            if self._node is node:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                await self._gone(node, deadlines.DEATH_SECONDS)
        if self._mourning is not None:
            await asyncio.shield(self._mourning)

    def strike(self) -> None:
        """Send the worker SIGINT itself, which does nothing where no code of the user's runs."""
        if self._node is not None and self.model.pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.model.pid, signal.SIGINT)

    async def kill(self) -> None:
        """Kill the worker; the session stays. Returns when it is known to be dead."""
        node, pid = self._node, self.model.pid
        if node is None or pid is None:
            raise self.dead()
        try:
            await self.ask_nursery(protocol.KillWorker, self.model.id)
        except ConnectionClosed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await self._gone(node, deadlines.DEATH_SECONDS)
        if self._mourning is not None:
            await asyncio.shield(self._mourning)

    async def end(self) -> None:
        """End the session with all its processes."""
        if self._left is not None:
            return
        try:
            with contextlib.suppress(SessionNotFound):
                await asyncio.wait_for(
                    self.ask_nursery(protocol.EndSession, self.model.id), deadlines.END_SECONDS
                )
        except (ConnectionClosed, asyncio.TimeoutError):
            await self._dismiss()
            registry.remove(self.model.id)
        await self._settle()
        self._leave("the session was closed", [events.SessionEnded()])

    def leave(self, why: str) -> None:
        """Let go of the session; what persists lives on."""
        self._leave(why, [])
