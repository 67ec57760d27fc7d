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
        """The panes at the side should get so many columns, or rows."""

        def __init__(self, size: int) -> None:
            super().__init__()
            self.size = size

    side = "right"
    """Where the panes at the side are: ``right``, ``left`` or ``below``."""

    def render_line(self, y: int) -> Strip:
        """A thin line."""
        width = self.size.width
        sign = {"below": "─" * width, "left": "▕"}.get(self.side, "▏")
        return Strip([Segment(sign, self.rich_style)], width)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold."""
        self.capture_mouse()
        self.add_class("-dragged")
        event.stop()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Say where it goes."""
        if self.has_class("-dragged") and isinstance(self.parent, Widget):
            room = self.parent.region
            size = {
                "left": event.screen_x - room.x,
                "right": room.right - event.screen_x - 1,
                "below": room.bottom - event.screen_y - 1,
            }[self.side]
            self.post_message(self.Dragged(size))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go."""
        self.release_mouse()
        self.remove_class("-dragged")
