"""The sessions that have not ended, as told by the files of the registry folder."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from dataclasses import field
from pathlib import Path
from typing import Any

from pyrepl_tui import locations
from pyrepl_worker import protocol
from pyrepl_worker.records import record

from .connection import ConnectionClosed, open_connection, peer_of
from .errors import ProtocolError, SessionNotFound
from .values import SessionInfo, SessionState, WorkerDeath

_PROBE_SECONDS = 1.0
"""How long a worker may take to say what it is doing."""


@record(frozen=True, slots=True)
class RegistryEntry:
    """One session's file in the registry."""

    id: str
    name: str
    pid: int | None
    """The live worker; None while it is dead."""
    socket: str
    nursery: str
    python: str
    python_version: str
    cwd: str
    persist: bool
    created_at: float
    state_dir: str
    directory: str
    death: WorkerDeath | None
    auto_checkpoint: bool
    limits: dict[str, int]
    version: int
    """Of the protocol that the session's processes speak."""
    display: dict[str, Any] = field(default_factory=dict)
    """Of the screen it was started for."""

    @property
    def is_foreign(self) -> bool:
        """Whether another version of this package made it, so that we cannot talk to it."""
        return self.version != protocol.VERSION

    def lies_in(self, state_dir: str | os.PathLike[str] | None) -> bool:
        """Whether the transcript is in a certain state folder; None means any."""
        return state_dir is None or os.path.realpath(state_dir) == os.path.realpath(self.state_dir)

    def info(self, state: SessionState) -> SessionInfo:
        """The entry as others are told of it."""
        dead = state is SessionState.DEAD
        return SessionInfo(
            id=self.id,
            name=self.name,
            state=state,
            pid=None if dead else self.pid,
            python=self.python,
            python_version=self.python_version,
            cwd=self.cwd,
            persist=self.persist,
            created_at=self.created_at,
            socket=self.socket,
            nursery=self.nursery,
            state_dir=Path(self.state_dir),
            directory=Path(self.directory),
            death=self.death,
            is_foreign=self.is_foreign,
        )


def folder() -> Path:
    """The registry folder; it may not exist yet."""
    return locations.runtime_path() / "registry"


def load(session_id: str) -> RegistryEntry | None:
    """Read one session's entry; None if there is none that makes sense."""
    if not session_id or os.sep in session_id or session_id.startswith("."):
        return None
    return read(folder() / f"{session_id}.json")


def entries(state_dir: Path | None = None) -> list[RegistryEntry]:
    """Read all entries, oldest session first.

    Args:
        state_dir: only sessions whose transcripts lie there; None: all.
    """
    found = []
    try:
        names = sorted(os.listdir(folder()))
    except OSError:
        return []
    for name in names:
        if not name.endswith(".json"):
            continue
        entry = read(folder() / name)
        if entry is not None and entry.lies_in(state_dir):
            found.append(entry)
    return sorted(found, key=lambda entry: (entry.created_at, entry.id))


def remove(session_id: str) -> None:
    """Take a session out of the registry."""
    with contextlib.suppress(OSError):
        (folder() / f"{session_id}.json").unlink()


def resolve(name: str, state_dir: Path | None = None) -> RegistryEntry:
    """Find a session by its name, its id, or a beginning of the id that only one has.

    Raises:
        SessionNotFound: if there is none, or more than one.
    """
    found = matches(name, state_dir)
    if not found:
        text = f"there is no session {name!r}"
        known = sorted(entry.name or entry.id for entry in entries(state_dir))
        raise SessionNotFound(f"{text}; there are: {', '.join(known)}" if known else text)
    return only(name, found)


def matches(name: str, state_dir: Path | None = None) -> list[RegistryEntry]:
    """The sessions that a name may mean: by id, else by name, else by a beginning of the id."""
    known = entries(state_dir)
    return (
        [entry for entry in known if entry.id == name]
        or [entry for entry in known if entry.name == name]
        or [entry for entry in known if name and entry.id.startswith(name)]
    )


def only(name: str, found: list[RegistryEntry]) -> RegistryEntry:
    """The one session that a name means.

    Raises:
        SessionNotFound: if it means several.
    """
    if len(found) > 1:
        ids = ", ".join(entry.id for entry in found)
        raise SessionNotFound(f"several sessions are called {name!r}; say which by id: {ids}")
    return found[0]


async def list_sessions(state_dir: str | os.PathLike[str] | None = None) -> list[SessionInfo]:
    """List the sessions that have not ended, oldest first.

    Args:
        state_dir: only sessions whose transcripts lie there; None: all of this user's.
    """
    known = entries(None if state_dir is None else Path(state_dir))
    states = await asyncio.gather(*(probe(entry) for entry in known))
    return [entry.info(state) for entry, state in zip(known, states, strict=True)]


async def probe(entry: RegistryEntry) -> SessionState:
    """Ask a session's worker what it is doing; DEAD if it is not there."""
    if entry.pid is None:
        return SessionState.DEAD
    if entry.is_foreign:
        return _seen_from_outside(entry.pid, entry.socket)
    try:
        connection, welcome = await open_connection(entry.socket, "list", _PROBE_SECONDS)
    except (ConnectionClosed, ProtocolError):
        return _seen_from_outside(entry.pid, entry.socket)
    connection.close()
    if isinstance(welcome, protocol.Welcome) and welcome.session_id == entry.id:
        with contextlib.suppress(ValueError):
            return SessionState(welcome.state)
    return SessionState.DEAD


def _seen_from_outside(pid: int, path: str) -> SessionState:
    return SessionState.BUSY if is_worker(pid, path) else SessionState.DEAD


def is_worker(pid: int, path: str) -> bool:
    """Whether a worker that does not answer (it is stopped, or very busy) is there at all."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.setblocking(False)
        try:
            sock.connect(path)
        except BlockingIOError:
            return True
        except OSError:
            return False
        peer = peer_of(sock)
        return peer is None or peer[0] == pid


def read(path: Path) -> RegistryEntry | None:
    """Read one entry; None if the file makes no sense."""
    try:
        fields = json.loads(path.read_bytes())
        return _parse(fields)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _parse(fields: dict[str, Any]) -> RegistryEntry:
    death = fields.get("death")
    pid = fields.get("pid")
    return RegistryEntry(
        id=str(fields["id"]),
        name=str(fields.get("name") or ""),
        pid=None if pid is None else int(pid),
        socket=str(fields.get("socket") or ""),
        nursery=str(fields.get("nursery") or ""),
        python=str(fields.get("python") or ""),
        python_version=str(fields.get("python_version") or ""),
        cwd=str(fields.get("cwd") or ""),
        persist=bool(fields.get("persist")),
        created_at=float(fields.get("created_at") or 0.0),
        state_dir=str(fields.get("state_dir") or ""),
        directory=str(fields["directory"]),
        auto_checkpoint=bool(fields.get("auto_checkpoint")),
        limits={str(name): int(value) for name, value in (fields.get("limits") or {}).items()},
        death=None
        if not isinstance(death, dict)
        else WorkerDeath(death.get("signal"), death.get("exit_code"), str(death.get("reason", ""))),
        version=int(fields.get("version") or 0),
        display=dict(fields.get("display") or {}),
    )
