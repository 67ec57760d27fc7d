"""How workers died, as far as their nursery tells."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from .values import WorkerDeath


class Obituaries:
    """Causes of death by process id, and waiting for one that is still to come."""

    def __init__(self) -> None:
        self._known: dict[int, WorkerDeath] = {}
        self._news = asyncio.Event()

    def __contains__(self, pid: int | None) -> bool:
        return pid in self._known

    def record(self, pid: int, death: WorkerDeath) -> None:
        """The nursery has told a cause."""
        self._known[pid] = death
        self.stir()

    def presume(self, pid: int, reason: str) -> None:
        """A cause that follows from what happened; what the nursery tells counts for more."""
        self._known.setdefault(pid, WorkerDeath(None, None, reason))
        self.stir()

    def stir(self) -> None:
        """Let those who wait look again whether it is worth while."""
        self._news.set()

    async def cause(
        self, pid: int, seconds: float, is_coming: Callable[[], bool]
    ) -> WorkerDeath | None:
        """Return why a process died; None if nobody tells.

        Args:
            pid: the process.
            seconds: how long to wait to be told.
            is_coming: whether there is somebody who could tell.
        """
        await self.wait(seconds, lambda: pid not in self._known and is_coming())
        return self._known.pop(pid, None)

    async def wait(self, seconds: float, worth_while: Callable[[], bool]) -> None:
        """Wait for news as long as that is worth while, looked at again whenever there are some."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while worth_while() and loop.time() < end:
            self._news.clear()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._news.wait(), max(0.0, end - loop.time()))
