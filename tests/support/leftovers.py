"""Find the processes that a test has started and left behind."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


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
    found = []
    for entry in PROC.iterdir():
        if not entry.name.isdigit() or int(entry.name) in spared:
            continue
        clue = _clue(entry, token)
        if clue:
            found.append(Leftover(int(entry.name), _command(entry), clue))
    return found


def end(pids: list[int]) -> None:
    """Kill these processes, and no others."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _clue(entry: Path, token: str) -> str:
    wanted = token.encode()
    try:
        state, started = _state_of(entry)
        if state == b"Z":
            return ""  # dead already; its parent has not asked yet
        if started < _state_of(PROC / "self")[1]:
            return ""  # older than the tests themselves
        for name in ("environ", "cmdline"):
            if wanted in (entry / name).read_bytes():
                return name
        if token in os.readlink(entry / "cwd"):
            return "cwd"
        for descriptor in (entry / "fd").iterdir():
            try:
                target = os.readlink(descriptor)
            except OSError:
                continue
            if token in target:
                return target
    except OSError:
        return ""  # gone, or another user's
    return ""


def _state_of(entry: Path) -> tuple[bytes, int]:
    """Its state's letter, and when it was started, in ticks since the machine was."""
    fields = (entry / "stat").read_bytes().rpartition(b") ")[2].split()
    return fields[0], int(fields[19])


def _command(entry: Path) -> str:
    try:
        return (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:300]
    except OSError:
        return "?"
