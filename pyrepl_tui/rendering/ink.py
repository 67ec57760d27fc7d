"""How a stretch of text looks, independent of any theme and any toolkit."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

BOLD, DIM, ITALIC, UNDERLINE, BLINK, REVERSE, CONCEAL, STRIKE, OVERLINE, DOUBLE = (
    1 << bit for bit in range(10)
)

Colour = int | tuple[int, int, int] | None
"""None: the default; an int: one of the 256 palette colours; else red, green, blue."""


class Ink(NamedTuple):
    """Colours and attributes of some text."""

    fg: Colour = None
    bg: Colour = None
    flags: int = 0
    """Attributes, or-ed together: BOLD, DIM ..."""
    link: str = ""
    """Target of a hyperlink; empty: none."""
    role: str = ""
    """What the text is (``stderr``, ``keyword`` ...): the theme gives roles their colours."""


PLAIN = Ink()


class Span(NamedTuple):
    """Some text of one look."""

    text: str
    ink: Ink


_ON = {1: BOLD, 2: DIM, 3: ITALIC, 4: UNDERLINE, 5: BLINK, 6: BLINK, 7: REVERSE, 8: CONCEAL}
_ON.update({9: STRIKE, 21: DOUBLE, 53: OVERLINE})
_SET = {code: flag for code, flag in _ON.items() if code != 6}
_OFF = {22: BOLD | DIM, 23: ITALIC, 24: UNDERLINE | DOUBLE, 25: BLINK, 27: REVERSE, 28: CONCEAL}
_FG: dict[int, Colour] = {39: None, **{30 + n: n for n in range(8)}}
_FG.update({90 + n: 8 + n for n in range(8)})
_BG: dict[int, Colour] = {49: None, **{40 + n: n for n in range(8)}}
_BG.update({100 + n: 8 + n for n in range(8)})
_EXTENDED = (_EXTENDED_FG, _EXTENDED_BG, _UNDERLINE_COLOUR) = (38, 48, 58)
_OFF.update({29: STRIKE, 55: OVERLINE})


@lru_cache(maxsize=4096)
def apply_sgr(ink: Ink, parameters: str) -> Ink:
    """Return the look after one ``ESC [ parameters m``.

    Args:
        ink: the look before.
        parameters: what stands between the bracket and the ``m``; ``;`` and ``:`` separate.
    """
    if parameters in ("", "0"):
        return Ink(link=ink.link, role=ink.role)
    fg, bg, flags = ink.fg, ink.bg, ink.flags
    codes = _codes(parameters)
    index = 0
    while index < len(codes):
        code = codes[index]
        index += 1
        if code == 0:
            fg, bg, flags = None, None, 0
        elif code in _ON:
            flags |= _ON[code]
        elif code in _OFF:
            flags &= ~_OFF[code]
        elif code in _FG:
            fg = _FG[code]
        elif code in _BG:
            bg = _BG[code]
        elif code in _EXTENDED:
            colour, index = _extended(codes, index)
            if code == _EXTENDED_FG:
                fg = fg if colour is None else colour
            elif code == _EXTENDED_BG:
                bg = bg if colour is None else colour
    return Ink(fg, bg, flags, ink.link, ink.role)


def sgr_of(ink: Ink) -> str:
    """Return the sequence that brings plain text to a look; empty for plain."""
    codes = [str(code) for code, flag in _SET.items() if ink.flags & flag]
    for colour, base in ((ink.fg, 38), (ink.bg, 48)):
        if isinstance(colour, int) and colour < 16:
            codes.append(str(base - 8 + colour if colour < 8 else base + 44 + colour))
        elif isinstance(colour, int):
            codes.append(f"{base};5;{colour}")
        elif colour is not None:
            codes.append(f"{base};2;{colour[0]};{colour[1]};{colour[2]}")
    return f"\x1b[{';'.join(codes)}m" if codes else ""


def _codes(parameters: str) -> list[int]:
    """The numbers of an SGR sequence; colon forms are brought to the semicolon form."""
    codes: list[int] = []
    for group in parameters.split(";"):
        if ":" not in group:
            codes.append(_number(group))
            continue
        parts = group.split(":")
        if parts[0] == "4" and len(parts) > 1:
            codes.append(24 if parts[1] == "0" else 21 if parts[1] == "2" else 4)
        elif len(parts) == 6 and parts[1] == "2":
            codes += [_number(part) for part in (parts[0], "2", *parts[3:])]
        else:
            codes += [_number(part) for part in parts]
    return codes


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def _extended(codes: list[int], index: int) -> tuple[Colour, int]:
    """The colour after 38, 48 or 58, and where the next code is."""
    mode = codes[index] if index < len(codes) else 0
    if mode == 5 and index + 1 < len(codes):
        return min(codes[index + 1], 255), index + 2
    if mode == 2 and index + 3 < len(codes):
        red, green, blue = (min(code, 255) for code in codes[index + 1 : index + 4])
        return (red, green, blue), index + 4
    return None, len(codes)
