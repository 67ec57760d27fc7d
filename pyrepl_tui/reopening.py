"""Sessions of this folder that ended while nobody looked: offered until they are taken up again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .past import undo
from .time_actions import TimeActions

if TYPE_CHECKING:
    from .remembrance import RememberedTab


class Reopening(TimeActions):
    """The part of the app that brings back tabs whose sessions have ended."""

    ended: tuple[RememberedTab, ...] = ()
    """The tabs that are offered."""

    def offer(self, tabs: Iterable[RememberedTab]) -> None:
        """Say which tabs can be reopened, until each of them was, or was given up."""
        self.ended = tuple(t for t in tabs if self.workspace.by_session(t.session) is None)
        self.desk.ended.show([tab.name for tab in self.ended])

    def action_reopen_ended(self) -> None:
        """List the tabs that are offered."""
        if self.ended:
            self.run_worker(self._choose_ended(), group="dialog", exclusive=True)
        else:
            text = "No session of this folder has ended unasked."
            self.notify(f"{text} {{key:recall_session}} finds all others.", timeout=4)

    async def _choose_ended(self) -> None:
        from .screens.ended import EndedScreen

        left, wanted = await self.push_screen_wait(EndedScreen(self.ended)) or (self.ended, ())
        self.offer(left)
        shown = False
        for tab in wanted:
            shown = await self._reopen(tab, show=not shown) or shown
        self.remember()

    async def _reopen(self, tab: RememberedTab, *, show: bool) -> bool:
        """Bring one back with its draft and place. Returns whether its tab is there."""
        model = await self.bridge.recall(tab.session)
        if model is None:
            return False
        idle = self.model
        model.draft.text, model.begin_at = tab.draft, tab.begin_at
        self.offer(self.ended)
        if show:
            self.go_to(model)
            if len(self.workspace) == 2 and idle.untouched and not idle.draft.text.strip():
                await self.bridge.close(idle, end=True)
        self.desk.tabs.refresh()
        await self.attempt(model, f"{model.name}: nothing was brought back", undo, moves=True)
        return True
