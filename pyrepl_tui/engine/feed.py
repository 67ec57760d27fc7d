"""Streams of events: what was said is kept for each listener, output is read when it asks.

So a listener that is slow, or asks for nothing, costs neither memory nor time, whatever is printed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import events
from .eagerness import Eagerness
from .follower import Follower

if TYPE_CHECKING:
    from .operation import Operation
    from .transcript import Transcript

BUSY_SECONDS = 0.02
"""How often a listener looks for new output while code runs."""
IDLE_SECONDS = 0.25
"""How often it looks while none runs: threads and children may still write."""


class Entry:
    """Something that was said, and how much output there was then."""

    __slots__ = ("event", "mark", "sizes")

    def __init__(
        self, event: Any, sizes: tuple[int, int] | None = None, mark: int | None = None
    ) -> None:
        self.event = event
        """An event; or the `Operation` that finished, from which the event is made when needed;
        None stands for the end of the operation that a feed belongs to."""
        self.sizes = sizes
        """Sizes of stdout and stderr; None if it has no place among the output."""
        self.mark = mark
        """Index of the mark that lies there, if the entry begins a run."""


class Feed:
    """One listener's place in the stream of events of a session or of one operation."""

    def __init__(
        self,
        transcript: Transcript,
        *,
        output: bool,
        interval: Callable[[], float],
        name_of: Callable[[int], str | None],
        newest: Callable[[], int | None] = lambda: None,
        operation: Operation | None = None,
        pull: Callable[[], object] = bool,
    ) -> None:
        """Begin to listen.

        Args:
            transcript: where the output is read.
            output: deliver output too; False: only events, and results without output.
            interval: tells how long to wait before looking for output again, in seconds.
            name_of: tells the operation id of a run's ordinal.
            newest: tells the ordinal of the last run of which the start was heard. Output of later
                ones waits for that: a worker may tell a start some milliseconds late.
            operation: deliver only this operation's output, from its start; None: all from now on.
            pull: takes in what the worker has sent, if it has.
        """
        self._transcript = transcript
        self._output = output
        self._interval = interval
        self._name_of = name_of
        self._newest = newest
        self._operation = operation
        self._follower: Follower | None = None
        if output and operation is None:
            self._follower = Follower(transcript, *transcript.sizes())
        self._entries: deque[Entry] = deque()
        self._ready: deque[events.Output] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._closed = False
        self._eagerness = Eagerness(pull)

    def push(self, entry: Entry) -> None:
        """Say something."""
        self._entries.append(entry)
        self._wake()

    def close(self) -> None:
        """Let the stream end after what was said so far."""
        self._closed = True
        self._wake()

    async def next(self) -> Any:
        """Return the next event.

        Raises:
            StopAsyncIteration: at the end.
        """
        while True:
            if self._ready:
                return self._ready.popleft()
            if self._entries:
                entry = self._entries[0]
                if await self._read(entry.sizes, mark=entry.mark):
                    continue
                self._entries.popleft()
                if isinstance(entry.event, events.Event):
                    return entry.event
                finished = self._operation if entry.event is None else entry.event
                assert finished is not None
                return await finished.finished_event(output=self._output)
            sizes = self._transcript.sizes() if self._output else None
            # what was said before these bytes were printed lies in the socket now: it comes first
            await asyncio.sleep(0)
            if self._entries or await self._read(sizes, newest=self._newest()):
                continue
            if self._closed and not self._entries:
                raise StopAsyncIteration
            if not self._closed:
                await self._wait()

    async def _read(
        self,
        until: tuple[int, int] | None,
        *,
        mark: int | None = None,
        newest: int | None = None,
    ) -> bool:
        """Look for output up to some sizes (None: all there is); False if there is none.

        Args:
            until: the sizes.
            mark: index of the mark that lies there, if it is known.
            newest: ordinal of the last run that may be read; None: all.
        """
        if not self._output:
            return False
        follower = self._follower
        if follower is None:
            if until is None or mark is None:
                return False
            follower = self._follower = Follower(self._transcript, *until, mark=mark)
        chunks = follower.advance(until=until, newest=newest)
        if not chunks:
            return False
        own = None if self._operation is None else self._operation.ordinal
        for ordinal, stream, start, data in chunks:
            if own is None or ordinal == own:
                name = self._name_of(ordinal)
                self._ready.append(events.Output(stream, data, name, ordinal, start))
        await asyncio.sleep(0)  # a flood must not keep the loop from everything else
        return True

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def _wait(self) -> None:
        """Sleep until something is said, or until it is time to look for output."""
        await self._eagerness.look(self._has_news)
        if not self._has_news():
            await self._sleep()
        self._eagerness.learn()

    def _has_news(self) -> bool:
        return self._closed or bool(self._entries)

    async def _sleep(self) -> None:
        loop = asyncio.get_running_loop()
        waiter = self._waiter = loop.create_future()
        timer = None
        if self._follower is not None:
            timer = loop.call_later(self._interval(), self._wake)
        try:
            await waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()


class EventStream:
    """What `Session.events` returns: an asynchronous iterator that listens from its making on."""

    def __init__(self, feed: Feed, hold: Any) -> None:
        self._feed = feed
        self._hold = hold

    def __aiter__(self) -> EventStream:
        return self

    async def __anext__(self) -> events.SessionEvent:
        event: events.SessionEvent = await self._feed.next()
        return event

    async def aclose(self) -> None:
        """Stop listening."""
        self._feed.close()
