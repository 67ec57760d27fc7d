"""What the commands that compare do: one method per declaration in `commands`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .engine.errors import PyreplError
from .time_actions import TimeActions

if TYPE_CHECKING:
    from .comparing import Side, Sides
    from .engine.values import Checkpoint
    from .models import SessionModel
    from .screens.compare import CompareScreen
    from .session_like import SessionLike

_MOST_POINTS = 30
"""Checkpoints of each session that are offered: the latest."""


class CompareActions(TimeActions):
    """The part of the app that lays two sides beside each other."""

    _sides: Sides

    def action_compare(self) -> None:
        """Ask what the active session is to be compared with."""
        self.run_worker(self._compare_with(self.model), group="dialog", exclusive=True)

    async def _compare_with(self, model: SessionModel) -> None:
        from .comparing import Side

        session = self.bridge.link(model).session
        if session is None:
            self.notify("The session is not there yet.", severity="warning")
            return
        left = Side(session)
        right = await self._choose_side(f"Compare {model.name} with", left)
        if right is not None:
            self._show_sides(left, right)

    async def _choose_side(self, title: str, other: Side) -> Side | None:
        """Ask for a session or a checkpoint of any tab; those of the other side come first."""
        from .comparing import Side
        from .screens.dialogs import Choice, ChoiceDialog

        links = [self.bridge.link(model) for model in self.workspace if model.alive]
        sessions = [link.session for link in links if link.session is not None]
        sessions.sort(key=lambda session: session is not other.session)
        sides = [Side(session) for session in sessions]
        for session in sessions:
            points = reversed(await session.checkpoints())
            held = [each for each in points if each.has_image or each.has_archive]
            sides += [Side(session, point) for point in held[:_MOST_POINTS]]
        sides = [side for side in sides if side.key != other.key]
        if not sides:
            text = "There is no other session and no checkpoint. {key:new_session} opens a session."
            self.notify(text, title="Nothing to compare with", severity="warning")
            return None
        choices = [
            Choice(str(at), side.title(other) + _time_of(side)) for at, side in enumerate(sides)
        ]
        chosen = await self.push_screen_wait(ChoiceDialog(title, "", choices))
        return None if chosen is None else sides[int(chosen)]

    def compare_sides(
        self, left: SessionLike, right: SessionLike | None = None, point: Checkpoint | None = None
    ) -> None:
        """Show a session beside another one (None: itself) or beside a checkpoint of that."""
        from .comparing import Side

        self._show_sides(Side(left), Side(left if right is None else right, point))

    def _show_sides(self, left: Side, right: Side) -> None:
        from .comparing import Sides
        from .screens.compare import CompareScreen

        self._sides = Sides(left, right)
        self.push_screen(CompareScreen(self._sides.ends))

    def on_compare_screen_side_wanted(self, event: CompareScreen.SideWanted) -> None:
        """Put something else on a side."""
        work = self._change_side(event.screen, is_left=event.is_left)
        self.run_worker(work, group="dialog", exclusive=True)

    async def _change_side(self, screen: CompareScreen, *, is_left: bool) -> None:
        from .comparing import Sides

        other = self._sides.right if is_left else self._sides.left
        title = f"On the {'left' if is_left else 'right'}, beside {other.title(other)}"
        chosen = await self._choose_side(title, other)
        if chosen is not None:
            self._sides = Sides(chosen, other) if is_left else Sides(other, chosen)
            screen.begin(self._sides.ends)

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


def _time_of(side: Side) -> str:
    """What tells checkpoints after the same run apart."""
    from .widgets.timeline_text import clock

    return "" if side.point is None else f", {clock(side.point.created_at)}"
