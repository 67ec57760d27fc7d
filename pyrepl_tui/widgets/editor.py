"""The code editor of a session: runs code, recalls earlier code, offers completions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar

from textual import events
from textual.actions import SkipAction
from textual.binding import BindingType
from textual.document._history import EditHistory
from textual.message import Message
from textual.widgets import TextArea

from pyrepl_tui.models import Draft, History

from .bindings import act_on, text_bindings
from .code_text import is_complete
from .helped_editor import HelpedEditor


class Editor(HelpedEditor, inherit_bindings=False):
    """A `TextArea` that runs code: Enter knows when the code is complete."""

    BINDINGS: ClassVar[list[BindingType]] = text_bindings("editor", TextArea.BINDINGS)

    @dataclass
    class Submitted(Message):
        """Code to run."""

        code: str
        tab: int | None
        """Key of the tab it was typed in; None: there was none yet."""

    @dataclass
    class Refused(Message):
        """There is nobody to run the code; it stays in the editor."""

    @dataclass
    class InterruptRequested(Message):
        """Ctrl+C with nothing selected."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._past = History()
        self._tab: int | None = None
        self.accepting: Callable[[], bool] = lambda: True
        """False while there is nobody to run code: Enter then leaves it where it is."""
        self.typed_at = 0.0
        """When the last key was pressed here, by the monotonic clock; 0: never."""

    # -- drafts ------------------------------------------------------------------------------

    def take_draft(self) -> Draft:
        """What is in the editor now, with its undo stack."""
        return Draft(self.text, self.selection, self.history)

    def show(self, draft: Draft, past: History, tab: int) -> None:
        """Show the draft of the tab with that key; up and down walk through `past`."""
        self._past, self._tab = past, tab
        self.history = EditHistory(200, 2.0, 100)
        self._put(draft.text)
        if draft.selection is not None:
            self.selection = draft.selection
        else:
            self.move_cursor(self.document.end)
        if draft.undo is not None:
            self.history = draft.undo

    # -- keys --------------------------------------------------------------------------------

    async def _on_key(self, event: events.Key) -> None:
        """Act on bound keys; `TextArea` would take Enter, Tab and Escape for text."""
        self.typed_at = monotonic()
        if self._key_of_list(event):
            event.stop()
            event.prevent_default()
            return
        if await act_on(self, event) or event.key in ("enter", "tab", "escape"):
            event.prevent_default()
        elif event.is_printable and event.character:
            self._typed = True
            if self.is_given(event.character) or self.type_pair(event.character):
                event.stop()
                event.prevent_default()

    def action_submit_or_newline(self) -> None:
        """Run complete code from its last line, else break the line."""
        last_row = self.document.line_count - 1
        if self.cursor_location[0] < last_row:
            self.action_newline()
        elif self.is_blank:
            return
        elif self._is_done():
            self.action_submit()
        else:
            self.action_newline()

    def action_submit(self) -> None:
        """Run what is there."""
        if self._submit(self.text.rstrip()):
            self.history = EditHistory(200, 2.0, 100)
            self._put("")

    def _submit(self, code: str) -> bool:
        """Have code run; False if there is none, or it cannot run now."""
        if not code.strip():
            return False
        if not self.accepting():
            self.post_message(self.Refused())
            return False
        self._past.add(code)
        self.post_message(self.Submitted(code, self._tab))
        return True

    def _is_done(self) -> bool:
        """Whether Enter at the cursor runs the code: brackets just opened want a line first."""
        row, column = self.cursor_location
        line = self.document[row]
        opened = line[:column].rstrip()[-1:] in tuple("([{") and line[column:].strip(" ") != ""
        return not opened and is_complete(self.text)

    def action_run_selection(self) -> None:
        """Run what is selected, or the line at the cursor, and keep it."""
        first, _ = self._selected_rows()
        if self.selection.is_empty:
            code = self.document[first]
        else:
            start, end = sorted((self.selection.start, self.selection.end))
            code = " " * start[1] * (not self.document[first][: start[1]].strip())
            code += self.document.get_text_range(start, end)
        self._submit(_dedented(code))

    def action_copy(self) -> None:
        """Copy the selection; with nothing selected Ctrl+C interrupts the running code."""
        try:
            super().action_copy()
        except SkipAction:
            if self.screen.get_selected_text():
                raise
            self.post_message(self.InterruptRequested())

    # -- history -----------------------------------------------------------------------------

    def action_history_or_up(self) -> None:
        """Earlier code from the first line, else the line above."""
        if self.cursor_location[0] > 0:
            self.action_cursor_up()
        else:
            self._recall(self._past.older(self.text), at_end=False)

    def action_history_or_down(self) -> None:
        """Later code from the last line, else the line below."""
        if self.cursor_location[0] < self.document.line_count - 1:
            self.action_cursor_down()
        else:
            self._recall(self._past.newer(self.text), at_end=True)

    def _recall(self, text: str | None, *, at_end: bool) -> None:
        """Show recalled code; the cursor waits at the edge, so the same key goes on."""
        if text is None:
            return
        self._put(text)
        if at_end:
            self.move_cursor(self.document.end)
        else:
            self.move_cursor((0, len(self.document[0])))

    def clear_for_recall(self) -> None:
        """Make room for recalled code that was found by what is in the editor."""
        self._put("")

    def insert_code(self, code: str) -> None:
        """Put code of the history in place of an empty editor's text, else at the cursor."""
        if self.is_blank:
            self._put(code)
            self.move_cursor(self.document.end)
        else:
            self.paste(code)
        self.focus()

    def put_code(self, code: str) -> None:
        """Replace all of the text in one step that can be undone; the cursor keeps its row."""
        if code != self.text:
            row, column = self.cursor_location
            self.replace(code, (0, 0), self.document.end)
            row = min(row, self.document.line_count - 1)
            self.move_cursor((row, min(column, len(self.document[row]))))


def _dedented(code: str) -> str:
    lines = code.split("\n")
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[margin:] for line in lines)
