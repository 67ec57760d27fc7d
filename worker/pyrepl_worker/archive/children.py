"""Work done in a forked child that is watched: what hangs or crashes there costs only itself."""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # signal.py's wrappers need builtins
import contextlib
import gc
import json
import os
import select
import struct
import time
import warnings
from collections.abc import Callable, Iterator
from signal import Signals
from typing import Any

from pyrepl_worker.unpatched import allocate_lock, fork, start_new_thread, waitpid
from pyrepl_worker.unpatched import close as close_fd
from pyrepl_worker.unpatched import poll as new_poll

_HEADER = struct.Struct(">I")

Report = Callable[[str, Any], None]
"""Tells the parent something: ``at`` with the name of what comes next, or progress."""


PATIENCE_SECONDS = 5.0
"""How often a child says that it waits for the system, and has not hung."""


class ChildLost(Exception):
    """The child hung or died; `at` is what it was at."""

    def __init__(self, at: str, how: str) -> None:
        super().__init__(f"{how}, at {at}" if at else how)
        self.at = at
        self.how = how


class ChildFailed(Exception):
    """The child's work raised; `at` is what it was at."""

    def __init__(self, at: str, text: str, errno: int | None) -> None:
        super().__init__(text)
        self.at = at
        self.how = text
        self.errno = errno
        """The system's number, of errors that are the system's."""


def watched(job: Callable[[Report], Any], seconds: float, hear: Report | None = None) -> Any:
    """Do `job` in a forked child. What it returns must be JSON.

    Args:
        job: the work; it gets a function to report with.
        seconds: the longest time between two reports.
        hear: called with what is reported.

    Raises:
        ChildLost: if it died, or reported nothing for that long.
        ChildFailed: if it raised.
    """
    inlet, outlet = os.pipe()
    with warnings.catch_warnings(module=warnings):
        warnings.simplefilter("ignore")  # of threads: the archiver has none that matter
        pid = fork()
    if pid == 0:
        close_fd(inlet)
        _work(job, outlet)
    close_fd(outlet)
    try:
        return _listen(inlet, pid, seconds, hear)
    finally:
        close_fd(inlet)
        _end(pid)


@contextlib.contextmanager
def patient(report: Report, step: str) -> Iterator[None]:
    """Say from time to time that work goes on: a slow disk may take minutes, and tells nothing."""
    going, telling = allocate_lock(), allocate_lock()

    def tell() -> None:
        try:
            while not going.acquire(timeout=PATIENCE_SECONDS):
                report("progress", [step, 1, 1])
        finally:
            telling.release()

    going.acquire()
    telling.acquire()
    start_new_thread(tell, ())
    try:
        yield
    finally:
        going.release()
        with telling:
            pass  # it has reported all it began to


def _work(job: Callable[[Report], Any], outlet: int) -> None:
    def report(kind: str, data: Any) -> None:
        body = json.dumps([kind, data]).encode()
        view = memoryview(_HEADER.pack(len(body)) + body)
        while view:
            view = view[os.write(outlet, view) :]

    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # a collection would write to every page that is shared with the live worker
        gc.disable()
        # what user code prints while it is pickled belongs to nobody's run
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (1, 2):
            os.dup2(null, fd)
        report("done", job(report))
        code = 0
    except BaseException as error:
        errno = error.errno if isinstance(error, OSError) else None
        report("failed", [f"{type(error).__name__}: {error}", errno])
    finally:
        os._exit(code)


def _listen(inlet: int, pid: int, seconds: float, hear: Report | None) -> Any:
    data, at = bytearray(), ""
    last = time.monotonic()
    poll = new_poll()
    poll.register(inlet, select.POLLIN)
    while True:
        left = last + seconds - time.monotonic()
        if left <= 0:
            raise ChildLost(at, f"it took more than {seconds:g} s")
        if not poll.poll(left * 1000):
            continue
        got = os.read(inlet, 1 << 16)
        if not got:
            raise ChildLost(at, _cause(pid))
        data += got
        while len(data) >= 4 and len(data) >= 4 + _HEADER.unpack_from(data)[0]:
            size = 4 + _HEADER.unpack_from(data)[0]
            kind, content = json.loads(bytes(data[4:size]))
            del data[:size]
            last = time.monotonic()
            if kind == "done":
                return content
            if kind == "failed":
                raise ChildFailed(at, *content)
            if kind == "at":
                at = content
            if hear is not None:
                hear(kind, content)


def _cause(pid: int) -> str:
    _, status = waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        try:
            name = Signals(os.WTERMSIG(status)).name
        except ValueError:
            name = f"signal {os.WTERMSIG(status)}"
        return f"the process died of {name}"
    return f"the process ended with exit code {os.WEXITSTATUS(status)}"


def _end(pid: int) -> None:
    try:
        if waitpid(pid, os.WNOHANG) == (0, 0):
            os.kill(pid, signal.SIGKILL)
            waitpid(pid, 0)
    except (ChildProcessError, ProcessLookupError):
        pass  # reaped when its cause was asked for
