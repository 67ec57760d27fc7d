"""The inspector over real workers, by its keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Static

from pyrepl_tui import Session
from pyrepl_tui.engine.values import Sketch
from pyrepl_tui.rendering.plots import line_plot, plot_lines
from pyrepl_tui.screens.drawing import DrawingScreen
from pyrepl_tui.screens.frozen import FrozenScreen
from pyrepl_tui.screens.inspect import InspectScreen
from pyrepl_tui.themes import DARK
from tests.support.waiting import eventually

CODE = """
class Thing:
    '''Something.'''
    def __init__(self):
        self.number = 1
    @property
    def double(self):
        return self.number * 2
tree = {"leaf": [1, 2, {"x": "y"}], 3: "three"}
tree["self"] = tree
thing = Thing()
text = "\\n".join(f"line {n}" for n in range(20_000))
data = bytes(range(256)) * 200
numbers = [n * 0.5 for n in range(500)]
"""


class Host(App[None]):
    """An app that shows one screen."""

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self.inserted: list[str] = []

    def on_inspect_screen_insert_wanted(self, event: InspectScreen.InsertWanted) -> None:
        self.inserted.append(event.text)


@dataclass
class Desk:
    """The app, its keys, and the session looked into."""

    app: Host
    pilot: Pilot[None]
    session: Session

    @property
    def screen(self) -> InspectScreen:
        assert isinstance(self.app.screen, InspectScreen), self.app.screen
        return self.app.screen

    def lines(self) -> list[str]:
        width = self.app.size.width
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip)[:width] for strip in strips]

    async def shows(self, text: str) -> None:
        async def visible() -> bool:
            await self.pilot.pause()
            return any(text in line for line in self.lines())

        await eventually(visible, what=f"{text!r} on the screen")

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()


@asynccontextmanager
async def looking_at(
    name: str, code: str = CODE, size: tuple[int, int] = (100, 30)
) -> AsyncIterator[Desk]:
    async with Session() as session:
        assert (await session.execute(code)).status == "ok"
        app = Host()
        async with app.run_test(size=size) as pilot:
            desk = Desk(app, pilot, session)
            await app.push_screen(InspectScreen(session.looker(), (name,)))
            yield desk
            if isinstance(app.screen, InspectScreen):
                app.screen.dismiss(None)
            await pilot.pause()


async def test_one_goes_in_and_out_and_cycles_are_shown_as_such() -> None:
    async with looking_at("tree") as desk:
        await desk.shows("↻ the same object")
        await desk.press("enter")
        await desk.shows("tree['leaf']")
        await desk.press("down", "down", "enter")
        await desk.shows("tree['leaf'][2]")
        await desk.press("c")
        await eventually(lambda: desk.app.clipboard == "tree['leaf'][2]['x']")
        await desk.press("backspace")
        await desk.shows("{'x': 'y'}")
        assert desk.screen.children_rows.cursor == 2, "the cursor is where it was"
        await desk.press("i")
        await eventually(lambda: desk.app.inserted == ["tree['leaf'][2]"])


async def test_a_property_is_read_on_a_key_only_and_elsewhere() -> None:
    async with looking_at("thing") as desk:
        await desk.shows("not read")
        await desk.press("down", "e")
        await desk.shows("repr of thing")
        await desk.press("escape")
        await desk.shows("not read")


async def test_a_long_text_is_searched_beyond_what_is_there() -> None:
    async with looking_at("text") as desk:
        await desk.shows("line 0")
        before = desk.screen.text.loaded
        await desk.press("slash", *"line 19", "9", "9", "enter")
        await desk.shows("line 199")
        await desk.press("slash", *"line 19000", "enter")
        await desk.shows("line 19000")
        assert desk.screen.text.loaded > before
        await desk.press("slash", *"nowhere", "enter")
        await desk.shows("is not found")


async def test_bytes_are_dumped_to_their_end() -> None:
    async with looking_at("data") as desk:
        await desk.shows("00000000  00 01 02")
        for _ in range(3):
            await desk.press("end")
            await eventually(lambda: desk.screen.text.is_whole or desk.screen.text.loaded > 32_000)
        await eventually(lambda: desk.screen.text.is_whole)
        await desk.press("end")
        await desk.shows("0000c7f0  f0 f1")


async def test_numbers_are_drawn() -> None:
    async with looking_at("numbers") as desk:
        await desk.shows("0.5")
        await desk.press("v")  # of the list, not of its first item
        await eventually(lambda: isinstance(desk.app.screen, DrawingScreen))
        await desk.shows("500 numbers · min 0 · mean 124.75 · max 249.5")
        await desk.press("escape")


async def test_what_changes_is_seen_while_it_is_looked_at() -> None:
    async with looking_at("tree") as desk:
        await desk.shows("'three'")
        await desk.session.execute("tree[3] = 'changed'; tree['more'] = 1")
        await desk.shows("'changed'")
        await desk.shows("'more'")


async def test_a_class_shows_its_parts_and_its_source() -> None:
    async with looking_at("Thing") as desk:
        await desk.shows("class Thing:")
        await desk.shows("double")
        await desk.press("tab")
        assert desk.screen.text.has_focus


async def test_a_frozen_state_is_listed_and_looked_into() -> None:
    async with Session() as session:
        await session.execute(CODE)
        point = await session.checkpoint("before")
        await session.execute("del tree; numbers.clear()")
        app = Host()
        async with app.run_test(size=(100, 30)) as pilot:
            desk = Desk(app, pilot, session)
            screen = FrozenScreen(session.looker(point), point.execution_count, folder="/")
            await app.push_screen(screen)
            await desk.shows("tree")
            await desk.press("slash", *"numbers", "enter", "enter")
            await desk.shows("❄ before")
            await desk.press("end")
            await desk.shows("249.5")
            await desk.press("escape")
            await desk.shows("❄ before: as it was")
            await desk.press("x")
            assert "tree" not in [row.name for row in await session.namespace()]
            await desk.press("escape", "escape")
            assert app.screen is not screen


def test_a_plot_fits_and_spans_its_numbers() -> None:
    sketch = Sketch(4, 1, -1.0, 3.0, 1.0, [(-1.0, 0.0), None, (2.0, 3.0)], [1, 0, 2])
    lines = plot_lines(sketch, 60, 20)
    assert len(lines) <= 20
    assert all(len(line) <= 60 for line in lines[2:])
    assert "1 missing" in lines[0]
    shown = "".join(lines)
    assert "-1" in shown
    assert any(0x2800 < ord(char) < 0x2900 for char in shown)


async def test_what_is_not_there_any_more_is_said() -> None:
    async with looking_at("numbers") as desk:
        await desk.shows("0.5")
        await desk.session.execute("del numbers")
        await eventually(
            lambda: (
                "there is no variable"
                in str(desk.screen.query_one("#inspect-facts", Static).render())
            )
        )


def test_a_line_passes_through_its_numbers_and_nowhere_else() -> None:
    steps: list[tuple[float, float] | None] = [(n % 40.0, n % 40.0) for n in range(80)]
    sketch = Sketch(80, 0, 0.0, 39.0, 19.5, steps, [2] * 40)
    rows = line_plot(sketch, 11 + 40, 10)
    dots = sum((ord(char) - 0x2800).bit_count() for row in rows for char in row[11:])
    assert dots == 80 + 38, "a dot for each number, and one line from the highest to the lowest"


FRAME = """
import pandas as pd, numpy as np
held = [{"deep": [at]} for at in range(500)]
frame = pd.DataFrame({"n": range(500), "x": [None, 2.5] * 250, "held": held})
array = np.arange(20.0).reshape(4, 5)
"""


async def test_one_goes_from_a_frame_into_one_cell_and_its_columns_tell_their_figures() -> None:
    pytest.importorskip("pandas")
    async with looking_at("frame", FRAME) as desk:
        await desk.shows("float64")
        await desk.press("right", "right")
        assert "n" in desk.lines()[2].split(), "a column that is in view needs no scrolling"
        await desk.press("m")
        await desk.shows("nulls")
        notes = desk.screen.grid.notes
        await eventually(lambda: len(notes) == 3, what="figures of all columns in view")
        assert notes[1] == {"nulls": "250", "min": "2.5", "max": "2.5", "mean": "2.5"}
        assert notes[0]["max"] == "499"
        await desk.press("g", "4", "2", "enter")
        await desk.press("enter")
        await desk.shows("frame['held']")
        assert not desk.screen.grid.notes, "figures of what was left behind say nothing here"
        assert desk.screen.grid.cursor == 42, "the row is the one that was chosen"
        await desk.press("enter")
        await desk.shows("frame['held'].values[42]")
        await desk.press("enter")
        await desk.shows("frame['held'].values[42]['deep']")


async def test_figures_of_an_array_are_of_all_of_it_and_rows_open_to_their_items() -> None:
    pytest.importorskip("numpy")
    async with looking_at("array", FRAME) as desk:
        await desk.shows("(4, 5)")
        await desk.press("m")
        await desk.shows("max 19.0")
        assert not desk.screen.grid.notes, "no column has these figures"
        await desk.press("down", "right", "right", "enter")
        await desk.shows("array[1]")
        await desk.press("enter")
        await desk.shows("array[1][2]")


PICTURE = """
import enum
class Shown:
    def __init__(self):
        self.first = object()
    def _repr_png_(self):
        import base64
        return base64.b64decode(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        )
shown = Shown()
class Colour(enum.Enum):
    RED = 1
"""


async def test_what_has_a_picture_is_drawn_wherever_the_cursor_is_in_it() -> None:
    async with looking_at("shown", PICTURE) as desk:
        await desk.shows("first")
        await desk.press("v")
        await eventually(lambda: isinstance(desk.app.screen, DrawingScreen))
        await desk.press("escape")


async def test_members_of_an_enum_come_first() -> None:
    async with looking_at("Colour", PICTURE) as desk:
        await desk.shows("RED")
        child = desk.screen.children_rows.child
        assert child is not None
        assert child.variable.name == "RED"
