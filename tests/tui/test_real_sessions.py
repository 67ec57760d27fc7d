"""The app over real workers: the whole path, once for each thing that matters most."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread

import pytest
from textual.widgets import OptionList

from pyrepl_tui import Session, list_sessions
from pyrepl_tui.app import PyreplApp
from pyrepl_tui.local_engine import LocalEngine
from pyrepl_tui.screens.dialogs import ChoiceDialog, TextScreen
from tests.support.waiting import eventually
from tests.tui.conftest import Desk, output_text

pytestmark = pytest.mark.timeout(120)


@asynccontextmanager
async def opened(tmp_path: Path, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Desk]:
    app = PyreplApp(engine=LocalEngine(cwd=str(tmp_path)), settings=tmp_path / "settings.toml")
    async with app.run_test(size=size, notifications=True) as pilot:
        desk = Desk(app, pilot)
        await desk.until(lambda: app.desk.panel is not None and len(app.workspace))
        await desk.until(lambda: app.model.alive and app.model.state == "idle")
        yield desk


async def ended(desk: Desk) -> None:
    await desk.app.bridge.stop(end=True)
    assert await list_sessions() == []


async def test_code_runs_and_its_output_shows(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await desk.type("for n in range(3):\nprint('n', n)\n\n")
        await desk.until(lambda: "n 2" in output_text(desk))
        await desk.type("6*7\n")
        await desk.shows("42")
        await desk.until(lambda: [v.name for v in desk.app.model.variables] == ["n"])
        await ended(desk)


async def test_a_question_from_a_background_tab(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        asking = desk.app.model
        await desk.pilot.press("ctrl+t")
        desk.app.run_code(asking, "name = input('who? ')")
        await desk.until(lambda: asking.mark == "waiting_input")
        await desk.shows("session 1 waits for input")
        await desk.pilot.press("alt+1")
        await desk.until(lambda: desk.panel.field.has_focus)
        await desk.type("Ada\n")
        await desk.until(lambda: asking.state == "idle")
        await desk.until(lambda: [v.summary for v in asking.variables] == ["'Ada'"])
        await ended(desk)


async def test_the_debugger_is_used_through_the_panel(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        model = desk.app.model
        desk.app.run_code(model, "def f(a):\n    breakpoint()\n    return a * 2\nf(21)")
        await desk.until(lambda: desk.panel.field.has_focus)
        await desk.type("p a+1\nc\n")
        await desk.until(lambda: model.state == "idle")
        await desk.until(lambda: "22" in output_text(desk) and "42" in output_text(desk))
        await ended(desk)


async def test_a_dead_worker_gets_a_fresh_start(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        model = desk.app.model
        await desk.type("import os\nos._exit(7)\n")
        await desk.until(lambda: model.state == "dead")
        assert "7" in model.death
        await desk.pilot.press("f9")
        await desk.until(lambda: model.state == "idle")
        await desk.type("1+1\n")
        await desk.until(lambda: model.execution_count and model.state == "idle")
        await desk.pilot.press("up", "up")
        assert desk.app.desk.editor.text == "os._exit(7)"
        await ended(desk)


async def test_an_interrupt_ends_a_loop_and_keeps_the_state(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        model = desk.app.model
        await desk.type("kept=1\n")
        desk.app.run_code(model, "while True: pass")
        await desk.until(lambda: model.state == "busy" and model.running)
        await desk.pilot.press("ctrl+c")
        await desk.until(lambda: model.state == "idle")
        await desk.until(lambda: [v.name for v in model.variables] == ["kept"])
        await ended(desk)


async def test_sessions_outlive_the_app_and_come_back_whole(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await desk.type("x=41\nprint('printed')\n")
        await desk.until(lambda: "printed" in output_text(desk))
        await desk.pilot.press("ctrl+q")
        await desk.until(lambda: desk.app.screen is not desk.app.desk)
        await desk.pilot.press("k")
        await desk.until(lambda: not desk.app.is_running or desk.app._exit)
    async with opened(tmp_path) as desk:
        assert desk.names == ["session 1"]
        await desk.until(lambda: "printed" in output_text(desk))
        await desk.pilot.press("up")
        assert desk.app.desk.editor.text == "print('printed')"
        await desk.pilot.press("ctrl+u")
        await desk.type("x+1\n")
        await desk.until(lambda: "42" in output_text(desk))
        await ended(desk)


async def test_output_is_read_on_where_it_was_being_read(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        for number in range(2):
            await desk.type(f"for i in range(60): print({number}, i)\n\n")
        await desk.until(lambda: "1 59" in output_text(desk))
        await desk.pilot.press("f6", "home", "pagedown", "down")
        await desk.until(lambda: desk.app.desk.output and not desk.app.desk.output.following)
        before = first_rows(desk)
        await desk.pilot.press("ctrl+q")
        await desk.until(lambda: desk.app.screen is not desk.app.desk)
        await desk.pilot.press("k")
        await desk.until(lambda: not desk.app.is_running or desk.app._exit)
    async with opened(tmp_path) as desk:
        await desk.until(lambda: first_rows(desk) == before)
        assert desk.app.desk.output is not None
        assert not desk.app.desk.output.following
        await ended(desk)


def first_rows(desk: Desk) -> list[str]:
    """The text at the top of the output pane."""
    output = desk.app.desk.output
    if output is None:
        return []
    return [output.render_line(row).text.strip() for row in range(10)]


async def test_another_clients_session_appears_runs_and_goes(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        async with Session(name="elsewhere", cwd=tmp_path) as other:
            await desk.until(lambda: desk.names == ["session 1", "elsewhere"])
            model = desk.app.workspace.tabs[1]
            await other.execute("print('hello')")
            await desk.until(lambda: model.mark == "unread")
        await desk.until(lambda: desk.names == ["session 1"])
        await ended(desk)


async def test_an_app_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    master, slave = os.openpty()
    code = "from pyrepl_tui.app import PyreplApp; PyreplApp().run()"
    app = subprocess.Popen(
        [sys.executable, "-c", code], stdin=slave, stdout=slave, stderr=slave, cwd=tmp_path
    )
    os.close(slave)
    reader = Thread(target=drain, args=(master,))
    reader.start()
    try:
        await eventually(list_sessions, 30)
        await eventually(lambda: typed(master), 30)
    finally:
        app.kill()
        app.wait()
        reader.join()
        os.close(master)
    async with opened(tmp_path) as desk:
        assert desk.names == ["session 1"]
        assert "y = 5" in desk.app.model.history.entries
        await desk.type("y+1\n")
        await desk.until(lambda: "6" in output_text(desk))
        await ended(desk)


async def typed(master: int) -> bool:
    """Type until it was taken: the first keys may come before the app listens."""
    os.write(master, b"\x15y = 5\r")
    return await has_run("y = 5")


async def has_run(code: str) -> bool:
    session = await Session.attach((await list_sessions())[0].id)
    try:
        return any(run.started.code == code for run in session.transcript.runs())
    finally:
        await session.detach()


def drain(master: int) -> None:
    """A terminal that looks away."""
    with contextlib.suppress(OSError):
        while os.read(master, 65536):
            pass


async def test_what_is_watched_opens_as_text_and_is_no_variable(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await desk.type("n = 3\n")
        await desk.until(lambda: "n" in desk.app.model.table.rows)
        desk.app.bridge.link(desk.app.model).watches.add("n * 2")
        await desk.until(lambda: desk.app.model.table.watches[0].text == "6")
        pane = desk.app.desk.variables
        assert pane is not None
        pane.focus()
        await desk.pilot.press("home", "v")
        await desk.shows("That is for variables")
        await desk.pilot.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, TextScreen))
        await desk.pilot.press("escape")
        await ended(desk)


async def test_two_checkpoints_are_chosen_for_a_comparison(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        session = desk.app.bridge.link(desk.app.model).session
        assert session is not None
        for number in (1, 2):
            await desk.type(f"n = {number}\n")
            await desk.until(lambda: desk.app.model.state == "idle")
            await session.checkpoint(f"point {number}")
        await desk.pilot.press("alt+c")
        await desk.shows("checkpoint point 2 after run 2, ")
        option = desk.app.screen.query_one(OptionList).get_option_at_index(0)
        assert re.search(r"after run 2, \d\d:\d\d:\d\d", str(option.prompt)), "its time"
        await desk.pilot.press("enter")
        await desk.shows("session 1 now")
        await desk.pilot.press("1")
        await desk.shows("On the left, beside")
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog))
        options = desk.app.screen.query_one(OptionList)
        wanted = next(
            at for at, each in enumerate(options.options) if "point 1 " in str(each.prompt)
        )
        options.highlighted = wanted
        await desk.pilot.press("enter")
        await desk.shows("checkpoint point 1 after run 1")
        await desk.shows("≠ n  1")
        await desk.pilot.press("2")
        await desk.shows("On the right, beside checkpoint point 1 after run 1")
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog))
        await desk.pilot.press("enter")  # the session itself comes first
        await desk.shows("session 1 now")
        await desk.shows("≠ n  1")
        await desk.pilot.press("escape")
        await ended(desk)
