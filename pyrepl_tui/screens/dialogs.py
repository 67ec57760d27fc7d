"""Small questions over the workspace: choose one of a few, type a name, read a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.visual import VisualType
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from pyrepl_worker.records import record

FRAME = """
{name} {{
    align: center middle; background: $background 55%;
    & > #frame {{
        width: {width}; max-width: 92%; height: auto; max-height: 90%;
        background: $panel; padding: 1 2; border: round $border;
    }}
    & #title {{ text-style: bold; height: auto; }}
    & #body {{ color: $muted; height: auto; margin-bottom: 1; }}
    & #hint {{ color: $muted; height: auto; margin-top: 1; }}
    {more}
}}
"""
"""The style of a dialog: `name`, `width`, and what is `more` in it."""

LIST = """& OptionList {
    border: none; padding: 0; background: transparent; height: auto; max-height: 16;
    &:focus { border: none; }
}"""
"""What is more in a dialog that lists things."""


@record(frozen=True)
class Choice:
    """One thing to choose."""

    id: str
    label: str
    key: str = ""
    """A letter that chooses it; empty: only arrows and the mouse do."""


class ChoiceDialog(ModalScreen["str | None"]):
    """Returns the id of what was chosen, None if nothing was."""

    DEFAULT_CSS = FRAME.format(name="ChoiceDialog", width="64", more=LIST)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", show=False)
    ]

    def __init__(self, title: str, body: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title, self._body, self._choices = title, body, tuple(choices)

    def compose(self) -> ComposeResult:
        """Title, explanation, the choices."""
        with Vertical(id="frame"):
            yield Static(self._title, id="title", markup=False)
            yield Static(self._body, id="body", markup=False)
            yield OptionList(*(Option(self._label(c), id=c.id) for c in self._choices))

    @staticmethod
    def _label(choice: Choice) -> Text:
        key = f" {choice.key.upper()} " if choice.key else "   "
        return Text.assemble((key, "bold"), " ", choice.label)

    def on_mount(self) -> None:
        """The first choice is the one Enter takes."""
        self.query_one(OptionList).highlighted = 0

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click."""
        event.stop()
        self.dismiss(event.option_id)

    def on_key(self, event: events.Key) -> None:
        """A choice's letter."""
        for choice in self._choices:
            if choice.key and event.key == choice.key:
                event.stop()
                self.dismiss(choice.id)
                return


class NameDialog(ModalScreen["str | None"]):
    """Asks for one line; returns it stripped, None if it was given up.

    Left empty it is given up too, unless that means something: then it returns "".
    """

    DEFAULT_CSS = FRAME.format(
        name="NameDialog",
        width="56",
        more="& Input { border: none; height: 1; padding: 0 1; background: $surface; "
        "margin-top: 1; &:focus { border: none; } }",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", show=False)
    ]

    def __init__(self, title: str, value: str = "", *, empty: str = "") -> None:
        """`empty` says what an empty line does; "": nothing."""
        super().__init__()
        self._title, self._value, self._empty = title, value, empty

    def compose(self) -> ComposeResult:
        """Title, field, hint."""
        hint = f"Enter accepts, {self._empty + ', ' if self._empty else ''}Esc leaves it as it is"
        with Vertical(id="frame"):
            yield Static(self._title, id="title", markup=False)
            yield Input(self._value, select_on_focus=True, max_length=4096)
            yield Static(hint, id="hint", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the line."""
        event.stop()
        text = event.value.strip()
        self.dismiss(text if text or self._empty else None)


class TextScreen(ModalScreen[None]):
    """A text to read: messages, stacks, help. Selectable with the mouse."""

    DEFAULT_CSS = FRAME.format(
        name="TextScreen",
        width="110",
        more="""& > #frame { height: 90%; }
        & #text { height: 1fr; margin-top: 1; background: $panel;
            scrollbar-size-vertical: 1; scrollbar-background: $panel; }
        & #content { height: auto; width: 1fr; }""",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss(None)", "Close", show=False),
        Binding("f1,f7,f8", "dismiss(None)", "Close", show=False),
    ]

    def __init__(self, title: str, text: VisualType) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        """Title, the text, hint."""
        with Vertical(id="frame"):
            yield Static(self._title, id="title", markup=False)
            with VerticalScroll(id="text"):
                yield Static(self._text, id="content", markup=False)
            yield Static("Esc closes · arrows and PgUp/PgDn scroll", id="hint", markup=False)

    def on_mount(self) -> None:
        """Arrow keys scroll at once."""
        self.query_one("#text").focus()
