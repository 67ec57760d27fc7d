"""The app's sessions on this machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from .engine.registry import list_sessions
from .engine.session import Session
from .locations import state_dir
from .session_options import USUAL, SessionOptions

if TYPE_CHECKING:
    from .engine.interpreters import Interpreter
    from .engine.values import SessionInfo

CLIENT = "app"
"""What other clients of a session are told we are."""


class LocalEngine:
    """Workers of this user on this machine, found through the registry."""

    def __init__(self, *, python: str | None = None, cwd: str | None = None) -> None:
        """Say how new sessions are started.

        Args:
            python: the interpreter; None: our own.
            cwd: the folder; None: ours.
        """
        self._python, self._cwd = python, cwd

    def new(self, name: str, options: SessionOptions = USUAL) -> Session:
        """A session that outlives the app."""
        return Session(
            name=name,
            python=options.python or self._python,
            cwd=options.folder or self._cwd,
            env=options.environment(),
            preload=options.preload,
            limits=options.limits,
            persist=True,
            auto_checkpoint=True,
            display={"colours": "truecolor", "figures": True},
            client=CLIENT,
        )

    async def attach(self, session_id: str) -> Session:
        """A living session, started by anyone."""
        return await Session.attach(session_id, client=CLIENT)

    async def pythons(self) -> AsyncIterator[list[Interpreter]]:
        """The interpreters on this machine that can run sessions; first without packages."""
        from .engine.interpreters import candidates, examine, with_packages

        found: list[Interpreter] = []
        for path in await asyncio.to_thread(candidates):
            each = await asyncio.to_thread(examine, path)
            if each.problem is None:
                found.append(each)
                yield list(found)
        for at, each in enumerate(found):
            found[at] = await asyncio.to_thread(with_packages, each)
            yield list(found)

    async def living(self) -> list[SessionInfo]:
        """All sessions that have not ended."""
        return await list_sessions()

    async def ended(self) -> list[tuple[str, str]]:
        """Id and description of sessions that have ended and can be taken up again."""
        return await asyncio.to_thread(_ended)

    async def recall(self, session_id: str) -> Session:
        """A session that has ended, with the checkpoints it left on disk."""
        return await Session.recall(session_id, client=CLIENT)

    async def changes(self) -> AsyncIterator[object]:
        """Changes of the registry; the first one tells what is there already."""
        from .engine.watching import watch_registry

        async for change in watch_registry():
            yield change


def _ended() -> list[tuple[str, str]]:
    from .engine.ended import with_archives

    found = []
    for entry, count in reversed(with_archives(state_dir())):
        day = time.strftime("%d %b %H:%M", time.localtime(entry.created_at))
        many = "checkpoint" if count == 1 else "checkpoints"
        found.append((entry.id, f"{entry.name}, begun {day}, {count} {many} on disk"))
    return found
