"""The first start: what newcomers see, once."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Static

from pyrepl_tui.app import PyreplApp
from pyrepl_tui.commands import COMMANDS
from pyrepl_tui.locations import state_dir
from pyrepl_tui.screens.tour import STOPS, Tour, first_keys
from pyrepl_tui.tour_actions import is_new, note_seen
from tests.support.terminals import TerminalProgram
from tests.support.waiting import wait_until
from tests.tui.conftest import Desk, OpenDesk
from tests.tui.fake_engine import FakeEngine


async def the_tour(desk: Desk) -> Tour:
    """The tour, once it is shown."""
    await desk.until(lambda: desk.app.query(Tour), "the tour")
    return desk.app.query_one(Tour)


async def the_end(desk: Desk) -> None:
    """Wait until it is not shown any more."""
    await desk.until(lambda: not desk.app.query(Tour), "the end of the tour")


def test_each_stop_is_a_command_with_a_key() -> None:
    keys = first_keys(COMMANDS)
    assert all(name in keys for name, _, _ in STOPS)
    assert {"submit", "interrupt", "help", "undo_run"} <= set(keys)


def test_whoever_has_been_here_is_not_new(sandbox: Path) -> None:
    assert is_new()
    note_seen()
    assert not is_new()


def test_whoever_has_sessions_is_not_new(sandbox: Path) -> None:
    (state_dir() / "sessions" / "0123456789ab").mkdir(parents=True)
    assert not is_new()


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_it_fits_on_one_screen(open_desk: OpenDesk, size: tuple[int, int]) -> None:
    async with open_desk(size=size) as desk:
        desk.app.action_tour()
        tour = await the_tour(desk)
        await desk.shows("any other key starts")
        lines = await desk.paint()
        for _, title, text in STOPS:
            words = text.split("{")[0].strip()
            assert any(title in line and words in line for line in lines), words
        content = tour.query_one("#tour-content", Static)
        assert content.size.height == len(STOPS)
    assert not is_new()


async def test_a_key_leaves_it_and_is_not_lost(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.app.action_tour()
        await the_tour(desk)
        await desk.type("1+2")
        await the_end(desk)
        assert desk.app.desk.editor.text == "1+2"
        desk.app.action_tour()
        await the_tour(desk)
        await desk.pilot.press("escape")
        await the_end(desk)
        assert desk.app.desk.editor.text == "1+2"
        desk.app.action_tour()
        await the_tour(desk)
        await desk.pilot.press("enter")
        await the_end(desk)
        await desk.until(lambda: desk.session.codes == ["1+2"])


async def test_a_click_leaves_it(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.app.action_tour()
        await the_tour(desk)
        await desk.pilot.click(Tour)
        await the_end(desk)
        assert desk.app.desk.editor.has_focus


async def test_the_example_runs_in_the_tab(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.app.action_tour()
        await the_tour(desk)
        await desk.pilot.press("f5")
        await desk.until(lambda: desk.session.codes)
        assert desk.session.codes[0].startswith("import statistics")
        queued = [*desk.session.codes, *desk.app.model.early]
        assert queued[-1] == "readings.clear()  # Alt+U takes this back"


async def test_it_begins_a_first_start(tmp_path: Path) -> None:
    app = PyreplApp(
        engine=FakeEngine(tmp_path / "sessions"), settings=tmp_path / "settings.toml", tour=True
    )
    async with app.run_test() as pilot:
        desk = Desk(app, pilot)
        await the_tour(desk)
        await pilot.press("escape")
        await the_end(desk)


def test_the_program_shows_it_once(sandbox: Path) -> None:
    with TerminalProgram(sandbox) as program:
        wait_until(lambda: program.shows("Welcome to pyrepl-tui"), 20, "the tour")
        program.type("\x1b")
        wait_until(lambda: not program.shows("Welcome"), 10, "the end of the tour")
        program.type("\x11")
        wait_until(lambda: program.ended, 10, "the end")
    with TerminalProgram(sandbox) as program:
        wait_until(lambda: program.shows("idle"), 20, "the workspace")
        assert not program.shows("Welcome")
        program.type("\x11")
        wait_until(lambda: program.ended, 10, "the end")
