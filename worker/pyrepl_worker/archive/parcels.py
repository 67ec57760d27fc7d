"""One archive as one file: a zip of its manifest and chunks, signed by who made it."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import zipfile

from .shelf import Damage, Shelf, digest, unpacked
from .store import Store, sync

_MANIFEST, _SIGNATURE, _CHUNKS = "manifest", "signature", "chunks/"
_CHUNK_NAME = re.compile(r"[0-9a-f]{40}")
_LARGEST_MANIFEST = 1 << 30


class Parcel(Shelf):
    """An archive in a file of its own.

    Raises:
        Damage: if the file is none.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError):
            raise Damage(f"{path} is not a checkpoint, or it is cut short") from None

    def packed_manifest(self, checkpoint: str) -> bytes:
        return self._entry(_MANIFEST)

    def packed_chunk(self, name: str) -> bytes:
        return self._entry(_CHUNKS + name)

    def place_of(self, name: str) -> str:
        return f"{name} in {self.path}"

    def place_of_manifest(self, checkpoint: str) -> str:
        return f"in {self.path}"

    @property
    def signature(self) -> bytes:
        """What whoever made it has signed it with; empty if nobody has."""
        try:
            return self._entry(_SIGNATURE)
        except FileNotFoundError:
            return b""

    def _entry(self, name: str) -> bytes:
        try:
            info = self._zip.getinfo(name)
            if info.file_size > _LARGEST_MANIFEST:
                raise Damage(f"{name} in {self.path} is larger than it can be")
            return self._zip.read(info)
        except KeyError:
            raise FileNotFoundError(2, f"{name} is missing", self.path) from None
        except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
            raise Damage(f"{name} in {self.path} is damaged: {error}") from None


def is_signed(parcel: Parcel, key: str) -> bool:
    """Whether a file was made with this key (in hexadecimal; empty: nothing was)."""
    if not key:
        return False
    return hmac.compare_digest(parcel.signature, _sign(parcel.packed_manifest(""), key))


def _sign(manifest: bytes, key: str) -> bytes:
    """The manifest names all else by its digest, so its signature speaks for all."""
    return hmac.new(bytes.fromhex(key), manifest, hashlib.sha256).hexdigest().encode()


def pack(store: Store, checkpoint: str, path: str, key: str) -> None:
    """Write one archive of a store to a file, which appears when it is whole.

    Raises:
        Damage: if a part of the archive is damaged.
    """
    manifest = store.packed_manifest(checkpoint)
    blobs = store.manifest(checkpoint).blobs()
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with zipfile.ZipFile(temporary, "x", zipfile.ZIP_STORED) as file:
            file.writestr(_MANIFEST, manifest)
            file.writestr(_SIGNATURE, _sign(manifest, key))
            done: set[str] = set()
            for blob in blobs:
                store.check(blob)
                for name in {*blob.chunks, *store.chunks_of(blob)} - done:
                    file.writestr(_CHUNKS + name, store.packed_chunk(name))
                    done.add(name)
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def unpack(parcel: Parcel, store: Store) -> str:
    """Put what a file holds into a store. Returns the checkpoint's id.

    Raises:
        Damage: if it is not whole.
    """
    manifest = parcel.manifest("")
    if not manifest.checkpoint.isalnum():
        raise Damage(f"{parcel.path} is no checkpoint of ours")
    with store.writing():
        for blob in manifest.blobs():
            for name in {*blob.chunks, *parcel.chunks_of(blob)}:
                if not _CHUNK_NAME.fullmatch(name):
                    raise Damage(f"{parcel.path} is no checkpoint of ours")
                packed = parcel.packed_chunk(name)
                if digest(unpacked(packed)) != name:
                    raise Damage(f"the chunk {parcel.place_of(name)} is damaged")
                store.add_packed(name, packed)
        sync(store.folder)
    store.put(manifest)
    return manifest.checkpoint
