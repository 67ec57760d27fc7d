"""What an exit status says about how a worker died."""

from __future__ import annotations

import os
import signal

from .records import record

LOST_VOICE = 114
"""Exit code of a worker that cannot write its journal or reach its clients any more."""

_WORDS: dict[int, str] = {
    signal.SIGSEGV: "crashed with a segmentation fault",
    signal.SIGBUS: "crashed with a bus error",
    signal.SIGFPE: "crashed with an arithmetic error",
    signal.SIGILL: "crashed with an illegal instruction",
    signal.SIGABRT: "aborted",
    signal.SIGKILL: "was killed",
    signal.SIGTERM: "was asked to terminate",
    signal.SIGINT: "was interrupted",
}


@record(frozen=True)
class Death:
    """How a worker ended."""

    pid: int
    signal: int | None
    """The signal that killed it; None if it exited."""
    exit_code: int | None
    """What it exited with; None if a signal killed it."""
    reason: str
    """The cause in words."""


def explain(pid: int, status: int, out_of_memory: bool | None, on_purpose: str) -> Death:
    """Read a wait status.

    Args:
        pid: the process.
        status: as os.waitpid returns it.
        out_of_memory: whether the kernel killed it for memory; None: it killed somebody for that,
            and nothing tells whom.
        on_purpose: why we ended it ourselves; "" if we did not.
    """
    if not os.WIFSIGNALED(status):
        code = os.WEXITSTATUS(status)
        if code == LOST_VOICE:
            reason = (
                "user code closed or forbade the file descriptors that the worker speaks through"
            )
            return Death(pid, None, code, reason)
        reason = on_purpose or f"the worker exited with code {code}"
        return Death(pid, None, code, reason)
    number = os.WTERMSIG(status)
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    if on_purpose:
        return Death(pid, number, None, f"the worker was ended: {on_purpose}")
    if number == signal.SIGKILL and out_of_memory:
        return Death(pid, number, None, "the kernel killed the worker: out of memory (SIGKILL)")
    reason = f"the worker {_WORDS.get(number, 'was killed')} ({name})"
    if number == signal.SIGKILL and out_of_memory is None:
        reason += ", perhaps by the kernel: it killed some process, as memory had run out"
    return Death(pid, number, None, reason)


def reap(counter: OomCounter) -> tuple[int, int, bool | None]:
    """Take in one dead child: its pid (0: there is none), wait status, and whether memory ran out.

    Raises:
        ChildProcessError: if there are no children at all.
    """
    out_of_memory: bool | None = False
    if hasattr(os, "waitid"):
        # while it is only looked at, the kernel still tells where it lived
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if found is None:
            return 0, 0, False
        if found.si_status == signal.SIGKILL:
            out_of_memory = counter.has_killed(found.si_pid)
        pid, status = os.waitpid(found.si_pid, 0)
    else:
        pid, status = os.waitpid(-1, os.WNOHANG)
    return pid, status, out_of_memory


class OomCounter:
    """The kernel's counts of processes killed for memory, by cgroup and for the whole machine."""

    def __init__(self) -> None:
        self._group = _counter_of("self")
        self._counts: dict[str, int] = {}
        self.look()
        self._at_first = self._counts[_MACHINE]

    def look(self) -> None:
        """Note the counts as they are while nobody has died: only their growth has a meaning."""
        for path in (_MACHINE, self._group):
            if path is not None:
                self._counts[path] = _kills(path)

    def has_killed(self, pid: int) -> bool | None:
        """Whether the kernel has killed a process for memory, which is not yet reaped.

        Its cgroup's own count decides. Version 1 tells no more which that was, and the machine's
        count grows for others' deaths too: then the kernel's log decides, or the count of our own
        cgroup, which workers begin in. None is returned where neither can be read.
        """
        group = _counter_of(str(pid))
        if group is not None and group in self._counts:
            return self._has_grown(group)
        if not self._has_grown(_MACHINE):
            # it may have been counted already, when another's death was looked at
            return _kills(_MACHINE) > self._at_first and _is_logged(pid) is True
        if self._group is not None and self._has_grown(self._group):
            return True
        return _is_logged(pid)

    def _has_grown(self, path: str) -> bool:
        return _kills(path) > self._counts[path]


_MACHINE = "/proc/vmstat"
_LOG = "/dev/kmsg"


def _is_logged(pid: int) -> bool | None:
    """Whether the kernel's log has that it killed a process; None if we may not read it."""
    wanted = b"Killed process %d (" % pid
    try:
        fd = os.open(_LOG, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        while record := os.read(fd, 8192):
            if wanted in record:
                return True
    except BlockingIOError:
        return False
    except OSError:
        return None  # it was written faster than we read
    finally:
        os.close(fd)
    return False


def _counter_of(pid: str) -> str | None:
    """The file that counts a process's cgroup's kills, of either version; None if none can be read.

    Version 1 does not say any more where a dead process was.
    """
    try:
        with open(f"/proc/{pid}/cgroup", encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                _, controllers, group = line.rstrip("\n").split(":", 2)
                if controllers == "memory":
                    path = f"/sys/fs/cgroup/memory{group}/memory.oom_control"
                elif controllers:
                    continue
                else:
                    path = f"/sys/fs/cgroup{group}/memory.events"
                if os.access(path, os.R_OK):
                    return path
    except OSError:
        return None
    return None


def _kills(path: str) -> int:
    """The count in one of the kernel's files; 0 if it cannot be read."""
    try:
        with open(path, "rb") as file:
            for line in file:
                if line.startswith(b"oom_kill "):
                    return int(line.split()[1])
    except OSError:
        return 0
    return 0
