"""The tree of checkpoints on the line API, so that its cost depends on what is in sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip

from pyrepl_tui.models import Past

from .bindings import bindings_for
from .cursor_rows import CursorRows
from .line import clipped
from .marks import size
from .timeline_rows import PRESENT, TimelineRow, timeline_rows
from .timeline_text import changes_of, changes_text, clock, number, title

EMPTY = ("No checkpoints yet.", "", "One is taken before each run;", "K takes one now.")
"""Shown in place of rows."""
MOST_LEAD = 16
"""Cells of connecting lines at most."""
_INKS = ("line", "image", "present", "new", "changed", "deleted")
"""What has a colour of its own in a row."""


class TimelineTree(CursorRows):
    """One row per state of the session; the cursor's row is what commands are about."""

    HEAD = 1
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("timeline")
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"rows--{name}" for name in _INKS}
    DEFAULT_CSS = """
    TimelineTree {
        & > .rows--cursor-blurred { background: $block-cursor-blurred-background; }
        & > .rows--line { color: $faint; }
        & > .rows--image { color: $accent; }
        & > .rows--present { color: $success; text-style: bold; }
        & > .rows--new { color: $success; }
        & > .rows--changed { color: $warning; }
        & > .rows--deleted { color: $error; }
    }
    """

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
    class MenuWanted(Message):
        """What can be done with the checkpoint under the cursor is to be offered."""

        tree: TimelineTree

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

    @property
    def count(self) -> int:
        return len(self._rows)

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
            self.lay_out(self._place_of(kept))
            if kept is None:
                self.reveal()
        self.refresh()
        self.post_message(self.Moved(self.row))

    def _place_of(self, kept: TimelineRow | None) -> int:
        present = next((at for at, row in enumerate(self._rows) if row.is_present), 0)
        if kept is None or kept.is_present:
            return present
        return next((at for at, row in enumerate(self._rows) if row.id == kept.id), present)

    # -- drawing -----------------------------------------------------------------------------

    def hint(self) -> Sequence[str]:
        return EMPTY

    def painter(self) -> _Painter:
        return _Painter(self, self._rows, self._past, self._header())

    def _header(self) -> str:
        count = sum(row.point is not None for row in self._rows)
        words = [f" Timeline  {count} {'state' if count == 1 else 'states'}"]
        if self._past.image_bytes:  # counted as in the status bar: a state may have several
            kept = self._past.images
            held = size(self._past.image_bytes)
            words.append(f"{kept} {'checkpoint' if kept == 1 else 'checkpoints'}, {held}")
        return clipped(" · ".join(words), self.room)

    # -- interaction -------------------------------------------------------------------------

    def watch_cursor(self) -> None:
        """Tell of the row that is shown in full now."""
        super().watch_cursor()
        self.post_message(self.Moved(self.row))

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

    def row_clicked(self, times: int) -> None:
        """A double click restores it."""
        if times == 2:
            self.action_want("restore")

    def row_menu(self) -> None:
        """All commands, for the mouse."""
        self.post_message(self.MenuWanted(self))


class _Painter:
    """Draws the lines of one frame."""

    def __init__(
        self, tree: TimelineTree, rows: list[TimelineRow], past: Past, header: str
    ) -> None:
        self._past, self._rows, self._header = past, rows, header
        self._cursor, self._width = tree.cursor, tree.room
        cursor = "cursor" if tree.has_focus else "cursor-blurred"
        names = (*_INKS, "head", "muted", cursor)
        self._styles = {n: tree.get_component_rich_style(f"rows--{n}") for n in names}
        self._plain = self._base = tree.rich_style
        self._on = self._plain + self._styles[cursor]

    def head(self, y: int) -> Strip:
        """What the rows are."""
        return Strip([Segment(self._header, self._plain + self._styles["head"])])

    def row(self, at: int) -> Strip:
        """A state."""
        self._base = self._on if at == self._cursor else self._plain
        return Strip(self._segments(self._rows[at], self._width))

    def _ink(self, name: str) -> Style:
        style = self._styles[name]
        return self._base + Style(color=style.color, bold=style.bold)

    def _segments(self, row: TimelineRow, width: int) -> list[Segment]:
        """Lines and sign, number, title, what changed; at the right marks, size, time."""
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
