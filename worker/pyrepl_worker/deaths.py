"""What an exit status says about how a worker died."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Death:
    """How a worker ended."""

    pid: int
    signal: int | None
    """The signal that killed it; None if it exited."""
    exit_code: int | None
    """What it exited with; None if a signal killed it."""
    reason: str
    """The cause in words."""


def explain(pid: int, status: int, out_of_memory: bool, on_purpose: str) -> Death:
    """Read a wait status.

    Args:
        pid: the process.
        status: as os.waitpid returns it.
        out_of_memory: whether the kernel killed something for memory while it lived.
        on_purpose: why we ended it ourselves; "" if we did not.
    """
    if not os.WIFSIGNALED(status):
        code = os.WEXITSTATUS(status)
        if code == LOST_VOICE:
            reason = "user code closed the file descriptors that the worker speaks through"
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
    return Death(pid, number, None, f"the worker {_WORDS.get(number, 'was killed')} ({name})")


class OomCounter:
    """The kernel's counts of processes killed for memory: of the machine and of our own cgroup."""

    def __init__(self) -> None:
        self._sources = [("/proc/vmstat", b"oom_kill")]
        folder = _own_cgroup()
        if folder is not None:
            self._sources.append((os.path.join(folder, "memory.events"), b"oom_kill"))

    def read(self) -> int:
        """The sum of the counts that are readable; only its growth has a meaning."""
        total = 0
        for path, key in self._sources:
            try:
                with open(path, "rb") as file:
                    for line in file:
                        if line.startswith(key + b" "):
                            total += int(line.split()[1])
            except OSError:
                continue
        return total


def _own_cgroup() -> str | None:
    try:
        with open("/proc/self/cgroup", encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith("0::"):
                    return "/sys/fs/cgroup" + line[3:].strip()
    except OSError:
        return None
    return None
