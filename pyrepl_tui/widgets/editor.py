"""The code editor of a session: runs code, recalls earlier code, offers completions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar

from textual import events
from textual.actions import SkipAction
from textual.binding import BindingType
from textual.document._edit import Edit
from textual.document._history import EditHistory
from textual.message import Message
from textual.timer import Timer
from textual.widgets import TextArea
from textual.widgets.text_area import EditResult

from pyrepl_tui.engine.completions import Completion, Completions
from pyrepl_tui.models import Draft, History

from .bindings import act_on, text_bindings
from .code_area import HIGHLIGHT_LIMIT
from .code_editing import CodeEditing
from .code_text import fault_in, is_complete
from .completion_popup import CompletionPopup, Room

FAULT_SECONDS = 0.35
"""How long nobody types before the code is looked through for errors."""

_KEYS_OF_LIST = {"up": -1, "down": 1, "pageup": -10, "pagedown": 10}


class Editor(CodeEditing, inherit_bindings=False):
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

    @dataclass
    class HelpWanted(Message):
        """The cursor has moved: what could stand there, and in which call is it?"""

        code: str
        cursor: int
        lists: bool
        """Whether completions are wanted, and not only the call's signature."""
        asked: bool
        """Whether the user asked for completions with a key."""
        change: int
        """Number of the change of the text it belongs to."""

    @dataclass
    class FaultFound(Message):
        """What is wrong with the code; None: nothing is any more."""

        text: str | None

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._past = History()
        self._tab: int | None = None
        self._change = 0
        self._typed = False
        self._fault_timer: Timer | None = None
        self._changed_at = 0.0
        self._called = False
        """Whether the cursor was in a call when it was last looked at."""
        self.popup: CompletionPopup | None = None
        """Where completions are shown; None: nowhere."""
        self.accepting = True
        """False while there is nobody to run code: Enter then leaves it where it is."""

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

    def edit(self, edit: Edit) -> EditResult:
        """Perform an edit, and count it: an answer to an older question is of no use."""
        self._change += 1
        return super().edit(edit)

    def _put(self, text: str) -> None:
        self._change += 1
        if text == "" and self.document.text == "":
            return
        language = self._wanted_language if len(text) <= HIGHLIGHT_LIMIT else None
        if language != self.language:
            self.load_text("")
            self.language = language
        self.load_text(text)

    @property
    def is_blank(self) -> bool:
        """True if nothing but blanks is being typed."""
        return self.document.line_count < 50 and not self.text.strip()

    # -- keys --------------------------------------------------------------------------------

    async def _on_key(self, event: events.Key) -> None:
        """Act on bound keys; `TextArea` would take Enter, Tab and Escape for text."""
        if self._key_of_list(event):
            event.stop()
            event.prevent_default()
            return
        if await act_on(self, event) or event.key in ("enter", "tab", "escape"):
            event.prevent_default()
        elif event.is_printable and event.character:
            self._typed = True
            if self.type_pair(event.character):
                event.stop()
                event.prevent_default()

    def _key_of_list(self, event: events.Key) -> bool:
        """Keys that mean something else while completions are shown."""
        popup = self.popup
        if popup is None or not popup.is_open:
            return False
        if event.key == "escape":
            popup.close()
        elif event.key == "tab" or (event.key == "enter" and popup.entered):
            self.take(popup.item)
        elif event.key in _KEYS_OF_LIST and (popup.entered or event.key != "up"):
            popup.move(_KEYS_OF_LIST[event.key])
        else:
            return False
        return True

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
        code = self.text.rstrip()
        if not code.strip():
            return
        if not self.accepting:
            self.post_message(self.Refused())
            return
        self._past.add(code)
        self.history = EditHistory(200, 2.0, 100)
        self._put("")
        self.post_message(self.Submitted(code, self._tab))

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
        code = _dedented(code)
        if not code.strip():
            return
        if not self.accepting:
            self.post_message(self.Refused())
            return
        self._past.add(code)
        self.post_message(self.Submitted(code, self._tab))

    def action_indent(self) -> None:
        """Complete what was begun before the cursor; among blanks, or over lines, indent."""
        row, column = self.cursor_location
        before = self.document[row][:column]
        if self.selection.is_empty and re.search(r"[\w.\"'/]$", before):
            self.action_complete()
        else:
            self.indent()

    def action_copy(self) -> None:
        """Copy the selection; with nothing selected Ctrl+C interrupts the running code."""
        try:
            super().action_copy()
        except SkipAction:
            if self.screen.get_selected_text():
                raise
            self.post_message(self.InterruptRequested())

    # -- completion --------------------------------------------------------------------------

    def action_complete(self) -> None:
        """Show what could stand at the cursor."""
        self._want_help(lists=True, asked=True)

    def _want_help(self, *, lists: bool, asked: bool = False) -> None:
        if self.popup is None or self.document.line_count > HIGHLIGHT_LIMIT // 40:
            return
        code = self.text
        if len(code) <= HIGHLIGHT_LIMIT:
            cursor = self.cursor_index
            self.post_message(self.HelpWanted(code, cursor, lists, asked, self._change))

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Follow the text with completions, signatures and marks of errors."""
        typed, self._typed = self._typed, False
        listed = self.popup is not None and self.popup.is_open
        if typed or listed:
            self._want_help(lists=True)
        if self.fault is not None:
            self.fault = None
            self.post_message(self.FaultFound(None))
        self._changed_at = monotonic()
        if self._fault_timer is None:
            self._fault_timer = self.set_timer(FAULT_SECONDS, self._look_for_faults)

    def on_text_area_selection_changed(self, event: TextArea.SelectionChanged) -> None:
        """A cursor that leaves what was being completed closes the list."""
        popup = self.popup
        if popup is not None and popup.is_open and not self._change_pending(popup.found):
            popup.close()
        if self._called or "(" in self.document[self.cursor_location[0]]:
            self._want_help(lists=False)

    def _change_pending(self, found: Completions) -> bool:
        """Whether the cursor is still in the word that completions were listed for."""
        cursor = self.cursor_index
        word = self.text[found.start : cursor] if cursor >= found.start else "\n"
        return self.selection.is_empty and "\n" not in word and " " not in word.strip("\"' ")

    def in_call(self, called: bool) -> None:
        """Remember whether the cursor is in a call."""
        self._called = called

    def offer(self, found: Completions, wanted: HelpWanted) -> None:
        """Show completions, if the text is still as they were asked for."""
        popup = self.popup
        if popup is None or wanted.change != self._change or not self.has_focus:
            return
        query = found.query
        same = len(found.items) == 1 and found.items[0].label == query
        if not found.items or (same and not wanted.asked) or not _is_welcome(found, wanted):
            popup.close()
            return
        if wanted.asked and len(found.items) == 1:
            self._complete(found.items[0], found)
            return
        row, column = self.location_of(found.start)
        cursor = self.cursor_screen_offset
        x = cursor.x - (self.cursor_location[1] - column if row == self.cursor_location[0] else 0)
        width, height = self.app.size
        first = cursor.y <= self.region.y
        room = Room(x, cursor.y, width, height - 2, 1 if first else 0)
        popup.open(found, room, entered=wanted.asked)

    def take(self, item: Completion | None) -> None:
        """Put a listed completion into the text."""
        popup = self.popup
        if popup is None or item is None:
            return
        found = popup.found
        popup.close()
        self._complete(item, found)

    def _complete(self, item: Completion, found: Completions) -> None:
        cursor = self.cursor_index
        start = self.location_of(found.start)
        end = self.location_of(max(cursor, found.end))
        result = self._replace_via_keyboard(item.text, start, end)
        if result is not None:
            self.move_cursor(result.end_location)
        if item.kind == "folder":
            self._typed = True

    def on_blur(self) -> None:
        """Nothing is completed where nobody types."""
        if self.popup is not None:
            self.popup.close()

    def _look_for_faults(self) -> None:
        quiet = monotonic() - self._changed_at
        if quiet < FAULT_SECONDS - 0.02:  # typed meanwhile
            self._fault_timer = self.set_timer(FAULT_SECONDS - quiet, self._look_for_faults)
            return
        self._fault_timer = None
        fault = None if self.is_blank else fault_in(self.text)
        self.fault = fault
        self.post_message(self.FaultFound(None if fault is None else fault.text))

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


def _is_welcome(found: Completions, wanted: Editor.HelpWanted) -> bool:
    """Whether a list may come unasked: not for every blank, nor in every string."""
    if wanted.asked or found.query:
        return found.kind != "files" or wanted.asked or "/" in _line_before(wanted)
    before = _line_before(wanted)
    if found.kind == "keys":
        return before[-1:] in ("'", '"')
    if found.kind in ("modules", "members"):
        return True
    return before[-1:] in (".", "/") and found.kind in ("attributes", "files")


def _line_before(wanted: Editor.HelpWanted) -> str:
    return wanted.code[: wanted.cursor].rpartition("\n")[2]
