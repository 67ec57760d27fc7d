"""The live worker of a session: what it is made of, and how it begins and ends."""

from __future__ import annotations

import builtins
import os
import sys
from _thread import RLock
from time import monotonic  # the function: user code may replace the module's
from time import time as wall_clock
from types import ModuleType
from typing import TYPE_CHECKING, Any

from . import kinship, protocol, rank
from .audience import Audience
from .ceilings import Ceilings
from .chores import Chores
from .displaying import Displays
from .executor import Executor
from .faults import FaultFile
from .images import Images
from .late import newly_needed
from .operation import Task
from .records import replaced
from .serving import Service
from .stdin import Inputs
from .streams import Output, flush_children, trace_threads
from .terminal import Terminal
from .transactions import Transactions
from .transcript import Transcript, write_atomically
from .unpatched import close as close_fd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .connections import Connection
    from .describe import Listing

SWITCH_SECONDS = 0.00025
"""Longest wait of the second thread for code that computes: what an interrupt takes to arrive."""
REST_SECONDS = 2.0
"""A pause of this length is used to bring the present to the disk."""
FIRST_REST_SECONDS = 0.5
"""The same as long as nothing is there that a kill would leave."""
_MODULE_NAMES = ("__name__", "__doc__", "__package__", "__loader__", "__spec__", "__builtins__")
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
        self.rested_at = 0
        """Ordinal of the last run whose state has been given a checkpoint for being saved."""
        self._seen_at = 0
        """Ordinal of the last run that was known when the clock was last looked at."""
        self._busy_at = 0.0
        self._is_registered = True
        """False while a full disk keeps the session's entry from saying who its worker is."""
        self._link: Connection | None = None
        self._cap = DEFAULT_CAP
        self.transcript = Transcript()
        self.service = Service(self)
        self.audience = Audience(self.transcript, self.service, self.state)
        self.output = Output(self.transcript, self.service.wake)
        self._faults = FaultFile()
        self.inputs = Inputs(self)
        self._module = ModuleType("__main__")
        namespace = vars(self._module)
        namespace["__builtins__"] = builtins
        self.inputs.install(namespace)
        self._hidden = {"input": namespace["input"]}
        """What is in the namespace without the user's doing."""
        self._listing: Listing | None = None
        self.chores = Chores()
        self.images = Images(self)
        self.transactions = Transactions(self, namespace)
        self.ceilings = Ceilings(self)
        self.executor = Executor(self, namespace)
        trace_threads(self.output)
        flush_children()
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
        rank.go_first()
        self.executor.take_main_thread()
        self._link = link
        self._cap = int((session.get("limits") or {}).get("output_bytes", DEFAULT_CAP))
        self.open_sockets(socket_path)
        self.transcript.open(session["directory"])
        counts = self.transcript.last_counts()
        self.executor.ordinal, self.executor.execution_count = counts
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        close_fd(null)
        self.transcript.take_output()
        sys.stdout = sys.__stdout__ = self.output.stdout  # type: ignore[misc]
        sys.stderr = sys.__stderr__ = self.output.stderr  # type: ignore[misc]
        sys.modules["__main__"] = self._module
        self.displays = Displays(self.output, self.audience.post_and_wait, session)
        self.executor.show_with(self.displays)
        self.terminal = Terminal(session.get("display") or {})
        self.terminal.install()
        self.displays.install()
        self._faults.watch(session["directory"])
        self.images.freezing = False
        self.output.begin(None)

    def take_up(self, restored: protocol.Restored | None) -> None:
        """Be the session's worker from now on, with what an archive held if it was loaded."""
        self.register()
        self.record_start(*self.transcript.sizes())
        if restored is not None:
            # what comes from elsewhere has no archive here yet: it is rested on at once
            self.rested_at = self.executor.ordinal if self.images.parent else -1
            self.audience.announce(restored)

    def take_over(self, restored: protocol.Restored) -> None:
        """Be the session's worker in the place of one that has left."""
        self.executor.ordinal = self.rested_at = self.transcript.last_ordinal()
        self.register()
        out, err, _ = self.output.begin(None)
        self.audience.announce(replaced(restored, out=out, err=err))

    def own_names(self) -> frozenset[str]:
        """Names in the namespace that are none of the user's."""
        namespace = vars(self._module)
        ours = {name for name, value in self._hidden.items() if namespace.get(name) is value}
        return frozenset({*ours, *_MODULE_NAMES})

    def names(self) -> list[str]:
        """Names in the namespace that are the user's."""
        ours = self.own_names()
        return [name for name in vars(self._module) if type(name) is str and name not in ours]

    @property
    def listing(self) -> Listing:
        """The rows of the namespace; made when somebody first looks."""
        return self._listing or self._begin_listing()

    def _begin_listing(self) -> Listing:
        from .describe import Listing

        with self.audience.lock:  # two threads may look at once
            self._listing = self._listing or Listing(vars(self._module), hidden=self._hidden)
            return self._listing

    def open_sockets(self, path: str) -> None:
        """Listen at `path`."""
        self.socket_path = path
        self.service.open(path)

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
        self.serve()
        self.executor.serve()
        self.output.flush()

    def serve(self) -> None:
        """Serve clients from now on."""
        if self._link is not None:
            # what came with the message that brought this process to life
            self._hear_nursery(self._link.rest())
        self.service.start_thread()

    # -- becoming an image, and alive again (see images) -------------------------------------------

    @property
    def link(self) -> Connection | None:
        """The connection to the nursery; None: there is none any more."""
        return self._link

    @property
    def has_nursery(self) -> bool:
        """Whether there is a nursery to look after images."""
        return self._link is not None

    def tell_nursery(self, msg: object) -> None:
        """Send a message over the link, if it is still there."""
        with self.audience.lock:
            if self._link is not None:
                self._link.say(msg)

    def take_link(self) -> Connection:
        """Hand over the connection to the nursery, to somebody else than the one who serves."""
        link, self._link = self._link, None
        assert link is not None
        return link

    def let_go(self) -> None:
        """In a forked process: close what is the parent's, renew what its threads may hold."""
        self.output.lock = RLock()
        self.transcript.renew_lock()
        self.audience.forget()
        self.inputs.forget()
        if self._listing is not None:
            self._listing.renew()
        self.chores.clear()
        self._faults.let_go()
        self.service.close()
        if self._link is not None:
            self._link.close()
            self._link = None

    def be_new(self) -> None:
        """In a process that has only tried out to be a session's: leave nothing of that."""
        self.let_go()
        self._faults.forget()
        self.transcript.close()
        self.executor.begin_anew(0)
        self.executor.execution_count = self.rested_at = self._seen_at = 0
        self.session = {}
        self.images.freezing = True

    def move_transcript(self, directory: str) -> None:
        """Write to another session's transcript from now on."""
        self.transcript.close()
        self.transcript.open(directory)
        self.transcript.take_output()

    def come_alive(self, link: Connection) -> None:
        """Serve the session as its new live worker."""
        rank.go_first()
        self._faults.watch(self.transcript.directory)
        self._link = link
        self.leaving = False
        self.executor.begin_anew(self.transcript.last_ordinal())
        self.rested_at = self.executor.ordinal
        self.register()

    def register(self) -> None:
        """Write the session's registry entry, for other clients to find it."""
        session = self.session
        keys = (
            "id", "name", "cwd", "persist", "created_at", "state_dir", "directory", "nursery",
            "auto_checkpoint", "limits", "display",
        )  # fmt: skip
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
        try:
            write_atomically(entry, session["registry"], kept)
            self._is_registered = True
        except OSError:
            self._is_registered = False  # a full disk must not end a session; `tick` tries again

    def state(self) -> str:
        """What clients are told the session does."""
        if self.inputs.is_waiting:
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

    # -- for the thread that serves ----------------------------------------------------------------

    def read_link(self, link: Connection) -> bool:
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
            elif isinstance(msg, kinship.Forsaken):
                if self.inputs.is_waiting or not self.executor.has_work:
                    self.end()
            elif isinstance(msg, kinship.Retire):
                self._retire(msg)
            elif isinstance(msg, kinship.ImageJoined):
                self.images.joinings.joined(msg.checkpoint_id, msg.ok)
            elif isinstance(msg, kinship.Tell):
                self._tell(msg)
            elif isinstance(msg, (kinship.Leave, kinship.Stay)) and self.leaving:
                self.leaving = isinstance(msg, kinship.Leave)
                self.images.replacement.hear(msg)

    def _tell(self, msg: kinship.Tell) -> None:
        """Journal and announce what the nursery knows."""
        out, err = self.transcript.sizes()
        kind = getattr(protocol, msg.kind)
        self.audience.announce(kind(**msg.fields, out=out, err=err))

    def _retire(self, msg: kinship.Retire) -> None:
        if self.executor.has_work:
            text = "code is running: interrupt it, or wait for its end"
            self.tell_nursery(kinship.Retired(text))
            return
        self.leaving = True
        self.executor.submit(Task(lambda: self.images.replacement.retire(msg.keep)))

    def _rest(self, now: float) -> None:
        """See to it that what runs have left gets to the disk in a pause of some length."""
        ordinal = self.executor.ordinal
        if self.executor.busy or ordinal != self._seen_at:
            self._busy_at, self._seen_at = now, ordinal
            return
        wanted = self.session.get("auto_checkpoint") and self.session["persist"]
        pause = REST_SECONDS if self.rested_at > 0 else FIRST_REST_SECONDS
        if wanted and ordinal != self.rested_at and now - self._busy_at >= pause:
            self.rested_at = ordinal
            self.executor.submit(Task(self.transactions.rest))

    def tell_needed(self) -> None:
        """Tell the nursery what had to be loaded, for the next ones to have it."""
        needed = newly_needed()
        if needed:
            self.tell_nursery(kinship.Needed(needed))

    def tick(self) -> None:
        """See to what nobody tells: time that is up, output that grows."""
        self.output.tick()
        now = monotonic()
        self.executor.tick(now)
        self.ceilings.tick()
        self._rest(now)
        if not self._is_registered:
            self.register()
        for stream, upto in self.transcript.enforce_cap(self._cap):
            dropped = protocol.OutputDropped(stream, upto, *self.transcript.sizes())
            self.audience.announce(dropped)
        lost = self.output.take_lost()
        if lost or self.transcript.disk_was_full:
            self.transcript.disk_was_full = False
            text = f"The disk was full: {lost:,} bytes of output were lost."
            self.audience.announce(protocol.Notice("disk_full", text, *self.transcript.sizes()))
