"""Entries of the history in a list: the code's first line, how long ago it was run."""

from __future__ import annotations

import time
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from pyrepl_tui.engine.fuzzy import places
from pyrepl_tui.engine.history import Entry


class HistoryList(Widget):
    """Entries, the newest first, each as its first line; the field above keeps the focus."""

    DEFAULT_CSS = """
    HistoryList { background: $panel; color: $foreground; }
    """
    ALLOW_SELECT = False

    @dataclass
    class Moved(Message):
        """Another entry is highlighted."""

    @dataclass
    class Taken(Message):
        """An entry was clicked twice."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._entries: list[Entry] = []
        self._marked: dict[int, Entry] = {}
        self._query = ""
        self._at = 0
        self._top = 0

    @property
    def entry(self) -> Entry | None:
        """The highlighted entry."""
        return self._entries[self._at] if self._entries else None

    @property
    def chosen(self) -> list[Entry]:
        """The marked entries, oldest first; the highlighted one if none is marked."""
        if self._marked:
            return sorted(self._marked.values(), key=lambda entry: entry.id)
        return [] if self.entry is None else [self.entry]

    def show(self, entries: list[Entry], query: str) -> None:
        """List entries found for a query."""
        self._entries, self._query = entries, query
        self._at = self._top = 0
        self.refresh()
        self.post_message(self.Moved())

    def move(self, step: int) -> None:
        """Highlight another entry."""
        if self._entries:
            self._at = max(0, min(len(self._entries) - 1, self._at + step))
            height = max(1, self.size.height)
            self._top = min(self._at, max(self._top, self._at - height + 1))
            self.refresh()
            self.post_message(self.Moved())

    def mark(self) -> None:
        """Mark the highlighted entry, or take its mark away; then go on."""
        entry = self.entry
        if entry is not None:
            if self._marked.pop(entry.id, None) is None:
                self._marked[entry.id] = entry
            self.move(1)
            self.refresh()

    def drop(self) -> Entry | None:
        """Take the highlighted entry off the list."""
        entry = self.entry
        if entry is not None:
            del self._entries[self._at]
            self._marked.pop(entry.id, None)
            self._at = max(0, min(self._at, len(self._entries) - 1))
            self.refresh()
            self.post_message(self.Moved())
        return entry

    def render_line(self, y: int) -> Strip:
        """Textual's line API."""
        at, width = self._top + y, self.size.width
        if at >= len(self._entries):
            return Strip.blank(width, self.rich_style)
        variables = self.app.theme_variables
        entry, chosen = self._entries[at], at == self._at
        ground = variables.get("block-cursor-background") if chosen else None
        plain = self.rich_style + Style(bgcolor=ground)
        muted = plain + Style(color=variables.get("muted"))
        hit = plain + Style(color=variables.get("accent"), bold=True)
        first, more = first_line(entry.code)
        ending = ("  ⏎" if more else "") + f"  {age(entry.at)}"
        room = max(4, width - cell_len(ending) - 4)
        label = first if cell_len(first) <= room else first[: room - 1] + "…"
        hits = {place for word in self._query.split() for place in places(word, label)}
        segments = [Segment(" ● " if entry.id in self._marked else "   ", hit)]
        segments += [Segment(char, hit if n in hits else plain) for n, char in enumerate(label)]
        gap = width - 3 - cell_len(label) - cell_len(ending) - 1
        segments += [Segment(" " * max(0, gap), plain), Segment(ending + " ", muted)]
        strip = Strip(segments).crop_extend(0, width, plain)
        for line_filter in self.get_line_filters():
            strip = strip.apply_filter(line_filter, self.background_colors[1])
        return strip

    def on_click(self, event: events.Click) -> None:
        """A click highlights, a double click takes."""
        event.stop()
        if self._top + event.y < len(self._entries):
            self.move(self._top + event.y - self._at)
            if event.chain == 2:
                self.post_message(self.Taken())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Older entries."""
        event.stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Newer entries."""
        event.stop()
        self.move(-3)


def first_line(code: str) -> tuple[str, bool]:
    """The first line that is not empty, and whether there are more."""
    lines = [line for line in code.split("\n") if line.strip()]
    first = lines[0].strip().expandtabs(4) if lines else ""
    return "".join(char if char.isprintable() else " " for char in first), len(lines) > 1


def age(at: float) -> str:
    """How long ago something was, short: ``5 min``, ``3 h``, ``2 d``, else the date."""
    seconds = max(0.0, time.time() - at)
    for limit, size, unit in ((60, 1, "s"), (3600, 60, "min"), (86400, 3600, "h")):
        if seconds < limit:
            return f"{int(seconds / size)} {unit}"
    if seconds < 30 * 86400:
        return f"{int(seconds / 86400)} d"
    return time.strftime("%Y-%m-%d", time.localtime(at))
