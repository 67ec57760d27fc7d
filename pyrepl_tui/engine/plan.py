"""What a session is started from."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyrepl_tui import locations
from pyrepl_worker.records import record

from .interpreters import locate
from .launcher import NurserySpec
from .registry import RegistryEntry

Folder = str | os.PathLike[str]


@record(frozen=True, slots=True)
class SessionPlan:
    """All that is needed to start a session's worker, at first or again."""

    spec: NurserySpec
    record: dict[str, Any]
    """As in `protocol.CreateSession`."""


def new_plan(
    *,
    name: str | None,
    python: Folder | None,
    cwd: Folder | None,
    env: Mapping[str, str] | None,
    preload: Sequence[str],
    state_dir: Folder | None,
    **rest: Any,
) -> SessionPlan:
    """The plan of a new session; arguments are those of `Session`, `rest` goes into the record."""
    session_id = secrets.token_hex(6)
    state = Path(os.path.abspath(state_dir or locations.state_dir()))
    whole_env = dict(os.environ if env is None else env)
    record = {
        "id": session_id,
        "name": session_id if name is None else name,
        "cwd": os.path.abspath(cwd or os.getcwd()),
        "env": whole_env,
        "argv": [""],
        "directory": str(locations.session_dir(state, session_id)),
        "state_dir": str(state),
        "created_at": time.time(),
        **rest,
    }
    return SessionPlan(NurserySpec(locate(python, env), tuple(preload), whole_env), record)


def plan_of(entry: RegistryEntry) -> SessionPlan:
    """The plan of a session that somebody else started, should its nursery be gone."""
    env = dict(os.environ)
    record = {
        "id": entry.id,
        "name": entry.name,
        "cwd": entry.cwd,
        "env": env,
        "argv": [""],
        "persist": entry.persist,
        "directory": entry.directory,
        "state_dir": entry.state_dir,
        "created_at": entry.created_at,
        "limits": entry.limits,
        "display": entry.display,
        "auto_checkpoint": entry.auto_checkpoint,
    }
    return SessionPlan(NurserySpec(entry.python, (), env), record)
