"""The line between the output and the variables: drag it to share the width."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget


class Splitter(Widget):
    """A draggable vertical line; says where it was dragged to."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Splitter {
        width: 1; height: 1fr; color: $panel; background: $background;
        &:hover, &.-dragged { color: $accent; }
    }
    """

    class Dragged(Message):
        """The line should lie `right` columns from the right edge of its container."""

        def __init__(self, right: int) -> None:
            super().__init__()
            self.right = right

    def render_line(self, y: int) -> Strip:
        """A thin line."""
        return Strip([Segment("▏", self.rich_style)], 1)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold."""
        self.capture_mouse()
        self.add_class("-dragged")
        event.stop()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Say where it goes."""
        if self.has_class("-dragged") and isinstance(self.parent, Widget):
            self.post_message(self.Dragged(self.parent.region.right - event.screen_x - 1))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go."""
        self.release_mouse()
        self.remove_class("-dragged")
