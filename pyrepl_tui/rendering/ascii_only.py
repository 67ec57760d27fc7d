"""The screen in ASCII: for terminals and fonts that have no other signs."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_LOOKS = {
    "-": "─━╌┄–—−⎯",
    "|": "│┃║▎▏▌▐",
    "+": "╭╮╰╯┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬",
    "=": "═▤",
    "#": "█▓▒■▀▄",
    ":": "░",
    ">": "❯▸▶›»→",
    "<": "◂◀‹«←",
    "v": "▾▼↓✓✔",
    "^": "▴▲↑",
    "*": "•●◆★",
    "o": "○◇◐",
    "@": "◉",
    ".": "·…⋯",
    "x": "×✗✘",
    "!": "≠⚠",
    "'": "‘’",
    '"': "“”",
}
_SIGNS = str.maketrans({sign: look for look, signs in _LOOKS.items() for sign in signs})


class AsciiOnly(LineFilter):
    """Replaces each character that is not ASCII by one that looks like it, of the same width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments in ASCII."""
        return [
            segment
            if segment.text.isascii()
            else Segment(_in_ascii(segment.text), segment.style, segment.control)
            for segment in segments
        ]


@lru_cache(4096)
def _in_ascii(text: str) -> str:
    return "".join(map(_sign, text.translate(_SIGNS)))


def _sign(character: str) -> str:
    if character.isascii():
        return character
    plain = unicodedata.normalize("NFKD", character)[:1]
    width = cell_len(character)
    return (plain if plain.isascii() and plain.isprintable() else "?").ljust(width)[:width]
