"""What a tab does with its session, in tasks whose failures are told."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from .engine.errors import PyreplError
from .models import SessionModel
from .session_change import Change
from .session_like import SessionLike


class Outlet(Protocol):
    """Where a link says what it has to say."""

    def changed(self, model: SessionModel, change: Change) -> None: ...
    def announce(self, level: str, title: str, text: str) -> None: ...


def told(error: BaseException) -> str:
    """An error in words; one that nobody foresaw with its traceback."""
    if isinstance(error, PyreplError):
        return str(error)
    return "".join(traceback.format_exception(error))


class Tie:
    """A model, its session, and the tasks of both."""

    def __init__(self, model: SessionModel, outlet: Outlet) -> None:
        self.model = model
        self._outlet = outlet
        self._session: SessionLike | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def session(self) -> SessionLike | None:
        """The session, to do things with that leave no trace here; None while there is none."""
        return self._session

    def _act(self, what: str, call: Callable[[SessionLike], Coroutine[Any, Any, None]]) -> None:
        session = self._session
        if session is not None:
            self._do(what, lambda: call(session))

    def _do(self, what: str, call: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._spawn(self._reported(what, call))

    async def _reported(self, what: str, call: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await call()
        except Exception as error:  # announced, whatever it is: the session goes on
            self._failed(what, error)

    def _failed(self, what: str, error: BaseException) -> None:
        self._outlet.announce("error", f"{self.model.name}: could not {what}", told(error))

    def _spawn(self, call: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(call)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
