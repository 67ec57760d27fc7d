"""Rich values in the output pane, and over the whole screen."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input, Static

from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.engine.transcript import Transcript
from pyrepl_tui.rendering.graphics import may_have_graphics
from pyrepl_tui.rendering.live import open_document
from pyrepl_tui.screens.value import ValueScreen
from pyrepl_tui.themes import DARK
from pyrepl_tui.widgets.output_view import OutputView
from pyrepl_tui.widgets.rows_view import RowsView
from tests.rendering.scribe import Scribe
from tests.rendering.test_tables import table
from tests.support.waiting import eventually

TABLE = "application/vnd.pyrepl.table+json"


class Shown(App[None]):
    """An app that is an output pane, and shows its values."""

    def __init__(self, document: OutputDocument) -> None:
        super().__init__()
        self.document = document

    def compose(self) -> ComposeResult:
        yield OutputView(self.document)

    def on_mount(self) -> None:
        self.register_theme(DARK)
        self.theme = DARK.name
        self.query_one(OutputView).focus()

    def on_output_view_values_wanted(self, event: OutputView.ValuesWanted) -> None:
        self.push_screen(ValueScreen(event.values, event.at))

    def rows(self) -> list[str]:
        """What the pane shows, row by row, without blanks at the ends."""
        view = self.screen_stack[0].query_one(OutputView)
        return [strip.text.rstrip() for strip in view.render_lines(view.size.region)]

    def large(self) -> list[str]:
        """What is shown over the whole screen."""
        view = self.screen.query_one(RowsView)
        return [view.render_line(y).text.rstrip() for y in range(view.size.height)]

    def heading(self) -> str:
        """The title of the value shown over the whole screen."""
        return str(self.screen.query_one("#value-title", Static).render())


@pytest.fixture
def scribe(tmp_path: Path) -> Scribe:
    """A transcript to write."""
    return Scribe(tmp_path / "session")


def app_of(scribe: Scribe) -> Shown:
    """An app that shows a transcript."""
    return Shown(open_document(Transcript(scribe.directory)))


async def until(pilot: Pilot[None], wanted: Callable[[], bool]) -> None:
    """Let the app work until something holds."""
    await eventually(wanted)
    await pilot.pause()


def picture(colour: str = "red", size: tuple[int, int] = (100, 60)) -> bytes:
    """A PNG."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "png")
    return buffer.getvalue()


def frame(rows: int, columns: int) -> dict[str, Any]:
    """A bundle with a table."""
    return {TABLE: json.dumps(table(rows, columns)), "text/plain": "a frame"}


async def test_a_rich_value_stands_for_the_plain_one(scribe: Scribe) -> None:
    scribe.begin("df")
    scribe.say("before\n")
    scribe.show(frame(2, 1), value=True)
    scribe.end(value="a frame")
    app = app_of(scribe)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        shown = [row for row in app.rows() if row]
        assert shown[1:] == [
            "  before",
            "⇒       c0",
            "     int64",
            "  0      0",
            "  1      1",
            "  2 rows × 1 column · pandas.DataFrame",
        ]


async def test_what_was_displayed_stands_beside_the_value(scribe: Scribe) -> None:
    scribe.begin("display(1)\n2")
    scribe.show({"text/plain": "1"})
    scribe.end(value="2")
    app = app_of(scribe)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert [row for row in app.rows() if row][2:] == ["⇒ 1", "⇒ 2"]


async def test_a_value_that_showed_itself_leaves_no_trace(scribe: Scribe) -> None:
    scribe.begin("own")
    scribe.say("shown\n")
    scribe.show({}, value=True)
    scribe.end(value="<Own>")
    app = app_of(scribe)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert [row for row in app.rows() if row][1:] == ["  shown"]


async def test_pictures_take_the_rows_they_need_at_any_width(scribe: Scribe) -> None:
    scribe.begin("plot()")
    scribe.show({"image/png": picture(size=(640, 480)), "text/plain": "<Figure>"})
    scribe.end()
    app = app_of(scribe)
    async with app.run_test(size=(50, 60)) as pilot:
        for width, rows in ((50, 18), (30, 10)):
            await pilot.resize_terminal(width, 60)
            await eventually(partial(_is_red_in, app, rows), what=f"{width} columns")


def _is_red_in(app: Shown, rows: int) -> bool:
    return sum((255, 0, 0) in row for row in _colours(app)) == rows


def _colours(app: Shown) -> list[set[tuple[int, int, int]]]:
    """The background colours of each row."""
    view = app.query_one(OutputView)
    found = []
    for strip in view.render_lines(view.size.region):
        colours = [each.style.bgcolor for each in strip if each.style is not None]
        found.append({tuple(c.get_truecolor()) for c in colours if c is not None})
    return found  # type: ignore[return-value]  # a ColorTriplet has three numbers


async def test_values_out_of_sight_are_not_rendered(scribe: Scribe) -> None:
    for number in range(300):
        scribe.begin(f"plot({number})")
        scribe.show({"image/png": picture(size=(64, 48))})
        scribe.end()
    rendered: list[object] = []
    transcript = Transcript(scribe.directory)

    def render(part: object, width: int) -> str:
        rendered.append(part)
        return "a picture"

    app = Shown(OutputDocument(transcript, None, render))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert app.rows()[-2] == "⇒ a picture"
        assert 1 <= len(rendered) < 30


async def test_selected_rows_of_a_table_are_copied_as_they_look(scribe: Scribe) -> None:
    scribe.begin("df")
    scribe.show(frame(2, 1), value=True)
    scribe.end(value="a frame")
    app = app_of(scribe)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        view = app.query_one(OutputView)
        view.text_select_all()
        await pilot.pause()
        selected = app.screen.get_selected_text() or ""
        assert "0      0\n1      1\n2 rows × 1 column" in selected


# -- over the whole screen -----------------------------------------------------------------------


async def test_a_table_opens_whole_and_its_head_stays(scribe: Scribe) -> None:
    scribe.begin("df")
    scribe.show(frame(60, 30), value=True)
    scribe.end(value="a frame")
    app = app_of(scribe)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, ValueScreen) and bool(app.large()[0]))
        assert app.heading() == "run 1 · 60 rows × 30 columns · pandas.DataFrame"
        head = app.large()[0]
        assert head.split()[:2] == ["c0", "c1"]
        await pilot.press("end")
        await until(pilot, lambda: any(row.startswith("59") for row in app.large()))
        assert app.large()[0] == head
        await pilot.press("right", "right", "right")
        await until(pilot, lambda: app.large()[0] != head)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, ValueScreen))


async def test_the_values_before_and_after_are_a_key_away(scribe: Scribe) -> None:
    for name in ("one", "two", "three"):
        scribe.begin(name)
        scribe.show({"text/plain": name})
        scribe.end()
    app = app_of(scribe)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, ValueScreen) and bool(app.large()[0]))
        assert (app.heading(), app.large()[0]) == ("run 3 · 3 of 3", "three")
        await pilot.press("right_square_bracket", "left_square_bracket")
        await until(pilot, lambda: app.large()[0] == "two")
        await pilot.press("p", "p")
        await until(pilot, lambda: app.large()[0] == "one")
        assert app.heading() == "run 1 · 1 of 3"


async def test_a_picture_fills_the_screen_and_is_saved(
    scribe: Scribe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = picture("green", (200, 100))
    scribe.begin("plot()")
    scribe.show({"image/png": data})
    scribe.end()
    app = app_of(scribe)
    async with app.run_test(size=(62, 42)) as pilot:
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, ValueScreen) and bool(app.heading()))
        assert app.heading() == "run 1 · 200 × 100"
        assert app.screen.query_one(RowsView).virtual_size == (60, 15)
        await pilot.press("s")
        await until(pilot, lambda: bool(app.screen.query(Input)))
        assert app.screen.query_one(Input).value == "value-1.png"
        await pilot.press("enter")
        await until(pilot, (tmp_path / "value-1.png").exists)
        await until(pilot, lambda: (tmp_path / "value-1.png").read_bytes() == data)


async def test_where_nothing_is_rich_the_key_says_so(scribe: Scribe) -> None:
    scribe.run("1", value="1")
    app = app_of(scribe)
    async with app.run_test(size=(60, 20), notifications=True) as pilot:
        await pilot.press("v")
        await pilot.pause()
        assert not isinstance(app.screen, ValueScreen)
        (told,) = app._notifications
        assert "no table" in told.message


@pytest.mark.parametrize(
    ("environment", "asked"),
    [
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "foot"}, True),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, True),
        ({"TERM": "xterm-256color", "KONSOLE_VERSION": "230800"}, True),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x", "KITTY_WINDOW_ID": "1"}, False),
        ({"TERM": "dumb", "PYREPL_TUI_GRAPHICS": "1"}, True),
        ({"TERM": "xterm-kitty", "PYREPL_TUI_GRAPHICS": "0"}, False),
        ({}, False),
    ],
)
def test_only_terminals_known_for_graphics_are_asked(
    environment: dict[str, str], asked: bool
) -> None:
    assert may_have_graphics(environment) is asked
