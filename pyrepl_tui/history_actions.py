"""What the app does with the history of all sessions: notes runs, recalls and searches them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from . import locations
from .engine.errors import CheckpointError
from .past import restore, undo
from .session_change import STATE
from .time_actions import TimeActions

if TYPE_CHECKING:
    from .engine.history import History
    from .models import SessionModel
    from .past import PastLike
    from .settings import Settings

_TIME_MAGIC = re.compile(r"\s*%(?P<name>checkpoint|restore)(?:[^\S\n]+(?P<label>[^\n]*))?\s*$")
RECALLED = 500
"""How many entries of other sessions the up key walks through."""


class HistoryActions(TimeActions):
    """The part of the app that remembers what was run."""

    settings: Settings
    """The user's choices."""
    _history: History | None = None
    _history_told = ""
    """The problem of the history that was announced last."""

    @property
    def history(self) -> History:
        """Code run in all sessions, earlier ones too."""
        if self._history is None:
            from .engine.history import History

            self._history = History(locations.state_dir() / "history.sqlite")
        return self._history

    def on_load(self) -> None:
        """Let new tabs recall what was run before."""
        self.workspace.earlier = self.earlier_code

    def on_unmount(self) -> None:
        """Let go of the file."""
        if self._history is not None:
            self._history.close()

    def earlier_code(self, model: SessionModel) -> list[str]:
        """What was run before in a tab's folder, else anywhere; oldest first."""
        found = self.history.recent(RECALLED, model.cwd or None)
        if len(found) < RECALLED // 10:
            known = {entry.id for entry in found}
            found += [each for each in self.history.recent(RECALLED) if each.id not in known]
        return [entry.code for entry in reversed(found)]

    def run_code(self, model: SessionModel, code: str) -> None:
        """Note code before it runs, so that it survives what the run does."""
        if model.alive:
            self.history.add(code, model.cwd)
            self._tell_of_history()
            self.bridge.link(model).stops_on_error = self.settings.stop_on_error
            magic = _TIME_MAGIC.match(code)
            if magic is not None:
                self._travel_by_code(magic["name"], (magic["label"] or "").strip())
                return
        super().run_code(model, code)

    def _travel_by_code(self, name: str, label: str) -> None:
        """Carry out ``%checkpoint`` and ``%restore``: no code that runs could do that."""
        if name == "checkpoint":
            self.travel("No checkpoint was taken", lambda session: _take(session, label))
        else:
            self.travel("Not restored", lambda session: _restore(session, label))

    def _tell_of_history(self) -> None:
        problem = self.history.problem
        if problem and problem != self._history_told and hasattr(self, "bridge"):
            self.bridge.announce("warning", "History", problem)
        self._history_told = problem

    def action_search_history(self) -> None:
        """Search all that was run."""
        self.run_worker(self._search_history(), group="dialog", exclusive=True)

    async def _search_history(self) -> None:
        from .screens.history import HistoryScreen

        editor = self.desk.editor
        typed = "" if editor.document.line_count > 1 else editor.text.strip()
        screen = HistoryScreen(self.history, self.model.cwd, typed)
        choice = await self.push_screen_wait(screen)
        self._tell_of_history()
        if choice is None:
            return
        if choice.runs:
            for code in choice.codes:
                self.run_code(self.model, code)
            return
        if typed:
            editor.clear_for_recall()
        editor.insert_code("\n".join(choice.codes))

    # -- the queue ---------------------------------------------------------------------------

    def action_show_queue(self) -> None:
        """Show what waits for its turn."""
        self.run_worker(self._show_queue(self.model), group="dialog", exclusive=True)

    async def _show_queue(self, model: SessionModel) -> None:
        from .screens.queue import QueueScreen

        stops = self.settings.stop_on_error
        choice = await self.push_screen_wait(QueueScreen(model.name, model.early, stops))
        if choice.stops_on_error != stops:
            self.change_settings(stop_on_error=choice.stops_on_error)
            self.bridge.link(model).stops_on_error = choice.stops_on_error
        if choice.edited is not None:
            self.desk.editor.insert_code(choice.edited)
        self.bridge.changed(model, STATE)


async def _take(session: PastLike, label: str) -> str:
    point = await session.checkpoint(label or None)
    named = f" {point.label!r}" if point.label else ""
    return f"Checkpoint{named} taken after run {point.execution_count}."


async def _restore(session: PastLike, label: str) -> str:
    """Restore the newest checkpoint with that name or id; without one undo the last run."""
    if not label:
        return await undo(session)
    for point in reversed(await session.checkpoints()):
        if label in (point.label, point.id):
            return await restore(session, point)
    raise CheckpointError(
        f"There is no checkpoint named {label!r}. {{key:show_timeline}} shows all there are."
    )
