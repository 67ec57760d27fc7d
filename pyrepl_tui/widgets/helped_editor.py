"""The part of the editor that helps while code is typed: completions, signatures, errors."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from time import monotonic

from textual import events
from textual.document._document import Location
from textual.document._edit import Edit
from textual.message import Message
from textual.widgets import TextArea
from textual.widgets.text_area import EditResult

from pyrepl_tui.engine.completions import Completion, Completions

from .code_area import HIGHLIGHT_LIMIT
from .code_editing import CodeEditing
from .code_text import fault_in
from .completion_popup import CompletionPopup, Room
from .once import once

FAULT_SECONDS = 0.35
"""How long nobody types before the code is looked through for errors."""

_KEYS_OF_LIST = {"up": -1, "down": 1, "pageup": -10, "pagedown": 10}


class HelpedEditor(CodeEditing, inherit_bindings=False):
    """A code editor that asks what could stand at the cursor, and shows what it is told."""

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
        self._change = 0
        self._typed = False
        self._given: Location | None = None
        """Behind a keyword that was completed with its ``=``."""
        self._fault_timer: asyncio.TimerHandle | None = None
        self._changed_at = 0.0
        self._called = False
        """Whether the cursor was in a call when it was last looked at."""
        self.popup: CompletionPopup | None = None
        """Where completions are shown; None: nowhere."""

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

    def action_indent(self) -> None:
        """Complete what was begun before the cursor; among blanks, or over lines, indent."""
        row, column = self.cursor_location
        before = self.document[row][:column]
        if self.selection.is_empty and re.search(r"[\w.\"'/]$", before):
            self.action_complete()
        else:
            self.indent()

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
            self._fault_timer = once(self, FAULT_SECONDS, self._look_for_faults)

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
        self._given = self.cursor_location if item.text.endswith("=") else None

    def is_given(self, character: str) -> bool:
        """Whether a typed ``=`` is the one that the completion just before has put there."""
        given, self._given = self._given, None
        return character == "=" and given == self.cursor_location

    def on_blur(self) -> None:
        """Nothing is completed where nobody types."""
        if self.popup is not None:
            self.popup.close()

    def _look_for_faults(self) -> None:
        quiet = monotonic() - self._changed_at
        if quiet < FAULT_SECONDS - 0.02:  # typed meanwhile
            self._fault_timer = once(self, FAULT_SECONDS - quiet, self._look_for_faults)
            return
        self._fault_timer = None
        fault = None if self.is_blank else fault_in(self.text)
        self.fault = fault
        self.post_message(self.FaultFound(None if fault is None else fault.text))


def _is_welcome(found: Completions, wanted: HelpedEditor.HelpWanted) -> bool:
    """Whether a list may come unasked: not for every blank, nor in every string."""
    if wanted.asked or found.query:
        return found.kind != "files" or wanted.asked or "/" in _line_before(wanted)
    before = _line_before(wanted)
    if found.kind == "keys":
        return before[-1:] in ("'", '"')
    if found.kind in ("modules", "members"):
        return True
    return before[-1:] in (".", "/") and found.kind in ("attributes", "files")


def _line_before(wanted: HelpedEditor.HelpWanted) -> str:
    return wanted.code[: wanted.cursor].rpartition("\n")[2]
