"""The app in a terminal: from start to the first key handled, and to a prompt that has run code."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

from .measuring import Lab, Row, own_folders

KEY = "§"
"""A character that no program shows by itself."""
CODE, SHOWN = "print('1'*3 + str(1+1))", "1112"
ANSWERS = ((b"\x1b[c", b"\x1b[?62;22c"), (b"\x1b[6n", b"\x1b[1;1R"), (b"\x1b[0c", b"\x1b[?62;22c"))
"""What a terminal says to the questions that programs ask at start."""
PATIENCE = 60.0


class Terminal:
    """A program in a terminal of 120 by 40 that answers what programs ask at start."""

    def __init__(self, command: list[str]) -> None:
        self.begin = time.perf_counter()
        self._name = command[0]
        self._master, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        # Else the terminal itself would echo what is typed before the program is ready.
        settings = termios.tcgetattr(terminal)
        settings[3] &= ~(termios.ECHO | termios.ICANON)
        termios.tcsetattr(terminal, termios.TCSANOW, settings)
        self._process = subprocess.Popen(
            command,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 (there are no threads here)
            env={**os.environ, "TERM": "xterm-256color"},
        )
        os.close(terminal)
        self._seen = b""

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._master, text.encode())

    def shows(self, text: str, within: float) -> bool:
        """Read until `text` was shown, at most so many seconds."""
        end = time.perf_counter() + within
        while text.encode() not in self._seen:
            left = end - time.perf_counter()
            if left <= 0:
                return False
            if select.select([self._master], [], [], left)[0]:
                news = os.read(self._master, 65536)
                for question, answer in ANSWERS:
                    for _ in range(news.count(question)):
                        os.write(self._master, answer)
                self._seen += news
        return True

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.perf_counter() - self.begin

    def close(self) -> None:
        """Kill the program."""
        self._process.kill()
        self._process.wait()
        os.close(self._master)


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def start(command: list[str]) -> tuple[float, float]:
    """Seconds to the first key handled, and to the result of the first line of code."""
    terminal = Terminal(command)
    try:
        typed = 0
        while not terminal.shows(KEY, 0.02):
            # Some programs throw away what was typed before they were ready: press again.
            if terminal.seconds > 0.1 * typed:
                terminal.type(KEY)
                typed += 1
            if terminal.seconds > PATIENCE:
                raise TimeoutError(f"{command[0]} handled no key in {PATIENCE} s")
        key = terminal.seconds
        terminal.type("\x7f" * typed + CODE + "\r")
        if not terminal.shows(SHOWN, PATIENCE):
            raise TimeoutError(f"{command[0]} never ran {CODE}")
        return key, terminal.seconds
    finally:
        terminal.close()


def figures(command: list[str], times: int) -> tuple[float, float]:
    """Medians of both over some starts, the very first of which does not count."""
    with own_folders():
        start(command)
        taken = [start(command) for _ in range(times)]
        _end_sessions()
    return statistics.median(run[0] for run in taken), statistics.median(run[1] for run in taken)


def _end_sessions() -> None:
    """The app's sessions outlive it: end them."""
    listing = subprocess.run(
        [sys.executable, "-m", "pyrepl_tui", "sessions", "--json"], capture_output=True, check=False
    )
    for session in json.loads(listing.stdout or "[]"):
        subprocess.run([sys.executable, "-m", "pyrepl_tui", "stop", session["id"]], check=False)


async def measure(lab: Lab) -> list[Row]:
    """All of this file's rows."""
    times = lab.times(5)
    key, ran = figures([sys.executable, "-m", "pyrepl_tui"], times)
    folder = Path(lab.peer_python).parent
    rows = []
    for name in ("ipython", "euporie-console"):
        program = folder / name
        if not program.exists():
            continue
        try:
            peer_key, peer_ran = figures([str(program)], times)
        except TimeoutError as error:
            print(f"{name} is left out: {error}"[:300], file=sys.stderr)
            continue
        rows.append(Row("app: start to first key handled", "s", key, peer_key, name))
        rows.append(Row("app: start to a prompt that has run 1+1", "s", ran, peer_ran, name))
    return rows
