"""The live worker of a session: serves its clients on one thread, runs user code on the main one."""

from __future__ import annotations

import builtins
import faulthandler
import os
import select
import socket
import sys
import threading
import traceback
from _thread import RLock, get_ident, start_new_thread
from collections import deque
from time import monotonic  # the function: user code may replace the module's
from time import time as wall_clock
from types import ModuleType
from typing import Any

from . import protocol
from .connections import Connection, accept, high_socket, listen
from .deaths import LOST_VOICE
from .describe import Listing
from .executor import Executor
from .framing import encode
from .operation import Operation
from .stdin import Inputs
from .streams import Output, trace_threads
from .tracebacks import is_ours
from .transcript import Transcript, write_atomically

BUSY_TICK_MS = 10
IDLE_TICK_MS = 2000
"""How often the output cap is looked at while nothing runs: children may go on writing."""
SWITCH_SECONDS = 0.0005
"""Longest wait of the protocol thread for code that computes: what an interrupt takes to arrive."""
DEFAULT_CAP = 8 << 30
"""Bytes of stdout, and of stderr, that a session keeps on disk at most."""


class Node:
    """A session's live worker, from adoption to exit."""

    def __init__(
        self, session: dict[str, Any], socket_path: str, link: Connection
    ) -> None:
        self.session = session
        self._socket_path = socket_path
        self._link: Connection | None = link
        self._name: str = session["name"]
        self._cap = int((session.get("limits") or {}).get("output_bytes", DEFAULT_CAP))
        self._lock = RLock()
        self._clients: list[Connection] = []
        self._posted: deque[object] = deque()
        self._state = "idle"
        self._thread = 0
        self.leaving = False
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in, self._wake_out = high_socket(self._wake_in), high_socket(self._wake_out)
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._listener = listen(socket_path)
        self._transcript = Transcript(session["directory"])
        self._output = Output(self._transcript, self._wake)
        self._inputs = Inputs(self._output, self._post)
        self._module = ModuleType("__main__")
        vars(self._module)["__builtins__"] = builtins
        self._executor = Executor(self._module, self._output, self._announce)
        counts = self._transcript.last_counts()
        self._executor.ordinal, self._executor.execution_count = counts
        self._listing = Listing(vars(self._module), {})

    # -- becoming live -----------------------------------------------------------------------------

    def install(self) -> None:
        """Make this process the session's: descriptors, streams, `__main__`, registry."""
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        for fd, target in ((self._transcript.out_fd, 1), (self._transcript.err_fd, 2)):
            os.dup2(fd, target, inheritable=True)
        sys.stdout = sys.__stdout__ = self._output.stdout  # type: ignore[misc]
        sys.stderr = sys.__stderr__ = self._output.stderr  # type: ignore[misc]
        sys.modules["__main__"] = self._module
        self._inputs.start(os.getpid())
        self._inputs.install(vars(self._module))
        self._listing = Listing(vars(self._module), {"input": vars(self._module)["input"]})
        trace_threads(self._output)
        faulthandler.enable(file=2, all_threads=False)
        os.register_at_fork(
            before=self._before_fork,
            after_in_parent=self._after_fork_in_parent,
            after_in_child=self._after_fork_in_child,
        )
        self._register()
        out, err, _ = self._output.begin(None)
        version = ".".join(map(str, sys.version_info[:3]))
        started = protocol.WorkerStarted(
            os.getpid(), version, sys.executable, wall_clock(), out, err
        )
        self._transcript.record(started)

    def run(self) -> None:
        """Serve until the session ends. Returns on the main thread when it is time to exit."""
        sys.setswitchinterval(SWITCH_SECONDS)
        start_new_thread(self._serve_or_die, ())
        self._executor.serve()
        self._output.flush()

    def _register(self) -> None:
        session = self.session
        version = ".".join(map(str, sys.version_info[:3]))
        entry = {
            "id": session["id"],
            "name": self._name,
            "pid": os.getpid(),
            "socket": self._socket_path,
            "nursery": session.get("nursery"),
            "python": sys.executable,
            "python_version": version,
            "cwd": session["cwd"],
            "persist": session["persist"],
            "created_at": session["created_at"],
            "state_dir": session["state_dir"],
            "directory": session["directory"],
            "death": None,
        }
        kept = os.path.join(session["directory"], "session.json")
        write_atomically(entry, session["registry"], kept)

    # -- forks by user code ------------------------------------------------------------------------

    def _before_fork(self) -> None:
        # a buffer copied with the process would be written twice, a lock held would stay held
        self._output.lock.acquire()
        self._output.flush()

    def _after_fork_in_parent(self) -> None:
        self._output.lock.release()

    def _after_fork_in_child(self) -> None:
        self._output.lock = RLock()
        self._lock = RLock()
        self._executor.forked = True
        self._inputs.abandoned = True
        self._transcript.close()  # its output still arrives, its records would lie
        for sock in (self._listener, self._wake_in, self._wake_out):
            sock.close()
        for peer in (self._link, *self._clients):
            if peer is not None:
                peer.close()

    # -- called from any thread --------------------------------------------------------------------

    def _wake(self) -> None:
        try:
            self._wake_out.send(b"x")
        except OSError:
            return  # full: it will wake anyway; closed: the protocol thread finds out by itself

    def _post(self, event: object) -> None:
        """Let the protocol thread announce an event."""
        self._posted.append(event)
        self._wake()

    def _announce(self, event: object) -> None:
        """Journal an event and send it to all clients, after those that were posted before."""
        with self._lock:
            self._announce_posted()
            self._announce_one(event)
        if get_ident() != self._thread and any(client.has_backlog for client in self._clients):
            self._wake()

    def _announce_posted(self) -> None:
        """Call with the lock held."""
        while self._posted:
            self._announce_one(self._posted.popleft())

    def _announce_one(self, event: object) -> None:
        frame = self._transcript.record(event)
        state = self._current_state()
        if state != self._state:
            self._state = state
            frame += encode(protocol.StateChanged(state))
        for client in self._clients:
            if client.welcomed:
                client.send(frame)

    def _current_state(self) -> str:
        if self._inputs.waiting():
            return "waiting_input"
        return "idle" if self._executor.current is None else "busy"

    # -- the protocol thread -----------------------------------------------------------------------

    def _serve_or_die(self) -> None:
        self._thread = get_ident()
        self._inputs.protocol_thread = self._thread
        try:
            self._serve()
        except BaseException:
            # without this thread nobody could reach the session: say why, and let it be restarted
            try:
                os.write(2, traceback.format_exc().encode())
            finally:
                os._exit(LOST_VOICE)

    def _serve(self) -> None:
        while True:
            poll = select.poll()
            poll.register(self._listener.fileno(), select.POLLIN)
            poll.register(self._wake_in.fileno(), select.POLLIN)
            if self._link is not None:
                poll.register(self._link.fd, select.POLLIN)
            for client in self._clients:
                wanted = select.POLLIN | (select.POLLOUT if client.has_backlog else 0)
                poll.register(client.fd, wanted)
            while self._step(poll):
                pass

    def _step(self, poll: select.poll) -> bool:
        """One round. Returns False when the set of descriptors to watch has changed."""
        busy = self._executor.busy or self._output.flooding
        ready = poll.poll(BUSY_TICK_MS if busy else IDLE_TICK_MS)
        changed = False
        by_fd = {client.fd: client for client in self._clients}
        for fd, events in ready:
            if events & select.POLLNVAL:
                raise OSError("user code closed the session's own file descriptors")
            if fd == self._listener.fileno():
                client = accept(self._listener)
                if client is not None:
                    self._clients.append(client)
                    changed = True
            elif fd == self._wake_in.fileno():
                self._drain_wake()
                changed = changed or any(client.has_backlog for client in self._clients)
            elif fd in by_fd:
                changed = self._serve_client(by_fd[fd], events) or changed
            elif self._link is not None:
                changed = self._read_link(self._link) or changed
        if self._posted:
            with self._lock:
                self._announce_posted()
        if busy or not ready:
            self._tick()
        return not (self._drop_broken() or changed)

    def _drain_wake(self) -> None:
        try:
            while self._wake_in.recv(4096):
                pass
        except BlockingIOError:
            return

    def _tick(self) -> None:
        self._output.tick()
        self._executor.tick(monotonic())
        for stream, upto in self._transcript.enforce_cap(self._cap):
            self._announce(protocol.OutputDropped(stream, upto, *self._transcript.sizes()))
        lost = self._output.take_lost()
        if lost or self._transcript.disk_was_full:
            self._transcript.disk_was_full = False
            text = f"The disk was full: {lost:,} bytes of output were lost."
            self._announce(protocol.Notice("disk_full", text, *self._transcript.sizes()))

    def _read_link(self, link: Connection) -> bool:
        """Hear the nursery. Returns whether it is gone."""
        for msg in link.receive():
            if isinstance(msg, protocol.End):
                self._end()
        if not link.broken:
            return False
        if not self.session["persist"]:
            self._output.flush()
            os._exit(0)
        link.close()  # a session that persists lives on without its nursery
        self._link = None
        return True

    def _end(self) -> None:
        self.leaving = True
        self._executor.leave()
        self._executor.interrupt("cancelled")

    def _serve_client(self, client: Connection, events: int) -> bool:
        had_backlog = client.has_backlog
        with self._lock:
            if events & select.POLLOUT:
                client.flush()
        if events & ~select.POLLOUT:
            for msg in client.receive():
                self._handle(client, msg)
                if client.broken:
                    break
        return client.has_backlog != had_backlog

    def _drop_broken(self) -> bool:
        gone = [client for client in self._clients if client.broken]
        if gone:
            with self._lock:
                for client in gone:
                    client.flush()
                    client.close()
                    self._clients.remove(client)
        return bool(gone)

    def _handle(self, client: Connection, msg: Any) -> None:
        if not client.welcomed:
            self._welcome(client, msg)
            return
        handler = _HANDLERS.get(type(msg))
        if handler is None:
            client.say(protocol.Failed(getattr(msg, "seq", 0), "invalid", "not for a worker"))
            client.broken = True
            return
        reply = handler(self, client, msg)
        if reply is not None:
            with self._lock:
                client.say(reply)

    def _welcome(self, client: Connection, msg: Any) -> None:
        if not isinstance(msg, protocol.Hello) or msg.version != protocol.VERSION:
            text = f"this worker speaks version {protocol.VERSION} of the protocol"
            client.say(protocol.Failed(0, "invalid", text))
            client.broken = True
            return
        with self._lock:
            self._announce_posted()
            client.say(
                protocol.Welcome(
                    protocol.VERSION,
                    self.session["id"],
                    self._name,
                    os.getpid(),
                    ".".join(map(str, sys.version_info[:3])),
                    sys.executable,
                    self.session["cwd"],
                    self._current_state(),
                    self._executor.execution_count,
                    self._transcript.journal_size(),
                    [_fields(event) for event in self._inputs.waiting()],
                    [operation.id for operation in self._executor.queued()],
                )
            )
            client.name = msg.client[:40]
            client.welcomed = True

    def _execute(self, client: Connection, msg: protocol.Execute) -> object:
        if self.leaving:
            return protocol.Failed(msg.seq, "ended", "the session is ending")
        operation = Operation(
            msg.operation_id, msg.code, msg.policy, msg.timeout_ms, msg.filename, msg.asks,
            msg.argv, client.name,
        )  # fmt: skip
        if self._executor.busy:
            self._tell(protocol.Queued(operation.id, operation.code, operation.client))
        with self._lock:
            client.say(protocol.Done(msg.seq, {}))
        self._executor.submit(operation)
        return None

    def _tell(self, event: object) -> None:
        """Send an event that is not journaled."""
        frame = encode(event)
        with self._lock:
            for client in self._clients:
                if client.welcomed:
                    client.send(frame)

    def _cancel(self, client: Connection, msg: protocol.Cancel) -> object:
        operation = self._executor.cancel(msg.operation_id)
        if operation is not None:
            sizes = self._transcript.sizes()
            marks = self._transcript.mark_count()
            self._announce(
                protocol.Finished(
                    operation.id, 0, "cancelled", None, False, None, 0, 0.0, False, "none", [],
                    wall_clock(), *sizes, marks,
                )
            )  # fmt: skip
        return protocol.Done(msg.seq, {})

    def _interrupt(self, client: Connection, msg: protocol.Interrupt) -> object:
        self._executor.interrupt("interrupted")
        return protocol.Done(msg.seq, {})

    def _answer(self, client: Connection, msg: protocol.Answer) -> object:
        if msg.action not in ("text", "eof", "interrupt"):
            return protocol.Failed(msg.seq, "invalid", f"no way to answer: {msg.action[:40]!r}")
        # journaled before the code goes on, so that readers meet the answer before what follows
        resolved = self._inputs.resolve(msg.request_id, msg.action, msg.text)
        if resolved is None:
            return protocol.Failed(msg.seq, "invalid", "this request no longer waits")
        self._announce(resolved)
        self._inputs.release(msg.request_id)
        return protocol.Done(msg.seq, {})

    def _namespace(self, client: Connection, msg: protocol.ListNamespace) -> object:
        count = self._executor.execution_count
        variables = self._listing.variables(msg.query, msg.private, count)
        return protocol.Done(msg.seq, {"variables": variables})

    def _stacks(self, client: Connection, msg: protocol.DumpStacks) -> object:
        names = {thread.ident: thread.name for thread in threading.enumerate()}
        parts = []
        for ident, frame in sys._current_frames().items():
            lines = [
                line
                for line in traceback.StackSummary.extract(traceback.walk_stack(frame))
                if not is_ours(line.filename)
            ]
            if lines:
                stack = "".join(traceback.StackSummary.from_list(lines[::-1]).format())
                parts.append(f"{names.get(ident, f'thread {ident}')}:\n{stack}")
        return protocol.Done(msg.seq, {"text": "\n".join(parts)})

    def _rename(self, client: Connection, msg: protocol.Rename) -> object:
        self._name = msg.name
        self._register()
        self._announce(protocol.Renamed(msg.name))
        return protocol.Done(msg.seq, {})

    def _end_by_client(self, client: Connection, msg: protocol.End) -> None:
        self._end()


_HANDLERS: dict[type, Any] = {
    protocol.Execute: Node._execute,
    protocol.Cancel: Node._cancel,
    protocol.Interrupt: Node._interrupt,
    protocol.Answer: Node._answer,
    protocol.ListNamespace: Node._namespace,
    protocol.DumpStacks: Node._stacks,
    protocol.Rename: Node._rename,
    protocol.End: Node._end_by_client,
}


def _fields(event: object) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__dataclass_fields__}  # type: ignore[attr-defined]

