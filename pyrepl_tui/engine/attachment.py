"""One client's connections to one session, through births and deaths of its worker."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyrepl_worker import protocol

from . import events, launcher, registry
from .connection import Connection, ConnectionClosed, Moved, NoAnswer, open_connection
from .errors import (
    CheckpointError,
    ProtocolError,
    PyreplError,
    SessionNotFound,
    WorkerDied,
    WorkerStartError,
)
from .launcher import Nursery, NurserySpec
from .model import SessionModel
from .obituaries import Obituaries
from .values import WorkerDeath

DEATH_SECONDS = 1.0
"""How long the nursery may take to tell the cause of a death."""
WELCOME_SECONDS = 10.0
"""How long a live worker may take to welcome us."""
BIRTH_SECONDS = 20.0
"""How long the nursery may take to give a session a worker, the end of an older one included."""
RESTORE_SECONDS = 12.0
"""How long the state before a fatal run may take to come back; longer than the nursery tries."""
END_SECONDS = 10.0
"""How long the end of a session may take."""

_GRACE_SECONDS = 0.2
"""How long a dead worker's last words may be on their way."""

_LONG_JOURNAL = 1 << 18
"""A journal that has grown by more bytes than this is read by a thread."""


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """All that is needed to start a session's worker, at first or again."""

    spec: NurserySpec
    record: dict[str, Any]
    """As in `protocol.CreateSession`."""


class Attachment:
    """Keeps a `SessionModel` connected to what it is a model of."""

    def __init__(self, model: SessionModel, client: str, plan: SessionPlan) -> None:
        self.model = model
        self._client = client
        self._plan = plan
        self._node: Connection | None = None
        self._nursery: Nursery | None = None
        self._joining = asyncio.Lock()
        self._obituaries = Obituaries()
        self._successor: protocol.NodeUp | None = None
        """A worker that came out of an image, in the place of ours; None: none has."""
        self._awaited: set[int] = set()
        """Pids of dead workers whose guard's image is coming to life."""
        self._unsent: list[tuple[asyncio.Future[Any], Any, tuple[Any, ...]]] = []
        """Requests that wait for the session's next worker."""
        self._mourning: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._left: str | None = None

    @property
    def nursery(self) -> Nursery | None:
        """The nursery, while we are connected to it."""
        return self._nursery

    @property
    def plan(self) -> SessionPlan:
        """What the session's workers are started from."""
        return self._plan

    @property
    def python(self) -> str:
        """The interpreter that workers are started with."""
        return self._plan.spec.python

    # -- beginning -----------------------------------------------------------------------------

    async def create(self) -> None:
        """Start the session's first worker.

        Raises:
            WorkerStartError: if that does not work.
        """
        try:
            async with self._joining:
                await self._create()
        except BaseException:
            self._abandon()
            raise

    def _abandon(self) -> None:
        """Give up a session that nobody got to know, even if it would persist."""
        if self._nursery is not None and not self._nursery.connection.closed:
            self._nursery.connection.post(protocol.EndSession, self.model.id)
        self.leave("the session was not started")

    async def _create(self) -> None:
        if self._nursery is None:
            nursery = await launcher.reach(self._plan.spec, self._client)
            self._hold(nursery)
        assert self._nursery is not None
        await self._join(await self._birth(protocol.CreateSession, self._plan.record))

    async def _birth(self, kind: Any, *fields: Any) -> protocol.NodeUp:
        """Ask the nursery for a worker."""
        try:
            up = await asyncio.wait_for(self.ask_nursery(kind, *fields), BIRTH_SECONDS)
        except asyncio.TimeoutError:
            text = f"the nursery has given no worker within {BIRTH_SECONDS:g} s"
            raise WorkerStartError(text) from None
        if not isinstance(up, protocol.NodeUp):
            raise ProtocolError(f"{type(up).__name__} instead of a worker")
        return up

    async def attach(self, entry: registry.RegistryEntry) -> None:
        """Connect to a session that somebody started.

        Raises:
            SessionNotFound: if it is no more.
        NoAnswer: if its worker is there, but does not answer.
        """
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
            self.model.worker_down(WorkerDeath(reply.signal, reply.exit_code, reply.reason))
        return True

    def _hold(self, nursery: Nursery) -> None:
        self._nursery = nursery
        nursery.connection.listen(self._hear, partial(self._nursery_lost, nursery))

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

    async def _enter(self, path: str) -> None:
        try:
            connection, welcome = await open_connection(path, self._client, WELCOME_SECONDS)
        except NoAnswer:
            text = f"the worker does not answer within {WELCOME_SECONDS:g} s: it is stopped, or "
            raise NoAnswer(text + "busy with a computation that lets no other thread run") from None
        if not isinstance(welcome, protocol.Welcome) or welcome.session_id != self.model.id:
            connection.close()
            raise ProtocolError(f"{path} is not the socket of session {self.model.id}")
        news = await self._read_journal(welcome.journal)
        self._node = connection
        self.model.worker_up(welcome, news)
        connection.listen(self.model.take, partial(self._node_lost, connection, welcome.pid, path))
        self._send_unsent()

    async def _read_journal(self, end: int) -> list[Any]:
        """What the journal tells up to a size, and we have not heard."""
        read = partial(self.model.read_journal, end)
        if end - self.model.journal <= _LONG_JOURNAL:
            return read()
        return await asyncio.get_running_loop().run_in_executor(None, read)

    # -- requests ------------------------------------------------------------------------------

    def post(self, kind: Any, *fields: Any) -> asyncio.Future[Any] | None:
        """Send the worker a request at once; None if it is just gone, and its fate is awaited.

        Raises:
            WorkerDied: if there is no worker.
        """
        if self._node is not None and not self._node.closed:
            return self._node.request(kind, *fields)
        if self._mourning is not None or self._node is not None:
            return None
        raise self.dead()

    def _post_later(self, kind: Any, *fields: Any) -> asyncio.Future[Any]:
        """Send a request to the worker that replaces the one that could not take it."""
        if self._node is not None and not self._node.closed and self._successor is None:
            return self._node.request(kind, *fields)
        reply = asyncio.get_running_loop().create_future()
        self._unsent.append((reply, kind, fields))
        return reply

    def _send_unsent(self) -> None:
        unsent, self._unsent = self._unsent, []
        for reply, kind, fields in unsent:
            assert self._node is not None
            _pass_on(self._node.request(kind, *fields), reply)

    def _refuse_unsent(self, error: PyreplError) -> None:
        unsent, self._unsent = self._unsent, []
        for reply, _, _ in unsent:
            if not reply.done():
                reply.set_exception(error)
                reply.exception()

    async def ask(self, kind: Any, *fields: Any) -> Any:
        """Send the worker a request and return its reply.

        Raises:
            WorkerDied: if there is no worker, or it dies before it answers.
        """
        if self._mourning is not None:
            await asyncio.shield(self._mourning)
        if self._node is None:
            raise self.dead()
        try:
            return await self._node.request(kind, *fields)
        except Moved:
            return await self._post_later(kind, *fields)
        except ConnectionClosed:
            await self._settle()
            raise self.dead() from None

    async def ask_nursery(self, kind: Any, *fields: Any) -> Any:
        """Send the nursery a request and return its reply.

        Raises:
            ConnectionClosed: if there is no nursery.
        """
        if self._nursery is None:
            raise ConnectionClosed("the nursery is gone")
        return await self._nursery.connection.request(kind, *fields)

    def dead(self) -> WorkerDied:
        """The error for asking what only a live worker could do."""
        if self._left is not None:
            return WorkerDied(self._left)
        death = self.model.death
        if death is None:
            return WorkerDied("the session has not been started")
        return WorkerDied(f"the worker is dead: {death.reason}; restart() starts a new one", death)

    # -- deaths and births ---------------------------------------------------------------------

    def _hear(self, message: Any) -> None:
        """Listen to the nursery."""
        if getattr(message, "session_id", self.model.id) != self.model.id:
            return
        if isinstance(message, protocol.NodeDown):
            death = WorkerDeath(message.signal, message.exit_code, message.reason)
            if message.comes_back:
                self._awaited.add(message.pid)
            self._obituaries.record(message.pid, death)
            if self._node is not None and self.model.pid == message.pid:
                # its last words may still lie in our socket; a child it left may hold it open
                asyncio.get_running_loop().call_later(_GRACE_SECONDS, self._node.abort)
        elif isinstance(message, protocol.NodeUp) and message.restored:
            self._succeed(message)
        elif isinstance(message, protocol.ImageGone):
            self.model.timeline.images.discard(message.checkpoint_id)
        elif isinstance(message, protocol.NodeUp):
            self._explain("it was restarted", unless=message.pid)
            self._spawn(self._follow(message))
        elif isinstance(message, protocol.SessionEnded):
            self._explain("the session was ended")
            self._spawn(self._ended())

    def _succeed(self, up: protocol.NodeUp) -> None:
        """A worker came out of an image, in the place of one that has left or died."""
        self._successor = up
        self._obituaries.stir()
        if self._node is None and self._mourning is None:
            self._spawn(self._follow(up))

    async def _take_over(self) -> bool:
        """Connect to the successor of the worker that is gone, if there is one."""
        up, self._successor = self._successor, None
        if up is None:
            return False
        try:
            await self._enter(up.socket)
        except PyreplError:
            return False
        self.model.send_again()
        return True

    def _explain(self, reason: str, unless: int | None = None) -> None:
        """Know why the worker is gone without being told by its exit."""
        pid = self.model.pid
        if pid is not None and pid != unless:
            self._obituaries.presume(pid, reason)

    async def _follow(self, up: protocol.NodeUp) -> None:
        """Somebody else restarted the session."""
        async with self._joining:
            await self._settle()
            with contextlib.suppress(PyreplError):
                await self._join(up)

    async def _ended(self) -> None:
        """Somebody ended the session."""
        await self._settle()
        self._leave("the session was ended", [events.SessionEnded()])

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
        if await self._take_over() or (death is None and await self._reconnect(path)):
            self._mourning = None
            connection.fail_pending(Moved("the session goes on over another connection"))
            return
        death = death or self._unknown()
        comes_back = pid in self._awaited
        self._awaited.discard(pid)
        self.model.worker_down(death, rolled_back=comes_back)
        connection.fail_pending(self.dead())
        if comes_back:
            await self._wait_for_successor()
            await self._take_over()
        self._mourning = None
        if self._node is None:
            self._refuse_unsent(self.dead())

    async def _wait_for_successor(self) -> None:
        await self._obituaries.wait(RESTORE_SECONDS, self._may_be_replaced)

    def _may_be_replaced(self) -> bool:
        """Whether a successor is not there yet, but may still come."""
        return self._successor is None and self._nursery is not None

    async def _reconnect(self, path: str) -> bool:
        """Connect anew to a worker that only dropped us, for not listening; False if it is dead."""
        try:
            await self._enter(path)
        except PyreplError:
            return False
        self.model.send_again()
        return True

    def _unknown(self) -> WorkerDeath:
        if self._nursery is None:
            return WorkerDeath(None, None, "its nursery is gone, so nobody knows the cause")
        return WorkerDeath(None, None, "the connection to it ended; the cause is not known")

    async def _cause(self, pid: int) -> WorkerDeath | None:
        return await self._obituaries.cause(pid, DEATH_SECONDS, self._may_be_replaced)

    async def _settle(self) -> None:
        """Wait until a worker that is gone, or going, has been mourned."""
        end = asyncio.get_running_loop().time() + DEATH_SECONDS
        while self._node is not None and asyncio.get_running_loop().time() < end:
            if not self._node.closed and self.model.pid not in self._obituaries:
                return
            await asyncio.sleep(0.001)
        if self._mourning is not None:
            await asyncio.shield(self._mourning)

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

    # -- images --------------------------------------------------------------------------------

    async def restore(self, checkpoint_id: str, keep: str | None) -> None:
        """Have an image put in the worker's place, and follow it.

        Raises:
            CheckpointError: if there is no such image, the worker is busy, or it did not work.
        """
        if self._left is not None:
            raise self.dead()
        async with self._joining:
            try:
                up = await self.ask_nursery(protocol.Restore, self.model.id, checkpoint_id, keep)
            except ConnectionClosed:
                text = "the nursery that held the images is gone; only archives can be restored"
                raise CheckpointError(text) from None
            self._succeed(up)
            await self._settle_on(up)

    async def _settle_on(self, up: protocol.NodeUp) -> None:
        """Wait until we are connected to a worker that came out of an image."""
        loop = asyncio.get_running_loop()
        end = loop.time() + RESTORE_SECONDS
        while self.model.pid != up.pid and loop.time() < end:
            if self._mourning is not None:
                await asyncio.shield(self._mourning)
            elif self._node is None and self._successor is not None:
                await self._take_over()
            else:
                await asyncio.sleep(0.0005)
        if self.model.pid != up.pid:
            raise self.dead()

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
        if self._left is not None:
            raise self.dead()
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
            await self._join(up)

    async def _dismiss(self) -> None:
        """End a worker that has no nursery."""
        node, pid = self._node, self.model.pid
        if node is not None and pid is not None:
            node.send(protocol.End(0))
            await self._gone(node, END_SECONDS / 5)
            if self._node is node:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                await self._gone(node, DEATH_SECONDS)
        if self._mourning is not None:
            await asyncio.shield(self._mourning)

    async def _gone(self, node: Connection, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while self._node is node and loop.time() < end:  # noqa: ASYNC110 - a deadline, once a life
            await asyncio.sleep(0.01)

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
        await self._gone(node, DEATH_SECONDS)
        if self._mourning is not None:
            await asyncio.shield(self._mourning)

    async def end(self) -> None:
        """End the session with all its processes."""
        if self._left is not None:
            return
        try:
            with contextlib.suppress(SessionNotFound):
                await asyncio.wait_for(
                    self.ask_nursery(protocol.EndSession, self.model.id), END_SECONDS
                )
        except (ConnectionClosed, asyncio.TimeoutError):
            await self._dismiss()
            registry.remove(self.model.id)
        await self._settle()
        self._leave("the session was closed", [events.SessionEnded()])

    def leave(self, why: str) -> None:
        """Let go of the session; what persists lives on."""
        self._leave(why, [])

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


def _pass_on(source: asyncio.Future[Any], target: asyncio.Future[Any]) -> None:
    """Let one future end as another one does."""

    def copy(done: asyncio.Future[Any]) -> None:
        if target.done() or done.cancelled():
            return
        error = done.exception()
        if error is not None:
            target.set_exception(error)
        else:
            target.set_result(done.result())

    source.add_done_callback(copy)
