"""What graphics the terminal has: kitty's protocol, sixel, or iTerm's; block characters if none."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import sys
import termios
import time
from typing import NamedTuple

KITTY, SIXEL, ITERM = "kitty", "sixel", "iterm"

_TERMS = ("xterm-kitty", "xterm-ghostty", "foot", "mlterm", "contour", "yaft", "wezterm")
_PROGRAMS = frozenset({"iTerm.app", "WezTerm", "ghostty", "mintty", "rio", "contour"})
_TRACES = ("KITTY_WINDOW_ID", "KONSOLE_VERSION", "WT_SESSION", "GHOSTTY_RESOURCES_DIR",
           "XTERM_VERSION", "MLTERM", "WEZTERM_PANE")  # fmt: skip

_QUESTIONS = (
    b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"  # kitty's protocol
    b"\x1b[>0q"  # name and version
    b"\x1b[16t"  # pixels of a cell
    b"\x1b[?1;1;0S"  # colours of sixel
    b"\x1b[c"  # what every terminal answers, and answers last; 4: sixel
)
_LAST = re.compile(rb"\x1b\[\?([\d;]*)c")
_NAME = re.compile(rb"\x1bP>\|([^\x1b]*)\x1b")
_CELL = re.compile(rb"\x1b\[6;(\d+);(\d+)t")
_COLOURS = re.compile(rb"\x1b\[\?1;0;(\d+)S")
_ANSWERS = re.compile(rb"\x1b[_P].*?\x1b\\|\x1b\[6;\d+;\d+t|\x1b\[\?[\d;]*[cS]", re.DOTALL)
_PLACEHOLDERS_SINCE = (0, 28)
"""The version of kitty that pictures in the text of a full-screen program need."""
_SECONDS = 0.5


class Graphics(NamedTuple):
    """How pictures reach this terminal."""

    means: str
    """`KITTY`, `SIXEL` or `ITERM`."""
    cell: tuple[int, int]
    """Pixels of a cell, across and down."""
    colours: int
    """Colours that a picture may have at a time; for `SIXEL`."""


_found: Graphics | None = None


def terminal_graphics() -> Graphics | None:
    """What `ask_terminal` found; None: block characters."""
    return _found


def may_have_graphics(environment: dict[str, str]) -> bool:
    """Whether the environment speaks of a terminal that is known for graphics.

    ``PYREPL_TUI_GRAPHICS`` decides where it is set: 1 asks the terminal, 0 does not.
    """
    wish = environment.get("PYREPL_TUI_GRAPHICS")
    if wish is not None:
        return wish not in ("", "0")
    if "TMUX" in environment or environment.get("TERM", "").startswith("screen"):
        return False  # what is inside answers for what is outside, and passes nothing on
    known = environment.get("TERM", "").startswith(_TERMS)
    program = environment.get("TERM_PROGRAM") in _PROGRAMS
    remote = environment.get("LC_TERMINAL") == "iTerm2"
    return known or program or remote or any(name in environment for name in _TRACES)


def ask_terminal() -> bytes:
    """Find out what the terminal can do. To be called before the app reads the keyboard.

    Returns what was typed meanwhile.
    """
    global _found
    environment = dict(os.environ)
    if not may_have_graphics(environment):
        return b""
    answer = _answer()
    _found = understood(answer, _measured_cell(), environment)
    return typed_within(answer)


def typed_within(answer: bytes) -> bytes:
    """The keys among a terminal's answers."""
    return _ANSWERS.sub(b"", answer)


def understood(
    answer: bytes, cell: tuple[int, int] | None, environment: dict[str, str]
) -> Graphics | None:
    """What a terminal's answer to our questions means; None: no graphics.

    Args:
        answer: all that it said.
        cell: pixels of a cell, as far as the system knows them.
        environment: of this process.
    """
    last = _LAST.search(answer)
    if last is None:
        return None
    said = _CELL.search(answer)
    if said is not None and cell is None and int(said[1]) and int(said[2]):
        cell = int(said[2]), int(said[1])
    colours = _COLOURS.search(answer)
    most = min(256, int(colours[1])) if colours is not None else 256
    if b"\x1b_Gi=31;OK" in answer and _has_placeholders(answer, environment):
        return Graphics(KITTY, cell or (10, 20), most)
    if cell is None or most < 2:
        return None
    if b"4" in last[1].split(b";"):
        return Graphics(SIXEL, cell, most)
    iterm = "iTerm.app" in environment.get("TERM_PROGRAM", "")
    if iterm or environment.get("LC_TERMINAL") == "iTerm2":
        return Graphics(ITERM, cell, most)
    return None


def _has_placeholders(answer: bytes, environment: dict[str, str]) -> bool:
    """Whether pictures can be characters of the text: their colour says which picture it is."""
    if environment.get("COLORTERM") not in ("truecolor", "24bit"):
        return False
    name = _NAME.search(answer)
    program = name[1].decode("ascii", "replace") if name is not None else ""
    version = re.match(r"kitty\((\d+)\.(\d+)", program)
    if version is not None:
        return (int(version[1]), int(version[2])) >= _PLACEHOLDERS_SINCE
    return program.startswith("ghostty")


def _answer() -> bytes:
    """Ask, and wait for the answer, and whatever is typed meanwhile."""
    keyboard = sys.stdin.fileno()
    os.write(sys.stdout.fileno(), _QUESTIONS)
    answer, end = b"", time.monotonic() + _SECONDS
    while _LAST.search(answer) is None:
        rest = end - time.monotonic()
        if rest <= 0 or not select.select([keyboard], [], [], rest)[0]:
            break
        answer += os.read(keyboard, 4096)
    return answer


def _measured_cell() -> tuple[int, int] | None:
    try:
        size = fcntl.ioctl(sys.stdout.fileno(), termios.TIOCGWINSZ, bytes(8))
    except OSError:
        return None
    rows, columns, across, down = struct.unpack("HHHH", size)
    if not (rows and columns and across >= columns and down >= rows):
        return None
    return across // columns, down // rows
