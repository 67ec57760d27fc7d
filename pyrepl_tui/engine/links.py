"""One client's connections to a session: to its worker and to the nursery, and requests to both."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any

from pyrepl_worker import protocol

from . import deadlines
from .connection import Connection, ConnectionClosed, Moved, NoAnswer, open_connection
from .errors import ProtocolError, PyreplError, WorkerDied
from .launcher import Nursery
from .model import SessionModel

_LONG_JOURNAL = 1 << 18
"""A journal that has grown by more bytes than this is read by a thread."""


class Links(ABC):
    """Connects a `SessionModel` to what it is a model of, and carries requests."""

    def __init__(self, model: SessionModel, client: str) -> None:
        self.model = model
        self._client = client
        self._node: Connection | None = None
        self._nursery: Nursery | None = None
        self._successor: protocol.NodeUp | None = None
        """A worker that came out of an image, in the place of ours; None: none has."""
        self._unsent: list[tuple[asyncio.Future[Any], Any, tuple[Any, ...]]] = []
        """Requests that wait for the session's next worker."""
        self._mourning: asyncio.Task[None] | None = None
        """Learns why the worker is gone; None while there is one, or the cause is known."""
        self._left: str | None = None
        """Why nothing more can be asked here; None as long as it can."""

    @property
    def nursery(self) -> Nursery | None:
        """The nursery, while we are connected to it."""
        return self._nursery

    # -- connections ---------------------------------------------------------------------------

    async def _enter(self, path: str) -> None:
        """Connect to the worker at a socket, and follow it from now on."""
        seconds = deadlines.WELCOME_SECONDS
        try:
            connection, welcome = await open_connection(path, self._client, seconds)
        except NoAnswer:
            text = f"the worker does not answer within {seconds:g} s: it is stopped, or busy "
            raise NoAnswer(text + "with a computation that lets no other thread run") from None
        if not isinstance(welcome, protocol.Welcome) or welcome.session_id != self.model.id:
            connection.close()
            raise ProtocolError(f"{path} is not the socket of session {self.model.id}")
        news = await self._read_journal(welcome.journal)
        if self._successor is not None and self._successor.pid == welcome.pid:
            self._successor = None
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

    @abstractmethod
    def _node_lost(self, connection: Connection, pid: int, path: str) -> None:
        """The connection to the worker has ended."""

    @abstractmethod
    async def _settle(self) -> None:
        """Wait until a worker that is gone, or going, has been mourned."""

    # -- requests ------------------------------------------------------------------------------

    def post(self, kind: Any, *fields: Any, refused: Callable[[Exception], None]) -> None:
        """Send the worker a request at once; nothing if it is just gone, and its fate is awaited.

        Args:
            kind: the request, whose success is told by events.
            fields: its fields after the seq.
            refused: takes the error that the worker answers with, or dies with.

        Raises:
            WorkerDied: if there is no worker.
        """
        if self._node is not None and not self._node.closed:
            self._node.post(kind, *fields, refused=refused)
        elif self._mourning is None and self._node is None:
            raise self.dead()

    def pull(self) -> None:
        """Take in what the worker has sent, if it has, before the event loop gets to it."""
        if self._node is not None:
            self._node.pull()

    async def ask(
        self, kind: Any, *fields: Any, on_page: Callable[[bytes], None] | None = None
    ) -> Any:
        """Send the worker a request and return its reply; see `Connection.request`.

        Raises:
            WorkerDied: if there is no worker, or it dies before it answers.
        """
        if self._mourning is not None:
            await asyncio.shield(self._mourning)
        if self._node is None:
            raise self.dead()
        try:
            return await self._node.request(kind, *fields, on_page=on_page)
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

    def check_held(self) -> None:
        """See that this client still has to do with the session.

        Raises:
            WorkerDied: if it was closed here, or let go of.
        """
        if self._left is not None:
            raise self.dead()

    def dead(self) -> WorkerDied:
        """The error for asking what only a live worker could do."""
        if self._left is not None:
            return WorkerDied(self._left)
        death = self.model.death
        if death is None and self.model.pid is not None:
            return WorkerDied("the session's worker cannot be reached")
        if death is None:
            return WorkerDied("the session has not been started")
        return WorkerDied(f"the worker is dead: {death.reason}; restart() starts a new one", death)

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
