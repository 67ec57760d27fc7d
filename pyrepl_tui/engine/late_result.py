"""A result whose output is read from the transcript when it is looked at.

Who iterates over an operation that prints a lot has had its output, chunk by chunk; the result that
comes with the last event would hold all of it again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from .values import ExecutionResult

_OF_OUTPUT = frozenset(("stdout", "stderr", "truncated"))


class LateResult(ExecutionResult):
    """Make it by `of`. In all else it is a result like any other."""

    __slots__ = ("_read",)
    _read: Callable[[], tuple[str, str, bool]]

    @classmethod
    def of(cls, result: ExecutionResult, read: Callable[[], tuple[str, str, bool]]) -> LateResult:
        """A result without its output, which `read` returns with whether it was cut short."""
        late = cls.__new__(cls)
        for each in dataclasses.fields(result):
            if each.name not in _OF_OUTPUT:
                object.__setattr__(late, each.name, getattr(result, each.name))
        object.__setattr__(late, "_read", read)
        return late

    def load(self) -> None:
        """Read the output, if nobody has looked at it yet."""
        len(self.stdout)

    def __getattr__(self, name: str) -> Any:
        """Called for fields that are not there yet."""
        if name not in _OF_OUTPUT:
            raise AttributeError(f"a result has no {name!r}")
        stdout, stderr, truncated = self._read()
        for field, value in (("stdout", stdout), ("stderr", stderr), ("truncated", truncated)):
            object.__setattr__(self, field, value)
        return object.__getattribute__(self, name)
