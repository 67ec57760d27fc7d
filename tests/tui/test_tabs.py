"""Tabs: which there are, what they are called, what they show of their sessions."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pyrepl_tui.screens.dialogs import ChoiceDialog, NameDialog
from tests.tui.conftest import OpenDesk
from tests.tui.fake_engine import FakeEngine, FakeSession


async def test_living_sessions_are_shown_at_the_start(open_desk: OpenDesk, tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path)
    for name in ("train", "web"):
        engine.appear(name)
    async with open_desk(engine=engine) as desk:
        assert desk.names == ["train", "web"]


async def test_a_session_started_elsewhere_appears_and_its_end_shows(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        other = desk.engine.appear("from a script")
        await desk.until(lambda: desk.names == ["session 1", "from a script"])
        assert desk.app.model.name == "session 1"
        other.end()
        await desk.until(lambda: desk.names == ["session 1"])


async def test_an_ended_session_that_is_shown_stays_to_be_read(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.session.end()
        await desk.shows("session ended")
        await desk.type("x\n")
        await desk.pilot.pause()
        assert desk.session.codes == []
        assert desk.app.desk.editor.text == "x"


async def test_drafts_and_history_belong_to_their_tabs(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.type("first\n")
        await desk.type("draft one")
        await desk.pilot.press("ctrl+t")
        await desk.type("draft two")
        await desk.pilot.press("alt+1")
        assert desk.app.desk.editor.text == "draft one"
        await desk.pilot.press("ctrl+z")
        assert desk.app.desk.editor.text != "draft one", "undo goes on where it was"
        await desk.pilot.press("ctrl+pagedown")
        assert desk.app.desk.editor.text == "draft two"
        await desk.type("\n")
        await desk.pilot.press("up")
        assert desk.app.desk.editor.text == "draft two", "a tab's own code comes first"
        await desk.pilot.press("up")
        assert desk.app.desk.editor.text == "first", "then that of others"


async def test_tabs_are_chosen_renamed_and_moved(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.pilot.press("ctrl+t", "ctrl+t")
        assert desk.app.model.name == "session 3"
        await desk.pilot.press("alt+comma", "alt+comma")
        assert desk.names == ["session 3", "session 1", "session 2"]
        await desk.pilot.press("f2")
        await desk.until(lambda: isinstance(desk.app.screen, NameDialog))
        await desk.pilot.press("ctrl+a", "ctrl+k")
        await desk.type("train\n")
        await desk.until(lambda: desk.names[0] == "train")
        assert [call.arguments for call in desk.session.asked("rename")] == [("train",)]
        await desk.pilot.press("alt+n")
        assert desk.app.model.name == "session 1"


async def test_tabs_work_with_the_mouse(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        tabs = desk.app.desk.tabs
        await desk.pilot.press("ctrl+t", "ctrl+t")
        await desk.pilot.click(tabs, offset=(4, 0))
        await desk.until(lambda: desk.app.model.name == "session 1")
        await desk.pilot.mouse_down(tabs, offset=(4, 0))
        await desk.pilot.hover(tabs, offset=(40, 0))
        await desk.pilot.mouse_up(tabs, offset=(40, 0))
        plus = next(x for x in range(120) if tabs.place_at(x) is None)
        await desk.pilot.click(tabs, offset=(plus + 1, 0))
        await desk.until(lambda: len(desk.app.workspace) == 4)


async def test_twenty_tabs_scroll_so_that_the_active_one_shows(open_desk: OpenDesk) -> None:
    async with open_desk(size=(80, 24)) as desk:
        for _ in range(19):
            await desk.pilot.press("ctrl+t")
        lines = await desk.paint()
        assert "session 20" in lines[0]
        assert lines[0].startswith("‹")
        await desk.pilot.press("alt+1")
        lines = await desk.paint()
        assert "1 session 1" in lines[0]
        assert lines[0][: desk.app.desk.tabs.size.width].endswith("›")


async def test_marks_tell_what_background_tabs_do(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        first = desk.session
        await desk.pilot.press("ctrl+t")
        first.begin()
        await desk.until(lambda: desk.app.workspace.tabs[0].mark == "busy")
        first.ask()
        await desk.until(lambda: desk.app.workspace.tabs[0].mark == "waiting_input")
        await first.answer("q1", "x")
        first.finish()
        await desk.until(lambda: desk.app.workspace.tabs[0].mark == "unread")
        await desk.pilot.press("alt+1")
        assert desk.app.workspace.tabs[0].mark == ""
        await desk.pilot.press("alt+2")
        first.die()
        await desk.until(lambda: desk.app.workspace.tabs[0].mark == "dead")


async def test_a_session_whose_tab_was_closed_can_be_attached_again(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.engine.appear("other").start()
        await desk.until(lambda: len(desk.app.workspace) == 2)
        await desk.pilot.press("alt+2", "f4")
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog))
        await desk.pilot.press("t")
        await desk.until(lambda: desk.names == ["session 1"])
        desk.engine.news.put_nowait(None)
        desk.app.action_attach_session()
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog))
        assert desk.names == ["session 1"], "it does not come back by itself"
        await desk.pilot.press("enter")
        await desk.until(lambda: desk.names == ["session 1", "other"])


async def test_files_become_drafts_of_new_tabs(open_desk: OpenDesk, tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text("print('hi')\n", "utf-8")
    async with open_desk(files=[tmp_path / "job.py", tmp_path / "missing.py"]) as desk:
        await desk.until(lambda: "job" in desk.names)
        await desk.until(lambda: desk.app.desk.editor.text == "print('hi')\n")
        assert any("missing.py" in entry.title for entry in desk.app.bridge.log)


async def test_a_record_that_cannot_be_read_is_told_of_once(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:

        def broken() -> bool:
            raise ValueError("a bug in the reader")

        await desk.until(lambda: desk.app.model.document is not None)
        desk.app.model.document.grow = broken
        desk.session.begin()
        await desk.shows("its output cannot be read")
        desk.session.finish()
        await desk.type("1\n")
        await desk.until(lambda: desk.session.codes == ["1"])
        assert len([e for e in desk.app.bridge.log if "cannot be read" in e.title]) == 1


async def test_one_bad_session_does_not_keep_the_others_away(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    engine = FakeEngine(tmp_path)
    for name in ("bad", "good"):
        engine.appear(name)
    engine.broken.add("bad")
    attach = engine.attach

    async def attach_slowly(session_id: str) -> FakeSession:
        for _ in range(50):  # whatever else the app has to do comes first
            await asyncio.sleep(0)
        return await attach(session_id)

    engine.attach = attach_slowly  # type: ignore[method-assign]
    async with open_desk(engine=engine) as desk:
        assert desk.names == ["good"]
        await desk.shows("Could not attach a session")
        engine.appear("later")
        await desk.until(lambda: desk.names == ["good", "later"])
        assert len([e for e in desk.app.bridge.log if "attach" in e.title]) == 1


async def test_a_new_session_is_not_called_like_one_without_a_tab(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    engine = FakeEngine(tmp_path)
    engine.appear("session 1")
    engine.broken.add("session 1")
    async with open_desk(engine=engine) as desk:
        assert desk.names == ["session 2"]
