"""What a command is, and how its keys are written."""

from __future__ import annotations

from dataclasses import dataclass

Row = tuple[str, str, str, str, str]
"""How commands are declared: id, title, keys, label in the key bar, help."""

NO_KEY = "no-key-for-"
"""How the key begins that a command without one is bound to: nobody can press it, but the settings
can put another one in its place."""

KEY_NAMES = {
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "escape": "Esc",
    "enter": "Enter",
    "comma": ",",
    "minus": "-",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "equals_sign": "=",
    "full_stop": ".",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "slash": "/",
    "underscore": "_",
    "up": "↑",
    "down": "↓",
}


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
    """Heading in the help screen and in docs/keys.md."""
    scope: str = "app"
    """``app``: works everywhere and is in the palette. Else the pane that must have the focus."""
    footer: str = ""
    """Short label in the key bar; empty: not shown there."""


def group(heading: str, scope: str, *rows: Row) -> tuple[Command, ...]:
    """Commands of one pane under one heading."""
    return tuple(
        Command(name, title, tuple(keys.split()), text, heading, scope, footer)
        for name, title, keys, footer, text in rows
    )


def moving(what: str) -> tuple[Row, ...]:
    """The commands that move a cursor over a list of `what`, named in the singular."""
    return (
        ("cursor(-1)", "Up", "up", "", f"The {what} above."),
        ("cursor(1)", "Down", "down", "", f"The {what} below."),
        ("page(-1)", "Page up", "pageup", "", f"One page of {what}s up."),
        ("page(1)", "Page down", "pagedown", "", f"One page of {what}s down."),
        ("to_end(True)", "Start", "home", "", f"The first {what}."),
        ("to_end(False)", "End", "end", "", f"The last {what}."),
    )


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
