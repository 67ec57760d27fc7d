"""Keys named in texts: as the user has set them, not as they were declared."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .command import Command, key_label

_PLACE = re.compile(r"\{key:([\w.()-]+)\}")


def with_keys(text: str, commands: Iterable[Command]) -> str:
    """A text in which ``{key:undo_run}`` became the first key of that command.

    A command without a key is named as the palette has it.
    """
    if "{key:" not in text:
        return text
    named: dict[str, str] = {}
    for command in commands:
        if command.scope == "app" or command.id not in named:
            title = f"'{command.title}' in the palette"
            named[command.id] = key_label(command.keys[0]) if command.keys else title
        if command.keys:
            named[f"{command.scope}.{command.id}"] = key_label(command.keys[0])
    return _PLACE.sub(lambda found: named[found[1]], text)
