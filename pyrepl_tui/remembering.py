"""Keeping the workspace as it was, also past a kill: tabs, drafts, layout, places in the output."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from .locations import state_dir
from .reopening import Reopening

if TYPE_CHECKING:
    from .remembrance import Remembered

REMEMBER_EVERY = 2.0
"""Seconds between looks at what has changed about the workspace."""


class Remembering(Reopening):
    """The part of the app that remembers."""

    _memory: Path
    _remembered: Remembered

    def take_up_what_was(self) -> None:
        """Tabs, drafts and layout as they were in this folder; from now on remember them."""
        from .remembrance import is_on_disk, load_remembered, remembered_path, take_up

        self._memory = remembered_path(state_dir(), Path.cwd())
        self._remembered = load_remembered(self._memory)
        gone = take_up(self.workspace, self._remembered)
        if self._remembered.layout:
            self.desk.restore_layout(self._remembered.layout)
        away = self.bridge.unreachable
        kept = [tab for tab in gone if is_on_disk(tab.session) and tab.session not in away]
        lost = "\n\n".join(tab.draft for tab in gone if tab not in kept and tab.draft.strip())
        if lost and self.desk.editor.is_blank and not self.model.draft.text:
            self.model.draft.text = lost
        self.show_active()
        self.offer((*(tab for tab in self._remembered.ended if tab.session not in away), *kept))
        self.set_interval(REMEMBER_EVERY, self.remember)

    async def leave(self) -> None:
        """Leave everything as it is for the next app: nobody can be asked any more."""
        if hasattr(self, "_memory"):
            self.remember()
            await self.bridge.stop(end=False)

    def remember(self, *, ending: bool = False) -> None:
        """Write down what the workspace is like, if that has changed."""
        from .remembrance import remember, save_remembered

        self.desk.note_whereabouts()
        draft, layout = self.desk.editor.text, self.desk.layout_choices
        now = remember(self.workspace, draft, layout, self.ended, ending=ending)
        if now == self._remembered:
            return
        self._remembered = now
        with contextlib.suppress(OSError):  # it is tried again as soon as something changes
            save_remembered(self._memory, now)
