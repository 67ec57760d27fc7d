"""Which pane a narrow terminal shows above the editor; a click shows another one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.reactive import reactive

from .line import LineWidget

PANES = ("Output", "Variables", "Timeline")


class PaneTabs(LineWidget):
    """A tab for each pane that takes turns with the others."""

    DEFAULT_CSS = f"""
    PaneTabs {{
        height: 1; width: {sum(len(name) + 2 for name in PANES)}; display: none;
        background: $panel; color: $muted;
    }}
    """

    @dataclass
    class Chosen(Message):
        """A tab was clicked."""

        pane: str
        """One of `PANES`."""

    shown = reactive(PANES[0])
    """The pane shown: one of `PANES`."""

    def segments(self, width: int) -> Iterable[Segment]:
        """The panes' names."""
        for name in PANES:
            chosen = name == self.shown
            style = self.shade("accent" if chosen else "muted", bold=chosen)
            yield Segment(f" {name} ", style)

    def on_click(self, event: events.Click) -> None:
        """Choose the pane clicked."""
        end = 0
        for name in PANES:
            end += len(name) + 2
            if event.x < end:
                self.post_message(self.Chosen(name))
                return
