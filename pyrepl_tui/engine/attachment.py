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
from .connection import Connection, ConnectionClosed, NoAnswer, open_connection
from .errors import ProtocolError, PyreplError, SessionNotFound, WorkerDied
from .launcher import Nursery, NurserySpec
from .model import SessionModel
from .values import WorkerDeath

DEATH_SECONDS = 1.0
"""How long the nursery may take to tell the cause of a death."""
WELCOME_SECONDS = 10.0
"""How long a live worker may take to welcome us."""
END_SECONDS = 10.0
"""How long the end of a session may take."""

_GRACE_SECONDS = 0.2
"""How long a dead worker's last words may be on their way."""


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
        self._deaths: dict[int, WorkerDeath] = {}
        self._news = asyncio.Event()
        self._mourning: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._left: str | None = None

    @property
    def nursery(self) -> Nursery | None:
        """The nursery, while we are connected to it."""
        return self._nursery

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
        up = await self._ask_nursery(protocol.CreateSession, self._plan.record)
        await self._join(up)

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
            reply = await self._ask_nursery(protocol.WatchSession, entry.id)
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
            death = await self._cause(up.pid)
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
        self._node = connection
        self.model.worker_up(welcome)
        connection.listen(self.model.take, partial(self._node_lost, connection, welcome.pid))

    # -- requests ------------------------------------------------------------------------------

    def post(self, kind: Any, *fields: Any) -> asyncio.Future[Any] | None:
        """Send the worker a request at once; None if it has just died and its cause is awaited.

        Raises:
            WorkerDied: if there is no worker.
        """
        if self._node is not None and not self._node.closed:
            return self._node.request(kind, *fields)
        if self._mourning is not None or self._node is not None:
            return None
        raise self.dead()

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
        except ConnectionClosed:
            await self._settle()
            raise self.dead() from None

    async def ask_nursery(self, kind: Any, *fields: Any) -> Any:
        """Send the nursery a request and return its reply.

        Raises:
            ConnectionClosed: if there is no nursery.
        """
        return await self._ask_nursery(kind, *fields)

    async def _ask_nursery(self, kind: Any, *fields: Any) -> Any:
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
            self._deaths[message.pid] = death
            self._stir()
            if self._node is not None and self.model.pid == message.pid:
                # its last words may still lie in our socket; a child it left may hold it open
                asyncio.get_running_loop().call_later(_GRACE_SECONDS, self._node.abort)
        elif isinstance(message, protocol.NodeUp):
            self._explain("it was restarted", unless=message.pid)
            self._spawn(self._follow(message))
        elif isinstance(message, protocol.SessionEnded):
            self._explain("the session was ended")
            self._spawn(self._ended())

    def _explain(self, reason: str, unless: int | None = None) -> None:
        """Know why the worker is gone without being told by its exit."""
        pid = self.model.pid
        if pid is not None and pid != unless:
            self._deaths.setdefault(pid, WorkerDeath(None, None, reason))
            self._stir()

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

    def _node_lost(self, connection: Connection, pid: int) -> None:
        if connection is self._node:
            self._node = None
            self._mourning = asyncio.get_running_loop().create_task(self._mourn(connection, pid))

    async def _mourn(self, connection: Connection, pid: int) -> None:
        """Learn why the worker died, and tell everybody who waits for it."""
        if connection.problem is not None:
            death = WorkerDeath(None, None, f"it spoke nonsense: {connection.problem}")
        else:
            death = await self._cause(pid)
        self._mourning = None
        self.model.worker_down(death)
        connection.fail_pending(self.dead())

    async def _cause(self, pid: int) -> WorkerDeath:
        loop = asyncio.get_running_loop()
        end = loop.time() + DEATH_SECONDS
        while pid not in self._deaths and self._nursery is not None and loop.time() < end:
            self._news.clear()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._news.wait(), max(0.0, end - loop.time()))
        if pid in self._deaths:
            return self._deaths.pop(pid)
        if self._nursery is None:
            return WorkerDeath(None, None, "its nursery is gone, so nobody knows the cause")
        return WorkerDeath(None, None, "the connection to it ended; the cause is not known")

    async def _settle(self) -> None:
        """Wait until a worker that is gone, or going, has been mourned."""
        end = asyncio.get_running_loop().time() + DEATH_SECONDS
        while self._node is not None and asyncio.get_running_loop().time() < end:
            if not self._node.closed and self.model.pid not in self._deaths:
                return
            await asyncio.sleep(0.001)
        if self._mourning is not None:
            await asyncio.shield(self._mourning)

    def _nursery_lost(self, nursery: Nursery) -> None:
        if self._nursery is nursery:
            self._nursery = None
            nursery.connection.fail_pending(ConnectionClosed("the nursery is gone"))
            self._stir()

    def _drop_nursery(self) -> None:
        if self._nursery is not None:
            self._nursery.connection.close()
            self._nursery = None

    def _stir(self) -> None:
        self._news.set()

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

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
                up = await self._ask_nursery(protocol.RestartSession, self.model.id)
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
        """Kill the worker; the session stays."""
        pid = self.model.pid
        if pid is None:
            raise self.dead()
        try:
            await self._ask_nursery(protocol.KillWorker, self.model.id)
        except ConnectionClosed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def end(self) -> None:
        """End the session with all its processes."""
        if self._left is not None:
            return
        try:
            with contextlib.suppress(SessionNotFound):
                await asyncio.wait_for(
                    self._ask_nursery(protocol.EndSession, self.model.id), END_SECONDS
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
