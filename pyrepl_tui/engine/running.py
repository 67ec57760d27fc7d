"""Running code in a session, stopping it, and answering its questions."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from pyrepl_worker import protocol

from .attachment import Attachment
from .callbacks import Attendant, InputAnswers, OnInput, OnOutput
from .connection import Moved
from .eagerness import Eagerness
from .errors import PyreplError
from .events import InputRequest
from .model import SessionModel
from .operation import Operation
from .plan import Folder
from .values import ExecutionResult, TransactionPolicy

UNHEARD_SECONDS = 1.0
"""How long a worker may keep whoever stops a run waiting before it is sent the signal itself.

So long after an interrupt that was heard and not heeded comes the next one.
"""


class CodeRunner:
    """The part of a session that has its worker do things."""

    _model: SessionModel
    _attachment: Attachment
    _policy: TransactionPolicy
    _prefix: str
    """What the ids of this client's operations begin with."""
    _count: int
    _eagerness: Eagerness
    """Of who waits for results."""
    _tasks: set[asyncio.Task[Any]]

    def run(
        self,
        code: str,
        *,
        policy: TransactionPolicy | str | None = None,
        timeout_ms: int | None = None,
        on_input: InputAnswers = None,
        filename: Folder | None = None,
        argv: Sequence[str] | None = None,
    ) -> Operation:
        """Run code, after what is already running or waiting.

        Args:
            code: any number of statements; the last expression's value is displayed.
            policy: what becomes of its changes; None: the session's.
            timeout_ms: interrupt it after so long; None: never.
            on_input: answers input(); ``"ask"``: requests wait for `answer`; None: EOFError.
            filename: the file the code was read from; None: it is a cell.
            argv: run it as a script with this `sys.argv`, displaying no value; None: as a cell.

        Raises:
            WorkerDied: if there is no worker.
            TypeError: if an argument has a wrong type.
            ValueError: if there is no such policy, or no such time.
        """
        operation = self._submit(code, policy, timeout_ms, on_input is not None, filename, argv)
        if callable(on_input):
            attendant = Attendant(operation, self._post_answer, None, on_input)
            task = asyncio.get_running_loop().create_task(attendant.attend())
            self._tasks.add(task)
            task.add_done_callback(self._attended)
        return operation

    async def execute(
        self,
        code: str,
        *,
        policy: TransactionPolicy | str | None = None,
        timeout_ms: int | None = None,
        on_output: OnOutput | None = None,
        on_input: OnInput | None = None,
        filename: Folder | None = None,
        argv: Sequence[str] | None = None,
    ) -> ExecutionResult:
        """Run code and return what came of it. Cancelling this call cancels the run.

        Args:
            code: as for `run`.
            policy: as for `run`.
            timeout_ms: as for `run`.
            on_output: called with stream and text while output comes.
            on_input: called with each request, returns the line; None: input() raises EOFError.
            filename: as for `run`.
            argv: as for `run`.

        Raises:
            WorkerDied: if there is no worker. One that dies under the run gives a result.
        """
        operation = self._submit(code, policy, timeout_ms, on_input is not None, filename, argv)
        try:
            if on_output is None and on_input is None:
                await self._eagerness.look(operation.is_over)
                result = await operation.result()
                self._eagerness.learn()
                return result
            return await Attendant(operation, self._post_answer, on_output, on_input).attend()
        except BaseException:
            self._abandon(operation)
            raise

    def _abandon(self, operation: Operation) -> None:
        """Cancel a run whose result nobody will look at, without waiting for it."""
        if not operation.done:
            with contextlib.suppress(PyreplError):
                self._attachment.post(protocol.Cancel, operation.id, refused=_ignore)

    def _submit(
        self,
        code: str,
        policy: TransactionPolicy | str | None,
        timeout_ms: int | None,
        asks: bool,
        filename: Folder | None,
        argv: Sequence[str] | None,
    ) -> Operation:
        fields = self._checked(code, policy, timeout_ms, filename)
        self._count += 1
        operation = Operation(
            f"{self._prefix}{self._count:x}",
            code,
            self._model.transcript,
            self._cancel,
            self._attachment.pull,
        )
        rest = (asks, None if argv is None else list(argv))

        def send() -> None:
            self._attachment.post(protocol.Execute, operation.id, *fields, *rest, refused=refused)

        def refused(error: Exception) -> None:
            # if it has moved, the session's next worker is sent what had not begun
            if not isinstance(error, Moved) and not operation.done:
                self._model.forget(operation)
                operation.refuse(error)

        send()
        self._model.add(operation, send)
        return operation

    def _checked(
        self,
        code: str,
        policy: TransactionPolicy | str | None,
        timeout_ms: int | None,
        filename: Folder | None,
    ) -> tuple[str, str, int | None, str | None]:
        """What is to be run and how, as `protocol.Execute` has it."""
        if type(code) is not str:
            raise TypeError(f"code is a str, not {type(code).__name__}")
        if type(timeout_ms) is int and timeout_ms < 0:
            raise ValueError(f"timeout_ms is a whole number from 0 on, not {timeout_ms}")
        chosen = self._policy if policy is None else TransactionPolicy(policy)
        return code, chosen.value, timeout_ms, None if filename is None else os.fspath(filename)

    def _attended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, PyreplError):
            context = {"message": "on_input of a run failed", "exception": error}
            task.get_loop().call_exception_handler(context)

    async def _cancel(self, operation: Operation) -> None:
        asking = self._attachment.ask(protocol.Cancel, operation.id)
        await self._stop(asking, lambda: self._model.running is operation)

    async def _reply(self, request_id: str, action: str, text: str) -> None:
        await self._attachment.ask(protocol.Answer, request_id, action, text)

    def _post_answer(self, request_id: str, action: str, text: str) -> None:
        """Answer without waiting; nothing if somebody else was quicker, or the worker is dead."""
        with contextlib.suppress(PyreplError):
            self._attachment.post(protocol.Answer, request_id, action, text, refused=_ignore)

    async def interrupt(self) -> None:
        """Interrupt what runs, as Ctrl+C does; again and again if it does not stop.

        Returns as soon as the worker knows. Code in C may keep it from listening; the signal that
        is sent then ends what looks for signals, such as a regular expression. What does not, such
        as the sum of a long range, goes on until it is over, or killed.
        """
        running = self._model.running
        asking = self._attachment.ask(protocol.Interrupt)
        await self._stop(asking, lambda: self._model.running is running)

    async def _stop(self, asking: Coroutine[Any, Any, Any], still_runs: Callable[[], bool]) -> None:
        """Have the worker stop a run; from outside if it does not listen while that goes on."""
        task = asyncio.ensure_future(asking)
        try:
            await asyncio.wait({task}, timeout=UNHEARD_SECONDS)
        except BaseException:
            task.cancel()
            raise
        if task.done():
            task.result()
        elif still_runs():
            self._attachment.strike()
            self._tasks.add(task)
            task.add_done_callback(self._attended)
        else:
            await task

    async def answer(self, request: InputRequest | str, text: str) -> None:
        """Answer a request for input with a line.

        Raises:
            ProtocolError: if it no longer waits.
        """
        await self._resolve(request, "text", text)

    async def answer_eof(self, request: InputRequest | str) -> None:
        """Let a request for input end in EOFError."""
        await self._resolve(request, "eof", "")

    async def answer_interrupt(self, request: InputRequest | str) -> None:
        """Let a request for input end in KeyboardInterrupt."""
        await self._resolve(request, "interrupt", "")

    async def _resolve(self, request: InputRequest | str, action: str, text: str) -> None:
        await self._reply(request if isinstance(request, str) else request.id, action, text)


def _ignore(error: Exception) -> None:
    """What concerns a run that is over, or whose worker is dead, needs not be done."""
