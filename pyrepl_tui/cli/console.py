"""Showing a run on the terminal while it goes on: output, questions, Ctrl+C, how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Coroutine, Iterator
from typing import Any

from pyrepl_tui.engine.errors import PyreplError
from pyrepl_tui.engine.events import Display, InputRequest, Output
from pyrepl_tui.engine.operation import Operation
from pyrepl_tui.engine.session import Session
from pyrepl_tui.engine.values import ExecutionResult

from . import INTERRUPTED
from .lines import Lines
from .saying import tell

TIMED_OUT = 124
KILL_AFTER = 3
"""The so many-th Ctrl+C within one run kills the worker."""


def write(stream: str, data: bytes) -> None:
    """Pass output on to the same stream of ours."""
    target = sys.stdout if stream == "stdout" else sys.stderr
    target.flush()
    target.buffer.write(data)
    target.buffer.flush()


class Console:
    """Shows a run, answers its questions from standard input, interrupts it by Ctrl+C."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lines: Lines | None = None
        self._presses = 0
        self._operation: Operation | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def show(self, operation: Operation, *, output: bool = True) -> ExecutionResult:
        """Pass a run's output on and ask its questions, in their order, until it is over."""
        with self._interrupts(operation):
            async for event in operation:
                if isinstance(event, Output) and output:
                    write(event.stream, event.data)
                elif isinstance(event, Display) and output and not event.is_value:
                    text = event.mime_bundle.get("text/plain", "")
                    if isinstance(text, str) and text:
                        write("stdout", (text + "\n").encode("utf-8", "backslashreplace"))
                elif isinstance(event, InputRequest):
                    self._spawn(self._answer(event))
            for task in list(self._tasks):
                task.cancel()
            return await operation

    async def _answer(self, request: InputRequest) -> None:
        if self._lines is None:
            self._lines = Lines()
        with contextlib.suppress(PyreplError):  # it may wait no more
            try:
                line = await self._lines.next(request.prompt, password=request.password)
            except EOFError:
                await self._session.answer_eof(request)
            else:
                await self._session.answer(request, line)

    @contextlib.contextmanager
    def _interrupts(self, operation: Operation) -> Iterator[None]:
        """Let Ctrl+C interrupt the operation instead of this program."""
        loop = asyncio.get_running_loop()
        self._operation, self._presses = operation, 0
        loop.add_signal_handler(signal.SIGINT, self._press)
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGINT)
            self._operation = None

    def _press(self) -> None:
        self._presses += 1
        self._spawn(self._stop())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stop(self) -> None:
        operation = self._operation
        if operation is None:
            return
        with contextlib.suppress(PyreplError):
            if self._presses >= KILL_AFTER:
                tell("killing the worker")
                await self._session.kill()
            elif operation.status == "queued":
                await operation.cancel()
            else:
                await self._session.interrupt()
                if self._presses == KILL_AFTER - 1:
                    tell("press Ctrl+C once more to kill the worker")


def show_error(result: ExecutionResult) -> None:
    """Say on standard error what went wrong, as python would."""
    error = result.error
    if error is not None and error.exit_code is None:
        sys.stdout.flush()
        sys.stderr.write(error.traceback)
        sys.stderr.flush()
    elif error is not None and error.exit_code == 1 and error.message not in ("1", "True"):
        sys.stdout.flush()
        print(error.message, file=sys.stderr)  # it was sys.exit("some text")
    if result.status == "timeout":
        tell("the time was up, and the run was interrupted")
    if result.death is not None and result.death.exit_code is None:
        tell(result.death.reason)


def exit_code(result: ExecutionResult) -> int:
    """What python's exit code would have been."""
    if result.status == "timeout":
        return TIMED_OUT
    if result.status in ("interrupted", "cancelled"):
        return INTERRUPTED
    if result.death is not None:
        if result.death.signal is not None:
            return 128 + result.death.signal
        return 1 if result.death.exit_code is None else result.death.exit_code
    if result.error is None:
        return 0
    return 1 if result.error.exit_code is None else result.error.exit_code & 0xFF
