"""A nursery and its nodes without processes: the same protocol over real unix sockets.

They live in the test's own loop and can be told to misbehave. Code runs on a thread, with a `print`
and an `input` of its own, so only simple programs work.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from typing import Any

from pyrepl_tui import locations
from pyrepl_tui.engine import interpreters
from pyrepl_tui.engine.launcher import NurserySpec
from pyrepl_worker import protocol
from tests.engine.fake_node import VERSION, FakeNode
from tests.engine.fake_peer import Peer
from tests.engine.recorder import Recorder, made


class FakeNursery:
    """The nursery that sessions of this environment reach."""

    def __init__(self) -> None:
        spec = NurserySpec(interpreters.locate(None), (), dict(os.environ))
        self.path = locations.runtime_dir() / "n" / f"{spec.key}.sock"
        self.peers: list[Peer] = []
        self.silent = False
        self.version = protocol.VERSION
        self.nodes: dict[str, FakeNode | None] = {}
        self.configs: dict[str, dict[str, Any]] = {}
        self.watchers: dict[str, list[Peer]] = {}
        self.recorders: dict[str, Recorder] = {}
        self.counts: dict[str, int] = {}
        self.downs: dict[str, protocol.NodeDown] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.turn = asyncio.Lock()

    async def listen(self) -> FakeNursery:
        loop = asyncio.get_running_loop()
        self.server = await loop.create_unix_server(lambda: Peer(self), str(self.path))
        return self

    def node(self, session_id: str) -> FakeNode:
        node = self.nodes[session_id]
        assert node is not None
        return node

    def welcome(self) -> protocol.NurseryWelcome:
        return protocol.NurseryWelcome(
            self.version, os.getpid(), VERSION, sys.executable, True, True
        )

    def hear(self, peer: Peer, message: Any) -> None:
        task = asyncio.get_running_loop().create_task(self._serve_in_turn(peer, message))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def lost(self, peer: Peer) -> None:
        for name, watchers in list(self.watchers.items()):
            if peer in watchers:
                watchers.remove(peer)
                if not watchers and not self.configs[name]["persist"]:
                    self._end(name)

    async def _serve_in_turn(self, peer: Peer, message: Any) -> None:
        async with self.turn:
            await self._serve(peer, message)

    async def _serve(self, peer: Peer, message: Any) -> None:
        if isinstance(message, protocol.CreateSession):
            name = message.session["id"]
            self.configs[name] = dict(message.session)
            self.watchers[name] = [peer]
            await self._start(name)
            self._up(peer, message.seq, name)
            return
        if isinstance(message, protocol.ListProcesses):
            rows = [{"pid": os.getpid(), "role": "nursery", "session_id": ""}]
            rows += [
                {"pid": node.pid, "role": "worker", "session_id": name}
                for name, node in self.nodes.items()
                if node is not None
            ]
            peer.say(protocol.Done(message.seq, {"processes": rows}))
            return
        name = message.session_id
        if name not in self.configs:
            peer.say(protocol.Failed(message.seq, "unknown_session", "no such session here"))
        elif isinstance(message, protocol.WatchSession):
            self.watchers[name].append(peer)
            if self.nodes[name] is None:
                down = self.downs[name]
                fields = (down.pid, down.signal, down.exit_code, down.reason)
                peer.say(made(protocol.NodeDown, message.seq, name, *fields))
            else:
                self._up(peer, message.seq, name)
        elif isinstance(message, protocol.RestartSession):
            old = self.nodes[name]
            if old is not None:
                old.vanish()
            await self._start(name)
            for watcher in self.watchers[name]:
                self._up(watcher, message.seq if watcher is peer else 0, name)
        elif isinstance(message, protocol.KillWorker):
            self.die(name, 9, None, "the worker was killed (SIGKILL)")
            peer.say(protocol.Done(message.seq, {}))
        elif isinstance(message, protocol.EndSession):
            self._end(name)
            peer.say(protocol.Done(message.seq, {}))

    async def _start(self, name: str) -> None:
        node = self.nodes[name] = FakeNode(self, self.configs[name])
        await node.listen()

    def _up(self, peer: Peer, seq: int, name: str) -> None:
        node = self.node(name)
        peer.say(protocol.NodeUp(seq, name, node.pid, str(node.path), False))

    def die(self, name: str, signal: int | None, code: int | None, reason: str) -> None:
        """Let a session's worker die, and tell its watchers."""
        node = self.node(name)
        self.nodes[name] = None
        node.vanish()
        node.register({"signal": signal, "exit_code": code, "reason": reason})
        self.downs[name] = made(protocol.NodeDown, 0, name, node.pid, signal, code, reason)
        for watcher in self.watchers[name]:
            watcher.say(self.downs[name])

    def _end(self, name: str) -> None:
        node = self.nodes.pop(name)
        if node is not None:
            node.vanish()
        config = self.configs.pop(name)
        (locations.runtime_dir() / "registry" / f"{name}.json").unlink(missing_ok=True)
        if not config["persist"]:
            shutil.rmtree(config["directory"])
        for watcher in self.watchers.pop(name):
            watcher.say(protocol.SessionEnded(name))

    def vanish(self) -> None:
        """Be gone, as a killed process is."""
        self.server.close()
        for peer in list(self.peers):
            self.peers.remove(peer)
            peer.transport.abort()
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """End everything."""
        for name in list(self.configs):
            self._end(name)
        self.vanish()
