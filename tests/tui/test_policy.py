"""The policy of runs, and what is pending, in the app."""

from __future__ import annotations

import pytest

from pyrepl_tui.changes import NameChange
from pyrepl_tui.engine.chronicle import RunNote
from pyrepl_tui.engine.events import StateChanged
from pyrepl_tui.engine.values import SessionState
from pyrepl_tui.screens.dialogs import ChoiceDialog
from pyrepl_tui.screens.pending import PendingScreen, pending_text
from pyrepl_tui.session_change import Change
from pyrepl_tui.widgets.pending_bar import changes_text
from tests.tui.conftest import Desk, OpenDesk


async def pend(desk: Desk) -> None:
    """An explicit transaction is open."""
    desk.session.timeline.transaction = "guard"
    desk.session.begin("x = 1")
    desk.session.finish()
    desk.session.say(StateChanged(SessionState.PENDING))
    await desk.until(lambda: desk.app.model.past.pending)


async def test_a_policy_is_chosen_with_keys_and_used_for_what_runs_then(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        await desk.shows("Commit always ▾")
        await desk.pilot.press("alt+o")
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog))
        await desk.pilot.press("f")
        await desk.shows("Roll back on failure ▾")
        await desk.type("1+1\n")
        await desk.until(lambda: desk.session.codes)
        assert desk.session.policies == ["rollback_on_failure"]


async def test_a_policy_is_chosen_with_the_mouse(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        lines = await desk.paint()
        y = next(at for at, line in enumerate(lines) if "Commit always ▾" in line)
        await desk.pilot.click(offset=(lines[y].index("Commit always"), y))
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog))


async def test_new_sessions_begin_with_what_was_chosen_for_them(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.app.action_choose_new_policy()
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog))
        await desk.pilot.press("e")
        await desk.until(lambda: desk.app.workspace.policy == "explicit")
        assert desk.app.model.policy == "commit_always"
        await desk.pilot.press("ctrl+t")
        await desk.until(lambda: desk.app.model.policy == "explicit")
    async with open_desk() as desk:
        assert desk.app.model.policy == "explicit", "it is remembered"


@pytest.mark.parametrize(("key", "call"), [("alt+s", "commit"), ("alt+r", "rollback")])
async def test_what_is_pending_is_unmistakable_until_it_is_decided(
    open_desk: OpenDesk, key: str, call: str
) -> None:
    async with open_desk() as desk:
        assert not desk.app.desk.pending.display
        await pend(desk)
        await desk.shows("◇ Pending:")
        await desk.shows("changes pending")
        await desk.pilot.press(key)
        await desk.until(lambda: desk.session.asked(call))
        await desk.until(lambda: not desk.app.desk.pending.display)


@pytest.mark.parametrize(("key", "call"), [("c", "commit"), ("r", "rollback")])
async def test_the_list_of_what_is_pending_decides_too(
    open_desk: OpenDesk, key: str, call: str
) -> None:
    async with open_desk() as desk:
        await pend(desk)
        await desk.pilot.press("alt+l")
        await desk.until(lambda: isinstance(desk.app.screen, PendingScreen))
        await desk.pilot.press(key)
        await desk.until(lambda: desk.session.asked(call))


async def test_the_bar_can_be_clicked(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await pend(desk)
        await desk.shows("Roll back")
        lines = await desk.paint()
        y = next(at for at, line in enumerate(lines) if "Alt+R Roll back" in line)
        await desk.pilot.click(offset=(lines[y].index("Roll back"), y))
        await desk.until(lambda: desk.session.asked("rollback"))


async def test_nothing_is_listed_when_nothing_is_pending(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.pilot.press("alt+l")
        await desk.shows("No changes are pending.")


async def test_another_tab_is_not_pending(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await pend(desk)
        assert desk.app.model.mark == "pending"
        await desk.pilot.press("ctrl+t")
        await desk.until(lambda: not desk.app.desk.pending.display)
        await desk.pilot.press("alt+1")
        await desk.until(lambda: desk.app.desk.pending.display)
        desk.app.desk.update(desk.app.model, Change.PAST)


def test_the_list_names_runs_and_values() -> None:
    runs = [RunNote(1, 4, "x = 2\ny = 3", 0.0, "ok", 12.0), RunNote(2, 5, "1/0", 0.0, "error", 1.0)]
    changes = [NameChange("y", None, "3"), NameChange("x", "1", "2"), NameChange("z", "0", None)]
    lines = pending_text(runs, changes).plain.splitlines()
    assert lines == [
        "   4  x = 2  … 1 more  12 ms",
        "   5  1/0  error 1 ms",
        "",
        "+ y  3",
        "~ x  1 → 2",
        "− z  0",
    ]


def test_names_that_do_not_fit_are_counted() -> None:
    changes = [NameChange(f"name{n}", None, "0") for n in range(9)]
    assert changes_text(changes, 100).count("+name") == 9
    assert changes_text(changes, 25) == " · +name0 +name1 +7…"
    assert changes_text(changes, 4) == ""
