from __future__ import annotations

import time

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Static

from pyrepl_tui.engine.values import DeepSize, NamespaceChanges, Variable
from pyrepl_tui.engine.variable_table import VariableTable, Watch
from pyrepl_tui.themes import DARK
from pyrepl_tui.widgets.variables import VariablesPane, VariablesPlace
from pyrepl_tui.widgets.variables_paint import kind_text, value_text


class Host(App[None]):
    """An app with nothing but the pane."""

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self.place = VariablesPlace()
        self.pane = self.place.pane
        self.table = VariableTable()
        self.asked: list[tuple[str, str]] = []

    def compose(self) -> ComposeResult:
        yield self.place

    def on_mount(self) -> None:
        self.pane.focus()

    def on_variable_commands_asked(self, event: VariablesPane.Asked) -> None:
        self.asked.append((event.what, event.name))

    def show(self, rows: list[Variable], newest: int = 1) -> None:
        """Show a namespace that holds just this."""
        self.table.apply(NamespaceChanges(rows, [], [], whole=True), newest)
        self.pane.show(self.table)

    def names(self) -> list[str]:
        """First words of the rows shown."""
        return [line[1:].split()[0] for line in self.lines()[1:] if line.strip()]

    def lines(self) -> list[str]:
        height = self.pane.size.height
        return [self.pane.render_line(y).text.rstrip() for y in range(height)]


def variable(
    name: str,
    type_name: str = "int",
    size: int = 28,
    at: int = 1,
    kind: str = "data",
    made: int = 1,
) -> Variable:
    return Variable(name, type_name, "", None, size, f"value of {name}", at, kind, made)


async def test_data_comes_before_definitions_and_modules() -> None:
    app = Host()
    async with app.run_test(size=(60, 10)) as pilot:
        modules, functions = variable("os", kind="module"), variable("f", kind="function")
        app.show([modules, functions, variable("z")], newest=3)
        await pilot.pause()
        assert app.names() == ["z", "f", "os"]
        await pilot.press("m")
        assert app.names() == ["z", "f"]
        await pilot.press("f")
        assert app.names() == ["z"]
        await pilot.press("f", "m", "g")
        assert app.names() == ["Data", "z", "Functions", "f", "Modules", "os"]


async def test_marks_tell_what_the_last_run_did() -> None:
    app = Host()
    async with app.run_test(size=(60, 10)) as pilot:
        app.show([variable("a"), variable("b"), variable("c")], newest=1)
        changes = NamespaceChanges(
            [variable("d", at=2, made=2)], [variable("b", at=2)], ["a"], whole=False
        )
        app.table.apply(changes, 2)
        app.pane.show(app.table)
        await pilot.pause()
        assert [line[:2] for line in app.lines()[1:5]] == ["−a", "•b", " c", "+d"]
        app.table.apply(NamespaceChanges([], [], [], whole=False), 3)
        app.pane.show(app.table)
        assert [line[:2] for line in app.lines()[1:5]] == [" b", " c", " d", ""]
        app.pane.change(since=1)
        assert [line[:2] for line in app.lines()[1:5]] == ["−a", "•b", " c", "+d"]


async def test_sorting_keeps_the_cursor_with_its_variable() -> None:
    app = Host()
    async with app.run_test(size=(60, 10)) as pilot:
        app.show([variable("a", size=1), variable("b", size=3), variable("c", size=2)])
        await pilot.press("down", "s", "s")
        assert app.names() == ["b", "c", "a"]
        await pilot.press("enter")
        assert app.asked == [("open", "b")]
        await pilot.press("r", "i")
        assert app.names() == ["a", "c", "b"]
        assert app.asked[-1] == ("insert", "b")
        app.show([variable("b", size=1), variable("a", size=2)])
        await pilot.press("enter")
        assert app.asked[-1] == ("open", "b")


async def test_a_pinned_variable_stays_above() -> None:
    app = Host()
    async with app.run_test(size=(60, 10)) as pilot:
        app.show([variable("a"), variable("b"), variable("c")], newest=2)
        await pilot.press("down", "p", "m", "s")
        assert app.names() == ["b", "a", "c"]
        assert app.lines()[1].startswith("◆b")


async def test_the_filter_narrows_as_one_types_and_escape_drops_it() -> None:
    app = Host()
    async with app.run_test(size=(60, 10)) as pilot:
        app.show([variable("alpha", "str"), variable("beta"), variable("_alphabet")])
        await pilot.press("slash", *"alp")
        await pilot.pause()
        assert app.names() == ["alpha"]
        await pilot.press("enter", "underscore")
        assert app.names() == ["_alphabet", "alpha"]
        await pilot.press("slash", *" type", "colon", *"str")
        await pilot.pause()
        assert app.names() == ["alpha"]
        await pilot.press("down", "escape")
        assert app.names() == ["_alphabet", "alpha", "beta"]
        await pilot.pause()
        assert not app.place.filter.display


async def test_the_cursor_moves_and_scrolls() -> None:
    app = Host()
    async with app.run_test(size=(60, 10)) as pilot:
        app.show([variable(f"v{number:03}") for number in range(100)])
        await pilot.press("pagedown", "pagedown", "down")
        assert app.pane.cursor == 17
        await pilot.pause()
        assert any("v017" in line for line in app.lines())
        assert "Name" in app.lines()[0], "the heading stays"


async def test_clicks_choose_rows_and_sort() -> None:
    app = Host()
    async with app.run_test(size=(60, 10)) as pilot:
        app.show([variable("a", size=1), variable("b", size=3)])
        await pilot.pause()
        await pilot.click(app.pane, offset=(3, 2), times=2)
        assert app.asked == [("open", "b")]
        size_column = app.lines()[0].index("Size")
        await pilot.click(app.pane, offset=(size_column, 0))
        assert app.names() == ["b", "a"]


async def test_a_hundred_thousand_variables_are_shown_quickly() -> None:
    app = Host()
    many = [variable(f"v{number}") for number in range(100_000)]
    async with app.run_test(size=(60, 40)) as pilot:
        begun = time.process_time()
        app.show(many)
        app.lines()
        assert time.process_time() - begun < 1
        begun = time.process_time()
        app.table.apply(NamespaceChanges([], [variable("v500", at=2)], [], whole=False), 2)
        app.pane.show(app.table)
        app.lines()
        assert time.process_time() - begun < 0.2
        await pilot.press("pagedown")


async def test_a_narrow_pane_leaves_columns_out() -> None:
    app = Host()
    async with app.run_test(size=(30, 10)) as pilot:
        app.show([variable("a")])
        await pilot.pause()
        assert "Type" not in app.lines()[0]
        assert "value of a" in app.lines()[1]


def test_kinds_show_shape_or_length() -> None:
    assert kind_text(Variable("a", "ndarray", "(3, 4)", 3, 1, "", 1)) == "ndarray 3×4"
    assert kind_text(Variable("a", "ndarray", "(3,)", 3, 1, "", 1)) == "ndarray 3"
    assert kind_text(Variable("a", "list", "", 3, 1, "", 1)) == "list 3"
    assert kind_text(Variable("a", "int", "", None, 1, "", 1)) == "int"


async def test_strange_text_stays_within_its_cell() -> None:
    app = Host()
    async with app.run_test(size=(60, 10)) as pilot:
        odd = Variable("名前", "str", "", 3, 1, "a\nb\x1b[31m\t漢字" * 20, 1)
        app.show([odd])
        await pilot.pause()
        strip = app.pane.render_line(1)
        assert strip.cell_length == 60
        assert "\n" not in strip.text
        assert "\x1b" not in strip.text


@pytest.mark.parametrize(
    ("kind", "shape", "length", "summary", "shown"),
    [
        ("DataFrame", "(9, 2)", 9, "DataFrame 9×2: a, b", "a, b"),
        ("ndarray", "(3,)", 3, "ndarray 3 float64", "float64"),
        ("module", "", None, "module json", "json"),
        ("str", "", 3, "'str'", "'str'"),
        ("Point", "", None, "Point(x=1)", "Point(x=1)"),
        ("Generator", "", None, "<Generator>", "<Generator>"),
    ],
)
def test_a_value_does_not_repeat_its_type(
    kind: str, shape: str, length: int | None, summary: str, shown: str
) -> None:
    assert value_text(Variable("a", kind, shape, length, 1, summary, 1)) == shown


async def test_where_columns_are_narrow_the_cursors_line_is_told_in_full() -> None:
    app = Host()
    async with app.run_test(size=(45, 20)) as pilot:
        long = variable("a_name_that_is_longer_than_its_column", "ndarray", 8_000_000)
        app.show([long, variable("b", made=3, at=3)], newest=3)
        app.table.measured({"b": DeepSize(5000, 2000, True)})
        app.pane.show(app.table)
        detail = app.query_one("#variables-detail", Static)
        await pilot.pause()
        assert str(detail.content) == (
            "a_name_that_is_longer_than_its_column: ndarray · 8.0 MB · run 1\n"
            "value of a_name_that_is_longer_than_its_co…"
        )
        await pilot.press("down")
        await pilot.pause()
        assert "b: int · 28 B · deep 5.0 kB · 2.0 kB of it shared · run 3 · new" in str(
            detail.content
        )
        await pilot.press("s", "s", "s")
        assert app.lines()[0].endswith("by run ▾"), (
            "the order is told though its column is not there"
        )
        app.pane.can_focus = False
        app.screen.set_focus(None)
        await pilot.pause()
        assert not detail.display


async def test_where_columns_are_wide_nothing_is_told_twice() -> None:
    app = Host()
    async with app.run_test(size=(90, 20)) as pilot:
        app.show([variable("a")])
        await pilot.pause()
        assert not app.query_one("#variables-detail", Static).display


async def test_what_was_filtered_is_gone_to_past_what_is_watched() -> None:
    app = Host()
    async with app.run_test(size=(60, 20)) as pilot:
        app.show([variable("a"), variable("b")])
        app.table.watched([Watch("a + b", "2"), Watch("b * 2", "2")])
        app.pane.show(app.table)
        await pilot.press("slash", "b", "enter")
        assert isinstance(app.pane.line, Variable)
        assert app.pane.line.name == "b"
