"""Textual key bindings made from the command declarations, and keys taken in the order typed."""

from __future__ import annotations

from collections.abc import Iterable

from textual import events
from textual.binding import Binding, BindingType
from textual.widget import Widget

from pyrepl_tui.commands import COMMANDS, NO_KEY, in_scope, with_keys


def bindings_for(scope: str, *, priority: bool = False) -> list[BindingType]:
    """Bindings for one pane (or ``app``); ids make them remappable.

    With several keys to one command each key after the first gets an id of its own.
    ``go_to_session`` is bound once per key, with the number as its argument.

    Args:
        scope: the pane.
        priority: whether they come before what the focused widget does with its keys.
    """
    bindings: list[BindingType] = []
    for command in in_scope(scope):
        nothing = f"{NO_KEY}{scope}.{command.id}"
        for at, key in enumerate(command.keys or (nothing,)):
            numbered = command.id == "go_to_session"
            action = f"go_to_session({at + 1})" if numbered else command.id
            identity = f"{scope}.{command.id}" + (f".{at + 1}" if at else "")
            bindings.append(
                Binding(key, action, command.title, show=False, priority=priority, id=identity)
            )
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
    found = [
        (binding, node)
        for node, bindings in widget.screen._modal_binding_chain
        for binding in bindings.key_to_bindings.get(event.key, ())
    ]
    # a key of the user's choice means that command, whatever a widget has on it otherwise
    chosen = widget.app._keymap
    for binding, node in sorted(found, key=lambda each: each[0].id not in chosen):
        if await widget.app.run_action(binding.action, node):
            event.stop()
            event.prevent_default()
            return True
    return False


def spoken(widget: Widget, text: str) -> str:
    """A text with the keys it names, as the user has set them."""
    return with_keys(text, getattr(widget.app, "commands", COMMANDS))


def bound_to(widget: Widget, key: str) -> list[Binding]:
    """What a key does in a widget that has the focus, with the user's choice of keys."""
    for node, bindings in widget.screen._modal_binding_chain:
        if node is widget:
            return bindings.key_to_bindings.get(key, [])
    return []
