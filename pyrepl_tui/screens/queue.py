"""What waits for its turn in a session: looked at, put into another order, taken out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from pyrepl_tui.widgets.bindings import bindings_for, spoken
from pyrepl_tui.widgets.history_list import first_line

from .dialogs import FRAME, LIST

KEYS = (
    "{key:queue.move(-1)} {key:queue.move(1)} move · {key:queue.cancel} cancel · "
    "{key:queue.cancel_all} cancel all · {key:queue.edit} edit · {key:queue.toggle_stop} on error "
    "· {key:queue.close} close"
)


@dataclass(frozen=True)
class QueueChoice:
    """What was decided besides the order, which changes at once."""

    stops_on_error: bool
    edited: str | None = None
    """Code taken out to be edited; None: none."""


class QueueScreen(ModalScreen[QueueChoice]):
    """Works on the session's own list: what began meanwhile is no longer there."""

    DEFAULT_CSS = FRAME.format(name="QueueScreen", width="92", more=LIST)
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("queue")

    def __init__(self, name: str, queue: list[str], stops_on_error: bool) -> None:
        super().__init__()
        self._name = name
        self._queue = queue
        self._shown: list[str] = []
        self._stops = stops_on_error

    def compose(self) -> ComposeResult:
        """Title, what becomes of them on an error, the list, keys."""
        with Vertical(id="frame"):
            yield Static(f"Queue of {self._name}", id="title", markup=False)
            yield Static("", id="body", markup=False)
            yield OptionList()
            yield Static(spoken(self, KEYS), id="hint", markup=False)

    def on_mount(self) -> None:
        """Follow the queue, which grows shorter while it is looked at."""
        self._show(0)
        self.set_interval(0.2, self._follow)

    def _follow(self) -> None:
        if self._shown != self._queue:
            self._show(self._at or 0)

    @property
    def _at(self) -> int | None:
        return self.query_one(OptionList).highlighted if self._shown else None

    def _show(self, at: int) -> None:
        self._shown = list(self._queue)
        listed = self.query_one(OptionList)
        listed.clear_options()
        for number, code in enumerate(self._shown, 1):
            first, more = first_line(code)
            listed.add_option(Option(Text.assemble((f"{number:3} ", "bold"), first, " …" * more)))
        if self._shown:
            listed.highlighted = max(0, min(at, len(self._shown) - 1))
        fate = "A run that fails cancels the rest." if self._stops else "Errors stop nothing."
        state = "" if self._shown else "Nothing waits. Code entered while code runs comes here. "
        self.query_one("#body", Static).update(state + fate)

    def action_move(self, step: int) -> None:
        """Change the order."""
        self._follow()
        at = self._at
        if at is not None and 0 <= at + step < len(self._queue):
            self._queue.insert(at + step, self._queue.pop(at))
            self._show(at + step)

    def action_cancel(self) -> None:
        """Take the highlighted code out."""
        self._take()

    def _take(self) -> str | None:
        at, shown = self._at, self._shown
        if at is None or shown != self._queue:
            self._follow()
            return None
        code = self._queue.pop(at)
        self._show(at)
        return code

    def action_cancel_all(self) -> None:
        """Take all of it out."""
        self._queue.clear()
        self._show(0)

    def action_edit(self) -> None:
        """Take the highlighted code out and into the editor."""
        code = self._take()
        if code is not None:
            self.dismiss(QueueChoice(self._stops, code))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter, or a click."""
        event.stop()
        self.action_edit()

    def action_toggle_stop(self) -> None:
        """Whether an error cancels the rest."""
        self._stops = not self._stops
        self._show(self._at or 0)

    def action_close(self) -> None:
        """Leave it as it is now."""
        self.dismiss(QueueChoice(self._stops))
