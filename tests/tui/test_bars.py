from __future__ import annotations

from pathlib import Path

import pytest

from pyrepl_tui.models import SessionModel
from pyrepl_tui.widgets.line import clipped
from pyrepl_tui.widgets.marks import duration, size
from pyrepl_tui.widgets.status_bar import StatusBar, environment_name
from tests.tui.conftest import OpenDesk


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0004, "0 ms"),
        (0.05, "50 ms"),
        (0.12, "0.1 s"),
        (59.96, "0:59"),
        (125, "2:05"),
        (3723, "1:02:03"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(None, ""), (12, "12 B"), (3_400, "3.4 kB"), (120_000_000, "120 MB"), (4e12, "4.0 TB")],
)
def test_sizes(count: int | None, text: str) -> None:
    assert size(count) == text


def test_clipping_counts_cells() -> None:
    assert clipped("漢字漢字", 5) == "漢字…"
    assert clipped("a\tb", 5) == "a b"


def test_environments_are_named_by_what_tells_them_apart(tmp_path: Path) -> None:
    for name in (".venv", "named"):
        (tmp_path / "project" / name).mkdir(parents=True)
        (tmp_path / "project" / name / "pyvenv.cfg").touch()
    assert environment_name(str(tmp_path / "project/.venv/bin/python")) == "project"
    assert environment_name(str(tmp_path / "project/named/bin/python")) == "named"
    assert environment_name("/usr/bin/python3") == ""


def test_the_status_bar_says_how_far_a_state_is_that_comes_back_from_the_disk() -> None:
    model = SessionModel(1, "s", session_id="x")
    model.past.loading = 0.4
    assert StatusBar().state_text(model) == "coming back from the disk, 40%"


def test_the_status_bar_names_what_waits_behind_a_run() -> None:
    model = SessionModel(1, "tab", state="busy")
    model.waiting = {"a", "b"}
    model.interrupts = 1
    assert StatusBar().state_text(model) == "running · 2 queued · interrupting"


async def test_facts_that_do_not_fit_are_left_out(open_desk: OpenDesk) -> None:
    async with open_desk(size=(50, 12)) as desk:
        desk.app.model.memory = 9_000_000
        desk.app.desk.status.show(desk.app.model)
        line = (await desk.paint())[-2]
        assert "9.0 MB" in line
        assert "Python 3.12.1" in line
        assert len(line.rstrip()) <= 50


async def test_the_key_bar_follows_the_focus_and_can_be_clicked(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        line = (await desk.paint())[-1]
        assert "F5 Run" in line
        await desk.pilot.click(desk.app.desk.keys, offset=(line.index("Ctrl+T") + 1, 0))
        await desk.until(lambda: len(desk.app.workspace) == 2)
        assert desk.app.desk.variables is not None
        desk.app.desk.variables.focus()
        await desk.shows("I Insert")
