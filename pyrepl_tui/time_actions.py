"""What the commands of the time machine do: one method per declaration in `commands`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from .actions import WorkspaceActions
from .engine.errors import PyreplError
from .models import SessionModel
from .past import PastLike, redo, undo


class TimeActions(WorkspaceActions):
    """The part of the app that goes back in time."""

    def action_undo_run(self) -> None:
        """Bring back the state before the last run."""
        self._travel("Nothing was undone", undo)

    def action_redo_run(self) -> None:
        """Bring back what was undone."""
        self._travel("Nothing was brought back", redo)

    def action_take_checkpoint(self) -> None:
        """Keep the present state."""
        self._travel("No checkpoint was taken", _take)

    def action_show_timeline(self) -> None:
        """Show the tree of checkpoints."""
        self.run_worker(self._show_timeline(self.model), group="dialog", exclusive=True)

    def _travel(self, failure: str, way: Callable[[PastLike], Awaitable[str]]) -> None:
        work = self._attempt(self.model, failure, way)
        self.run_worker(work, group=f"past-{self.model.key}", exclusive=False)

    async def _attempt(
        self, model: SessionModel, failure: str, way: Callable[[PastLike], Awaitable[str]]
    ) -> None:
        past = self.bridge.link(model).past
        if past is None:
            self.notify("The session is not there yet.", title=failure, severity="warning")
            return
        try:
            text = await way(past)
        except PyreplError as error:
            self.notify(str(error), title=failure, severity="warning")
            return
        self.bridge.link(model).look_again()
        self.notify(text, timeout=4)

    async def _show_timeline(self, model: SessionModel) -> None:
        from .screens.timeline import TimelineScreen

        past = self.bridge.link(model).past
        if past is None:
            return
        points = await past.checkpoints()
        timeline = past.timeline
        screen = TimelineScreen(model.name, points, timeline.kinds, timeline.present)
        choice = await self.push_screen_wait(screen)
        if choice is None:
            return
        if choice.action == "take":
            await self._attempt(model, "No checkpoint was taken", _take)
        elif choice.action == "restore":
            await self._attempt(model, "Not restored", lambda p: _restore(p, choice.checkpoint))
        else:
            name = self.workspace.free_name()
            await self._attempt(
                model, "No branch was opened", lambda p: _branch(p, choice.checkpoint, name)
            )


async def _take(past: PastLike) -> str:
    point = await past.checkpoint(None)
    text = f"Checkpoint taken after run {point.execution_count}."
    return text + "".join(f"\n{warning}" for warning in point.warnings[:3])


async def _restore(past: PastLike, checkpoint: str) -> str:
    report = await past.restore(checkpoint)
    text = f"Restored: {len(report.verdicts)} variables, exact. Alt+Y undoes it."
    return text + "".join(f"\n{caveat}" for caveat in list(report.caveats.values())[:3])


async def _branch(past: PastLike, checkpoint: str, name: str) -> str:
    twin = await past.branch(checkpoint, name=name)
    await twin.detach()  # its tab comes by itself, as for every session that appears
    return f"{name} goes on from there in a tab of its own."
