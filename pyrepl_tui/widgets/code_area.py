"""The editor's text area: colours near the visible rows, marks of syntax errors, its height."""

from __future__ import annotations

import keyword
from typing import Any

from rich.style import Style
from rich.text import Text
from textual._text_area_theme import TextAreaTheme
from textual.cache import LRUCache
from textual.document._document import DocumentBase
from textual.document._edit import Edit
from textual.document._syntax_aware_document import SyntaxAwareDocument
from textual.geometry import Size
from textual.strip import Strip
from textual.widgets import TextArea
from textual.widgets.text_area import EditResult

from .code_text import Fault

HIGHLIGHT_LIMIT = 200_000
"""Characters above which code is shown plain: parsing it at each key would be felt."""

FEW_LINES = 5_000
"""Lines below which a text shown plain is measured again after each edit."""

_SYNTAX = {
    "code-keyword": ("keyword",),
    "code-string": ("string", "string.escape"),
    "code-number": ("number", "float"),
    "code-comment": ("comment",),
    "code-function": ("function", "function.call", "method.call"),
    "code-type": ("type.class", "type.builtin", "attribute"),
    "code-constant": ("boolean",),
}
"""Theme variable → names of `_QUERY`'s captures drawn in it."""

_KEYWORDS = [word for word in keyword.kwlist if word not in ("True", "False", "None")]
_QUERY = """
(comment) @comment
(string_start) @string
(string_content) @string
(string_end) @string
(escape_sequence) @string.escape
(integer) @number
(float) @float
[(true) (false) (none)] @boolean
(call function: (identifier) @function.call)
(call function: (attribute attribute: (identifier) @method.call))
(function_definition name: (identifier) @function)
(class_definition name: (identifier) @type.class)
(decorator (identifier) @attribute)
(type (identifier) @type.builtin)
"""
"""What is coloured, without the conditions that Textual's own query has on each name: asked for at
each key, those take most of the time."""


class _Parser:
    """A parser that takes the text whole, instead of asking Python for each line of it."""

    def __init__(self, parser: Any, document: DocumentBase) -> None:
        self._parser = parser
        self._document = document

    def parse(self, _: object, tree: object) -> Any:
        """The tree after an edit."""
        return self._parser.parse(self._document.text.encode("utf-8", "replace"), tree)


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
        self._drawn: LRUCache[object, Strip] = LRUCache(1024)
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
        self._drawn.clear()
        self.theme = "app"

    def _use_language_for(self, length: int) -> None:
        language = self._wanted_language if length <= HIGHLIGHT_LIMIT else None
        if language != self.language:
            selection, undo = self.selection, self.history
            self.language = language
            self.selection, self.history = selection, undo

    @staticmethod
    def _get_builtin_highlight_query(language_name: str) -> str:  # noqa: ARG004 - Textual's own
        keywords = " ".join(f'"{word}"' for word in _KEYWORDS)
        return f"{_QUERY}[{keywords}] @keyword"

    def _set_document(self, text: str, language: str | None) -> None:
        super()._set_document(text, language)
        if isinstance(self.document, SyntaxAwareDocument):
            document: Any = self.document
            document._parser = _Parser(document._parser, document)

    def _build_highlight_map(self) -> None:
        """Colour only rows near the visible ones; Textual does the whole document at each key."""
        highlights = self._highlights
        highlights.clear()
        query = self._highlight_query
        if query is None:
            return
        first = max(0, int(self.scroll_y) - 10)
        end = first + max(self.size.height, 24) + 20
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

    def render_line(self, y: int) -> Strip:
        """Draw a line, or take it from those drawn: its key is all that it shows, so that a key
        typed elsewhere draws nothing anew. Textual forgets all lines at each key.
        """
        document, row = self.document, self.scroll_offset.y + y
        count = document.line_count
        if row >= count or (count == 1 and not document[0]):
            return super().render_line(y)
        selection, bracket, fault = self.selection, self._matching_bracket_location, self._fault
        here = selection.end[0] == row
        key = (
            row,
            document[row],
            frozenset(self._highlights.get(row, ())),
            (self.size, self.scroll_offset.x, self.gutter_width, self.theme, self.has_focus),
            selection if here or selection.contains_line(row) else None,
            bracket if bracket is not None and (here or bracket[0] == row) else None,
            (here, self._draw_cursor, self.suggestion) if here else None,
            fault if fault is not None and fault.row == row else None,
        )
        drawn = self._drawn.get(key)
        if drawn is None:
            drawn = self._drawn[key] = self._render_line(y)
        return drawn

    def notify_style_update(self) -> None:
        """Other colours: everything is drawn anew."""
        super().notify_style_update()
        self._drawn.clear()

    def _refresh_size(self) -> None:
        width, height = self.document.get_size(self.indent_width)
        size, before = Size(width + self.gutter_width + 1, height), self.virtual_size
        room = self.scrollable_content_region.width
        if height == before.height and max(size.width, before.width) <= room:
            # neither the height nor a scrollbar depends on it: nothing is laid out anew
            self.set_reactive(CodeArea.virtual_size, size)
        else:
            self.virtual_size = size
            self._refresh_scrollbars()
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
