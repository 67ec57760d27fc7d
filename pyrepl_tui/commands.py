"""Every action a person can take: one declaration gives keys, palette entry, help, README row."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True)
class Command:
    """One user action."""

    id: str
    """Name of the action: ``action_<id>`` of the app, or of the widget named by `scope`."""
    title: str
    """What the palette and the help screen call it."""
    keys: tuple[str, ...]
    """Keys in Textual's spelling, the one to show first; empty for palette-only commands."""
    help: str
    """One sentence: what it does, and when it is of use."""
    group: str
    """Heading in the help screen and the README table."""
    scope: str = "app"
    """``app``: works everywhere and is in the palette. Else the pane that must have the focus."""
    footer: str = ""
    """Short label in the key bar; empty: not shown there."""


def _switches() -> tuple[str, ...]:
    return tuple(f"alt+{number}" for number in range(1, 10))


COMMANDS: tuple[Command, ...] = (
    # -- writing and running code
    Command(
        "submit_or_newline",
        "Run when complete",
        ("enter",),
        "Runs the code when it is complete, else starts a new, indented line.",
        "Code",
        "editor",
    ),
    Command(
        "submit",
        "Run",
        ("f5",),
        "Runs the code as it stands, complete or not.",
        "Code",
        "editor",
        "Run",
    ),
    Command(
        "newline",
        "New line",
        ("ctrl+j",),
        "Starts a new, indented line, whatever the code looks like.",
        "Code",
        "editor",
        "New line",
    ),
    Command(
        "history_or_up",
        "Earlier code",
        ("up",),
        "On the first line: earlier code of this session that begins with what was typed.",
        "Code",
        "editor",
    ),
    Command(
        "history_or_down",
        "Later code",
        ("down",),
        "On the last line: later code of this session, and at last what was being typed.",
        "Code",
        "editor",
    ),
    Command(
        "indent",
        "Indent",
        ("tab",),
        "Indents the line or all selected lines.",
        "Code",
        "editor",
    ),
    Command(
        "dedent",
        "Dedent",
        ("shift+tab",),
        "Takes one step of indentation away from the line or all selected lines.",
        "Code",
        "editor",
    ),
    # -- what runs
    Command(
        "interrupt",
        "Interrupt",
        ("ctrl+c",),
        "Raises KeyboardInterrupt in the running code; variables are kept. Copies instead when "
        "text is selected. Pressed again and again it offers to show where the code is, "
        "or to kill the worker.",
        "Running",
        footer="Interrupt",
    ),
    Command(
        "show_stacks",
        "Show where the code is",
        ("f7",),
        "Shows the stack of every thread of the worker, also while it runs.",
        "Running",
    ),
    Command(
        "restart_session",
        "Fresh start",
        ("f9",),
        "Starts an empty worker for this session, also after a death. Output and history stay.",
        "Running",
    ),
    Command(
        "kill_worker",
        "Kill the worker",
        (),
        "Ends the worker at once, when nothing else helps. The session stays, with its output.",
        "Running",
    ),
    # -- questions that running code asks
    Command(
        "answer",
        "Answer",
        ("enter",),
        "Sends the line to the code that waits for it.",
        "Input",
        "input",
        "Answer",
    ),
    Command(
        "end_of_input",
        "End of input",
        ("ctrl+d",),
        "On an empty line: the waiting code gets EOFError.",
        "Input",
        "input",
        "End of input",
    ),
    Command(
        "interrupt_input",
        "Interrupt",
        ("ctrl+c",),
        "The waiting code gets KeyboardInterrupt.",
        "Input",
        "input",
        "Interrupt",
    ),
    Command(
        "earlier_answer",
        "Earlier answer",
        ("up",),
        "An earlier answer given in this session.",
        "Input",
        "input",
    ),
    Command(
        "later_answer",
        "Later answer",
        ("down",),
        "A later answer given in this session.",
        "Input",
        "input",
    ),
    Command(
        "next_question",
        "Next question",
        ("tab",),
        "Shows the next question, where several wait; the others stay open.",
        "Input",
        "input",
    ),
    Command(
        "leave",
        "Back to the editor",
        ("escape",),
        "Leaves the question open and goes back to the editor.",
        "Input",
        "input",
        "Editor",
    ),
    # -- sessions
    Command(
        "new_session",
        "New session",
        ("ctrl+t",),
        "Opens a tab with a session of its own.",
        "Sessions",
        footer="New",
    ),
    Command(
        "close_session",
        "Close session",
        ("f4", "alt+w"),
        "Closes the tab and ends its session; asks first when something would be lost.",
        "Sessions",
    ),
    Command(
        "rename_session",
        "Rename session",
        ("f2",),
        "Gives the session another name.",
        "Sessions",
    ),
    Command(
        "go_to_session",
        "Go to session 1 to 9",
        _switches(),
        "Shows the session in that place.",
        "Sessions",
    ),
    Command(
        "next_session",
        "Next session",
        ("ctrl+pagedown", "alt+n"),
        "Shows the session to the right.",
        "Sessions",
    ),
    Command(
        "previous_session",
        "Previous session",
        ("ctrl+pageup", "alt+p"),
        "Shows the session to the left.",
        "Sessions",
    ),
    Command(
        "move_session_right",
        "Move session right",
        ("alt+full_stop", "ctrl+shift+pagedown"),
        "Moves the tab one place to the right; tabs can also be dragged.",
        "Sessions",
    ),
    Command(
        "move_session_left",
        "Move session left",
        ("alt+comma", "ctrl+shift+pageup"),
        "Moves the tab one place to the left.",
        "Sessions",
    ),
    Command(
        "attach_session",
        "Attach a session",
        (),
        "Shows a living session whose tab was closed while it went on.",
        "Sessions",
    ),
    # -- looking around
    Command(
        "next_pane",
        "Next pane",
        ("f6",),
        "Moves the focus: editor, question if there is one, output, variables.",
        "View",
        footer="Pane",
    ),
    Command(
        "toggle_variables",
        "Variables",
        ("f3",),
        "Shows or hides the variables; in a narrow terminal in place of the output.",
        "View",
        footer="Variables",
    ),
    Command(
        "toggle_theme",
        "Light or dark",
        ("f12",),
        "Switches between the light and the dark theme, and remembers it.",
        "View",
    ),
    Command(
        "command_palette",
        "Commands",
        ("ctrl+p",),
        "Finds any command or session by a few letters of its name.",
        "View",
        footer="Commands",
    ),
    Command(
        "show_log",
        "Messages",
        ("f8",),
        "Shows everything that was announced, errors with their details.",
        "View",
    ),
    Command(
        "help",
        "Help",
        ("f1", "alt+h"),
        "Shows all keys and commands.",
        "View",
        footer="Help",
    ),
    Command(
        "quit",
        "Quit",
        ("ctrl+q",),
        "Leaves; asks whether the sessions go on without the window or end.",
        "View",
        footer="Quit",
    ),
    # -- panes
    Command(
        "scroll_up",
        "Scroll up",
        ("up",),
        "One row up. Away from the end the pane stays where it is while output goes on.",
        "Output",
        "output",
    ),
    Command("scroll_down", "Scroll down", ("down",), "One row down.", "Output", "output"),
    Command(
        "page_up",
        "Page up",
        ("pageup",),
        "One page up.",
        "Output",
        "output",
        "Page up",
    ),
    Command("page_down", "Page down", ("pagedown",), "One page down.", "Output", "output"),
    Command("scroll_home", "Start", ("home",), "The start of all output.", "Output", "output"),
    Command(
        "scroll_end",
        "End",
        ("end",),
        "The end of all output, following what is added.",
        "Output",
        "output",
        "End",
    ),
    Command(
        "previous_run",
        "Run before",
        ("left_square_bracket",),
        "Chooses the run before. Without a choice the other keys mean the last run in view.",
        "Output",
        "output",
        "Run before",
    ),
    Command(
        "next_run",
        "Next run",
        ("right_square_bracket",),
        "Chooses the next run; after the last one goes to the end.",
        "Output",
        "output",
        "Next run",
    ),
    Command(
        "find",
        "Find",
        ("slash",),
        "Finds text or a regular expression in all output of the session, from here upwards.",
        "Output",
        "output",
        "Find",
    ),
    Command(
        "go_to_run",
        "Go to run",
        ("g",),
        "Asks for a run's number and goes there.",
        "Output",
        "output",
    ),
    Command(
        "fold",
        "Fold",
        ("f",),
        "Hides all but the code of the chosen run, or shows all; so does a double click.",
        "Output",
        "output",
        "Fold",
    ),
    Command(
        "fold_all",
        "Fold all",
        ("z",),
        "Hides all but the code of every run, or shows everything again.",
        "Output",
        "output",
    ),
    Command(
        "only_run",
        "This run alone",
        ("o",),
        "Shows nothing but the chosen run, or everything again.",
        "Output",
        "output",
        "Alone",
    ),
    Command(
        "open_value",
        "Open value",
        ("v",),
        "Shows the table, picture or other rich value of the chosen run over the whole screen.",
        "Output",
        "output",
        "Value",
    ),
    Command(
        "copy_output",
        "Copy output",
        ("y",),
        "Copies what the chosen run printed, with its value or traceback, as plain text.",
        "Output",
        "output",
        "Copy output",
    ),
    Command(
        "copy_code",
        "Copy code",
        ("c",),
        "Copies the code of the chosen run.",
        "Output",
        "output",
    ),
    Command(
        "save_output",
        "Save output",
        ("s",),
        "Saves what the chosen run printed to a text file, at any size.",
        "Output",
        "output",
    ),
    Command(
        "leave",
        "Back",
        ("escape",),
        "Leaves the search, the run shown alone, the chosen run, the selection, then the pane.",
        "Output",
        "output",
    ),
    # -- a rich value over the whole screen
    Command(
        "previous_value",
        "Value before",
        ("left_square_bracket", "p"),
        "Shows the value before this one in the session's output.",
        "Value",
        "value",
    ),
    Command(
        "next_value",
        "Next value",
        ("right_square_bracket", "n"),
        "Shows the value after this one.",
        "Value",
        "value",
    ),
    Command(
        "save_value",
        "Save value",
        ("s",),
        "Saves the picture, or else the value's HTML, markdown or text, to a file.",
        "Value",
        "value",
    ),
    Command(
        "close_value",
        "Close",
        ("escape", "q", "v"),
        "Goes back to the workspace.",
        "Value",
        "value",
    ),
    Command(
        "cursor(-1)",
        "Up",
        ("up",),
        "The variable above.",
        "Variables",
        "variables",
    ),
    Command(
        "cursor(1)",
        "Down",
        ("down",),
        "The variable below.",
        "Variables",
        "variables",
    ),
    Command(
        "page(-1)",
        "Page up",
        ("pageup",),
        "One page of variables up.",
        "Variables",
        "variables",
    ),
    Command(
        "page(1)",
        "Page down",
        ("pagedown",),
        "One page of variables down.",
        "Variables",
        "variables",
    ),
    Command(
        "insert_name",
        "Insert",
        ("enter",),
        "Puts the variable's name into the editor.",
        "Variables",
        "variables",
        "Insert name",
    ),
    Command(
        "sort",
        "Sort",
        ("s",),
        "Sorts by name, by size, by latest change, in turn; a click on a heading does the same.",
        "Variables",
        "variables",
        "Sort",
    ),
)
"""All commands, in the order of the help screen."""

KEY_NAMES = {
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "escape": "Esc",
    "enter": "Enter",
    "comma": ",",
    "full_stop": ".",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "slash": "/",
    "up": "↑",
    "down": "↓",
}


def key_label(key: str) -> str:
    """A key as people write it: ``ctrl+pageup`` becomes ``Ctrl+PgUp``."""
    parts = key.split("+")
    last = parts[-1]
    function = last[1:].isdigit()
    shown = KEY_NAMES.get(last, last.upper() if function or len(last) == 1 else last.capitalize())
    return "+".join([part.capitalize() for part in parts[:-1]] + [shown])


def keys_label(command: Command) -> str:
    """All keys of a command, short: ``Alt+1 … Alt+9``."""
    if len(command.keys) > 3:
        return f"{key_label(command.keys[0])} … {key_label(command.keys[-1])}"
    return ", ".join(key_label(key) for key in command.keys)


def in_scope(scope: str) -> tuple[Command, ...]:
    """The commands of one pane, or with ``app`` those that work everywhere."""
    return tuple(command for command in COMMANDS if command.scope == scope)


def groups(commands: Iterable[Command] = COMMANDS) -> list[tuple[str, list[Command]]]:
    """Commands under their headings, both in the order of declaration."""
    order = {group: at for at, group in reversed(list(enumerate(c.group for c in COMMANDS)))}
    ranked = sorted(commands, key=lambda command: order[command.group])
    return [(name, list(members)) for name, members in groupby(ranked, lambda c: c.group)]


def readme_table() -> str:
    """The key table of the README, in Markdown."""
    lines = ["| | key | what it does |", "|---|---|---|"]
    for name, members in groups():
        for at, command in enumerate(members):
            head = f"**{name}**" if at == 0 else ""
            keys = keys_label(command) or "palette"
            lines.append(f"| {head} | {keys} | {command.title}: {command.help} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(readme_table())
