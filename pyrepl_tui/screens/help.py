"""The help screen, written from the command declarations."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from pyrepl_tui.commands import COMMANDS, Command, groups, keys_label, with_keys
from pyrepl_worker.protocol.cell_syntax import ESCAPES, MAGICS

from .dialogs import TextScreen


def help_table(commands: Sequence[Command] = COMMANDS) -> Table:
    """All commands under their headings, as a table that wraps to the screen's width."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, expand=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for at, (name, members) in enumerate(groups(commands)):
        if at:
            table.add_row()
        table.add_row(Text(name, "bold"))
        for command in members:
            keys = keys_label(command) or "palette"
            said = with_keys(command.help, commands)
            table.add_row(Text(keys, "bold"), command.title, Text(said, "dim"))
    table.add_row()
    table.add_row(Text("In cells", "bold"))
    for usage, text in (*MAGICS.values(), *ESCAPES):
        name, _, rest = usage.partition(" ") if usage[0] == "%" else (usage, "", "")
        table.add_row(Text(name, "bold"), rest, Text(text, "dim"))
    return table


class HelpScreen(TextScreen):
    """Keys and commands."""

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__("Keys and commands", help_table(commands))
