"""Sessions that are ready before they are asked for."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Any

from .errors import PyreplError
from .plan import Folder
from .session import Session
from .values import SessionState


class SessionPool:
    """Keeps some sessions started. Each is handed out once; none comes back to another user."""

    def __init__(
        self,
        *,
        size: int = 2,
        python: Folder | None = None,
        preload: Sequence[str] = (),
        **session_options: Any,
    ) -> None:
        """Describe the pool; it warms up as soon as a loop runs.

        Args:
            size: how many sessions are kept ready.
            python: as for `Session`.
            preload: as for `Session`.
            **session_options: anything else that `Session` takes.
        """
        if size < 1:
            raise ValueError("a pool keeps at least one session ready")
        self._size = size
        self._options = {"python": python, "preload": preload, **session_options}
        self._ready: deque[Session] = deque()
        self._out: set[Session] = set()
        self._filling: set[asyncio.Task[None]] = set()
        self._closed = False
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        self._fill()

    async def __aenter__(self) -> SessionPool:  # noqa: PYI034 - 3.10 has no Self
        self._fill()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def ready(self) -> int:
        """Number of sessions that wait to be acquired."""
        return len(self._ready)

    async def acquire(self) -> Session:
        """Return a session nobody has used.

        Raises:
            WorkerStartError: if none is ready and none can be started.
            RuntimeError: if the pool is closed.
        """
        session = await self._take()
        self._out.add(session)
        self._fill()
        return session

    async def _take(self) -> Session:
        while True:
            if self._closed:
                raise RuntimeError("the pool is closed")
            while self._ready:
                session = self._ready.popleft()
                if session.state is SessionState.IDLE:
                    return session
                await self._discard(session)
            if not self._filling:
                return await self._new()
            await asyncio.wait(self._filling, return_when=asyncio.FIRST_COMPLETED)

    async def release(self, session: Session) -> None:
        """Give a session back: it is ended, and a fresh one takes its place."""
        if session not in self._out:
            raise ValueError(f"{session!r} was not acquired from this pool, or was released before")
        self._out.discard(session)
        self._fill()
        await session.close()

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Acquire a session for a block."""
        session = await self.acquire()
        try:
            yield session
        finally:
            if session in self._out:
                await self.release(session)

    async def close(self) -> None:
        """End all sessions, those still acquired included."""
        self._closed = True
        await asyncio.gather(*self._filling, return_exceptions=True)
        sessions = [*self._ready, *self._out]
        self._ready.clear()
        self._out.clear()
        await asyncio.gather(*(self._discard(session) for session in sessions))

    async def _discard(self, session: Session) -> None:
        with contextlib.suppress(PyreplError):
            await session.close()

    async def _new(self) -> Session:
        session = Session(**self._options)
        await session.start()
        return session

    def _fill(self) -> None:
        missing = self._size - len(self._ready) - len(self._filling)
        for _ in range(0 if self._closed else missing):
            task = asyncio.get_running_loop().create_task(self._add())
            self._filling.add(task)
            task.add_done_callback(self._filling.discard)

    async def _add(self) -> None:
        try:
            session = await self._new()
        except (PyreplError, OSError):
            return  # whoever acquires next tries again, and is told
        if self._closed:
            await self._discard(session)
        else:
            self._ready.append(session)
