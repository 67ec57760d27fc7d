"""What an archive's manifest says: JSON, so that it can be read without running anything."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import Any

FORMAT = 1
"""Version of the manifest; one that is newer than this is refused."""

STATE = "state:"
"""What the names of state that is no variable begin with."""

EXACT, EQUAL, REBUILT, RERUN, MISSING = "exact", "equal", "rebuilt", "rerun", "missing"
VERDICTS = (EXACT, EQUAL, REBUILT, RERUN, MISSING)
"""From the best to the worst."""


def own_prefixes() -> list[str]:
    """Where this interpreter and its packages lie."""
    return sorted({sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix})


def worse(left: str, right: str) -> str:
    """The worse of two verdicts."""
    return max(left, right, key=VERDICTS.index)


@dataclass(frozen=True)
class Blob:
    """Bytes in the store, cut into chunks."""

    size: int
    chunks: tuple[str, ...]
    """Digests of the chunks in order; of chunks that list the digests if `listed`."""
    listed: bool = False


@dataclass(frozen=True)
class Group:
    """Variables that must be stored together, because they share objects."""

    names: tuple[str, ...]
    """Names of variables; of state that is no variable, with `STATE` before them."""
    tier: str
    """``pickle``, ``msgpack``, ``json``, ``module``, ``attribute`` or ``missing``."""
    stream: Blob | None = None
    buffers: tuple[Blob, ...] = ()
    needs: tuple[str, ...] = ()
    """Variables outside the group that must be there before it is loaded."""
    inline: Any = None
    """The values of a ``json`` group; name and submodules of a ``module``;
    module and name of an ``attribute``."""

    @property
    def size(self) -> int:
        """Bytes of all it holds, uncompressed."""
        return sum(blob.size for blob in (self.stream, *self.buffers) if blob is not None)


@dataclass(frozen=True)
class Variable:
    """What is known of one variable without loading it."""

    type: str
    verdict: str
    reason: str = ""
    """Why the verdict is not ``exact``."""
    summary: str = ""
    source: str = ""
    """Source text of a function or class that was typed into the session."""
    cell: int | None = None
    """Execution count of the cell that bound the name last; None if no cell did."""


@dataclass(frozen=True)
class Manifest:
    """One archive."""

    checkpoint: str
    session: str
    created_at: float
    python: str
    """Version of the interpreter, ``3.11.7``."""
    execution_count: int
    cwd: str
    environ: dict[str, str]
    sys_path: list[str]
    packages: dict[str, str]
    """Versions of the distributions that were imported."""
    variables: dict[str, Variable]
    groups: tuple[Group, ...]
    cells: Blob | None = None
    """Texts of the cells, one JSON array ``[execution count, text]`` per line."""
    caveats: dict[str, str] = field(default_factory=dict)
    """What an archive cannot carry, by what it is."""
    bytes_written: int = 0
    """Bytes this archive added to the store."""
    bytes_total: int = 0
    """Bytes of all its chunks, uncompressed."""
    prefixes: list[str] = field(default_factory=own_prefixes)
    """Where the interpreter and its packages lay: what of `sys_path` is its own."""
    verified: bool = False
    """Whether the groups were loaded back and compared."""
    format: int = FORMAT

    def count(self, verdict: str) -> int:
        """How many variables have this verdict."""
        return sum(each.verdict == verdict for each in self.variables.values())

    def blobs(self) -> list[Blob]:
        """Every blob the archive consists of."""
        found = [self.cells] if self.cells is not None else []
        for group in self.groups:
            if group.stream is not None:
                found.append(group.stream)
            found.extend(group.buffers)
        return found

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` turns it back."""
        return {
            **vars(self),
            "variables": {name: vars(each) for name, each in self.variables.items()},
            "groups": [
                {**vars(each), "stream": each.stream and vars(each.stream),
                 "buffers": [vars(blob) for blob in each.buffers]}
                for each in self.groups
            ],
            "cells": self.cells and vars(self.cells),
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Manifest:
        """The manifest in `data`.

        Raises:
            ValueError: for a format that is newer than this program.
            KeyError, TypeError: for anything that is no manifest.
        """
        if data.get("format", FORMAT) > FORMAT:
            raise ValueError("the archive was written by a newer version of pyrepl-tui")
        return cls(
            **{
                **data,
                "variables": {n: Variable(**each) for n, each in data["variables"].items()},
                "groups": tuple(_group(each) for each in data["groups"]),
                "cells": _blob(data["cells"]),
            }
        )


@dataclass
class LoadReport:
    """What became of each variable, and of the state that is no variable."""

    verdicts: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    caveats: dict[str, str] = field(default_factory=dict)

    def tell(self, name: str, verdict: str, reason: str = "") -> None:
        """Set a variable's verdict."""
        self.verdicts[name] = verdict
        if reason:
            self.reasons[name] = reason
        else:
            self.reasons.pop(name, None)


def describe(manifest: Manifest) -> dict[str, Any]:
    """What is in an archive, without unpickling anything."""
    return {
        "checkpoint": manifest.checkpoint,
        "session": manifest.session,
        "created_at": manifest.created_at,
        "age_seconds": max(0.0, time.time() - manifest.created_at),
        "python": manifest.python,
        "execution_count": manifest.execution_count,
        "cwd": manifest.cwd,
        "packages": manifest.packages,
        "caveats": manifest.caveats,
        "bytes_written": manifest.bytes_written,
        "bytes_total": manifest.bytes_total,
        "variables": {
            name: {
                "type": variable.type,
                "verdict": variable.verdict,
                "reason": variable.reason,
                "summary": variable.summary,
                "source": variable.source,
            }
            for name, variable in manifest.variables.items()
        },
    }


def _blob(data: dict[str, Any] | None) -> Blob | None:
    if data is None:
        return None
    return Blob(data["size"], tuple(data["chunks"]), data["listed"])


def _group(data: dict[str, Any]) -> Group:
    buffers = tuple(blob for each in data["buffers"] if (blob := _blob(each)) is not None)
    return Group(
        tuple(data["names"]),
        data["tier"],
        _blob(data["stream"]),
        buffers,
        tuple(data["needs"]),
        data["inline"],
    )
