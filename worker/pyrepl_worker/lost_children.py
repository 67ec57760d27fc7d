"""Processes that user code had started before a checkpoint, in a copy that is not their parent.

`subprocess` takes a process that it cannot wait for to have ended well: exit code 0. In a restored
worker such a process runs as long as it does, and then has an exit code that says "unknown".
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from typing import Any

UNKNOWN = 255
"""The exit code of a process that ended out of our sight; asyncio reports the same."""
_PAUSE_SECONDS = 0.02
"""How often a process that is not ours is looked after by who waits for it."""

_lost: dict[int, bytes] = {}
"""When they were started, by pid."""


def note_children(pids: list[str]) -> dict[int, bytes]:
    """Note when processes were started, by pid."""
    found = {int(pid): _stat(int(pid)) for pid in pids}
    return {pid: stat[_START] for pid, stat in found.items() if stat is not None}


def lose_children(children: dict[int, bytes]) -> dict[str, str]:
    """Have `subprocess` tell the truth about processes that are another one's children here."""
    module: Any = sys.modules.get("subprocess")
    if module is None or not children:
        return {}
    if not _lost:
        _teach(module.Popen)
    _lost.update(children)
    number = len(children)
    text = "is not ours here" if number == 1 else "are not ours here"
    return {"child processes": f"{number} {text}: how one ends is not known, and told as {UNKNOWN}"}


def _teach(popen: Any) -> None:
    poll, try_wait = popen._internal_poll, popen._try_wait

    def internal_poll(self: Any, *args: Any, **options: Any) -> Any:
        if self.returncode is None and _is_strange(self.pid):
            if _runs(self.pid):
                return None
            self.returncode = _unknown(self.pid)
        return poll(self, *args, **options)

    def wait_once(self: Any, wait_flags: int) -> Any:
        if not _is_strange(self.pid):
            return try_wait(self, wait_flags)
        while _runs(self.pid):
            if wait_flags & os.WNOHANG:
                return 0, 0
            time.sleep(_PAUSE_SECONDS)
        return self.pid, _unknown(self.pid) << 8

    popen._internal_poll, popen._try_wait = internal_poll, wait_once


def _is_strange(pid: int) -> bool:
    """Whether it is one that another process started, and not one of ours with its pid."""
    if pid not in _lost:
        return False
    stat = _stat(pid)
    return stat is None or int(stat[_PARENT]) != os.getpid()


def _runs(pid: int) -> bool:
    stat = _stat(pid)
    return stat is not None and stat[_START] == _lost[pid] and stat[_STATE] not in (b"Z", b"X")


def _unknown(pid: int) -> int:
    text = f"how process {pid} ended is not known: it was started before the restore"
    warnings.warn(text, RuntimeWarning, stacklevel=4)
    return UNKNOWN


_STATE, _PARENT, _START = 0, 1, 19
"""Where they stand in `_stat`."""


def _stat(pid: int) -> list[bytes] | None:
    """What the kernel says of a process after its name; None: there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return None
