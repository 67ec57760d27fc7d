"""What the keys of the output pane do to runs: fold, find, copy, save, show alone."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Key, MouseScrollDown, MouseScrollUp
from textual.pilot import Pilot
from textual.selection import SELECT_ALL
from textual.widgets import Input

from pyrepl_tui.widgets.output_lines import COPY_LIMIT
from pyrepl_tui.widgets.output_prompts import FindPrompt, NarrowNote, OutputPrompt, SavePrompt
from pyrepl_tui.widgets.output_view import OutputView
from pyrepl_worker import protocol
from tests.engine.recorder import made
from tests.rendering.scribe import Scribe
from tests.tui.test_output_view import Shown, document_of, grown, numbered


class Placed(Shown):
    """An app with an output pane in a column."""

    def compose(self) -> ComposeResult:
        yield Vertical(OutputView(self.document))

    @property
    def hint(self) -> str:
        """What the prompt says."""
        return str(self.query_one(OutputPrompt).hint.content)


@pytest.fixture
def scribe(tmp_path: Path) -> Scribe:
    """A transcript of three runs."""
    scribe = Scribe(tmp_path / "session")
    scribe.run("first()", numbered(0, 50), value="1")
    scribe.run("second()", "needle \x1b[31mred\x1b[0m\nhay\n", value="2")
    scribe.run("third()", numbered(50, 100) + "NEEDLE\n")
    return scribe


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    """Wait for something, for five seconds at most."""
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
        await pilot.pause()
    raise AssertionError("it did not happen")


async def test_a_run_is_folded_and_unfolded(scribe: Scribe) -> None:
    app = Placed(document_of(scribe))
    async with app.run_test(size=(40, 20)) as pilot:
        await pilot.press("z")
        assert app.rows()[:8] == [
            "  1❯ first()",
            "  ⋯ 51 lines",
            "",
            "  2❯ second()",
            "  ⋯ 3 lines",
            "",
            "  3❯ third()",
            "  ⋯ 51 lines",
        ]
        await pilot.press("left_square_bracket", "left_square_bracket", "f")
        assert app.rows()[3:8] == ["▌ 2❯ second()", "  needle red", "  hay", "⇒ 2", ""]
        scribe.write("stdout", b"more\n", 1)
        await grown(app, pilot)
        assert app.rows()[1] == "  ⋯ 52 lines"
        await pilot.press("z", "z")
        assert "  line 0" in app.rows()


async def test_a_double_click_on_code_folds(scribe: Scribe) -> None:
    app = Placed(document_of(scribe))
    async with app.run_test(size=(40, 20)) as pilot:
        await pilot.press("home")
        await pilot.click(OutputView, offset=(8, 0), times=2)
        assert app.rows()[1] == "  ⋯ 51 lines"
        await pilot.click(OutputView, offset=(8, 1), times=2)
        assert app.rows()[1] == "  line 0"


async def test_one_run_alone(scribe: Scribe) -> None:
    app = Placed(document_of(scribe))
    async with app.run_test(size=(40, 20)) as pilot:
        await pilot.press("left_square_bracket", "left_square_bracket", "o")
        assert app.rows()[:5] == ["  2❯ second()", "  needle red", "  hay", "⇒ 2", ""]
        assert set(app.rows()[4:]) == {""}
        scribe.write("stdout", b"late\n", 2)
        await grown(app, pilot)
        assert app.rows()[3] == "  late"
        assert app.view.shows(app.document)
        await pilot.press("escape")
        assert app.rows()[0] == "▌ 2❯ second()"
        assert any("third()" in row for row in app.rows())


async def test_code_and_output_are_copied(scribe: Scribe) -> None:
    app = Placed(document_of(scribe))
    async with app.run_test(size=(40, 20)) as pilot:
        await pilot.press("left_square_bracket", "left_square_bracket", "c")
        assert app.clipboard == "second()"
        await pilot.press("y")
        assert app.clipboard == "needle red\nhay\n2\n"


async def test_output_is_saved_as_plain_text(
    scribe: Scribe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = Placed(document_of(scribe))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("left_square_bracket", "left_square_bracket", "s")
        assert app.query_one(Input).value == "output-2.txt"
        await pilot.press("enter")
        await until(pilot, lambda: not app.query(OutputPrompt))
        assert Path("output-2.txt").read_text() == "needle red\nhay\n2\n"
        assert app.focused is app.view
        await pilot.press("s")
        assert app.query_one(Input).value == "output-2-2.txt"
        app.query_one(Input).value = "output-2.txt"
        Path("output-2.txt").write_text("mine")
        await pilot.press("enter")
        assert "exists" in app.hint
        assert Path("output-2.txt").read_text() == "mine"
        await pilot.press("enter")
        await until(pilot, lambda: Path("output-2.txt").read_text() != "mine")
        await until(pilot, lambda: not app.query(OutputPrompt))


async def test_what_cannot_be_saved_is_said(scribe: Scribe) -> None:
    app = Placed(document_of(scribe))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("s")
        app.query_one(Input).value = "/nowhere/at/all"
        await pilot.press("enter")
        await until(pilot, lambda: "No such file" in app.hint)


async def test_a_file_that_is_not_whole_is_not_left(
    scribe: Scribe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = Placed(document_of(scribe))
    async with app.run_test(size=(60, 20)) as pilot:
        endless = SavePrompt(app.view, "much", lambda: itertools.repeat("line\n"))
        await app.view._ask(endless)
        await pilot.press("enter")
        await until(pilot, lambda: "characters" in app.hint)
        assert app.hint.startswith("saving")
        await pilot.press("escape")
        await until(pilot, lambda: not app.query(OutputPrompt))
        await until(pilot, lambda: not Path("much.txt").exists())
        notes = [note.message for note in app._notifications]
        assert any("was not saved" in message for message in notes)


async def test_going_to_a_run(scribe: Scribe) -> None:
    app = Placed(document_of(scribe))
    async with app.run_test(size=(40, 20)) as pilot:
        await pilot.press("g", "9", "enter")
        assert "there is no run 9" in app.hint
        await pilot.press("backspace", "1", "enter")
        await until(pilot, lambda: not app.query(OutputPrompt))
        assert app.rows()[0] == "▌ 1❯ first()"


async def test_finding_upwards_and_downwards(scribe: Scribe) -> None:
    app = Placed(document_of(scribe))
    async with app.run_test(size=(90, 20)) as pilot:
        await pilot.press("slash", *"needle")
        await until(pilot, lambda: "2 of 2 " in app.hint)
        assert "  NEEDLE" in app.rows()
        await pilot.press("up")
        assert "1 of 2 " in app.hint
        assert "  needle red" in app.rows()
        shown = app.view.render_lines(app.view.size.region)
        strip = next(strip for strip in shown if "needle" in strip.text)
        found = next(segment for segment in strip if segment.text == "needle")
        rest = next(segment for segment in strip if segment.text == " ")
        assert found.style is not None
        assert rest.style is not None
        assert found.style.bgcolor != rest.style.bgcolor
        await pilot.press("down")
        assert "2 of 2 " in app.hint
        await pilot.press("alt+c")
        await until(pilot, lambda: "1 of 1 " in app.hint)
        await pilot.press("escape")
        await until(pilot, lambda: not app.query(FindPrompt))
        assert app.view.found is not None
        await pilot.press("escape")
        assert app.view.found is None


async def test_finding_a_pattern(scribe: Scribe) -> None:
    app = Placed(document_of(scribe))
    async with app.run_test(size=(90, 20)) as pilot:
        await pilot.press("slash", "alt+r", *"line 4.$")
        await until(pilot, lambda: "10 of 10 " in app.hint)
        assert "  line 49" in app.rows()
        app.query_one(Input).value = "("
        await until(pilot, lambda: "not a pattern" in app.hint)
        app.query_one(Input).value = "nowhere"
        await until(pilot, lambda: "nothing found" in app.hint)


async def test_the_run_shown_alone_is_named(scribe: Scribe) -> None:
    app = Placed(document_of(scribe))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("left_square_bracket", "o")
        await until(pilot, lambda: len(app.query(NarrowNote)) == 1)
        assert "run 3 alone" in str(app.query_one(NarrowNote).content)
        await pilot.press("o")
        await until(pilot, lambda: not app.query(NarrowNote))


async def test_too_much_for_a_clipboard_is_said(scribe: Scribe) -> None:
    scribe.run("much()", "x" * 79 + "\n" + numbered(0, 200_000))
    document = document_of(scribe)
    while document.pending:
        document.grow()
    app = Placed(document)
    async with app.run_test(size=(60, 20)) as pilot:

        def told(words: str) -> bool:
            return any(words in note.message for note in app._notifications)

        await pilot.press("y")
        # each message by itself, as it comes: it is gone again after some seconds
        await until(pilot, lambda: told("too much"))
        assert app.clipboard == ""
        app.screen.selections = {app.view: SELECT_ALL}
        text = app.screen.get_selected_text()
        assert text is not None
        assert COPY_LIMIT <= len(text) < 2 * COPY_LIMIT
        await until(pilot, lambda: told("Copied the first"))
        await until(pilot, lambda: len(app.query(SavePrompt)) == 1)


async def test_code_is_wanted_again(scribe: Scribe) -> None:
    wanted: list[str] = []

    class Wanting(Placed):
        def on_output_view_run_wanted(self, message: OutputView.RunWanted) -> None:
            wanted.append(f"run {message.code}")

        def on_output_view_edit_wanted(self, message: OutputView.EditWanted) -> None:
            wanted.append(f"edit {message.code}")

    app = Wanting(document_of(scribe))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("r", "left_square_bracket", "left_square_bracket", "e")
        await until(pilot, lambda: len(wanted) == 2)
        assert wanted == ["run third()", "edit second()"]


async def test_the_wheel_leaves_the_end_and_comes_back_to_it(scribe: Scribe) -> None:
    app = Placed(document_of(scribe))
    async with app.run_test(size=(60, 20)) as pilot:
        view = app.view

        def turn(kind: type[MouseScrollUp | MouseScrollDown]) -> None:
            view.post_message(kind(view, 5, 5, 0, 0, 0, False, False, False, 5, 5))

        turn(MouseScrollUp)
        await until(pilot, lambda: not view.following)
        top = view.scroll_offset.y
        scribe.say(numbered(0, 50))
        await grown(app, pilot)
        assert view.scroll_offset.y == top
        for _ in range(60):
            turn(MouseScrollDown)
        await until(pilot, lambda: view.following)


async def test_keys_typed_fast_after_a_question_reach_its_line(scribe: Scribe) -> None:
    app = Placed(document_of(scribe))
    async with app.run_test(size=(60, 20)) as pilot:
        for key, char in (("g", "g"), ("1", "1"), ("enter", "\r"), ("f", "f")):
            app.post_message(Key(key, char))
        await until(pilot, lambda: app.rows()[1:2] == ["  ⋯ 51 lines"])
        assert app.rows()[0] == "▌ 1❯ first()"
        for key, char in (("slash", "/"), ("n", "n"), ("e", "e")):
            app.post_message(Key(key, char))
        await until(pilot, lambda: [field.value for field in app.query(Input)] == ["ne"])


async def test_a_match_in_a_folded_run_unfolds_it(scribe: Scribe) -> None:
    app = Placed(document_of(scribe))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("z", "slash", *"hay")
        await until(pilot, lambda: "1 of 1 " in app.hint)
        assert "  hay" in app.rows()
        assert "  ⋯ 51 lines" in app.rows()


async def test_another_document_ends_the_search(scribe: Scribe, tmp_path: Path) -> None:
    other = Scribe(tmp_path / "other")
    other.run("needle()", "needle\n")
    app = Placed(document_of(scribe))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("slash", *"needle")
        await until(pilot, lambda: "2 of 2 " in app.hint)
        app.view.document = document_of(other)
        await until(pilot, lambda: not app.query(OutputPrompt))
        assert app.view.found is None
        assert app.rows()[1] == "  needle"


async def test_errors_alone_are_shown_until_escape(scribe: Scribe) -> None:
    scribe.begin("careless()")
    scribe.say("fine\n")
    scribe.say("careful!\n", "stderr")
    scribe.end()
    app = Placed(document_of(scribe))
    async with app.run_test(size=(40, 20)) as pilot:
        await pilot.press("w")
        await until(pilot, lambda: len(app.query(NarrowNote)) == 1)
        assert [row for row in app.rows() if row.strip()] == ["  4❯ careless()", "▏ careful!"]
        scribe.begin("again()")
        scribe.say("no!\n", "stderr")
        await grown(app, pilot)
        await until(pilot, lambda: "▏ no!" in app.rows())
        await pilot.press("escape")
        await until(pilot, lambda: not app.query(NarrowNote))
        assert "  fine" in app.rows()


async def test_the_state_before_a_run_is_wanted_back(scribe: Scribe) -> None:
    wanted: list[str] = []

    class Wanting(Placed):
        def on_output_view_restore_wanted(self, message: OutputView.RestoreWanted) -> None:
            wanted.append(message.checkpoint)

    scribe.journal(made(protocol.CheckpointTaken, "here", None, "auto", None, 3))
    scribe.run("fourth()")
    app = Wanting(document_of(scribe))
    async with app.run_test(size=(40, 20)) as pilot:
        await pilot.press("left_square_bracket", "b")
        await until(pilot, lambda: wanted == ["here"])
        await pilot.press("left_square_bracket", "b")
        await until(pilot, lambda: any("not kept" in n.message for n in app._notifications))
