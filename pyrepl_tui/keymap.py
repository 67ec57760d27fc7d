"""Keys of the user's choice for commands."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from textual.keys import Keys, _character_to_key

from .commands import COMMANDS, NO_KEY, Command

_NAMED = {key.value for key in Keys if not key.value.startswith("<")}
_NAMED |= {_character_to_key(character) for character in string.punctuation}
_FUNCTION_KEY = re.compile(r"f([1-9]|1\d|2[0-4])")
_MODIFIERS = ("ctrl", "alt", "shift", "super", "meta", "hyper")


def assigned(table: Mapping[str, Any]) -> tuple[tuple[Command, ...], dict[str, str]]:
    """Give commands the keys of a table.

    Args:
        table: command (``undo_run``; ``output.fold`` where several panes have one of that name)
            → keys, as a text or a list of texts; an empty one takes the keys away.

    Returns:
        All commands, and of each line that makes no sense what is wrong with it.
    """
    commands = list(COMMANDS)
    problems: dict[str, str] = {}
    for name, value in table.items():
        places = [at for at, command in enumerate(COMMANDS) if name in names_of(command)]
        if len(places) != 1:
            problems[name] = _unknown(name, places)
            continue
        keys, problem = _keys(value)
        command = replace(commands[places[0]], keys=keys)
        problem = problem or _clash(command, commands)
        if problem:
            problems[name] = problem
        else:
            commands[places[0]] = command
    return tuple(commands), problems


def names_of(command: Command) -> tuple[str, str]:
    """What a command is called in the settings: alone, and with its pane."""
    return command.id, f"{command.scope}.{command.id}"


def _unknown(name: str, places: Sequence[int]) -> str:
    if places:
        whole = ", ".join(f'"{names_of(COMMANDS[at])[1]}"' for at in places)
        return f"several panes have it; write {whole}"
    known = [each for command in COMMANDS for each in names_of(command)]
    close = get_close_matches(name, known, 1)
    hint = f"did you mean {close[0]}?" if close else "the help screen lists all of them"
    return f"there is no such command; {hint}"


def _keys(value: Any) -> tuple[tuple[str, ...], str]:
    words = value.split() if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return (), 'keys are a text, "alt+u", or a list of texts'
    keys = []
    for word in words:
        key = normal_key(word)
        if key is None:
            return (), f"{word!r} is no key; keys are written like ctrl+t, alt+u, f5, escape"
        keys.append(key)
    return tuple(keys), ""


def normal_key(text: str) -> str | None:
    """A key in Textual's spelling; None if there is no such key."""
    if text in _NAMED:
        return text
    *modifiers, name = re.split(r"\+(?!$)", text)
    if any(modifier not in _MODIFIERS for modifier in modifiers):
        return None
    if len(name) == 1:
        name = name if name.isalnum() else _character_to_key(name)
    elif name not in _NAMED and not _FUNCTION_KEY.fullmatch(name):
        return None
    return "+".join([*sorted(modifiers, key=_MODIFIERS.index), name])


def _clash(command: Command, commands: Sequence[Command]) -> str:
    """Who else in the same pane has one of the keys; empty if nobody has."""
    for other in commands:
        if names_of(other) == names_of(command) or other.scope != command.scope:
            continue
        shared = set(other.keys) & set(command.keys)
        if shared:
            return f"{shared.pop()} is the key of {other.id} already"
    return ""


def textual_keymap(commands: Sequence[Command]) -> dict[str, str]:
    """The changed keys, as `App.set_keymap` takes them: binding id → keys.

    Each key that a command was declared with is a binding of its own (see `widgets.bindings`).
    """
    keymap: dict[str, str] = {}
    for before, after in zip(COMMANDS, commands, strict=True):
        if before.keys == after.keys:
            continue
        count = max(1, len(before.keys))
        for at in range(count):
            identity = f"{before.scope}.{before.id}" + (f".{at + 1}" if at else "")
            last = len(after.keys) if at == count - 1 else at + 1
            keymap[identity] = ",".join(after.keys[at:last]) or f"{NO_KEY}{identity}"
    return keymap
