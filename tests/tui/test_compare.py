"""Two sides beside each other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widget import Widget

from pyrepl_tui import Session
from pyrepl_tui.comparing import Side, Sides
from pyrepl_tui.engine.alignment import RunText, align_runs
from pyrepl_tui.engine.values import (
    ArrayDifference,
    Checkpoint,
    Comparison,
    Difference,
    Place,
    Variable,
)
from pyrepl_tui.rendering.side_rows import SideRow, beside, duration, output_rows, variable_rows
from pyrepl_tui.screens.compare import CompareScreen, Ends, Facts, Findings
from pyrepl_tui.themes import DARK, THEMES
from pyrepl_tui.widgets.editor import Editor
from pyrepl_tui.widgets.side_by_side import SideBySide
from tests.support.waiting import eventually

LONG = [f"line {n}" for n in range(40)]
RUNS = align_runs(
    [
        RunText(1, "import math", (), "ok", 1.0),
        RunText(2, "report()", (*LONG, "loss 0.5"), "ok", 90.0),
        RunText(3, "left_only", ("x",), "error", 2.0),
    ],
    [
        RunText(1, "import math", (), "ok", 1.0),
        RunText(2, "report()", (*LONG, "loss 0.25"), "ok", 61_000.0),
    ],
)
COMPARISON = Comparison(
    ["gone"],
    ["new"],
    ["same", "other"],
    {
        "config": Difference(
            "object", "{…}", "{…}", [],
            [
                Place(("config", "depth"), "config['depth']", "value", "3", "4"),
                Place(("config", "seed"), "config['seed']", "only_right", "", "'seed'"),
            ],
        ),
        "df": Difference(
            "frame", "DataFrame 9×2", "DataFrame 9×2", [],
            [Place(("df", "a"), "df['a']", "array", "array", "array")],
            True,
            {
                "df['a']": ArrayDifference(1, [(3, "1.0", "9.0")], 8.0, 0.9, True),
                "df['b']": ArrayDifference(2, [(3, "x", "y"), (7, "", "z")], None, None, False),
            },
        ),
        "f": Difference(
            "source", "f()", "f()",
            ["--- left", "+++ right", "@@ -1,2 +1,2 @@", " def f():", "-    return 1",
             "+    return 2"],
        ),
    },
    {"lock": "the state of a lock cannot be told"},
)  # fmt: skip


def variable(name: str, summary: str) -> Variable:
    return Variable(name, "int", "", None, 28, summary, 1)


FINDINGS = Findings(
    Facts("small", "3 runs"),
    Facts("big", "2 runs"),
    RUNS,
    COMPARISON,
    {"gone": variable("gone", "1")},
    {"new": variable("new", "2")},
)


def test_equal_lines_are_folded_and_differing_ones_marked() -> None:
    rows = output_rows(RUNS, whole=False, opened=frozenset())
    assert [row.key for row in rows if row.differs] == ["run 1", "run 2"]
    assert "… 38 equal lines" in [row.left for row in rows]
    changed = next(row for row in rows if row.kind == "changed")
    assert changed == SideRow("changed", "loss 0.5", "loss 0.25", ((5, 8),), ((5, 9),))
    assert len(output_rows(RUNS, whole=False, opened=frozenset({"run 1"}))) == len(rows) + 37
    heads = [row.left for row in rows if row.kind == "head"]
    assert heads == ["= In [1]  1 ms", "≠ In [2]  90 ms", "≠ In [3]  error  2 ms"]


def test_escapes_and_tabs_of_an_output_do_not_reach_the_screen() -> None:
    assert beside("a\tb\x1b", "a\tb\x1b").left == "a       b␛"


def test_durations() -> None:
    assert [duration(ms) for ms in (0.2, 61, 1500, 90_000)] == [
        "<1 ms",
        "61 ms",
        "1.50 s",
        "1.5 min",
    ]


def texts(*opened: str, whole: bool = False) -> list[tuple[str, str]]:
    rows = variable_rows(
        COMPARISON, FINDINGS.left_variables, FINDINGS.right_variables,
        whole=whole, opened=frozenset(opened),
    )  # fmt: skip
    return [(row.left, row.right) for row in rows]


def test_variables() -> None:
    assert texts() == [
        ("≠ config  {…}", "{…}"),
        ("≠ df  DataFrame 9×2", "DataFrame 9×2"),
        ("≠ f  f()", "f()"),
        ("◂ gone  int  1", "not there"),
        ("▸ new  not there", "int  2"),
        ("? lock: the state of a lock cannot be told", ""),
        ("= 2 equal: same, other", ""),
    ]
    assert texts(whole=True)[-2:] == [("= same  there", "there"), ("= other  there", "there")]


def test_places_of_containers_cells_of_frames_and_lines_of_sources() -> None:
    assert texts("config")[1:3] == [
        ("config['depth'] = 3", "config['depth'] = 4"),
        ("", "config['seed']"),
    ]
    assert texts("df")[2:7] == [
        ("df['a']: 1 element differs, by at most 8 (90 % of the larger)", ""),
        ("df['b']: at least 2 elements differ", ""),
        ("row    a  b", "row    a  b"),
        ("  3  1.0  x", "  3  9.0  y"),
        ("  7    ·   ", "  7    ·  z"),
    ]
    assert texts("f")[3:5] == [("def f():", "def f():"), ("    return 1", "    return 2")]


class Bench(App[None]):
    """The screen alone."""

    def __init__(self) -> None:
        super().__init__()
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = DARK.name
        self.asked: list[float] = []
        self.codes: list[str] = []
        self.taken: list[tuple[str, bool]] = []
        self.wanted: list[bool] = []

    def on_mount(self) -> None:
        self.push_screen(CompareScreen(Ends("small", "big", runnable=True)))

    def on_compare_screen_wanted(self, event: CompareScreen.Wanted) -> None:
        self.asked.append(event.tolerance)
        event.screen.show(FINDINGS)

    def on_compare_screen_take_wanted(self, event: CompareScreen.TakeWanted) -> None:
        self.taken.append((event.name, event.to_left))

    def on_compare_screen_side_wanted(self, event: CompareScreen.SideWanted) -> None:
        self.wanted.append(event.is_left)
        event.screen.begin(Ends("then", "big", runnable=False, takes=(False, True)))

    def on_compare_screen_run_wanted(self, event: CompareScreen.RunWanted) -> None:
        self.codes.append(event.code)
        event.screen.compare()


def lines(app: App[None]) -> str:
    sides = app.screen.query_one(SideBySide)
    return "\n".join(sides.render_line(y).text.rstrip() for y in range(sides.size.height))


async def shows(app: Bench, text: str, *, shown: bool = True) -> None:
    """Wait until a text is on the screen, or is not."""
    await eventually(lambda: (text in lines(app)) is shown, what=text)


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_open_a_difference_and_go_on_to_the_next(size: tuple[int, int]) -> None:
    app = Bench()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await shows(app, "config['depth']", shown=False)
        await press(pilot, "enter")
        await shows(app, "≠ config['depth'] = 3")
        await press(pilot, "n", "enter")
        await shows(app, "df['a']: 1 element differs")
        await press(pilot, "p", "enter")
        await shows(app, "config['depth']", shown=False)
        await press(pilot, "o")
        await shows(app, "In [2]")
        await press(pilot, "e")
        await shows(app, "line 7")
        await press(pilot, "end")
        await shows(app, "left_only")
        await press(pilot, "escape")
        assert not isinstance(app.screen, CompareScreen)


def test_elements_stand_under_the_array_that_they_are_of() -> None:
    paths = [f"model._modules['{layer}']._parameters['weight']" for layer in (0, 2)]
    arrays = {
        path: ArrayDifference(1, [(number, "1.0", "9.0")], 8.0, 0.9, True)
        for number, path in enumerate(paths)
    }
    places = [Place(("model",), path, "array", "array", "array") for path in paths]
    model = Difference("object", "<Net>", "<Net>", [], places, True, arrays)
    found = Comparison([], [], [], {"model": model})
    rows = variable_rows(found, {}, {}, whole=False, opened=frozenset({"model"}))
    assert [(row.left, row.right) for row in rows[1:]] == [
        (f"{paths[0]}: 1 element differs, by at most 8 (90 % of the larger)", ""),
        (f"{paths[1]}: 1 element differs, by at most 8 (90 % of the larger)", ""),
        (paths[0], ""),
        ("  .flat[0] = 1.0", "  .flat[0] = 9.0"),
        (paths[1], ""),
        ("  .flat[1] = 1.0", "  .flat[1] = 9.0"),
    ]


async def test_variables_are_taken_to_the_other_side() -> None:
    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "less_than_sign", "n", "n", "n", "greater_than_sign", "end", "<")
        assert app.taken == [("config", True), ("gone", False)]


async def test_a_variable_is_taken_from_the_rows_that_say_where_it_differs() -> None:
    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "enter", "down", "down", "<")
        assert app.taken == [("config", True)]


async def test_one_editor_drives_both() -> None:
    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "i", "1", "+", "1", "enter")
        assert app.codes == ["1+1"]
        assert isinstance(app.focused, Editor)
        await shows(app, "In [2]")
        await press(pilot, "escape")
        assert isinstance(app.focused, SideBySide)


async def test_a_tolerance() -> None:
    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "t", "backspace", *"1e-3", "enter")
        await press(pilot, "t", "backspace", *"much", "enter")
        assert app.asked == [0.0, 0.001]
        assert "tolerance 0.001" in str(app.screen.query_one("#compare-say").render())


async def test_what_stands_on_a_side_can_be_changed() -> None:
    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "1")
        assert app.wanted == [True]
        assert app.asked == [0.0, 0.0], "the new sides are compared"
        await shows(app, "config")
        row = app.screen.query_one("#compare-editor-row")
        assert not row.display, "a checkpoint runs no code"
        await press(pilot, "i", "less_than_sign", "greater_than_sign")
        assert app.taken == [("config", False)], "and nothing is taken to it"


def ends_with(shown: Widget, text: str) -> bool:
    return str(shown.render()).endswith(text)


async def test_keys_are_named_as_far_as_there_is_room() -> None:
    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "o")
        hint = app.screen.query_one("#compare-hint")
        for width, last in ((120, "T tolerance"), (80, "Esc close"), (60, "N/P differences")):
            await pilot.resize_terminal(width, 30)
            await eventually(partial(ends_with, hint, last))
            text = str(hint.render())
            assert len(text) <= width - 2
            assert text.startswith("O variables · 1 2 sides · ")


@pytest.fixture
async def travelled() -> AsyncIterator[Session]:
    """A session that went another way from its second state: both ways have a checkpoint."""
    async with Session(auto_checkpoint=False) as session:
        await session.execute("x = [1, 2]; print('begun')")
        start = await session.checkpoint("start")
        await session.execute("x.append(3); gone = 'here'; print('one way')")
        await session.checkpoint("one")
        await session.restore(start)
        await session.execute("x.append(4); print('other way')")
        await session.checkpoint("other")
        await session.execute("print('later')")
        yield session


async def point(session: Session, label: str) -> Checkpoint:
    return next(each for each in await session.checkpoints() if each.label == label)


async def test_two_checkpoints_on_different_branches_are_compared(travelled: Session) -> None:
    left = Side(travelled, await point(travelled, "one"))
    right = Side(travelled, await point(travelled, "other"))
    sides = Sides(left, right)
    assert sides.ends == Ends(
        "checkpoint one after run 2", "checkpoint other after run 2", runnable=False,
        takes=(False, False),
    )  # fmt: skip
    found = await sides.look(0.0)
    assert (found.comparison.only_left, list(found.comparison.changed)) == (["gone"], ["x"])
    assert found.left_variables["gone"].summary == "'here'"
    said = [
        tuple("" if run is None else run.lines[0] for run in (pair.left, pair.right))
        for pair in found.runs
    ]
    assert said == [("begun", "begun"), ("one way", "other way")], "each side's own runs"
    assert "MB" in found.left.text
    assert "MB" in found.right.text


async def test_the_present_is_beside_what_was_left_behind(travelled: Session) -> None:
    sides = Sides(Side(travelled), Side(travelled, await point(travelled, "one")))
    found = await sides.look(0.0)
    lefts = [pair.left.lines[0] for pair in found.runs if pair.left is not None]
    assert lefts == ["begun", "other way", "later"], "what was undone is none of its runs"
    assert found.comparison.only_right == ["gone"]
    assert "gone was taken, exact" in await sides.take("gone", to_left=True)
    assert (await travelled.execute("gone")).value == "'here'"


async def test_a_checkpoint_of_another_session(travelled: Session) -> None:
    other = await travelled.branch(await point(travelled, "start"), name="second")
    try:
        await other.execute("x.append(5); print('third way')")
        sides = Sides(Side(other), Side(travelled, await point(travelled, "other")))
        assert sides.titles[1] == f"{travelled.name}: checkpoint other after run 2"
        found = await sides.look(0.0)
        assert [place.path for place in found.comparison.changed["x"].places] == [("x", 2)]
        said = [pair.left.lines[0] for pair in found.runs if pair.left is not None]
        assert said == ["third way"]
    finally:
        await other.close()
