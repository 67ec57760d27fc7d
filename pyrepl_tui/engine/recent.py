"""What was used last, as far as it fits."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class Recent(Generic[_K, _V]):
    """Keeps what was used last, up to a total size; the last one in any case."""

    __slots__ = ("_found", "_most", "_size")

    def __init__(self, most: int) -> None:
        """Begin empty.

        Args:
            most: the total size of what is kept.
        """
        self._most = most
        self._size = 0
        self._found: dict[_K, tuple[_V, int]] = {}  # what was used last is last

    def __contains__(self, key: object) -> bool:
        return key in self._found

    def get(self, key: _K) -> _V | None:
        """Return what was kept under a key; None if there is nothing (any more)."""
        found = self._found.pop(key, None)
        if found is None:
            return None
        self._found[key] = found
        return found[0]

    def put(self, key: _K, value: _V, size: int) -> None:
        """Keep something."""
        self.drop(key)
        self._found[key] = value, size
        self._size += size
        while self._size > self._most and len(self._found) > 1:
            self.drop(next(iter(self._found)))

    def drop(self, key: _K) -> None:
        """Forget what was kept under a key, if anything was."""
        found = self._found.pop(key, None)
        if found is not None:
            self._size -= found[1]

    def clear(self) -> None:
        """Forget everything."""
        self._found.clear()
        self._size = 0
