"""The timeline: the tree of checkpoints, and all about the one under the cursor."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from pyrepl_tui.models import Past

from .timeline_text import details
from .timeline_tree import TimelineTree

ROOM = 12
"""Rows below which the tree takes all of the pane."""


class TimelinePane(Vertical):
    """Beside the output, or in its place where the terminal is narrow."""

    DEFAULT_CSS = """
    TimelinePane {
        & TimelineTree { height: 1fr; }
        & #timeline-details {
            height: 35%; max-height: 14; background: $background; color: $foreground;
            border-top: solid $border-blurred; padding: 0 1;
            scrollbar-size-vertical: 1; scrollbar-background: $background;
        }
        & #timeline-details Static { height: auto; width: 1fr; background: $background; }
        &.-low #timeline-details { display: none; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.tree_view = TimelineTree(id="timeline-tree")
        self._details = Static(markup=False)
        self._past = Past()
        self._said = Content()

    def compose(self) -> ComposeResult:
        """Tree and details."""
        yield self.tree_view
        with VerticalScroll(id="timeline-details", can_focus=False):
            yield self._details

    def show(self, past: Past) -> None:
        """Show a session's past as it is now."""
        self._past = past
        self.tree_view.show(past)

    def on_resize(self, event: events.Resize) -> None:
        """Leave the details out where there is no room."""
        self.set_class(event.size.height < ROOM, "-low")

    def on_timeline_tree_moved(self, event: TimelineTree.Moved) -> None:
        """Show another row's details, unless they say the same."""
        event.stop()
        said = Content() if event.row is None else details(event.row, self._past)
        if said != self._said:
            self._said = said
            self._details.update(said)
            self.query_one("#timeline-details").scroll_home(animate=False)
