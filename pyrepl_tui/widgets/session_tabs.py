"""The strip of session tabs: one line, drawn from the workspace's model."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message

from pyrepl_tui.models import SessionModel, Workspace
from pyrepl_worker.records import record

from .line import LineWidget, clipped
from .marks import COLOURS, SIGNS

NAME_WIDTH = 24
"""Cells of a name at most."""


@record(frozen=True)
class _Place:
    """Where a tab lies in the strip's full width."""

    model: SessionModel
    start: int
    end: int


class SessionTabs(LineWidget):
    """Tabs with marks; scrolls so that the active one is in sight."""

    DEFAULT_CSS = """
    SessionTabs { height: 1; background: $panel; color: $muted; }
    """

    @dataclass
    class Chosen(Message):
        """A tab was clicked."""

        key: int

    @dataclass
    class CloseRequested(Message):
        """A tab was clicked with the middle button, or its cross was."""

        key: int

    @dataclass
    class RenameRequested(Message):
        """A tab was double-clicked."""

        key: int

    @dataclass
    class Moved(Message):
        """A tab was dragged to another place."""

        key: int
        to: int

    @dataclass
    class NewRequested(Message):
        """The plus was clicked."""

    def __init__(self, workspace: Workspace, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._workspace = workspace
        self._scroll = 0
        self._shown: SessionModel | None = None
        self._dragged: SessionModel | None = None
        self._places: list[_Place] = []
        self._plus = (0, 0)

    # -- drawing -----------------------------------------------------------------------------

    def label(self, model: SessionModel, number: int) -> str:
        """A tab's text without its mark: place (while there is a key for it) and name."""
        place = f"{number} " if number <= 9 else ""
        return f" {place}{clipped(model.name, NAME_WIDTH)} "

    def segments(self, width: int) -> list[Segment]:
        """All tabs, cut to what is in sight."""
        active = self._workspace.active
        out: list[Segment] = []
        places: list[_Place] = []
        at = 0
        for number, model in enumerate(self._workspace, 1):
            background = "surface" if model is active else ""
            label = self.label(model, number)
            mark = model.mark
            edge = self.shade("accent", background=background, bold=True)
            text = self.shade(
                "foreground" if model is active else "muted",
                background=background,
                bold=model is active,
            )
            sign = self.shade(COLOURS[mark], background=background, bold=True)
            out += [
                Segment("▎" if model is active else " ", edge),
                Segment(label[1:], text),
                Segment(SIGNS[mark] + " ", sign),
            ]
            end = at + cell_len(label) + 2
            places.append(_Place(model, at, end))
            at = end
        out.append(Segment(" + ", self.shade("muted")))
        self._places = places
        self._plus = (at, at + 3)
        return self._scrolled(out, width, at + 3)

    def _scrolled(self, segments: list[Segment], width: int, total: int) -> list[Segment]:
        if total <= width:
            self._scroll = 0
            return segments
        if self._shown is not self._workspace.active:
            self._shown = self._workspace.active
            for place in self._places:
                if place.model is self._shown:
                    self._scroll = min(self._scroll, max(0, place.start - 3))
                    self._scroll = max(self._scroll, place.end + 3 - width)
        self._scroll = self._snapped(max(0, min(self._scroll, total - width)), width)
        left, right = self._scroll, self._scroll + width
        cut = list(Segment.divide(segments, [left, right, total]))[1]
        ends = self.shade("accent", bold=True)
        if left > 0:
            cut = [Segment("‹ ", ends), *list(Segment.divide(cut, [2, width]))[1]]
        if right < total:
            cut = [*next(iter(Segment.divide(cut, [width - 2, width]))), Segment(" ›", ends)]
        return list(cut)

    def _snapped(self, scroll: int, width: int) -> int:
        """The scroll that lets the first tab in sight begin right after the sign for more."""
        if scroll == 0:
            return 0
        start = next((place.start for place in self._places if place.start - 2 >= scroll), None)
        shown = next((place for place in self._places if place.model is self._shown), None)
        if start is None or (shown is not None and shown.start < start <= shown.end):
            return scroll
        return start - 2

    def place_at(self, x: int) -> int | None:
        """Index of the tab at a column of the strip; None if there is none."""
        x += self._scroll
        for index, place in enumerate(self._places):
            if place.start <= x < place.end:
                return index
        return None

    # -- mouse -------------------------------------------------------------------------------

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Choose a tab and get ready to drag it."""
        index = self.place_at(event.x)
        if index is None or event.button != 1:
            return
        self._dragged = self._places[index].model
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the dragged tab along."""
        if self._dragged is None or not event.button:
            return
        index = self.place_at(event.x)
        if index is not None and self._places[index].model is not self._dragged:
            self.post_message(self.Moved(self._dragged.key, index))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Drop it."""
        self._dragged = None
        self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        """Choose, rename (double click), close (middle button), or open a new one."""
        index = self.place_at(event.x)
        if index is None:
            if self._plus[0] <= event.x + self._scroll < self._plus[1]:
                self.post_message(self.NewRequested())
            return
        key = self._places[index].model.key
        if event.button == 2:
            self.post_message(self.CloseRequested(key))
        elif event.chain == 2:
            self.post_message(self.RenameRequested(key))
        else:
            self.post_message(self.Chosen(key))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll towards the last tab."""
        self._scroll += 8
        self.refresh()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll towards the first tab."""
        self._scroll = max(0, self._scroll - 8)
        self.refresh()
