"""What every figure needs: rows to print, peers to ask, folders of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgpack

from pyrepl_tui.engine import interpreters

PEERS = Path(__file__).parent / "peers"
HEADER = struct.Struct(">I")


@dataclass(frozen=True)
class Row:
    """One line of the table. `ours` and `peer` are in `unit`; less is better."""

    measure: str
    unit: str
    ours: float
    peer: float | None
    peer_name: str = "ipykernel"
    at_least: float | None = None
    """The bar as a ratio peer / ours; None where it is not one."""
    at_most: float | None = None
    """The bar as a limit on `ours`, or on ours / peer if `relative`."""
    relative: bool = False
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times better than the peer; None without a peer, or where ours is zero."""
        return self.peer / self.ours if self.peer is not None and self.ours else None

    @property
    def reached(self) -> bool | None:
        """None where there is no bar."""
        if self.at_least is not None:
            return self.ratio is not None and self.ratio >= self.at_least
        if self.at_most is None:
            return None
        if self.relative:
            return self.peer is not None and self.ours <= self.at_most * self.peer
        return self.ours <= self.at_most


class Jupyter:
    """ipykernel and jupyter_client, in a process and an environment of their own."""

    def __init__(self, python: str) -> None:
        self._answers, theirs = os.pipe()
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", f'exec "$0" "$1" 3>&{theirs}', python, PEERS / "jupyter_kernel.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs],
            text=True,
        )
        os.close(theirs)
        self._lines = os.fdopen(self._answers)

    def ask(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Have one figure taken."""
        assert self._process.stdin is not None
        print(json.dumps({"do": name, **arguments}), file=self._process.stdin, flush=True)
        line = self._lines.readline()
        if not line:
            raise RuntimeError(f"the Jupyter peer died while it measured {name}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def seconds(self, name: str, **arguments: Any) -> float:
        """The answer's only number that matters."""
        return float(self.ask(name, **arguments)["seconds"])

    def close(self) -> None:
        """End the peer and its kernels."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._lines.close()


def start_peer(script: str, *arguments: str) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start a peer that connects to a unix socket, and accept it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        path = os.path.join(folder, "s")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen(1)
            command = [sys.executable, str(PEERS / script), path, *arguments]
            process = subprocess.Popen(command)
            connection, _ = listener.accept()
    return process, connection


class BareWorker:
    """The floor: a process behind a socket that executes what it gets and nothing else.

    The client's side is asyncio, as ours is, or a blocking socket.
    """

    def __init__(self) -> None:
        self._process, self._connection = start_peer("bare_worker.py")
        self._reader = asyncio.StreamReader()
        self._writer: asyncio.StreamWriter | None = None

    @classmethod
    async def start(cls) -> BareWorker:
        """Start one for an asyncio client."""
        bare = cls()
        connection = bare._connection
        bare._reader, bare._writer = await asyncio.open_unix_connection(sock=connection)
        return bare

    async def execute(self, code: str) -> str:
        """Run code; what it printed."""
        assert self._writer is not None
        body = msgpack.packb(code)
        self._writer.write(HEADER.pack(len(body)) + body)
        (size,) = HEADER.unpack(await self._reader.readexactly(4))
        text: str = msgpack.unpackb(await self._reader.readexactly(size))
        return text

    def execute_blocking(self, code: str) -> str:
        """Run code, for a client that does nothing else meanwhile; what it printed."""
        body = msgpack.packb(code)
        self._connection.sendall(HEADER.pack(len(body)) + body)
        (size,) = HEADER.unpack(self._connection.recv(4, socket.MSG_WAITALL))
        text: str = msgpack.unpackb(self._connection.recv(size, socket.MSG_WAITALL))
        return text

    async def close(self) -> None:
        """End it."""
        if self._writer is None:
            self._connection.close()
        else:
            self._writer.close()
            await self._writer.wait_closed()
        self._process.wait(10)


class ThreadedWorker:
    """The least worker that could be interrupted or asked: a thread reads, the main one executes.

    The client's side is asyncio.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    @classmethod
    async def start(cls) -> ThreadedWorker:
        """Start one."""
        process, connection = start_peer("bare_worker.py", "threads")
        worker = cls(process)
        worker._reader, worker._writer = await asyncio.open_unix_connection(sock=connection)
        return worker

    async def execute(self, code: str, answer: str = "") -> None:
        """Run code to its end; what it asks is answered alike."""
        self._say("run", code)
        while True:
            (size,) = HEADER.unpack(await self._reader.readexactly(4))
            kind, text = msgpack.unpackb(await self._reader.readexactly(size))
            if kind == "done":
                if text != "ok":
                    raise AssertionError(text)
                return
            self._say("answer", answer)

    def _say(self, kind: str, text: str) -> None:
        body = msgpack.packb([kind, text])
        self._writer.write(HEADER.pack(len(body)) + body)

    async def close(self) -> None:
        """End it."""
        self._writer.close()
        await self._writer.wait_closed()
        self._process.wait(10)


@dataclass(frozen=True)
class Lab:
    """What a figure is measured with."""

    peer_python: str
    """Interpreter of the peers' environment; it has pandas."""
    quick: bool
    silent_seconds: float
    """How long the client that reads nothing keeps still."""
    jupyter: Jupyter
    pythons: tuple[tuple[str, str], ...] = ()
    """Version and path of one interpreter for each minor version found."""

    def times(self, usual: int) -> int:
        """How often to repeat something that is repeated `usual` times in a full run."""
        return max(1, usual // 4) if self.quick else usual


def one_of_each_version() -> tuple[tuple[str, str], ...]:
    """Version and path of the interpreters that sessions can run in; outside of `own_folders`."""
    found: dict[str, tuple[str, str]] = {}
    for path in interpreters.candidates():
        python = interpreters.examine(path)
        if python.problem is None:
            minor = python.version.rpartition(".")[0]
            found.setdefault(minor, (python.version, path))
    return tuple(sorted(found.values(), key=lambda each: [int(n) for n in each[0].split(".")]))


@contextlib.contextmanager
def own_folders() -> Iterator[Path]:
    """Runtime, state and home folders that nothing else uses, for as long as this lasts."""
    base = Path(tempfile.mkdtemp(prefix="pb", dir="/tmp"))
    names = {
        "HOME": "home",
        "XDG_RUNTIME_DIR": "run",
        "XDG_STATE_HOME": "state",
        "XDG_CONFIG_HOME": "config",
        "XDG_CACHE_HOME": "cache",
    }
    # neither is anybody's usual setting, and both slow every start down
    for variable in ("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"):
        os.environ.pop(variable, None)
    before = {variable: os.environ.get(variable) for variable in names}
    for variable, name in names.items():
        (base / name).mkdir(mode=0o700)
        os.environ[variable] = str(base / name)
    try:
        yield base
    finally:
        for variable, value in before.items():
            if value is None:
                del os.environ[variable]
            else:
                os.environ[variable] = value
        shutil.rmtree(base, ignore_errors=True)


async def alternate(
    times: int, ours: Callable[[], Awaitable[float]], theirs: Callable[[], float]
) -> tuple[float, float]:
    """Medians of both, measured in turns, so that a noisy moment meets both."""
    left, right = [], []
    for _ in range(times):
        left.append(await ours())
        right.append(theirs())
    return statistics.median(left), statistics.median(right)


def pss_of_all(token: str) -> tuple[int, list[str]]:
    """Proportional set size, in bytes, of every process whose environment names `token`."""
    total, seen = 0, []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if token.encode() not in (entry / "environ").read_bytes():
                continue
            text = (entry / "smaps_rollup").read_text()
        except OSError:
            continue
        for line in text.splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
                seen.append(entry.name)
    return total, seen


def rss(pid: int | None = None) -> int:
    """Resident set size of a process (None: this one), in bytes."""
    status = Path(f"/proc/{pid or 'self'}/statm").read_text()
    return int(status.split()[1]) * os.sysconf("SC_PAGE_SIZE")


def seconds_of(command: list[str], **options: Any) -> float:
    """Run a command; how long it took."""
    begin = time.perf_counter()
    subprocess.run(command, check=True, **options)
    return time.perf_counter() - begin
