"""Search of all code that was ever run: a field, a list, the whole of what is chosen beside it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from pyrepl_tui.engine.history import History
from pyrepl_tui.rendering.source_text import source_text
from pyrepl_tui.widgets.bindings import bindings_for, spoken
from pyrepl_tui.widgets.history_list import HistoryList

from .dialogs import FRAME

FOUND = 200
"""Most entries listed."""
PREVIEW = 20_000
"""Characters of an entry that are shown."""
HINT = (
    "{key:history.take(False)} insert · {key:history.take(True)} run · {key:history.mark} mark "
    "several · {key:history.toggle_scope} SCOPE · {key:history.forget} forget · "
    "{key:history.close_history} close"
)


@dataclass(frozen=True)
class HistoryChoice:
    """What was chosen."""

    codes: tuple[str, ...]
    """Oldest first."""
    runs: bool
    """Whether they are to run at once; else they go into the editor."""


class SearchField(Input):
    """A field whose arrow keys belong to the list below."""

    DEFAULT_CSS = """
    SearchField { border: none; height: 1; padding: 0 1; background: $surface;
        &:focus { border: none; } }
    """


EMPTY = "Nothing has been run yet.\n\nWhat you run, in any session, is found here."


class HistoryScreen(ModalScreen["HistoryChoice | None"]):
    """Returns what was chosen, None if nothing was."""

    DEFAULT_CSS = FRAME.format(
        name="HistoryScreen",
        width="150",
        more="""& > #frame { height: 90%; max-width: 96%; }
        & #title { margin-bottom: 1; }
        & #found { height: 1fr; margin-top: 1; }
        & HistoryList { width: 1fr; height: 1fr; }
        & #preview { width: 1fr; height: 1fr; padding: 0 1; background: $surface;
            scrollbar-size-vertical: 1; }
        & #code { width: auto; height: auto; }
        &.-narrow #found { layout: vertical; }
        &.-narrow #preview { width: 100%; height: 45%; margin-top: 1; }
        &.-narrow > #frame { padding: 0 1; height: 96%; }
        &.-low #preview { display: none; }
        &.-low #title, &.-low #found { margin: 0; }""",
    )
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012  # as Textual declares it
        (0, "-narrow"),
        (110, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012  # as Textual declares it
        (0, "-low"),
        (20, "-high"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("history", priority=True)

    def __init__(self, history: History, folder: str, query: str = "") -> None:
        super().__init__()
        self._history = history
        self._folder = folder
        self._here = False
        self._first = query
        self._wanted: str | None = None
        self._searching = False

    def compose(self) -> ComposeResult:
        """The field, the list with what is chosen beside or below it, keys."""
        with Vertical(id="frame"):
            yield Static("", id="title", markup=False)
            yield SearchField(self._first, placeholder="Words or letters of it", id="query")
            with Horizontal(id="found"):
                yield HistoryList(id="entries")
                with VerticalScroll(id="preview", can_focus=False):
                    yield Static("", id="code", markup=False)
            yield Static("", id="hint", markup=False)

    def on_mount(self) -> None:
        """Begin with the newest."""
        self.query_one("#query").focus()
        self._search(self._first)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Each key searches."""
        event.stop()
        self._search(event.value)

    def _search(self, query: str) -> None:
        scope = "all folders" if self._here else "this folder"
        where = self._folder if self._here else "all folders"
        self.query_one("#title", Static).update(f"History of {where}")
        self.query_one("#hint", Static).update(spoken(self, HINT.replace("SCOPE", scope)))
        self._wanted = query
        if not self._searching:
            self._searching = True
            self.run_worker(self._answer(), group="search")

    async def _answer(self) -> None:
        """Search for what was typed last; what was typed before is of no interest any more."""
        try:
            while self._wanted is not None:
                query, self._wanted = self._wanted, None
                folder = self._folder if self._here else None
                found = await asyncio.to_thread(self._history.search, query, FOUND, folder)
                self.query_one(HistoryList).show(found, query)
        finally:
            self._searching = False

    def on_history_list_moved(self) -> None:
        """Show the whole of the highlighted entry."""
        entry = self.query_one(HistoryList).entry
        code = self.query_one("#code", Static)
        if entry is None:
            nothing = "Nothing was found." if self.query_one("#query", SearchField).value else EMPTY
            code.update(self._history.problem or nothing)
            return
        text = source_text(entry.code[:PREVIEW], self.app.theme_variables)
        if entry.runs > 1:
            text.append(f"\n\nrun {entry.runs} times", "dim")
        code.update(text)
        self.query_one("#preview", VerticalScroll).scroll_home(animate=False)

    def on_history_list_taken(self) -> None:
        """A double click."""
        self.action_take(False)

    # -- keys --------------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        """Highlight another entry."""
        self.query_one(HistoryList).move(step)

    def action_close_history(self) -> None:
        """Take nothing."""
        self.dismiss(None)

    def action_mark(self) -> None:
        """Mark the entry, to take several."""
        self.query_one(HistoryList).mark()

    def action_take(self, runs: bool) -> None:
        """Take what is marked, else what is highlighted."""
        chosen = self.query_one(HistoryList).chosen
        if chosen:
            self.dismiss(HistoryChoice(tuple(entry.code for entry in chosen), runs))

    def action_toggle_scope(self) -> None:
        """Search this project's folder alone, or all."""
        self._here = not self._here and bool(self._folder)
        self._search(self.query_one(SearchField).value)

    def action_forget(self) -> None:
        """Remove the highlighted entry for good."""
        entry = self.query_one(HistoryList).drop()
        if entry is not None:
            self._history.remove(entry)
