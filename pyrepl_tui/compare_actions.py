"""What the commands that compare do: one method per declaration in `commands`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .engine.errors import PyreplError
from .time_actions import TimeActions

if TYPE_CHECKING:
    from .comparing import Sides
    from .engine.values import Checkpoint
    from .models import SessionModel
    from .screens.compare import CompareScreen
    from .session_like import SessionLike

_MOST_POINTS = 30


class CompareActions(TimeActions):
    """The part of the app that lays two sides beside each other."""

    _sides: Sides

    def action_compare(self) -> None:
        """Ask what the active session is to be compared with."""
        self.run_worker(self._choose_side(self.model), group="dialog", exclusive=True)

    async def _choose_side(self, model: SessionModel) -> None:
        from .comparing import title_of
        from .screens.dialogs import Choice, ChoiceDialog

        left = self.bridge.link(model).session
        if left is None:
            self.notify("The session is not there yet.", severity="warning")
            return
        others: dict[str, SessionLike | Checkpoint] = {}
        choices = []
        for other in self.workspace:
            side = self.bridge.link(other).session
            if other is not model and other.alive and side is not None:
                others[f"session {other.key}"] = side
                choices.append(Choice(f"session {other.key}", other.name))
        points = await left.checkpoints()
        held = [each for each in reversed(points) if each.has_image or each.has_archive]
        for point in held[:_MOST_POINTS]:
            others[point.id] = point
            choices.append(Choice(point.id, title_of(point)))
        if not choices:
            text = "There is no other session and no checkpoint. {key:new_session} opens a session."
            self.notify(text, title="Nothing to compare with", severity="warning")
            return
        dialog = ChoiceDialog(f"Compare {model.name} with", "", choices)
        chosen = await self.push_screen_wait(dialog)
        if chosen:
            self.compare_sides(left, others[chosen])

    def compare_sides(self, left: SessionLike, right: SessionLike | Checkpoint) -> None:
        """Show a session beside another one or one of its checkpoints."""
        from .comparing import Sides
        from .screens.compare import CompareScreen

        self._sides = Sides(left, right)
        self.push_screen(CompareScreen(*self._sides.titles, runnable=self._sides.runnable))

    def on_compare_screen_wanted(self, event: CompareScreen.Wanted) -> None:
        """Compare."""
        work = self._look(event.screen, event.tolerance)
        self.run_worker(work, group="compare", exclusive=True)

    def on_compare_screen_run_wanted(self, event: CompareScreen.RunWanted) -> None:
        """Run code on both sides, then compare."""
        self.run_worker(self._run_in_both(event.screen, event.code), group="compare-run")

    def on_compare_screen_take_wanted(self, event: CompareScreen.TakeWanted) -> None:
        """Copy a variable, then compare."""
        work = self._take(event.screen, event.name, to_left=event.to_left)
        self.run_worker(work, group="compare-run")

    async def _take(self, screen: CompareScreen, name: str, *, to_left: bool) -> None:
        try:
            text = await self._sides.take(name, to_left=to_left)
        except (PyreplError, LookupError) as error:
            screen.fail(str(error))
            return
        self.notify(text)
        screen.compare()

    async def _run_in_both(self, screen: CompareScreen, code: str) -> None:
        try:
            await self._sides.run(code)
        except PyreplError as error:
            screen.fail(str(error))
        else:
            screen.compare()

    async def _look(self, screen: CompareScreen, tolerance: float) -> None:
        try:
            findings = await self._sides.look(tolerance)
        except PyreplError as error:
            screen.fail(str(error))
        else:
            if screen.is_attached:
                screen.show(findings)
