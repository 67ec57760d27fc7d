"""One end of a connection to a nursery or a node: frames, requests and their replies."""

from __future__ import annotations

import asyncio
import errno
import os
import select
import socket
import struct
from collections.abc import Callable
from typing import Any, cast

from pyrepl_worker import protocol
from pyrepl_worker.framing import FrameError, FrameReader, check, encode

from .errors import (
    CheckpointError,
    ProtocolError,
    PyreplError,
    SessionNotFound,
    TransactionError,
    WorkerDied,
    WorkerStartError,
)

Welcome = protocol.NurseryWelcome | protocol.Welcome | protocol.ReaderWelcome
"""The first message of the other side."""

_REPLIES = frozenset((protocol.Done, protocol.Failed, protocol.NodeUp, protocol.NodeDown))
_PULL = 64 * 1024
"""Most bytes that `Connection.pull` takes in at once."""
_RETRY = 0.005
"""How long to wait before asking again a socket whose queue of connections is full, seconds."""


class ConnectionClosed(PyreplError):
    """The other side is gone, or was never there."""


class Moved(PyreplError):
    """The worker is being replaced; the session goes on in another one."""


class Held(CheckpointError):
    """A run that commits at its end goes on: until then values are looked at as before it."""

    def __init__(self, checkpoint_id: str) -> None:
        super().__init__("a run that commits at its end is under way")
        self.checkpoint_id = checkpoint_id
        """Where they can be looked at."""


class NoAnswer(ConnectionClosed):
    """Somebody is there, but did not answer in time: stopped, or too busy."""


_open: set[int] = set()
"""Descriptors of the connections of this process."""


def _let_go() -> None:
    """In a process forked from ours: it must not keep alive what ends with us."""
    if _open:
        null = os.open(os.devnull, os.O_RDWR)
        for fd in _open:
            os.dup2(null, fd, inheritable=False)
        os.close(null)
        _open.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


class Connection(asyncio.Protocol):
    """Sends requests and matches their replies; hands everything else to a listener.

    Messages that arrive before `listen` is called wait for it.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._reader = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._refusals: dict[int, Callable[[Exception], None]] = {}
        self._pages: dict[int, Callable[[bytes], None]] = {}
        self._seq = 0
        self._fd = -1
        self._socket: socket.socket | None = None
        """Where `pull` looks; None: nowhere."""
        self._arrival = select.poll()
        self._welcome: asyncio.Future[Any] | None = self._loop.create_future()
        self._early: list[Any] = []
        self._on_event: Callable[[Any], None] | None = None
        self._on_lost: Callable[[], None] | None = None
        self._on_reply: Callable[[Any], None] | None = None
        self.bytes_moved = 0
        """How much was sent and received."""
        self.closed = False
        """True as soon as either side has ended the connection."""
        self.problem: str | None = None
        """What the other side did wrong, if that ended the connection."""

    # -- asyncio.Protocol --------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        sock = transport.get_extra_info("socket")
        if sock is not None:
            self._fd = sock.fileno()
            _open.add(self._fd)

    def data_received(self, data: bytes) -> None:
        self.bytes_moved += len(data)
        try:
            for message in self._reader.feed(data):
                self._receive(message)
        except FrameError as error:
            self.problem = str(error)
            self.abort()

    def expect_at(self, sock: socket.socket) -> None:
        """Let `pull` look at the transport's socket."""
        self._socket = sock
        self._arrival.register(sock.fileno(), select.POLLIN)

    def pull(self) -> None:
        """Take in what has arrived, if it has, before the event loop gets to it.

        The transport then finds nothing to read, and goes on waiting. An end it is to find itself.
        """
        if self._socket is not None and not self.closed and self._arrival.poll(0):
            try:
                data = self._socket.recv(_PULL)
            except OSError:
                return
            if data:
                self.data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        _open.discard(self._fd)
        if self._welcome is not None and not self._welcome.done():
            self._welcome.set_exception(ConnectionClosed(self.problem or "the connection ended"))
        if self._on_lost is not None:
            self._on_lost()

    # -- messages ----------------------------------------------------------------------------

    def _receive(self, message: Any) -> None:
        if type(message) in _REPLIES and message.seq:
            future = self._pending.pop(message.seq, None)
            refused = self._refusals.pop(message.seq, None)
            self._pages.pop(message.seq, None)
            if self._on_reply is not None:
                self._on_reply(message)
            if refused is not None and type(message) is protocol.Failed:
                refused(error_of(message))
            if future is not None and not future.done():
                if type(message) is protocol.Failed:
                    future.set_exception(error_of(message))
                else:
                    future.set_result(message)
        elif type(message) is protocol.Page:
            take = self._pages.get(message.seq)
            if take is not None:
                take(message.page)
        elif self._welcome is not None:
            welcome, self._welcome = self._welcome, None
            if not welcome.done():
                welcome.set_result(message)
        elif self._on_event is None:
            self._early.append(message)
        else:
            self._on_event(message)

    def listen(
        self,
        on_event: Callable[[Any], None],
        on_lost: Callable[[], None],
        on_reply: Callable[[Any], None] | None = None,
    ) -> None:
        """Hand over what has arrived and will arrive, and tell when the connection ends.

        Args:
            on_event: takes what is no reply.
            on_lost: called once, at the end.
            on_reply: sees each reply before who asked does, in its place among the events.
        """
        self._on_event = on_event
        self._on_reply = on_reply
        self._on_lost = on_lost
        early, self._early = self._early, []
        for message in early:
            on_event(message)
        if self.closed:
            self._loop.call_soon(on_lost)

    def send(self, message: object) -> None:
        """Send a message.

        Raises:
            ConnectionClosed: if the connection has ended.
            ProtocolError: if the message is too large.
            TypeError: if the other side would not take it, and end the connection.
            ValueError: if it holds a number that is too large.
        """
        if self.closed or self._transport is None:
            raise ConnectionClosed("the connection has ended")
        try:
            frame = encode(message)
        except FrameError as error:
            raise ProtocolError(str(error)) from None
        except OverflowError:
            raise ValueError(f"a number is too large for {type(message).__name__}") from None
        try:
            check(message, frame)
        except FrameError as error:
            raise TypeError(str(error)) from None
        self.bytes_moved += len(frame)
        self._transport.write(frame)

    def request(
        self,
        kind: Callable[..., object],
        *fields: Any,
        on_page: Callable[[bytes], None] | None = None,
    ) -> asyncio.Future[Any]:
        """Send a request; the future gets its reply, or the error the other side answers with.

        Args:
            kind: the request.
            fields: its fields after the seq.
            on_page: takes each `protocol.Page` that comes ahead of the reply.
        """
        self._seq += 1
        if on_page is not None:
            self._pages[self._seq] = on_page
        self.send(kind(self._seq, *fields))
        future = self._pending[self._seq] = self._loop.create_future()
        return future

    def post(
        self,
        kind: Callable[..., object],
        *fields: Any,
        refused: Callable[[Exception], None] | None = None,
    ) -> int:
        """Send a request whose success is told by events. Returns its seq.

        Args:
            kind: the request.
            fields: its fields after the seq.
            refused: takes the error that the other side answers with, if it does.
        """
        self._seq += 1
        self.send(kind(self._seq, *fields))
        if refused is not None:
            self._refusals[self._seq] = refused
        return self._seq

    def fail_pending(self, error: PyreplError) -> None:
        """Answer all open requests with an error."""
        pending, self._pending = self._pending, {}
        refusals, self._refusals = self._refusals, {}
        self._pages = {}
        for refused in refusals.values():
            refused(error)
        for future in pending.values():
            if not future.done():
                future.set_exception(error)
                future.exception()  # whoever gave up on it is not to be told of it in the log

    def close(self) -> None:
        """End the connection after what was sent is out; the listener hears no more."""
        self.closed = True
        self._on_event = self._on_lost = self._on_reply = None
        if self._welcome is not None:
            self._welcome.cancel()  # nobody waits for it any more
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End the connection now; the listener hears of it."""
        self.closed = True
        if self._transport is not None:
            self._transport.abort()

    async def hello(self, client: str, deadline: float) -> Any:
        """Introduce ourselves and return the other side's welcome."""
        welcome = self._welcome
        if welcome is None:
            raise ProtocolError("the other side spoke first")
        self.send(protocol.Hello(protocol.VERSION, client))
        try:
            message = await asyncio.wait_for(welcome, deadline)
        except asyncio.TimeoutError:
            raise NoAnswer(f"no welcome within {deadline:g} s") from None
        if type(message) is protocol.Failed:
            raise error_of(message)
        if not isinstance(message, Welcome):
            raise ProtocolError(f"{type(message).__name__} instead of a welcome")
        if message.version != protocol.VERSION:
            raise ProtocolError(
                f"the other side speaks version {message.version} of the protocol, "
                f"this is version {protocol.VERSION}"
            )
        return message


async def open_connection(path: str, client: str, deadline: float) -> tuple[Connection, Any]:
    """Connect to a unix socket and exchange greetings.

    Args:
        path: the socket.
        client: what to call ourselves.
        deadline: seconds until the welcome must be here.

    Returns:
        The connection and the other side's welcome.

    Raises:
        ConnectionClosed: if nobody listens, nobody answers (`NoAnswer`), or somebody else does.
        ProtocolError: if the other side speaks another version.
    """
    connection = await dial(path, deadline)
    try:
        return connection, await connection.hello(client, deadline)
    except BaseException:
        connection.close()
        raise


async def dial(path: str, deadline: float) -> Connection:
    """Connect to a unix socket of this user's, and say nothing yet.

    Raises:
        ConnectionClosed: if nobody listens, or somebody else does.
    """
    sock = await _connect(path, deadline)
    try:
        check_peer(sock)
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_unix_connection(Connection, sock=sock)
        connection.expect_at(sock)
    except BaseException:
        sock.close()
        raise
    return connection


async def _connect(path: str, deadline: float) -> socket.socket:
    """Connect without blocking; asyncio's own way takes a full queue for a connection made."""
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline
    while True:
        sock = socket.socket(socket.AF_UNIX)
        sock.setblocking(False)
        try:
            sock.connect(path)
        except OSError as error:
            sock.close()
            if error.errno != errno.EAGAIN or loop.time() > end:
                raise ConnectionClosed(f"{path}: {error.strerror or error}") from None
            await asyncio.sleep(_RETRY)
        else:
            return sock


def peer_of(sock: socket.socket) -> tuple[int, int] | None:
    """Process and user id of the other side; None where the system does not tell."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return None
    pid, uid, _ = struct.unpack("iII", sock.getsockopt(socket.SOL_SOCKET, option, 12))
    return pid, uid


def check_peer(sock: socket.socket) -> None:
    """Refuse a socket that somebody else listens on."""
    peer = peer_of(sock)
    if peer is not None and peer[1] != os.getuid():
        raise ConnectionClosed(f"the socket belongs to user {peer[1]}, not to you")


def error_of(failed: protocol.Failed) -> Exception:
    """The exception that a refusal means to the caller."""
    if failed.kind == "unknown_session":
        return SessionNotFound(failed.text)
    if failed.kind == "start":
        return WorkerStartError(failed.text)
    if failed.kind == "unsupported":
        return NotImplementedError(failed.text)
    if failed.kind == "moved":
        return Moved(failed.text)
    if failed.kind in ("unknown_checkpoint", "untrusted", "busy", "archive"):
        return CheckpointError(failed.text)
    if failed.kind == "held":
        return Held(failed.text)
    if failed.kind == "transaction":
        return TransactionError(failed.text)
    if failed.kind == "ended":
        return WorkerDied(failed.text)
    return ProtocolError(failed.text)
