"""Reading a session's record on disk: output by range, in order, attributed to runs.

A `Transcript` holds the descriptors of the files of one session's folder and answers questions
about any part of them in constant memory: nothing is indexed in advance, positions are found by
binary search in the order file. A `Follower` walks the output once, as it grows.

Two kinds of offsets: a *stream offset* is a position in `stdout` or `stderr`; a *merged offset* is
the number of bytes of both streams that come before a position, in the order they were written.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyrepl_worker import protocol
from pyrepl_worker.framing import FrameError, FrameReader
from pyrepl_worker.records import record

from .events import StoredContent
from .follower import MARK_BATCH, STREAMS, Chunk, Follower, Mark
from .journal_tail import JournalFrames

__all__ = ["STREAMS", "Chunk", "Follower", "Mark", "Region", "Run", "Transcript"]

_READ = 1 << 18
_MARK = protocol.MARK


_START = Mark(0, 0, 0)


@record(frozen=True, slots=True)
class Region:
    """A stretch of one stream's output that belongs to one run."""

    ordinal: int
    """The run that wrote it; 0 where no run did."""
    stream: str
    start: int
    """Stream offset of its first byte."""
    end: int
    """Stream offset after its last byte."""
    offset: int
    """Merged offset of its first byte."""


@record(frozen=True, slots=True)
class Run:
    """What the journal says of one run."""

    started: protocol.Started
    finished: protocol.Finished | None
    """None while it runs, and if the worker died under it."""
    death: protocol.WorkerDied | None
    """How the worker died under it; None if it did not."""

    @property
    def ordinal(self) -> int:
        """The run's number within the transcript."""
        return self.started.ordinal

    @property
    def status(self) -> str:
        """``running``, ``crashed`` or the status it finished with."""
        if self.finished is not None:
            return self.finished.status
        return "running" if self.death is None else "crashed"

    @property
    def end(self) -> tuple[int, int] | None:
        """Sizes of stdout and stderr when it ended; None while it runs."""
        last = self.finished or self.death
        return None if last is None else (last.out, last.err)


class Transcript:
    """The record of one session. Reading only; safe to use from several threads."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self.directory = Path(directory)
        self._fds: dict[str, int] = {}
        self._lock = threading.Lock()
        self._closed = False
        self.open_files()

    def open_files(self) -> None:
        """Open what is there, so that it can be read even after the folder is gone."""
        for name in (*STREAMS, protocol.ORDER, protocol.JOURNAL):
            self._fd(name)

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files. Nothing can be read afterwards."""
        self._closed = True
        while self._fds:
            with contextlib.suppress(OSError, KeyError):
                os.close(self._fds.popitem()[1])

    # -- the files ---------------------------------------------------------------------------

    def _fd(self, name: str) -> int | None:
        """The descriptor of a file of the folder; None as long as there is no such file."""
        fd = self._fds.get(name)
        if fd is None and not self._closed:
            with self._lock:
                if name in self._fds:
                    return self._fds[name]
                with contextlib.suppress(OSError):
                    flags = os.O_RDONLY | os.O_CLOEXEC
                    fd = self._fds[name] = os.open(self.directory / name, flags)
        return fd

    def _size(self, name: str) -> int:
        fd = self._fd(name)
        return 0 if fd is None else os.fstat(fd).st_size

    def sizes(self) -> tuple[int, int]:
        """Sizes of stdout and stderr now, in bytes."""
        return self._size(protocol.STDOUT), self._size(protocol.STDERR)

    def journal_size(self) -> int:
        """Size of the journal now, in bytes."""
        return self._size(protocol.JOURNAL)

    def dropped(self) -> tuple[int, int]:
        """Sizes of what was freed at the start of stdout and stderr, as they grew too large."""
        return self._hole(protocol.STDOUT), self._hole(protocol.STDERR)

    def _hole(self, name: str) -> int:
        fd = self._fd(name)
        seek = getattr(os, "SEEK_DATA", None)
        if fd is None or seek is None:
            return 0
        try:
            return os.lseek(fd, 0, seek)
        except OSError:  # nothing but a hole, an empty file, or a file system that cannot tell
            size = os.fstat(fd).st_size
            return size if size and not os.fstat(fd).st_blocks else 0

    # -- bytes -------------------------------------------------------------------------------

    def read_stream(
        self, stream: str, start: int = 0, end: int | None = None, *, whole: bool = True
    ) -> bytes:
        """Return the bytes of one stream between two stream offsets.

        Args:
            stream: its name.
            start: the first byte's offset.
            end: where to stop; None: at its end.
            whole: read what was dropped as NULs; False: leave it out.
        """
        if stream not in STREAMS:
            raise ValueError(f"a stream is {' or '.join(STREAMS)}, not {stream!r}")
        fd = self._fd(stream)
        if fd is None:
            return b""
        if not whole:
            start = max(start, self._hole(stream))
        if end is None:
            end = os.fstat(fd).st_size
        parts = []
        while start < end:
            data = os.pread(fd, min(end - start, 1 << 24), start)
            if not data:
                break
            parts.append(data)
            start += len(data)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Return both streams' bytes between two merged offsets (None: to the end), in order.

        What was dropped is left out.
        """
        return b"".join(
            self.read_stream(region.stream, region.start, region.end, whole=False)
            for region in self.regions(start, end)
        )

    # -- order -------------------------------------------------------------------------------

    def mark_count(self) -> int:
        """Number of marks in the order file; a torn last one does not count."""
        return self._size(protocol.ORDER) // _MARK.size

    def marks(self, start: int, count: int) -> list[Mark]:
        """Return up to `count` marks from index `start` on; index -1 is the start of the files."""
        head = [_START] if start < 0 and count > 0 else []
        start, count = max(start, 0), count - len(head)
        fd = self._fd(protocol.ORDER)
        if fd is None or count <= 0:
            return head
        data = os.pread(fd, count * _MARK.size, start * _MARK.size)
        whole = len(data) - len(data) % _MARK.size
        return head + [Mark(o, e, n) for o, e, n, _ in _MARK.iter_unpack(data[:whole])]

    def find_mark(self, offset: int) -> int:
        """Return the index of the last mark at or before a merged offset; -1 if there is none."""
        low, high = 0, self.mark_count()
        while low < high:
            middle = (low + high) // 2
            found = self.marks(middle, 1)
            if found and found[0].out + found[0].err <= offset:
                low = middle + 1
            else:
                high = middle
        return low - 1

    def regions(
        self, start: int = 0, end: int | None = None, *, marks: tuple[int, int] | None = None
    ) -> Iterator[Region]:
        """Yield the regions between two merged offsets, in order, cut at these offsets.

        Args:
            start: merged offset to begin at.
            end: merged offset to stop at; None: where the output ends now.
            marks: indices of the first and after the last mark to look at, where known.
        """
        sizes = self.sizes()
        end = sum(sizes) if end is None else end
        index = self.find_mark(start) if marks is None else marks[0]
        last = self.mark_count() if marks is None else marks[1]
        while start < end:
            batch = self.marks(index, min(MARK_BATCH, last - index) + 1)
            if not batch:
                return
            for this, following in zip(batch, [*batch[1:], None], strict=True):
                if following is None and index + len(batch) < last:
                    break
                if this.out + this.err >= end:
                    return
                yield from _cut(this, following, sizes, start, end)
                if following is None or following.out > sizes[0] or following.err > sizes[1]:
                    return
            index += len(batch) - 1

    # -- rich values -------------------------------------------------------------------------

    def contents(self, bundle: dict[str, Any]) -> dict[str, str | bytes | StoredContent]:
        """A bundle as it was journaled (see `protocol.Displayed`), its files within reach."""
        found: dict[str, str | bytes | StoredContent] = {}
        for mime, content in bundle.items():
            if isinstance(content, (str, bytes)):
                found[mime] = content
            elif isinstance(content, dict):
                # the name alone: a journal from elsewhere must not make us read anything else
                name = os.path.basename(str(content.get("file")))
                path = self.directory / protocol.DISPLAYS / name
                found[mime] = StoredContent(path, int(content.get("size", 0)))
        return found

    # -- the journal -------------------------------------------------------------------------

    def history(self, end: int | None = None, *, start: int = 0) -> Iterator[Any]:
        """Yield the journal's events (`protocol.JournalEvent`); a torn tail is ignored.

        Args:
            end: size of the journal to read up to; None: all of it.
            start: where to begin; must be the beginning of an event.
        """
        fd = self._fd(protocol.JOURNAL)
        if fd is None:
            return
        end = os.fstat(fd).st_size if end is None else end
        reader, position = FrameReader(), start
        while position < end:
            data = os.pread(fd, min(_READ, end - position), position)
            if not data:
                return
            position += len(data)
            try:
                yield from reader.feed(data)
            except FrameError:
                return

    def frames(self, end: int | None = None) -> JournalFrames | None:
        """The journal's events up to a size, to be read in any order; None: there are none."""
        fd = self._fd(protocol.JOURNAL)
        try:
            return None if fd is None else JournalFrames(fd, end)
        except ValueError:
            return None

    def runs(self, end: int | None = None) -> list[Run]:
        """Return all runs the journal knows up to a size (None: all of it), in their order."""
        found: dict[int, Run] = {}
        for event in self.history(end):
            if isinstance(event, protocol.Started):
                found[event.ordinal] = Run(event, None, None)
            elif isinstance(event, protocol.Finished) and event.ordinal in found:
                found[event.ordinal] = Run(found[event.ordinal].started, event, None)
            elif isinstance(event, protocol.WorkerDied):
                for ordinal, run in found.items():
                    if run.status == "running":
                        found[ordinal] = Run(run.started, None, event)
        return [found[ordinal] for ordinal in sorted(found)]

    def run_output(
        self, started: protocol.Started, end: tuple[int, int], marks: int | None, limit: int
    ) -> tuple[bytes, bytes, bool]:
        """Return a run's own stdout and stderr, and whether `limit` bytes of each cut them short.

        Args:
            started: the run.
            end: sizes of both streams at its end.
            marks: number of marks at its end; None: as many as there are now.
            limit: most bytes of each stream to return.
        """
        if end == (started.out, started.err):
            return b"", b"", False
        pieces = self._pieces(started, end, marks)
        found, truncated = [], False
        for stream in STREAMS:
            data, cut = self._collect(stream, pieces[stream], limit)
            found.append(data)
            truncated |= cut
        return found[0], found[1], truncated

    def _pieces(
        self, started: protocol.Started, end: tuple[int, int], marks: int | None
    ) -> dict[str, list[tuple[int, int]]]:
        """Stream offsets of a run's regions; neighbours are joined."""
        pieces: dict[str, list[tuple[int, int]]] = {stream: [] for stream in STREAMS}
        follower = Follower(self, started.out, started.err, mark=started.mark, last_mark=marks)
        while True:
            plan = follower.plan(end, 1 << 62, forced=True)
            if not plan:
                return pieces
            for ordinal, stream, start, stop in plan:
                if ordinal != started.ordinal:
                    continue
                own = pieces[stream]
                if own and own[-1][1] == start:
                    own[-1] = (own[-1][0], stop)
                else:
                    own.append((start, stop))

    def _collect(
        self, stream: str, pieces: list[tuple[int, int]], limit: int
    ) -> tuple[bytes, bool]:
        parts: list[bytes] = []
        room, hole = limit, self._hole(stream) if pieces else 0
        for start, stop in pieces:
            begin = max(start, hole)
            if room <= 0:
                return b"".join(parts), True
            parts.append(self.read_stream(stream, begin, min(stop, begin + room)))
            room -= max(0, stop - begin)
        dropped = bool(pieces) and pieces[0][0] < hole
        return b"".join(parts), dropped or room < 0


def _cut(
    this: Mark, following: Mark | None, sizes: tuple[int, int], start: int, end: int
) -> Iterator[Region]:
    """The parts of one pair of marks that lie between two merged offsets."""
    stop = following or Mark(max(sizes[0], this.out), max(sizes[1], this.err), 0)
    middle = this.err + stop.out
    low, high = max(this.out + this.err, start), min(middle, end, this.err + sizes[0])
    if low < high:
        yield Region(this.ordinal, protocol.STDOUT, low - this.err, high - this.err, low)
    if stop.out > sizes[0]:
        return
    low, high = max(middle, start), min(stop.out + stop.err, end, stop.out + sizes[1])
    if low < high:
        yield Region(this.ordinal, protocol.STDERR, low - stop.out, high - stop.out, low)
