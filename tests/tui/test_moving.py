"""A session's interpreter is changed: what comes over, and what is said about it."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console
from textual.widgets import OptionList

from pyrepl_tui import Session
from pyrepl_tui.engine.values import RestoreReport
from pyrepl_tui.moving import move, summary, verdicts
from pyrepl_tui.screens.dialogs import ChoiceDialog
from tests.support.interpreters import interpreters
from tests.tui.conftest import OpenDesk

REPORT = RestoreReport(
    "archive",
    {"x": "equal", "lock": "missing", "f": "rebuilt", "y": "equal"},
    {"lock": "a lock cannot be saved"},
    {"cwd": "the folder is gone"},
)


def test_the_worst_is_said_first() -> None:
    assert summary(REPORT) == "1 missing, 1 rebuilt, 2 equal"
    assert summary(RestoreReport("archive", {}, {}, {})) == "no variables"
    console = Console(width=60)
    with console.capture() as shown:
        console.print(verdicts(REPORT))
    rows = [line.split() for line in shown.get().splitlines()]
    assert rows[0] == ["missing", "lock", "a", "lock", "cannot", "be", "saved"]
    assert [row[0] for row in rows] == ["missing", "rebuilt", "equal", "equal", "besides"]


@pytest.mark.timeout(120)
async def test_what_a_session_holds_comes_over(sandbox: Path) -> None:
    here, *others = (each.path for each in interpreters())
    if not others:
        pytest.skip("there is only one Python on this machine")
    limits = {"memory_bytes": 500_000_000}
    async with Session(python=here, cwd=sandbox, limits=limits, persist=True) as session:
        await session.execute("x = [1, 2]\ny = x\ndef double(n):\n    return n * 2")
        new_id, report = await move(session, others[-1], "moved", session.limits)
        moved = await Session.attach(new_id)
        try:
            assert {"x", "y", "double"} <= set(report.verdicts)
            assert "missing" not in report.verdicts.values()
            result = await moved.execute("import sys; x is y, double(21), sys.executable")
            assert result.value is not None
            assert result.value.startswith("(True, 42, ")
            assert moved.python_version != session.python_version
            assert moved.limits == limits
            assert (await session.execute("x")).value == "[1, 2]"
        finally:
            await moved.close()


async def test_other_interpreters_are_offered(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.app.action_move_to_python()
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog))
        offered = desk.app.screen.query_one(OptionList)
        assert [each.id for each in offered.options] == ["/opt/python3.13"]
        await desk.pilot.press("escape")
        await desk.until(lambda: desk.app.screen is desk.app.desk)
        assert len(desk.app.workspace) == 1


async def test_a_busy_session_stays_where_it_is(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.session.begin()
        await desk.until(lambda: desk.app.model.busy)
        desk.app.action_move_to_python()
        await desk.shows("A session can be moved")
        assert desk.app.screen is desk.app.desk
