"""The tour: by itself at a user's very first start, later on demand."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events

from .actions import WorkspaceActions
from .locations import state_dir

if TYPE_CHECKING:
    from .screens.tour import Tour

SEEN = "tour-seen"
"""Name of the empty file that says so, in the state folder."""


class TourActions(WorkspaceActions):
    """The part of the app that shows newcomers around."""

    _tour: Tour | None = None
    """The tour, while it is shown."""

    def show_first_tour(self) -> None:
        """Show the tour, unless somebody works already."""
        if self.desk.editor.is_blank and len(self.workspace) == 1:
            self.action_tour()

    def action_tour(self) -> None:
        """Show what there is on one screen."""
        from .screens.tour import Tour

        note_seen()
        if self._tour is None:
            self._tour = Tour(self.commands)
            self.desk.mount(self._tour)

    async def on_event(self, event: events.Event) -> None:
        """Any key ends the tour, and does what it always does."""
        tour = self._tour
        if tour is not None and isinstance(event, (events.Key, events.Paste)):
            self.on_tour_clicked()
            if isinstance(event, events.Key) and tour.is_asked_for_example(event.key):
                self._run_example()
                return
        await super().on_event(event)

    def on_tour_clicked(self) -> None:
        """The tour is over."""
        if self._tour is not None:
            self._tour.remove()
            self._tour = None

    def _run_example(self) -> None:
        from .screens.tour import EXAMPLE, first_keys

        undo = first_keys(self.commands).get("undo_run", "Undo")
        for code in EXAMPLE:
            self.run_code(self.model, code.format(undo=undo))


def is_new() -> bool:
    """Whether nobody has been here: there was no tour, and there is no session."""
    state = state_dir()
    return not (state / SEEN).exists() and not _has_entries(state / "sessions")


def note_seen() -> None:
    """Remember that the tour need not come by itself any more."""
    state = state_dir()
    with contextlib.suppress(OSError):  # it comes once more, then
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        (state / SEEN).touch()


def _has_entries(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except OSError:
        return False
