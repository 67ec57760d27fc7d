"""Selecting in the output pane by keys and by mouse, further than the screen reaches."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from pyrepl_tui.rendering.layout import Layout
from pyrepl_tui.rendering.spots import position_of_spot, spot_at, word_at
from pyrepl_tui.widgets.output_prompts import SavePrompt
from pyrepl_tui.widgets.output_select import SelectNote
from pyrepl_tui.widgets.output_view import OutputView
from tests.rendering.scribe import Scribe
from tests.tui.test_output_commands import Placed, until
from tests.tui.test_output_view import document_of, numbered


@pytest.fixture
def scribe(tmp_path: Path) -> Scribe:
    scribe = Scribe(tmp_path / "session")
    scribe.run("first()", numbered(0, 50))
    scribe.run("second()", "wide 日本語 e\u0301nd\n" + "long " * 20 + "\nlast\n", value="2")
    return scribe


async def test_keys_select_across_what_is_not_on_the_screen(scribe: Scribe) -> None:
    app = Placed(document_of(scribe))
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.press("x")
        await until(pilot, lambda: len(app.query(SelectNote)) == 1)
        await pilot.press("pageup", "pageup", "pageup", "up", "home", "space")
        assert app.view.scroll_offset.y < 50
        await pilot.press("pagedown", "pagedown", "pagedown", "pagedown", "pagedown", "end")
        text = app.screen.get_selected_text()
        assert text is not None
        assert "line 40\n" in text
        assert "\nsecond()\nwide 日本語 e\u0301nd\n" + "long " * 20 + "\nlast\n2" in text
        await pilot.press("y")
        await until(pilot, lambda: not app.query(SelectNote))
        assert app.clipboard == text
        assert app.focused is app.view


async def test_the_cursor_moves_by_characters_over_lines_and_wide_ones(scribe: Scribe) -> None:
    app = Placed(document_of(scribe))
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.press("left_square_bracket", "x")
        await until(pilot, lambda: len(app.query(SelectNote)) == 1)
        await pilot.press("down", "home", "space", *["right"] * 6)
        assert app.screen.get_selected_text() == "wide 日本"
        await pilot.press("end", "right", "right")
        assert app.screen.get_selected_text() == "wide 日本語 e\u0301nd\nlo"
        await pilot.press("left", "left", "space", "left")
        text = app.screen.get_selected_text()
        assert text is not None
        assert text.startswith("d")
        await pilot.press("escape")
        assert app.screen.get_selected_text() is None


async def test_everything_is_selected_and_saved(scribe: Scribe, tmp_path: Path) -> None:
    app = Placed(document_of(scribe))
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.press("x")
        await until(pilot, lambda: len(app.query(SelectNote)) == 1)
        await pilot.press("a", "s")
        await until(pilot, lambda: len(app.query(SavePrompt)) == 1)
        app.query_one(SavePrompt).query_one(Input).value = str(tmp_path / "all.txt")
        await pilot.press("enter")
        await until(pilot, lambda: (tmp_path / "all.txt").exists() and not app.query(SavePrompt))
        text = (tmp_path / "all.txt").read_text()
        assert text.startswith("first()\nline 0\n")
        assert text.rstrip().endswith("last\n2")


async def test_the_mouse_beyond_the_edge_scrolls_and_goes_on_selecting(scribe: Scribe) -> None:
    app = Placed(document_of(scribe))
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.mouse_down(OutputView, offset=(4, 6))
        await pilot.hover(OutputView, offset=(4, 3))
        top = app.view.scroll_offset.y
        await pilot.hover(OutputView, offset=(4, 0))
        await until(pilot, lambda: app.view.scroll_offset.y == 0)
        assert top > 20
        await pilot.mouse_up(OutputView, offset=(4, 0))
        text = app.screen.get_selected_text()
        assert text is not None
        assert "line 0\nline 1\n" in text
        assert "second()" in text


async def test_two_clicks_select_a_word_and_three_a_line(scribe: Scribe) -> None:
    app = Placed(document_of(scribe))
    async with app.run_test(size=(40, 20)) as pilot:
        y = next(n for n, row in enumerate(app.rows()) if "wide" in row)
        await pilot.click(OutputView, offset=(8, y), times=2)
        assert app.screen.get_selected_text() == "日本語"
        await pilot.click(OutputView, offset=(8, y), times=3)
        assert app.screen.get_selected_text() == "wide 日本語 e\u0301nd"


def test_places_on_the_page_are_those_of_characters(scribe: Scribe) -> None:
    layout = Layout(document_of(scribe), 20)
    layout.settle(0, layout.total)
    for row in range(layout.total):
        for cell in range(2, 20):
            spot = spot_at(layout, row, cell)
            assert spot is not None
            at = position_of_spot(layout, spot)
            assert at[0] in (row, row + 1)
            assert at[1] <= cell or at[1] <= 5
            first, last = word_at(layout, spot)
            assert first.x <= spot.x <= last.x
