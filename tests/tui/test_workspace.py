"""The workspace as a whole: what is typed, shown and chosen in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.table import Table
from textual.command import CommandPalette
from textual.events import Paste
from textual.widgets import Static

from pyrepl_tui import app as app_module
from pyrepl_tui.commands import in_scope
from pyrepl_tui.engine.errors import ProtocolError
from pyrepl_tui.engine.values import Variable
from pyrepl_tui.screens.dialogs import NameDialog
from tests.tui.conftest import OpenDesk
from tests.tui.fake_engine import FakeEngine


async def test_a_first_start_opens_a_session_and_runs_what_is_typed(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.type("1+1\n")
        await desk.until(lambda: desk.session.codes == ["1+1"])
        assert desk.names == ["session 1"]
        assert desk.app.desk.editor.text == ""


async def test_code_typed_before_there_is_a_worker_waits_for_it(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    engine = FakeEngine(tmp_path, hold_starts=True)
    async with open_desk(engine=engine, settle=False) as desk:
        await desk.type("a=1\nb=2\n")
        await desk.until(lambda: len(desk.app.workspace) == 1)
        assert desk.session.codes == []
        await desk.shows("2 queued")
        desk.session.ready.set()
        await desk.until(lambda: desk.session.codes == ["a=1", "b=2"])


async def test_keys_typed_fast_keep_their_order(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        keys = ["1", "enter", "2", "x", "backspace", "enter", "ctrl+t", "3", "enter"]
        await desk.pilot.press(*keys)
        await desk.until(lambda: len(desk.engine.made) == 2 and desk.engine.made[1].codes)
        assert desk.engine.made[0].codes == ["1", "2"]
        assert desk.engine.made[1].codes == ["3"]


async def test_ctrl_c_copies_a_selection_and_does_not_interrupt(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.session.begin()
        await desk.until(lambda: desk.app.model.busy)
        await desk.type("abc")
        await desk.pilot.press("shift+home", "ctrl+c")
        assert desk.app.clipboard == "abc"
        assert not desk.session.asked("interrupt")


async def test_variables_follow_each_run(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.session.variables = [
            Variable("table", "DataFrame", "(1000, 12)", 1000, 96_000, "1000 rows", 1)
        ]
        desk.session.begin()
        desk.session.finish()
        await desk.shows("table")
        await desk.shows("DataFrame 1000×12")
        await desk.pilot.press("f6", "f6", "i")
        await desk.until(lambda: desk.app.desk.editor.text == "table")


async def test_narrow_terminals_show_variables_in_place_of_output(open_desk: OpenDesk) -> None:
    async with open_desk(size=(80, 24)) as desk:
        await desk.until(lambda: not desk.app.desk.side.display)
        await desk.pilot.press("f3")
        await desk.shows("No variables yet.")
        await desk.type("x")
        assert desk.app.desk.editor.text == "x", "the editor stays in reach"
        await desk.pilot.press("f3")
        await desk.until(lambda: not desk.app.desk.side.display)


async def test_a_letter_typed_in_another_pane_reaches_the_editor(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.until(lambda: desk.app.desk.output is not None)
        await desk.pilot.press("f6")
        await desk.until(lambda: desk.app.desk.focused is desk.app.desk.output)
        await desk.type("q1")
        await desk.until(lambda: desk.app.desk.editor.text == "q1")


async def test_a_paste_reaches_the_editor_from_anywhere(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.until(lambda: desk.app.desk.output is not None)
        await desk.pilot.press("f6")
        desk.app.post_message(Paste("a = 1\r\nb = 2\r\n"))
        await desk.until(lambda: desk.app.desk.editor.text == "a = 1\nb = 2\n")
        assert desk.session.codes == []


async def test_the_theme_is_switched_and_remembered(open_desk: OpenDesk, tmp_path: Path) -> None:
    async with open_desk() as desk:
        await desk.pilot.press("f12")
        assert desk.app.theme == "pyrepl-light"
    assert (tmp_path / "settings.toml").read_text("utf-8") == 'theme = "pyrepl-light"\n'
    async with open_desk() as desk:
        assert desk.app.theme == "pyrepl-light"


async def test_help_and_palette_come_from_the_commands(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.pilot.press("f1")
        await desk.shows("Keys and commands")
        table = desk.app.screen.query_one("#content", Static).content
        assert isinstance(table, Table)
        titles = {str(cell) for column in table.columns for cell in column.cells}
        assert {each.title for each in in_scope("app")} <= titles
        await desk.pilot.press("escape")
        offered = {entry.title for entry in desk.app.get_system_commands(desk.app.screen)}
        assert {"New session", "Fresh start", "Go to session 1"} <= offered


async def test_the_workspaces_keys_rest_under_a_dialog(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.pilot.press("f2")
        await desk.until(lambda: isinstance(desk.app.screen, NameDialog))
        await desk.pilot.press("ctrl+t", "f12")
        await desk.pilot.pause()
        assert desk.names == ["session 1"]
        assert desk.app.theme == "pyrepl-dark"


async def test_a_failed_request_is_announced_and_logged(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.session.refuse["rename"] = ProtocolError("the worker does not know how")
        desk.app.bridge.link(desk.app.model).rename("other")
        await desk.shows("the worker does not know how")
        assert desk.app.bridge.log[-1].level == "error"


async def test_a_message_that_stands_there_is_not_shown_again(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        for _ in range(3):
            desk.app.notify("The same.")
        desk.app.notify("Another.")
        await desk.until(lambda: len(desk.app._notifications) == 2)
        desk.app.clear_notifications()
        desk.app.notify("The same.")
        await desk.until(lambda: len(desk.app._notifications) == 1)


async def test_the_palette_runs_commands(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.pilot.press("ctrl+p")
        await desk.until(lambda: isinstance(desk.app.screen, CommandPalette))
        await desk.type("new session")
        await desk.shows("Opens a tab with a session of its own.")
        await desk.pilot.press("enter")
        await desk.until(lambda: len(desk.app.workspace) == 2)


async def test_many_quick_runs_do_not_ask_for_the_variables_each(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        background = desk.session
        await desk.pilot.press("ctrl+t")
        await desk.until(lambda: desk.app.model.state == "idle")
        for session in (background, desk.session):
            session.calls.clear()
            for _ in range(100):
                session.begin()
                session.finish()
        desk.session.variables = [Variable("last", "int", "", None, 28, "1", 100)]
        await desk.until(lambda: [v.name for v in desk.app.model.variables] == ["last"])
        assert len(desk.session.asked("namespace")) < 20
        assert not background.asked("namespace"), "only what is shown is listed"


async def test_undo_without_a_state_to_go_back_to_says_so(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.app.action_undo_run()
        await desk.shows("no earlier state")


async def test_ctrl_c_clears_what_nobody_wants_to_run(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.type("half")
        await desk.pilot.press("ctrl+c")
        await desk.until(lambda: desk.app.desk.editor.text == "")
        await desk.pilot.press("ctrl+z")
        await desk.until(lambda: desk.app.desk.editor.text == "half")
        desk.session.begin()
        await desk.until(lambda: desk.app.model.busy)
        await desk.pilot.press("ctrl+c")
        await desk.until(lambda: desk.session.asked("interrupt"))
        assert desk.app.desk.editor.text == "half"


async def test_ctrl_c_that_comes_too_late_for_a_run_clears_nothing(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        await desk.type("half")
        desk.session.begin()
        await desk.until(lambda: desk.app.model.busy)
        desk.session.finish()
        await desk.until(lambda: not desk.app.model.busy)
        monkeypatch.setattr(app_module, "LATE_SECONDS", 3600)
        await desk.pilot.press("ctrl+c")
        await desk.shows("The run had just ended.")
        assert desk.app.desk.editor.text == "half"
        monkeypatch.setattr(app_module, "LATE_SECONDS", 0)
        await desk.pilot.press("ctrl+c")
        await desk.until(lambda: desk.app.desk.editor.text == "")


async def test_in_a_low_terminal_a_dialog_is_not_covered_by_what_was_announced(
    open_desk: OpenDesk,
) -> None:
    async with open_desk(size=(80, 24)) as desk:
        desk.app.notify("a long story", timeout=60)
        await desk.shows("a long story")
        await desk.pilot.press("f2")
        await desk.shows("Name of the session")
        await desk.until(lambda: not list(desk.app.screen.query("Toast")))
