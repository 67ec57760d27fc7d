from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console
from textual.binding import Binding

from pyrepl_tui.app import PyreplApp
from pyrepl_tui.commands import (
    COMMANDS,
    Command,
    groups,
    in_scope,
    key_label,
    keys_table,
    with_keys,
)
from pyrepl_tui.screens.compare import CompareScreen
from pyrepl_tui.screens.documentation import DocumentationScreen
from pyrepl_tui.screens.ended import EndedScreen
from pyrepl_tui.screens.frames import FramesScreen
from pyrepl_tui.screens.frozen import FrozenScreen
from pyrepl_tui.screens.help import help_table
from pyrepl_tui.screens.history import HistoryScreen
from pyrepl_tui.screens.inspect import InspectScreen
from pyrepl_tui.screens.pending import PendingScreen
from pyrepl_tui.screens.queue import QueueScreen
from pyrepl_tui.screens.value import ValueScreen
from pyrepl_tui.widgets.bindings import bindings_for
from pyrepl_tui.widgets.editor import Editor
from pyrepl_tui.widgets.input_panel import AnswerField
from pyrepl_tui.widgets.output_prompts import FindPrompt, OutputPrompt
from pyrepl_tui.widgets.output_select import SelectNote
from pyrepl_tui.widgets.output_view import OutputView
from pyrepl_tui.widgets.timeline_tree import TimelineTree
from pyrepl_tui.widgets.variables import VariablesPane

HOMES = {
    "app": PyreplApp,
    "comparison": CompareScreen,
    "editor": Editor,
    "frames": FramesScreen,
    "documentation": DocumentationScreen,
    "find": FindPrompt,
    "frozen": FrozenScreen,
    "history": HistoryScreen,
    "ended": EndedScreen,
    "pending": PendingScreen,
    "prompt": OutputPrompt,
    "queue": QueueScreen,
    "input": AnswerField,
    "inspect": InspectScreen,
    "output": OutputView,
    "selection": SelectNote,
    "value": ValueScreen,
    "timeline": TimelineTree,
    "variables": VariablesPane,
}
KEYS = Path(__file__).parents[2] / "docs" / "keys.md"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: f"{c.scope}.{c.id}")
def test_every_command_has_help_an_action_and_a_way_to_reach_it(command: Command) -> None:
    assert command.title
    assert command.help.endswith(".")
    method = f"action_{command.id.partition('(')[0]}"
    assert callable(getattr(HOMES[command.scope], method, None)), method
    assert command.keys or command.scope == "app", "only the app's commands are in the palette"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: f"{c.scope}.{c.id}")
def test_every_command_is_in_the_docs(command: Command) -> None:
    said = with_keys(command.help, COMMANDS)
    row = next(line for line in keys_table().splitlines() if said in line)
    assert row in KEYS.read_text("utf-8")


def test_help_lists_every_command() -> None:
    console = Console(width=400, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(help_table())
    console.file.close()
    text = console.export_text()
    for command in COMMANDS:
        assert with_keys(command.help, COMMANDS) in text
        for name, _ in groups():
            assert name in text


@pytest.mark.parametrize("scope", HOMES)
def test_no_key_means_two_things_in_one_pane(scope: str) -> None:
    keys = [key for command in in_scope(scope) for key in command.keys]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("scope", HOMES)
def test_bindings_have_ids_of_their_own(scope: str) -> None:
    ids = [binding.id for binding in bindings_for(scope) if isinstance(binding, Binding)]
    assert len(ids) == len(set(ids))
    assert all(ids)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: f"{c.scope}.{c.id}")
def test_each_command_has_a_key_that_every_terminal_sends(command: Command) -> None:
    fragile = ("ctrl+shift+", "shift+enter", "ctrl+enter", "alt+enter", "super+")
    assert not command.keys or not all(key.startswith(fragile) for key in command.keys)


@pytest.mark.parametrize(
    ("key", "label"),
    [("ctrl+pageup", "Ctrl+PgUp"), ("f5", "F5"), ("alt+1", "Alt+1"), ("tab", "Tab"), ("s", "S")],
)
def test_keys_are_written_as_people_write_them(key: str, label: str) -> None:
    assert key_label(key) == label
