"""The output pane: what it shows, where it scrolls, what it copies."""

from __future__ import annotations

import itertools
from pathlib import Path
from time import monotonic

import pytest
from textual import _time as textual_clock
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from pyrepl_tui.engine import line_index
from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.engine.transcript import Transcript
from pyrepl_tui.rendering.ascii_only import AsciiOnly
from pyrepl_tui.rendering.live import open_document
from pyrepl_tui.themes import DARK, LIGHT
from pyrepl_tui.widgets.output_view import OutputView
from tests.rendering.scribe import Scribe
from tests.support.waiting import eventually


class Shown(App[None]):
    """An app that is an output pane."""

    def __init__(self, document: OutputDocument | None) -> None:
        super().__init__()
        self.document = document
        self.heard: list[bool] = []

    def compose(self) -> ComposeResult:
        yield OutputView(self.document)

    def on_mount(self) -> None:
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name
        self.view.focus()

    def on_output_view_following_changed(self, message: OutputView.FollowingChanged) -> None:
        self.heard.append(message.following)

    @property
    def view(self) -> OutputView:
        """The pane."""
        return self.query_one(OutputView)

    def rows(self) -> list[str]:
        """What the pane shows, row by row, without blanks at the ends."""
        region = self.view.size.region
        return [strip.text.rstrip() for strip in self.view.render_lines(region)]


@pytest.fixture
def scribe(tmp_path: Path) -> Scribe:
    """A transcript to write."""
    return Scribe(tmp_path / "session")


def document_of(scribe: Scribe) -> OutputDocument:
    """The document of a transcript."""
    return open_document(Transcript(scribe.directory))


async def grown(app: Shown, pilot: Pilot[None]) -> None:
    """Let the pane take in what was written."""
    assert app.document is not None
    app.document.grow()
    app.view.refresh_document()
    await eventually(lambda: app.view._flush_timer is None, what="the pane to be painted")
    await pilot.pause()


def numbered(start: int, end: int) -> str:
    """Lines with their numbers."""
    return "".join(f"line {n}\n" for n in range(start, end))


async def test_a_pane_is_painted_on_a_busy_machine(
    scribe: Scribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is held up for longer than it wanted to wait paints all the same."""
    scribe.run("first()", "one\n")
    app = Shown(document_of(scribe))
    async with app.run_test(size=(60, 10)) as pilot:
        late = itertools.count()
        monkeypatch.setattr(textual_clock, "get_time", lambda: monotonic() + next(late) * 0.002)
        for number in range(20):
            scribe.run(f"again({number})", f"two {number}\n")
            app.view._flushed_at = 0.0
            await grown(app, pilot)


async def test_a_run_is_its_code_then_its_output_then_its_value(scribe: Scribe) -> None:
    scribe.run("print('a')\nprint('b')\n7", "a\nb\n", value="7")
    app = Shown(document_of(scribe))
    async with app.run_test(size=(40, 12)):
        assert app.rows()[:7] == [
            "  1❯ print('a')",
            "     print('b')",
            "     7",
            "  a",
            "  b",
            "⇒ 7",
            "",
        ]


async def test_outcomes_stand_at_the_right_of_the_first_line(scribe: Scribe) -> None:
    error = {"name": "E", "message": "", "traceback": "Traceback…\nE", "exit_code": None}
    scribe.run("quick")
    scribe.run("slow", ms=1250)
    scribe.run("bad", status="error", error=error)
    scribe.run("stopped", status="interrupted", error=error, ms=61_000)
    scribe.run("late", status="timeout", error=error, ms=10_000)
    scribe.begin("dying")
    scribe.die("killed by signal 9")
    scribe.begin("going on")
    app = Shown(document_of(scribe))
    async with app.run_test(size=(50, 40)):
        rows = app.rows()
        ends = {row.split()[1]: row[14:].strip() for row in rows if "❯" in row}
        assert ends == {
            "quick": "",
            "slow": "1.2 s",
            "bad": "error",
            "stopped": "interrupted · 1 m 01 s",
            "late": "timeout · 10.0 s",
            "dying": "crashed · 2.0 s",
            "going": "running",
        }
        assert any(row.startswith("─ killed by signal 9 ──") for row in rows)


async def test_a_question_shows_its_answer_in_place(scribe: Scribe) -> None:
    scribe.begin("ask()")
    scribe.say("before\n")
    scribe.ask("Name: ")
    app = Shown(document_of(scribe))
    async with app.run_test(size=(40, 12)) as pilot:
        assert app.rows()[:3] == ["  1❯ ask()" + " " * 21 + "running", "  before", "? Name: ▌"]
        scribe.answer("Ada")
        scribe.say("after\n")
        scribe.ask("Secret: ", password=True, request="r")
        scribe.answer(None, request="r")
        scribe.end()
        await grown(app, pilot)
        assert app.rows()[1:5] == ["  before", "? Name: Ada", "  after", "? Secret: ••••••••"]


async def test_output_of_no_run_and_late_output_of_a_run(scribe: Scribe) -> None:
    scribe.run("first()", "a\n", value="1")
    scribe.run("second()", "b\n")
    scribe.write("stdout", b"late\n", 1)
    scribe.write("stderr", b"nobody's\n", 0)
    app = Shown(document_of(scribe))
    async with app.run_test(size=(40, 14)):
        assert app.rows()[:9] == [
            "  1❯ first()",
            "  a",
            "  late",
            "⇒ 1",
            "",
            "  2❯ second()",
            "  b",
            "",
            "▏ nobody's",
        ]


async def test_the_end_is_followed_only_by_a_reader_at_the_end(scribe: Scribe) -> None:
    scribe.begin("flood")
    scribe.say(numbered(0, 100))
    app = Shown(document_of(scribe))
    async with app.run_test(size=(40, 10)) as pilot:
        assert app.rows()[-2:] == ["  line 99", ""]
        scribe.say(numbered(100, 200))
        await grown(app, pilot)
        assert app.rows()[-2:] == ["  line 199", ""]
        await pilot.press("pageup")
        seen = app.rows()
        assert seen[0] == "  line 182"
        assert seen[8] == "  line 190"
        scribe.say(numbered(200, 5000))
        await grown(app, pilot)
        assert app.rows() == seen
        await pilot.press("end")
        assert app.rows()[-2:] == ["  line 4999", ""]
        scribe.say(numbered(5000, 5001))
        await grown(app, pilot)
        assert app.rows()[-2:] == ["  line 5000", ""]
        await pilot.press("home")
        assert app.rows()[0].startswith("  1❯ flood")
        assert app.heard == [False, True, False]


async def test_late_output_above_leaves_the_lines_in_view_where_they_are(scribe: Scribe) -> None:
    scribe.run("first()", "a\n")
    scribe.run("second()", numbered(0, 100))
    app = Shown(document_of(scribe))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("pageup", "pageup")
        seen = app.rows()
        scribe.write("stdout", numbered(0, 30).encode(), 1)
        await grown(app, pilot)
        assert app.rows() == seen


async def test_what_was_painted_before_lines_were_wrapped_anew_is_painted_anew(
    scribe: Scribe,
) -> None:
    scribe.run("f()", "x" * 50 + "\n")
    app = Shown(document_of(scribe))
    async with app.run_test(size=(80, 12)):
        assert app.rows()[1] == "  " + "x" * 50
        reading = app.view.reading
        assert reading is not None
        reading.layout.resize(30)
        assert max(map(len, app.rows())) <= 30


async def test_a_resize_keeps_the_first_line_in_view(scribe: Scribe) -> None:
    words = "".join(f"{n} " + "word " * (n % 40) + "\n" for n in range(300))
    scribe.run("x", words)
    app = Shown(document_of(scribe))
    async with app.run_test(size=(60, 12)) as pilot:
        app.view.scroll_to(y=200, animate=False)
        await pilot.pause()
        while not app.rows()[0].split()[0].isdigit():
            await pilot.press("down")
        number = app.rows()[0].split()[0]
        for width in (33, 90, 20, 60):
            await pilot.resize_terminal(width, 12)
            await pilot.pause()
            assert app.rows()[0].split()[0] == number


async def test_scrolling_up_page_by_page_shows_every_line_once(scribe: Scribe) -> None:
    lines = [f"{n:04d}" + "x" * (n % 90) for n in range(4000)]
    scribe.run("x", "\n".join(lines) + "\n")
    app = Shown(document_of(scribe))
    async with app.run_test(size=(40, 30)):
        view = app.view
        numbers: list[int] = []
        for _ in range(1000):
            rows = app.rows()[: 29 if numbers else None]
            found = [int(row[2:6]) for row in rows if row[2:6].isdigit()]
            numbers = found + numbers
            if view.scroll_offset.y == 0:
                break
            view.action_page_up()
        assert sorted(set(numbers)) == list(range(4000))
        assert numbers == sorted(numbers)


async def test_runs_are_walked_through(scribe: Scribe) -> None:
    for n in range(1, 6):
        scribe.run(f"run_{n}()", numbered(0, 20))
    app = Shown(document_of(scribe))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("left_square_bracket")
        assert app.rows()[0] == "▌ 5❯ run_5()"
        await pilot.press("left_square_bracket", "left_square_bracket")
        assert app.rows()[0] == "▌ 3❯ run_3()"
        await pilot.press("right_square_bracket")
        assert app.rows()[0] == "▌ 4❯ run_4()"
        assert app.view.scroll_to_run(2)
        assert app.rows()[0] == "▌ 2❯ run_2()"
        assert not app.view.scroll_to_run(9)


async def test_each_document_keeps_its_reading_position(tmp_path: Path) -> None:
    documents = []
    for name in "ab":
        scribe = Scribe(tmp_path / name)
        scribe.run(name, "".join(f"{name} {n}\n" for n in range(100)))
        documents.append(document_of(scribe))
    app = Shown(documents[0])
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("home", "down", "down")
        assert app.rows()[0] == "  a 1"
        app.view.document = documents[1]
        assert app.rows()[-2] == "  b 99"
        await pilot.press("pageup")
        seen = app.rows()
        app.view.document = documents[0]
        assert app.rows()[0] == "  a 1"
        app.view.document = documents[1]
        assert app.rows() == seen
        app.view.document = None
        assert set(app.rows()) == {""}


async def test_wrapped_lines_are_selected_and_copied_whole(scribe: Scribe) -> None:
    scribe.run("x = 1", "first line\n" + "long " * 20 + "\nlast 日本 line\n")
    app = Shown(document_of(scribe))
    async with app.run_test(size=(40, 14)) as pilot:
        await pilot.mouse_down(OutputView, offset=(8, 1))
        await pilot.hover(OutputView, offset=(9, 5))
        await pilot.mouse_up(OutputView, offset=(9, 5))
        assert app.screen.get_selected_text() == "line\n" + "long " * 20 + "\nlast 日本"
        marked = app.view.render_lines(app.view.size.region)[5]
        styles = {segment.text: segment.style for segment in marked if segment.text.strip()}
        selected, plain = styles["last 日本"], styles[" line"]
        assert selected is not None
        assert plain is not None
        assert selected.bgcolor != plain.bgcolor


async def test_code_is_copied_without_its_gutter(scribe: Scribe) -> None:
    scribe.run("for i in range(3):\n    print(i)", "0\n1\n2\n")
    app = Shown(document_of(scribe))
    async with app.run_test(size=(40, 14)) as pilot:
        await pilot.mouse_down(OutputView, offset=(5, 0))
        await pilot.hover(OutputView, offset=(2, 4))
        await pilot.mouse_up(OutputView, offset=(2, 4))
        assert app.screen.get_selected_text() == "for i in range(3):\n    print(i)\n0\n1\n2"


async def test_control_characters_never_reach_the_screen(scribe: Scribe) -> None:
    rubbish = (
        bytes(range(256)) * 20 + b"\x1b]0;title\x07\x1b[?1049h\x1b[6n\x1bP+q\x1b\\\x9b31m\xc2\x9b5n"
    )
    scribe.begin("rubbish")
    scribe.say(rubbish.replace(b"\n", b""))
    scribe.say(rubbish, "stderr")
    scribe.end(value="\x1b[?25l\x07", error=None)
    app = Shown(document_of(scribe))
    async with app.run_test(size=(60, 40)) as pilot:
        await pilot.press("home")
        for row in app.rows():
            assert all(char.isprintable() for char in row), row
        assert "title" not in "".join(app.rows())


async def test_one_line_of_many_megabytes(scribe: Scribe) -> None:
    scribe.run("x", b"0123456789" * 2_000_000)
    app = Shown(document_of(scribe))
    assert app.document is not None
    async with app.run_test(size=(42, 20)) as pilot:
        for _ in range(100):
            if not app.document.pending:
                break
            await grown(app, pilot)
        await pilot.press("home")
        assert app.rows()[1] == "  " + "0123456789" * 3 + "012345678"
        await pilot.press("end", "pageup")
        assert len(app.rows()[3]) == 41


async def test_themes_change_the_colours_of_what_is_shown(scribe: Scribe) -> None:
    scribe.run("x = 1", "\x1b[31mred\x1b[0m plain\n")
    app = Shown(document_of(scribe))
    async with app.run_test(size=(40, 8)) as pilot:
        dark = [segment.style for segment in app.view.render_lines(app.view.size.region)[1]]
        app.theme = LIGHT.name
        await pilot.pause()
        light = [segment.style for segment in app.view.render_lines(app.view.size.region)[1]]
        assert all(a != b for a, b in zip(dark, light, strict=True))


async def test_a_theme_that_lacks_our_variables_will_do(scribe: Scribe) -> None:
    scribe.run("def f(): return 'x'", "out\n", value="1")
    app = Shown(document_of(scribe))
    async with app.run_test(size=(40, 8)) as pilot:
        app.theme = "textual-light"
        await pilot.pause()
        assert app.rows()[0] == "  1❯ def f(): return 'x'"
        app.theme = "nord"
        await pilot.pause()
        assert app.rows()[1] == "  out"


async def test_a_frame_between_new_output_and_the_pane_hearing_of_it(
    scribe: Scribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_index, "CHUNK", 400)
    monkeypatch.setattr(line_index, "MARGIN", 100)
    scribe.begin("x")
    scribe.say(numbered(0, 60))
    app = Shown(document_of(scribe))
    async with app.run_test(size=(40, 20)) as pilot:
        assert app.document is not None
        for start in range(60, 400, 10):
            scribe.say(numbered(start, start + 10))
            app.document.grow()
            assert len(app.rows()) == 20
        await grown(app, pilot)
        assert app.rows()[-2:] == ["  line 399", ""]


async def test_a_screen_in_ascii_has_its_output_so(scribe: Scribe) -> None:
    scribe.run("'é'", "≠ é\n")
    app = Shown(document_of(scribe))
    async with app.run_test(size=(60, 12)) as pilot:
        await grown(app, pilot)
        assert any("é" in row for row in app.rows())
        app._filters.append(AsciiOnly())
        shown = [row for row in app.rows() if row]
        assert all(row.isascii() for row in shown), shown
        assert any("! e" in row for row in shown)
