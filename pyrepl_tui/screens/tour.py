"""What there is, on one screen: shown at the very first start, and on demand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.css.scalar import ScalarOffset
from textual.message import Message
from textual.widgets import Static

from pyrepl_tui.commands import Command, key_label

EXAMPLE = (
    "import statistics\nreadings = [21.5, 19.0, 23.25, 20.75]",
    "statistics.mean(readings)",
    "readings.clear()  # {undo} takes this back",
)
"""Runs that leave something to look at, and to undo."""

WIDTH = 92
"""Columns, where there are so many."""
FRAME_HEIGHT = 8
"""Rows of frame, title, hint and the blank ones between."""

STOPS = (
    ("new_session", "A tab", "is a Python session; it outlives the window."),
    ("submit_or_newline", "Run", "what stands in the editor. {interrupt} stops it."),
    ("undo_run", "Undo", "the last run, whatever it changed, exactly."),
    ("show_timeline", "Timeline", "of all states: go back, or branch into a tab."),
    ("toggle_variables", "Variables", "of your code; there, Enter opens a value."),
    ("compare", "Compare", "two sessions, or now with any state before."),
    ("command_palette", "Commands", "by a few letters. {help} lists all keys."),
)
"""A command, what it is called here, and how the sentence goes on."""


class Tour(Vertical):
    """Lies over the workspace, which goes on taking keys."""

    DEFAULT_CSS = """
    Tour {
        layer: tour; width: 92; max-width: 92%; height: auto; max-height: 90%;
        background: $panel; padding: 1 2; border: round $border;
        & #tour-title { text-style: bold; height: auto; }
        & #tour-stops { height: auto; max-height: 100%; margin: 1 0; background: $panel;
            scrollbar-size-vertical: 1; scrollbar-background: $panel; }
        & #tour-content { height: auto; width: 1fr; }
        & #tour-hint { color: $muted; height: auto; }
    }
    """

    @dataclass
    class Clicked(Message):
        """Enough has been seen."""

    def __init__(self, commands: Iterable[Command]) -> None:
        super().__init__(id="tour")
        self._keys = first_keys(commands)

    def compose(self) -> ComposeResult:
        """Title, a row for each thing, the ways on."""
        yield Static("Welcome to pyrepl-tui", id="tour-title", markup=False)
        with VerticalScroll(id="tour-stops", can_focus=False):
            accent = self.app.theme_variables.get("accent")
            yield Static(stops(self._keys, accent), id="tour-content", markup=False)
        hint = f"{self._keys['submit']} runs an example to try it on · any other key starts"
        yield Static(hint, id="tour-hint", markup=False)

    def on_mount(self) -> None:
        """Stay in the middle of the screen, whatever becomes of its size."""
        self.screen.screen_layout_refresh_signal.subscribe(self, lambda _: self._centre())
        room = self.screen.size
        self._place(min(WIDTH, room.width * 92 // 100), len(STOPS) + FRAME_HEIGHT)

    def _centre(self) -> None:
        self._place(self.outer_size.width, self.outer_size.height)

    def _place(self, width: int, height: int) -> None:
        room = self.screen.size
        at = ((room.width - width) // 2, (room.height - height) // 2)
        if self.styles.offset != ScalarOffset.from_offset(at):
            self.styles.offset = at

    def is_asked_for_example(self, key: str) -> bool:
        """Whether a key is the one that runs the example."""
        return key_label(key) == self._keys["submit"]

    def on_click(self) -> None:
        """A click is as good as a key."""
        self.post_message(self.Clicked())


def first_keys(commands: Iterable[Command]) -> dict[str, str]:
    """The key to show for each command that has one, by the command's id."""
    keys: dict[str, str] = {}
    for command in commands:
        if command.keys and command.scope in ("app", "editor"):
            keys.setdefault(command.id, key_label(command.keys[0]))
    keys.setdefault("submit", "F5")
    return keys


def stops(keys: dict[str, str], accent: str | None) -> Table:
    """The tour as a table that wraps to the screen's width."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, expand=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    palette = keys.get("command_palette", "the palette")
    for name, title, text in STOPS:
        said = text.format(interrupt=keys.get("interrupt", palette), help=keys.get("help", palette))
        table.add_row(
            Text(keys.get(name, palette), Style(color=accent, bold=True)),
            Text(title, Style(bold=True)),
            said,
        )
    return table
