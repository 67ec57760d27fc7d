"""Code typed while its session is on the way to another state runs there, and is never lost."""

from __future__ import annotations

from pathlib import Path

from pyrepl_tui.tour_actions import note_seen
from tests.support.terminals import TerminalProgram
from tests.support.waiting import eventually
from tests.tui.conftest import Desk
from tests.tui.test_key_order import burst
from tests.tui.test_real_sessions import ended, opened
from tests.tui.test_time_travel import run, value


async def ran(desk: Desk, name: str) -> None:
    """Wait until a name is among the variables."""
    await desk.until(lambda: name in desk.app.model.table.rows, name)


async def test_right_after_a_fresh_start_was_confirmed(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await run(desk, "x = 1")
        burst(desk.app, "f9", "s", " y=2", "enter", " z=3")
        await ran(desk, "y")
        assert "x" not in desk.app.model.table.rows
        assert desk.app.desk.editor.text == "z=3"
        await ended(desk)


async def test_right_after_an_undo(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await run(desk, "x = 1")
        await run(desk, "x = 2")
        burst(desk.app, "alt+u", " w=x", "enter")
        await ran(desk, "w")
        assert await value(desk, "w") == "1"
        await ended(desk)


async def test_each_of_several_undos_goes_one_run_further_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        for number in range(4):
            await run(desk, f"x = {number}")
        burst(desk.app, "alt+u", "alt+u", "alt+u", " w=x", "enter")
        await ran(desk, "w")
        assert await value(desk, "w") == "0"
        await ended(desk)


async def test_while_a_dead_worker_comes_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await run(desk, "x = 1")
        await desk.type("import os; os.kill(os.getpid(), 9)\n")
        await desk.until(lambda: desk.app.model.state == "dead")
        burst(desk.app, "alt+u", " w=x+1", "enter", " v")
        await ran(desk, "w")
        assert desk.app.desk.editor.text == "v"
        assert await value(desk, "w") == "2"
        await ended(desk)


async def test_before_the_program_runs_at_all(tmp_path: Path) -> None:
    """Until it has told the terminal otherwise, that makes Enter a line's end."""
    note_seen()
    with TerminalProgram(tmp_path, typed="x = 6\rx * 7\r") as program:
        await eventually(lambda: program.shows("42"), 40)
        program.type("\x11")
        await eventually(lambda: program.shows("Quit"), 10)
        program.type("e")
        await eventually(lambda: program.ended, 20)
