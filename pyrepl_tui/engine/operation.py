"""One execution of code, as its caller sees it."""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import AsyncIterator, Callable, Generator
from functools import partial
from typing import TYPE_CHECKING, Any

from pyrepl_worker import protocol

from . import events
from .feed import BUSY_SECONDS, Entry, Feed
from .late_result import LateResult
from .values import ExecutionError, ExecutionResult, WorkerDeath

if TYPE_CHECKING:
    from .transcript import Transcript

OUTPUT_LIMIT = 64 << 20
"""Most bytes of stdout, and of stderr, that a result holds."""

_BLOCKING = 1 << 20
"""Output up to this size is read on the spot; more is read by a thread, or when it is looked at."""


class Operation:
    """A run of some code: await it for its result, iterate over it for its events."""

    def __init__(
        self,
        operation_id: str,
        code: str,
        transcript: Transcript,
        canceller: Any = None,
        pull: Callable[[], object] = bool,
    ) -> None:
        self.id = operation_id
        """Unique among all operations."""
        self.code = code
        self._transcript = transcript
        self._canceller = canceller
        self._pull = pull
        """Takes in what the worker has sent, if it has."""
        self._started: protocol.Started | None = None
        self._finished: protocol.Finished | None = None
        self._rolled_back = False
        self._lived_ms = 0.0
        """How long it had run when its worker died."""
        self._death: tuple[WorkerDeath, tuple[int, int]] | None = None
        self._refused: BaseException | None = None
        self._waiters: list[asyncio.Future[None]] = []
        self._entries: list[Entry] = []
        self._feeds: weakref.WeakSet[Feed] | None = None
        """Its listeners; None as long as there were none."""
        self._result: ExecutionResult | None = None

    def __repr__(self) -> str:
        return f"<Operation {self.id} {self.status}>"

    @property
    def ordinal(self) -> int:
        """Number of the run within the transcript; 0 until it starts."""
        return 0 if self._started is None else self._started.ordinal

    @property
    def status(self) -> str:
        """``queued``, ``running`` or the status it ended with."""
        if self._finished is not None:
            return self._finished.status
        if self._death is not None:
            return "crashed"
        if self._refused is not None:
            return "cancelled"
        return "queued" if self._started is None else "running"

    @property
    def done(self) -> bool:
        """True once it is over."""
        return self.is_over()

    def is_over(self) -> bool:
        """The same as `done`, for who wants a function."""
        return self._finished is not None or self._death is not None or self._refused is not None

    def __await__(self) -> Generator[Any, None, ExecutionResult]:
        return self.result().__await__()

    async def result(self) -> ExecutionResult:
        """Wait for the end and return what came of it. The same as awaiting the operation."""
        if not self.done:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter
        if self._refused is not None:
            raise self._refused
        result = self._result = self._result or self._make_result()
        if isinstance(result, LateResult):
            await asyncio.get_running_loop().run_in_executor(None, result.load)
        return result

    async def cancel(self) -> None:
        """Interrupt it, or take it out of the queue; nothing if it is over."""
        if not self.done and self._canceller is not None:
            await self._canceller(self)

    def __aiter__(self) -> AsyncIterator[events.OperationEvent]:
        return self._stream()

    async def _stream(self) -> AsyncIterator[events.OperationEvent]:
        feed = self.listen()
        event = None
        while not isinstance(event, events.Finished):
            try:
                event = await feed.next()
            except StopAsyncIteration:
                if self._refused is not None:
                    raise self._refused from None
                return
            if isinstance(event, events.OPERATION_EVENTS):
                yield event

    def listen(self, *, output: bool = True) -> Feed:
        """A listener to all of its events, from the first one on."""
        feed = Feed(
            self._transcript,
            output=output,
            interval=lambda: BUSY_SECONDS,
            name_of=lambda ordinal: self.id,
            operation=self,
            pull=self._pull,
        )
        if self._started is not None:
            feed.push(started_entry(self._started))
        for entry in self._entries:
            feed.push(entry)
        if self._feeds is None:
            self._feeds = weakref.WeakSet()
        self._feeds.add(feed)
        if self._refused is not None:
            feed.close()
        return feed

    # -- what the session tells it -------------------------------------------------------------

    def say(self, entry: Entry) -> None:
        """Something happened in it."""
        self._entries.append(entry)
        for feed in self._feeds or ():
            feed.push(entry)

    def start(self, started: protocol.Started) -> None:
        """It runs."""
        self._started = started
        if self._feeds:
            entry = started_entry(started)
            for feed in self._feeds:
                feed.push(entry)

    def finish(self, finished: protocol.Finished) -> None:
        """It is over."""
        self._finished = finished
        self._end((finished.out, finished.err))

    def crash(
        self, death: WorkerDeath, sizes: tuple[int, int], *, rolled_back: bool = False
    ) -> None:
        """The worker died before it was over, when the streams had these sizes."""
        self._death = (death, sizes)
        self._rolled_back = rolled_back and self._started is not None
        if self._started is not None:
            self._lived_ms = max(0.0, (time.time() - self._started.at) * 1000)
        self._end(sizes)

    def refuse(self, error: BaseException) -> None:
        """It was not accepted."""
        if not self.done:
            self._refused = error
            self._release()
            for feed in self._feeds or ():
                feed.close()

    def _end(self, sizes: tuple[int, int]) -> None:
        self.say(Entry(None, sizes))
        self._release()

    def _release(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    # -- results -------------------------------------------------------------------------------

    async def finished_event(self, *, output: bool) -> events.Finished:
        """The event of its end.

        Args:
            output: False: its result leaves stdout and stderr empty. True: it has them; where that
                is much, once somebody looks, for who listened to events has had it.
        """
        result = self._describe("", "", False)
        if output:
            self._result = result = self._result or self._make_result()
        return events.Finished(result, self.id, self.ordinal)

    def _make_result(self) -> ExecutionResult:
        """The result; a `LateResult` if reading its output would take a while."""
        started, finished = self._started, self._finished
        plain = self._describe("", "", False)
        if started is None:
            return plain
        if finished is not None:
            end, marks = (finished.out, finished.err), finished.marks
            if end[0] == started.out and end[1] == started.err:
                return plain
        else:
            assert self._death is not None
            end, marks = self._death[1], None
        if sum(end) - started.out - started.err > _BLOCKING:
            return LateResult.of(plain, partial(self._read, started, end, marks))
        return self._describe(*self._read(started, end, marks))

    def _read(
        self, started: protocol.Started, end: tuple[int, int], marks: int | None
    ) -> tuple[str, str, bool]:
        out, err, cut = self._transcript.run_output(started, end, marks, OUTPUT_LIMIT)
        cut = cut or (self._finished is not None and self._finished.value_truncated)
        return out.decode("utf-8", "replace"), err.decode("utf-8", "replace"), cut

    def _describe(self, stdout: str, stderr: str, truncated: bool) -> ExecutionResult:
        finished = self._finished
        if finished is None:
            count = 0 if self._started is None else self._started.execution_count
            death = None if self._death is None else self._death[0]
            return ExecutionResult(
                status="crashed",
                stdout=stdout,
                stderr=stderr,
                execution_count=count,
                duration_ms=self._lived_ms,
                death=death,
                rolled_back=self._rolled_back,
                isolation="image" if self._rolled_back else "none",
                truncated=truncated,
            )
        return ExecutionResult(
            finished.status,
            stdout,
            stderr,
            finished.value,
            None if finished.error is None else _error(finished.error),
            finished.execution_count,
            finished.duration_ms,
            None,
            finished.rolled_back,
            finished.isolation,
            finished.unrestored,
            truncated or finished.value_truncated,
        )


def _error(fields: dict[str, Any]) -> ExecutionError:
    code = fields.get("exit_code")
    return ExecutionError(
        str(fields.get("name", "")),
        str(fields.get("message", "")),
        str(fields.get("traceback", "")),
        code if isinstance(code, int) else None,
    )


def started_entry(message: protocol.Started) -> Entry:
    """A run's beginning, for listeners."""
    event = events.Started(
        message.operation_id,
        message.ordinal,
        message.execution_count,
        message.code,
        message.filename,
        message.client,
        message.at,
    )
    return Entry(event, (message.out, message.err), message.mark)
