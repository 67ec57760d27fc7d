"""The editor's text area: colours near the visible rows, marks of syntax errors, its height."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text
from textual._text_area_theme import TextAreaTheme
from textual.document._edit import Edit
from textual.geometry import Size
from textual.widgets import TextArea
from textual.widgets.text_area import EditResult

from .code_text import Fault

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


class CodeArea(TextArea, inherit_bindings=False):
    """A `TextArea` that shows Python, quick at any length."""

    DEFAULT_CSS = """
    CodeArea {
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

    def __init__(self, *, id: str | None = None) -> None:
        self._rows_highlighted = (0, 0)
        self._wanted_language: str | None = None
        self._fault: Fault | None = None
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

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As high as its text: `max-height` in the stylesheet bounds it."""
        return self.document.line_count + (1 if self.show_horizontal_scrollbar else 0)

    # -- syntax errors -----------------------------------------------------------------------

    @property
    def fault(self) -> Fault | None:
        """The syntax error that is marked."""
        return self._fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        if fault != self._fault:
            self._fault = fault
            self._line_cache.clear()
            self.refresh()

    def get_line(self, line_index: int) -> Text:
        """A line's text; where the syntax error is, it is underlined."""
        line = super().get_line(line_index)
        fault = self._fault
        if fault is not None and fault.row == line_index:
            colour = self.app.theme_variables.get("error", "red")
            style = Style(underline=True, color=colour)
            start = min(fault.column, max(0, len(line) - 1))
            line.stylize(style, start, max(start + 1, min(fault.end, len(line))))
        return line

    # -- positions ---------------------------------------------------------------------------

    @property
    def cursor_index(self) -> int:
        """How many characters stand before the cursor."""
        row, column = self.cursor_location
        return sum(len(self.document[at]) + 1 for at in range(row)) + column

    def location_of(self, index: int) -> tuple[int, int]:
        """Row and column of the character with so many before it."""
        row = 0
        while row < self.document.line_count - 1 and index > len(self.document[row]):
            index -= len(self.document[row]) + 1
            row += 1
        return row, min(index, len(self.document[row]))
