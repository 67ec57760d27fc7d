"""Reaching the nursery of an interpreter and environment, starting it where there is none."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from pyrepl_tui import __version__, locations
from pyrepl_worker import protocol
from pyrepl_worker.records import record

from . import interpreters
from .connection import Connection, ConnectionClosed, NoAnswer, open_connection
from .errors import ProtocolError, WorkerStartError

START_SECONDS = 10.0
"""Within this time a nursery must have welcomed us."""
PRELOAD_SECONDS = 120.0
"""The same for one that imports something first: it welcomes nobody meanwhile."""

_VOLATILE = {
    "PWD", "OLDPWD", "SHLVL", "_", "WINDOWID", "TERM_SESSION_ID", "STY", "WINDOW", "COLUMNS",
    "LINES", "PYTEST_CURRENT_TEST", "DBUS_SESSION_BUS_ADDRESS", "INVOCATION_ID", "JOURNAL_STREAM",
}  # fmt: skip
"""Variables that differ between terminals without meaning anything to a nursery."""
_VOLATILE_PREFIXES = ("TMUX", "SSH_", "ITERM_", "KITTY_", "WEZTERM_")

_LOG_LINES = 20
_LOG_BYTES = 8192
_BACKLOG = 512
_LOCK_RETRY = 0.01


@record(frozen=True, slots=True)
class NurserySpec:
    """What tells one nursery from another."""

    python: str
    """Absolute path of the interpreter."""
    preload: tuple[str, ...]
    """Modules it imports once, for all its sessions."""
    env: Mapping[str, str]
    """The environment it starts in."""

    @property
    def key(self) -> str:
        """Name of the nursery's files: the same for all that can share it."""
        stable = {
            name: value
            for name, value in self.env.items()
            if name not in _VOLATILE and not name.startswith(_VOLATILE_PREFIXES)
        }
        try:
            info = os.stat(self.python)
            build = [info.st_ino, info.st_size, info.st_mtime_ns]
        except OSError:
            build = []
        what = [
            __version__, protocol.VERSION, self.python, build, self.preload, sorted(stable.items()),
        ]  # fmt: skip
        text = json.dumps(what).encode("utf-8", "surrogatepass")
        return hashlib.sha256(text).hexdigest()[:16]


@record(frozen=True, slots=True)
class Nursery:
    """A nursery that has welcomed us."""

    connection: Connection
    welcome: protocol.NurseryWelcome
    socket: str
    """Path of the socket it listens on."""


async def reach(spec: NurserySpec, client: str, *, deadline: float | None = None) -> Nursery:
    """Connect to the nursery for a spec; start it if there is none.

    Raises:
        WorkerStartError: if there is no interpreter, or it does not start within `deadline` s.
    """
    interpreters.check(spec.python)
    if deadline is None:
        deadline = PRELOAD_SECONDS if spec.preload else START_SECONDS
    folder = locations.runtime_dir() / "n"
    path = folder / f"{spec.key}.sock"
    with contextlib.suppress(ConnectionClosed):  # there is none, or it is just leaving
        return await _connect_living(path, client, deadline)
    async with locked(path.with_suffix(".lock"), deadline):
        with contextlib.suppress(ConnectionClosed):
            return await _connect_living(path, client, deadline)
        return await _start(spec, path, client, deadline)


async def _connect_living(path: Path, client: str, deadline: float) -> Nursery:
    try:
        return await connect(str(path), client, deadline)
    except NoAnswer:
        text = f"the nursery at {path} does not answer within {deadline:g} s; is it stopped?"
        raise WorkerStartError(text) from None


async def connect(path: str, client: str, deadline: float = START_SECONDS) -> Nursery:
    """Connect to the nursery at a socket.

    Raises:
        ConnectionClosed: if there is none.
    """
    connection, welcome = await open_connection(path, client, deadline)
    if not isinstance(welcome, protocol.NurseryWelcome):
        connection.close()
        raise ProtocolError(f"{path} is not the socket of a nursery")
    return Nursery(connection, welcome, path)


@contextlib.asynccontextmanager
async def locked(path: Path, deadline: float) -> AsyncIterator[None]:
    """Hold a file's lock, so that only one client at a time starts something."""
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline
    while (fd := try_lock(path)) is None:
        if loop.time() > end:
            text = f"another process has been starting something for {deadline:g} s ({path})"
            raise WorkerStartError(text)
        await asyncio.sleep(_LOCK_RETRY)
    try:
        yield
    finally:
        os.close(fd)


def try_lock(path: Path) -> int | None:
    """Lock a file, made if need be, and return its descriptor; None if somebody else holds it."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(fd), os.stat(path)):
            return fd
    except (BlockingIOError, FileNotFoundError):
        pass  # held by another, or just cleaned away: either way, not ours
    os.close(fd)
    return None


async def _start(spec: NurserySpec, path: Path, client: str, deadline: float) -> Nursery:
    log = path.with_suffix(".log")
    already = log.stat().st_size if log.exists() else 0
    process, command = _spawn(spec, path, log)
    try:
        return await connect(str(path), client, deadline)
    except BaseException as error:
        code = await _end(process)
        last_words = _tail(log, already)
        for file in (path, log, path.with_suffix(".lock")):  # the lock is held
            _remove(file)
        if not isinstance(error, (ConnectionClosed, ProtocolError)):
            raise
        if code is None:
            text = f"the nursery did not answer within {deadline:g} s, and was killed"
        else:
            text = f"the interpreter ended at once, {_ending(code)}"
        raise WorkerStartError(text, command=tuple(command), stderr=last_words) from None


def _spawn(spec: NurserySpec, path: Path, log: Path) -> tuple[subprocess.Popen[bytes], list[str]]:
    """Start the process with its socket already listening: connecting to it never fails."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        _remove(path)
        try:
            listener.bind(str(path))
        except OSError as error:
            raise WorkerStartError(f"cannot listen on {path}: {error}") from None
        os.chmod(path, 0o600)
        listener.listen(_BACKLOG)
        command = command_of(spec, listener.fileno(), path.parent.parent)
        with open(log, "ab", opener=_private) as output:
            try:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd="/",
                    env=dict(spec.env),
                    pass_fds=(listener.fileno(),),
                    start_new_session=True,
                )
            except OSError as error:
                path.unlink()
                text = f"the interpreter cannot be run: {error.strerror}"
                raise WorkerStartError(text, command=tuple(command)) from None
    finally:
        listener.close()
    # it may outlive its last connection by a while: somebody must be there to collect it
    threading.Thread(target=process.wait, name="pyrepl-tui reaper", daemon=True).start()
    return process, command


def command_of(spec: NurserySpec, fd: int, runtime: Path) -> list[str]:
    """The nursery's command line."""
    bootstrap, sites = interpreters.installation()
    command = [spec.python, bootstrap, "nursery", "--listen-fd", str(fd)]
    command += ["--runtime", str(runtime)]
    for site in sites:
        command += ["--site", site]
    for module in spec.preload:
        command += ["--preload", module]
    return command


def _remove(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


async def _end(process: subprocess.Popen[bytes]) -> int | None:
    """Return how a process ended by itself; None if it had to be killed."""
    for _ in range(50):
        if process.poll() is not None:
            return process.returncode
        await asyncio.sleep(0.01)
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        return None
    return process.returncode


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def _tail(log: Path, start: int) -> str:
    """The last lines of a log that were written from `start` on."""
    try:
        with log.open("rb") as file:
            file.seek(max(start, file.seek(0, os.SEEK_END) - _LOG_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-_LOG_LINES:])
