"""Another session's output beside the active one's."""

from __future__ import annotations

from pathlib import Path

from pyrepl_tui.widgets.output_view import OutputView
from tests.tui.conftest import OpenDesk
from tests.tui.fake_engine import FakeEngine


async def test_two_sessions_stand_beside_each_other(open_desk: OpenDesk, tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path / "sessions")
    left, right = engine.appear("left"), engine.appear("right")
    async with open_desk(size=(140, 40), engine=engine) as desk:
        screen = desk.app.desk
        await desk.until(lambda: len(desk.app.workspace) == 2 and screen.output)
        await desk.pilot.press("alt+1", "alt+b")
        await desk.until(lambda: screen.beside is not None and screen.beside.is_mounted)
        assert screen.beside is not None
        assert screen.beside.model.name == "right"
        assert screen.beside.region.width > 30
        right.begin("1 + 1")
        await desk.until(lambda: screen.beside and screen.beside.model.state == "busy")
        await desk.shows("right  busy")
        await desk.type("x = 1\n")
        await desk.until(lambda: left.codes == ["x = 1"])
        assert right.codes == []
        await desk.pilot.click("BesideHeading")
        await desk.until(lambda: desk.app.model.name == "right")
        assert screen.beside.model.name == "left"
        await desk.pilot.press("alt+b")
        await desk.until(lambda: len(screen.query(OutputView)) == 1)


async def test_a_session_that_is_closed_stands_beside_no_more(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    engine = FakeEngine(tmp_path / "sessions")
    engine.appear("left")
    engine.appear("right")
    async with open_desk(size=(140, 40), engine=engine) as desk:
        screen = desk.app.desk
        await desk.until(lambda: len(desk.app.workspace) == 2 and screen.output)
        await desk.pilot.press("alt+1", "alt+b")
        await desk.until(lambda: screen.beside)
        desk.app.action_close_session(desk.app.workspace.tabs[1].key)
        await desk.shows("End the session")
        await desk.pilot.press("e")
        await desk.until(lambda: screen.beside is None)


async def test_with_one_session_there_is_nothing_beside(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.pilot.press("alt+b")
        await desk.shows("There is no other session")


async def test_in_a_narrow_terminal_the_panes_are_tabs(open_desk: OpenDesk) -> None:
    async with open_desk(size=(80, 24)) as desk:
        screen = desk.app.desk
        await desk.shows(" Output  Variables  Timeline")
        assert screen.pane_tabs.shown == "Output"
        await desk.pilot.press("f3")
        assert screen.pane_tabs.shown == "Variables"
        await desk.pilot.click("#pane-tabs", offset=(22, 0))
        await desk.until(lambda: screen.pane_tabs.shown == "Timeline" and screen.side.size.width)
        await desk.pilot.click("#pane-tabs", offset=(12, 0))
        await desk.until(lambda: screen.pane_tabs.shown == "Variables")
        await desk.pilot.click("#pane-tabs", offset=(2, 0))
        await desk.until(lambda: screen.pane_tabs.shown == "Output" and not screen.side.size.width)
        await desk.pilot.resize_terminal(120, 40)
        await desk.until(lambda: not screen.pane_tabs.size.width)
