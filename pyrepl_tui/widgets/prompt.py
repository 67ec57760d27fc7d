"""The sign left of the editor: what Enter will do."""

from __future__ import annotations

from rich.segment import Segment

from pyrepl_tui.models import SessionModel

from .line import LineWidget


class Prompt(LineWidget):
    """``❯`` while the session is free; hollow while code entered now has to wait."""

    DEFAULT_CSS = """
    Prompt { width: 3; height: 1; background: $surface; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sign, self._colour = "❯", "accent"

    def show(self, model: SessionModel) -> None:
        """Follow a session's state."""
        free = model.alive and not model.busy
        colour = "accent" if free else "muted" if model.alive else "error"
        if (colour, free) != (self._colour, self._sign == "❯"):
            self._sign, self._colour = ("❯" if free else "…"), colour
            self.refresh()

    def segments(self, width: int) -> list[Segment]:
        """The sign."""
        return [Segment(f" {self._sign} ", self.shade(self._colour, bold=True))]
