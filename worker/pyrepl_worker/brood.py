"""A nursery's children: processes, the sessions they serve, and how they are ended."""

from __future__ import annotations

import ctypes
import importlib
import os
import signal
import socket
from collections.abc import Callable, Sequence
from typing import Any

from . import estate, kinship, protocol
from .connections import Connection
from .deaths import Death
from .records import changeable, fresh
from .tracebacks import format_error

_SET_CHILD_SUBREAPER = 36


class BecomeNode(BaseException):
    """Raised in the child of a fork, to leave the nursery's stack behind."""

    def __init__(self, link: Connection) -> None:
        self.link = link


@changeable(eq=False)
class Worker:
    """A process of ours: a spare, the worker of a session, or an image of it."""

    pid: int
    link: Connection
    checkpoint_id: str = ""
    """Of an image: the checkpoint it holds. Of a worker: the one it was thawed from."""
    is_image: bool = False
    kind: str = ""
    """Of an image: ``manual``, ``auto``, ``replaced`` or ``guard``; ``archiver`` of those."""
    held: bool = False
    """Of an image: whether somebody labelled or pinned it."""
    session: Session | None = None
    socket_path: str = ""
    ready: bool = False
    kill_at: float | None = None
    """time.monotonic() at which it is killed; None: not planned."""
    kill_reason: str = ""
    """Why it was told to end, if it was."""
    waiting: list[tuple[Connection, int]] = fresh(default_factory=list)
    """Requests (connection, seq) answered once it is ready."""
    forebears: list[Worker] = fresh(default_factory=list)
    """What it descends from by forks, oldest first; some may be dead."""

    def line(self) -> list[Worker]:
        """Those that it descends from and that live, and itself."""
        return [*(each for each in self.forebears if not each.link.broken), self]

    told: float = 0.0
    """time.monotonic() at which clients were last told how far it is with an archive it loads."""


@changeable(eq=False)
class Session:
    """A session whose workers are this nursery's children."""

    config: dict[str, Any]
    watchers: list[Connection] = fresh(default_factory=list)
    worker: Worker | None = None
    death: Death | None = None
    ending: list[tuple[Connection, int]] = fresh(default_factory=list)
    """Requests (connection, seq) answered once it has ended."""
    is_ending: bool = False
    restarting: list[tuple[Connection, int]] = fresh(default_factory=list)
    images: dict[str, Worker] = fresh(default_factory=dict)
    """Frozen processes by checkpoint."""
    expected: dict[str, Expected] = fresh(default_factory=dict)
    """Images that are being forked, by checkpoint."""
    guard: str | None = None
    """The checkpoint that takes the worker's place if it dies; None: none does."""
    handover: Handover | None = None
    """A change of worker that is under way."""
    former: set[int] = fresh(default_factory=set)
    """Pids of the workers that it had before: what they started may still run."""
    news: list[tuple[Any, dict[str, Any]]] = fresh(default_factory=list)
    """Events, as kind and fields, that wait for the end of a handover."""

    @property
    def id(self) -> str:
        return str(self.config["id"])

    def publish(self, kind: Any, **fields: Any) -> None:
        """Have an event journaled and told to the clients, by the worker if there is one."""
        self.news.append((kind, fields))
        self.tell_news()

    def down(self, seq: int, comes_back: bool = False) -> protocol.NodeDown:
        """What clients are told while there is no worker; `comes_back`: its guard is thawed."""
        death = self.death or Death(0, None, None, "it never started")
        return protocol.NodeDown(
            seq, self.id, death.pid, death.signal, death.exit_code, death.reason, comes_back
        )

    def tell_news(self) -> None:
        """Publish what waits, unless the session is just changing hands."""
        if self.handover is not None or not self.news:
            return
        news, self.news = self.news, []
        for kind, fields in news:
            if self.worker is not None and self.worker.ready:
                self.worker.link.say(kinship.Tell(kind.__name__, fields))
                continue
            event = estate.write_event(self.config, kind, fields)
            for client in self.watchers if event is not None else []:
                client.say(event)


@changeable(eq=False)
class Expected:
    """An image that is about to join."""

    deadline: float
    """time.monotonic() after which it is not waited for any more."""
    waiting: list[Callable[[], None]] = fresh(default_factory=list)
    unwanted: bool = False
    """True: nothing needs it any more, and it ends when it joins."""


@changeable(eq=False)
class Handover:
    """An image taking the place of a session's worker: retire, thaw, leave, go."""

    checkpoint_id: str
    keep: str | None
    """The checkpoint that the replaced worker becomes first; None: none."""
    asker: tuple[Connection, int] | None
    """The request (connection, seq) to answer; None: the worker itself asked, or died."""
    deadline: float
    """time.monotonic() at which it is given up."""
    old: Worker | None
    """The worker that is replaced; None: it is dead."""
    retired: bool = False
    """Whether the old one stands still, and its present is kept as far as that is wanted."""
    new: Worker | None = None
    """The thawed worker, once it has joined."""
    socket_path: str = ""
    form: str = "auto"
    """``image``, ``archive``, or ``auto``: the archive where the image does not serve."""
    rerun: bool = False
    """Whether cells may be run again for what an archive has not."""
    patience: float | None = None
    """time.monotonic() at which an image is looked after that has not come to life; None: never."""
    loader: Worker | None = None
    """A new worker that loads an archive, until it has."""
    forebears: list[Worker] = fresh(default_factory=list)
    """What a thawed worker descends from."""
    source: Session | None = None
    """Whose checkpoint it is, if the session is a branch that begins with it; None: its own."""


def preload(packages: Sequence[str]) -> str | None:
    """Import packages for all workers to have. Returns what went wrong, if anything did."""
    for name in packages:
        try:
            importlib.import_module(name)
        except BaseException as error:
            return f"preload of {name!r} failed:\n{format_error(error)}"
    return None


def note_child(signum: int, frame: Any) -> None:
    """SIGCHLD only has to write to the wake-up pipe."""


def become_subreaper() -> bool:
    """Have orphans of our workers reparented to us. Returns False where that is not to be had."""
    try:
        return bool(ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def changes_of_environment(wanted: dict[str, str] | None) -> dict[str, str | None]:
    """What a worker, born with our variables, has to set (None: unset) to have those `wanted`."""
    if wanted is None:
        return {}
    ours = dict(os.environ)
    changes: dict[str, str | None] = dict.fromkeys(ours.keys() - wanted.keys())
    changes.update((name, value) for name, value in wanted.items() if ours.get(name) != value)
    return changes


def problem_with(config: dict[str, Any]) -> str | None:
    """What is wrong with a client's session description, if anything is."""
    wanted = {"id": str, "name": str, "cwd": str, "persist": bool, "directory": str,
              "state_dir": str, "created_at": float}  # fmt: skip
    for key, kind in wanted.items():
        if type(config.get(key)) is not kind:
            return f"the session's {key!r} is not a {kind.__name__}"
    if not config["id"].isalnum():
        return "the session's id is not alphanumeric"
    return None


def folder_problem(config: dict[str, Any], error: OSError) -> str:
    """Why no worker can start where a session's folder is to be."""
    return f"the working folder {config['cwd']!r} cannot be entered: {error.strerror}"


def drain(fd: int) -> None:
    """Read away what a pipe holds."""
    try:
        while os.read(fd, 4096):
            pass
    except BlockingIOError:
        return


def spawn(command: Sequence[str], theirs: socket.socket) -> int:
    """Start a worker where none can be forked. Returns its pid.

    Args:
        command: what starts a node.
        theirs: its end of the link.
    """
    import subprocess

    os.set_inheritable(theirs.fileno(), True)
    return subprocess.Popen(
        [*command, "--link-fd", str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    ).pid


def kill(pid: int) -> None:
    """Kill a process that may be gone already."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # reaped in the meantime


def kill_group(pid: int) -> None:
    """Kill what a dead worker had started and left in its process group."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def kill_left_behind(workers: set[int]) -> None:
    """Kill what dead workers had started and nobody else looks after: it is our child now."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
            children = [int(pid) for pid in file.read().split()]
    except OSError:
        return
    for pid in children:
        try:
            leader = os.getsid(pid)
        except OSError:
            continue
        if leader in workers and pid != leader:
            kill_group(leader)


def unlink(path: str) -> None:
    """Remove a file that may be gone already."""
    try:
        os.unlink(path)
    except OSError:
        return


def is_stopped(pid: int) -> bool:
    """Whether a process has been stopped (SIGSTOP, a debugger) or is dead."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] in (b"T", b"t", b"Z", b"X")
    except OSError:
        return True


def pss_of(pid: int) -> int:
    """Bytes of memory a process accounts for, shared pages divided; 0 if it cannot be read."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        return 0
    return 0


def available_memory() -> int:
    """Bytes of memory that could be used without swapping."""
    try:
        with open("/proc/meminfo", "rb") as file:
            for line in file:
                if line.startswith(b"MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 1 << 40  # not to be told: no budget then
