"""Digests of bytes, and what of large values has been digested already."""

from __future__ import annotations

import contextlib
from functools import cache
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

SIZE = 16
"""Bytes of a digest."""
_LARGE = 1 << 14
_FLAGS = ("sha_ni", "sha2")


def fingerprint(data: Any) -> bytes:
    """The digest of some bytes. Both sides of a comparison are on one machine."""
    if len(data) >= _LARGE and has_sha():
        return sha256(data).digest()[:SIZE]
    return blake2b(data, digest_size=SIZE).digest()


@cache
def has_sha() -> bool:
    """Whether the processor has instructions for SHA-256, which make it the quickest digest."""
    with contextlib.suppress(OSError), Path("/proc/cpuinfo").open() as lines:
        for line in lines:
            name, _, flags = line.partition(":")
            if name.strip() in ("flags", "Features"):
                return not set(flags.split()).isdisjoint(_FLAGS)
    return False


class Digested:
    """Digests of the parts of large values, of a process in which values stand still."""

    def __init__(self) -> None:
        self._parts: dict[int, tuple[Any, list[bytes]]] = {}

    def get(self, value: Any) -> list[bytes] | None:
        """Of the parts of a value, if they were made."""
        held = self._parts.get(id(value))
        return None if held is None else held[1]

    def put(self, value: Any, parts: list[bytes]) -> None:
        """Keep them, and the value, so that no other gets its identity."""
        self._parts[id(value)] = (value, parts)
