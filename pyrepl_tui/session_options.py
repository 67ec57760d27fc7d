"""What a new session can be given, and presets of it in the settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from pyrepl_worker.records import record

from .engine.values import TransactionPolicy

POLICIES = tuple(policy.value for policy in TransactionPolicy)


@record(frozen=True)
class SessionOptions:
    """What differs from a session of the usual kind. None: as usual."""

    python: str | None = None
    """Path of the interpreter, or of an environment's folder."""
    cwd: str | None = None
    """Its working folder."""
    env: tuple[tuple[str, str], ...] = ()
    """Variables put over our own environment."""
    preload: tuple[str, ...] = ()
    """Modules imported once, for all sessions of this kind."""
    policy: str | None = None
    """What becomes of the changes of runs."""
    memory_mb: int | None = None
    """Memory above which a run is interrupted, in MB."""
    cpu_seconds: int | None = None
    """Processor time above which a run is interrupted."""
    output_mb: int | None = None
    """Output of each stream that is kept on disk, in MB."""

    @property
    def limits(self) -> dict[str, int]:
        """As `Session` takes them."""
        found = {
            "memory_bytes": _bytes(self.memory_mb),
            "cpu_seconds": self.cpu_seconds,
            "output_bytes": _bytes(self.output_mb),
        }
        return {name: value for name, value in found.items() if value is not None}

    @property
    def folder(self) -> str | None:
        """The working folder with ``~`` put in words."""
        return None if self.cwd is None else str(Path(self.cwd).expanduser())

    def environment(self) -> dict[str, str] | None:
        """The whole environment; None: ours."""
        return {**os.environ, **dict(self.env)} if self.env else None


USUAL = SessionOptions()
"""A session of the usual kind."""


def _bytes(megabytes: int | None) -> int | None:
    return None if megabytes is None else megabytes * 1_000_000


def options_from(table: Mapping[str, Any]) -> tuple[SessionOptions, str]:
    """Options from a table of the settings; and what is wrong with it (empty: nothing)."""
    values: dict[str, Any] = {}
    known = [each.name for each in fields(SessionOptions)]
    for name, value in table.items():
        if name not in known:
            return SessionOptions(), f"there is no option {name!r}; there are {', '.join(known)}"
        kept, problem = _taken(name, value)
        if problem:
            return SessionOptions(), f"{name}: {problem}"
        values[name] = kept
    return SessionOptions(**values), ""


def _taken(name: str, value: Any) -> tuple[Any, str]:
    if name == "env":
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            return None, "is a table of texts"
        return tuple(value.items()), ""
    if name == "preload":
        words = value.split() if isinstance(value, str) else value
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            return None, "is a list of modules"
        return tuple(words), ""
    if name in ("memory_mb", "cpu_seconds", "output_mb"):
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            return None, "is a whole number above 0"
        return value, ""
    if not isinstance(value, str):
        return None, "is a text in quotes"
    if name == "policy" and value not in POLICIES:
        return None, f"is one of {', '.join(POLICIES)}"
    return value, ""
