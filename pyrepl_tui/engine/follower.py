"""Walking through a transcript's output, once, in the order it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyrepl_worker import protocol

if TYPE_CHECKING:
    from .transcript import Transcript

STREAMS = (protocol.STDOUT, protocol.STDERR)
"""Names of the two output streams."""

CHUNK = 1 << 18
"""How much output a follower delivers at a time unless told otherwise."""

MARK_BATCH = 2048
_MOST_PARTS = 1 << 16


class Mark(NamedTuple):
    """One record of the order file."""

    out: int
    err: int
    ordinal: int


class Chunk(NamedTuple):
    """Some new output, as a `Follower` meets it."""

    ordinal: int
    """The run that wrote it; 0 where no run did."""
    stream: str
    start: int
    """Stream offset of its first byte."""
    data: bytes


class Follower:
    """Walks through a transcript's output once, in order, as it grows."""

    def __init__(
        self,
        transcript: Transcript,
        out: int = 0,
        err: int = 0,
        *,
        mark: int | None = None,
        last_mark: int | None = None,
    ) -> None:
        """Begin at sizes of the two streams.

        Args:
            transcript: what to walk through.
            out: stream offset in stdout.
            err: stream offset in stderr.
            mark: index of the mark there, if it is known.
            last_mark: number of marks to heed; None: all that there will be.
        """
        self._transcript = transcript
        self._out = out
        self._err = err
        self._index = transcript.find_mark(out + err) if mark is None else mark
        self._last_mark = last_mark
        self._base = 0
        self._batch: list[Mark] = []
        here = transcript.marks(self._index, 1)
        self._ordinal = here[0].ordinal if here else 0

    @property
    def position(self) -> tuple[int, int]:
        """Sizes of stdout and stderr up to which everything was delivered."""
        return self._out, self._err

    def advance(
        self,
        *,
        until: tuple[int, int] | None = None,
        max_bytes: int = CHUNK,
        newest: int | None = None,
    ) -> list[Chunk]:
        """Return the next output, at most about `max_bytes` of it; nothing if there is none now.

        Args:
            until: sizes of both streams to walk up to; None: as far as the output goes now.
            max_bytes: when to stop and leave the rest for the next call.
            newest: ordinal of the last run whose output is wanted by now; None: all runs'.
        """
        sizes = self._transcript.sizes() if until is None else until
        if sizes[0] <= self._out and sizes[1] <= self._err:
            return []
        begin = {protocol.STDOUT: self._out, protocol.STDERR: self._err}
        plan = self.plan(sizes, max_bytes, forced=until is not None, newest=newest)
        data = {
            stream: self._transcript.read_stream(stream, begin[stream], end)
            for stream, end in zip(STREAMS, self.position, strict=True)
        }
        chunks: list[Chunk] = []
        for ordinal, stream, start, end in plan:
            low = start - begin[stream]
            chunks.append(Chunk(ordinal, stream, start, data[stream][low : low + end - start]))
        if any(text.startswith(b"\0") for text in data.values()):
            return self._without_holes(chunks)
        return chunks

    def _without_holes(self, chunks: list[Chunk]) -> list[Chunk]:
        """Leave out what was dropped before we came to read it."""
        holes = dict(zip(STREAMS, self._transcript.dropped(), strict=True))
        found: list[Chunk] = []
        for ordinal, stream, start, data in chunks:
            skip = max(0, holes[stream] - start)
            if skip < len(data):
                found.append(Chunk(ordinal, stream, start + skip, data[skip:]))
        return found

    def plan(
        self,
        sizes: tuple[int, int],
        max_bytes: int,
        *,
        forced: bool,
        newest: int | None = None,
    ) -> list[tuple[int, str, int, int]]:
        """Step over the next output without reading it: (ordinal, stream, start, end) of each part.

        Args:
            sizes: sizes of the two streams that may be walked up to.
            max_bytes: when to stop.
            forced: walk up to `sizes` even where more output of the same region will follow.
            newest: ordinal of the run to stop after, as for `advance`.
        """
        plan: list[tuple[int, str, int, int]] = []
        room = max_bytes
        while room > 0 and len(plan) < _MOST_PARTS:
            closing = self._mark(self._index + 1)
            out = sizes[0] if closing is None else min(closing.out, sizes[0])
            err = sizes[1] if closing is None else min(closing.err, sizes[1])
            if out > self._out:
                end = min(out, self._out + room)
                self._extend(plan, protocol.STDOUT, self._out, end)
                room -= end - self._out
                self._out = end
                if end < out:
                    break
            if closing is not None and closing.out > sizes[0] and not forced:
                break
            if err > self._err and room > 0:
                end = min(err, self._err + room)
                self._extend(plan, protocol.STDERR, self._err, end)
                room -= end - self._err
                self._err = end
            if closing is None or closing.out > self._out or closing.err > self._err:
                break
            if newest is not None and closing.ordinal > newest:
                break
            self._index += 1
            self._ordinal = closing.ordinal
        return plan

    def _extend(
        self, plan: list[tuple[int, str, int, int]], stream: str, start: int, end: int
    ) -> None:
        if plan:
            ordinal, last, begin, stop = plan[-1]
            if ordinal == self._ordinal and last == stream and stop == start:
                plan[-1] = (ordinal, stream, begin, end)
                return
        plan.append((self._ordinal, stream, start, end))

    def _mark(self, index: int) -> Mark | None:
        """The mark at an index, read ahead in batches; None if it is not there (yet)."""
        if self._last_mark is not None and index >= self._last_mark:
            return None
        if not self._base <= index < self._base + len(self._batch):
            self._batch = self._transcript.marks(index, MARK_BATCH)
            self._base = index
        return self._batch[index - self._base] if self._batch else None
