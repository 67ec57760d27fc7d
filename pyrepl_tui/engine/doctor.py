"""What works on this machine, tried out rather than guessed."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import shutil
import socket
import stat
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pyrepl_tui import __version__, locations

from . import interpreters, launcher
from .connection import peer_of
from .errors import PyreplError
from .session import Session

_SOCKET_PATH_LIMIT = 104
"""Longest path of a unix socket on the systems we know, in bytes."""
_ID_AND_PID = len("/s/0123456789ab-4194304.sock")
_NOTICE_SECONDS = 3.0
_KEEP_SIZE_PUNCH_HOLE = 0x01 | 0x02


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried."""

    name: str
    ok: bool
    detail: str
    """What was seen; where it failed, what that means and what to do."""


async def examine() -> list[Check]:
    """Try everything sessions rest on."""
    checks = [Check("version", True, f"pyrepl-tui {__version__}, Python {_version()}")]
    checks += [_runtime(), _state(), _fork(), _peer_credentials(), _punch_hole()]
    checks.append(await _file_notices())
    if checks[1].ok:
        checks += await _session()
    found = await asyncio.get_running_loop().run_in_executor(None, _interpreters)
    return checks + found


def _version() -> str:
    return ".".join(map(str, sys.version_info[:3])) + f" ({sys.executable})"


def _guarded(name: str, check: Callable[[], str], meaning: str) -> Check:
    try:
        return Check(name, True, check())
    except (OSError, AttributeError, PyreplError) as error:
        return Check(name, False, f"{error}; {meaning}")


def _runtime() -> Check:
    def look() -> str:
        path = locations.runtime_dir()
        mode = stat.S_IMODE(path.stat().st_mode)
        if len(os.fsencode(path)) + _ID_AND_PID > _SOCKET_PATH_LIMIT:
            raise OSError(f"the path {path} is too long for sockets in it")
        return f"{path}, mode {mode:04o}"

    return _guarded("runtime folder", look, "no session can start: set XDG_RUNTIME_DIR")


def _state() -> Check:
    def look() -> str:
        path = locations.state_dir()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            free = shutil.disk_usage(path).free
        size = _size(path / "sessions")
        return f"{path}, transcripts {size >> 20:,} MiB, free {free >> 20:,} MiB"

    return _guarded("state folder", look, "no session can start: set XDG_STATE_HOME")


def _size(folder: Path) -> int:
    """Bytes on disk of the files below a folder; holes do not count."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_blocks * 512
    return total


def _fork() -> Check:
    off = "PYREPL_TUI_NO_FORK"
    if hasattr(os, "fork") and off not in os.environ:
        return Check("fork", True, "sessions start from a warm worker")
    why = f"switched off by {off}" if hasattr(os, "fork") else "missing"
    return Check("fork", False, f"{why}: sessions start by spawning, more slowly")


def _peer_credentials() -> Check:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        peer = peer_of(ours)
    if peer == (os.getpid(), os.getuid()):
        return Check("peer credentials", True, "other users' connections are refused")
    return Check("peer credentials", False, "not told here: only folder modes keep others out")


def _punch_hole() -> Check:
    def look() -> str:
        with tempfile.TemporaryFile(dir=locations.state_dir()) as file:
            file.write(b"x" * 65536)
            file.flush()
            os.fsync(file.fileno())
            before = os.fstat(file.fileno()).st_blocks
            call = ctypes.CDLL(None, use_errno=True).fallocate
            start, length = ctypes.c_int64(0), ctypes.c_int64(32768)
            if call(file.fileno(), _KEEP_SIZE_PUNCH_HOLE, start, length):
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number))
            if os.fstat(file.fileno()).st_blocks >= before:
                raise OSError("no space was freed")
        return "the oldest output of a session that outgrows its cap can be freed"

    return _guarded("hole punching", look, "a session's output is not bounded on disk")


async def _file_notices() -> Check:
    name = "file notices"
    try:
        from watchfiles import awatch

        with tempfile.TemporaryDirectory() as folder:
            stop = asyncio.Event()
            watch = awatch(folder, stop_event=stop, step=20, rust_timeout=100, debounce=50)
            seen = asyncio.ensure_future(watch.__anext__())
            for number in range(int(_NOTICE_SECONDS / 0.1)):
                Path(folder, str(number)).touch()  # noqa: ASYNC240 - in memory or nearly
                done, _ = await asyncio.wait({seen}, timeout=0.1)
                if done:
                    stop.set()
                    return Check(name, True, "sessions of others appear in the workspace at once")
            seen.cancel()
            stop.set()
    except Exception as error:  # whatever a compiled package does on an odd system
        return Check(name, False, f"{type(error).__name__}: {error}")
    return Check(name, False, f"none within {_NOTICE_SECONDS:g} s: others' sessions appear late")


async def _session() -> list[Check]:
    """Start one, and say what its nursery can do."""
    begin = time.perf_counter()
    try:
        session = await Session(name="doctor", client="doctor").start()
    except PyreplError as error:
        return [Check("session", False, str(error))]
    try:
        result = await session.execute("6 * 7")
        took = (time.perf_counter() - begin) * 1000
        right = result.value == "42"
        checks = [Check("session", right, f"first result after {took:.0f} ms")]
        nursery = await launcher.connect(session.nursery or "", "doctor")
        nursery.connection.close()
    except PyreplError as error:
        return [Check("session", False, str(error))]
    finally:
        await session.close()
    if not nursery.welcome.forks:
        checks.append(Check("warm starts", False, "workers are spawned one by one"))
    detail = "causes of death are known, also of orphans"
    if not nursery.welcome.subreaper:
        detail = "missing: orphans go to init, and how they ended stays unknown"
    return [*checks, Check("subreaper", nursery.welcome.subreaper, detail)]


def _interpreters() -> list[Check]:
    found = [interpreters.examine(path) for path in interpreters.candidates()]
    return [
        Check("interpreter", each.problem is None, f"{each.path}: {each.problem or each.version}")
        for each in found
    ]
