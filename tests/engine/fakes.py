"""A nursery and its nodes without processes: the same protocol over real unix sockets.

They live in the test's own loop and can be told to misbehave. Code runs on a thread, with a `print`
and an `input` of its own, so only simple programs work.
"""

from __future__ import annotations

import ast
import asyncio
import ctypes
import itertools
import json
import os
import shutil
import sys
import threading
import time
import traceback
from collections import deque
from pathlib import Path
from typing import Any

from pyrepl_tui import locations
from pyrepl_tui.engine import interpreters
from pyrepl_tui.engine.launcher import NurserySpec
from pyrepl_worker import protocol
from pyrepl_worker.framing import FrameError, FrameReader, encode
from tests.engine.recorder import Recorder, made

_pids = itertools.count(5_000_000)
VERSION = ".".join(map(str, sys.version_info[:3]))


class Peer(asyncio.Protocol):
    """One client's connection to a fake."""

    def __init__(self, owner: FakeNursery | FakeNode) -> None:
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


class FakeNode:
    """The live worker of a session, as far as a client can tell."""

    def __init__(self, nursery: FakeNursery, config: dict[str, Any]) -> None:
        self.nursery = nursery
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

    def on_listnamespace(self, peer: Peer, message: protocol.ListNamespace) -> None:
        rows = [
            {
                "name": name,
                "type": type(value).__name__,
                "shape": "",
                "length": None,
                "size_bytes": sys.getsizeof(value),
                "summary": repr(value),
                "changed_at": self.count,
            }
            for name, value in self.namespace.items()
            if name not in ("print", "input")
            and (message.private or not name.startswith("_"))
            and message.query in name
        ]
        peer.say(protocol.Done(message.seq, {"variables": rows}))

    def on_dumpstacks(self, peer: Peer, message: protocol.DumpStacks) -> None:
        peer.say(protocol.Done(message.seq, {"text": "MainThread:\n"}))

    def on_rename(self, peer: Peer, message: protocol.Rename) -> None:
        self.config["name"] = message.name
        self.register()
        self.journal(protocol.Renamed(message.name))
        peer.say(protocol.Done(message.seq, {}))

    def on_end(self, peer: Peer, message: protocol.End) -> None:
        self.vanish()

    # -- running code --------------------------------------------------------------------------

    @property
    def sizes(self) -> tuple[int, int]:
        return self.record.out, self.record.err

    def _next(self) -> None:
        if self.current is not None or not self.waiting:
            return
        execute = self.current = self.waiting.popleft()
        self.count += 1
        self.nursery.counts[self.config["id"]] = self.count
        self.stopped = None
        self.record.mark(self.count)
        started = made(
            protocol.Started,
            execute.operation_id,
            self.count,
            self.count,
            execute.code,
            execute.filename or f"<cell {self.count}>",
            execute.policy,
            "test",
            time.time(),
            *self.sizes,
            self.record.marks - 1,
        )
        self.journal(started)
        self.set_state("busy")
        if execute.timeout_ms is not None:
            self.loop.call_later(execute.timeout_ms / 1000, self._expire, execute)
        threading.Thread(target=self._run, args=(execute,), daemon=True).start()

    def _expire(self, execute: protocol.Execute) -> None:
        if self.current is execute:
            self._stop("timeout")

    def _run(self, execute: protocol.Execute) -> None:
        value, error = None, None
        try:
            self.thread = threading.get_ident()
            tree = ast.parse(execute.code)
            last = tree.body[-1] if tree.body else None
            if isinstance(last, ast.Expr):
                tree.body.pop()
            exec(compile(tree, "<cell>", "exec"), self.namespace)
            if isinstance(last, ast.Expr):
                shown = eval(compile(ast.Expression(last.value), "<cell>", "eval"), self.namespace)
                value = None if shown is None else repr(shown)
        except BaseException as raised:
            error = raised
        self.thread = 0
        self._later(self._end, execute, value, error)

    def _end(
        self, execute: protocol.Execute, value: str | None, error: BaseException | None
    ) -> None:
        if self.current is not execute:
            return
        status, details = "ok", None
        if error is not None:
            status = self.stopped or "error"
            details = {
                "name": type(error).__name__,
                "message": str(error),
                "traceback": "".join(traceback.format_exception_only(type(error), error)),
                "exit_code": None,
            }
        self.current = None
        self.record.mark(0)
        self._finish(execute, self.count, status, value, details)
        self.set_state("idle")
        self._next()

    def _finish(
        self,
        execute: protocol.Execute,
        ordinal: int,
        status: str,
        value: str | None,
        details: dict[str, Any] | None,
    ) -> None:
        self.journal(
            made(
                protocol.Finished,
                execute.operation_id,
                ordinal,
                status,
                value,
                False,
                details,
                ordinal,
                1.0,
                False,
                "none",
                [],
                time.time(),
                *self.sizes,
                self.record.marks,
            )
        )

    def _later(self, call: Any, *arguments: Any) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(call, *arguments)

    def _print(
        self, *values: object, file: Any = None, end: str = "\n", flush: bool = False
    ) -> None:
        stream = "stderr" if file is sys.stderr else "stdout"
        text = " ".join(map(str, values)) + end
        self.record.write(stream, text.encode(), self.count)

    def _input(self, prompt: str = "") -> str:
        if self.current is None or not self.current.asks:
            raise EOFError("end of input")
        request = protocol.InputRequested(
            f"r{next(_pids)}", self.current.operation_id, prompt, False, *self.sizes
        )
        event, answer = threading.Event(), list[str]()
        self._later(self._ask, request, event, answer)
        event.wait()
        if answer[0] == "eof":
            raise EOFError("end of input")
        if answer[0] == "interrupt":
            raise KeyboardInterrupt
        return answer[1]

    def _ask(
        self, request: protocol.InputRequested, event: threading.Event, answer: list[str]
    ) -> None:
        self.inputs[request.request_id] = (request, event, answer)
        self.journal(request)
        self.set_state("waiting_input")

    def _stop(self, reason: str) -> None:
        if self.current is None:
            return
        self.stopped = reason
        for name in list(self.inputs):
            request, event, answer = self.inputs.pop(name)
            self.journal(
                protocol.InputResolved(name, request.operation_id, "gone", None, *self.sizes)
            )
            answer += ["interrupt", ""]
            event.set()
        self._raise_in(self.current)

    def _raise_in(self, execute: protocol.Execute) -> None:
        """Interrupt the thread that runs this, as soon as it is there."""
        if self.current is execute and not self.loop.is_closed():
            if self.thread:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(self.thread), ctypes.py_object(KeyboardInterrupt)
                )
            else:
                self.loop.call_later(0.01, self._raise_in, execute)

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
