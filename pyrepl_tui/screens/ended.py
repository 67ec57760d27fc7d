"""Sessions of this folder that ended unasked: reopened one by one or all, or given up."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from pyrepl_tui.remembrance import RememberedTab, archives_of
from pyrepl_tui.widgets.bindings import bindings_for, spoken
from pyrepl_tui.widgets.history_list import first_line

from .dialogs import FRAME, LIST

Tabs = tuple[RememberedTab, ...]

TITLE = "Sessions that ended unasked"
BODY = "Each comes back as it was last kept on the disk, with its output and draft."
KEYS = (
    "{key:ended.reopen} reopen · {key:ended.reopen_all} reopen all · "
    "{key:ended.forget} forget, the disk keeps it · {key:ended.close_ended} later"
)


class EndedScreen(ModalScreen["tuple[Tabs, Tabs]"]):
    """Returns the tabs that are still offered, and those to reopen now."""

    DEFAULT_CSS = FRAME.format(name="EndedScreen", width="92", more=LIST)
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("ended")

    def __init__(self, tabs: Sequence[RememberedTab]) -> None:
        super().__init__()
        self._tabs = tuple(tabs)

    def compose(self) -> ComposeResult:
        """Title, what reopening does, the tabs, keys."""
        with Vertical(id="frame"):
            yield Static(TITLE, id="title", markup=False)
            yield Static(BODY, id="body", markup=False)
            yield OptionList()
            yield Static(spoken(self, KEYS), id="hint", markup=False)

    def on_mount(self) -> None:
        """The first one is the one Enter reopens."""
        self._show(0)

    def _show(self, at: int) -> None:
        listed = self.query_one(OptionList)
        listed.clear_options()
        listed.add_options(Option(tab_text(tab)) for tab in self._tabs)
        listed.highlighted = min(at, len(self._tabs) - 1) if self._tabs else None

    @property
    def _at(self) -> int | None:
        return self.query_one(OptionList).highlighted

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter, or a click."""
        event.stop()
        self.action_reopen()

    def action_reopen(self) -> None:
        """Reopen the highlighted one."""
        at = self._at
        if at is not None:
            self.dismiss((self._tabs, (self._tabs[at],)))

    def action_reopen_all(self) -> None:
        """Reopen all."""
        self.dismiss((self._tabs, self._tabs))

    def action_forget(self) -> None:
        """Offer the highlighted one no longer."""
        at = self._at
        if at is None:
            return
        self._tabs = (*self._tabs[:at], *self._tabs[at + 1 :])
        if self._tabs:
            self._show(at)
        else:
            self.dismiss(((), ()))

    def action_close_ended(self) -> None:
        """Leave those that are left for later."""
        self.dismiss((self._tabs, ()))


def tab_text(tab: RememberedTab) -> Text:
    """A tab in a line: name, what is on the disk and since when, and its draft."""
    times = []
    for path in archives_of(tab.session):
        try:
            times.append(path.stat().st_mtime)
        except OSError:  # given up meanwhile
            continue
    text = Text.assemble((f"{tab.name}  ", "bold"))
    if times:
        many = "state" if len(times) == 1 else "states"
        last = time.strftime("%d %b %H:%M", time.localtime(max(times)))
        text.append(f"{len(times)} {many} on the disk, last of {last}", "dim")
    if tab.draft.strip():
        text.append(f"  draft: {first_line(tab.draft)[0]}", "dim")
    return text
