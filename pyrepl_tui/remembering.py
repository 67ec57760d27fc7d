"""Keeping the workspace as it was, also past a kill: tabs, drafts, layout, places in the output."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from .actions import WorkspaceActions
from .locations import session_dir, state_dir

if TYPE_CHECKING:
    from .remembrance import Remembered

REMEMBER_EVERY = 2.0
"""Seconds between looks at what has changed about the workspace."""


class Remembering(WorkspaceActions):
    """The part of the app that remembers."""

    _memory: Path
    _remembered: Remembered

    def take_up_what_was(self) -> None:
        """Tabs, drafts and layout as they were in this folder; from now on remember them."""
        from .remembrance import load_remembered, remembered_path, take_up

        self._memory = remembered_path(state_dir(), Path.cwd())
        self._remembered = load_remembered(self._memory)
        lost = take_up(self.workspace, self._remembered)
        if self._remembered.layout:
            self.desk.restore_layout(self._remembered.layout)
        if lost and self.desk.editor.is_blank and not self.model.draft.text:
            self.model.draft.text = lost
        self.show_active()
        self._offer_archives()
        self.set_interval(REMEMBER_EVERY, self.remember)

    def _offer_archives(self) -> None:
        """Say which sessions of last time have ended and can be had back from the disk."""
        from pyrepl_worker import protocol

        gone = [
            tab.name
            for tab in self._remembered.tabs
            if self.workspace.by_session(tab.session) is None
            and any((session_dir(state_dir(), tab.session) / protocol.ARCHIVES).glob("*"))
        ]
        if gone:
            text = "{key:recall_session} brings back what they had on the disk."
            many = "has ended" if len(gone) == 1 else "have ended"
            self.bridge.announce("information", f"{', '.join(gone[:5])} {many}", text)

    def remember(self) -> None:
        """Write down what the workspace is like, if that has changed."""
        from .remembrance import remember, save_remembered

        self.desk.note_whereabouts()
        now = remember(self.workspace, self.desk.editor.text, self.desk.layout_choices)
        if now == self._remembered:
            return
        self._remembered = now
        with contextlib.suppress(OSError):  # it is tried again as soon as something changes
            save_remembered(self._memory, now)
