"""Tabs, drafts and layout are as they were."""

from __future__ import annotations

from pathlib import Path

from pyrepl_tui.models import Workspace
from pyrepl_tui.remembrance import (
    Remembered,
    RememberedTab,
    load_remembered,
    remember,
    remembered_path,
    save_remembered,
    take_up,
)
from pyrepl_tui.screens.workspace import WorkspaceScreen
from tests.tui.conftest import OpenDesk
from tests.tui.fake_engine import FakeEngine


def workspace(*sessions: str) -> Workspace:
    made = Workspace()
    for session in sessions:
        made.add(session).session_id = session
    return made


def test_what_is_remembered_comes_back(tmp_path: Path) -> None:
    before = workspace("a", "b", "c")
    before.tabs[0].draft.text = "half = "
    before.activate(before.tabs[2])
    path = remembered_path(tmp_path, Path("/project"))
    save_remembered(path, remember(before, "shown", {"side": 40}))
    remembered = load_remembered(path)
    assert remembered.layout == {"side": 40}
    after = workspace("new", "c", "b", "a")
    assert take_up(after, remembered) == []
    assert [tab.session_id for tab in after] == ["a", "b", "c", "new"]
    assert after.active is after.tabs[2]
    assert [tab.draft.text for tab in after] == ["half = ", "", "shown", ""]


def test_tabs_of_sessions_that_are_gone_are_handed_back() -> None:
    tabs = (RememberedTab("x", "x", "one"), RememberedTab("a", "a"), RememberedTab("z", "z", "two"))
    assert take_up(workspace("a"), Remembered(tabs, "x")) == [tabs[0], tabs[2]]


def test_sessions_that_end_by_choice_leave_their_drafts_alone(tmp_path: Path) -> None:
    before = workspace("a")
    ended = (RememberedTab("x", "x", "two", (1, 2, 3)),)
    path = remembered_path(tmp_path, Path("/project"))
    save_remembered(path, remember(before, "one", {}, ended, ending=True))
    remembered = load_remembered(path)
    assert remembered.tabs == (RememberedTab("", "a", "one"),)
    assert remembered.ended == ended


def test_a_draft_begun_meanwhile_is_kept() -> None:
    after = workspace("a")
    after.tabs[0].draft.text = "newer"
    take_up(after, Remembered((RememberedTab("a", "a", "older"),), "a"))
    assert after.tabs[0].draft.text == "newer"


def test_a_damaged_file_remembers_nothing(tmp_path: Path) -> None:
    path = tmp_path / "w.json"
    for text in ("", "{", "[]", '{"tabs": [1], "active": "", "layout": {}}'):
        path.write_text(text, "utf-8")
        assert load_remembered(path) == Remembered()


async def test_a_killed_app_finds_drafts_and_layout_again(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    engine = FakeEngine(tmp_path / "sessions")
    engine.appear("elsewhere")
    mine = engine.appear("mine")
    async with open_desk(size=(120, 40), engine=engine) as desk:
        await desk.pilot.press("alt+2")
        await desk.until(lambda: desk.app.model.name == "mine")
        await desk.pilot.press(*"x = ", "f3")
        desk.app.desk.fit_side(33)
        desk.app.remember()
    async with open_desk(size=(120, 40), engine=engine) as desk:
        await desk.until(lambda: desk.app.desk.editor.text == "x = ")
        assert desk.app.model.session_id == mine.id
        assert desk.app.desk.has_class("-no-variables")
        await desk.pilot.press("f3")
        await desk.until(lambda: desk.app.desk.side.outer_size.width == 33)


async def test_a_pane_is_maximised_and_the_side_resized(open_desk: OpenDesk) -> None:
    async with open_desk(size=(120, 40)) as desk:
        screen = desk.app.desk
        await desk.until(lambda: screen.side.size.width)
        width = screen.side.outer_size.width
        await desk.pilot.press("alt+equals_sign")
        await desk.until(lambda: screen.side.outer_size.width == width + 4)
        await desk.pilot.press("alt+minus", "alt+minus")
        await desk.until(lambda: screen.side.outer_size.width == width - 4)
        screen.widen_side(4)
        screen.widen_side(4)  # before the first is laid out
        await desk.until(lambda: screen.side.outer_size.width == width + 4)
        await desk.pilot.press("alt+m")
        await desk.until(lambda: screen.editor.size.height > 25)
        await desk.pilot.press("alt+m")
        await desk.until(lambda: screen.editor.size.height < 5)


def timeline_is_first(screen: WorkspaceScreen) -> bool:
    assert screen.timeline is not None
    return screen.timeline.region.y < screen.variables_place.region.y


async def test_the_panes_at_the_side_move_and_stay_where_they_were_put(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    engine = FakeEngine(tmp_path / "sessions")
    engine.appear("mine")
    async with open_desk(size=(120, 40), engine=engine) as desk:
        screen = desk.app.desk
        main = screen.query_one("#main")
        await desk.until(lambda: screen.side.size.width)
        assert screen.side.region.x >= main.region.right
        await desk.pilot.press("alt+z")
        await desk.until(lambda: screen.side.region.y >= main.region.bottom)
        height = screen.side.outer_size.height
        await desk.pilot.press("alt+equals_sign")
        await desk.until(lambda: screen.side.outer_size.height == height + 4)
        await desk.pilot.press("alt+z")
        await desk.until(lambda: screen.side.region.right <= main.region.x)
        await desk.pilot.press("alt+equals_sign", "alt+t")
        desk.app.action_swap_side()
        width = screen.side.outer_size.width
        await desk.until(lambda: timeline_is_first(screen))
        desk.app.remember()
    async with open_desk(size=(120, 40), engine=engine) as desk:
        screen = desk.app.desk
        await desk.until(lambda: screen.side.region.right <= screen.query_one("#main").region.x)
        await desk.until(lambda: screen.side.outer_size.width == width)
        await desk.until(lambda: timeline_is_first(screen))


async def test_a_timeline_left_open_does_not_hide_the_output_of_a_narrow_terminal(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    engine = FakeEngine(tmp_path / "sessions")
    engine.appear("mine")
    async with open_desk(size=(120, 40), engine=engine) as desk:
        screen = desk.app.desk
        await desk.pilot.press("alt+t")
        await desk.until(lambda: screen.timeline is not None and screen.timeline.size.width)
        desk.app.remember()
    async with open_desk(size=(80, 24), engine=engine) as desk:
        screen = desk.app.desk
        await desk.until(lambda: screen.timeline is not None)
        await desk.until(lambda: screen.query_one("#output").size.width > 70)
        assert screen.timeline is not None
        assert not screen.timeline.size.width
        desk.app.remember()  # it stays left open all the same
    async with open_desk(size=(80, 24), engine=engine) as desk:
        screen = desk.app.desk
        await desk.until(lambda: screen.timeline is not None)
        await desk.until(lambda: screen.query_one("#output").size.width > 70)
        await desk.pilot.resize_terminal(120, 40)
        await desk.until(lambda: screen.timeline is not None and screen.timeline.size.width)
        assert screen.query_one("#output").size.width


async def test_a_maximised_side_fills_the_screen_whatever_size_it_was_given(
    open_desk: OpenDesk,
) -> None:
    async with open_desk(size=(120, 40)) as desk:
        screen = desk.app.desk
        await desk.until(lambda: screen.side.size.width)
        screen.fit_side(30)
        assert screen.variables is not None
        screen.variables.focus()
        await desk.pilot.press("alt+m")
        await desk.until(lambda: screen.side.outer_size.width == 120)
        await desk.pilot.press("alt+m")
        await desk.until(lambda: screen.side.outer_size.width == 30)
        await desk.pilot.resize_terminal(80, 24)
        await desk.until(lambda: screen.size.width == 80 and not screen.side.display)
        await desk.pilot.press("f3")
        await desk.until(lambda: screen.side.outer_size.width == 80)


async def test_the_line_between_the_panes_is_dragged_in_every_place(open_desk: OpenDesk) -> None:
    async with open_desk(size=(120, 40)) as desk:
        screen = desk.app.desk
        await desk.until(lambda: screen.side.size.width)
        wanted = (
            ("right", (80, 10), lambda: screen.side.outer_size.width == 39),
            ("below", (60, 20), lambda: screen.side.region.y == 21),
            ("left", (40, 10), lambda: screen.side.outer_size.width == 40),
        )
        for place, (x, y), there in wanted:
            assert screen.place == place
            line = screen.query_one("#splitter")
            at = line.region.offset
            await desk.pilot.mouse_down(offset=(at.x, at.y))
            await desk.pilot.hover(offset=(x, y))
            await desk.pilot.mouse_up(offset=(x, y))
            await desk.until(there, place)
            await desk.pilot.press("alt+z")
