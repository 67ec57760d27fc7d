"""The timeline's pane."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from textual.widgets import OptionList

from pyrepl_tui import Checkpoint
from pyrepl_tui.changes import NameChange
from pyrepl_tui.engine.chronicle import RunNote
from pyrepl_tui.models import Past
from pyrepl_tui.screens.dialogs import ChoiceDialog, NameDialog
from pyrepl_tui.widgets.timeline_rows import PRESENT, TimelineRow
from pyrepl_tui.widgets.timeline_text import changes_text, details, title
from pyrepl_tui.widgets.timeline_tree import TimelineTree
from tests.tui.conftest import Desk, OpenDesk
from tests.tui.fake_engine import Call


def point(name: str, parent: str | None) -> Checkpoint:
    return Checkpoint(name, None, parent, 0.0, int(name), True, False, [], 0)


def row(code: str, at: Checkpoint | None = None, kind: str = "auto") -> TimelineRow:
    run = RunNote(1, 1, code, 0.0, "ok", 1.0)
    return TimelineRow("1", "", at or point("1", None), kind, (run,), False)


def past_with(changes: list[NameChange]) -> Past:
    past = Past()
    past.changes._of[1] = {change.name: change for change in changes}
    return past


async def open_timeline(
    desk: Desk, count: int = 3, *, label: str | None = None
) -> list[Checkpoint]:
    """Checkpoints 0, 1, 2 ... in a line, the first labelled; the present is the last of them."""
    points = [point(str(n), str(n - 1) if n else None) for n in range(count)]
    points[0] = replace(points[0], label=label)
    session = desk.session
    session.points = points
    session.timeline.kinds = {each.id: "manual" for each in points}
    session.timeline.present = points[-1].id
    await desk.pilot.press("alt+t")
    await desk.shows(f"Timeline  {count} states")
    return points


def chosen(desk: Desk) -> str | None:
    timeline = desk.app.desk.timeline
    assert timeline is not None
    found = timeline.tree_view.row
    return None if found is None else found.id


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_it_opens_beside_the_output_or_in_its_place_and_closes_again(
    open_desk: OpenDesk, size: tuple[int, int]
) -> None:
    async with open_desk(size=size) as desk:
        await open_timeline(desk)
        await desk.until(lambda: chosen(desk) == "2")
        await desk.shows("❯")
        assert desk.app.desk.query_one("#output-place").display == (size[0] >= 100)
        await desk.pilot.press("escape")
        await desk.until(lambda: desk.app.desk.editor.has_focus)
        await desk.pilot.press("alt+t")
        await desk.until(lambda: desk.app.desk.focused is not desk.app.desk.editor)
        await desk.pilot.press("alt+t")
        await desk.until(lambda: not desk.app.desk.timeline_shown)
        await desk.until(lambda: desk.app.desk.editor.has_focus)


def was_called(desk: Desk, call: Call) -> bool:
    return call in desk.session.calls


async def test_each_key_does_something_with_the_checkpoint_under_the_cursor(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        points = await open_timeline(desk)
        await desk.until(lambda: chosen(desk) == "2")
        await desk.pilot.press("up")
        for key, call, arguments in (
            ("enter", "restore", (points[1],)),
            ("b", "branch", (points[1], "session 2")),
            ("r", "branch", (points[1], "session 2", "reseed")),
            ("p", "pin", (points[1], True)),
            ("a", "archive", (points[1],)),
            ("k", "checkpoint", (None,)),
        ):
            await desk.pilot.press(key)
            await desk.until(partial(was_called, desk, Call(call, arguments)), key)
        await desk.pilot.press("home")
        assert chosen(desk) == "0"
        await desk.pilot.press("n")
        assert chosen(desk) == "2"


async def test_a_label_is_asked_for(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        points = await open_timeline(desk)
        await desk.pilot.press("home", "l")
        await desk.until(lambda: isinstance(desk.app.screen, NameDialog))
        await desk.type("clean\n")
        await desk.until(lambda: desk.session.asked("label"))
        assert desk.session.asked("label")[0].arguments == (points[0], "clean")


async def test_a_label_is_taken_away_by_an_empty_line(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        points = await open_timeline(desk, label="clean")
        await desk.pilot.press("home", "l")
        await desk.until(lambda: isinstance(desk.app.screen, NameDialog))
        await desk.shows("empty removes it")
        await desk.pilot.press("backspace", "enter")
        await desk.until(lambda: desk.session.asked("label"))
        assert desk.session.asked("label")[0].arguments == (points[0], None)


async def test_deleting_asks_first(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        points = await open_timeline(desk)
        await desk.pilot.press("home", "delete")
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog))
        await desk.pilot.press("c")
        await desk.until(lambda: desk.app.screen is desk.app.desk)
        assert not desk.session.asked("delete")
        await desk.pilot.press("d")
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog))
        await desk.pilot.press("d")
        await desk.until(lambda: desk.session.asked("delete"))
        assert desk.session.asked("delete")[0].arguments == (points[0],)


async def test_a_double_click_restores(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        points = await open_timeline(desk)
        timeline = desk.app.desk.timeline
        assert timeline is not None
        await desk.pilot.click(timeline.tree_view, offset=(8, 2))
        await desk.until(lambda: chosen(desk) == "1")
        await desk.pilot.click(timeline.tree_view, offset=(8, 1), times=2)
        await desk.until(lambda: desk.session.asked("restore"))
        assert desk.session.asked("restore")[0].arguments == (points[0],)


async def test_the_right_button_offers_all_that_can_be_done(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        points = await open_timeline(desk)
        timeline = desk.app.desk.timeline
        assert timeline is not None
        await desk.pilot.click(timeline.tree_view, offset=(8, 1), button=3)
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog))
        offered = desk.app.screen.query_one(OptionList)
        assert [each.id for each in offered.options] == [
            "restore", "redo", "branch", "reseeded", "compare", "inspect", "take", "label", "pin",
            "archive", "export", "delete",
        ]  # fmt: skip
        await desk.pilot.click(offered, offset=(8, 8))
        await desk.until(lambda: desk.session.asked("pin"))
        assert desk.session.asked("pin")[0].arguments == (points[0], True)
        await desk.pilot.click(timeline.tree_view, offset=(8, 2), button=3)
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog))
        await desk.pilot.press("a")
        await desk.until(lambda: desk.session.asked("archive"))
        assert desk.session.asked("archive")[0].arguments == (points[1],)


async def test_the_cursor_stays_on_its_row_while_checkpoints_come(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        points = await open_timeline(desk)
        await desk.pilot.press("home")
        desk.session.points = [*points, point("3", "2")]
        desk.session.timeline.present = "3"
        desk.session.timeline.kinds["3"] = "manual"
        desk.session.begin()
        await desk.shows("Timeline  4 states")
        assert chosen(desk) == "0"
        await desk.pilot.press("n")
        assert chosen(desk) == "3"


async def test_many_checkpoints_scroll_with_the_cursor(open_desk: OpenDesk) -> None:
    async with open_desk(size=(80, 24)) as desk:
        await open_timeline(desk, 400)
        await desk.until(lambda: chosen(desk) == "399")
        await desk.pilot.press("home", "pagedown", "pagedown")
        name = chosen(desk)
        assert name is not None
        assert 4 < int(name) < 40
        timeline = desk.app.desk.timeline
        assert timeline is not None
        tree = timeline.tree_view
        assert tree.scroll_offset.y <= int(name) < tree.scroll_offset.y + tree.size.height


async def test_the_present_can_be_branched_before_it_is_a_checkpoint(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await open_timeline(desk)
        present = replace(row("x = 1"), id=PRESENT, point=None, is_present=True)
        desk.app.post_message(TimelineTree.Wanted("branch", present))
        await desk.until(lambda: desk.session.asked("branch"))
        assert desk.session.asked("branch")[0].arguments[0] is None


async def test_a_state_without_a_checkpoint_says_so(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.session.begin("x = 1")
        desk.session.finish()
        await desk.pilot.press("alt+t")
        await desk.shows("No checkpoints yet.")
        await desk.pilot.press("enter")
        assert not desk.session.asked("restore")


def test_a_row_is_called_by_its_label_or_by_the_code_that_led_there() -> None:
    assert title(row("x = 1")) == "x = 1"
    assert title(row("\n  for n in x:\n    pass")) == "for n in x: …"
    assert title(row("x = 1", replace(point("1", None), label="clean"))) == "clean"


def test_details_say_what_changed_and_what_to_beware_of() -> None:
    at = replace(
        point("1", None),
        warnings=["1 socket"], archive_failure="disk full", archive_verdicts={"missing": 2},
    )  # fmt: skip
    past = past_with([NameChange("x", "1", "2"), NameChange("y", None, "[\n]")])
    text = details(row("x = 2\ny = [\n]", at), past).plain
    assert "~ x  1 → 2" in text
    assert "+ y  [ ]" in text
    assert "[1] x = 2\n    y = [" in text
    assert "! 1 socket\n! not archived: disk full\n! of the archive: 2 missing" in text
    assert "in memory" in text


def test_what_was_given_up_is_said_to_be() -> None:
    lost = replace(point("1", None), has_image=False)
    assert "given up" in details(row("x", lost), Past()).plain


def test_changes_in_a_row_fit_its_room() -> None:
    changes = [NameChange("x", "1", "2"), NameChange("frame", "DataFrame 10×2" * 9, "DataFrame")]
    assert changes_text(changes, 40) == [("~", "~x 1→2"), ("~", "~frame")]
    assert changes_text(changes, 13) == [("~", "~x 1→2"), ("~", "~frame")]
    assert changes_text(changes, 12) == [("~", "~x 1→2"), ("", "+1")]
    assert changes_text(changes, 9) == [("~", "~x 1→2"), ("", "+1")]
    assert changes_text(changes, 8) == [("~", "~x"), ("", "+1")]
    assert changes_text(changes, 4) == []
