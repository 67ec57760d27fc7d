"""From a traceback to the source of its frames."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import OptionList, Static

from pyrepl_tui.engine.output_parts import CODE
from pyrepl_tui.rendering.tracebacks import frames_of
from pyrepl_tui.screens.frames import FramesScreen
from pyrepl_tui.widgets.output_view import OutputView
from tests.rendering.scribe import Scribe
from tests.tui.conftest import Desk, OpenDesk


def traceback_of(module: Path) -> str:
    """A traceback through a run, a file and a library."""
    return (
        "Traceback (most recent call last):\n"
        '  File "<cell 2>", line 1, in <module>\n    f(1)\n'
        '  File "<cell 1>", line 2, in f\n    return helper(n)\n'
        f'  File "{module}", line 3, in helper\n    raise ValueError(n)\n'
        '  File "/usr/lib/python3.11/json/none.py", line 9, in gone\n    x\n'
        "ValueError: bad number\nsecond line"
    )


async def failed(desk: Desk, module: Path) -> OutputView:
    """A session whose second run failed. Returns its output pane."""
    scribe = Scribe(desk.session.transcript.directory)
    scribe.run("def f(n):\n    return helper(n)")
    error = {"name": "ValueError", "message": "bad number\nsecond line"}
    scribe.run("f(1)", status="error", error={**error, "traceback": traceback_of(module)})
    await desk.until(lambda: desk.app.desk.output is not None, "the output")
    view = desk.app.desk.output
    assert view is not None
    await desk.shows("ValueError: bad number")
    view.focus()
    await desk.pilot.pause()
    return view


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A module that a frame is in."""
    path = tmp_path / "helpers.py"
    path.write_text("# first\ndef helper(n):\n    raise ValueError(n)\n")
    return path


def place(desk: Desk) -> str:
    return str(desk.app.screen.query_one("#frames-place", Static).content)


def test_frames_are_read_from_the_text(module: Path) -> None:
    frames = frames_of(traceback_of(module))
    assert [(f.at, f.line, f.function, f.own) for f in frames] == [
        (1, 1, "<module>", True), (3, 2, "f", True), (5, 3, "helper", True), (7, 9, "gone", False),
    ]  # fmt: skip
    syntax_error = '  File "<cell 3>", line 2\n    x y\n      ^\nSyntaxError: invalid syntax'
    assert [(f.path, f.line, f.function) for f in frames_of(syntax_error)] == [("<cell 3>", 2, "")]


async def test_the_innermost_frame_of_ones_own_is_shown_first(
    open_desk: OpenDesk, module: Path
) -> None:
    async with open_desk() as desk:
        await failed(desk, module)
        await desk.pilot.press("t")
        await desk.until(lambda: isinstance(desk.app.screen, FramesScreen), "the frames")
        await desk.shows("3      raise ValueError(n)")
        assert place(desk).startswith(f"{module}, line 3, in helper")
        await desk.pilot.press("down")
        await desk.until(lambda: "cannot be read" in place(desk), "a file that is not there")
        await desk.pilot.press("escape")
        await desk.until(lambda: not isinstance(desk.app.screen, FramesScreen), "the end")


async def test_enter_goes_to_the_line_of_the_run(open_desk: OpenDesk, module: Path) -> None:
    async with open_desk() as desk:
        view = await failed(desk, module)
        await desk.pilot.press("t")
        await desk.until(lambda: isinstance(desk.app.screen, FramesScreen), "the frames")
        await desk.pilot.press("up")
        await desk.until(lambda: place(desk) == "run 1, line 2, in f", "the run's frame")
        await desk.pilot.press("enter")
        await desk.until(lambda: view.pointed is not None, "a line")
        assert view.reading is not None
        assert view.pointed is not None
        part = view.reading.layout.part_at(view.pointed)
        assert part is not None
        assert part.kind == CODE
        text, line = view.reading.layout.line_at(view.pointed)
        assert text.line(line) == b"    return helper(n)"
        await desk.pilot.press("escape")
        assert view.pointed is None


async def test_a_double_click_on_a_frame_shows_it(open_desk: OpenDesk, module: Path) -> None:
    async with open_desk() as desk:
        await failed(desk, module)
        lines = await desk.paint()
        y = next(n for n, line in enumerate(lines) if "return helper(n)" in line and "▎" in line)
        await desk.pilot.click(offset=(8, y), times=2)
        await desk.until(lambda: isinstance(desk.app.screen, FramesScreen), "the frames")
        assert desk.app.screen.query_one(OptionList).highlighted == 1


async def test_a_file_changed_since_the_run_is_said_to_be(
    open_desk: OpenDesk, module: Path
) -> None:
    async with open_desk() as desk:
        await failed(desk, module)
        await desk.pilot.press("t")
        await desk.until(lambda: isinstance(desk.app.screen, FramesScreen), "the frames")
        await desk.until(lambda: "the file was changed since" in place(desk), "a warning")
