"""Checkpoints as forked twins: freezing the present, sleeping as an image, thawing to live on.

A frozen twin is the live process's grandchild: the process between leaves at once, so that the
nursery (a subreaper) becomes its parent and user code never meets a child it did not start. The
twin has one thread and sleeps in a read of its link. Told to thaw it forks again the same way:
the copy becomes a live worker, the twin stays as it is.
"""

from __future__ import annotations

import os
import warnings
from time import perf_counter, thread_time
from time import time as wall_clock
from typing import TYPE_CHECKING

from . import kinship, protocol, rank
from .connections import Connection, unconnected
from .joinings import Joinings
from .late import part
from .replacing import Replacement
from .thawing import wake_up
from .unpatched import fork, sleep, waitpid

if TYPE_CHECKING:
    from . import archiving, continuity, guards, handing, pools, reader
    from .continuity import Continuity
    from .guards import Survey
    from .node import Node
else:
    archiving, continuity, guards = part("archiving"), part("continuity"), part("guards")
    handing, pools, reader = part("handing"), part("pools"), part("reader")

PATIENCE = 0.003
"""Seconds that the process between waits before it forks the twin: the session goes on first.

Both would take a processor, and the session, its client and the nursery need more than one then."""
ALONE_SECONDS = 0.05
"""Given to the thread that serves, to end before a fork; whatever it does then is done in parts."""
OWN_THREADS = 1
"""Threads of ours beside the main one: the one that serves while code runs."""


class Images:
    """How a node becomes, and comes from, images."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self.parent: str | None = None
        """The checkpoint that the present came from; None: the session's start."""
        self.freezing = False
        """True while a fork is ours: the hooks for user code's forks stay out of it."""
        self.is_guard = False
        """Whether the last image frozen (in the image: itself) is no point of the timeline."""
        self._orphans: dict[int, str | None] = {}
        """Processes between, and the checkpoint whose twin each is to fork; None: no image."""
        self.last_cost = 0.0
        """Processor seconds that freezing last took, which a busy machine does not lengthen."""
        self.fork_cost = 0.0
        """The fork's part of it."""
        self.joinings = Joinings(node)
        self.replacement = Replacement(node, self)

    # -- freezing (main thread, between runs) ------------------------------------------------------

    def freeze(
        self, checkpoint_id: str, label: str | None, kind: str, *, may_save: bool = True
    ) -> protocol.CheckpointTaken:
        """Make the present a checkpoint, and announce it.

        Args:
            checkpoint_id: its id.
            label: what people call it.
            kind: as in `CheckpointTaken`, or ``guard``.
            may_save: whether it is brought to the disk where no image can hold it.

        Raises:
            Thawed: in each live worker that is later thawed from the image.
        """
        node = self._node
        began = thread_time()
        found = self.survey()
        self.is_guard = kind == "guard"
        is_saved = not found.trusted and may_save and kind != "guard" and node.has_nursery
        pause_ms = 0.0
        try:
            if found.trusted:
                pause_ms = self._fork_image(checkpoint_id, label, kind, found)
                self.last_cost = thread_time() - began
            elif is_saved:
                pause_ms = self._fork_archiver(checkpoint_id, found)
        except OSError as error:  # too many processes, too little memory
            node.tell_nursery(kinship.ForkFailed(checkpoint_id))
            found.refuse(f"no process could be forked for it: {error.strerror}")
            is_saved = False
        taken = self._taken(checkpoint_id, label, kind, pause_ms, found)
        if (found.trusted or is_saved) and kind != "guard":  # guards come and go with their runs
            self.parent = checkpoint_id
            node.audience.announce(taken)
            self.joinings.announced(checkpoint_id)
        return taken

    def survey(self) -> Survey:
        """Look for what an image of the present would not carry."""
        node = self._node
        loop, ids = node.executor.loop, node.service.thread_ids
        found = guards.survey(OWN_THREADS, continuity.sockets_of(loop), self._orphans, loop, ids)
        if not node.has_nursery:
            found.refusals.append("the nursery that would look after an image is gone")
        return found

    def _taken(
        self, checkpoint_id: str, label: str | None, kind: str, pause_ms: float, found: Survey
    ) -> protocol.CheckpointTaken:
        out, err = self._node.transcript.sizes()
        return protocol.CheckpointTaken(
            checkpoint_id=checkpoint_id,
            label=label,
            kind=kind,
            parent=self.parent,
            execution_count=self._node.executor.execution_count,
            pause_ms=pause_ms,
            trusted=found.trusted,
            warnings=found.refusals + found.warnings,
            at=wall_clock(),
            out=out,
            err=err,
        )

    def _fork_image(self, checkpoint_id: str, label: str | None, kind: str, found: Survey) -> float:
        """Fork the frozen twin. Returns for how many milliseconds the session stood still."""
        node = self._node
        started = perf_counter()
        pools.let_go(node.service.thread_ids)
        with node.service.alone(ALONE_SECONDS), node.output.lock:
            node.output.flush()
            noted = continuity.note(found)
            node.tell_nursery(kinship.Expect(checkpoint_id))
            link = unconnected()  # where nothing can be opened any more, it is refused here
            try:
                began = thread_time()
                pid = self._fork(PATIENCE if kind != "replaced" else 0.0)
                self.fork_cost = thread_time() - began
                if pid == 0:
                    self._sleep_as_image(link, checkpoint_id, label, kind, noted)
            finally:
                link.close()
        self._orphans[pid] = checkpoint_id
        return (perf_counter() - started) * 1000

    def _fork_archiver(self, checkpoint_id: str, found: Survey) -> float:
        """Fork what saves a present that no image can hold. Returns as `_fork_image` does."""
        node = self._node
        started = perf_counter()
        values = handing.Handover()
        values.take()
        with node.output.lock:
            node.output.flush()
            noted = continuity.note(found)
            node.tell_nursery(kinship.Expect(checkpoint_id))
            pid = self.fork_aside()
            if pid == 0:
                node.let_go()
                values.install()
                folder = os.path.join(node.session["directory"], protocol.ARCHIVES)
                archiving.save(node, checkpoint_id, noted, kinship.Save(folder, False), wary=True)
        return (perf_counter() - started) * 1000

    def _fork(self, patience: float = 0.0, *, alone: bool = False) -> int:
        """Fork without the hooks meant for user code's forks. Returns 0 in the grandchild.

        In the caller it returns the pid of the process between, which is to be waited for.

        Args:
            patience: seconds that the process between waits before it forks the grandchild.
            alone: whether this process has no other thread; then the process between, which does
                nothing but fork, is spared what a fork of Python's sees to.
        """
        self.freezing = True
        try:
            with warnings.catch_warnings(module=warnings):
                # 3.12 and later warn of threads: what they hold is surveyed, and named
                warnings.simplefilter("ignore", DeprecationWarning)
                pid = guards.fork_at_once() if alone else fork()
                if pid:
                    return pid
                if patience:
                    sleep(patience)
                try:
                    twin = fork()
                except OSError:
                    os._exit(1)  # `reap` sees it
                if twin:
                    os._exit(0)
        finally:
            self.freezing = False
        return 0

    def fork_aside(self) -> int:
        """Fork a twin that is no image: it keeps out of the session's life. 0 in the twin."""
        pools.let_go(self._node.service.thread_ids)
        pid = self._fork()
        if pid:
            self._orphans[pid] = None
        return pid

    def nursery_gone(self) -> None:
        """No image will join any more; for the thread that serves."""
        self.joinings.none_will_join()
        self.replacement.hear(kinship.Stay("the nursery is gone"))

    def reap(self) -> bool:
        """Wait for processes between; for the thread that serves. Returns whether some are left."""
        for pid, checkpoint_id in list(self._orphans.items()):
            try:
                gone, status = waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                gone, status = pid, 0  # user code waited for any child, and got it
            if gone:
                del self._orphans[pid]
            if status and checkpoint_id is not None:
                self._node.tell_nursery(kinship.ForkFailed(checkpoint_id))
        return bool(self._orphans)

    # -- the image ---------------------------------------------------------------------------------

    def _sleep_as_image(
        self,
        link: Connection,
        checkpoint_id: str,
        label: str | None,
        kind: str,
        noted: Continuity,
    ) -> None:
        """Be the frozen twin until told to end.

        Raises:
            Thawed: in a live worker forked from it.
        """
        node = self._node
        try:
            os.setsid()
            self._let_go()
            session_id = node.session["id"]
            self._join(link, session_id, "image", checkpoint_id, kind=kind, label=label)
            self._sleep(link, checkpoint_id, noted)
        except Exception:
            os._exit(1)

    def sleep(self, checkpoint_id: str, found: Survey) -> None:
        """Be the image of the present oneself: no longer a worker. The second thread has ended.

        Raises:
            Thawed: in a live worker forked from it.
        """
        node = self._node
        node.output.flush()
        taken = self._taken(checkpoint_id, None, "replaced", 0.0, found)
        node.tell_nursery(kinship.Expect(checkpoint_id))
        node.audience.announce(taken)
        try:
            noted = continuity.note(self.survey())
            node.tell_nursery(kinship.Left(checkpoint_id))
            link = node.take_link()
            link.socket.setblocking(True)
            self.is_guard = False
            self._let_go()
            self._sleep(link, checkpoint_id, noted)
        except Exception:
            os._exit(1)

    def _let_go(self) -> None:
        """Be no worker any more: nobody is served, nobody is waited for."""
        rank.go_last()
        self._node.let_go()
        self.reap()
        self._orphans = {}
        self.joinings = Joinings(self._node)

    def _sleep(self, link: Connection, checkpoint_id: str, noted: Continuity) -> None:
        """Do what the nursery says in forks of this process, until told to end.

        Raises:
            Thawed: in a live worker forked from it.
        """
        while not link.broken:
            for msg in link.receive():
                if isinstance(msg, protocol.End):
                    os._exit(0)
                if not isinstance(msg, (kinship.Thaw, kinship.Save, kinship.Look)):
                    continue  # meant for the worker that it was
                try:
                    pid = self._fork(alone=True)
                except OSError:
                    continue  # the nursery does not wait for ever
                if pid == 0:
                    link.close()
                    self._do_as_told(msg, checkpoint_id, noted)
                waitpid(pid, 0)
        os._exit(0)

    def _do_as_told(
        self,
        msg: kinship.Thaw | kinship.Save | kinship.Look,
        checkpoint_id: str,
        noted: Continuity,
    ) -> None:
        """Do, in a fork of the image, what it was told; it ends with that.

        Raises:
            Thawed: if it is to live.
        """
        if isinstance(msg, kinship.Thaw):
            wake_up(self._node, msg, checkpoint_id, noted)
        elif isinstance(msg, kinship.Save):
            archiving.save(self._node, checkpoint_id, noted, msg)
        else:
            reader.serve_at(self._node, msg.socket)
        os._exit(0)

    def join_nursery(
        self, session_id: str, role: str, checkpoint_id: str, path: str = ""
    ) -> Connection:
        """Connect to the nursery as one of its processes; the connection blocks."""
        link = unconnected()
        self._join(link, session_id, role, checkpoint_id, path)
        return link

    def _join(
        self,
        link: Connection,
        session_id: str,
        role: str,
        checkpoint_id: str,
        path: str = "",
        *,
        kind: str = "",
        label: str | None = None,
    ) -> None:
        link.socket.setblocking(True)
        link.socket.connect(self._node.session["nursery"])
        link.say(kinship.Join(session_id, os.getpid(), role, checkpoint_id, path, kind, label))
