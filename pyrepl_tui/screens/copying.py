"""A screen that says what was copied from it."""

from __future__ import annotations

from textual.actions import SkipAction
from textual.screen import Screen


class CopyingScreen(Screen[None]):
    """A screen on which the mouse selects text for Ctrl+C, wherever the focus is."""

    def action_copy_text(self) -> None:
        """Copy what is selected.

        Raises:
            SkipAction: if nothing is; the key means something else then.
        """
        text = self.get_selected_text()
        if not text:
            raise SkipAction
        from pyrepl_tui.widgets.output_taking import copy_text  # not before the first paint

        copy_text(self, text)
