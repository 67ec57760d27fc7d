"""Cuts what is saved into chunks and puts them into the store's folder, on threads of its own.

Hashing, compressing and writing let go of the interpreter's lock, so they go on beside pickling.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import itertools
import os
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pyrepl_worker.unpatched import close as close_fd

from .manifest import Blob
from .shelf import CHUNK, LARGE_CHUNK, RAW, ZLIB, digest, unpacked

LARGE = 64 * CHUNK
"""Memory from this size on is cut into larger chunks, and what follows it of a stream."""
LISTED = 32
"""A blob of more chunks than this keeps their names in chunks too."""
SAMPLE = 4096
WORTH = 0.6
"""Chunks are compressed if a sample shrinks at least to this part."""
AHEAD = 8
"""Pieces of a stream that may wait to be looked at: more would only take memory."""


@dataclass(frozen=True)
class Piece:
    """A chunk that is not written yet."""

    name: str
    packed: bytes | None
    """Its compressed form; None if it is stored as it is, or is there already."""
    is_there: bool


class Stream(io.BytesIO):
    """A pickle that grows: pieces of it that are complete are hashed and compressed meanwhile.

    None is written before `Writer.blob` gets the whole: it may turn out that the variable is to be
    pickled together with another one.
    """

    def __init__(self, prepare: Callable[[memoryview], Future[Piece]]) -> None:
        super().__init__()
        self._prepare = prepare
        self._cut = 0
        self.pieces: list[Future[Piece]] = []

    def write(self, data: Any) -> int:
        """Called by the pickler, a few dozen kilobytes at a time."""
        written = super().write(data)
        while self.tell() - self._cut >= (step := _step(self._cut)):
            with self.getbuffer() as all_of_it:
                piece = bytes(all_of_it[self._cut : self._cut + step])
            if len(self.pieces) >= AHEAD:
                self.pieces[-AHEAD].result()
            self.pieces.append(self._prepare(memoryview(piece)))
            self._cut += step
        return written


class Writer:
    """Puts blobs into a store; not yet durable when it says so."""

    def __init__(self, temporary: str, chunk_path: Any) -> None:
        self._temporary = temporary
        self._chunk_path = chunk_path
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="archive")
        self._booted_at = time.time() - time.clock_gettime(_UPTIME)
        self._numbers = itertools.count()
        self._prefix = f"c-{os.getpid()}-{time.monotonic_ns()}"
        self._submitted: list[tuple[Future[str], int]] = []
        self.bytes_written = 0
        self.bytes_total = 0

    def stream(self) -> Stream:
        """Something to pickle into, for `blob`."""
        return Stream(lambda piece: self._threads.submit(self._prepared, piece))

    def blob(self, data: Any, pieces: Sequence[Future[Piece]] | None = None) -> Future[Blob]:
        """Write what lies in a buffer; its chunks go to disk while the caller goes on.

        Args:
            data: all of it.
            pieces: the first ones of it, if it was a stream; None: it was not.
        """
        view = memoryview(data).cast("B")
        grows = pieces is not None
        cuts = _cuts(len(view), grows=grows)
        known = itertools.chain(pieces or (), itertools.repeat(None))
        pending = [
            self._threads.submit(self._chunk, view[at : at + step], piece)
            for (at, step), piece in zip(cuts, known)  # noqa: B905 - the second has no end
        ]
        sizes = (min(step, len(view) - at) for at, step in _cuts(len(view), grows=grows))
        self._submitted += zip(pending, sizes, strict=True)
        self.bytes_total += len(view)
        answer: Future[Blob] = _Blob(self, len(view), pending)
        return answer

    def _prepared(self, view: memoryview) -> Piece:
        name = digest(view)
        if self._is_whole(self._chunk_path(name), name):
            return Piece(name, None, is_there=True)
        if _is_worth_compressing(view):
            packed = zlib.compress(view, 1)
            if len(packed) < len(view):
                return Piece(name, packed, is_there=False)
        return Piece(name, None, is_there=False)

    def _chunk(self, view: memoryview, prepared: Future[Piece] | None) -> str:
        piece = self._prepared(view) if prepared is None else prepared.result()
        if piece.is_there:
            return piece.name
        kind, data = (RAW, view) if piece.packed is None else (ZLIB, piece.packed)
        temporary = os.path.join(self._temporary, f"{self._prefix}-{next(self._numbers)}")
        try:
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                _write_all(fd, kind, data)
                _begin_writing_back(fd)
            finally:
                close_fd(fd)
            self._move(temporary, self._chunk_path(piece.name))
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
        self.bytes_written += len(data) + 1
        return piece.name

    def _is_whole(self, path: str, name: str) -> bool:
        """Whether a chunk is there already.

        One from before the machine's last start is read: a power failure may have emptied it.
        """
        try:
            if os.stat(path).st_mtime > self._booted_at:
                return True
            with open(path, "rb") as file:
                return digest(unpacked(file.read())) == name
        except (OSError, zlib.error):
            return False

    @staticmethod
    def _move(temporary: str, path: str) -> None:
        try:
            os.rename(temporary, path)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            os.rename(temporary, path)

    def finish(self, hear: Callable[[int, int], None]) -> None:
        """Wait until all is written that was given so far.

        Args:
            hear: called again and again with how many bytes are written, and of how many.
        """
        done = 0
        for chunk, size in self._submitted:
            chunk.result()
            done += size
            hear(done, self.bytes_total)

    def close(self) -> None:
        """Wait for the threads."""
        self._threads.shutdown(wait=True)


class _Blob(Future[Blob]):
    """A blob whose chunks are under way."""

    def __init__(self, writer: Writer, size: int, pending: list[Future[str]]) -> None:
        super().__init__()
        self._writer = writer
        self._size = size
        self._pending = pending

    def result(self, timeout: float | None = None) -> Blob:
        """The blob, once its chunks are written."""
        names = tuple(each.result(timeout) for each in self._pending)
        if len(names) <= LISTED:
            return Blob(self._size, names)
        lists = self._writer.blob(bytes.fromhex("".join(names)))
        inner = tuple(each.result(timeout) for each in lists._pending)  # type: ignore[attr-defined]
        return Blob(self._size, inner, listed=True)


_UPTIME = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def _step(at: int) -> int:
    """How long the piece of a stream is that begins there.

    It does not depend on how much follows: what a stream begins with is cut as before.
    """
    return CHUNK if at < LARGE else LARGE_CHUNK


def _cuts(size: int, *, grows: bool) -> Iterator[tuple[int, int]]:
    """Where the pieces of so many bytes begin, and how long they are at most."""
    at = 0
    while at < size:
        step = _step(at) if grows else _step(size)
        yield at, step
        at += step


_WRITE = 2
"""Of sync_file_range: begin to write, and do not wait."""
_sync_file_range: Any = getattr(ctypes.CDLL(None), "sync_file_range", None)
if _sync_file_range is not None:
    _sync_file_range.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)


def _begin_writing_back(fd: int) -> None:
    """Have the disk begin with what was written: the sync at the end then waits for little.

    If it cannot be begun, nothing is lost: the sync does it, and tells what went wrong.
    """
    if _sync_file_range is not None:
        _sync_file_range(fd, 0, 0, _WRITE)


def _write_all(fd: int, kind: bytes, data: Any) -> None:
    done = os.writev(fd, [kind, data]) - 1
    while done < len(data):
        done += os.write(fd, memoryview(data)[done:])


def _is_worth_compressing(view: memoryview) -> bool:
    middle = max(0, len(view) // 2 - SAMPLE // 2)
    sample = view[middle : middle + SAMPLE]
    return len(zlib.compress(sample, 1)) < WORTH * len(sample)
