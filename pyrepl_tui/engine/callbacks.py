"""Serving an operation with its caller's functions: output as text, and answers to input()."""

from __future__ import annotations

import asyncio
import codecs
import inspect
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Literal

from . import events
from .errors import PyreplError
from .operation import Operation
from .transcript import STREAMS
from .values import ExecutionResult

OnOutput = Callable[[str, str], Awaitable[None] | None]
"""Called with the stream's name and some text."""
OnInput = Callable[[events.InputRequest], Awaitable[str] | str]
"""Called with a request; returns the line. May raise EOFError or KeyboardInterrupt."""
InputAnswers = OnInput | Literal["ask"] | None
"""How input() is answered: by a function; ``"ask"``: by whoever calls `Session.answer`;
None: not at all, it raises EOFError."""

Reply = Callable[[str, str, str], None]
"""Sends the worker an answer: request id, action, text. Nothing if it no longer waits."""


class Attendant:
    """Calls a caller's functions while an operation runs."""

    def __init__(
        self,
        operation: Operation,
        reply: Reply,
        on_output: OnOutput | None = None,
        on_input: OnInput | None = None,
    ) -> None:
        self._operation = operation
        self._reply = reply
        self._on_output = on_output
        self._on_input = on_input
        self._decoders = {
            stream: codecs.getincrementaldecoder("utf-8")("replace") for stream in STREAMS
        }
        self._answers: dict[str, asyncio.Task[None]] = {}
        self._failure: Exception | None = None

    async def attend(self) -> ExecutionResult:
        """Serve the operation to its end and return its result.

        Raises:
            Exception: what one of the caller's functions raised; the operation was cancelled then.
        """
        feed = self._operation.listen(output=self._on_output is not None)
        event = None
        try:
            while not isinstance(event, events.Finished):
                try:
                    event = await feed.next()
                except StopAsyncIteration:
                    break
                await self._take(event)
            await self._flush()
        finally:
            for task in self._answers.values():
                task.cancel()
        if self._failure is not None:
            raise self._failure
        return await self._operation.result()

    async def _take(self, event: object) -> None:
        if isinstance(event, events.Output):
            await self._print(event.stream, self._decoders[event.stream].decode(event.data))
        elif isinstance(event, events.InputRequest) and self._on_input is not None:
            await self._consult(event.id, partial(self._on_input, event))
        elif isinstance(event, events.InputResolved):
            answer = self._answers.pop(event.id, None)
            if answer is not None:
                answer.cancel()  # somebody else was quicker, or the run ended

    async def _flush(self) -> None:
        for stream, decoder in self._decoders.items():
            await self._print(stream, decoder.decode(b"", final=True))

    async def _print(self, stream: str, text: str) -> None:
        if not text or self._on_output is None or self._failure is not None:
            return
        try:
            done = self._on_output(stream, text)
            if inspect.isawaitable(done):
                await done
        except Exception as error:
            await self._fail(error)

    async def _consult(self, request_id: str, ask: Callable[[], Awaitable[str] | str]) -> None:
        """Ask the caller: what it says at once is sent at once, else a task waits for it."""
        answer: object
        try:
            answer = ask()
        except (Exception, KeyboardInterrupt) as error:
            answer = error
        if inspect.isawaitable(answer):
            task = asyncio.get_running_loop().create_task(self._answer(request_id, answer))
            self._answers[request_id] = task
        else:
            await self._send(request_id, answer)

    async def _answer(self, request_id: str, awaited: Awaitable[object]) -> None:
        answer: object
        try:
            answer = await awaited
        except (Exception, KeyboardInterrupt) as error:
            answer = error
        self._answers.pop(request_id, None)
        await self._send(request_id, answer)

    async def _send(self, request_id: str, answer: object) -> None:
        """Send what the caller said, or raised."""
        if isinstance(answer, str):
            self._reply(request_id, "text", answer)
        elif isinstance(answer, EOFError):
            self._reply(request_id, "eof", "")
        elif isinstance(answer, KeyboardInterrupt):
            self._reply(request_id, "interrupt", "")
        elif isinstance(answer, Exception):
            await self._fail(answer)
        else:
            text = f"on_input returned {type(answer).__name__} instead of str"
            await self._fail(TypeError(text))

    async def _fail(self, error: Exception) -> None:
        if self._failure is None:
            self._failure = error
            try:
                await self._operation.cancel()
            except PyreplError:
                return  # its worker is dead: it is over anyway
