"""Errors that nobody foresaw do not end the app."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pyrepl_tui.app import PyreplApp
from pyrepl_tui.locations import state_dir
from pyrepl_tui.surviving import LOG, write_down
from tests.tui.conftest import Desk, OpenDesk


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
