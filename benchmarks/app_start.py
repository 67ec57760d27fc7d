"""The app in a terminal: from start to the first paint, first key handled and first answer.

Beside ipython and euporie-console, and beside the floor: an app of the same toolkit with nothing
but a text area. Starts of all are interleaved. The app's second start finds its nursery warm, and
the sessions of the last time living: one tab, or twenty.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import statistics
import struct
import subprocess
import sys
import termios
import time
from dataclasses import dataclass
from pathlib import Path

from pyrepl_tui.locations import state_dir
from pyrepl_tui.tour_actions import SEEN

from .measuring import Lab, Row, own_folders

KEY = "§"
"""A character that no program shows by itself."""
ESCAPES = re.compile(rb"\x1b(?:\[[^@-~]*[@-~]|\][^\x07]*\x07|[()].|.)|\s")
PAINTED = 20
"""Visible characters that count as a paint."""
TABS = 20
"""Sessions in the start with many tabs."""
FLOOR = """
from textual.app import App
from textual.widgets import TextArea
class Floor(App):
    def compose(self):
        yield TextArea()
Floor().run()
"""
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
        self.painted: float | None = None
        """Seconds from the start to the first paint."""

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
                if self.painted is None and len(ESCAPES.sub(b"", self._seen)) > PAINTED:
                    self.painted = self.seconds
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


@dataclass(frozen=True)
class Start:
    """Seconds from the start of a process to what it shows."""

    paint: float
    key: float
    answer: float | None
    """The result of the first line of code; None where nothing runs code."""


def start(command: list[str], number: int, *, runs: bool = True) -> Start:
    """Start a program, press a key, run a line whose result no other start shows."""
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
        assert terminal.painted is not None, "the key was seen"
        if not runs:
            return Start(terminal.painted, key, None)
        code, shown = f"print('<' + str({number}+{number}) + '>')", f"<{2 * number}>"
        terminal.type("\x7f" * typed + code + "\r")
        if not terminal.shows(shown, PATIENCE):
            raise TimeoutError(f"{command[0]} never ran {code}")
        return Start(terminal.painted, key, terminal.seconds)
    finally:
        terminal.close()


def interleaved(commands: dict[str, list[str]], times: int) -> dict[str, list[Start]]:
    """Starts of some programs in turns; the very first of each does not count."""
    found: dict[str, list[Start]] = {name: [] for name in commands}
    for number in range(1000, 1000 + times + 1):
        for name, command in list(commands.items()):
            try:
                found[name].append(start(command, number, runs=name != "floor"))
            except (TimeoutError, OSError) as error:
                print(f"{name} is left out: {error}"[:300], file=sys.stderr)
                del commands[name], found[name]
    return {name: starts[1:] for name, starts in found.items()}


def middle(starts: list[Start], what: str) -> float:
    """The median of one figure."""
    return float(statistics.median(getattr(each, what) for each in starts))


def skip_tour() -> None:
    """Nobody here is new: no tour takes the first key."""
    folder = state_dir()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / SEEN).touch()


def _end_sessions() -> None:
    """The app's sessions outlive it: end them."""
    listing = subprocess.run(
        [sys.executable, "-m", "pyrepl_tui", "sessions", "--json"], capture_output=True, check=False
    )
    for session in json.loads(listing.stdout or "[]"):
        subprocess.run([sys.executable, "-m", "pyrepl_tui", "stop", session["id"]], check=False)


def _open_sessions(count: int) -> None:
    """Sessions that live on without a window, for the next start to show."""
    for number in range(count):
        subprocess.run(
            [sys.executable, "-m", "pyrepl_tui", "exec", "--session", f"tab {number}", "x = 1"],
            check=True,
            capture_output=True,
        )


async def measure(lab: Lab) -> list[Row]:
    """All of this file's rows."""
    times = lab.times(7)
    ours = [sys.executable, "-m", "pyrepl_tui"]
    peers = {
        name: [str(Path(lab.peer_python).parent / name)] for name in ("ipython", "euporie-console")
    }
    peers = {name: each for name, each in peers.items() if Path(each[0]).exists()}
    with own_folders():
        skip_tour()
        found = interleaved({"ours": ours, "floor": [sys.executable, "-c", FLOOR], **peers}, times)
        _open_sessions(TABS - 1)
        many = interleaved({"ours": ours}, max(2, times // 2))
        _end_sessions()
    rows = []
    whats = {"paint": "first paint", "key": "first key handled", "answer": "first answer"}
    floor = middle(found["floor"], "paint")
    for peer in ("floor", *peers):
        for what, words in whats.items():
            if peer in found and not (peer == "floor" and what == "answer"):
                theirs = middle(found[peer], what)
                named = "an empty Textual app" if peer == "floor" else peer
                bar = 2.0 if (peer, what) == ("ipython", "answer") else None
                title = f"app: second start to {words}"
                mine = middle(found["ours"], what)
                note = f"the toolkit alone paints after {floor:.2f} s" if bar else ""
                rows.append(Row(title, "s", mine, theirs, named, at_least=bar, note=note))
    for what, words in whats.items():
        title = f"app: second start to {words}, {TABS} tabs"
        rows.append(Row(title, "s", middle(many["ours"], what), None))
    return rows
