from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from rich.table import Table
from textual.command import CommandPalette
from textual.events import Paste
from textual.widgets import Input, Static

from pyrepl_tui import app as app_module
from pyrepl_tui.bridge import SessionsChanged, TabsChanged
from pyrepl_tui.commands import in_scope
from pyrepl_tui.engine.errors import ProtocolError, WorkerStartError
from pyrepl_tui.engine.values import Variable
from pyrepl_tui.screens import new_session
from pyrepl_tui.screens.dialogs import ChoiceDialog, NameDialog, TextScreen
from pyrepl_tui.screens.new_session import NewSessionDialog
from pyrepl_tui.session_change import STATE
from tests.support.waiting import eventually
from tests.tui.conftest import OpenDesk
from tests.tui.fake_engine import FakeEngine, FakeSession


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


async def test_living_sessions_are_shown_at_the_start(open_desk: OpenDesk, tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path)
    for name in ("train", "web"):
        engine.appear(name)
    async with open_desk(engine=engine) as desk:
        assert desk.names == ["train", "web"]


async def test_a_session_started_elsewhere_appears_and_its_end_shows(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        other = desk.engine.appear("from a script")
        await desk.until(lambda: desk.names == ["session 1", "from a script"])
        assert desk.app.model.name == "session 1"
        other.end()
        await desk.until(lambda: desk.names == ["session 1"])


async def test_an_ended_session_that_is_shown_stays_to_be_read(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.session.end()
        await desk.shows("session ended")
        await desk.type("x\n")
        await desk.pilot.pause()
        assert desk.session.codes == []
        assert desk.app.desk.editor.text == "x"


async def test_drafts_and_history_belong_to_their_tabs(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.type("first\n")
        await desk.type("draft one")
        await desk.pilot.press("ctrl+t")
        await desk.type("draft two")
        await desk.pilot.press("alt+1")
        assert desk.app.desk.editor.text == "draft one"
        await desk.pilot.press("ctrl+z")
        assert desk.app.desk.editor.text != "draft one", "undo goes on where it was"
        await desk.pilot.press("ctrl+pagedown")
        assert desk.app.desk.editor.text == "draft two"
        await desk.type("\n")
        await desk.pilot.press("up")
        assert desk.app.desk.editor.text == "draft two", "a tab's own code comes first"
        await desk.pilot.press("up")
        assert desk.app.desk.editor.text == "first", "then that of others"


async def test_tabs_are_chosen_renamed_and_moved(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.pilot.press("ctrl+t", "ctrl+t")
        assert desk.app.model.name == "session 3"
        await desk.pilot.press("alt+comma", "alt+comma")
        assert desk.names == ["session 3", "session 1", "session 2"]
        await desk.pilot.press("f2")
        await desk.until(lambda: isinstance(desk.app.screen, NameDialog))
        await desk.pilot.press("ctrl+a", "ctrl+k")
        await desk.type("train\n")
        await desk.until(lambda: desk.names[0] == "train")
        assert [call.arguments for call in desk.session.asked("rename")] == [("train",)]
        await desk.pilot.press("alt+n")
        assert desk.app.model.name == "session 1"


async def test_tabs_work_with_the_mouse(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        tabs = desk.app.desk.tabs
        await desk.pilot.press("ctrl+t", "ctrl+t")
        await desk.pilot.click(tabs, offset=(4, 0))
        await desk.until(lambda: desk.app.model.name == "session 1")
        await desk.pilot.mouse_down(tabs, offset=(4, 0))
        await desk.pilot.hover(tabs, offset=(40, 0))
        await desk.pilot.mouse_up(tabs, offset=(40, 0))
        plus = next(x for x in range(120) if tabs.place_at(x) is None)
        await desk.pilot.click(tabs, offset=(plus + 1, 0))
        await desk.until(lambda: len(desk.app.workspace) == 4)


async def test_twenty_tabs_scroll_so_that_the_active_one_shows(open_desk: OpenDesk) -> None:
    async with open_desk(size=(80, 24)) as desk:
        for _ in range(19):
            await desk.pilot.press("ctrl+t")
        lines = await desk.paint()
        assert "session 20" in lines[0]
        assert lines[0].startswith("‹")
        await desk.pilot.press("alt+1")
        lines = await desk.paint()
        assert "1 session 1" in lines[0]
        assert lines[0][: desk.app.desk.tabs.size.width].endswith("›")


async def test_marks_tell_what_background_tabs_do(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        first = desk.session
        await desk.pilot.press("ctrl+t")
        first.begin()
        await desk.until(lambda: desk.app.workspace.tabs[0].mark == "busy")
        first.ask()
        await desk.until(lambda: desk.app.workspace.tabs[0].mark == "waiting_input")
        await first.answer("q1", "x")
        first.finish()
        await desk.until(lambda: desk.app.workspace.tabs[0].mark == "unread")
        await desk.pilot.press("alt+1")
        assert desk.app.workspace.tabs[0].mark == ""
        await desk.pilot.press("alt+2")
        first.die()
        await desk.until(lambda: desk.app.workspace.tabs[0].mark == "dead")


async def test_closing_a_used_session_asks_and_a_fresh_one_does_not(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        used = desk.session
        used.begin()
        used.finish()
        await desk.until(lambda: desk.app.model.execution_count == 1)
        await desk.pilot.press("ctrl+t")
        fresh = desk.session
        await desk.until(lambda: desk.app.model.state == "idle")
        await desk.pilot.press("f4")
        await desk.until(lambda: fresh.asked("close"))
        assert desk.names == ["session 1"]
        await desk.pilot.press("f4")
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog))
        await desk.pilot.press("escape")
        assert not used.asked("close")
        await desk.pilot.press("f4")
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog))
        await desk.pilot.press("t")
        await desk.until(lambda: used.asked("detach"))
        assert not used.asked("close")
        assert desk.names == ["session 2"], "the workspace is never without a session"


async def test_a_session_whose_tab_was_closed_can_be_attached_again(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.engine.appear("other").start()
        await desk.until(lambda: len(desk.app.workspace) == 2)
        await desk.pilot.press("alt+2", "f4")
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog))
        await desk.pilot.press("t")
        await desk.until(lambda: desk.names == ["session 1"])
        desk.engine.news.put_nowait(None)
        desk.app.action_attach_session()
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog))
        assert desk.names == ["session 1"], "it does not come back by itself"
        await desk.pilot.press("enter")
        await desk.until(lambda: desk.names == ["session 1", "other"])


@pytest.mark.parametrize(("key", "call"), [("k", "detach"), ("e", "close")])
async def test_quitting_asks_what_becomes_of_sessions(
    open_desk: OpenDesk, key: str, call: str
) -> None:
    async with open_desk() as desk:
        session = desk.session
        session.begin()
        await desk.until(lambda: desk.app.model.busy)
        await desk.pilot.press("ctrl+q")
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog))
        await desk.pilot.press(key)
        await desk.until(lambda: session.asked(call))
        assert [each.name for each in session.calls if each.name in ("detach", "close")] == [call]


async def test_quitting_with_nothing_to_lose_ends_at_once(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        session = desk.session
        await desk.pilot.press("ctrl+q")
        await desk.until(lambda: session.asked("close"))


async def test_a_dead_worker_is_named_and_a_key_starts_afresh(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.type("x=1\n")
        desk.session.die("killed by signal 9 (SIGKILL)")
        await desk.shows("killed by signal 9 (SIGKILL)")
        await desk.shows("F9 fresh start")
        await desk.type("y\n\n")
        assert desk.session.codes == ["x=1"]
        assert desk.app.desk.editor.text == "y", "what cannot run stays where it is"
        await desk.shows("F9 starts an empty one")
        await desk.pilot.press("f9")
        await desk.until(lambda: desk.app.model.state == "idle")
        await desk.pilot.press("ctrl+u", "up")
        assert desk.app.desk.editor.text == "x=1"


async def test_a_worker_that_does_not_start_is_told_with_its_last_words(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    engine = FakeEngine(tmp_path, hold_starts=True)
    async with open_desk(engine=engine, settle=False) as desk:
        await desk.until(lambda: engine.made)
        error = WorkerStartError("no such interpreter", command=("python9",), stderr="oh no")
        engine.made[0].start_error = error
        engine.made[0].ready.set()
        await desk.until(lambda: desk.app.model.state == "dead")
        await desk.shows("no such interpreter")
        await desk.pilot.press("f8")
        await desk.until(lambda: isinstance(desk.app.screen, TextScreen))
        await desk.shows("oh no")
        await desk.pilot.press("escape")
        engine.hold_starts = False
        await desk.pilot.press("f9")
        await desk.until(lambda: desk.app.model.state == "idle")


async def test_interrupts_in_vain_offer_stronger_means(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        session = desk.session
        session.begin()
        await desk.until(lambda: desk.app.model.busy)
        await desk.pilot.press("ctrl+c")
        await desk.until(lambda: len(session.asked("interrupt")) == 1)
        await desk.shows("interrupting")
        await desk.pilot.press("ctrl+c", "ctrl+c")
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog))
        await desk.pilot.press("s")
        await desk.shows("Thread MainThread")
        await desk.pilot.press("escape", "ctrl+c", "ctrl+c", "ctrl+c")
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog))
        await desk.pilot.press("k")
        await desk.until(lambda: session.asked("kill"))


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


async def test_files_become_drafts_of_new_tabs(open_desk: OpenDesk, tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text("print('hi')\n", "utf-8")
    async with open_desk(files=[tmp_path / "job.py", tmp_path / "missing.py"]) as desk:
        await desk.until(lambda: "job" in desk.names)
        await desk.until(lambda: desk.app.desk.editor.text == "print('hi')\n")
        assert any("missing.py" in entry.title for entry in desk.app.bridge.log)


async def test_a_record_that_cannot_be_read_is_told_of_once(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:

        def broken() -> bool:
            raise ValueError("a bug in the reader")

        await desk.until(lambda: desk.app.model.document is not None)
        desk.app.model.document.grow = broken
        desk.session.begin()
        await desk.shows("its output cannot be read")
        desk.session.finish()
        await desk.type("1\n")
        await desk.until(lambda: desk.session.codes == ["1"])
        assert len([e for e in desk.app.bridge.log if "cannot be read" in e.title]) == 1


async def test_one_bad_session_does_not_keep_the_others_away(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    engine = FakeEngine(tmp_path)
    for name in ("bad", "good"):
        engine.appear(name)
    engine.broken.add("bad")
    attach = engine.attach

    async def attach_slowly(session_id: str) -> FakeSession:
        for _ in range(50):  # whatever else the app has to do comes first
            await asyncio.sleep(0)
        return await attach(session_id)

    engine.attach = attach_slowly  # type: ignore[method-assign]
    async with open_desk(engine=engine) as desk:
        assert desk.names == ["good"]
        await desk.shows("Could not attach a session")
        engine.appear("later")
        await desk.until(lambda: desk.names == ["good", "later"])
        assert len([e for e in desk.app.bridge.log if "attach" in e.title]) == 1


async def test_a_new_session_is_not_called_like_one_without_a_tab(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    engine = FakeEngine(tmp_path)
    engine.appear("session 1")
    engine.broken.add("session 1")
    async with open_desk(engine=engine) as desk:
        assert desk.names == ["session 2"]


async def test_the_palette_runs_commands(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.pilot.press("ctrl+p")
        await desk.until(lambda: isinstance(desk.app.screen, CommandPalette))
        await desk.type("new session")
        await desk.shows("Opens a tab with a session of its own.")
        await desk.pilot.press("enter")
        await desk.until(lambda: len(desk.app.workspace) == 2)


async def test_quitting_while_a_worker_starts(open_desk: OpenDesk, tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path, hold_starts=True)
    async with open_desk(engine=engine, settle=False) as desk:
        await desk.until(lambda: engine.made)
        await desk.pilot.press("ctrl+q")
        await desk.until(lambda: engine.made[0].asked("close"))


async def test_a_bug_in_the_app_leaves_sessions_alone(open_desk: OpenDesk) -> None:
    session = None
    with pytest.raises(ZeroDivisionError):
        async with open_desk() as desk:
            session = desk.session
            desk.app.desk.call_later(lambda: 1 / 0)
            await eventually(lambda: desk.app._exception)
    assert session is not None
    assert not session.asked("close")


async def test_what_sessions_say_to_an_app_that_ends_is_passed_over(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        app, model = desk.app, desk.app.model
    app.bridge._changes[model.key] = STATE
    app.on_sessions_changed(SessionsChanged())
    app.on_tabs_changed(TabsChanged())
    assert app.bridge._changes, "nothing was taken up to be shown"


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


async def test_a_session_in_another_interpreter(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_session, "check", lambda path: None)
    async with open_desk() as desk:
        desk.app.action_new_session_in()
        await desk.until(lambda: isinstance(desk.app.screen, NewSessionDialog))
        await desk.shows("/opt/python3.13  numpy pandas")
        await desk.pilot.click("#choices", offset=(4, 0))
        await desk.pilot.press("enter")
        await desk.until(lambda: len(desk.app.workspace) == 2)
        assert desk.session.python == "/opt/python3.13"
        assert desk.app.model.name == "session 2"


async def test_an_interpreter_that_is_not_there_keeps_the_dialog_open(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.pilot.press("alt+shift+t")
        await desk.until(lambda: isinstance(desk.app.screen, NewSessionDialog))
        await desk.type("nosuchpython\n")
        await desk.shows("there is no command 'nosuchpython' on the PATH")
        assert len(desk.app.workspace) == 1


async def test_a_session_with_limits_from_a_preset(open_desk: OpenDesk, tmp_path: Path) -> None:
    preset = f'[presets.small]\ncwd = "{tmp_path}"\nmemory_mb = 200\npreload = ["json"]\n'
    (tmp_path / "settings.toml").write_text(preset, "utf-8")
    async with open_desk() as desk:
        await desk.pilot.press("alt+shift+t")
        await desk.until(lambda: isinstance(desk.app.screen, NewSessionDialog))
        await desk.pilot.click("#choices", offset=(4, 0))
        dialog = desk.app.screen
        await desk.until(lambda: dialog.query_one("#field-memory_mb", Input).value == "200")
        dialog.query_one("#field-policy", Input).value = "sometimes"
        await desk.pilot.press("enter")
        await desk.shows("policy: is one of commit_always")
        dialog.query_one("#field-policy", Input).value = "e"
        dialog.query_one("#field-env", Input).value = "A=1 B=x=y"
        await desk.pilot.press("enter")
        await desk.until(lambda: len(desk.app.workspace) == 2)
        options = desk.session.options
        assert options.limits == {"memory_bytes": 200_000_000}
        assert (options.cwd, options.preload) == (str(tmp_path), ("json",))
        assert options.env == (("A", "1"), ("B", "x=y"))
        assert desk.app.model.policy == "explicit"


async def test_in_a_low_terminal_a_dialog_is_not_covered_by_what_was_announced(
    open_desk: OpenDesk,
) -> None:
    async with open_desk(size=(80, 24)) as desk:
        desk.app.notify("a long story", timeout=60)
        await desk.shows("a long story")
        await desk.pilot.press("f2")
        await desk.shows("Name of the session")
        await desk.until(lambda: not list(desk.app.screen.query("Toast")))
