"""A server's side of a connection, for the fakes."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from pyrepl_worker import protocol
from pyrepl_worker.framing import FrameError, FrameReader, encode


class Owner(Protocol):
    """A fake that clients connect to."""

    peers: list[Peer]
    silent: bool
    """True: nothing that arrives is answered."""

    def welcome(self) -> object: ...

    def hear(self, peer: Peer, message: Any) -> None: ...

    def lost(self, peer: Peer) -> None: ...


class Peer(asyncio.Protocol):
    """One client's connection to a fake."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.reader = FrameReader()
        self.transport: Any = None
        self.welcomed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.owner.peers.append(self)

    def connection_lost(self, error: Exception | None) -> None:
        if self in self.owner.peers:
            self.owner.peers.remove(self)
            self.owner.lost(self)

    def data_received(self, data: bytes) -> None:
        try:
            for message in self.reader.feed(data):
                if self.owner.silent:
                    continue
                if isinstance(message, protocol.Hello):
                    self.welcomed = True
                    self.say(self.owner.welcome())
                else:
                    self.owner.hear(self, message)
        except FrameError:
            self.transport.abort()

    def say(self, message: object) -> None:
        self.transport.write(encode(message))
