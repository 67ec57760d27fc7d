"""Watching over a session's worker: deaths, their causes, and who comes in its place."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import Any

from pyrepl_worker import protocol

from . import deadlines, events
from .connection import Connection, ConnectionClosed, Moved, NoAnswer
from .errors import PyreplError, WorkerDied
from .launcher import Nursery
from .links import Links
from .model import SessionModel
from .obituaries import Obituaries
from .values import WorkerDeath

_OF_THE_TIMELINE = (
    protocol.ArchiveProgress,
    protocol.ArchiveSaved,
    protocol.ArchiveFailed,
    protocol.ArchiveDropped,
    protocol.CheckpointMarked,
    protocol.CheckpointDeleted,
)
"""What the nursery itself tells if there is no worker to do it."""


class Vigil(Links):
    """Listens to the nursery, and takes the model through the deaths and births it tells of."""

    def __init__(self, model: SessionModel, client: str) -> None:
        super().__init__(model, client)
        self._joining = asyncio.Lock()
        self._obituaries = Obituaries()
        self._newest: protocol.NodeUp | None = None
        """The worker that the nursery has named last; None: it has named none yet."""
        self._awaited: set[int] = set()
        """Pids of dead workers whose guard's image is coming to life."""
        self._tasks: set[asyncio.Task[None]] = set()

    # -- the nursery ---------------------------------------------------------------------------

    def _hold(self, nursery: Nursery) -> None:
        self._nursery = nursery
        lost = partial(self._nursery_lost, nursery)
        nursery.connection.listen(self._hear, lost, self._note)

    def _note(self, message: Any) -> None:
        """Remember which worker the nursery has named last, as an answer or as news."""
        if isinstance(message, protocol.NodeUp) and message.session_id == self.model.id:
            self._newest = message

    def _hear(self, message: Any) -> None:
        """Listen to the nursery."""
        if getattr(message, "session_id", self.model.id) != self.model.id:
            return
        self._note(message)
        if isinstance(message, protocol.NodeDown):
            death = WorkerDeath(message.signal, message.exit_code, message.reason)
            if message.comes_back:
                self._awaited.add(message.pid)
            self._obituaries.record(message.pid, death)
            if self._node is not None and self.model.pid == message.pid:
                # its last words may still lie in our socket; a child it left may hold it open
                asyncio.get_running_loop().call_later(deadlines.GRACE_SECONDS, self._node.abort)
        elif isinstance(message, protocol.NodeUp) and message.restored:
            self._succeed(message)
        elif isinstance(message, protocol.ImageGone):
            self.model.timeline.images.discard(message.checkpoint_id)
        elif isinstance(message, _OF_THE_TIMELINE):
            self.model.take(message)
        elif isinstance(message, protocol.NodeUp):
            self._explain("it was restarted", unless=message.pid)
            self._spawn(self._follow(message))
        elif isinstance(message, protocol.SessionEnded):
            self._explain(events.WITH_ITS_SESSION)
            self._spawn(self._ended())

    def _nursery_lost(self, nursery: Nursery) -> None:
        if self._nursery is nursery:
            self._nursery = None
            nursery.connection.fail_pending(ConnectionClosed("the nursery is gone"))
            self._obituaries.stir()

    def _drop_nursery(self) -> None:
        if self._nursery is not None:
            self._nursery.connection.close()
            self._nursery = None

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- births --------------------------------------------------------------------------------

    async def _join(self, up: protocol.NodeUp) -> None:
        """Connect to the worker that a nursery names."""
        if self._node is not None and self.model.pid == up.pid:
            return
        try:
            await self._enter(up.socket)
        except NoAnswer:
            raise
        except ConnectionClosed:
            death = await self._cause(up.pid) or self._unknown()
            raise WorkerDied(f"the worker died at once: {death.reason}", death) from None

    def _succeed(self, up: protocol.NodeUp) -> None:
        """A worker came out of an image, in the place of one that has left or died."""
        self._successor = up
        self._obituaries.stir()
        if self._node is None and self._mourning is None:
            self._spawn(self._follow(up))

    async def _take_over(self) -> bool:
        """Connect to the successor of the worker that is gone, if there is one."""
        while self._successor is not None:
            up, self._successor = self._successor, None
            try:
                await self._enter(up.socket)
            except PyreplError:
                continue  # it was replaced in its turn; its own successor may be known by now
            self.model.send_again()
            return True
        return False

    async def _follow(self, up: protocol.NodeUp) -> None:
        """Somebody else restarted the session."""
        async with self._joining:
            await self._settle()
            if up.restored:
                if self._node is None:
                    await self._take_over()
                return
            with contextlib.suppress(PyreplError):
                await self._join(up)

    async def _wait_for_successor(self) -> None:
        await self._obituaries.wait(deadlines.RESTORE_SECONDS, self._may_be_replaced)

    def _may_be_replaced(self) -> bool:
        """Whether a successor is not there yet, but may still come."""
        return self._successor is None and self._nursery is not None

    # -- deaths --------------------------------------------------------------------------------

    def _node_lost(self, connection: Connection, pid: int, path: str) -> None:
        if connection is self._node:
            self._node = None
            work = self._mourn(connection, pid, path)
            self._mourning = asyncio.get_running_loop().create_task(work)

    async def _mourn(self, connection: Connection, pid: int, path: str) -> None:
        """Learn why the worker died, and tell everybody who waits for it."""
        death: WorkerDeath | None
        if connection.problem is not None:
            death = WorkerDeath(None, None, f"it spoke nonsense: {connection.problem}")
        else:
            death = await self._cause(pid)
        # a worker that died of a guarded run is mourned before the one that takes its place
        comes_back = pid in self._awaited
        self._awaited.discard(pid)
        if not comes_back and (
            await self._take_over() or (death is None and await self._reconnect(path))
        ):
            self._mourning = None
            connection.fail_pending(Moved("the session goes on over another connection"))
            return
        death = death or self._unknown()
        self.model.worker_down(death, rolled_back=comes_back)
        connection.fail_pending(self.dead())
        if comes_back:
            await self._wait_for_successor()
            await self._take_over()
        self._mourning = None
        if self._node is None and self._successor is not None:
            self._spawn(self._follow(self._successor))
        elif self._node is None:
            self._refuse_unsent(self.dead())

    async def _reconnect(self, path: str) -> bool:
        """Connect anew to a worker that only dropped us, for not listening; False if it is dead."""
        try:
            await self._enter(path)
        except PyreplError:
            return False
        self.model.send_again()
        return True

    async def _cause(self, pid: int) -> WorkerDeath | None:
        return await self._obituaries.cause(pid, deadlines.DEATH_SECONDS, self._may_be_replaced)

    def _unknown(self) -> WorkerDeath:
        if self._nursery is None:
            return WorkerDeath(None, None, "its nursery is gone, so nobody knows the cause")
        return WorkerDeath(None, None, "the connection to it ended; the cause is not known")

    def _explain(self, reason: str, unless: int | None = None) -> None:
        """Know why the worker is gone without being told by its exit."""
        pid = self.model.pid
        if pid is not None and pid != unless:
            self._obituaries.presume(pid, reason)

    async def _settle(self) -> None:
        """Wait until a worker that is gone, or going, has been mourned."""
        end = asyncio.get_running_loop().time() + deadlines.DEATH_SECONDS
        while self._node is not None and asyncio.get_running_loop().time() < end:
            if not self._node.closed and self.model.pid not in self._obituaries:
                return
            await asyncio.sleep(0.001)
        if self._mourning is not None:
            await asyncio.shield(self._mourning)

    async def _gone(self, node: Connection, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while self._node is node and loop.time() < end:  # noqa: ASYNC110 - a deadline, once a life
            await asyncio.sleep(0.01)

    # -- the end -------------------------------------------------------------------------------

    async def _ended(self) -> None:
        """Somebody ended the session."""
        await self._settle()
        self._leave(events.WITH_ITS_SESSION, [events.SessionEnded()])

    def _leave(self, why: str, last: list[Any]) -> None:
        if self._left is not None:
            return
        self._left = why
        node, self._node = self._node, None
        if node is not None:
            node.close()
            node.fail_pending(WorkerDied(why))
        if self._nursery is not None:
            self._nursery.connection.fail_pending(ConnectionClosed(why))
        self._drop_nursery()
        if self._mourning is not None:
            self._mourning.cancel()
            self._mourning = None
        self.model.end(last, WorkerDied(why))
