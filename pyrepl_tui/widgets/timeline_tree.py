"""The tree of checkpoints on the line API, so that its cost depends on what is in sight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from pyrepl_tui.models import Past

from .bindings import bindings_for
from .line import clipped
from .marks import size
from .timeline_rows import PRESENT, TimelineRow, timeline_rows
from .timeline_text import changes_of, changes_text, clock, number, title

EMPTY = ("No checkpoints yet.", "", "One is taken before each run;", "K takes one now.")
"""Shown in place of rows."""
MOST_LEAD = 16
"""Cells of connecting lines at most."""


class TimelineTree(ScrollView, can_focus=True):
    """One row per state of the session; the cursor's row is what commands are about."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("timeline")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "timeline--header", "timeline--cursor", "timeline--cursor-blurred", "timeline--muted",
        "timeline--line", "timeline--image", "timeline--present", "timeline--new",
        "timeline--changed", "timeline--deleted",
    }  # fmt: skip
    DEFAULT_CSS = """
    TimelineTree {
        background: $background; color: $foreground; overflow-y: auto; overflow-x: hidden;
        scrollbar-size-vertical: 1; scrollbar-background: $background;
        scrollbar-background-hover: $background; scrollbar-background-active: $background;
        & > .timeline--header { color: $muted; text-style: bold; }
        & > .timeline--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground;
        }
        & > .timeline--cursor-blurred { background: $block-cursor-blurred-background; }
        & > .timeline--muted { color: $muted; }
        & > .timeline--line { color: $faint; }
        & > .timeline--image { color: $accent; }
        & > .timeline--present { color: $success; text-style: bold; }
        & > .timeline--new { color: $success; }
        & > .timeline--changed { color: $warning; }
        & > .timeline--deleted { color: $error; }
    }
    """

    cursor = reactive(0, repaint=False)
    """Row of the cursor, from 0."""

    @dataclass
    class Moved(Message):
        """Another row is under the cursor, or it shows something else."""

        row: TimelineRow | None

    @dataclass
    class Wanted(Message):
        """Something is to be done with the checkpoint under the cursor."""

        action: str
        """Id of a command of the timeline."""
        row: TimelineRow

    @dataclass
    class Left(Message):
        """Back to writing."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._past = Past()
        self._rows: list[TimelineRow] = []
        self._laid_out: tuple[object, object, object] = (None, None, None)
        """What the rows were made from."""

    # -- data --------------------------------------------------------------------------------

    @property
    def row(self) -> TimelineRow | None:
        """The row under the cursor; None if there are none."""
        return self._rows[self.cursor] if self.cursor < len(self._rows) else None

    def show(self, past: Past) -> None:
        """Show a session's past; the cursor stays on its row, or with the present."""
        kept = self.row if past is self._past else None
        self._past = past
        chronicle = past.chronicle
        runs = chronicle.led_to if chronicle is not None else {}
        since = chronicle.since if chronicle is not None else ()
        laid_out = (past.points, past.present, since)
        if any(new is not old for new, old in zip(laid_out, self._laid_out, strict=True)):
            self._laid_out = laid_out
            self._rows = timeline_rows(past.points, past.kinds, past.present, runs, since)
            self.virtual_size = Size(0, len(self._rows) + 1)
            self._place_cursor(kept)
        self.refresh()
        self.post_message(self.Moved(self.row))

    def _place_cursor(self, kept: TimelineRow | None) -> None:
        present = next((at for at, row in enumerate(self._rows) if row.is_present), 0)
        place = present
        if kept is not None and not kept.is_present:
            place = next((at for at, row in enumerate(self._rows) if row.id == kept.id), present)
        self.set_reactive(TimelineTree.cursor, place)
        self.call_after_refresh(self._follow)

    # -- drawing -----------------------------------------------------------------------------

    def render_lines(self, crop: Region) -> list[Strip]:
        """Textual's line API for many lines at once: styles are worked out only here."""
        names = {name: self.get_component_rich_style(name) for name in self.COMPONENT_CLASSES}
        filters, background = self.get_line_filters(), self.background_colors[1]
        first, last = crop.column_span
        strips = []
        for y in crop.line_range:
            strip = self._line(y, names)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, background)
            strips.append(strip.crop_extend(first, last, self.rich_style))
        return strips

    def render_line(self, y: int) -> Strip:
        """Textual's line API."""
        return self.render_lines(Region(0, y, self.size.width, 1))[0]

    def _line(self, y: int, styles: dict[str, Style]) -> Strip:
        base, muted = self.rich_style, self.rich_style + styles["timeline--muted"]
        if y == 0:
            return Strip([Segment(self._header(), base + styles["timeline--header"])])
        at = self.scroll_offset.y + y - 1
        if at >= len(self._rows):
            text = EMPTY[y - 2] if not self._rows and 2 <= y < len(EMPTY) + 2 else ""
            return Strip([Segment(" " + text, muted)])
        if at == self.cursor:
            name = "timeline--cursor" if self.has_focus else "timeline--cursor-blurred"
            base = base + styles[name]
        return Strip(_Painter(self._past, styles, base).row(self._rows[at], self.size.width))

    def _header(self) -> str:
        count = sum(row.point is not None for row in self._rows)
        words = [f" Timeline  {count} {'checkpoint' if count == 1 else 'checkpoints'}"]
        if self._past.image_bytes:
            words.append(f"{size(self._past.image_bytes)} in memory")
        return clipped(" · ".join(words), self.size.width)

    # -- interaction -------------------------------------------------------------------------

    def _follow(self) -> None:
        """Keep the cursor in sight."""
        top, height = self.scroll_offset.y, self.scrollable_content_region.height - 1
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif height > 0 and self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False)

    def watch_cursor(self) -> None:
        """Tell of the row that is shown in full now."""
        self._follow()
        self.refresh()
        self.post_message(self.Moved(self.row))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The header stays while rows move, so all lines change."""
        super().watch_scroll_y(old_value, new_value)
        self.refresh()

    def on_focus(self) -> None:
        """The cursor stands out with the focus."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor stands back without the focus."""
        self.refresh()

    def on_resize(self) -> None:
        """The cursor's row stays in sight."""
        self._follow()

    def action_cursor(self, step: int) -> None:
        """Move the cursor by rows."""
        self.cursor = max(0, min(len(self._rows) - 1, self.cursor + step))

    def action_page(self, step: int) -> None:
        """Move the cursor by pages."""
        self.action_cursor(step * max(1, self.scrollable_content_region.height - 2))

    def action_to_end(self, start: bool) -> None:
        """Go to the first or the last row."""
        self.cursor = 0 if start else max(0, len(self._rows) - 1)

    def action_to_present(self) -> None:
        """Go to the present."""
        self.cursor = next((at for at, row in enumerate(self._rows) if row.is_present), self.cursor)

    def action_leave(self) -> None:
        """Go back to writing."""
        self.post_message(self.Left())

    def action_want(self, action: str) -> None:
        """Have something done with the checkpoint under the cursor."""
        row = self.row
        if row is not None:
            self.post_message(self.Wanted(action, row))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on a row; a double click restores it."""
        at = self.scroll_offset.y + event.y - 1
        if event.y == 0 or at >= len(self._rows):
            return
        self.cursor = at
        if event.chain == 2:
            self.action_want("restore")


class _Painter:
    """Draws rows over one background."""

    def __init__(self, past: Past, styles: dict[str, Style], base: Style) -> None:
        self._past = past
        self._styles = styles
        self._base = base

    def _ink(self, name: str) -> Style:
        style = self._styles[f"timeline--{name}"]
        return self._base + Style(color=style.color, bold=style.bold)

    def row(self, row: TimelineRow, width: int) -> list[Segment]:
        """A row: lines and sign, number, title, what changed; at the right marks, size, time."""
        lead = row.lead if len(row.lead) <= MOST_LEAD else "…" + row.lead[1 - MOST_LEAD :]
        right = self._right(row, width)
        taken = sum(cell_len(segment.text) for segment in right)
        left = [Segment(" " + lead, self._ink("line")), self._sign(row)]
        room = width - taken - cell_len(lead) - 4
        left += self._middle(row, max(0, room))
        used = sum(cell_len(segment.text) for segment in left)
        return [*left, Segment(" " * max(0, width - used - taken), self._base), *right]

    def _sign(self, row: TimelineRow) -> Segment:
        if row.is_present:
            return Segment("◉ ", self._ink("present"))
        if row.point is None:
            return Segment("○ ", self._ink("muted"))
        if row.point.has_image:
            return Segment("● ", self._ink("image"))
        return Segment("◐ " if row.point.has_archive else "○ ", self._ink("muted"))

    def _middle(self, row: TimelineRow, room: int) -> list[Segment]:
        known = changes_of(row, self._past)
        count = number(row)
        lost = row.point is not None and not row.point.has_image and not row.point.has_archive
        ink = self._ink("muted") if lost else self._base
        if row.is_present or (row.point is not None and row.point.label):
            ink += Style(bold=True)
        changes = changes_text(known, max(room // 2, room - cell_len(title(row)) - 8))
        wide = sum(cell_len(text) + 1 for _, text in changes)
        text = clipped(title(row), max(0, room - wide - len(count) - 2))
        found = [Segment(f"{count} " if count else "", self._ink("muted")), Segment(text, ink)]
        inks = {"+": "new", "~": "changed", "−": "deleted", "": "muted"}
        space = " "
        for sign, text in changes:
            found.append(Segment(f"{space} {text}" if space else f" {text}", self._ink(inks[sign])))
            space = ""
        return found

    def _right(self, row: TimelineRow, width: int) -> list[Segment]:
        point = row.point
        if point is None:
            now = " now " if row.id == PRESENT else " "
            return [Segment(now, self._ink("present"))]
        marks = "⚠" if point.warnings or point.archive_failure else ""
        marks += ("★" if point.pinned else "") + (
            "▤" if point.has_archive and point.archiving is None else ""
        )
        found = [Segment(f" {marks}" if marks else "", self._ink("changed"))]
        if point.archiving is not None:
            found.append(Segment(f" ▤ {point.archiving:4.0%}", self._ink("present")))
        if width >= 60:
            held = self._past.image_sizes.get(point.id) if point.has_image else None
            stored = held if held is not None else point.bytes_on_disk or None
            found.append(Segment(f" {size(stored):>7}", self._ink("muted")))
        if width >= 40:
            text = set_cell_size(clock(point.created_at), 9)
            found.append(Segment(" " + text, self._ink("muted")))
        else:
            found.append(Segment(" ", self._base))
        return found
