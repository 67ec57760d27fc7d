"""How much memory and processor time a run may take, and what happens when it takes more.

While code runs, the thread that serves looks at what the process holds: near the ceiling it gives
notice, above it the run is interrupted. What allocates much at once would be through before anybody
could look; so the kernel refuses, by a limit that follows what the process holds. The limit is in
force while user code runs, and at no other time: images, archivers and readers never have it, what
user code starts does.
"""

from __future__ import annotations

import os
import resource
from _thread import allocate_lock
from time import monotonic, process_time  # the functions: user code may replace the module's
from typing import TYPE_CHECKING, Any

from . import protocol
from .records import changeable
from .transcript import raise_fd
from .unpatched import close as close_fd

if TYPE_CHECKING:
    from .alarms import Alarm
    from .node import Node
    from .operation import Operation

WARNING_SHARE = 0.9
"""Part of the memory ceiling at which a run is announced to come near it."""
GROWTH_SHARE = 0.05
"""What a run that begins above the ceiling may still take: cleaning up needs some memory too."""
OWN_ROOM = 64 << 20
"""What may be allocated at once beyond the ceiling, not counting stacks of threads."""
SPARE_THREADS = 32
"""Threads beside one for each processor whose stacks, which are hardly used, fit in at once.

As many as pools of threads have at most, unless somebody asks for more.
"""
FAR_ABOVE = 2
"""Times the ceiling from which on the limit is raised no more: the run heeds no interrupt."""
_USUAL_STACK = 8 << 20
_STEP = 1 << 20
"""The limit is not moved by less."""


@changeable(eq=False)
class _Watch:
    """The run that goes on."""

    operation: Operation
    memory: int | None
    """The memory ceiling; None: there is none, or it cannot be watched here."""
    cpu: int | None
    """The ceiling in seconds of processor time; None: there is none."""
    cpu_began: float
    most: int = 0
    """Bytes above which the run is interrupted."""
    warned: bool = False
    above: bool = False
    """Whether it was interrupted for its memory, and holds about as much still."""
    soft: int = 0
    """The limit in force."""
    before: int = resource.RLIM_INFINITY
    """The limit to be put back."""
    hard: int = resource.RLIM_INFINITY


class Ceilings:
    """Watches one run after the other, by the session's limits."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._lock = allocate_lock()
        """Held to move the limit."""
        self._watch: _Watch | None = None
        self._file = -1
        self._told = ""
        """Why the last run was stopped, or refused memory; empty: it was not."""
        self._alarms: list[Alarm] = []
        """Of the run that goes on."""

    # -- the main thread, outside of user code -----------------------------------------------------

    def begin(self, operation: Operation) -> None:
        """Watch a run from now on, if its session has ceilings; have it end in time."""
        self._told = ""
        if operation.deadline is not None:
            self._set_alarm(operation.deadline - monotonic())
        limits = self._node.session.get("limits")
        if not limits or not ("memory_bytes" in limits or "cpu_seconds" in limits):
            return
        watch = _Watch(
            operation, limits.get("memory_bytes"), limits.get("cpu_seconds"), process_time()
        )
        if watch.memory is not None:
            self._begin_memory(watch, watch.memory)
        if watch.cpu is not None:
            self._set_alarm(watch.cpu, of_processor=True)
        self._watch = watch

    def _set_alarm(self, seconds: float, *, of_processor: bool = False) -> None:
        try:
            from .alarms import Alarm

            self._alarms.append(Alarm(seconds, of_processor=of_processor))
        except Exception:
            return  # user code has broken what imports need: the thread that serves looks, too

    def _begin_memory(self, watch: _Watch, ceiling: int) -> None:
        try:
            self._file = raise_fd(os.open("/proc/self/status", os.O_RDONLY | os.O_CLOEXEC))
        except OSError:
            self._file = -1
        held = self._read()
        if held is None:
            watch.memory = None
            return
        resident, data = held
        watch.most = ceiling
        if resident > ceiling:
            watch.most = int(resident + ceiling * GROWTH_SHARE)
        watch.warned = resident >= ceiling * WARNING_SHARE
        watch.before, watch.hard = resource.getrlimit(resource.RLIMIT_DATA)
        watch.soft = watch.before
        self._follow(watch, ceiling, resident, data)

    def end(self, operation: Operation, error: BaseException | None) -> None:
        """The user code of the run is over: let go of the limit, look no longer."""
        self._take_alarms_back()
        struck = isinstance(error, KeyboardInterrupt) and operation.stop_reason is None
        if struck:
            self._node.service.catch_up()  # it came from outside, and who sent it has said why
            struck = operation.stop_reason is None
        if struck and operation.deadline is not None and monotonic() >= operation.deadline:
            operation.stop_reason = "timeout"  # by the alarm: nobody else got to say so
        watch = self._watch
        if watch is None:
            return
        if struck and watch.cpu is not None and process_time() - watch.cpu_began >= watch.cpu:
            self._tell("cpu_ceiling", _cpu_ceiling(watch.cpu))
        with self._lock:
            self._watch = None
            if watch.memory is not None:
                soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
                if soft == watch.soft:  # else user code has set one of its own
                    resource.setrlimit(resource.RLIMIT_DATA, (watch.before, hard))
        if self._file >= 0:
            close_fd(self._file)
            self._file = -1
        if isinstance(error, MemoryError) and watch.memory is not None and not self._told:
            self._told = f"memory ceiling of {_megabytes(watch.memory)}"
            self._notice("memory_ceiling", f"Memory was refused: there is a {self._told}.")

    def _take_alarms_back(self) -> None:
        with self._lock:
            alarms, self._alarms = self._alarms, []
        for alarm in alarms:
            alarm.take_back()

    def explain(self, details: dict[str, Any]) -> None:
        """Name the ceiling in the words about the error that a run ended with."""
        bare = not details["message"] and details["name"] in ("KeyboardInterrupt", "MemoryError")
        if not self._told or not bare:
            return
        details["message"] = self._told
        lines = details["traceback"].rstrip("\n")
        if lines.endswith(details["name"]):
            details["traceback"] = f"{lines}: {self._told}\n"

    # -- the thread that serves --------------------------------------------------------------------

    def tick(self) -> None:
        """Look at what the running code has taken."""
        current = self._node.executor.current
        if self._alarms and current is not None and current.stop_reason is not None:
            self._take_alarms_back()  # it is interrupted, and reminded of it, without them
        watch = self._watch
        if watch is None:
            return
        if watch.memory is not None:
            self._look_at_memory(watch, watch.memory)
        if watch.cpu is not None and process_time() - watch.cpu_began >= watch.cpu:
            self._stop(watch, "cpu_ceiling", _cpu_ceiling(watch.cpu))
            watch.cpu = None

    def _look_at_memory(self, watch: _Watch, ceiling: int) -> None:
        with self._lock:
            held = self._read() if self._watch is watch else None
            if held is None:
                return
            resident, data = held
            self._follow(watch, ceiling, resident, data)
        if resident < watch.most * WARNING_SHARE:
            watch.above = False  # it has heeded the interrupt by giving memory back
        if resident > watch.most and not watch.above:
            watch.above = True
            self._stop(watch, "memory_ceiling", f"memory ceiling of {_megabytes(ceiling)}")
        elif resident >= ceiling * WARNING_SHARE and not watch.warned:
            watch.warned = True
            text = f"The session holds {_megabytes(resident)} of the {_megabytes(ceiling)} it may."
            self._notice("memory_warning", text)

    def _stop(self, watch: _Watch, kind: str, ceiling: str) -> None:
        if self._watch is not watch:
            return  # it has just ended
        self._tell(kind, ceiling)
        self._node.executor.interrupt("interrupted", watch.operation.id)

    def _tell(self, kind: str, ceiling: str) -> None:
        if self._told != ceiling:
            self._told = ceiling
            self._notice(kind, f"The run was interrupted: it went above the {ceiling}.")

    # ----------------------------------------------------------------------------------------------

    def _follow(self, watch: _Watch, ceiling: int, resident: int, data: int) -> None:
        """Leave room for what there is up to the ceiling, and some more.

        The kernel counts what is reserved, used or not, so the limit is set by what is reserved
        already.
        """
        if watch.above and resident > FAR_ABOVE * ceiling:
            return
        soft = data + max(0, ceiling - resident) + ceiling // 8 + OWN_ROOM + _stacks()
        for most in (watch.before, watch.hard):
            if most != resource.RLIM_INFINITY:
                soft = min(soft, most)
        unlimited = watch.soft == resource.RLIM_INFINITY
        if not unlimited and abs(soft - watch.soft) < _STEP:
            return
        now, hard = resource.getrlimit(resource.RLIMIT_DATA)
        if now != watch.soft:
            return  # user code has set one of its own
        try:
            resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
            watch.soft = soft
        except (OSError, ValueError):
            return  # user code has lowered the hard one

    def _read(self) -> tuple[int, int] | None:
        """Bytes of memory that are the process's own, and bytes it has reserved; None: not told.

        Pages of files that are mapped are not counted: the kernel takes them back when it needs to.
        """
        try:
            text = os.pread(self._file, 8192, 0)
            anonymous, shared, data = (
                int(text[text.index(name) + len(name) :].split(None, 1)[0]) << 10
                for name in (b"RssAnon:", b"RssShmem:", b"VmData:")
            )
        except (OSError, ValueError):
            return None
        return anonymous + shared, data

    def _notice(self, kind: str, text: str) -> None:
        node = self._node
        node.audience.announce(protocol.Notice(kind, text, *node.transcript.sizes()))


def _cpu_ceiling(seconds: int) -> str:
    return f"CPU ceiling of {seconds} s"


def _stacks() -> int:
    """Bytes of address space that the stacks of a moment's new threads may take."""
    size, _ = resource.getrlimit(resource.RLIMIT_STACK)
    if size == resource.RLIM_INFINITY or size > _USUAL_STACK:
        size = _USUAL_STACK
    return size * ((os.cpu_count() or 1) + SPARE_THREADS)


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB" if count >= 10_000_000 else f"{count / 1e6:.1f} MB"
