"""Keys that arrive all at once, as from a fast typist behind a slow line."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.keys import _character_to_key
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Input

from pyrepl_tui.app import PyreplApp
from pyrepl_tui.key_order import KeyOrder
from pyrepl_tui.widgets.editor import Editor
from tests.support.waiting import eventually
from tests.tui.conftest import OpenDesk


def burst(app: KeyOrder, *keys: str) -> None:
    """Send keys without a pause; of more than one letter: names, or text after a blank."""
    for key in keys:
        for character in key[1:] if key.startswith(" ") else ():
            app.post_message(events.Key(_character_to_key(character), character))
        if not key.startswith(" "):
            app.post_message(events.Key(key, None))


class Fields(ModalScreen[None]):
    def compose(self) -> ComposeResult:
        yield Input(id="a")
        yield Input(id="b")


class Lost(Widget, can_focus=True):
    """Loses what follows a key: it goes away while it is handled."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("x", "go", show=False)]

    async def action_go(self) -> None:
        await self.remove()


class Bench(KeyOrder):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "fields", show=False),
        Binding("f3", "later", show=False),
    ]

    def action_fields(self) -> None:
        self.push_screen(Fields())

    def action_later(self) -> None:
        self.run_worker(self._later())

    async def _later(self) -> None:
        await self.push_screen_wait(Fields())


@pytest.mark.parametrize("opens", ["f2", "f3"])
async def test_keys_meet_the_screen_and_the_focus_that_others_brought(opens: str) -> None:
    app = Bench()
    async with app.run_test():
        burst(app, opens, " one", "tab", " two", "shift+tab", " s", "tab", " !")
        await eventually(lambda: len(app.screen_stack) == 2)

        def values() -> list[str]:
            return [field.value for field in app.screen.query(Input)]

        await eventually(lambda: "!" in "".join(values()), what="the last key")
        assert values() == ["s", "!"]  # a field selects its text when it gets the focus


async def test_a_widget_that_goes_away_with_its_key_keeps_no_other_key_back() -> None:
    app = Bench()
    async with app.run_test() as pilot:
        lost = Lost()
        await app.mount(lost, Input())
        lost.focus()
        await pilot.pause()
        burst(app, "x", "tab", " after")
        await eventually(lambda: app.query_one(Input).value.endswith("after"))


async def test_a_paste_comes_where_it_was_made() -> None:
    app = Bench()
    async with app.run_test():
        burst(app, "f2", "tab")
        app.post_message(events.Paste("pasted"))
        burst(app, "shift+tab", " x")
        await eventually(lambda: len(app.screen_stack) == 2)
        await eventually(lambda: app.screen.query_one("#a", Input).value == "x")
        assert app.screen.query_one("#b", Input).value == "pasted"


async def test_a_name_is_typed_ahead_of_its_dialog(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        burst(desk.app, "f2", " quick", "enter", " y = 1")
        await desk.until(lambda: desk.names == ["quick"])
        await desk.until(lambda: desk.app.desk.query_one(Editor).text == "y = 1")


async def test_keys_typed_before_the_screen_is_there_wait_for_it(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    get_screen = PyreplApp.get_default_screen

    def typed_then(app: PyreplApp) -> Screen[Any]:
        burst(app, " 1+1", "enter", " x")
        return get_screen(app)

    monkeypatch.setattr(PyreplApp, "get_default_screen", typed_then)
    async with open_desk(settle=False) as desk:
        await desk.until(lambda: desk.app.desk.editor.text == "x")
        await desk.until(lambda: desk.session.codes == ["1+1"])


class Letters(Widget, can_focus=True):
    """Notes which of its commands are called."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "note('d')", show=False),
        Binding("g", "note('g')", show=False),
        Binding("G", "note('G')", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[str] = []

    def action_note(self, letter: str) -> None:
        self.noted.append(letter)


async def test_a_capital_that_means_nothing_else_is_its_small_letter() -> None:
    """With Caps Lock on, or where the letters of the key bar are taken at their word."""
    app = Bench()
    async with app.run_test() as pilot:
        letters, field = Letters(), Input()
        await app.mount(letters, field)
        letters.focus()
        await pilot.press("d", "D", "g", "G", "Z")
        assert letters.noted == ["d", "d", "g", "G"]
        field.focus()
        await pilot.press("D")
        assert field.value == "D"
        assert letters.noted == ["d", "d", "g", "G"]
