"""Pictures as what terminals with graphics read: sixel, iTerm's and kitty's protocols."""

from __future__ import annotations

import base64
import io
import re
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pyrepl_tui.rendering.graphics import SIXEL, Graphics

if TYPE_CHECKING:
    from PIL.Image import Image

_BAND = 6
"""Rows of pixels in a line of sixel."""
_PRINTABLE = bytes(range(63, 127)) + bytes(192)
_RUNS = re.compile(rb"(.)\1{3,}")
_CHUNK = 4096

_PLACEHOLDER = "\U0010eeee"
_RANGES = (
    "305 30d-30e 310 312 33d-33f 346 34a-34c 350-352 357 35b 363-36f 483-487 592-595 597-599 "
    "59c-5a1 5a8-5a9 5ab-5ac 5af 5c4 610-617 657-65b 65d-65e 6d6-6dc 6df-6e2 6e4 6e7-6e8 6eb-6ec "
    "730 732-733 735-736 73a 73d 73f-741 743 745 747 749-74a 7eb-7f1 7f3 816-819 81b-823 825-827 "
    "829-82d 951 953-954 f82-f83 f86-f87 135d-135f 17dd 193a 1a17 1a75-1a7c 1b6b 1b6d-1b73 "
    "1cd0-1cd2 1cda-1cdb 1ce0 1dc0-1dc1 1dc3-1dc9 1dcb-1dcc 1dd1-1de6 1dfe 20d0-20d1 20d4-20d7 "
    "20db-20dc 20e1 20e7 20e9 20f0 2cef-2cf1 2de0-2dff a66f a67c-a67d a6f0-a6f1 a8e0-a8f1 aab0 "
    "aab2-aab3 aab7-aab8 aabe-aabf aac1 fe20-fe26 10a0f 10a38 1d185-1d189 1d1aa-1d1ad 1d242-1d244"
)


def _marks() -> Iterator[str]:
    for piece in _RANGES.split():
        first, _, last = piece.partition("-")
        for code in range(int(first, 16), int(last or first, 16) + 1):
            yield chr(code)


MARKS = tuple(_marks())
"""Combining characters by which kitty's placeholders tell their row and column, by number."""


def picture_code(picture: Image, graphics: Graphics, columns: int, rows: tuple[int, int]) -> str:
    """What draws some rows of a picture at the cursor, and may leave the cursor anywhere.

    Args:
        picture: all of it, at the size it is shown in: whole cells.
        graphics: of the terminal; `SIXEL` or `ITERM`.
        columns: cells across.
        rows: the first one of the picture, and the one past the last.
    """
    first, end = rows
    down = graphics.cell[1]
    part = picture.crop((0, first * down, picture.width, end * down))
    if graphics.means == SIXEL:
        return sixel(part, graphics.colours)
    file = io.BytesIO()
    part.save(file, "PNG", compress_level=3)
    size = f"width={columns};height={end - first};preserveAspectRatio=0;doNotMoveCursor=1"
    return f"\x1b]1337;File=inline=1;{size}:{base64.b64encode(file.getvalue()).decode()}\x07"


def sixel(picture: Image, colours: int = 256) -> str:
    """A picture as sixel. Colour by colour, the bits of six rows are added up as large numbers."""
    width, height = picture.size
    indexed = picture.convert("RGB").quantize(colours)
    pixels, palette = indexed.tobytes(), indexed.getpalette() or []
    used = sorted(set(pixels))
    code = [b'\x1bP0;1;0q"1;1;%d;%d' % (width, height)]
    for colour in used:
        shares = (round(value * 100 / 255) for value in palette[colour * 3 : colour * 3 + 3])
        code.append(b"#%d;2;%d;%d;%d" % (colour, *shares))
    for top in range(0, height, _BAND):
        lines = [pixels[y * width : (y + 1) * width] for y in range(top, min(height, top + _BAND))]
        drawn = [_band(lines, colour, width) for colour in sorted(set(b"".join(lines)))]
        code += [b"-" if top else b"", b"$".join(drawn)]
    return b"".join([*code, b"\x1b\\"]).decode("ascii")


def _band(lines: list[bytes], colour: int, width: int) -> bytes:
    bits = 0
    for number, line in enumerate(lines):
        chosen = bytes(colour) + bytes([1 << number]) + bytes(255 - colour)
        bits |= int.from_bytes(line.translate(chosen), "big")
    text = bits.to_bytes(width, "big").translate(_PRINTABLE).rstrip(b"?")
    return b"#%d%s" % (colour, _RUNS.sub(lambda run: b"!%d%s" % (len(run[0]), run[1]), text))


def placeholders(columns: int, row: int) -> str:
    """Characters that show a row of a picture given to kitty; their colour is its number."""
    down = MARKS[row]
    return "".join(f"{_PLACEHOLDER}{down}{MARKS[column]}" for column in range(columns))


def given_to_kitty(picture: Image, number: int, columns: int, rows: int) -> str:
    """What gives a picture to kitty, to be shown wherever `placeholders` of its number are.

    Args:
        picture: at any size.
        number: names it; a colour: 24 bits.
        columns: cells across.
        rows: cells down.
    """
    data = base64.b64encode(zlib.compress(picture.convert("RGB").tobytes(), 1)).decode()
    what = f"a=T,U=1,q=2,f=24,o=z,i={number},s={picture.width},v={picture.height}"
    chunks = [data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK)]
    code = []
    for at, chunk in enumerate(chunks):
        more = f"m={int(at + 1 < len(chunks))}"
        keys = f"{what},c={columns},r={rows},{more}" if not at else f"{more},q=2"
        code.append(f"\x1b_G{keys};{chunk}\x1b\\")
    return "".join(code)


def taken_from_kitty(number: int) -> str:
    """What makes kitty forget a picture."""
    return f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\"
