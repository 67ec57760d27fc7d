"""The code editor of a session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual import events
from textual._text_area_theme import TextAreaTheme
from textual.actions import SkipAction
from textual.binding import BindingType
from textual.document._edit import Edit
from textual.document._history import EditHistory
from textual.geometry import Size
from textual.message import Message
from textual.widgets import TextArea
from textual.widgets.text_area import EditResult, Selection

from pyrepl_tui.models import Draft, History

from .bindings import act_on, text_bindings
from .code_text import clean_paste, is_complete, next_indent

HIGHLIGHT_LIMIT = 200_000
"""Characters above which code is shown plain: parsing it at each key would be felt."""

FEW_LINES = 5_000
"""Lines below which a text shown plain is measured again after each edit."""

_SYNTAX = {
    "code-keyword": (
        *("keyword", "keyword.function", "keyword.operator", "keyword.return"),
        *("include", "repeat", "conditional", "exception"),
    ),
    "code-string": ("string", "string.escape"),
    "code-number": ("number", "float"),
    "code-comment": ("comment",),
    "code-function": ("function", "function.call", "function.builtin", "method", "method.call"),
    "code-type": ("type.class", "type.builtin", "type.definition", "attribute"),
    "code-constant": ("boolean", "constant.builtin"),
}
"""Theme variable → names of tree-sitter captures drawn in it."""


class Editor(TextArea, inherit_bindings=False):
    """A `TextArea` that runs code: Enter knows when the code is complete."""

    DEFAULT_CSS = """
    Editor {
        border: none; padding: 0; background: $surface; color: $foreground;
        height: auto; min-height: 1; scrollbar-size-vertical: 1; scrollbar-size-horizontal: 1;
        &:focus { border: none; }
        & .text-area--cursor-line { background: transparent; }
        & .text-area--gutter, & .text-area--cursor-gutter {
            background: transparent; color: $faint; text-style: none;
        }
        & .text-area--cursor { background: $input-cursor-background; color: $surface; }
        & .text-area--placeholder { color: $faint; }
    }
    """

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
        self._rows_highlighted = (0, 0)
        self._wanted_language: str | None = None
        self._past = History()
        self._tab: int | None = None
        self.accepting = True
        """False while there is nobody to run code: Enter then leaves it where it is."""
        super().__init__(
            soft_wrap=False,
            tab_behavior="indent",
            highlight_cursor_line=False,
            max_checkpoints=200,
            id=id,
            placeholder="Python code",
        )
        self.cursor_blink = False

    # -- look --------------------------------------------------------------------------------

    def enable_highlighting(self) -> None:
        """Load the Python grammar (loading it costs start-up time) and colour the code."""
        self._wanted_language = "python"
        self._use_language_for(len(self.text))

    def on_mount(self) -> None:
        """Colours follow the app's theme."""
        self.watch(self.app, "theme", self._adopt_theme)

    def _adopt_theme(self) -> None:
        variables = self.app.current_theme.variables
        styles = {
            capture: Style(color=variables[name])
            for name, captures in _SYNTAX.items()
            if name in variables
            for capture in captures
        }
        self.register_theme(TextAreaTheme(name="app", syntax_styles=styles))
        self.theme = "app"

    def _use_language_for(self, length: int) -> None:
        language = self._wanted_language if length <= HIGHLIGHT_LIMIT else None
        if language != self.language:
            selection, undo = self.selection, self.history
            self.language = language
            self.selection, self.history = selection, undo

    def _build_highlight_map(self) -> None:
        """Colour only rows near the visible ones; Textual does the whole document at each key."""
        self._line_cache.clear()
        highlights = self._highlights
        highlights.clear()
        query = self._highlight_query
        if query is None:
            return
        first = max(0, int(self.scroll_y) - 20)
        end = first + max(self.size.height, 24) + 40
        self._rows_highlighted = (first, end)
        captures = self.document.query_syntax_tree(query, (first, 0), (end, 0))
        for name, nodes in captures.items():
            for node in nodes:
                (row, column), (last, last_column) = node.start_point, node.end_point
                if row == last:
                    highlights[row].append((column, last_column, name))
                    continue
                highlights[row].append((column, None, name))
                for between in range(max(row + 1, first), min(last, end)):
                    highlights[between].append((0, None, name))
                highlights[last].append((0, last_column, name))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Colour the rows that come into view."""
        super().watch_scroll_y(old_value, new_value)
        first, end = self._rows_highlighted
        if not (first <= new_value and new_value + self.size.height <= end):
            self._build_highlight_map()

    def _refresh_size(self) -> None:
        super()._refresh_size()
        self.show_line_numbers = self.document.line_count > 1

    def edit(self, edit: Edit) -> EditResult:
        """Perform an edit; a very long text is shown without colours."""
        if self.language is not None and len(edit.text) > HIGHLIGHT_LIMIT:
            self._use_language_for(len(edit.text))
        result = super().edit(edit)
        if self.language != self._wanted_language and self.document.line_count < FEW_LINES:
            self._use_language_for(len(self.text))
        return result

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

    def _put(self, text: str) -> None:
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
        if await act_on(self, event) or event.key in ("enter", "tab", "escape"):
            event.prevent_default()

    async def _on_paste(self, event: events.Paste) -> None:
        """Insert pasted text in one edit, whatever it contains: nothing runs."""
        event.prevent_default()
        event.stop()
        self.paste(event.text)

    def paste(self, text: str) -> None:
        """Put text in place of the selection."""
        result = self._replace_via_keyboard(clean_paste(text), *self.selection)
        if result is not None:
            self.move_cursor(result.end_location)
        self.focus()

    def action_submit_or_newline(self) -> None:
        """Run complete code from its last line, else break the line."""
        last_row = self.document.line_count - 1
        if self.cursor_location[0] < last_row:
            self.action_newline()
        elif self.is_blank:
            return
        elif is_complete(self.text):
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

    def action_newline(self) -> None:
        """Break the line and indent the new one."""
        row, column = self.cursor_location
        indent = next_indent(self.document[row][:column], self.indent_width)
        self._replace_via_keyboard("\n" + indent, *self.selection)

    def action_delete_left(self) -> None:
        """Backspace; among the blanks a line begins with it takes a whole step of indentation."""
        row, column = self.cursor_location
        before = self.document[row][:column]
        if self.selection.is_empty and len(before) > 1 and not before.strip(" "):
            start = (column - 1) // self.indent_width * self.indent_width
            self._delete_via_keyboard((row, start), (row, column))
        else:
            super().action_delete_left()

    def action_indent(self) -> None:
        """Indent the line at the cursor, or all selected ones."""
        start, end = sorted((self.selection.start, self.selection.end))
        if start[0] == end[0]:
            blanks = " " * self._find_columns_to_next_tab_stop()
            self._replace_via_keyboard(blanks, *self.selection)
        else:
            self._shift_lines(start[0], end[0], lambda line: (" " * 4 + line) if line else line)

    def action_dedent(self) -> None:
        """Take one step of indentation away."""
        start, end = sorted((self.selection.start, self.selection.end))

        def dedented(line: str) -> str:
            blanks = len(line) - len(line.lstrip(" "))
            return line[min(4, blanks) :]

        self._shift_lines(start[0], end[0], dedented)

    def _shift_lines(self, first: int, last: int, change: Callable[[str], str]) -> None:
        old = [self.document[row] for row in range(first, last + 1)]
        new = [change(line) for line in old]
        if new == old:
            return
        (row, column), (end_row, end_column) = self.selection.start, self.selection.end
        self.replace("\n".join(new), (first, 0), (last, len(old[-1])))
        moved = {
            first + at: len(n) - len(o) for at, (o, n) in enumerate(zip(old, new, strict=True))
        }
        self.selection = Selection(
            (row, max(0, column + moved.get(row, 0))),
            (end_row, max(0, end_column + moved.get(end_row, 0))),
        )

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

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As high as its text: `max-height` in the stylesheet bounds it."""
        return self.document.line_count + (1 if self.show_horizontal_scrollbar else 0)
