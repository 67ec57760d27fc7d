from __future__ import annotations

import pytest
from textual.events import Paste

from pyrepl_tui.widgets import input_panel
from tests.tui.conftest import Desk, OpenDesk
from tests.tui.fake_engine import FakeSession


@pytest.fixture(autouse=True)
def slow_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """The panel stays for as long as a busy machine may take between two keys."""
    monkeypatch.setattr(input_panel, "LINGER", 60.0)


def answers(session: FakeSession) -> list[tuple[str, str, str | None]]:
    return [call.arguments for call in session.asked("answer")]


async def ask(desk: Desk, prompt: str = "name? ", request: str = "q1", **kwargs: bool) -> None:
    session = desk.session
    if not desk.app.model.busy:
        session.begin("input()")
    session.ask(prompt, request=request, **kwargs)
    await desk.until(lambda: any(each.id == request for each in desk.app.model.questions))


async def test_a_question_takes_the_keys_and_its_answer_goes_back(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await ask(desk)
        await desk.until(lambda: desk.panel.field.has_focus)
        await desk.shows("session 1 · run [1] waits for input")
        await desk.shows("name?")
        await desk.type("Ada\n")
        await desk.until(lambda: answers(desk.session) == [("q1", "text", "Ada")])
        desk.session.finish()
        await desk.until(lambda: not desk.panel.is_open)
        assert desk.app.desk.focused is desk.app.desk.editor


async def test_someone_who_writes_is_not_disturbed(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.type("draft")
        await ask(desk)
        await desk.until(lambda: desk.panel.is_open)
        await desk.type("ing")
        assert desk.app.desk.editor.text == "drafting"
        await desk.shows("F6 to answer")
        await desk.pilot.press("f6")
        assert desk.panel.field.has_focus
        await desk.pilot.press("escape")
        assert desk.app.desk.focused is desk.app.desk.editor


async def test_a_background_question_is_announced_once_and_takes_no_keys(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        first = desk.session
        await desk.pilot.press("ctrl+t")
        first.begin("input()")
        first.ask("pass? ")
        await desk.shows("session 1 waits for input")
        await desk.type("x = 1")
        assert desk.app.desk.editor.text == "x = 1"
        asked = [entry.title for entry in desk.app.bridge.log]
        assert asked == ["session 1 waits for input"]
        await desk.pilot.press("alt+1")
        await desk.until(lambda: desk.panel.field.has_focus)
        assert not any("Alt+1 goes there" in line for line in await desk.paint())
        await desk.pilot.press("alt+2")
        await desk.until(lambda: desk.app.desk.focused is desk.app.desk.editor)
        assert not desk.panel.is_open
        assert desk.app.desk.editor.text == "x = 1"


async def test_passwords_are_masked_and_not_remembered(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await ask(desk, "Password: ", password=True)
        await desk.until(lambda: desk.panel.field.has_focus)
        await desk.type("secret")
        assert not any("secret" in line for line in await desk.paint())
        await desk.type("\n")
        await desk.until(lambda: answers(desk.session) == [("q1", "text", "secret")])
        await ask(desk, "again? ", "q2")
        await desk.until(lambda: desk.panel.field.has_focus and not desk.panel.field.password)
        await desk.pilot.press("up")
        assert desk.panel.field.value == ""


async def test_end_of_input_and_interrupt(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await ask(desk)
        await desk.until(lambda: desk.panel.field.has_focus)
        await desk.pilot.press("a", "home", "ctrl+d")
        assert desk.panel.field.value == "", "with text Ctrl+D deletes, as in a shell"
        await desk.pilot.press("ctrl+d")
        await desk.until(lambda: answers(desk.session) == [("q1", "eof", None)])
        await ask(desk, request="q2")
        await desk.pilot.press("ctrl+c")
        await desk.until(lambda: answers(desk.session)[1:] == [("q2", "interrupt", None)])


async def test_ctrl_c_in_the_editor_interrupts_a_question(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.type("draft")
        await ask(desk)
        await desk.pilot.press("ctrl+c")
        await desk.until(lambda: answers(desk.session) == [("q1", "interrupt", None)])
        assert not desk.session.asked("interrupt")


async def test_what_is_typed_ahead_answers_the_next_question(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await ask(desk, "(Pdb) ")
        await desk.until(lambda: desk.panel.field.has_focus)
        await desk.type("n\np x\n")
        await desk.until(lambda: answers(desk.session) == [("q1", "text", "n")])
        desk.session.ask("(Pdb) ", request="q2")
        await desk.until(lambda: answers(desk.session)[1:] == [("q2", "text", "p x")])
        await ask(desk, "(Pdb) ", "q3")
        await desk.pilot.press("up", "up")
        assert desk.panel.field.value == "n", "answers have a history of their own"


async def test_what_nobody_asked_for_lands_in_the_editor(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await ask(desk)
        await desk.until(lambda: desk.panel.field.has_focus)
        await desk.type("Ada\nx = 1")
        desk.session.finish()
        await desk.until(lambda: desk.app.desk.editor.text == "x = 1")
        assert desk.app.desk.focused is desk.app.desk.editor


async def test_lines_nobody_asked_for_land_in_the_editor_too(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await ask(desk)
        await desk.until(lambda: desk.panel.field.has_focus)
        await desk.type("Ada\nx = 1\ny")
        desk.session.finish()
        await desk.until(lambda: desk.app.desk.editor.text == "x = 1\ny")
        assert not desk.session.asked("run"), "they were typed as answers, and may be none"


async def test_several_questions_wait_in_line(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await ask(desk, "one? ", "q1")
        await ask(desk, "two? ", "q2")
        await desk.shows("question 1 of 2")
        await desk.pilot.press("tab")
        await desk.shows("two?")
        await desk.type("2\n")
        await desk.until(lambda: answers(desk.session) == [("q2", "text", "2")])
        await desk.shows("one?")
        await desk.type("1\n")
        await desk.until(lambda: answers(desk.session)[1:] == [("q1", "text", "1")])


async def test_pasted_lines_answer_one_question_each(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await ask(desk)
        await desk.until(lambda: desk.panel.field.has_focus)
        desk.app.post_message(Paste("a\r\nb\r\nc"))
        await desk.until(lambda: answers(desk.session) == [("q1", "text", "a")])
        desk.session.ask(request="q2")
        await desk.until(lambda: answers(desk.session)[1:] == [("q2", "text", "b")])
        assert desk.panel.field.value == "c"


async def test_a_death_takes_the_question_away(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await ask(desk)
        await desk.until(lambda: desk.panel.is_open)
        desk.session.die()
        await desk.until(lambda: not desk.panel.is_open)
        assert desk.app.desk.focused is desk.app.desk.editor


async def test_it_goes_away_when_code_that_runs_on_asks_nothing_more(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_panel, "LINGER", 0.01)
    async with open_desk() as desk:
        await ask(desk)
        await desk.until(lambda: desk.panel.field.has_focus)
        await desk.type("Ada\n")
        await desk.until(lambda: not desk.panel.is_open)
        assert desk.app.model.busy
        assert desk.app.desk.focused is desk.app.desk.editor
