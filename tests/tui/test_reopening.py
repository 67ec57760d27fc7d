"""Sessions that ended unasked are offered until they are reopened or given up."""

from __future__ import annotations

from pathlib import Path

from pyrepl_tui.locations import session_dir, state_dir
from pyrepl_tui.screens.ended import EndedScreen
from pyrepl_worker import protocol
from tests.tui.conftest import Desk, OpenDesk
from tests.tui.fake_engine import FakeEngine, FakeSession


def keep(session: FakeSession) -> None:
    """Leave a checkpoint of a session on the disk."""
    folder = session_dir(state_dir(), session.id) / protocol.ARCHIVES / protocol.MANIFESTS
    folder.mkdir(parents=True)
    (folder / "c1.json").touch()


async def left_behind(open_desk: OpenDesk, engine: FakeEngine, *names: str) -> list[FakeSession]:
    """Sessions with tabs, the first one with a draft, whose processes then end unasked."""
    made = [engine.appear(name) for name in names]
    async with open_desk(engine=engine) as desk:
        await desk.until(lambda: len(desk.app.workspace) == len(names))
        await desk.pilot.press("alt+1", *"half")
        await desk.until(lambda: desk.app.desk.editor.text == "half")
        desk.app.remember()
    for session in made:
        keep(session)
        engine.gone[session.id] = engine.registry.pop(session.id)
    return made


async def listed(desk: Desk) -> EndedScreen:
    await desk.pilot.press("alt+a")
    await desk.until(lambda: isinstance(desk.app.screen, EndedScreen), "the list")
    screen = desk.app.screen
    assert isinstance(screen, EndedScreen)
    return screen


async def test_all_of_them_come_back_with_their_drafts(open_desk: OpenDesk, tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path / "sessions")
    await left_behind(open_desk, engine, "readings", "train")
    async with open_desk(engine=engine) as desk:
        await desk.shows("Ended unasked: readings, train")
        await listed(desk)
        await desk.shows("draft: half")
        await desk.pilot.press("a")
        # the empty tab that was there for want of others goes
        await desk.until(lambda: desk.names == ["readings", "train"])
        await desk.until(lambda: desk.app.desk.editor.text == "half")
        assert not desk.app.ended
        assert not desk.app.desk.ended.display


async def test_one_is_reopened_and_the_other_stays_on_offer(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    engine = FakeEngine(tmp_path / "sessions")
    await left_behind(open_desk, engine, "readings", "train")
    async with open_desk(engine=engine) as desk:
        await desk.until(lambda: desk.app.ended)
        await desk.type("x")
        await listed(desk)
        await desk.pilot.press("down", "enter")
        await desk.until(lambda: desk.names == ["session 1", "train"], "the tab in use stays")
        await desk.shows("Ended unasked: readings  ")
    async with open_desk(engine=engine) as desk:  # and so it does at the next start
        await desk.until(lambda: desk.app.ended)
        assert ("readings", "half") in [(tab.name, tab.draft) for tab in desk.app.ended]


async def test_what_is_given_up_is_offered_no_more(open_desk: OpenDesk, tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path / "sessions")
    (session,) = await left_behind(open_desk, engine, "readings")
    async with open_desk(engine=engine) as desk:
        await desk.until(lambda: desk.app.ended)
        await listed(desk)
        await desk.pilot.press("f")
        await desk.until(lambda: not desk.app.desk.ended.display)
        assert session.id in engine.gone
    async with open_desk(engine=engine) as desk:
        await desk.until(lambda: desk.app.desk.editor.has_focus)
        await desk.pilot.press("alt+a")
        await desk.shows("No session of this folder has ended unasked")


async def test_left_for_later(open_desk: OpenDesk, tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path / "sessions")
    await left_behind(open_desk, engine, "readings")
    async with open_desk(engine=engine) as desk:
        await desk.until(lambda: desk.app.ended)
        await listed(desk)
        await desk.pilot.press("escape")
        await desk.until(lambda: len(desk.app.screen_stack) == 1)
        assert desk.app.desk.ended.display


async def test_what_left_nothing_on_the_disk_hands_on_its_draft(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    engine = FakeEngine(tmp_path / "sessions")
    (session,) = await left_behind(open_desk, engine, "readings")
    folder = session_dir(state_dir(), session.id) / protocol.ARCHIVES / protocol.MANIFESTS
    (folder / "c1.json").unlink()
    async with open_desk(engine=engine) as desk:
        await desk.until(lambda: desk.app.desk.editor.text == "half")
        assert not desk.app.ended


async def test_what_lives_and_cannot_be_attached_is_not_offered(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    """It is another version's, for example."""
    engine = FakeEngine(tmp_path / "sessions")
    (theirs,) = await left_behind(open_desk, engine, "theirs")
    engine.registry[theirs.id] = engine.gone.pop(theirs.id)
    engine.broken.add("theirs")
    async with open_desk(engine=engine) as desk:
        await desk.shows("Could not attach a session")
        await desk.until(lambda: desk.app.desk.editor.text == "half", "its draft is not lost")
        assert not desk.app.ended


async def test_one_that_cannot_be_read_stays_on_offer(open_desk: OpenDesk, tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path / "sessions")
    (session,) = await left_behind(open_desk, engine, "readings")
    del engine.gone[session.id]
    async with open_desk(engine=engine) as desk:
        await desk.until(lambda: desk.app.ended)
        await listed(desk)
        await desk.pilot.press("enter")
        await desk.shows("Could not take up a session")
        assert desk.app.ended
