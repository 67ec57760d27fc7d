"""The dialog for a session in another interpreter, folder or with limits."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from pyrepl_tui.engine.errors import WorkerStartError
from pyrepl_tui.engine.interpreters import Interpreter, check, locate
from pyrepl_tui.session_options import POLICIES, SessionOptions, options_from

from .dialogs import FRAME


@dataclass(frozen=True)
class NewSession:
    """What was chosen."""

    name: str
    options: SessionOptions


FIELDS = (
    ("name", "Name", ""),
    ("python", "Python", "a path, a command or an environment's folder"),
    ("cwd", "Folder", "where it works"),
    ("preload", "Preload", "modules to import beforehand: numpy pandas"),
    ("env", "Environment", "NAME=value NAME=value"),
    ("policy", "Policy", "commit_always; or begin: commit_on…, rollback…, explicit"),
    ("memory_mb", "Memory, MB", "a run that needs more is interrupted"),
    ("cpu_seconds", "CPU seconds", "a run that needs more is interrupted"),
    ("output_mb", "Output, MB", "what is kept of each stream"),
)


class NewSessionDialog(ModalScreen["NewSession | None"]):
    """Returns what to start, None if it was given up."""

    DEFAULT_CSS = FRAME.format(
        name="NewSessionDialog",
        width="88",
        more="""& #fields { height: auto; max-height: 60%; }
        & .field { height: 1; }
        & .field Static { width: 13; color: $muted; }
        & .field Input {
            width: 1fr; border: none; height: 1; padding: 0 1; background: $surface;
            &:focus { border: none; background: $background; }
        }
        & OptionList {
            border: none; padding: 0; background: transparent; height: auto; max-height: 8;
            margin-top: 1; &:focus { border: none; }
        }
        & #problem { color: $error; height: auto; }""",
    ).replace("{{", "{")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", show=False),
        Binding("down", "app.focus_next", "Next line", show=False),
        Binding("up", "app.focus_previous", "Line before", show=False),
    ]

    def __init__(self, name: str, presets: Mapping[str, SessionOptions]) -> None:
        """Make the dialog.

        Args:
            name: that the session has unless another one is given.
            presets: of the settings, by name.
        """
        super().__init__()
        self._usual_name = name
        self._presets = presets
        self._pythons: Sequence[Interpreter] = ()

    def compose(self) -> ComposeResult:
        """A line for each option, below them interpreters and presets to choose from."""
        with VerticalScroll(id="frame"):
            yield Static("New session", id="title", markup=False)
            with VerticalScroll(id="fields"):
                for name, label, hint in FIELDS:
                    with Horizontal(classes="field"):
                        yield Static(label, markup=False)
                        value = {"name": self._usual_name, "cwd": os.getcwd()}.get(name, "")
                        policies = SuggestFromList(POLICIES) if name == "policy" else None
                        yield Input(value, placeholder=hint, suggester=policies, id=f"field-{name}")
            yield Static("", id="problem", markup=False)
            yield OptionList(id="choices")
            yield Static("Enter starts it · Tab next line · Esc leaves", id="hint", markup=False)

    def on_mount(self) -> None:
        """Begin with the interpreter: that is what the dialog is opened for."""
        self.query_one("#field-python", Input).focus()
        self._offer()

    def show_pythons(self, pythons: Sequence[Interpreter]) -> None:
        """Offer interpreters, as they are found."""
        self._pythons = pythons
        if self.is_mounted:
            self._offer()

    def _offer(self) -> None:
        choices = self.query_one(OptionList)
        at = choices.highlighted
        choices.clear_options()
        for name in self._presets:
            choices.add_option(Option(Text.assemble(("preset ", "dim"), name), id=f"preset {name}"))
        for python in self._pythons:
            text = Text.assemble(
                (f"{python.version:8}", "bold"),
                _short(python.path),
                ("  " + " ".join(python.packages), "dim"),
            )
            choices.add_option(Option(text, id=f"python {python.path}"))
        if not self._pythons:
            choices.add_option(Option("Looking for interpreters …", disabled=True))
        choices.highlighted = at

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take an interpreter or a preset into the lines above."""
        event.stop()
        kind, _, name = (event.option_id or "").partition(" ")
        if kind == "python":
            self._field("python").value = name
        elif kind == "preset":
            self._fill(self._presets[name])
        self._field("python").focus()

    def _fill(self, options: SessionOptions) -> None:
        for name, _, _ in FIELDS[1:]:
            value = getattr(options, name)
            if name == "env":
                value = " ".join(f"{key}={text}" for key, text in value)
            elif name == "preload":
                value = " ".join(value)
            if value is not None:
                self._field(name).value = str(value)

    def _field(self, name: str) -> Input:
        return self.query_one(f"#field-{name}", Input)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in any line starts it."""
        event.stop()
        self.action_start()

    def action_start(self) -> None:
        """Return what was chosen, or say what is wrong with it."""
        options, problem = options_from(self._table())
        folder = options.folder
        if not problem and options.python is not None:
            problem = _problem_of(options.python)
        if not problem and folder is not None and not os.path.isdir(folder):
            problem = f"cwd: there is no folder {folder}"
        if problem:
            self.query_one("#problem", Static).update(problem)
            return
        self.dismiss(NewSession(self._field("name").value.strip() or self._usual_name, options))

    def _table(self) -> dict[str, object]:
        """The lines that say something, as a table of the settings would."""
        table: dict[str, object] = {}
        for name, _, _ in FIELDS[1:]:
            text = self._field(name).value.strip()
            if not text:
                continue
            if name == "policy":
                table[name] = next((each for each in POLICIES if each.startswith(text)), text)
            elif name == "env":
                table[name] = dict(word.partition("=")[::2] for word in text.split())
            elif name in ("memory_mb", "cpu_seconds", "output_mb"):
                table[name] = int(text) if text.isdigit() else text
            else:
                table[name] = text
        return table


def _problem_of(python: str) -> str:
    """Why there is nothing to execute; empty if there is."""
    try:
        check(locate(python))
    except WorkerStartError as error:
        return f"Python: {str(error).splitlines()[0]}"
    return ""


def _short(path: str) -> str:
    home = os.path.expanduser("~")
    return "~" + path[len(home) :] if path.startswith(home + os.sep) else path
