"""The live worker of a session, without a process."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyrepl_tui import locations
from pyrepl_worker import protocol
from pyrepl_worker.framing import encode, pack
from tests.engine.fake_peer import Peer
from tests.engine.fake_runner import FakeRunner
from tests.engine.recorder import Recorder, made

if TYPE_CHECKING:
    from tests.engine.fakes import FakeNursery

VERSION = ".".join(map(str, sys.version_info[:3]))
_pids = itertools.count(5_000_000)


class FakeNode(FakeRunner):
    """The live worker of a session, as far as a client can tell."""

    def __init__(self, nursery: FakeNursery, config: dict[str, Any]) -> None:
        self.nursery = nursery
        self.counts = nursery.counts
        self.config = config
        self.pid = next(_pids)
        self.path = locations.runtime_dir() / "s" / f"{config['id']}-{self.pid}.sock"
        self.peers: list[Peer] = []
        self.silent = False
        self.loop = asyncio.get_running_loop()
        self.record = nursery.recorders.setdefault(
            config["id"], Recorder(Path(config["directory"]))
        )
        self.namespace: dict[str, Any] = {"print": self._print, "input": self._input}
        self.inputs: dict[str, tuple[protocol.InputRequested, threading.Event, list[str]]] = {}
        self.waiting: deque[protocol.Execute] = deque()
        self.current: protocol.Execute | None = None
        self.thread: int = 0
        self.leaving = threading.Lock()
        self.stopped: str | None = None
        self.state = "idle"
        self.count = nursery.counts.get(config["id"], 0)

    async def listen(self) -> None:
        self.server = await self.loop.create_unix_server(lambda: Peer(self), str(self.path))
        self.register()
        self.journal(
            protocol.WorkerStarted(
                self.pid, VERSION, sys.executable, time.time(), self.record.out, self.record.err
            )
        )

    def register(self, death: dict[str, Any] | None = None) -> None:
        config = self.config
        entry = {
            key: config[key]
            for key in ("id", "name", "cwd", "persist", "created_at", "state_dir", "directory")
        }
        entry.update(
            pid=None if death else self.pid,
            socket=str(self.path),
            nursery=str(self.nursery.path),
            python=sys.executable,
            python_version=VERSION,
            death=death,
            version=protocol.VERSION,
        )
        path = locations.runtime_dir() / "registry" / f"{config['id']}.json"
        path.write_text(json.dumps(entry))
        Path(config["directory"], "session.json").write_text(json.dumps(entry))

    def welcome(self) -> protocol.Welcome:
        return made(
            protocol.Welcome,
            protocol.VERSION,
            self.config["id"],
            self.config["name"],
            self.pid,
            VERSION,
            sys.executable,
            self.config["cwd"],
            self.state,
            self.count,
            (self.record.directory / protocol.JOURNAL).stat().st_size,
            [vars(request) for request, _, _ in self.inputs.values()],
            [execute.operation_id for execute in self.waiting],
        )

    def hear(self, peer: Peer, message: Any) -> None:
        kind = type(message).__name__.lower()
        getattr(self, f"on_{kind}")(peer, message)

    def lost(self, peer: Peer) -> None:
        pass

    def journal(self, event: object) -> None:
        self.record.append(protocol.JOURNAL, encode(event))
        self.tell(event)

    def tell(self, event: object) -> None:
        for peer in self.peers:
            if peer.welcomed:
                peer.say(event)

    def set_state(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self.tell(protocol.StateChanged(state))

    # -- requests ------------------------------------------------------------------------------

    def on_execute(self, peer: Peer, message: protocol.Execute) -> None:
        if self.current is not None:
            self.tell(protocol.Queued(message.operation_id, message.code, "test"))
        peer.say(protocol.Done(message.seq, {}))
        self.waiting.append(message)
        self._next()

    def on_cancel(self, peer: Peer, message: protocol.Cancel) -> None:
        for execute in list(self.waiting):
            if execute.operation_id == message.operation_id:
                self.waiting.remove(execute)
                self._finish(execute, 0, "cancelled", None, None)
        if self.current is not None and self.current.operation_id == message.operation_id:
            self._stop("cancelled")
        peer.say(protocol.Done(message.seq, {}))

    def on_interrupt(self, peer: Peer, message: protocol.Interrupt) -> None:
        self._stop("interrupted")
        peer.say(protocol.Done(message.seq, {}))

    def on_answer(self, peer: Peer, message: protocol.Answer) -> None:
        found = self.inputs.pop(message.request_id, None)
        if found is None:
            peer.say(protocol.Failed(message.seq, "invalid", "this request no longer waits"))
            return
        request, event, answer = found
        text = message.text if message.action == "text" else None
        self.journal(
            protocol.InputResolved(
                request.request_id, request.operation_id, message.action, text, *self.sizes
            )
        )
        self.set_state("busy")
        answer += [message.action, message.text]
        event.set()
        peer.say(protocol.Done(message.seq, {}))

    def on_listchanges(self, peer: Peer, message: protocol.ListChanges) -> None:
        names = [name for name in self.namespace if name not in ("print", "input")]
        rows = [
            [
                name, type(self.namespace[name]).__name__, "data", "", None,
                sys.getsizeof(self.namespace[name]), repr(self.namespace[name]), self.count, None,
            ]
            for name in names
        ]  # fmt: skip
        places = list(range(len(rows)))
        page = pack([(pack(list(zip(*rows, strict=True))), pack(places))] if rows else [])
        data = {"epoch": "fake", "whole": True, "page": page, "gone": [], "version": 1, "deeds": []}
        peer.say(protocol.Done(message.seq, {**data, "more": False, "execution_count": self.count}))

    def on_listnames(self, peer: Peer, message: protocol.ListNames) -> None:
        names = [name for name in self.namespace if name not in ("print", "input")]
        peer.say(protocol.Done(message.seq, {"names": names}))

    def on_dumpstacks(self, peer: Peer, message: protocol.DumpStacks) -> None:
        peer.say(protocol.Done(message.seq, {"text": "MainThread:\n"}))

    def on_rename(self, peer: Peer, message: protocol.Rename) -> None:
        self.config["name"] = message.name
        self.register()
        self.journal(protocol.Renamed(message.name))
        peer.say(protocol.Done(message.seq, {}))

    def on_end(self, peer: Peer, message: protocol.End) -> None:
        self.vanish()

    # -- misbehaviour --------------------------------------------------------------------------

    def send_raw(self, data: bytes) -> None:
        """Say something that need not make sense."""
        for peer in self.peers:
            peer.transport.write(data)

    def vanish(self) -> None:
        """Be gone, as a killed process is: all connections end, nobody is told why."""
        if self.current is not None:
            self._stop("gone")
            self.current = None
        self.server.close()
        for peer in list(self.peers):
            peer.transport.abort()
        self.path.unlink(missing_ok=True)
