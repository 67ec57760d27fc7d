"""What tabs that are not shown tell of, once."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest

from pyrepl_tui.attention import Attention
from pyrepl_tui.models import BUSY, DEAD, IDLE, Question, SessionModel, Workspace
from tests.tui.conftest import OpenDesk


@pytest.fixture
def workspace() -> Workspace:
    workspace = Workspace()
    workspace.add("shown")
    return workspace


@pytest.fixture
def model(workspace: Workspace) -> SessionModel:
    model = workspace.add("training")
    model.began = True
    return model


def run(attention: Attention, model: SessionModel, seconds: float, status: str = "ok") -> list[str]:
    """A run begins and ends. Returns what is told of it."""
    model.state, model.running = BUSY, "op"
    told = attention.heed(model, shown=False)
    model.state, model.running, model.last_run, model.last_status = IDLE, None, seconds, status
    told += attention.heed(model, shown=False)
    told += attention.heed(model, shown=False)
    return [call.title for call in told]


def test_the_end_of_a_long_run_is_told_of_once(workspace: Workspace, model: SessionModel) -> None:
    attention = Attention(workspace)
    assert run(attention, model, 12) == ["training: done after 12 s"]
    assert run(attention, model, 9) == []
    assert run(attention, model, 70, "error") == ["training: error after 70 s"]
    workspace.long_run = 5
    assert run(attention, model, 9) == ["training: done after 9 s"]


def test_a_tab_that_is_shown_says_nothing_then_or_later(
    workspace: Workspace, model: SessionModel
) -> None:
    attention = Attention(workspace)
    model.running = "op"
    attention.heed(model, shown=True)
    model.running, model.last_run = None, 60.0
    model.questions = [Question("q", "name? ", False, None)]
    assert attention.heed(model, shown=True) == []
    assert attention.heed(model, shown=False) == []


def test_a_death_is_told_of_once_for_each_worker(workspace: Workspace, model: SessionModel) -> None:
    attention = Attention(workspace)
    model.state = IDLE
    assert attention.heed(model, shown=False) == []
    model.state, model.death = DEAD, "killed by SIGKILL"
    (call,) = attention.heed(model, shown=False)
    assert (call.level, call.title) == ("error", "training has lost its worker")
    assert call.text == "killed by SIGKILL\nAlt+2 goes there."
    assert attention.heed(model, shown=False) == []
    model.state = IDLE
    attention.heed(model, shown=False)
    model.state = DEAD
    assert len(attention.heed(model, shown=False)) == 1


def test_a_tab_taken_up_without_a_worker_has_not_lost_one_now(
    workspace: Workspace, model: SessionModel
) -> None:
    attention = Attention(workspace)
    model.state, model.death = DEAD, "its processes are gone"
    assert attention.heed(model, shown=False) == []
    assert attention.heed(model, shown=False) == []


@pytest.mark.parametrize(
    ("wish", "rings", "shows"),
    [("both", True, True), ("bell", True, False), ("notification", False, True),
     ("none", False, False)],
)  # fmt: skip
async def test_the_settings_say_how(
    open_desk: OpenDesk, tmp_path: Path, wish: str, rings: bool, shows: bool
) -> None:
    async with open_desk() as desk:
        desk.app.change_settings(attention=wish)
        bell = desk.app.bell = Mock()  # type: ignore[method-assign]
        desk.app.bridge.announce("information", "training: done", "", calls=True)
        await desk.until(lambda: desk.app.bridge.log[-1].title == "training: done")
        await desk.pilot.pause()
        assert bool(bell.call_count) is rings
        assert any(note.title == "training: done" for note in desk.app._notifications) is shows
