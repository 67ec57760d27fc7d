"""Textual key bindings made from the command declarations."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from pyrepl_tui.commands import in_scope


def bindings_for(scope: str, *, priority: bool = False) -> list[BindingType]:
    """Bindings for one pane (or ``app``); ids make them remappable.

    With several keys to one command each key after the first gets an id of its own.
    ``go_to_session`` is bound once per key, with the number as its argument.
    """
    bindings: list[BindingType] = []
    for command in in_scope(scope):
        for at, key in enumerate(command.keys):
            numbered = command.id == "go_to_session"
            action = f"go_to_session({at + 1})" if numbered else command.id
            bindings.append(
                Binding(
                    key,
                    action,
                    command.title,
                    show=False,
                    id=f"{scope}.{command.id}" + (f".{at + 1}" if at else ""),
                    priority=priority and command.id != "interrupt",
                )
            )
    return bindings
