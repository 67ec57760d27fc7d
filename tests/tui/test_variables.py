from __future__ import annotations

import time

from textual.app import App, ComposeResult

from pyrepl_tui.engine.values import Variable
from pyrepl_tui.themes import DARK
from pyrepl_tui.widgets.variables import VariablesPane, kind_text


class Host(App[None]):
    """An app with nothing but the pane."""

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self.pane = VariablesPane()
        self.chosen: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_mount(self) -> None:
        self.pane.focus()

    def on_variables_pane_name_chosen(self, event: VariablesPane.NameChosen) -> None:
        self.chosen.append(event.name)

    def lines(self) -> list[str]:
        height = self.pane.size.height
        return [self.pane.render_line(y).text.rstrip() for y in range(height)]


def variable(name: str, type: str = "int", size: int = 28, at: int = 1) -> Variable:  # noqa: A002
    return Variable(name, type, "", None, size, f"value of {name}", at)


async def test_data_comes_before_definitions_and_modules() -> None:
    app = Host()
    async with app.run_test(size=(60, 10)) as pilot:
        app.pane.show([variable("os", "module"), variable("f", "function"), variable("z")])
        await pilot.pause()
        assert [line.split()[0].strip("•") for line in app.lines()[1:4]] == ["z", "f", "os"]


async def test_what_the_last_run_changed_is_marked() -> None:
    app = Host()
    async with app.run_test(size=(60, 10)) as pilot:
        app.pane.show([variable("a", at=1), variable("b", at=2)])
        await pilot.pause()
        assert [line[:2] for line in app.lines()[1:3]] == [" a", "•b"]


async def test_sorting_keeps_the_cursor_with_its_variable() -> None:
    app = Host()
    async with app.run_test(size=(60, 10)) as pilot:
        app.pane.show([variable("a", size=1), variable("b", size=3), variable("c", size=2)])
        await pilot.press("down", "s")
        assert [line[1] for line in app.lines()[1:4]] == ["b", "c", "a"]
        await pilot.press("enter")
        assert app.chosen == ["b"]
        app.pane.show([variable("b", size=1), variable("a", size=2)])
        await pilot.press("enter")
        assert app.chosen == ["b", "b"]


async def test_the_cursor_moves_and_scrolls() -> None:
    app = Host()
    async with app.run_test(size=(60, 10)) as pilot:
        app.pane.show([variable(f"v{number:03}") for number in range(100)])
        await pilot.press("pagedown", "pagedown", "down")
        assert app.pane.cursor == 17
        await pilot.pause()
        assert any("v017" in line for line in app.lines())
        assert "Name" in app.lines()[0], "the heading stays"


async def test_clicks_choose_rows_and_sort() -> None:
    app = Host()
    async with app.run_test(size=(60, 10)) as pilot:
        app.pane.show([variable("a", size=1), variable("b", size=3)])
        await pilot.click(app.pane, offset=(3, 2), times=2)
        assert app.chosen == ["b"]
        size_column = app.lines()[0].index("Size")
        await pilot.click(app.pane, offset=(size_column, 0))
        assert app.lines()[1][1] == "b"


async def test_a_hundred_thousand_variables_are_shown_quickly() -> None:
    app = Host()
    many = [variable(f"v{number}") for number in range(100_000)]
    async with app.run_test(size=(60, 40)) as pilot:
        begun = time.monotonic()
        app.pane.show(many)
        app.lines()
        assert time.monotonic() - begun < 2
        await pilot.press("pagedown")


async def test_a_narrow_pane_leaves_columns_out() -> None:
    app = Host()
    async with app.run_test(size=(30, 10)) as pilot:
        app.pane.show([variable("a")])
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
        app.pane.show([odd])
        await pilot.pause()
        strip = app.pane.render_line(1)
        assert strip.cell_length == 60
        assert "\n" not in strip.text
        assert "\x1b" not in strip.text
