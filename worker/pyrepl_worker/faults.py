"""The stack that the interpreter writes when C code crashes it, without our frames.

Nothing can be left out by the process that dies, so faulthandler writes to a file of the
transcript folder, and the nursery brings it to the session's stderr.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os

from .tracebacks import is_ours
from .transcript import raise_fd
from .unpatched import close as close_fd

FAULT = "fault"
"""Name of the file."""
_FRAME = b'  File "'
_MODULES = b"Extension modules: "
"""How a line begins that lists all of a process's compiled modules, dozens of them."""


class FaultFile:
    """Where a worker's faulthandler writes. If user code lets it write elsewhere, so it does."""

    def __init__(self) -> None:
        self._fd = -1

    def watch(self, directory: str) -> None:
        """Have crashes noted in a transcript folder from now on."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        try:
            fd = raise_fd(os.open(os.path.join(directory, FAULT), flags, 0o600))
        except OSError:
            return  # the folder is gone, or its disk is full: a crash is told without its traceback
        if self._fd < 0:
            self._fd = fd
            faulthandler.enable(file=fd, all_threads=False)
            return
        os.dup2(fd, self._fd, inheritable=False)
        close_fd(fd)

    def let_go(self) -> None:
        """In a forked process, whose death nobody reports: to its stderr."""
        if self._fd >= 0:
            with contextlib.suppress(OSError):  # user code may have closed it
                os.dup2(2, self._fd, inheritable=False)

    def forget(self) -> None:
        """Watch nothing, as before the first `watch`."""
        faulthandler.disable()
        close_fd(self._fd)
        self._fd = -1


def take_fault(directory: str) -> bytes:
    """What a dead worker's interpreter has said about its end; empty if it said nothing."""
    path = os.path.join(directory, FAULT)
    try:
        with open(path, "rb") as file:
            lines = file.readlines()
        os.unlink(path)
    except OSError:
        return b""
    said = (line for line in lines if not line.startswith(_MODULES))
    return b"".join(line for line in said if not _is_frame_of_ours(line))


def _is_frame_of_ours(line: bytes) -> bool:
    return line.startswith(_FRAME) and is_ours(os.fsdecode(line[len(_FRAME) :].partition(b'"')[0]))
