"""Reading archives, whatever their chunks lie in; each chunk is checked by its name."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable
from typing import Any

from .manifest import Blob, Manifest

CHUNK = 256 * 1024
"""Bytes of a chunk. A change in place costs the chunks it touches."""
LARGE_CHUNK = 4 * CHUNK
"""Bytes of a large blob's chunks: a file costs time, however small."""
RAW, ZLIB = b"r", b"z"
"""First byte of a chunk's file: what follows is the chunk, or its compressed form."""

_HEAD = "pyrepl-tui archive 1 "
_DIGEST = 20
"""Bytes of a digest; of SHA-256, which processors have instructions for."""


class Damage(Exception):
    """A part of an archive is missing, cut short or changed; the text names it."""


class Shelf:
    """Archives that can be read."""

    heard: Callable[[int], None] | None = None
    """Told of the bytes of each chunk that is read; None: nobody asks."""

    def packed_manifest(self, checkpoint: str) -> bytes:
        """A manifest as it lies there.

        Raises:
            FileNotFoundError: if the checkpoint has no archive.
        """
        raise NotImplementedError

    def packed_chunk(self, name: str) -> bytes:
        """A chunk as it lies there.

        Raises:
            FileNotFoundError: if there is none of that name.
        """
        raise NotImplementedError

    def place_of(self, name: str) -> str:
        """Where a chunk lies, for people."""
        raise NotImplementedError

    def place_of_manifest(self, checkpoint: str) -> str:
        """Where a manifest lies, for people."""
        raise NotImplementedError

    def manifest(self, checkpoint: str) -> Manifest:
        """The manifest of a checkpoint.

        Raises:
            FileNotFoundError: if it has no archive.
            Damage: if it is not what was written.
        """
        head, _, body = self.packed_manifest(checkpoint).partition(b"\n")
        if head != (_HEAD + digest(body)).encode():
            raise Damage(f"the manifest {self.place_of_manifest(checkpoint)} is damaged")
        try:
            return Manifest.from_json(json.loads(body))
        except (KeyError, TypeError) as error:
            place = self.place_of_manifest(checkpoint)
            raise Damage(f"the manifest {place} cannot be read: {error!r}") from None

    def read(self, blob: Blob) -> bytearray:
        """The bytes of a blob, checked.

        Raises:
            Damage: naming the chunk that is missing or not what was written.
        """
        names = self.chunks_of(blob)
        if blob.size > len(names) * LARGE_CHUNK:
            raise Damage(f"{len(names)} chunks cannot hold {blob.size} bytes")
        data = bytearray(blob.size)
        at = 0
        for name in names:
            chunk = self._chunk(name)
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
        size = sum(len(self._chunk(name)) for name in self.chunks_of(blob))
        if size != blob.size:
            raise Damage(f"{size} bytes where {blob.size} were written")

    def chunks_of(self, blob: Blob) -> list[str]:
        """Digests of the chunks a blob's bytes are in."""
        if not blob.listed:
            return list(blob.chunks)
        lists = b"".join(self._chunk(name) for name in blob.chunks).hex()
        width = 2 * _DIGEST
        return [lists[at : at + width] for at in range(0, len(lists), width)]

    def _chunk(self, name: str) -> bytes:
        try:
            data = unpacked(self.packed_chunk(name))
        except FileNotFoundError:
            raise Damage(f"the chunk {self.place_of(name)} is missing") from None
        except zlib.error:
            raise Damage(f"the chunk {self.place_of(name)} is damaged") from None
        if digest(data) != name:
            raise Damage(f"the chunk {self.place_of(name)} is damaged")
        if self.heard is not None:
            self.heard(len(data))
        return data


def with_head(body: bytes) -> bytes:
    """A manifest as it is kept: behind a line that proves it whole."""
    return (_HEAD + digest(body) + "\n").encode() + body


def unpacked(packed: bytes) -> bytes:
    """The chunk in a chunk's file.

    Raises:
        zlib.error: if it is damaged, or more than a chunk.
    """
    if packed[:1] != ZLIB:
        return packed[1:]
    reader = zlib.decompressobj()
    data = reader.decompress(packed[1:], LARGE_CHUNK + 1)
    if not reader.eof:
        raise zlib.error("it goes on")
    return data


def digest(data: Any) -> str:
    """The name of a chunk."""
    return hashlib.sha256(data).hexdigest()[: 2 * _DIGEST]
