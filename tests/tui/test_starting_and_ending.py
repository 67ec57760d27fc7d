"""Sessions that begin, die, are closed or kept; the end of the app."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from pyrepl_tui.bridge import SessionsChanged, TabsChanged
from pyrepl_tui.engine.errors import WorkerStartError
from pyrepl_tui.models import DEAD
from pyrepl_tui.screens import new_session
from pyrepl_tui.screens.dialogs import ChoiceDialog, TextScreen
from pyrepl_tui.screens.new_session import NewSessionDialog
from pyrepl_tui.session_change import STATE
from tests.support.waiting import eventually
from tests.tui.conftest import OpenDesk
from tests.tui.fake_engine import FakeEngine


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
        output = desk.app.desk.output
        assert output is not None
        await desk.until(lambda: output.document is desk.app.model.document)
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


async def test_code_entered_while_a_fresh_worker_starts_runs_there(open_desk: OpenDesk) -> None:
    """The worker before is known to be dead then, but that is not what the session comes to."""
    async with open_desk() as desk:
        await desk.type("x=1\n")
        await desk.until(lambda: desk.session.codes == ["x=1"])
        desk.session.fresh.clear()
        await desk.pilot.press("f9", "s")
        await desk.until(lambda: desk.session.asked("restart") and desk.app.model.pid is None)
        await desk.type("y=2\n")
        assert desk.app.desk.editor.text == ""
        assert desk.session.codes == ["x=1"]
        desk.session.fresh.set()
        await desk.until(lambda: desk.session.codes == ["x=1", "y=2"])


async def test_a_fresh_worker_that_does_not_start_leaves_what_was_entered(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        await desk.type("x=1\n")
        await desk.until(lambda: desk.session.codes == ["x=1"])
        desk.session.refuse["restart"] = WorkerStartError("there is no such interpreter")
        desk.session.fresh.clear()
        await desk.pilot.press("f9", "s")
        await desk.until(lambda: desk.session.asked("restart") and desk.app.model.pid is None)
        desk.session.fresh.set()
        await desk.until(lambda: desk.app.model.state == DEAD)
        assert desk.app.model.death == "there is no such interpreter"
        await desk.type("y=2\n")
        assert desk.app.desk.editor.text == "y=2"


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
