"""The live worker of a session: one thread serves its clients, the main one runs user code."""

from __future__ import annotations

import builtins
import faulthandler
import os
import select
import socket
import sys
import traceback
from _thread import RLock, get_ident, start_new_thread
from time import monotonic  # the function: user code may replace the module's
from time import time as wall_clock
from types import ModuleType
from typing import TYPE_CHECKING, Any

from . import kinship, protocol
from .audience import Audience
from .chores import BUSY_PAUSE_MS, Chores
from .connections import Connection, accept, high_socket, listen
from .deaths import LOST_VOICE
from .describe import Listing
from .displaying import Displays
from .executor import Executor
from .images import Images
from .operation import Task
from .requests import handle
from .stdin import Inputs
from .streams import Output, trace_threads, unbuffer_children
from .terminal import Terminal
from .transactions import Transactions
from .transcript import Transcript, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable

BUSY_TICK_MS = 10
IDLE_TICK_MS = 2000
"""How often the output cap is looked at while nothing runs: children may go on writing."""
SWITCH_SECONDS = 0.0005
"""Longest wait of the protocol thread for code that computes: what an interrupt takes to arrive."""
DEFAULT_CAP = 8 << 30
"""Bytes of stdout, and of stderr, that a session keeps on disk at most."""


class Node:
    """A session's live worker, from adoption to exit."""

    def __init__(self) -> None:
        """Make all that does not depend on the session.

        The nursery does this once, before it forks: what is only read later stays shared.
        """
        self.session: dict[str, Any] = {}
        self.python_version = ".".join(map(str, sys.version_info[:3]))
        self.leaving = False
        """Whether the session is about to end: nothing new is run."""
        self._link: Connection | None = None
        self._cap = DEFAULT_CAP
        self.transcript = Transcript()
        self.audience = Audience(self.transcript, self._wake, self.state)
        self.output = Output(self.transcript, self._wake)
        self.inputs = Inputs(self.output, self.audience.post)
        self._module = ModuleType("__main__")
        namespace = vars(self._module)
        namespace["__builtins__"] = builtins
        self.inputs.install(namespace)
        self.listing = Listing(namespace, hidden={"input": namespace["input"]})
        self.chores = Chores()
        self.images = Images(self)
        self.transactions = Transactions(self, namespace)
        self.executor = Executor(namespace, self.output, self.audience.announce, self.transactions)
        trace_threads(self.output)
        unbuffer_children()
        self.images.freezing = True  # the nursery's forks are none of user code's
        os.register_at_fork(
            before=self._before_fork,
            after_in_parent=self._after_fork_in_parent,
            after_in_child=self._after_fork_in_child,
        )

    # -- becoming live -----------------------------------------------------------------------------

    def adopt(self, session: dict[str, Any], socket_path: str, link: Connection) -> None:
        """Make this process the session's: descriptors, streams, `__main__`, registry."""
        self.session = session
        self.executor.take_main_thread()
        self._link = link
        self._cap = int((session.get("limits") or {}).get("output_bytes", DEFAULT_CAP))
        self.open_sockets(socket_path)
        self.transcript.open(session["directory"])
        counts = self.transcript.last_counts()
        self.executor.ordinal, self.executor.execution_count = counts
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        for fd, target in ((self.transcript.out_fd, 1), (self.transcript.err_fd, 2)):
            os.dup2(fd, target, inheritable=True)
        sys.stdout = sys.__stdout__ = self.output.stdout  # type: ignore[misc]
        sys.stderr = sys.__stderr__ = self.output.stderr  # type: ignore[misc]
        sys.modules["__main__"] = self._module
        self.displays = Displays(self.output, self.audience.post_and_wait, session)
        self.executor.show_with(self.displays)
        self.terminal = Terminal(session.get("display") or {})
        self.terminal.install()
        self.displays.install()
        faulthandler.enable(file=2, all_threads=False)
        self.images.freezing = False
        self.register()
        out, err, _ = self.output.begin(None)
        self.record_start(out, err)

    def open_sockets(self, path: str) -> None:
        """Listen at `path`, and have a way to wake the protocol thread."""
        self.socket_path = path
        self._wake_in, self._wake_out = map(high_socket, socket.socketpair())
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._listener = listen(path)

    def record_start(self, out: int, err: int) -> None:
        """Journal that this process took the session up."""
        self.transcript.record(
            protocol.WorkerStarted(
                os.getpid(), self.python_version, sys.executable, wall_clock(), out, err
            )
        )

    def run(self) -> None:
        """Serve until the session ends. Returns on the main thread when it is time to exit."""
        sys.setswitchinterval(SWITCH_SECONDS)
        self.start_protocol_thread()
        self.executor.serve()
        self.output.flush()

    def start_protocol_thread(self) -> None:
        """Serve clients from now on."""
        start_new_thread(self._serve_or_die, ())

    # -- becoming an image, and alive again (see images) -------------------------------------------

    @property
    def has_nursery(self) -> bool:
        """Whether there is a nursery to look after images."""
        return self._link is not None

    def tell_nursery(self, msg: object) -> None:
        """Send a message over the link, if it is still there."""
        with self.audience.lock:
            if self._link is not None:
                self._link.say(msg)

    def let_go(self) -> None:
        """In a forked process: close what is the parent's, renew what its threads may hold."""
        self.output.lock = RLock()
        self.transcript.renew_lock()
        self.audience.forget()
        self.inputs.forget()
        self.listing.renew()
        self.chores.clear()
        for sock in (self._listener, self._wake_in, self._wake_out):
            sock.close()
        if self._link is not None:
            self._link.close()
            self._link = None

    def move_transcript(self, directory: str) -> None:
        """Write to another session's transcript from now on."""
        self.transcript.close()
        self.transcript.open(directory)
        for fd, target in ((self.transcript.out_fd, 1), (self.transcript.err_fd, 2)):
            os.dup2(fd, target, inheritable=True)

    def come_alive(self, link: Connection) -> None:
        """Serve the session as its new live worker."""
        self._link = link
        self.leaving = False
        self.executor.begin_anew(self.transcript.last_ordinal())
        self.register()

    def register(self) -> None:
        """Write the session's registry entry, for other clients to find it."""
        session = self.session
        keys = ("id", "name", "cwd", "persist", "created_at", "state_dir", "directory", "nursery")
        entry = {key: session.get(key) for key in keys}
        entry.update(
            pid=os.getpid(),
            socket=self.socket_path,
            python=sys.executable,
            python_version=self.python_version,
            death=None,
            version=protocol.VERSION,
        )
        kept = os.path.join(session["directory"], "session.json")
        write_atomically(entry, session["registry"], kept)

    def state(self) -> str:
        """What clients are told the session does."""
        if self.inputs.waiting():
            return "waiting_input"
        if self.executor.current is not None:
            return "busy"
        return "pending" if self.transactions.is_open else "idle"

    def end(self) -> None:
        """Let the main thread leave as soon as it can."""
        self.leaving = True
        self.executor.leave()
        self.executor.interrupt("cancelled")

    # -- forks by user code ------------------------------------------------------------------------

    def _before_fork(self) -> None:
        if self.images.freezing:
            return
        # a buffer copied with the process would be written twice, a lock held would stay held
        self.output.lock.acquire()
        self.output.flush()

    def _after_fork_in_parent(self) -> None:
        if self.images.freezing:
            return
        self.output.lock.release()

    def _after_fork_in_child(self) -> None:
        if self.images.freezing:
            return
        self.executor.forked = True
        self.inputs.abandoned = True
        self.output.serve_a_fork()
        self.let_go()
        self.transcript.close()  # its output still arrives, its records would lie

    # -- the protocol thread -----------------------------------------------------------------------

    def _wake(self) -> None:
        try:
            self._wake_out.send(b"x")
        except OSError:
            return  # full: it will wake anyway; closed: the protocol thread finds out by itself

    def _serve_or_die(self) -> None:
        self.audience.protocol_thread = self.inputs.protocol_thread = get_ident()
        try:
            if self._link is not None:
                # what came with the message that brought this process to life
                self._hear_nursery(self._link.rest())
            while True:
                poll = self._watch_all()
                while self._step(poll):
                    pass
        except BaseException:
            # without this thread nobody could reach the session: say why, and let it be restarted
            try:
                os.write(2, traceback.format_exc().encode())
            finally:
                os._exit(LOST_VOICE)

    def _watch_all(self) -> select.poll:
        poll = select.poll()
        poll.register(self._listener.fileno(), select.POLLIN)
        poll.register(self._wake_in.fileno(), select.POLLIN)
        if self._link is not None:
            poll.register(self._link.fd, select.POLLIN)
        for client in self.audience.clients:
            poll.register(client.fd, select.POLLIN | (select.POLLOUT * client.has_backlog))
        return poll

    def _step(self, poll: select.poll) -> bool:
        """One round. Returns False when the set of descriptors to watch has changed."""
        busy = self.executor.busy or self.output.flooding or self.images.reap()
        pause = BUSY_TICK_MS if busy else IDLE_TICK_MS
        if self.chores:
            pause = BUSY_PAUSE_MS if self.executor.busy else 0
        ready = poll.poll(pause)
        changed = False
        by_fd = {client.fd: client for client in self.audience.clients}
        for fd, events in ready:
            if events & select.POLLNVAL:
                raise OSError("user code closed the session's own file descriptors")
            if fd == self._listener.fileno():
                client = accept(self._listener)
                if client is not None:
                    self.audience.clients.append(client)
                    changed = True
            elif fd == self._wake_in.fileno():
                self._drain_wake()
                changed = changed or self.audience.has_backlog
            elif fd in by_fd:
                changed = self._serve_client(by_fd[fd], events) or changed
            elif self._link is not None:
                changed = self._read_link(self._link) or changed
        self.audience.announce_posted()
        self.chores.step()
        if busy or not (ready or self.chores):
            self._tick()
        return not (self.audience.drop_broken() or changed)

    def _drain_wake(self) -> None:
        try:
            while self._wake_in.recv(4096):
                pass
        except BlockingIOError:
            return

    def _serve_client(self, client: Connection, events: int) -> bool:
        """Returns whether the client began or ceased to read slowly."""
        had_backlog = client.has_backlog
        if events & select.POLLOUT:
            with self.audience.lock:
                client.flush()
        if events & ~select.POLLOUT:
            for msg in client.receive():
                handle(self, client, msg)
                if client.broken:
                    break
        return client.has_backlog != had_backlog

    def _read_link(self, link: Connection) -> bool:
        """Read the link. Returns whether the nursery is gone."""
        self._hear_nursery(link.receive())
        if not link.broken:
            return False
        if not self.session["persist"]:
            self.output.flush()
            os._exit(0)
        link.close()  # a session that persists lives on without its nursery
        self._link = None
        self.leaving = False
        self.images.nursery_gone()
        return True

    def _hear_nursery(self, messages: Iterable[object]) -> None:
        for msg in messages:
            if isinstance(msg, protocol.End):
                self.end()
            elif isinstance(msg, kinship.Retire):
                self._retire(msg)
            elif isinstance(msg, kinship.ImageJoined):
                self.images.joined(msg.checkpoint_id, msg.ok)
            elif isinstance(msg, (kinship.Leave, kinship.Stay)):
                self.leaving = isinstance(msg, kinship.Leave)
                self.images.answers.put(msg)

    def _retire(self, msg: kinship.Retire) -> None:
        if self.executor.busy:
            text = "code is running: interrupt it, or wait for its end"
            self.tell_nursery(kinship.Retired(text))
            return
        self.leaving = True
        self.executor.submit(Task(lambda: self.images.retire(msg.keep)))

    def _tick(self) -> None:
        self.output.tick()
        self.executor.tick(monotonic())
        for stream, upto in self.transcript.enforce_cap(self._cap):
            dropped = protocol.OutputDropped(stream, upto, *self.transcript.sizes())
            self.audience.announce(dropped)
        lost = self.output.take_lost()
        if lost or self.transcript.disk_was_full:
            self.transcript.disk_was_full = False
            text = f"The disk was full: {lost:,} bytes of output were lost."
            self.audience.announce(protocol.Notice("disk_full", text, *self.transcript.sizes()))
