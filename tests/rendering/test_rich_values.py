from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import pytest
from PIL import Image
from rich.cells import cell_len

from pyrepl_tui.engine.display_parts import DisplayPart, Unseen
from pyrepl_tui.engine.events import StoredContent
from pyrepl_tui.rendering.html_text import html_text
from pyrepl_tui.rendering.pictures import (
    NotAPictureError,
    cells_of,
    open_picture,
    picture_lines,
)
from pyrepl_tui.rendering.rich_values import (
    picture_form,
    render_in_output,
    saved_form,
    table_form,
)
from tests.rendering.test_tables import table

SEQUENCE = re.compile("\x1b\\[[0-9;]*m")


def part(**contents: str | bytes) -> DisplayPart:
    """A value with contents, their types written with underlines: ``text_html``."""
    bundle = {name.replace("_", "/", 1): content for name, content in contents.items()}
    return DisplayPart(bundle, render_in_output)


def png(colours: list[list[str]]) -> bytes:
    """A picture of single pixels."""
    picture = Image.new("RGB", (len(colours[0]), len(colours)))
    for y, row in enumerate(colours):
        for x, colour in enumerate(row):
            picture.putpixel((x, y), tuple(bytes.fromhex(colour)))
    buffer = io.BytesIO()
    picture.save(buffer, "png")
    return buffer.getvalue()


def plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in SEQUENCE.sub("", text).split("\n"))


# -- what is chosen ------------------------------------------------------------------------------


def test_the_best_form_is_shown() -> None:
    picture = png([["ff0000"] * 4] * 4)
    both = part(image_png=picture, text_html="<b>html</b>", text_plain="plain")
    assert "█" in render_in_output(both, 40) or "\x1b[" in render_in_output(both, 40)
    assert plain(render_in_output(part(text_html="<b>h</b>", text_plain="p"), 40)) == "h"
    assert render_in_output(part(text_latex="$x$", text_plain="x"), 40) == "x"


def test_a_damaged_picture_gives_way_to_the_next_form() -> None:
    damaged = part(image_png=b"\x89PNG rubbish", text_plain="a picture")
    assert render_in_output(damaged, 40) == "a picture"


def test_a_damaged_table_gives_way_to_the_next_form() -> None:
    bundle = {"application/vnd.pyrepl.table+json": '{"rows": 3}', "text/plain": "a table"}
    assert render_in_output(DisplayPart(bundle, render_in_output), 40) == "a table"


def test_a_table_is_short_in_the_output_and_whole_when_it_is_opened() -> None:
    text = json.dumps(table(60, 2))
    found = DisplayPart({"application/vnd.pyrepl.table+json": text}, render_in_output)
    assert len(render_in_output(found, 80).split("\n")) == 2 + 12 + 1 + 5 + 1
    whole = table_form(found)
    assert whole is not None
    assert len(whole.body) == 60


def test_notes_are_told() -> None:
    noted = DisplayPart({"text/plain": "x", "text/vnd.pyrepl.note": "left out"}, render_in_output)
    assert plain(render_in_output(noted, 40)) == "x\nleft out"


def test_markdown_and_json() -> None:
    text = plain(render_in_output(part(text_markdown="# Head\n\n* one\n* two"), 40))
    assert "Head" in text
    assert "• one" in text
    text = plain(render_in_output(part(application_json='{"a": [1, null]}'), 40))
    assert text == '{\n  "a": [\n    1,\n    null\n  ]\n}'
    assert render_in_output(part(application_json="{", text_plain="bad"), 40) == "bad"


def test_what_rich_rendered_stays_as_it_is() -> None:
    assert render_in_output(part(**{"text_vnd.pyrepl.ansi": "\x1b[1mx\x1b[0m"}), 9) == (
        "\x1b[1mx\x1b[0m"
    )


def test_saving_gives_the_pictures_own_bytes() -> None:
    data = png([["00ff00"]])
    assert saved_form(part(image_png=data, text_html="x")) == (".png", data)
    assert saved_form(part(text_html="<b>x</b>", text_plain="x")) == (".html", b"<b>x</b>")
    assert saved_form(part(text_plain="x")) == (".txt", b"x")


# -- parts ---------------------------------------------------------------------------------------


def test_a_value_is_rendered_when_it_is_seen_and_once_for_each_width() -> None:
    widths: list[int] = []

    def render(found: DisplayPart, width: int) -> str:
        widths.append(width)
        return "x" * width

    found = DisplayPart({"text/plain": "plain"}, render)
    assert isinstance(found.view(10), Unseen)
    assert widths == []
    assert found.show(10).text == "x" * 10
    assert found.view(10).text == found.show(10).text == "x" * 10
    assert found.show(20).text == "x" * 20
    assert widths == [10, 20]
    assert found.text == "plain"


def test_stored_contents_are_read_and_may_be_gone(tmp_path: Path) -> None:
    path = tmp_path / "1-1.png"
    path.write_bytes(png([["0000ff"]]))
    bundle: dict[str, str | bytes | StoredContent]
    bundle = {"image/png": StoredContent(path, 70), "text/plain": "a picture"}
    assert picture_form(DisplayPart(bundle, render_in_output)) is not None
    path.unlink()
    assert render_in_output(DisplayPart(bundle, render_in_output), 40) == "a picture"


# -- pictures ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("colours", "shape"),
    [
        ([["000000", "ffffff"], ["ffffff", "ffffff"]], "▘"),
        ([["ffffff", "ffffff"], ["ffffff", "000000"]], "▗"),
        ([["000000", "000000"], ["ffffff", "ffffff"]], "▀"),
        ([["000000", "ffffff"], ["ffffff", "000000"]], "▚"),
        ([["ffffff", "000000"], ["ffffff", "000000"]], "▐"),
    ],
)
def test_four_pixels_share_a_cell(colours: list[list[str]], shape: str) -> None:
    lines = picture_lines(open_picture("image/png", png(colours)), 1, 1)
    assert lines == f"\x1b[38;2;0;0;0;48;2;255;255;255m{shape}\x1b[0m"


def test_even_areas_are_blanks_on_their_colour() -> None:
    picture = open_picture("image/png", png([["102030"] * 4] * 4))
    assert picture_lines(picture, 2, 1) == "\x1b[38;2;0;0;0;48;2;16;32;48m  \x1b[0m"


def test_what_is_transparent_is_white() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (1, 1), (0, 0, 0, 0)).save(buffer, "png")
    assert open_picture("image/png", buffer.getvalue()).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("size", [(640, 480), (10, 2000), (3000, 10), (1, 1), (48, 48)])
@pytest.mark.parametrize("room", [(80, 28), (3, 3), (200, 50)])
@pytest.mark.parametrize("grow", [False, True])
def test_pictures_fit(size: tuple[int, int], room: tuple[int, int], grow: bool) -> None:
    columns, rows = cells_of(size, *room, grow=grow)
    assert 1 <= columns <= room[0]
    assert 1 <= rows <= room[1]
    lines = picture_lines(Image.new("RGB", size), columns, rows).split("\n")
    assert len(lines) == rows
    assert {cell_len(SEQUENCE.sub("", line)) for line in lines} == {columns}


def test_pictures_keep_their_proportions() -> None:
    columns, rows = cells_of((640, 480), 80, 100)
    assert abs(columns / (2 * rows) - 640 / 480) < 0.05


@pytest.mark.parametrize("content", [b"", b"GIF89a", "text", base64.b64decode("iVBORw0KGgo=")])
def test_damaged_pictures_are_refused(content: str | bytes) -> None:
    with pytest.raises(NotAPictureError):
        open_picture("image/png", content)


def test_svg_is_drawn() -> None:
    pytest.importorskip("resvg_py")
    source = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="4">'
        '<rect width="4" height="4" fill="#ff0000"/></svg>'
    )
    picture = open_picture("image/svg+xml", source)
    assert picture.size == (16, 8)
    assert (picture.getpixel((2, 2)), picture.getpixel((14, 2))) == ((255, 0, 0), (255, 255, 255))
    with pytest.raises(NotAPictureError):
        open_picture("image/svg+xml", "<svg")


# -- HTML ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a <b>b</b>\n  c", "a b c"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("a<br>b", "a\nb"),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>", "• a\n• b\n  • c"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("x<script>alert(1)</script><style>p{}</style>y", "xy"),
        ("&lt;tag&gt; &amp; &eacute;", "<tag> & é"),
        ("<img alt='a cat'> <img>", "[a cat] [picture]"),
        ("<table><tr><th>a</th><td>1</td></tr><tr><th>long</th><td>2</td></tr></table>",
         "a     1\nlong  2"),
        ("<p>open <b>never closed", "open never closed"),
        ("</table></ul></td></b>", ""),
        ("a\x1b[31mb", "a␛[31mb"),
    ],
)  # fmt: skip
def test_html_is_readable(source: str, text: str) -> None:
    assert plain(html_text(source)) == text


def test_a_repr_that_says_nothing_gives_way_to_markdown() -> None:
    bare, words = "<__main__.Report object at 0x7f711a8c7a90>", "# Title\n\nsome *words*"
    found = DisplayPart({"text/plain": bare, "text/markdown": words}, render_in_output)
    assert found.text == words
    said = DisplayPart({"text/plain": "Report(7)", "text/markdown": words}, render_in_output)
    assert said.text == "Report(7)"
    assert DisplayPart({"text/plain": bare}, render_in_output).text == bare
