"""Writes transcript folders the way a worker does, for tests of their readers."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pyrepl_worker import protocol
from pyrepl_worker.framing import encode

T = TypeVar("T")
_NOTHING = {"bool": False, "int": 0, "str": "", "float": 0.0}


def made(kind: type[T], *known: object) -> T:
    """A message whose last fields, as far as they are not given, say nothing."""
    hints = list(kind.__annotations__.values())[len(known) :]
    return kind(*known, *map(_nothing, hints))


def _nothing(kind: str) -> object:
    if kind.startswith("list"):
        return []
    return {} if kind.startswith("dict") else _NOTHING.get(kind)


class Recorder:
    """Appends to the files of a transcript folder and remembers what a reader should see."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        for name in (protocol.STDOUT, protocol.STDERR, protocol.ORDER, protocol.JOURNAL):
            (directory / name).touch()
        self.written: list[tuple[int, str, bytes]] = []
        self.out = self.err = self.marks = 0
        self._last: tuple[int, str] | None = None
        self._ordinal = 0

    def append(self, name: str, data: bytes) -> None:
        """Append raw bytes to one of the files."""
        with (self.directory / name).open("ab") as file:
            file.write(data)

    def mark(self, ordinal: int) -> None:
        """Write a mark at the present sizes."""
        self.append(protocol.ORDER, protocol.MARK.pack(self.out, self.err, ordinal, 0))
        self.marks += 1
        self._ordinal = ordinal
        self._last = None

    def write(self, stream: str, data: bytes, ordinal: int = 0) -> None:
        """Write output as one run's, with a mark wherever stream or run change."""
        if self._last != (ordinal, stream):
            self.mark(ordinal)
            self._last = (ordinal, stream)
        self.grow(stream, data)

    def grow(self, stream: str, data: bytes) -> None:
        """Write output without a mark, as child processes do."""
        self.append(stream, data)
        self.written.append((self._ordinal, stream, data))
        if stream == protocol.STDOUT:
            self.out += len(data)
        else:
            self.err += len(data)

    def start(self, ordinal: int, code: str = "pass") -> protocol.Started:
        """Journal the start of a run."""
        self.mark(ordinal)
        started = made(
            protocol.Started,
            f"op{ordinal}",
            ordinal,
            ordinal,
            code,
            f"<cell {ordinal}>",
            "commit_always",
            "test",
            1.0,
            self.out,
            self.err,
            self.marks - 1,
        )
        self.append(protocol.JOURNAL, encode(started))
        return started

    def finish(self, ordinal: int, status: str = "ok") -> protocol.Finished:
        """Journal the end of a run."""
        finished = made(
            protocol.Finished,
            f"op{ordinal}",
            ordinal,
            status,
            None,
            False,
            None,
            ordinal,
            1.0,
            False,
            "none",
            [],
            2.0,
            self.out,
            self.err,
            self.marks,
        )
        self.append(protocol.JOURNAL, encode(finished))
        return finished

    def die(self, reason: str = "killed") -> protocol.WorkerDied:
        """Journal a worker's death."""
        died = made(protocol.WorkerDied, 1, 9, None, reason, 3.0, self.out, self.err)
        self.append(protocol.JOURNAL, encode(died))
        return died

    @property
    def merged(self) -> bytes:
        """All output in the order it was written."""
        return b"".join(data for _, _, data in self.written)
