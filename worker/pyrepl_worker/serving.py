"""Who reads the sockets of a live worker: its main thread while it waits, else a second one.

The main thread serves the clients itself while it has nothing to run, and while code of its own
waits in input(): a request then needs no other thread. While it is *away*, running code, the second
thread stands by; it looks every few milliseconds whether the main thread is still away for the same
reason, and serves then until it comes back. What cannot wait that long calls it at once (`wake`).
"""

from __future__ import annotations

import os
import select
import traceback
from _thread import allocate_lock, get_ident, get_native_id, start_new_thread
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from time import monotonic  # the function: user code may replace the module's
from typing import TYPE_CHECKING

from .chores import BUSY_PAUSE_MS
from .connections import accept, high_socket, listen
from .deaths import LOST_VOICE
from .eagerness import Eagerness
from .requests import handle
from .unpatched import poll as new_poll
from .unpatched import socketpair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .connections import Connection
    from .node import Node

BUSY_TICK_MS = 10
IDLE_TICK_MS = 2000
"""How often the output cap is looked at while nothing runs: children may go on writing."""
LOOK_SECONDS = 0.002
"""How long the second thread lets the main one be away before it serves in its place."""
MOST_LOOKS = 100
"""Looks that found the main thread at home, in a row, after which it has to be called."""


_Ready = list[tuple[int, int]]
"""Descriptors and what is to be done about them."""


class Service:
    """Serves a node's clients and its link to the nursery, on one thread at a time."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self.renew()

    def renew(self) -> None:
        """Be as new, in a process whose second thread is not here."""
        self._turn = allocate_lock()
        """Held by the thread that serves."""
        self.thread = 0
        """Ident of the thread that serves now; 0: none does."""
        self._at_home = False
        """Whether the main thread holds the turn."""
        self._wanted = True
        """Whether the main thread is to have the turn."""
        self._absence = 0
        """Number of the main thread's latest absence."""
        self._bell: SimpleQueue[bool] = SimpleQueue()
        """Calls the second thread. True: serve at once."""
        self._asleep = False
        """Whether the second thread has to be called."""
        self._poll: select.poll | None = None
        """What is watched; None: to be made anew."""
        self._served: dict[int, Connection] = {}
        """The clients that are watched, by their descriptors."""
        self._ticked_at = 0.0
        """time.monotonic() of the last tick; 0: the next is due."""
        self._eagerness = Eagerness()
        """Of the main thread, while it is at home."""
        self._dismissed = False
        """Whether the second thread is to end."""
        self._gone = allocate_lock()
        """Held while there is a second thread."""
        self._farewell = allocate_lock()
        """Held to end the second thread, and to have it stay after all."""
        self.thread_ids: tuple[int, ...] = ()
        """Native id of the second thread, once it runs."""

    # -- sockets -----------------------------------------------------------------------------------

    def open(self, path: str) -> None:
        """Listen at `path`, and have a way to end a poll."""
        self._wake_in, self._wake_out = (high_socket(each) for each in socketpair())
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._listener = listen(path)

    def close(self) -> None:
        """In a forked process: let go of the parent's sockets."""
        for sock in (self._listener, self._wake_in, self._wake_out):
            sock.close()
        self.renew()

    def wake(self) -> None:
        """Have somebody serve, or look again, at once. Safe in code that an interrupt may break."""
        if self.thread == 0:
            self._bell.put(True)
            return
        try:
            self._wake_out.send(b"x")
        except OSError:
            return  # full: it will wake anyway; closed: who serves finds out by itself

    # -- the main thread ---------------------------------------------------------------------------

    def until(self, done: Callable[[], object]) -> None:
        """Serve until something is so; on the main thread, which `leave` takes away again.

        Raises:
            Whatever a signal handler of the user's raises meanwhile.
        """
        if not self._at_home:
            self._come_home()
        while not done():
            self._release()
            self._round(self._node.executor.gate.wait)

    def leave(self, *, at_once: bool = False, quiet: bool = False) -> None:
        """Serve no longer on the main thread: it has something else to do.

        Args:
            at_once: whether what it does needs somebody who serves.
            quiet: whether what was said may wait until it comes back, or for some milliseconds, if
                requests come one after the other: each packet wakes whoever waits for the last.
        """
        if self._at_home:
            if not (quiet and self._eagerness.expects):
                self._release()
            self._absence += 1
            self._at_home = self._wanted = False
            self.thread = 0
            self._turn.release()
            self.start_thread()
            if self._asleep:
                self._asleep = False
                self._bell.put(at_once)
                return
        if at_once:
            self.wake()

    def catch_up(self) -> None:
        """Hear what was said while nobody could listen; on the main thread, which stays away."""
        self._come_home()
        self._round(lambda poll: poll())
        self.leave(quiet=True)

    def speak(self) -> None:
        """Say what was held, before the process ends."""
        self._node.audience.release()

    def _come_home(self) -> None:
        self._wanted = True
        if not self._turn.acquire(False):
            self.wake()
            self._turn.acquire()
        self._at_home = True
        self._begin()

    # -- the second thread -------------------------------------------------------------------------

    def start_thread(self) -> None:
        """Have the second thread stand by from now on, unless there is one.

        Where the system has no room for a thread, `leave` tries again.
        """
        if self._gone.acquire(False):
            try:
                start_new_thread(self._stand_by, ())
            except RuntimeError:
                self._gone.release()

    def dismiss(self, seconds: float) -> bool:
        """Have the second thread end. Returns whether it has, within so many seconds."""
        self._dismissed = self._wanted = True
        self._bell.put(False)
        self.wake()
        if self._gone.acquire(timeout=seconds):
            self._gone.release()
            return True
        with self._farewell:
            self._dismissed = False
            return not self._gone.locked()

    @contextmanager
    def alone(self, seconds: float) -> Iterator[None]:
        """On the main thread: without the second one meanwhile, if it ends within so many seconds.

        A fork leaves behind, for good, memory of the threads that its parent had.
        """
        here = os.getpid()
        self.dismiss(seconds)
        try:
            yield
        finally:
            if os.getpid() == here:
                self._wanted = self._at_home
                self.start_thread()

    def _stand_by(self) -> None:
        self.thread_ids = (get_native_id(),)
        while True:
            self._keep_watch()
            with self._farewell:
                if self._dismissed:
                    self._dismissed = False
                    self.thread_ids = ()
                    self._gone.release()
                    return

    def _keep_watch(self) -> None:
        looks, seen = 0, 0
        while not self._dismissed:
            called = self._listen(looks)
            if self._wanted:
                looks += 1
                continue
            looks = 0
            if self._node.audience.is_holding:
                self._release()
            if called or self._absence == seen or self._node.audience.has_posted:
                self._stand_in()
            seen = self._absence

    def _listen(self, looks: int) -> bool:
        """Wait until it is time to look. Returns whether we were called to serve."""
        self._asleep = looks >= MOST_LOOKS
        if self._asleep and not self._wanted:
            self._asleep = False  # it left just now, and did not know that it had to call
        try:
            return self._bell.get(timeout=None if self._asleep else LOOK_SECONDS)
        except Empty:
            return False

    def _stand_in(self) -> None:
        """Serve until the main thread wants to."""
        if not self._turn.acquire(False):
            return
        self._begin()
        try:
            while not self._wanted:
                self._round(lambda poll: poll())
        finally:
            self.thread = 0
            self._turn.release()

    # -- serving -----------------------------------------------------------------------------------

    @property
    def is_here(self) -> bool:
        """Whether the calling thread is the one that serves."""
        return self.thread == get_ident()

    def _begin(self) -> None:
        self.thread = get_ident()
        if self._node.audience.has_backlog:
            self._poll = None

    def _release(self) -> None:
        """Send what was held; who does not read it all is watched."""
        if self._node.audience.release():
            self._poll = None

    def _round(self, wait: Callable[[Callable[[], _Ready]], _Ready]) -> None:
        """Wait for something, by a call of `wait`, and see to it."""
        with _LIFELINE:
            node = self._node
            # whoever posted before this thread was known to serve has not woken it
            node.audience.announce_posted()
            poll = self._poll = self._poll or self._watch_all()
            busy = node.images.reap() or node.executor.busy or node.output.flooding
            pause = BUSY_TICK_MS if busy else IDLE_TICK_MS
            if node.chores:
                pause = BUSY_PAUSE_MS if node.executor.busy else 0
            ready = self._eagerness.look(poll) if self._at_home and pause else []
        try:
            ready = ready or wait(lambda: poll.poll(pause))
        except OSError:
            with _LIFELINE:
                poll.poll(0)  # fails again if fewer descriptors are allowed than these
            raise  # a signal handler of the user's did
        with _LIFELINE:
            self._eagerness.learn()
            self._see_to(ready, busy=busy)

    def _watch_all(self) -> select.poll:
        node = self._node
        poll = new_poll()
        poll.register(self._listener.fileno(), select.POLLIN)
        poll.register(self._wake_in.fileno(), select.POLLIN)
        if node.link is not None:
            poll.register(node.link.fd, select.POLLIN)
        self._served = {client.fd: client for client in node.audience.clients}
        for client in node.audience.clients:
            poll.register(client.fd, select.POLLIN | (select.POLLOUT * client.has_backlog))
        return poll

    def _see_to(self, ready: list[tuple[int, int]], *, busy: bool) -> None:
        node = self._node
        changed = False
        if ready and self._at_home:
            node.audience.hold()  # what answers a request and what follows from it leave together
        for fd, events in ready:
            if events & select.POLLNVAL:
                raise OSError("user code closed the session's own file descriptors")
            served = self._served.get(fd)
            if served is not None:
                changed = self._serve(served, events) or changed
            elif fd == self._wake_in.fileno():
                self._drain()
                changed = changed or node.audience.has_backlog
            elif fd == self._listener.fileno():
                client = accept(self._listener)
                if client is not None:
                    node.audience.clients.append(client)
                    changed = True
            elif node.link is not None and fd == node.link.fd:
                changed = node.read_link(node.link) or changed
        node.audience.announce_posted()
        node.chores.step()
        node.tell_needed()
        changed = changed or node.audience.has_backlog  # a large answer goes on when there is room
        if not (ready or node.chores) or (busy and self._is_time_for_a_tick()):
            self._ticked_at = monotonic()
            node.tick()
        if node.audience.drop_broken() or changed:
            self._poll = None

    def _is_time_for_a_tick(self) -> bool:
        """Whether it is, although something else was to be done."""
        return monotonic() - self._ticked_at >= BUSY_TICK_MS / 1000

    def _drain(self) -> None:
        self._ticked_at = 0.0  # whoever calls may want one
        try:
            while self._wake_in.recv(4096):
                pass
        except BlockingIOError:
            return

    def _serve(self, client: Connection, events: int) -> bool:
        """Returns whether the client began or ceased to read slowly."""
        had_backlog = client.has_backlog
        if events & select.POLLOUT:
            with self._node.audience.lock:
                client.flush()
        if events & ~select.POLLOUT:
            for msg in client.receive():
                handle(self._node, client, msg)
                if client.broken:
                    break
        return client.has_backlog != had_backlog


class _Lifeline:
    """Within it an error of ours ends the process: nobody could reach the session any more."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            try:  # say why, and let the session be restarted
                os.write(2, "".join(traceback.format_exception(error)).encode())
            finally:
                os._exit(LOST_VOICE)


_LIFELINE = _Lifeline()
