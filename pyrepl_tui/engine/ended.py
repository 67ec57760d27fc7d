"""Sessions that have ended, or whose processes a reboot has taken: what they left on disk."""

from __future__ import annotations

import os
from pathlib import Path

from pyrepl_tui import locations
from pyrepl_worker.protocol import ARCHIVES

from . import registry
from .archives import present
from .registry import RegistryEntry
from .values import SessionInfo, SessionState


def entries(state: Path) -> list[RegistryEntry]:
    """The sessions of a state folder that are not in the registry, oldest first."""
    living = {entry.id for entry in registry.entries()}
    found = [registry.read(path) for path in (state / "sessions").glob("*/session.json")]
    known = [entry for entry in found if entry is not None and entry.id not in living]
    return sorted(known, key=lambda entry: (entry.created_at, entry.id))


def with_archives(state: Path) -> list[tuple[RegistryEntry, int]]:
    """The ended sessions that can be taken up again, and how many checkpoints each left there."""
    found = [(entry, len(present(Path(entry.directory) / ARCHIVES))) for entry in entries(state)]
    return [(entry, count) for entry, count in found if count]


async def list_ended_sessions(
    state_dir: str | os.PathLike[str] | None = None,
) -> list[SessionInfo]:
    """List the sessions that have ended, oldest first; `Session.recall` takes one up again.

    Args:
        state_dir: where they lie; None: the user's state folder.
    """
    state = Path(state_dir) if state_dir is not None else locations.state_dir()
    return [entry.info(SessionState.DEAD) for entry in entries(state)]


def python_of(directory: Path) -> str | None:
    """The interpreter of the session in a folder; None if it is gone, or nobody knows."""
    entry = registry.read(directory / "session.json")
    return entry.python if entry is not None and os.access(entry.python, os.X_OK) else None


def find(name: str, state: Path) -> RegistryEntry | None:
    """The last session that has ended with an id, a name, or an id that begins so."""
    known = entries(state)
    found = (
        [entry for entry in known if entry.id == name]
        or [entry for entry in known if entry.name == name]
        or [entry for entry in known if name and entry.id.startswith(name)]
    )
    return found[-1] if found else None
