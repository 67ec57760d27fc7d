"""Reading lines of standard input without blocking the loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import sys
import threading
from collections import deque
from collections.abc import Iterator

_READ = 1 << 16


class Lines:
    """Standard input, line by line. A line that nobody waits for any more goes to who asks next.

    A thread reads the descriptor itself: the interpreter cannot exit while a thread holds the lock
    of `sys.stdin`, and a terminal's read cannot be cancelled.
    """

    def __init__(self, fd: int = 0) -> None:
        self._fd = fd
        self._loop = asyncio.get_running_loop()
        self._wanted: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._kept: deque[str | None] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._reading = False
        self._turn = asyncio.Lock()
        threading.Thread(target=self._read_lines, name="standard input", daemon=True).start()

    @property
    def is_terminal(self) -> bool:
        """Whether a person types the lines."""
        return os.isatty(self._fd)

    async def next(self, prompt: str = "", *, password: bool = False) -> str:
        """Show a prompt and return the next line, without its end.

        Raises:
            EOFError: at the end of input.
        """
        async with self._turn:
            if prompt:
                sys.stdout.write(prompt)
                sys.stdout.flush()
            with _echo_off(self._fd) if password else contextlib.nullcontext():
                line = await self._line()
            if password and self.is_terminal:
                sys.stdout.write("\n")
        if line is None:
            raise EOFError
        return line

    async def _line(self) -> str | None:
        while not self._kept:
            if not self._reading:
                self._reading = True
                self._wanted.put(None)
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._kept.popleft()

    def _deliver(self, line: str | None) -> None:
        self._reading = False
        self._kept.append(line)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _read_lines(self) -> None:
        buffer = bytearray()
        while True:
            self._wanted.get()
            while b"\n" not in buffer:
                try:
                    data = os.read(self._fd, _READ)
                except OSError:
                    data = b""
                if not data:
                    break
                buffer += data
            head, end, tail = buffer.partition(b"\n")
            line = head.decode("utf-8", "surrogateescape") if head or end else None
            buffer = tail
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                self._loop.call_soon_threadsafe(self._deliver, line)


@contextlib.contextmanager
def _echo_off(fd: int) -> Iterator[None]:
    """Let a terminal not show what is typed."""
    import termios

    try:
        before = termios.tcgetattr(fd)
    except termios.error:
        yield
        return
    silent = [*before]
    silent[3] = before[3] & ~termios.ECHO
    termios.tcsetattr(fd, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)
