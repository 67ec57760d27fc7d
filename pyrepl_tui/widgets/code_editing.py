"""Editing that knows Python: pairs, indentation, comments, lines that move, pasted prompts."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.widgets.text_area import Selection

from .code_area import CodeArea
from .code_text import (
    CLOSERS,
    PAIRS,
    clean_paste,
    closes_pair,
    next_indent,
    opens_pair,
    toggle_comment,
    without_prompts,
)


class CodeEditing(CodeArea):
    """A text area whose keys know Python."""

    def type_pair(self, char: str) -> bool:
        """Type a bracket or quote with its partner, or step over one; False: type it plainly."""
        (row, column), (end_row, end_column) = sorted((self.selection.start, self.selection.end))
        line = self.document[row]
        if not self.selection.is_empty:
            if char not in PAIRS:
                return False
            start, end = (row, column), (end_row, end_column)
            text = self.document.get_text_range(start, end)
            self._replace_via_keyboard(char + text + PAIRS[char], start, end)
            shift = 1 if end_row == row else 0
            self.selection = Selection((row, column + 1), (end_row, end_column + shift))
            return True
        before, after = line[:column], line[column:]
        if closes_pair(char, before, after):
            self.move_cursor((row, column + 1))
            return True
        closing = opens_pair(char, before, after)
        if closing is None:
            return False
        self._replace_via_keyboard(char + closing, (row, column), (row, column))
        self.move_cursor((row, column + 1))
        return True

    async def _on_paste(self, event: events.Paste) -> None:
        """Insert pasted text in one edit, whatever it contains: nothing runs."""
        event.prevent_default()
        event.stop()
        self.paste(event.text)

    def paste(self, text: str) -> None:
        """Put text in place of the selection; prompts are left out, indentation is matched."""
        row, column = min(self.selection.start, self.selection.end)
        text = without_prompts(clean_paste(text), self.document[row][:column])
        result = self._replace_via_keyboard(text, *self.selection)
        if result is not None:
            self.move_cursor(result.end_location)
        self.focus()

    # -- lines -------------------------------------------------------------------------------

    def action_newline(self) -> None:
        """Break the line and indent the new one; between brackets the closing one goes below."""
        row, column = self.cursor_location
        line = self.document[row]
        before, after = line[:column], line[column:]
        indent = next_indent(before, self.indent_width)
        opened = before.rstrip()[-1:]
        if self.selection.is_empty and opened in "([{" and opened and after[:1] == PAIRS[opened]:
            outer = before[: len(before) - len(before.lstrip(" \t"))]
            self._replace_via_keyboard(f"\n{indent}\n{outer}", (row, column), (row, column))
            self.move_cursor((row + 1, len(indent)))
            return
        self._replace_via_keyboard("\n" + indent, *self.selection)

    def action_delete_left(self) -> None:
        """Backspace; takes an empty pair whole, and a whole step of indentation."""
        row, column = self.cursor_location
        line = self.document[row]
        before = line[:column]
        if self.selection.is_empty and len(before) > 1 and not before.strip(" "):
            start = (column - 1) // self.indent_width * self.indent_width
            self._delete_via_keyboard((row, start), (row, column))
        elif self.selection.is_empty and before and PAIRS.get(before[-1]) == line[column:][:1]:
            self._delete_via_keyboard((row, column - 1), (row, column + 1))
        else:
            super().action_delete_left()

    def indent(self) -> None:
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

    def _selected_rows(self) -> tuple[int, int]:
        """First and last row of the selection; a last one that is not entered does not count."""
        start, end = sorted((self.selection.start, self.selection.end))
        last = end[0] - 1 if end[0] > start[0] and end[1] == 0 else end[0]
        return start[0], last

    def action_toggle_comment(self) -> None:
        """Make the line or all selected lines comments, or code again."""
        first, last = self._selected_rows()
        lines = [self.document[row] for row in range(first, last + 1)]
        changed = dict(zip(lines, toggle_comment(lines), strict=True))
        self._shift_lines(first, last, lambda line: changed[line])

    def action_move_lines_up(self) -> None:
        """Put the line, or all selected ones, above the line before."""
        self._move_lines(-1)

    def action_move_lines_down(self) -> None:
        """Put the line, or all selected ones, below the next line."""
        self._move_lines(1)

    def _move_lines(self, step: int) -> None:
        first, last = self._selected_rows()
        if first + step < 0 or last + step >= self.document.line_count:
            return
        lines = [self.document[row] for row in range(first, last + 1)]
        selection = self.selection
        if step < 0:
            lines = [*lines, self.document[first - 1]]
            start, end = first - 1, last
        else:
            lines = [self.document[last + 1], *lines]
            start, end = first, last + 1
        self.replace("\n".join(lines), (start, 0), (end, len(self.document[end])))
        (row, column), (end_row, end_column) = selection
        self.selection = Selection((row + step, column), (end_row + step, end_column))

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


__all__ = ["CLOSERS", "CodeEditing"]
