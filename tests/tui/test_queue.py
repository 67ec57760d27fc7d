from __future__ import annotations

from pyrepl_tui.engine import events
from pyrepl_tui.engine.values import ExecutionResult
from pyrepl_tui.screens.queue import QueueScreen
from tests.tui.conftest import Desk, OpenDesk


def fail(desk: Desk) -> None:
    result = ExecutionResult("error")
    desk.session.say(events.Finished(result, "op", desk.session.execution_count))


async def queue_up(desk: Desk, *codes: str) -> None:
    desk.session.begin()
    await desk.until(lambda: desk.app.model.running is not None)
    for code in codes:
        await desk.type(code + "\n")
    assert desk.app.model.early == list(codes)


async def test_code_entered_while_code_runs_waits_its_turn(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await queue_up(desk, "a", "b")
        assert desk.session.codes == []
        await desk.shows("2 queued")
        desk.session.finish()
        await desk.until(lambda: desk.session.codes == ["a"])
        desk.session.begin()
        desk.session.finish()
        await desk.until(lambda: desk.session.codes == ["a", "b"])


async def test_an_error_cancels_what_waits_and_says_so(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await queue_up(desk, "a", "b")
        fail(desk)
        await desk.until(lambda: desk.app.model.early == [])
        assert desk.session.codes == []
        await desk.shows("2 queued runs were cancelled")
        assert {entry.code for entry in desk.app.history.recent(5)} == {"a", "b"}


async def test_order_cancelling_and_errors_are_chosen_on_a_screen(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await queue_up(desk, "a", "b", "c")
        await desk.pilot.press("alt+q")
        await desk.until(lambda: isinstance(desk.app.screen, QueueScreen))
        await desk.pilot.press("down", "down", "alt+up", "alt+up")
        assert desk.app.model.early == ["c", "a", "b"]
        await desk.pilot.press("down", "delete")
        assert desk.app.model.early == ["c", "b"]
        await desk.pilot.press("s", "escape")
        await desk.until(lambda: not isinstance(desk.app.screen, QueueScreen))
        assert desk.app.settings.stop_on_error is False
        fail(desk)
        await desk.until(lambda: desk.session.codes == ["c"])


async def test_queued_code_is_edited_again(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await queue_up(desk, "a", "b")
        await desk.pilot.press("alt+q")
        await desk.until(lambda: isinstance(desk.app.screen, QueueScreen))
        await desk.pilot.press("e")
        await desk.until(lambda: desk.app.desk.editor.text == "a")
        assert desk.app.model.early == ["b"]


async def test_the_screen_follows_what_begins(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await queue_up(desk, "first_one", "second_one")
        await desk.pilot.press("alt+q")
        await desk.shows("1 first_one")
        desk.session.finish()
        await desk.shows("1 second_one")
        desk.session.begin()
        desk.session.finish()
        await desk.shows("Nothing waits")
