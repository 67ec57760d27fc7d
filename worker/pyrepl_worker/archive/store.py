"""Content-addressed chunks and the manifests that name them, on disk.

A chunk's name is the digest of what is in it, so writing it twice costs nothing and reading it
checks it. Everything is written under a temporary name and renamed when it is whole; a manifest
comes last, after all it names is on disk. Writers hold a shared lock, the collector of garbage an
exclusive one, so that no chunk vanishes between being found and being named.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import itertools
import json
import os
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from .manifest import Blob, Manifest

CHUNK = 256 * 1024
"""Bytes of a chunk. A change in place costs the chunks it touches."""
LARGE, LARGE_CHUNK = 64 * CHUNK, 4 * CHUNK
"""Blobs from this size on are cut into larger chunks: a file costs time, however small."""
LISTED = 32
"""A blob of more chunks than this keeps their names in chunks too."""
SAMPLE = 4096
WORTH = 0.6
"""Chunks are compressed if a sample shrinks at least to this part."""

_RAW, _ZLIB = b"r", b"z"
_HEAD = "pyrepl-tui archive 1 "


class Damage(Exception):
    """A file of the store is missing, cut short or changed; the text names it."""


class Store:
    """The archives of one session."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._chunks = os.path.join(folder, "chunks")
        self._manifests = os.path.join(folder, "manifests")
        self._temporary = os.path.join(folder, "tmp")

    # -- reading ---------------------------------------------------------------------------------

    def checkpoints(self) -> list[str]:
        """Ids of the checkpoints that have an archive, oldest first."""
        found: list[tuple[int, str]] = []
        if not os.path.isdir(self._manifests):
            return []
        with os.scandir(self._manifests) as entries:
            found += [
                (entry.stat().st_mtime_ns, entry.name[:-5])
                for entry in entries
                if entry.name.endswith(".json")
            ]
        return [name for _, name in sorted(found)]

    def manifest(self, checkpoint: str) -> Manifest:
        """The manifest of a checkpoint.

        Raises:
            FileNotFoundError: if it has no archive.
            Damage: if its file is not what was written.
        """
        path = self._manifest_path(checkpoint)
        with open(path, "rb") as file:
            head, _, body = file.read().partition(b"\n")
        if head != (_HEAD + digest(body)).encode():
            raise Damage(f"the manifest {path} is damaged")
        try:
            return Manifest.from_json(json.loads(body))
        except (KeyError, TypeError) as error:
            raise Damage(f"the manifest {path} cannot be read: {error!r}") from None

    def read(self, blob: Blob) -> bytearray:
        """The bytes of a blob, checked.

        Raises:
            Damage: naming the chunk that is missing or not what was written.
        """
        data = bytearray(blob.size)
        at = 0
        for name in self.chunks_of(blob):
            chunk = self._read_chunk(name)
            data[at : at + len(chunk)] = chunk
            at += len(chunk)
        if at != blob.size:
            raise Damage(f"{at} bytes where {blob.size} were written")
        return data

    def check(self, blob: Blob) -> None:
        """Read a blob without keeping it.

        Raises:
            Damage: as `read` does.
        """
        size = sum(len(self._read_chunk(name)) for name in self.chunks_of(blob))
        if size != blob.size:
            raise Damage(f"{size} bytes where {blob.size} were written")

    def chunks_of(self, blob: Blob) -> list[str]:
        """Digests of the chunks a blob's bytes are in."""
        if not blob.listed:
            return list(blob.chunks)
        lists = b"".join(self._read_chunk(name) for name in blob.chunks).hex()
        width = 2 * _DIGEST
        return [lists[at : at + width] for at in range(0, len(lists), width)]

    def _read_chunk(self, name: str) -> bytes:
        path = self._chunk_path(name)
        try:
            data = _unpacked(path)
        except FileNotFoundError:
            raise Damage(f"the chunk {path} is missing") from None
        except zlib.error:
            raise Damage(f"the chunk {path} is damaged") from None
        if digest(data) != name:
            raise Damage(f"the chunk {path} is damaged")
        return data

    # -- writing ---------------------------------------------------------------------------------

    @contextlib.contextmanager
    def writing(self) -> Iterator[Writer]:
        """Write an archive; until its manifest is put, nothing of it counts.

        Raises:
            OSError: if the disk is full or gone. What was written is taken away again.
        """
        try:
            with self._locked(fcntl.LOCK_SH):
                writer = Writer(self._temporary, self._chunk_path)
                try:
                    yield writer
                finally:
                    writer.close()
        except BaseException:
            with contextlib.suppress(OSError):
                self.collect(wait=False)
            raise

    def put(self, manifest: Manifest) -> None:
        """Make a manifest the archive of its checkpoint, after all it names is on disk."""
        with self._locked(fcntl.LOCK_SH):
            sync(self.folder)
            self._put(manifest)
        _sync_folder(self._manifests)

    def _put(self, manifest: Manifest) -> None:
        body = json.dumps(manifest.to_json(), separators=(",", ":"), allow_nan=True).encode()
        path = self._manifest_path(manifest.checkpoint)
        temporary = os.path.join(self._temporary, f"m-{os.getpid()}-{time.monotonic_ns()}")
        try:
            with open(temporary, "xb") as file:
                file.write((_HEAD + digest(body) + "\n").encode() + body)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise

    # -- keeping house ---------------------------------------------------------------------------

    def remove(self, checkpoint: str) -> None:
        """Forget a checkpoint's archive; `collect` frees what only it used."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._manifest_path(checkpoint))

    def retain(self, keep: int, pinned: frozenset[str] = frozenset()) -> list[str]:
        """Remove the oldest archives beyond `keep`, pinned ones never. Returns those removed."""
        loose = [each for each in self.checkpoints() if each not in pinned]
        removed = loose[: max(0, len(loose) - keep)]
        for checkpoint in removed:
            self.remove(checkpoint)
        return removed

    def collect(self, *, wait: bool = True) -> int:
        """Delete chunks that no manifest names and what dead writers left. Returns bytes freed.

        A damaged manifest keeps every chunk: what it named cannot be told. With `wait` false
        nothing is done while somebody writes.

        Raises:
            BlockingIOError: if it was not to wait and would have had to.
        """
        with self._locked(fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB):
            used: set[str] = set()
            for checkpoint in self.checkpoints():
                try:
                    for blob in self.manifest(checkpoint).blobs():
                        used.update(blob.chunks, self.chunks_of(blob))
                except Damage:
                    return 0
            return self._delete_unused(used)

    def _delete_unused(self, used: set[str]) -> int:
        freed = 0
        for folder, _, names in os.walk(self._chunks):
            for name in names:
                if name not in used:
                    freed += _delete(os.path.join(folder, name))
        # under the exclusive lock nobody writes: whoever left these is dead
        for name in os.listdir(self._temporary):
            freed += _delete(os.path.join(self._temporary, name))
        return freed

    def bytes_on_disk(self, checkpoint: str) -> int:
        """Bytes of the files one archive uses, shared ones included."""
        names: set[str] = set()
        for blob in self.manifest(checkpoint).blobs():
            names.update(blob.chunks, self.chunks_of(blob))
        total = os.stat(self._manifest_path(checkpoint)).st_size
        for name in names:
            with contextlib.suppress(OSError):
                total += os.stat(self._chunk_path(name)).st_size
        return total

    def _chunk_path(self, name: str) -> str:
        return os.path.join(self._chunks, name[:2], name)

    def _manifest_path(self, checkpoint: str) -> str:
        if not checkpoint or os.sep in checkpoint or checkpoint.startswith("."):
            raise ValueError(f"{checkpoint!r} cannot be the id of a checkpoint")
        return os.path.join(self._manifests, checkpoint + ".json")

    @contextlib.contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        for each in (self._chunks, self._manifests, self._temporary):
            os.makedirs(each, mode=0o700, exist_ok=True)
        fd = os.open(os.path.join(self.folder, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, how)
            yield
        finally:
            os.close(fd)


class Writer:
    """Puts blobs into a store, on threads of its own; not yet durable when it says so."""

    def __init__(self, temporary: str, chunk_path: Any) -> None:
        self._temporary = temporary
        self._chunk_path = chunk_path
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="archive")
        self._booted_at = time.time() - time.clock_gettime(_UPTIME)
        self._numbers = itertools.count()
        self._prefix = f"c-{os.getpid()}-{time.monotonic_ns()}"
        self.bytes_written = 0
        self.bytes_total = 0

    def blob(self, data: Any) -> Future[Blob]:
        """Write what lies in a buffer; its chunks go to disk while the caller goes on."""
        view = memoryview(data).cast("B")
        step = LARGE_CHUNK if len(view) >= LARGE else CHUNK
        pending = [
            self._threads.submit(self._chunk, view[at : at + step])
            for at in range(0, len(view), step)
        ]
        self.bytes_total += len(view)
        answer: Future[Blob] = _Blob(self, len(view), pending)
        return answer

    def _chunk(self, view: memoryview) -> str:
        name = digest(view)
        path = self._chunk_path(name)
        if self._is_whole(path, name):
            return name
        data: Any = view
        kind = _RAW
        if _is_worth_compressing(view):
            packed = zlib.compress(view, 1)
            if len(packed) < len(view):
                kind, data = _ZLIB, packed
        temporary = os.path.join(self._temporary, f"{self._prefix}-{next(self._numbers)}")
        try:
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                _write_all(fd, kind, data)
            finally:
                os.close(fd)
            self._move(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
        self.bytes_written += len(data) + 1
        return name

    def _is_whole(self, path: str, name: str) -> bool:
        """Whether a chunk is there already.

        One from before the machine's last start is read: a power failure may have emptied it.
        """
        try:
            if os.stat(path).st_mtime > self._booted_at:
                return True
            return digest(_unpacked(path)) == name
        except (OSError, zlib.error):
            return False

    @staticmethod
    def _move(temporary: str, path: str) -> None:
        try:
            os.rename(temporary, path)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            os.rename(temporary, path)

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


_DIGEST = 20
"""Bytes of a digest; of SHA-256, which processors have instructions for."""
_UPTIME = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def _unpacked(path: str) -> bytes:
    with open(path, "rb") as file:
        kind, data = file.read(1), file.read()
    return zlib.decompress(data) if kind == _ZLIB else data


def digest(data: Any) -> str:
    """The name of a chunk."""
    return hashlib.sha256(data).hexdigest()[: 2 * _DIGEST]


def sync(folder: str) -> None:
    """Bring everything written to the folder's file system to the disk.

    One call for thousands of chunks: to sync each of them would take seconds.
    """
    fd = os.open(folder, os.O_RDONLY)
    try:
        syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
        if syncfs is None:
            os.sync()
        elif syncfs(fd) != 0:
            raise OSError(ctypes.get_errno(), "the disk did not take the archive", folder)
    finally:
        os.close(fd)


def _sync_folder(path: str) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _write_all(fd: int, kind: bytes, data: Any) -> None:
    done = os.writev(fd, [kind, data]) - 1
    while done < len(data):
        done += os.write(fd, memoryview(data)[done:])


def _is_worth_compressing(view: memoryview) -> bool:
    middle = max(0, len(view) // 2 - SAMPLE // 2)
    sample = view[middle : middle + SAMPLE]
    return len(zlib.compress(sample, 1)) < WORTH * len(sample)


def _delete(path: str) -> int:
    try:
        size = os.stat(path).st_size
        os.unlink(path)
    except OSError:
        return 0
    return size
