"""Pictures as terminals with graphics read them."""

from __future__ import annotations

import base64
import random
import re
import zlib

import pytest
from PIL import Image
from rich.cells import cell_len

from pyrepl_tui.rendering.graphics import ITERM, KITTY, SIXEL, Graphics, typed_within, understood
from pyrepl_tui.rendering.picture_codes import (
    MARKS,
    given_to_kitty,
    picture_code,
    placeholders,
    sixel,
)

XTERM = b"\x1bP>|XTerm(379)\x1b\\\x1b[6;13;6t\x1b[?1;0;16S\x1b[?62;1;4;6c"
KITTY_NEW = b"\x1b_Gi=31;OK\x1b\\\x1bP>|kitty(0.41.1)\x1b\\\x1b[6;20;9t\x1b[?62;c"
TRUE = {"COLORTERM": "truecolor"}


def drawn(code: str) -> Image.Image:
    """The picture that a terminal makes of sixel."""
    found = re.fullmatch(r'\x1bP0;1;0q"1;1;(\d+);(\d+)(.*)\x1b\\', code, re.DOTALL)
    assert found is not None
    picture = Image.new("RGB", (int(found[1]), int(found[2])), (1, 2, 3))
    palette: dict[int, tuple[int, int, int]] = {}
    x = top = colour = 0
    for step in re.finditer(
        r"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)([?-~])|([?-~])|(\$)|(-)", found[3]
    ):
        if step[1]:
            red, green, blue = (round(int(step[n]) * 255 / 100) for n in (2, 3, 4))
            palette[int(step[1])] = red, green, blue
        elif step[5]:
            colour = int(step[5])
        elif step[9]:
            x = 0
        elif step[10]:
            x, top = 0, top + 6
        else:
            count, bits = int(step[6] or 1), ord(step[7] or step[8]) - 63
            for down in range(6):
                if bits >> down & 1:
                    picture.paste(palette[colour], (x, top + down, x + count, top + down + 1))
            x += count
    return picture


@pytest.mark.parametrize("size", [(1, 1), (7, 6), (40, 13), (9, 25)])
def test_sixel_draws_every_pixel_in_its_colour(size: tuple[int, int]) -> None:
    chance = random.Random(7)
    colours = [(255, 255, 255), (0, 0, 0), (255, 0, 51), (0, 102, 204), (51, 153, 0)]
    picture = Image.new("RGB", size)
    for y in range(size[1]):
        for x in range(size[0]):
            picture.putpixel((x, y), colours[chance.randrange(5) if x % 3 else y % 5])
    assert drawn(sixel(picture)).tobytes() == picture.tobytes()


def test_sixel_keeps_to_the_colours_there_are() -> None:
    picture = Image.linear_gradient("L").convert("RGB")
    assert len(set(re.findall(r"#(\d+);2;", sixel(picture, 16)))) <= 16
    assert len(set(re.findall(r"#(\d+);2;", sixel(picture)))) > 100


def test_rows_of_a_picture_are_cut_out_at_cells() -> None:
    picture = Image.new("RGB", (12, 30))
    for row, colour in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255)]):
        picture.paste(colour, (0, row * 10, 12, row * 10 + 10))
    part = drawn(picture_code(picture, Graphics(SIXEL, (6, 10), 256), 2, (1, 3)))
    assert part.size == (12, 20)
    assert part.getpixel((0, 9)) == (0, 255, 0)
    assert part.getpixel((11, 10)) == (0, 0, 255)
    code = picture_code(picture, Graphics(ITERM, (6, 10), 256), 2, (0, 2))
    assert code.startswith("\x1b]1337;File=inline=1;width=2;height=2;preserveAspectRatio=0;")
    assert code.endswith("\x07")


def test_placeholders_take_a_cell_each_and_name_their_row_and_column() -> None:
    assert len(set(MARKS)) == len(MARKS) == 297
    row = placeholders(5, 2)
    assert cell_len(row) == 5
    assert row[3:6] == "\U0010eeee" + MARKS[2] + MARKS[1]


def test_kitty_is_given_all_of_a_picture_in_pieces() -> None:
    chance = random.Random(3)
    picture = Image.frombytes("RGB", (80, 60), chance.randbytes(80 * 60 * 3))
    code = given_to_kitty(picture, 0x123456, 10, 4)
    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", code)
    assert "".join(f"\x1b_G{keys};{data}\x1b\\" for keys, data in pieces) == code
    assert len(pieces) > 1
    assert all(len(data) <= 4096 for _, data in pieces)
    assert f"i={0x123456}" in pieces[0][0]
    assert "c=10,r=4" in pieces[0][0]
    assert [keys.count("m=1") for keys, _ in pieces] == [1] * (len(pieces) - 1) + [0]
    data = base64.b64decode("".join(data for _, data in pieces))
    assert zlib.decompress(data) == picture.tobytes()


@pytest.mark.parametrize(
    ("answer", "cell", "environment", "expected"),
    [
        (XTERM, None, {}, Graphics(SIXEL, (6, 13), 16)),
        (XTERM, (7, 14), {}, Graphics(SIXEL, (7, 14), 16)),
        (KITTY_NEW, None, TRUE, Graphics(KITTY, (9, 20), 256)),
        (KITTY_NEW, None, {}, None),  # colours would be changed on their way
        (KITTY_NEW.replace(b"0.41.1", b"0.26.5"), None, TRUE, None),
        (KITTY_NEW.replace(b"kitty(0.41.1)", b"ghostty 1.1"), None, TRUE,
         Graphics(KITTY, (9, 20), 256)),
        (KITTY_NEW.replace(b"kitty(0.41.1)", b"Konsole 23"), None, TRUE, None),
        (b"\x1b[?62;1;4;6c", None, {}, None),  # nobody knows how large a cell is
        (b"\x1b[?62;1;6c", (7, 14), {}, None),
        (b"\x1b[?62;1;6c", (7, 14), {"LC_TERMINAL": "iTerm2"}, Graphics(ITERM, (7, 14), 256)),
        (b"\x1b[?62;14;44c", (7, 14), {}, None),
        (b"\x1b[6;13;6t", (7, 14), {}, None),  # no answer to the last question
        (b"", (7, 14), {}, None),
    ],
)  # fmt: skip
def test_what_a_terminal_answers_is_understood(
    answer: bytes,
    cell: tuple[int, int] | None,
    environment: dict[str, str],
    expected: Graphics | None,
) -> None:
    assert understood(answer, cell, environment) == expected
    assert typed_within(answer) == b""
    assert typed_within(b"x" + answer + b"\x1b[A = 1\r") == b"x\x1b[A = 1\r"
