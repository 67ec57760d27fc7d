"""The session's event loop: cells that await run in it, and their tasks go on between the runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .tracebacks import report_error

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine

    from .gate import Gate
    from .serving import Service
    from .streams import Output
else:
    from .late import asyncio


class SessionLoop:
    """One event loop for a session's life, or until user code closes it."""

    def __init__(self, gate: Gate, output: Output, service: Service) -> None:
        self._gate = gate
        self._output = output
        self._service = service
        self.loop: asyncio.AbstractEventLoop | None = None
        """None as long as nothing has awaited."""
        self._idle: asyncio.Future[None] | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether background tasks go on while nothing runs."""
        return self._idle is not None

    def wake(self) -> None:
        """Something is to be run; for any thread."""
        loop, idle = self.loop, self._idle
        if idle is not None and loop is not None:
            loop.call_soon_threadsafe(_resolve, idle)

    def renew(self) -> None:
        """In a thawed process: nothing waits."""
        self._idle = None

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine of user code."""
        if self.loop is None or self.loop.is_closed():
            self.loop = asyncio.new_event_loop()
        loop = self.loop
        asyncio.set_event_loop(loop)
        if asyncio.all_tasks(loop):
            self._output.arm()  # tasks of earlier runs may write during this one
        task = loop.create_task(coroutine)
        try:
            return loop.run_until_complete(task)
        except KeyboardInterrupt:
            if not task.done():
                task.cancel()
                loop.run_until_complete(asyncio.wait([task]))
            raise

    def wait(self, is_called: Callable[[], bool]) -> None:
        """Let background tasks go on, as long as there are any and nothing is to be run."""
        while self.loop is not None and not self.loop.is_closed() and not is_called():
            if not asyncio.all_tasks(self.loop):
                return
            self._go_on(self.loop, is_called)

    def _go_on(self, loop: asyncio.AbstractEventLoop, is_called: Callable[[], bool]) -> None:
        idle = loop.create_future()

        def wait() -> None:
            self._idle = idle
            if not is_called():
                watch = asyncio.ensure_future(_until_idle(idle), loop=loop)
                loop.run_until_complete(watch)

        self._service.leave(at_once=True)
        _, error = self._gate.attempt(wait)
        self._idle = None
        if error is not None:
            report_error(error)


async def _until_idle(idle: asyncio.Future[None]) -> None:
    """Wait for work, or for the last of the background tasks to end."""
    me = asyncio.current_task()
    while not idle.done():
        others = [task for task in asyncio.all_tasks() if task is not me]
        if not others:
            return
        await asyncio.wait([idle, *others], return_when=asyncio.FIRST_COMPLETED)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
