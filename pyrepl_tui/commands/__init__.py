"""Every action a person can take: one declaration gives keys, palette, help and docs/keys.md."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from . import code, comparison, dialogs, output, sessions, time, variables
from .command import NO_KEY, Command, key_label, keys_label
from .spoken import with_keys

__all__ = [
    "COMMANDS",
    "NO_KEY",
    "Command",
    "groups",
    "in_scope",
    "key_label",
    "keys_label",
    "keys_table",
    "with_keys",
]

COMMANDS: tuple[Command, ...] = (
    *code.CODE,
    *code.WRITING,
    *code.RUNNING,
    *time.TIME,
    *time.TIMELINE,
    *comparison.COMPARING,
    *comparison.COMPARISON,
    *code.INPUT,
    *sessions.SESSIONS,
    *sessions.VIEW,
    *output.OUTPUT,
    *dialogs.FINDING,
    *dialogs.ASKING,
    *output.VALUE,
    *output.SELECTION,
    *output.TRACEBACK,
    *variables.FROZEN,
    *variables.INSPECTOR,
    *variables.VARIABLES,
    *dialogs.HISTORY,
    *dialogs.QUEUE,
    *dialogs.ENDED,
    *dialogs.PENDING,
    *dialogs.DOCUMENTATION,
)
"""All commands, in the order of the help screen."""


def in_scope(scope: str, commands: Iterable[Command] = COMMANDS) -> tuple[Command, ...]:
    """The commands of one pane, or with ``app`` those that work everywhere."""
    return tuple(command for command in commands if command.scope == scope)


def groups(commands: Iterable[Command] = COMMANDS) -> list[tuple[str, list[Command]]]:
    """Commands under their headings, both in the order of declaration."""
    order = {group: at for at, group in reversed(list(enumerate(c.group for c in COMMANDS)))}
    ranked = sorted(commands, key=lambda command: order[command.group])
    return [(name, list(members)) for name, members in groupby(ranked, lambda c: c.group)]


def keys_table() -> str:
    """The table of docs/keys.md."""
    lines = ["| | key | what it does |", "|---|---|---|"]
    for name, members in groups():
        for at, command in enumerate(members):
            head = f"**{name}**" if at == 0 else ""
            keys = keys_label(command) or "palette"
            lines.append(
                f"| {head} | {keys} | {command.title}: {with_keys(command.help, COMMANDS)} |"
            )
    return "\n".join(lines) + "\n"
