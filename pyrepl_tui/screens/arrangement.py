"""How the workspace's panes share the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from textual.containers import Vertical
from textual.screen import Screen

from pyrepl_tui.models import SessionModel

if TYPE_CHECKING:
    from pyrepl_tui.widgets.beside_pane import BesidePane

LEAST_SIDE, LEAST_MAIN = 20, 40
"""Columns that the panes at the side, and those beside them, keep at least."""

_MAXIMISED = {
    "editor": "-max-editor",
    "output": "-max-output",
    "beside-output": "-max-output",
    "variables": "-max-side",
    "timeline-tree": "-max-side",
}
"""Id of the focused widget → class of the screen that gives its pane all the room."""


class Arrangement(Screen[None]):
    """The part of the workspace's screen that shares out the room."""

    side: Vertical
    beside: BesidePane | None

    def show_beside(self, model: SessionModel | None) -> None:
        """Show another session's output beside the active one's; None: only that one."""
        if self.beside is not None:
            self.beside.remove()
            self.beside = None
        if model is not None:
            from pyrepl_tui.widgets.beside_pane import BesidePane

            self.beside = BesidePane(model)
            self.query_one("#output-place").mount(self.beside)

    def fit_side(self, columns: int) -> None:
        """Give the panes at the side a width, as far as the others keep theirs."""
        most = self.size.width - LEAST_MAIN
        self.side.styles.max_width = "100%"
        self.side.styles.width = max(LEAST_SIDE, min(columns, most))

    def widen_side(self, columns: int) -> None:
        """Give the panes at the side more columns, or less."""
        self.fit_side(self.side.outer_size.width + columns)

    def toggle_maximised(self) -> None:
        """Give the focused pane all the room, or share it out again."""
        chosen = self.maximised
        for name in set(_MAXIMISED.values()):
            self.remove_class(name)
        if not chosen:
            name = _MAXIMISED.get(self.focused.id or "", "") if self.focused else ""
            self.add_class(name or "-max-editor")

    @property
    def maximised(self) -> bool:
        """Whether one pane has all the room."""
        return any(self.has_class(name) for name in _MAXIMISED.values())

    @property
    def layout_choices(self) -> dict[str, Any]:
        """What the user chose of it, to come back to."""
        width = self.side.styles.width
        return {
            "side": int(width.value) if width is not None and width.is_cells else None,
            "variables": not self.has_class("-no-variables"),
            "timeline": self.has_class("-timeline"),
        }

    def restore_layout(self, choices: Mapping[str, Any]) -> None:
        """Take up earlier choices; what makes no sense is passed over."""
        side = choices.get("side")
        if isinstance(side, int):
            self.fit_side(side)
        self.set_class(choices.get("variables") is False, "-no-variables")
        self.set_class(choices.get("timeline") is True, "-timeline")
