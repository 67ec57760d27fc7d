"""The fork server: one per interpreter and environment. It never runs user code.

It keeps a spare fork, gives sessions their workers, reaps, tells every exit with its cause, and
holds the lease of sessions that do not persist.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from collections.abc import Iterable, Sequence
from typing import Any

from . import kinship, protocol
from .archivists import Archivists
from .brood import (
    BecomeNode,
    Session,
    Worker,
    become_subreaper,
    changes_of_environment,
    drain,
    kill,
    kill_group,
    kill_left_behind,
    note_child,
    preload,
    spawn,
    unlink,
)
from .connections import Connection, accept
from .deaths import Death, OomCounter, explain, reap
from .estate import close_session, record_death
from .finding import LINGER_SECONDS, LOOK_SECONDS, Place, forsake
from .handovers import Handovers
from .learning import Learning, settle
from .nursery_requests import handle

ARRIVAL_SECONDS = 5.0
"""How long the client that started it may take to connect, once it is ready."""
GRACE_SECONDS = 2.0
"""How long a worker that was told to end may take before it is killed."""
SPARE_AFTER_MS = 20.0
"""A spare is forked when nobody has asked for anything for this long."""
SILENT_SECONDS = 0.5
"""How long a worker whose link has ended may still take to die by itself."""


class Nursery:
    """The state and the loop of a nursery."""

    def __init__(
        self,
        listener: socket.socket,
        runtime: str,
        packages: Sequence[str],
        respawn: list[str],
        learning: Learning,
    ) -> None:
        self._listener = listener
        self._listener.setblocking(False)
        self.place = Place(listener.getsockname())
        self.runtime = runtime
        self._packages = packages
        self._learning = learning
        self._respawn = respawn
        """The command that starts a node where fork is missing; the link's fd is appended."""
        self.forks = hasattr(os, "fork") and "PYREPL_TUI_NO_FORK" not in os.environ
        """False where workers are spawned because fork is missing or the rehearsal failed."""
        self.subreaper = become_subreaper()
        self._clients: list[Connection] = []
        self.sessions: dict[str, Session] = {}
        self.workers: list[Worker] = []
        self._oom = OomCounter()
        self.archivists = Archivists(self.sessions, self.workers)
        self.handovers = Handovers(
            self.sessions, self.workers, self.runtime, self.archivists, self.give_worker
        )
        self._idle_since = time.monotonic()
        self.failure: str | None = None
        """Why no session can be started here; None: nothing stands in the way."""
        self._wake_in, self._wake_out = os.pipe()
        for fd in (self._wake_in, self._wake_out):
            os.set_blocking(fd, False)

    # -- loop ------------------------------------------------------------------------------------

    def serve(self) -> int:
        """Serve until nothing needs the nursery. Returns its exit code."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.set_wakeup_fd(self._wake_out, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, note_child)
        self.failure = preload(self._packages)
        self._idle_since = time.monotonic() + ARRIVAL_SECONDS
        settle()
        while not self._is_over():
            self._step()
        self.place.leave()
        for worker in self.workers:
            kill(worker.pid)
        return 0

    def _step(self) -> None:
        poll = select.poll()
        poll.register(self._listener.fileno(), select.POLLIN)
        poll.register(self._wake_in, select.POLLIN)
        for client in self._clients:
            poll.register(client.fd, select.POLLIN | (select.POLLOUT * client.has_backlog))
        for worker in self.workers:
            if not worker.link.broken:
                wanted = select.POLLIN | (select.POLLOUT * worker.link.has_backlog)
                poll.register(worker.link.fd, wanted)
        ready = dict(poll.poll(self._timeout_ms()))
        if self._wake_in in ready:
            drain(self._wake_in)
        if self._listener.fileno() in ready:
            newcomer = accept(self._listener)
            if newcomer is not None:
                self._clients.append(newcomer)
        for worker in [w for w in self.workers if w.link.fd in ready]:
            worker.link.flush()
            self._hear_worker(worker, worker.link.receive())
        for client in [c for c in self._clients if c.fd in ready]:
            self._hear_client(client, ready[client.fd])
        self._reap()
        self._kill_overdue()
        self.handovers.give_up_overdue()
        self.archivists.step()
        self._drop_clients()
        if not ready:
            self._use_the_quiet()

    def _use_the_quiet(self) -> None:
        """Nobody has asked for anything for a while."""
        self._oom.look()
        if not (self._clients or self.place.is_ours):
            forsake(self)
        if self._learning.names:
            self._learning.learn(self.workers)
        if self._needs_spare():
            self._new_worker()

    def _timeout_ms(self) -> float:
        deadlines = [time.monotonic() + LOOK_SECONDS]
        deadlines += [worker.kill_at for worker in self.workers if worker.kill_at is not None]
        deadlines += self.handovers.deadlines() + self.archivists.deadlines()
        if not self._clients and not self.sessions:
            deadlines.append(self._idle_since + LINGER_SECONDS)
        if self._needs_spare() or self._learning.names:
            return SPARE_AFTER_MS
        return max(0.0, min(deadlines) - time.monotonic()) * 1000 + 1

    def _is_over(self) -> bool:
        if self._clients or self.sessions:
            self._idle_since = time.monotonic()
            return False
        return time.monotonic() - self._idle_since >= LINGER_SECONDS

    # -- workers ---------------------------------------------------------------------------------

    def _needs_spare(self) -> bool:
        return (
            self.forks
            and self.failure is None
            and bool(self._clients)
            and all(worker.ready or worker.kind for worker in self.workers)
        )

    def _new_worker(self) -> Worker:
        ours, theirs = socket.socketpair()
        pid = self._fork(ours, theirs) if self.forks else spawn(self._respawn, theirs)
        theirs.close()
        worker = Worker(pid, Connection(ours))
        self.workers.append(worker)
        return worker

    def _fork(self, ours: socket.socket, theirs: socket.socket) -> int:
        pid = os.fork()
        if pid:
            return pid
        signal.set_wakeup_fd(-1)
        ours.close()
        self._listener.close()
        os.close(self._wake_in)
        os.close(self._wake_out)
        for peer in (*self._clients, *(worker.link for worker in self.workers)):
            peer.close()
        # a session is a process group of its own: what it started ends with it
        os.setsid()
        raise BecomeNode(Connection(theirs))

    def give_worker(
        self,
        session: Session,
        askers: list[tuple[Connection, int]],
        load: dict[str, Any] | None = None,
        *,
        in_turn: bool = False,
    ) -> Worker:
        """Give a session a new worker; the requests are answered when it is ready.

        Args:
            session: it may have a worker already if the new one is to wait for its turn.
            askers: who asks.
            load: the archive that it begins with; None: with nothing.
            in_turn: whether it only gets ready, and a handover makes it the session's.
        """
        if not in_turn:
            self.handovers.abandon(session)
        spares = [w for w in self.workers if w.session is None and w.kill_at is None]
        worker = spares[0] if spares else self._new_worker()
        worker.session = session
        worker.socket_path = os.path.join(self.runtime, "s", f"{session.id}-{worker.pid}.sock")
        worker.waiting += askers
        if not in_turn:
            session.worker = worker
            session.death = None
        config = {**session.config, "env": changes_of_environment(session.config["env"])}
        worker.link.say(kinship.Adopt(config, worker.socket_path, load, in_turn))
        return worker

    def _hear_worker(self, worker: Worker, messages: Iterable[Any]) -> None:
        for msg in messages:
            if worker.session is None:
                continue
            if isinstance(msg, kinship.Needed):
                self._learning.names += msg.names if self.forks else []
                continue
            handover = worker.session.handover
            if worker.kind == "archiver":
                self.archivists.hear(worker, msg)
            elif isinstance(msg, kinship.NodeReady):
                if handover is not None and handover.loader is worker:
                    self.handovers.loaded(worker.session, handover, msg)
                else:
                    self._worker_ready(worker, worker.session, msg)
            else:
                self.handovers.hear(worker, worker.session, msg)
        if worker.link.broken and worker.kill_at is None:
            worker.kill_at = time.monotonic() + SILENT_SECONDS

    def _worker_ready(self, worker: Worker, session: Session, msg: kinship.NodeReady) -> None:
        waiting, worker.waiting = worker.waiting, []
        if msg.error is not None:
            for client, seq in waiting:
                client.say(protocol.Failed(seq, "start", msg.error))
            session.worker = worker.session = None
            worker.kill_at = time.monotonic()
            if session.config.get("started"):
                session.death = Death(worker.pid, None, None, f"it did not start: {msg.error}")
                self._tell_death(session)
            else:
                self.sessions.pop(session.id, None)
            return
        worker.ready = True
        session.config["started"] = True
        askers = dict(waiting)
        for client in {**dict.fromkeys(session.watchers), **askers}:
            client.say(
                protocol.NodeUp(
                    askers.get(client, 0), session.id, worker.pid, worker.socket_path, False
                )
            )

    def _reap(self) -> None:
        while True:
            try:
                pid, status, out_of_memory = reap(self._oom)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for worker in [w for w in self.workers if w.pid == pid]:
                self._bury(worker, status, out_of_memory)
            if out_of_memory is not False:
                self._oom.look()

    def _bury(self, worker: Worker, status: int, out_of_memory: bool | None) -> None:
        self._hear_worker(worker, worker.link.receive())  # its last words may still lie there
        self.workers.remove(worker)
        worker.link.close()
        session = worker.session
        if worker.socket_path:
            unlink(worker.socket_path)
        if session is not None and not worker.is_image:
            session.former.add(worker.pid)
        if worker.kind == "archiver":
            self.archivists.bury(worker, explain(worker.pid, status, False, "").reason)
            return
        if session is not None and self.handovers.bury(worker, session):
            return
        if session is None or session.worker is not worker:
            return
        session.worker = None
        session.death = explain(worker.pid, status, out_of_memory, worker.kill_reason)
        for client, seq in worker.waiting:
            client.say(protocol.Failed(seq, "start", session.death.reason))
        if session.is_ending:
            self._end_session(session)
        elif session.restarting:
            askers, session.restarting = session.restarting, []
            kill_group(worker.pid)
            self.give_worker(session, askers)
        elif not session.config.get("started"):
            self.sessions.pop(session.id, None)
        else:
            self._tell_death(session)

    def _tell_death(self, session: Session) -> None:
        assert session.death is not None
        record_death(session.config, session.death)
        guard = session.guard
        comes_back = guard in session.images or guard in session.expected
        for client in session.watchers:
            client.say(session.down(0, comes_back))
        if guard is not None and comes_back:
            self.handovers.start(session, guard, None, None)

    def _kill_overdue(self) -> None:
        now = time.monotonic()
        for worker in self.workers:
            if worker.kill_at is not None and now >= worker.kill_at:
                if worker.link.broken and not worker.kill_reason:
                    worker.kill_reason = "it closed the session's own file descriptors"
                kill(worker.pid)
                worker.kill_at = now + GRACE_SECONDS

    # -- clients ---------------------------------------------------------------------------------

    def _hear_client(self, client: Connection, events: int) -> None:
        if events & select.POLLOUT:
            client.flush()
        if not events & ~select.POLLOUT:
            return
        joining = None
        for msg in client.receive():
            if isinstance(msg, kinship.Join) and not client.welcomed:
                joining = msg
                break
            handle(self, client, msg)
            if client.broken:
                return
        if joining is not None:
            self._clients.remove(client)
            self.handovers.join(client, joining)
            for worker in [each for each in self.workers if each.link is client]:
                self._hear_worker(worker, client.rest())  # perhaps its last word already

    def _drop_clients(self) -> None:
        for client in [client for client in self._clients if client.broken]:
            self._clients.remove(client)
            client.close()
            for session in [each for each in self.sessions.values() if client in each.watchers]:
                session.watchers.remove(client)
                if not session.watchers and not session.config["persist"]:
                    self.begin_end(session)

    # -- ends ------------------------------------------------------------------------------------

    def begin_end(self, session: Session) -> None:
        session.is_ending = True
        if session.worker is None:
            self._end_session(session)
        else:
            self.tell_to_end(session.worker, "ended on request")

    def tell_to_end(self, worker: Worker, reason: str) -> None:
        worker.kill_reason = reason
        worker.kill_at = time.monotonic() + GRACE_SECONDS
        worker.link.say(protocol.End(0))

    def let_go(self, session: Session) -> None:
        self.sessions.pop(session.id, None)
        self.archivists.forget(session)
        for checkpoint_id in list(session.images):
            self.handovers.drop_image(session, checkpoint_id, "the session has ended")

    def _end_session(self, session: Session) -> None:
        self.let_go(session)
        if session.death is not None:
            kill_group(session.death.pid)
        kill_left_behind(session.former)
        close_session(session.config)
        for client in session.watchers:
            client.say(protocol.SessionEnded(session.id))
        for client, seq in session.ending:
            client.say(protocol.Done(seq, {}))
