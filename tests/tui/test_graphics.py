"""Pictures by the terminal's graphics in the output pane and over the whole screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pyrepl_tui.rendering.graphics import KITTY, SIXEL, Graphics
from pyrepl_tui.widgets.picture_layer import PictureLayer
from tests.rendering.scribe import Scribe
from tests.rendering.test_rich_values import png
from tests.support.waiting import eventually
from tests.tui.test_output_view import Shown, document_of

PIXELS = [["ff0000"] * 20] * 20  # 20 columns, 10 rows
PLACED = re.compile(r"\x1b7\x1b\[(\d+);(\d+)H\x1bP0;1;0q\"1;1;(\d+);(\d+)")

Written = list[str]


@pytest.fixture
def scribe(tmp_path: Path) -> Scribe:
    found = Scribe(tmp_path / "session")
    found.begin("figure")
    found.show({"image/png": png(PIXELS), "text/plain": "<figure>"}, value=True)
    found.end()
    return found


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Written]:
    """Makes the terminal one with graphics. Returns what is written to it beside the frames."""

    def made(means: str) -> Written:
        written: Written = []
        graphics = Graphics(means, (10, 20), 256)
        monkeypatch.setattr(PictureLayer, "graphics", property(lambda self: graphics))
        monkeypatch.setattr(PictureLayer, "_write", lambda self, code: written.append(code))
        return written

    return made


async def test_pictures_are_characters_in_kitty(
    scribe: Scribe, terminal: Callable[[str], Written]
) -> None:
    written = terminal(KITTY)
    app = Shown(document_of(scribe))
    async with app.run_test(size=(60, 20)) as pilot:
        await eventually(lambda: written)
        rows = app.rows()
        pictured = [row for row in rows if "\U0010eeee" in row]
        assert len(pictured) == 10
        assert pictured[0].startswith("⇒ \U0010eeee")
        (given,) = written
        (number,) = re.findall(r"i=(\d+),", given)
        segments = [
            s for s in app.view.render_lines(app.view.size.region)[1] if "\U0010eeee" in s.text
        ]
        assert segments[0].style is not None
        colour = segments[0].style.color
        assert colour is not None
        assert colour.triplet is not None
        assert colour.triplet.hex == f"#{int(number):06x}"
        await pilot.press("up", "down")
        assert len(written) == 1  # it is given once
        app.view.select_everything()
        text = app.view.screen.get_selected_text()
        assert text is not None
        assert "\U0010eeee" not in text
    assert written[1:] == [f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\"]


async def test_sixel_is_painted_over_the_rows_in_view_once_they_rest(
    scribe: Scribe, terminal: Callable[[str], Written]
) -> None:
    written = terminal(SIXEL)
    scribe.run("more()", "line\n" * 12)
    app = Shown(document_of(scribe))
    async with app.run_test(size=(60, 20)):
        await eventually(lambda: written)
        height = app.view.scrollable_content_region.height
        first = app.view.scroll_offset.y - 1  # code above the picture
        seen = PLACED.match(written[-1])
        assert seen is not None
        assert [int(n) for n in seen.groups()] == [1, 3, 200, 20 * (10 - first)]
        assert written[-1].endswith("\x1b8")
        written.clear()
        app.view.scroll_to(y=0, animate=False)
        await eventually(lambda: written)
        seen = PLACED.match(written[-1])
        assert seen is not None
        assert [int(n) for n in seen.groups()] == [2, 3, 200, 200]
        assert height == 20


async def test_what_lies_over_a_picture_is_not_painted_over(
    scribe: Scribe, terminal: Callable[[str], Written], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = terminal(SIXEL)
    looked: list[bool] = []
    is_covered = PictureLayer._is_covered

    def watched(self: PictureLayer, shown: object) -> bool:
        looked.append(is_covered(self, shown))  # type: ignore[arg-type]
        return looked[-1]

    monkeypatch.setattr(PictureLayer, "_is_covered", watched)
    app = Shown(document_of(scribe))
    async with app.run_test(size=(30, 14), notifications=True) as pilot:
        await eventually(lambda: written)
        app.notify("something\nto\nread", timeout=60)
        await pilot.pause()
        await eventually(lambda: app.screen.query("Toast"))
        written.clear()
        looked.clear()
        app.view.refresh()
        await eventually(lambda: True in looked)
        assert written == []
        app.clear_notifications()
        await eventually(lambda: written)
