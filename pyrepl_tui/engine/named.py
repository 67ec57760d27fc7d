"""Sessions that are found by name, and made where there is none."""

from __future__ import annotations

import os
from typing import Any

from pyrepl_tui import locations

from . import registry
from .errors import SessionNotFound
from .launcher import locked
from .session import Session

_SECONDS = 30.0
"""How long another client may take to make the session we are about to make too."""


async def open_named(name: str, *, client: str, **options: Any) -> tuple[Session, bool]:
    """Attach to a session by name or id; if there is none, make one that persists.

    Args:
        name: as for `registry.resolve`.
        client: what other clients are told we are.
        **options: for a new session, as for `Session`.

    Returns:
        The session, and whether it is new.

    Raises:
        SessionNotFound: if several sessions are called so.
    """
    if not name.strip() or os.sep in name:
        raise SessionNotFound(f"{name!r} cannot be the name of a session")
    lock = locations.runtime_dir() / "names.lock"
    async with locked(lock, _SECONDS):
        found = registry.matches(name)
        if not found:
            session = Session(name=name, persist=True, client=client, **options)
            return await session.start(), True
        return await Session.attach(registry.only(name, found).id, client=client), False
