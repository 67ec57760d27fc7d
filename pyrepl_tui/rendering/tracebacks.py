"""Tracebacks as coloured lines: the user's own frames stand out, library frames step back."""

from __future__ import annotations

import re
from typing import NamedTuple

from pyrepl_tui.rendering.code import highlight_python
from pyrepl_tui.rendering.ink import Ink, Span
from pyrepl_tui.rendering.text import expand_tabs, printable

_FRAME = re.compile(r'^([ |+-]*)File "(.*)", line (\d+)(?:, in (.*))?$')
_EXCEPTION = re.compile(r"^([ |+-]*)([A-Za-z_][\w.]*)(: .*|:)?$")
_CARETS = re.compile(r"^[ |]*[~^]+[ ~^]*$")
_HEADING = re.compile(
    r"^[ |+-]*(?:(?:Exception Group )?Traceback \(most recent call last\):"
    r"|During handling of the above exception|The above exception was the direct cause"
    r"|\[Previous line)"
)
_LIBRARY = re.compile(r"[/\\](?:site-packages|dist-packages)[/\\]|[/\\]lib[/\\]python\d|<frozen ")

_DIM = "trace-dim"


class Frame(NamedTuple):
    """A frame of a traceback."""

    at: int
    """Line of the traceback that names it, from 0."""
    path: str
    line: int
    """Line of the file, from 1."""
    function: str
    """Empty for a syntax error's place."""
    own: bool
    """False: it is in a library."""


def frames_of(text: str) -> list[Frame]:
    """The frames of a traceback, as they stand in it: the innermost of an exception last."""
    found = []
    for number, line in enumerate(text.split("\n")):
        match = _FRAME.match(line)
        if match is not None and len(match[3]) < 10:
            own = _LIBRARY.search(match[2]) is None
            found.append(Frame(number, match[2], int(match[3]), match[4] or "", own))
    return found


def highlight_traceback(text: str) -> list[list[Span]]:
    """Return the lines of a traceback as Python prints it."""
    lines: list[list[Span]] = []
    own = True
    within = False
    for raw in text.split("\n"):
        line = printable(expand_tabs(raw, 0))
        frame = _FRAME.match(line)
        if frame is not None:
            own = _LIBRARY.search(frame[2]) is None
            within = True
            lines.append(_frame(frame, own))
        elif _CARETS.match(line) and within:
            lines.append([Span(line, Ink(role="trace-caret" if own else _DIM))])
        elif _HEADING.match(line):
            within = False
            lines.append([Span(line, Ink(role=_DIM))])
        elif within and line.startswith("    "):
            lines.append(_source(line, own))
        else:
            within = False
            lines.append(_message(line))
    return lines


def _frame(match: re.Match[str], own: bool) -> list[Span]:
    """``File "x.py", line 3, in f``."""
    path, number = Ink(role="trace-path" if own else _DIM), Ink(role="trace-line" if own else _DIM)
    dim = Ink(role=_DIM)
    spans = [Span(f'{match[1]}File "', dim), Span(match[2], path), Span('", line ', dim)]
    spans.append(Span(match[3], number))
    if match[4] is not None:
        name = Ink(role="function" if own else _DIM)
        spans += [Span(", in ", dim), Span(match[4], name)]
    return spans


def _source(line: str, own: bool) -> list[Span]:
    if not own:
        return [Span(line, Ink(role=_DIM))]
    return highlight_python(line)[0]


def _message(line: str) -> list[Span]:
    match = _EXCEPTION.match(line)
    if match is None:
        return [Span(line, Ink(role="trace-text"))] if line else []
    spans = [Span(match[1] + match[2], Ink(role="trace-name"))]
    if match[3]:
        spans.append(Span(match[3], Ink(role="trace-text")))
    return spans
