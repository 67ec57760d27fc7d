"""sys.stdout and sys.stderr of a session: files with a memory of who wrote last.

Descriptors 1 and 2 are the transcript's files, so C code and child processes need nothing from us.
Both Python streams are plain `io.TextIOWrapper`s over them, at CPython's own speed; what is ours
sits below (`_TranscriptFile`) and sees bytes only when they leave for the file:

* order: stderr is unbuffered, and before its bytes leave it flushes stdout. A mark in the order
  file notes each change of stream, so the order of Python's writes is exact.
* attribution: a mark names the run. Only while threads or tasks of several runs are alive are the
  streams *armed*: each ``write`` is then looked at, in the instance.
* loss: stdout is flushed line by line while output is slow, so that a crash loses nothing. In a
  flood its buffer is left to fill, and the ticks of the thread that serves empty it.
"""

from __future__ import annotations

import errno
import io
import subprocess
import sys
import threading
from _thread import RLock, _count, get_ident
from contextvars import ContextVar
from time import monotonic  # the function: user code may replace the module's
from typing import TYPE_CHECKING, Any

from .tracebacks import leave_out_ours

if TYPE_CHECKING:
    from collections.abc import Callable

    from .operation import Operation
    from .transcript import Transcript

BUFFER = 64 * 1024
FLOOD_LINES = 40
"""Lines within one WINDOW after which they are no longer flushed one by one."""
WINDOW = 0.01
QUIET_BYTES = 2048
"""A tick with less than this, thrice in a row, ends a flood."""

OPERATION: ContextVar[Operation | None] = ContextVar("pyrepl_operation", default=None)
"""The run that the current code belongs to: set for runs, inherited by tasks and threads."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_running_operation = OPERATION.get
_write = io.TextIOWrapper.write


class _TranscriptFile(io.FileIO):
    """Where a stream's bytes leave for the transcript. Takes no locks: its caller may hold io's."""

    def __init__(self, output: Output, fd: int, name: str) -> None:
        super().__init__(fd, "wb", closefd=False)
        self.name = name
        self._output = output
        self.lost = 0
        """Bytes that found no room on the disk."""
        self._write = super().write
        self._written: list[int] = []
        """What the last write has brought into the file."""
        self._lines = 0
        self._window = 0.0

    def write(self, data: Any) -> int:
        output = self._output
        if output.writer is not self:
            output.switch_stream(self)
        elif output.eager:
            self._watch_for_flood()
        written = self._written
        written.clear()
        try:
            # one call of C code: no handler of a signal comes between the write and its note
            written.extend(map(self._write, (data,)))
        except OSError as error:
            # a full disk is not the user code's problem
            if error.errno not in _FULL:
                raise
            size = memoryview(data).nbytes
            self.lost += size
            return size
        return written[0]

    def _watch_for_flood(self) -> None:
        now = monotonic()
        if now - self._window > WINDOW:
            self._window = now
            self._lines = 0
        self._lines += 1
        if self._lines == FLOOD_LINES:
            self._output.flood()


class _OutputFile(_TranscriptFile):
    """stdout's: what its buffer holds is written once, though a signal's handler may raise.

    Its exception can come after bytes have left and before the buffer hears of it, which then
    offers the same bytes again.
    """

    _unheard = 0
    """Bytes that are in the file, of those that the buffer will offer next."""

    def write(self, data: Any) -> int:
        if self._unheard:
            heard, self._unheard = self._unheard, 0
            return heard
        self._written.clear()  # of the write before
        try:
            return super().write(data)
        except BaseException:
            # more than a buffer's fill comes straight from the caller, and is not offered again
            if self._written and memoryview(data).nbytes <= BUFFER:
                self._unheard = self._written[0]
            raise


class _ErrorFile(_TranscriptFile):
    """stderr's: what stdout still holds was written before, and leaves before."""

    def write(self, data: Any) -> int:
        self._output.flush()
        return super().write(data)


class _Buffer(io.BufferedWriter):
    """A buffered writer that tells TextIOWrapper quickly that it is open."""

    closed = False

    def close(self) -> None:
        super().close()
        self.closed = True


class Output:
    """The two streams of a session, and who wrote last."""

    def __init__(self, transcript: Transcript, wake: Callable[[], None]) -> None:
        self.transcript = transcript
        self._wake = wake
        self.eager = True
        """Whether stdout is flushed at the end of each line."""
        self._flood_begins = False
        self._quiet = 0
        self._size = 0
        self.current: Operation | None = None
        """The run that threads of unknown origin are counted to."""
        self.operation: Operation | None = None
        """The run that the bytes now written belong to."""
        self.lock = RLock()
        """Held by armed writes and by ticks; always taken before the buffers' own locks."""
        self.files = (
            _OutputFile(self, 1, "<stdout>"),
            _ErrorFile(self, 2, "<stderr>"),
        )
        self.writer: _TranscriptFile = self.files[0]
        self.stdout = io.TextIOWrapper(
            _Buffer(self.files[0], BUFFER),
            encoding="utf-8",
            errors="backslashreplace",
            newline="\n",
            line_buffering=True,
        )
        self.stderr = io.TextIOWrapper(
            self.files[1],
            encoding="utf-8",
            errors="backslashreplace",
            newline="\n",
            write_through=True,
        )
        self.stdout.mode = self.stderr.mode = "w"  # type: ignore[misc]

    @property
    def is_replaced(self) -> bool:
        """Whether user code has put other streams in the place of these."""
        out, err = _streams_now()
        return out is not self.stdout or err is not self.stderr

    @property
    def flooding(self) -> bool:
        """Whether flushing is left to ticks."""
        return self._flood_begins or not self.eager

    # -- order and attribution ---------------------------------------------------------------------

    def switch_stream(self, file: _TranscriptFile) -> None:
        """Note that `file` writes next."""
        self._mark()
        self.writer = file

    def _switch_operation(self, operation: Operation | None) -> None:
        """Note that another run writes next. Call with the lock held."""
        self.flush()
        self.operation = operation
        self._mark()

    def _mark(self) -> tuple[int, int]:
        """Note who writes from now on. Returns the sizes of both files."""
        operation = self.operation
        return self.transcript.mark(operation.ordinal if operation is not None else 0)

    def begin(self, operation: Operation | None, *, others: bool = False) -> tuple[int, int, int]:
        """Count output to a run (None: to none). Returns sizes of both files, marks before it."""
        with self.lock:
            self.flush()
            marks = self.transcript.mark_count()
            self.current = self.operation = operation
            out, err = self._mark()
        # a thread is counted from when it runs: ours may not have come so far, while a user's has
        if _count() > 1 or len(threading._active) > 1 or others:  # type: ignore[attr-defined]
            self.arm()
        else:
            self._disarm()
        return out, err, marks

    def arm(self) -> None:
        """Look at each write, because code of several runs may write from now on."""
        for stream in (self.stdout, self.stderr):
            if "write" not in vars(stream):
                stream.write = self._armed(stream)  # type: ignore[method-assign]

    def _disarm(self) -> None:
        for stream in (self.stdout, self.stderr):
            vars(stream).pop("write", None)

    def _armed(self, stream: io.TextIOWrapper) -> Callable[[str], int]:
        def write(text: str, /) -> int:
            operation = _running_operation() or origin_of_thread(self.current)
            with self.lock:
                if operation is not self.operation:
                    self._switch_operation(operation)
                return _write(stream, text)

        return write

    # -- flushing ----------------------------------------------------------------------------------

    def flush(self) -> None:
        """Bring everything that Python wrote into the files."""
        try:
            self.stdout.flush()
        except (OSError, ValueError, RuntimeError):
            return  # closed by user code: its own loss; or called from within its own write

    def flood(self) -> None:
        """Leave flushing to ticks, from the next one on."""
        self._flood_begins = True
        self._wake()

    def tick(self) -> None:
        """Empty the buffer; called by the thread that serves while a run or a flood goes on."""
        with self.lock:
            if self._flood_begins:
                self._flood_begins = False
                self._set_eager(False)
            self.flush()
            if self.eager:
                return
            size = self.transcript.sizes()[0]
            self._quiet = self._quiet + 1 if size - self._size < QUIET_BYTES else 0
            self._size = size
            if self._quiet >= 3:
                self._quiet = 0
                self._set_eager(True)

    def _set_eager(self, eager: bool) -> None:
        self.eager = eager
        try:
            self.stdout.reconfigure(line_buffering=eager)
        except (OSError, ValueError):
            self.eager = True  # closed by user code: nothing left to tick for

    def serve_a_fork(self) -> None:
        """In a process that user code forked, where nobody ticks: flush each line."""
        self._set_eager(True)

    def take_lost(self) -> int:
        """Bytes lost to a full disk since the last call."""
        lost = sum(file.lost for file in self.files)
        for file in self.files:
            file.lost = 0
        return lost


def _streams_now() -> tuple[Any, Any]:
    """What is in the place of our streams; None where user code has deleted one."""
    return getattr(sys, "stdout", None), getattr(sys, "stderr", None)


def flush_streams() -> None:
    """Flush what user code put in place of our streams, as the interpreter does at a prompt."""
    for stream in _streams_now():
        if stream is not None:
            stream.flush()


def origin_of_thread(default: Operation | None) -> Operation | None:
    """The run that started this thread; its context remembers the answer."""
    thread = threading._active.get(get_ident())  # type: ignore[attr-defined]
    operation: Operation | None = getattr(thread, "_pyrepl_operation", default)
    OPERATION.set(operation)
    return operation


def trace_threads(output: Output) -> None:
    """Make each thread remember the run that started it, and know our frames in its errors."""
    start = threading.Thread.start

    def start_remembering(self: threading.Thread) -> None:
        output.arm()
        self._pyrepl_operation = _running_operation()  # type: ignore[attr-defined]
        print_error = self._invoke_excepthook  # type: ignore[attr-defined]

        def print_users_error(thread: threading.Thread) -> None:
            leave_out_ours(sys.exc_info()[1])  # it may come from our input()
            print_error(thread)

        self._invoke_excepthook = print_users_error  # type: ignore[attr-defined]
        start(self)

    start_remembering.__name__ = "start"
    start_remembering.__qualname__ = "Thread.start"
    start_remembering.__doc__ = start.__doc__
    start_remembering.__wrapped__ = start  # type: ignore[attr-defined]
    threading.Thread.start = start_remembering  # type: ignore[method-assign]


_BY_LINES = (
    "import sys; sys.stdout and sys.stdout.reconfigure(line_buffering=True); "
    "sys.argv.pop(1); exec(sys.argv.pop(1))"
)
"""What a child runs that is given the option ``-c`` twice: the first makes the second its code."""


def flush_children() -> None:
    """Have processes that multiprocessing spawns write line by line, as on a terminal.

    For them this is a file: pools kill their workers, and what is in a buffer then is lost.
    Without any buffer the parts of lines that two of them print at once would mix.
    """
    flags = getattr(subprocess, "_args_from_interpreter_flags", None)
    if flags is None:
        return

    def flags_of_children() -> list[str]:
        caller = sys._getframe(1).f_globals.get("__name__")
        if caller in ("multiprocessing.spawn", "multiprocessing.forkserver"):
            return [*flags(), "-c", _BY_LINES]  # code follows, as the argument of another -c
        return [*flags(), "-u"]

    subprocess._args_from_interpreter_flags = flags_of_children  # type: ignore[attr-defined]
