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
import json
import os
import time
from collections.abc import Iterator

from .chunking import Writer
from .manifest import Manifest
from .shelf import Damage, Shelf, with_head


class Store(Shelf):
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

    def packed_manifest(self, checkpoint: str) -> bytes:
        """A manifest's file."""
        with open(self._manifest_path(checkpoint), "rb") as file:
            return file.read()

    def place_of(self, name: str) -> str:
        return self._chunk_path(name)

    def place_of_manifest(self, checkpoint: str) -> str:
        return self._manifest_path(checkpoint)

    def packed_chunk(self, name: str) -> bytes:
        """A chunk's file."""
        with open(self._chunk_path(name), "rb") as file:
            return file.read()

    def add_packed(self, name: str, data: bytes) -> None:
        """Put a chunk from elsewhere here, under `writing`'s lock; not yet durable."""
        path = self._chunk_path(name)
        if os.path.exists(path):
            return
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        temporary = os.path.join(self._temporary, f"p-{os.getpid()}-{name}")
        with open(temporary, "xb") as file:
            file.write(data)
        os.rename(temporary, path)

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
        body = json.dumps(manifest.to_json(), separators=(",", ":"), allow_nan=True).encode()
        path = self._manifest_path(manifest.checkpoint)
        with self._locked(fcntl.LOCK_SH):
            temporary = os.path.join(self._temporary, f"m-{os.getpid()}-{time.monotonic_ns()}")
            try:
                with open(temporary, "xb") as file:
                    file.write(with_head(body))
                sync(self.folder)  # chunks and manifest at once
                os.replace(temporary, path)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
                raise
        _sync_folder(self._manifests)

    # -- keeping house ---------------------------------------------------------------------------

    def remove(self, checkpoint: str) -> None:
        """Forget a checkpoint's archive; `collect` frees what only it used."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._manifest_path(checkpoint))

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


def _delete(path: str) -> int:
    try:
        size = os.stat(path).st_size
        os.unlink(path)
    except OSError:
        return 0
    return size
