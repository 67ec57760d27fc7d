"""Non-blocking connections of the worker's side: unix sockets, whose peers' uid is checked."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterable, Iterator
from typing import Any

from . import framing, protocol
from .transcript import raise_fd
from .unpatched import socket as new_socket

MAX_BACKLOG = 16 * 1024 * 1024
"""Bytes that may wait for a client that does not read; then its connection is ended."""
_UCRED = struct.Struct("3i")
_CHUNK = 64 * 1024


class Connection:
    """One peer: frames in, frames out, never blocking."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = high_socket(sock)
        self.socket.setblocking(False)
        self.fd = self.socket.fileno()
        self.welcomed = False
        """Whether the peer has said hello in our version; until then it gets nothing."""
        self.name = ""
        self.broken = False
        """Whether the connection is to be ended: gone, flooded, or it sent rubbish."""
        self.holding = False
        """Whether frames are kept back for the moment, to leave in one piece."""
        self._reader = framing.FrameReader()
        self._backlog = bytearray()

    @property
    def has_backlog(self) -> bool:
        """Whether frames wait for the peer to read."""
        return bool(self._backlog) and not self.holding

    def send(self, frame: bytes) -> None:
        """Send what the socket takes, and keep the rest for `flush`."""
        if self.broken:
            return
        if not (self._backlog or self.holding):
            try:
                sent = self.socket.send(frame)
            except BlockingIOError:
                sent = 0
            except OSError:
                self.broken = True
                return
            frame = frame[sent:] if sent < len(frame) else b""
        if frame:
            self._backlog += frame
            self.broken = len(self._backlog) > MAX_BACKLOG

    def say(self, msg: object) -> None:
        """Send one message."""
        self.send(framing.encode(msg))

    def flush(self) -> None:
        """Send more of what waits."""
        while self._backlog:  # also if it is to be ended: these are the last words
            try:
                sent = self.socket.send(memoryview(self._backlog)[:_CHUNK])
            except BlockingIOError:
                return
            except OSError:
                self.broken = True
                return
            del self._backlog[:sent]

    def receive(self) -> Iterable[Any]:
        """The messages that have arrived; sets `broken` at the end or at a bad frame."""
        try:
            data = self.socket.recv(_CHUNK)
        except BlockingIOError:
            return ()
        except OSError:
            data = b""
        if not data:
            self.broken = True
            return ()
        return self._read(data)

    def rest(self) -> Iterator[Any]:
        """The messages that arrived with one at which an earlier reader stopped."""
        return self._read(b"")

    def _read(self, data: bytes) -> Iterator[Any]:
        try:
            yield from self._reader.feed(data)
        except framing.FrameError as error:
            self.say(protocol.Failed(0, "invalid", str(error)))
            self.broken = True

    def close(self) -> None:
        """End the connection."""
        self.socket.close()


def unconnected() -> Connection:
    """A connection yet to be made.

    Raises:
        OSError: if there is no descriptor left for it.
    """
    return Connection(new_socket(socket.AF_UNIX, socket.SOCK_STREAM))


def high_socket(sock: socket.SocketType) -> socket.socket:
    """The same unix socket on a descriptor out of reach of code that closes low ones."""
    # what kind it is need not be asked of the system
    return new_socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, raise_fd(sock.detach()))


def listen(path: str) -> socket.socket:
    """Listen on a unix socket that only this user may connect to."""
    listener = high_socket(new_socket(socket.AF_UNIX, socket.SOCK_STREAM))
    mask = os.umask(0o077)
    try:
        listener.bind(path)
    finally:
        os.umask(mask)
    listener.listen(64)
    listener.setblocking(False)
    return listener


def accept(listener: socket.socket) -> Connection | None:
    """The next connection, or None if it is gone or another user's."""
    try:
        # not accept(): it makes what user code may have put into the place of socket
        sock = new_socket(fileno=listener._accept()[0])  # type: ignore[attr-defined]
    except OSError:
        return None
    if peer_uid(sock) not in (os.getuid(), None):
        sock.close()
        return None
    return Connection(sock)


def peer_uid(sock: socket.socket) -> int | None:
    """The uid of the process at the other end; None where the system cannot tell."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return None  # the folder's mode 0700 alone keeps others out
    data = sock.getsockopt(socket.SOL_SOCKET, option, _UCRED.size)
    return int(_UCRED.unpack(data)[1])
