from __future__ import annotations

import time

import pytest

from pyrepl_tui.screens.history import HistoryScreen
from pyrepl_tui.widgets.history_list import HistoryList, age, first_line
from tests.tui.conftest import Desk, OpenDesk


def fill(desk: Desk, *codes: str, folder: str = "/elsewhere") -> None:
    for code in codes:
        assert desk.app.history.add(code, folder)


async def listed(desk: Desk) -> HistoryList:
    await desk.until(lambda: isinstance(desk.app.screen, HistoryScreen), "the screen")
    found = desk.app.screen.query_one(HistoryList)
    await desk.until(lambda: found.entry is not None, "entries")
    return found


async def test_what_ran_is_found_and_inserted(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        fill(desk, "import math", "def area(r):\n    return math.pi * r**2")
        await desk.type("own = 1\n")
        await desk.pilot.press("ctrl+r")
        await listed(desk)
        await desk.shows("own = 1")
        await desk.type("area pi")
        await desk.shows("return math.pi")
        await desk.pilot.press("enter")
        await desk.until(lambda: "math.pi" in desk.app.desk.editor.text)
        assert desk.session.codes == ["own = 1"]


async def test_an_empty_history_says_what_fills_it(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.pilot.press("ctrl+r")
        await desk.shows("What you run, in any session, is found here.")
        await desk.type("zzz")
        await desk.shows("Nothing was found.")


async def test_ctrl_r_goes_on_to_older_entries_and_f5_runs(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        fill(desk, "one = 1", "two = 2", "three = 3")
        await desk.pilot.press("ctrl+r")
        found = await listed(desk)
        await desk.pilot.press("ctrl+r", "down", "up")
        assert found.entry is not None
        assert found.entry.code == "two = 2"
        await desk.pilot.press("f5")
        await desk.until(lambda: desk.session.codes == ["two = 2"])


async def test_several_are_taken_in_the_order_they_ran(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        fill(desk, "one = 1", "two = 2", "three = 3")
        await desk.pilot.press("ctrl+r")
        await listed(desk)
        await desk.pilot.press("tab", "down", "tab", "enter")
        await desk.until(lambda: desk.app.desk.editor.text == "one = 1\nthree = 3")


async def test_this_folder_alone(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        fill(desk, "far_away = 1")
        fill(desk, "here = 1", folder=desk.session.cwd)
        await desk.pilot.press("ctrl+r", "ctrl+o")
        found = await listed(desk)
        await desk.until(lambda: len(found._entries) == 1)
        await desk.pilot.press("ctrl+o")
        await desk.until(lambda: len(found._entries) == 2)


async def test_an_entry_is_forgotten(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        fill(desk, "kept = 1", "secret = 1")
        await desk.pilot.press("ctrl+r")
        await listed(desk)
        await desk.pilot.press("delete", "escape")
        assert desk.app.history.search("secret") == []
        assert desk.app.history.search("kept")


async def test_typed_code_is_what_is_searched(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        fill(desk, "alpha = 1", "beta = 2")
        await desk.type("alp")
        await desk.pilot.press("ctrl+r")
        found = await listed(desk)
        assert found.entry is not None
        assert found.entry.code == "alpha = 1"
        await desk.pilot.press("enter")
        await desk.until(lambda: desk.app.desk.editor.text == "alpha = 1")


async def test_up_goes_on_to_earlier_sessions(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        fill(desk, "earlier = 1")
        await desk.type("own = 1\n")
        await desk.pilot.press("up")
        assert desk.app.desk.editor.text == "own = 1"
        await desk.pilot.press("up")
        assert desk.app.desk.editor.text == "earlier = 1"
        await desk.pilot.press("down", "down")
        assert desk.app.desk.editor.text == ""


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (200, 50)])
async def test_it_fits_the_screen(open_desk: OpenDesk, size: tuple[int, int]) -> None:
    async with open_desk(size=size) as desk:
        fill(desk, *(f"value_{n} = {n}" for n in range(60)))
        await desk.pilot.press("ctrl+r")
        found = await listed(desk)
        await desk.pilot.press("pagedown", "pagedown", "pagedown")
        await desk.pilot.pause()
        assert found.size.height >= 4
        assert desk.app.screen.region.contains_region(found.region)
        assert found.entry is not None
        await desk.shows(found.entry.code)


def test_the_first_line_stands_for_the_whole() -> None:
    assert first_line("\n\n  x = 1\ny\n") == ("x = 1", True)
    assert first_line("a\tb") == ("a   b", False)
    assert first_line("\x1b[31m") == (" [31m", False)


@pytest.mark.parametrize(("ago", "text"), [(5, "5 s"), (200, "3 min"), (7300, "2 h"), (2e5, "2 d")])
def test_ages(ago: float, text: str) -> None:
    assert age(time.time() - ago) == text
