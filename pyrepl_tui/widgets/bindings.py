"""Textual key bindings made from the command declarations, and keys taken in the order typed."""

from __future__ import annotations

from collections.abc import Iterable

from textual import events
from textual.binding import Binding, BindingType
from textual.widget import Widget

from pyrepl_tui.commands import COMMANDS, in_scope


def bindings_for(scope: str) -> list[BindingType]:
    """Bindings for one pane (or ``app``); ids make them remappable.

    With several keys to one command each key after the first gets an id of its own.
    ``go_to_session`` is bound once per key, with the number as its argument.
    """
    bindings: list[BindingType] = []
    for command in in_scope(scope):
        for at, key in enumerate(command.keys):
            numbered = command.id == "go_to_session"
            action = f"go_to_session({at + 1})" if numbered else command.id
            identity = f"{scope}.{command.id}" + (f".{at + 1}" if at else "")
            bindings.append(Binding(key, action, command.title, show=False, id=identity))
    return bindings


def text_bindings(scope: str, inherited: Iterable[BindingType]) -> list[BindingType]:
    """Bindings for a pane that takes text: ours, and what Textual's widget has on other keys.

    Ctrl+C stays the widget's own "copy", which knows whether something is selected.
    """
    taken = {key for c in COMMANDS if c.scope in (scope, "app") for key in c.keys}
    if scope == "editor":
        taken.discard("ctrl+c")
    kept = [each for each in Binding.make_bindings(inherited) if each.key not in taken]
    return [*kept, *bindings_for(scope)]


async def act_on(widget: Widget, event: events.Key) -> bool:
    """Carry out what a key is bound to in a text widget or further up; False if it is not bound.

    Textual lets a bound key travel up to the app while the keys after it already reach the widget:
    typed fast, ``1+1 Enter 2`` would become ``1+12``. Called first, this keeps the order.
    """
    if event.is_printable:
        return False
    for node in widget.ancestors_with_self:
        for binding in node._bindings.key_to_bindings.get(event.key, ()):
            if await widget.app.run_action(binding.action, node):
                event.stop()
                event.prevent_default()
                return True
    return False
