"""The key bar at the foot: what can be pressed now; its entries can be clicked."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment

from pyrepl_tui.commands import COMMANDS, Command, in_scope, key_label

from .line import LineWidget

LAST = ("command_palette", "help", "quit")
"""Commands at the bar's end: they go last where it is narrow."""


class KeyBar(LineWidget):
    """Keys of the focused pane first, then those that work everywhere."""

    DEFAULT_CSS = """
    KeyBar { height: 1; background: $background; color: $muted; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._scope = "editor"
        self.commands = COMMANDS
        """All commands, with the keys of the user's choice."""

    def show(self, scope: str) -> None:
        """Show the keys of another pane."""
        if scope != self._scope:
            self._scope = scope
            self.refresh()

    def entries(self, width: int) -> list[Command]:
        """The commands that fit, in their order; the way to all others stays longest."""
        own = [command for command in in_scope(self._scope, self.commands) if _in_bar(command)]
        everywhere = [command for command in in_scope("app", self.commands) if _in_bar(command)]
        if self._scope == "input":
            everywhere = [command for command in everywhere if command.id != "interrupt"]
        last = [command for command in everywhere if command.id in LAST]
        shown = [command for command in own + everywhere if command not in last]
        while sum(map(_width, shown + last)) > width + 2 and len(shown + last) > 1:
            (shown or last).pop(-1 if shown else 0)
        return shown + last

    def segments(self, width: int) -> list[Segment]:
        """``Key label`` pairs."""
        out: list[Segment] = []
        for command in self.entries(width):
            action = command.id if command.scope == "app" else f"focused.{command.id}"
            meta: dict[str, object] = {"@click": f"app.from_bar('{action}')"}
            out.append(
                Segment(key_label(command.keys[0]), self.shade("accent", bold=True, meta=meta))
            )
            out.append(Segment(f" {command.footer}", self.shade("muted", meta=meta)))
            out.append(Segment("  ", self.rich_style))
        return out


def _width(command: Command) -> int:
    return cell_len(key_label(command.keys[0])) + cell_len(command.footer) + 3


def _in_bar(command: Command) -> bool:
    return bool(command.footer and command.keys)
