"""Saying something of our own: names, labels and values in it cannot act upon the terminal."""

from __future__ import annotations

import sys

from . import PROGRAM


def say(text: str = "", *, end: str = "\n") -> None:
    """Print lines."""
    print("\n".join(map(shown, text.split("\n"))), end=end)


def tell(text: str) -> None:
    """Say something on stderr, apart from the output of the code."""
    sys.stdout.flush()
    lines = map(shown, f"{PROGRAM}: {text}".split("\n"))
    print("\n".join(lines), file=sys.stderr, flush=True)


def shown(text: str) -> str:
    """Text as it may stand in a line."""
    if text.isprintable():
        return text
    from pyrepl_tui.rendering.text import printable

    return printable(text.expandtabs())
