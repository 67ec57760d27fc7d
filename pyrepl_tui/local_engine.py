"""The app's sessions on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from .engine.registry import list_sessions
from .engine.session import Session

if TYPE_CHECKING:
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

    def new(self, name: str, python: str | None = None) -> Session:
        """A session that outlives the app; None: in the interpreter that new ones run in."""
        return Session(
            name=name,
            python=python or self._python,
            cwd=self._cwd,
            persist=True,
            auto_checkpoint=True,
            display={"colours": "truecolor", "figures": True},
            client=CLIENT,
        )

    async def attach(self, session_id: str) -> Session:
        """A living session, started by anyone."""
        return await Session.attach(session_id, client=CLIENT)

    async def pythons(self) -> list[tuple[str, str]]:
        """Path and version of the interpreters on this machine that can run sessions."""
        return await asyncio.to_thread(_pythons)

    async def living(self) -> list[SessionInfo]:
        """All sessions that have not ended."""
        return await list_sessions()

    async def changes(self) -> AsyncIterator[object]:
        """Changes of the registry; the first one tells what is there already."""
        from .engine.watching import watch_registry

        async for change in watch_registry():
            yield change


def _pythons() -> list[tuple[str, str]]:
    from .engine.interpreters import candidates, examine

    found = [examine(path) for path in candidates()]
    return [(each.path, each.version) for each in found if each.problem is None]
