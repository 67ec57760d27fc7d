"""Find the processes that a test has started and left behind."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

PROC = "/proc"


@dataclass(frozen=True)
class Leftover:
    """A process that outlived the test it belongs to."""

    pid: int
    command: str
    clue: str
    """Where the token was seen: ``environ``, ``cmdline`` or an open file."""

    def __str__(self) -> str:
        return f"{self.pid} ({self.clue}): {self.command}"


def marked_by(token: str) -> list[Leftover]:
    """Processes that have `token` in their environment, arguments, working folder or open files.

    A worker may run under an environment of its own, but its output goes to files of the test.
    """
    spared = {os.getpid(), os.getppid()}
    born = _state_of(f"{PROC}/self")[1]
    found = []
    for name in os.listdir(PROC):
        if not name.isdigit() or int(name) in spared:
            continue
        entry = f"{PROC}/{name}"
        clue = _clue(entry, token, born)
        if clue:
            found.append(Leftover(int(name), _command(entry), clue))
    return found


def end(pids: list[int]) -> None:
    """Kill these processes, and no others."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _clue(entry: str, token: str, born: int) -> str:
    """Where a process has the token; those older than `born`, the tests themselves, have none."""
    wanted = token.encode()
    try:
        state, started = _state_of(entry)
        if state == b"Z":
            return ""  # dead already; its parent has not asked yet
        if started < born:
            return ""
        for name in ("environ", "cmdline"):
            if wanted in _read(f"{entry}/{name}"):
                return name
        if token in os.readlink(f"{entry}/cwd"):
            return "cwd"
        for descriptor in os.listdir(f"{entry}/fd"):
            try:
                target = os.readlink(f"{entry}/fd/{descriptor}")
            except OSError:
                continue
            if token in target:
                return target
    except OSError:
        return ""  # gone, or another user's
    return ""


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return file.read()


def _state_of(entry: str) -> tuple[bytes, int]:
    """Its state's letter, and when it was started, in ticks since the machine was."""
    fields = _read(f"{entry}/stat").rpartition(b") ")[2].split()
    return fields[0], int(fields[19])


def _command(entry: str) -> str:
    try:
        return _read(f"{entry}/cmdline").replace(b"\0", b" ").decode(errors="replace")[:300]
    except OSError:
        return "?"
