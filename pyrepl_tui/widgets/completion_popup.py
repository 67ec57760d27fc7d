"""What could stand at the cursor, in a list over the workspace, with documentation beside it."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from pyrepl_tui.engine.completions import Completion, Completions, Explanation
from pyrepl_tui.engine.fuzzy import places
from pyrepl_worker.records import record

from .bindings import spoken

ROWS = 10
"""Most rows of the list."""
DOC_ROWS = 12
"""Most rows of the documentation beside it."""
NARROWEST_DOC, WIDEST_DOC = 30, 66
WIDEST_LIST = 48

MARKS = {
    "function": ("f", "code-function"),
    "class": ("C", "code-type"),
    "module": ("m", "code-keyword"),
    "data": ("v", "code-number"),
    "object": ("o", "code-constant"),
    "property": ("p", "code-function"),
    "keyword": ("k", "code-keyword"),
    "argument": ("=", "code-type"),
    "key": ("k", "code-string"),
    "column": ("c", "code-string"),
    "field": ("f", "code-string"),
    "label": ("l", "code-string"),
    "file": ("-", "muted"),
    "folder": ("/", "code-function"),
    "magic": ("%", "code-keyword"),
    "name": ("n", "muted"),
}
"""Kind → letter and theme variable of its colour."""


@record(frozen=True)
class Room:
    """The part of the screen a popup may use."""

    x: int
    """Column at which the text being completed begins."""
    y: int
    """The cursor's row."""
    width: int
    height: int
    above: int
    """Rows just above the cursor's that must stay visible."""


class CompletionPopup(Widget):
    """A list that the editor drives: it never has the focus."""

    DEFAULT_CSS = """
    CompletionPopup {
        overlay: screen; constrain: inside inside; display: none; width: 1; height: 1;
        background: $panel; color: $foreground;
    }
    CompletionPopup.-open { display: block; }
    """
    ALLOW_SELECT = False

    @dataclass
    class Highlighted(Message):
        """Another item is highlighted: its documentation is wanted."""

        item: Completion

    @dataclass
    class Clicked(Message):
        """An item was clicked."""

        item: Completion

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._found = Completions([], 0, 0)
        self._at = 0
        self._top = 0
        self._room = Room(0, 0, 80, 24, 0)
        self._doc: list[Text] = []
        self._doc_cells = 0
        self._list_width = 0
        self.entered = False
        """True once the user moved in the list or asked for it: then Enter takes the item."""

    @property
    def is_open(self) -> bool:
        """Whether it is shown."""
        return self.has_class("-open")

    @property
    def item(self) -> Completion | None:
        """The highlighted item."""
        return self._found.items[self._at] if self.is_open and self._found.items else None

    @property
    def found(self) -> Completions:
        """What is listed."""
        return self._found

    # -- what the editor does ----------------------------------------------------------------

    def open(self, found: Completions, room: Room, *, entered: bool) -> None:
        """Show completions; the highlighted item stays if the user has chosen it."""
        held = self.item if self.entered else None
        self.entered = entered or (self.entered and self.is_open)
        self._found, self._room = found, room
        labels = [item.label for item in found.items]
        self._at = labels.index(held.label) if held is not None and held.label in labels else 0
        self._top = 0
        self.add_class("-open")
        self._highlight()

    def close(self) -> None:
        """Hide it."""
        self.entered = False
        self._doc = []
        self.remove_class("-open")

    def move(self, step: int) -> None:
        """Highlight another item; around the ends by single steps."""
        count = len(self._found.items)
        self.entered = True
        if abs(step) == 1:
            self._at = (self._at + step) % count
        else:
            self._at = max(0, min(count - 1, self._at + step))
        self._highlight()

    def _highlight(self) -> None:
        rows = self._rows
        if self._at < self._top:
            self._top = self._at
        elif self._at >= self._top + rows:
            self._top = self._at - rows + 1
        self._doc = []
        self._place()
        item = self.item
        if item is not None:
            self.post_message(self.Highlighted(item))

    def show_doc(self, item: Completion, explanation: Explanation) -> None:
        """Show what is known about an item, if it is still the highlighted one."""
        if item is not self.item:
            return
        width = self._doc_width
        if width < NARROWEST_DOC:
            return
        more = spoken(self, "{key:show_documentation} shows all")
        self._doc = doc_lines(explanation, width - 2, DOC_ROWS, more)
        self._doc_cells = max(NARROWEST_DOC, *(cell_len(line.plain) + 2 for line in self._doc))
        self._place()

    # -- layout ------------------------------------------------------------------------------

    @property
    def _rows(self) -> int:
        return max(1, min(ROWS, len(self._found.items), self._best_height))

    @property
    def _best_height(self) -> int:
        """Rows there are on the side of the cursor with more room for it."""
        room = self._room
        below = room.height - room.y - 1
        return max(below, room.y - room.above)

    @property
    def _doc_width(self) -> int:
        """How wide documentation may be, on the side with more room."""
        left = max(0, min(self._room.x - 2, self._room.width - self._list_width))
        return min(WIDEST_DOC, self._room.width - left - self._list_width)

    def _place(self) -> None:
        items = self._found.items
        labels = max((cell_len(item.label) for item in items[:200]), default=1)
        details = max((cell_len(item.detail) for item in items[:200]), default=0)
        width = labels + 4 + (min(details, 20) + 2 if details else 0)
        self._list_width = max(12, min(width, WIDEST_LIST, self._room.width))
        room = self._room
        height = min(max(self._rows, len(self._doc)), self._best_height)
        below = room.height - room.y - 1
        y = room.y + 1 if below >= height else room.y - room.above - height
        total = self._list_width + (min(self._doc_cells, self._doc_width) if self._doc else 0)
        self.styles.width, self.styles.height = total, height
        self.absolute_offset = Offset(max(0, min(room.x - 2, room.width - total)), max(0, y))
        self.refresh(layout=True)

    # -- drawing -----------------------------------------------------------------------------

    def _shade(self, variable: str, background: str = "", *, bold: bool = False) -> Style:
        variables = self.app.theme_variables
        return self.rich_style + Style(
            color=variables.get(variable),
            bgcolor=variables.get(background) if background else None,
            bold=bold or None,
        )

    def render_line(self, y: int) -> Strip:
        """Textual's line API: a row of the list, and one of the documentation."""
        extra = self.size.height - self._rows
        above = self.region.y < self._room.y
        row = y - extra if above else y  # the list stays beside the cursor
        at = self._top + row
        segments: list[Segment] = []
        if 0 <= row < self._rows and at < len(self._found.items):
            segments = self._item_segments(self._found.items[at], chosen=at == self._at)
        strip = Strip(segments).crop_extend(0, self._list_width, self.rich_style)
        if self._doc:
            style = self._shade("foreground", "surface")
            text = self._doc[y] if y < len(self._doc) else Text()
            console = self.app.console
            doc = [Segment(" ", style)]
            doc += [
                Segment(segment.text, style + (segment.style or Style()))
                for segment in text.render(console)
            ]
            width = self.size.width - self._list_width
            strip = Strip([*strip, *Strip(doc).crop_extend(0, width, style)])
        for line_filter in self.get_line_filters():
            strip = strip.apply_filter(line_filter, self.background_colors[1])
        return strip

    def _item_segments(self, item: Completion, *, chosen: bool) -> list[Segment]:
        ground = "block-cursor-background" if chosen else ""
        letter, colour = MARKS.get(item.kind, ("?", "muted"))
        detail = item.detail if len(item.detail) <= 20 else item.detail[:19] + "…"
        room = self._list_width - 4 - (cell_len(detail) + 2 if detail else 0)
        label = item.label if cell_len(item.label) <= room else item.label[: room - 1] + "…"
        hits = set(places(self._found.query, item.label))
        plain = self._shade("foreground", ground)
        hit = self._shade("accent", ground, bold=True)
        segments = [Segment(" ", plain), Segment(letter, self._shade(colour, ground, bold=True))]
        segments.append(Segment(" ", plain))
        segments += [Segment(char, hit if at in hits else plain) for at, char in enumerate(label)]
        used = 3 + cell_len(label)
        gap = self._list_width - used - cell_len(detail) - 1
        segments.append(Segment(" " * max(0, gap), plain))
        segments.append(Segment(detail + " ", self._shade("muted", ground)))
        return segments

    # -- mouse -------------------------------------------------------------------------------

    def _item_at(self, y: int) -> int:
        extra = self.size.height - self._rows if self.region.y < self._room.y else 0
        return self._top + y - extra

    def on_click(self, event: events.Click) -> None:
        """Take the item clicked."""
        event.stop()
        at = self._item_at(event.y)
        if event.x < self._list_width and 0 <= at < len(self._found.items):
            self.post_message(self.Clicked(self._found.items[at]))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The next items."""
        event.stop()
        self.move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The items before."""
        event.stop()
        self.move(-1)


def doc_lines(explanation: Explanation, width: int, rows: int, more: str) -> list[Text]:
    """What is known about something, as lines of that width; `more` stands where it is cut off."""
    console = Console(width=width, file=None, color_system=None, legacy_windows=False)
    parts: list[Text] = []
    head = explanation.signature or f"{explanation.subject}: {explanation.type}"
    parts.append(Text(set_cell_size(head, width * 3).rstrip() if len(head) > width * 3 else head))
    parts[0].stylize("bold")
    if explanation.summary:
        parts.append(Text(explanation.summary[: width * 2], style="italic"))
    doc = explanation.doc.strip()
    if doc:
        parts += [Text(""), *map(Text, _reflowed(doc.splitlines()[: rows * 3]))]
    lines: list[Text] = []
    for part in parts:
        lines += part.wrap(console, width) if part.plain else [Text("")]
    if len(lines) > rows:
        lines = [*lines[: rows - 1], Text(f"… {more}", style="dim")]
    return lines


def _reflowed(lines: list[str]) -> list[str]:
    """Lines of a paragraph joined, to be broken where the popup ends; indented ones stay."""
    found: list[str] = []
    for line in lines:
        plain = line[:1].isalnum() and bool(found) and found[-1][:1].isalnum()
        if plain and not set(found[-1]) <= set("-=~ "):
            found[-1] += " " + line
        else:
            found.append(line)
    return found
