"""Errors that nobody foresaw do not end the app."""

from __future__ import annotations

import gc
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from textual.events import Blur
from textual.geometry import Region

import pyrepl_tui.app
from pyrepl_tui.app import PyreplApp
from pyrepl_tui.cli import workspace
from pyrepl_tui.locations import state_dir
from pyrepl_tui.rendering import graphics
from pyrepl_tui.screens.dialogs import ChoiceDialog
from pyrepl_tui.surviving import BEGIN_ANEW, LOG, MANY, write_down
from pyrepl_tui.widgets.editor import Editor
from pyrepl_tui.widgets.key_bar import KeyBar
from tests.support.waiting import eventually
from tests.tui.conftest import Desk, OpenDesk
from tests.tui.fake_engine import FakeEngine


def fails(*_: Any) -> None:
    """What nobody foresaw."""
    raise ZeroDivisionError("nobody foresaw this")


async def fails_later(*_: Any) -> None:
    """The same in a task."""
    fails()


async def goes_on(desk: Desk, name: str) -> None:
    """The error is told of, written down, and code still runs."""
    await desk.shows("ZeroDivisionError: nobody foresaw this")
    log = (state_dir() / LOG).read_text("utf-8")
    assert f"in {name}" in log
    assert str(state_dir() / LOG) in desk.app.bridge.log[-1].text
    desk.app._exception = None
    await desk.type("1+1\n")
    await desk.until(lambda: desk.session.codes == ["1+1"])


async def test_an_error_in_a_command(open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PyreplApp, "action_show_log", fails)
    async with open_desk() as desk:
        await desk.pilot.press("f8")
        await goes_on(desk, "fails")


async def test_an_error_in_the_task_of_a_command(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PyreplApp, "_show_stacks", fails_later)
    async with open_desk() as desk:
        await desk.pilot.press("f7")
        await goes_on(desk, "fails_later")


async def test_an_error_where_a_message_is_handled(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        with monkeypatch.context() as patch:
            patch.setattr(PyreplApp, "on_editor_refused", fails)
            desk.app.post_message(desk.app.desk.editor.Refused().set_sender(desk.app.desk.editor))
            await desk.shows("nobody foresaw this")
        await goes_on(desk, "fails")


async def test_a_test_that_meets_such_an_error_fails(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PyreplApp, "action_show_log", fails)
    with pytest.raises(ZeroDivisionError):
        async with open_desk() as desk:
            await desk.pilot.press("f8")


def test_the_log_does_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    path = write_down(ZeroDivisionError("first"))
    assert path is not None
    path.write_text("x" * (1 << 21), "utf-8")
    write_down(ZeroDivisionError("second"))
    assert "second" in path.read_text("utf-8")
    assert path.stat().st_size < 1000


def test_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert write_down(ZeroDivisionError("first")) is None


def errors(desk: Desk) -> int:
    """How many were told of."""
    return sum(each.level == "error" for each in desk.app.bridge.log)


async def test_an_error_where_a_widget_handles_a_message(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        keys = desk.app.desk.keys
        with monkeypatch.context() as patch:
            patch.setattr(KeyBar, "on_blur", fails, raising=False)
            keys.post_message(Blur())
            await eventually(lambda: errors(desk))
        desk.app._exception = None
        await goes_on(desk, "fails")
        assert keys.is_attached
        assert keys.is_running


async def test_an_error_where_a_widget_is_drawn(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        keys = desk.app.desk.keys
        with monkeypatch.context() as patch:
            patch.setattr(KeyBar, "segments", fails)
            keys.refresh()
            await eventually(lambda: errors(desk))
            for left, shown in ((0, "An error in pyrepl-tui"), (12, "pyrepl-tui keeps this")):
                keys._styles_cache.clear()
                first, second = keys.render_lines(Region(left, 0, 80, 2))
                assert (first.cell_length, second.cell_length) == (80, 80)
                assert first.text.startswith(shown)
                assert not second.text.strip()
        assert errors(desk) == 1, "it is told of once"
        keys.refresh()
        desk.app._exception = None
        await goes_on(desk, "fails")
        await desk.shows("Quit")


async def test_an_error_where_a_dialog_is_made(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        with monkeypatch.context() as patch:
            patch.setattr(ChoiceDialog, "on_mount", fails)
            desk.app.action_restart_session()
            await eventually(lambda: errors(desk))
        desk.app._exception = None
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog))
        await desk.pilot.press("escape")
        await desk.until(lambda: len(desk.app.screen_stack) == 1)
        await goes_on(desk, "fails")


async def test_an_error_in_a_timer(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.app.set_timer(0.01, fails)
        await eventually(lambda: errors(desk))
        desk.app._exception = None
        await goes_on(desk, "fails")


async def test_an_error_in_the_layout(open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_desk() as desk:
        with monkeypatch.context() as patch:
            patch.setattr(Editor, "get_content_height", fails)
            desk.app.desk.editor.refresh(layout=True)
            await eventually(lambda: errors(desk))
        desk.app._exception = None
        await goes_on(desk, "fails")


async def test_an_error_in_the_layout_that_lasts(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        with monkeypatch.context() as patch:
            patch.setattr(Editor, "get_content_height", fails)
            desk.app.desk.editor.refresh(layout=True)
            await eventually(lambda: desk.app.return_code == BEGIN_ANEW)
        assert errors(desk) == 1, "it is told of once"
        desk.app._exception = None


async def test_many_errors_make_way_for_another_app_that_goes_on(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    engine = FakeEngine(tmp_path / "sessions")
    async with open_desk(engine=engine) as desk:
        session = desk.session
        await desk.type("half")
        for number in range(MANY):
            desk.app._handle_exception(ZeroDivisionError(f"number {number}"))
        await eventually(lambda: desk.app.return_code == BEGIN_ANEW)
        desk.app._exception = None
    assert not session.asked("close")
    async with open_desk(engine=engine) as desk:
        await desk.until(lambda: desk.app.desk.editor.text == "half")
        assert desk.app.model.session_id == session.id


@pytest.mark.parametrize(("lasted", "made"), [(1000.0, 3), (5.0, 2)])
def test_an_app_that_makes_way_soon_again_is_the_last(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lasted: float, made: int
) -> None:
    apps: list[tuple[Any, ...]] = []

    class Failing:
        def __init__(self, *files: Any, **options: Any) -> None:
            apps.append((*files, options))
            self.return_code = BEGIN_ANEW if len(apps) < 3 else 0

        def take_typed(self, text: str) -> None:
            assert not text

        def run(self) -> None:
            clock.append(clock[-1] + lasted)

    clock = [0.0]
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setattr(workspace, "_typing_ahead", lambda: nullcontext(b""))
    monkeypatch.setattr(graphics, "ask_terminal", lambda: b"")
    monkeypatch.setattr(gc, "freeze", lambda: None)
    monkeypatch.setattr(gc, "set_threshold", lambda *_: None)
    monkeypatch.setattr(pyrepl_tui.app, "PyreplApp", Failing)
    monkeypatch.setattr(time, "monotonic", lambda: clock[-1])
    code = workspace.main(["file.py"])
    assert len(apps) == made
    assert apps[0][0] == ["file.py"]
    assert apps[1] == ({"anew": True},)
    assert code == (0 if made == 3 else BEGIN_ANEW)
    assert ("the sessions go on" in capsys.readouterr().err) == (made == 2)
