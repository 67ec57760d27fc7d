"""No command: the full-screen workspace."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import select
import signal
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from . import PROGRAM, USAGE_ERROR

if TYPE_CHECKING:
    from pyrepl_tui.app import PyreplApp

_COLLECT = 20_000, 20, 20
"""Allocations between two collections of garbage, and their ratios to larger ones."""

_ANEW_EVERY = 60.0
"""Seconds that an app must have lasted for another one to take its place after errors."""

_ENDINGS = signal.SIGHUP, signal.SIGTERM
"""The terminal was closed; we are told to end."""
_LEAVE_SECONDS = 5
"""The longest time that drafts and queues may take to be kept then."""

_ALT_AS_ESCAPE = "\x1b[?1036;1039s\x1b[?1036;1039h"
"""Keeps xterm's modes metaSendsEscape and altSendsEscape for later, and sets them."""
_ALT_AS_BEFORE = "\x1b[?1036;1039r"


def main(files: Sequence[str]) -> int:
    """Open the workspace. Returns the exit code."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        text = "the workspace needs a terminal; see --help for commands that do not"
        print(f"{PROGRAM}: {text}", file=sys.stderr)
        return USAGE_ERROR
    with _typing_ahead() as early:
        _use_colours()
        from pyrepl_tui.app import PyreplApp
        from pyrepl_tui.rendering.graphics import ask_terminal
        from pyrepl_tui.surviving import BEGIN_ANEW, LOG
        from pyrepl_tui.tour_actions import is_new

        typed = early + ask_terminal()
        # What was imported lives to the end, and a long session is many small objects: looking
        # through all of them over and over would be felt at the keys.
        gc.freeze()
        gc.set_threshold(*_COLLECT)
        app = PyreplApp(files, tour=not files and is_new())
        app.take_typed(typed.decode("utf-8", "replace"))
        told = _run(app)
        last = -_ANEW_EVERY
        while not told and app.return_code == BEGIN_ANEW and time.monotonic() - last > _ANEW_EVERY:
            last = time.monotonic()
            app = PyreplApp(anew=True)
            told = _run(app)
    if told:
        os.kill(os.getpid(), told)  # the terminal is as it was
    if app.return_code:
        from pyrepl_tui.locations import state_dir

        text = f"the sessions go on; the error is in {state_dir() / LOG}"
        print(f"{PROGRAM}: {text}", file=sys.stderr)
    return app.return_code or 0


def _run(app: PyreplApp) -> int:
    """Run the app to its end. Returns the signal that told it to end; 0 if none did.

    Before that it keeps drafts and queues.
    """
    told = 0
    leaving: list[asyncio.Task[None]] = []

    async def leave(number: int) -> None:
        try:
            await app.leave()
        finally:
            if number == signal.SIGHUP:
                os.kill(os.getpid(), number)  # there is no terminal left to be tidied up
            app.exit()

    def heed(number: int, frame: object) -> None:
        nonlocal told
        told = number
        for each in _ENDINGS:
            signal.signal(each, signal.SIG_DFL)  # another one ends us at once
        signal.alarm(_LEAVE_SECONDS)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            os.kill(os.getpid(), number)  # it has not begun, or is over
        else:
            loop.call_soon_threadsafe(lambda: leaving.append(loop.create_task(leave(number))))

    for each in _ENDINGS:
        if signal.getsignal(each) is signal.SIG_DFL:  # not if we are to ignore it, as by nohup
            signal.signal(each, heed)
    app.run()
    for each in _ENDINGS:
        if signal.getsignal(each) is heed:
            signal.signal(each, signal.SIG_DFL)
    signal.alarm(0)
    return told


@contextlib.contextmanager
def _typing_ahead() -> Iterator[bytes]:
    """Keep keys typed during the start as they are: Enter stays Enter, and nothing is echoed.

    Gives what was typed before that, while Python itself was starting.

    An xterm that was not told otherwise sends Alt+T as a letter, ô: until the end it sends Escape
    and T, as others do.
    """
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    raw = termios.tcgetattr(terminal)
    raw[0] &= ~termios.ICRNL
    raw[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(terminal, termios.TCSANOW, raw)
    typed = b""
    while select.select([terminal], [], [], 0)[0] and (more := os.read(terminal, 4096)):
        typed += more.replace(b"\n", b"\r")  # Enter was a line's end until now
    speaks_xterm = os.environ.get("TERM", "").startswith("xterm")
    if speaks_xterm:
        _say(_ALT_AS_ESCAPE)
    try:
        yield typed
    finally:
        if speaks_xterm:
            _say(_ALT_AS_BEFORE)
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _use_colours() -> None:
    """Terminals that say they are an xterm and no more have had 256 colours for long."""
    from textual import constants

    plain = os.environ.get("TERM") == "xterm" and "COLORTERM" not in os.environ
    if plain and constants.COLOR_SYSTEM == "auto":
        constants.COLOR_SYSTEM = "256"  # type: ignore[misc]  # read when an app is made


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
