"""The real program in a terminal of its own: keys go in, and what the screen shows can be read."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import subprocess
import sys
import termios
from pathlib import Path
from threading import Lock, Thread

import pyte
from typing_extensions import Self

COLUMNS, LINES = 100, 30


class _Emulated(pyte.Screen):
    """A screen that passes over the restoring of private modes, which pyte takes for margins."""

    def set_margins(
        self, top: int | None = None, bottom: int | None = None, *, private: bool = False
    ) -> None:
        if not private:
            super().set_margins(top, bottom)


class TerminalProgram:
    """`python -m pyrepl_tui` behind a pseudo-terminal."""

    def __init__(self, cwd: Path, *arguments: str, typed: str = "") -> None:
        """Start it.

        Args:
            cwd: where it runs.
            arguments: of its command line.
            typed: keys pressed before it runs at all.
        """
        self._screen = _Emulated(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = Lock()
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        os.write(self._master, typed.encode())
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pyrepl_tui", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            env={**os.environ, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(slave)
        self._reader = Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(self._master, 65536):
                with self._lock:
                    self._stream.feed(data)

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._master, text.encode())

    def shows(self, text: str) -> bool:
        """Whether a text stands somewhere on the screen, in one line."""
        with self._lock:
            return any(text in line for line in self._screen.display)

    @property
    def ended(self) -> bool:
        """Whether the program is gone."""
        return self.process.poll() is not None

    def screen(self) -> str:
        """All of the screen."""
        with self._lock:
            return "\n".join(line.rstrip() for line in self._screen.display)

    def close(self) -> None:
        """Kill it as `kill -9` does, if it lives, and let go of the terminal."""
        self.process.kill()
        self.process.wait(10)
        self._reader.join(10)
        os.close(self._master)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if error[1] is not None:
            print(self.screen())  # pytest shows it with the failure
        self.close()
