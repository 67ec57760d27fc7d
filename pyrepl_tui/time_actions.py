"""What the commands of the time machine do: one method per declaration in `commands`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from .past import archive, branch, delete, export, label, pin, redo, restore, take, undo
from .policy_actions import PolicyActions

if TYPE_CHECKING:
    from .engine.values import Checkpoint
    from .models import SessionModel
    from .session_like import SessionLike
    from .widgets.timeline_tree import TimelineTree


class TimeActions(PolicyActions):
    """The part of the app that goes back in time."""

    def compare_sides(
        self, left: SessionLike, right: SessionLike | None = None, point: Checkpoint | None = None
    ) -> None:
        """Show a session beside another one (None: itself) or beside a checkpoint of that."""
        raise NotImplementedError

    def look_into(self, point: Checkpoint) -> None:
        """Show a checkpoint's variables."""
        raise NotImplementedError

    def action_undo_run(self) -> None:
        """Bring back the state before the last run."""
        self.travel("Nothing was undone", undo, moves=True)

    def action_redo_run(self) -> None:
        """Bring back what was undone."""
        self.travel("Nothing was brought back", redo, moves=True)

    def action_take_checkpoint(self) -> None:
        """Keep the present state."""
        self.travel("No checkpoint was taken", take)

    def action_show_timeline(self) -> None:
        """Show the tree of checkpoints, go to it, or hide it."""
        self.desk.toggle_timeline()

    def action_recall_session(self) -> None:
        """Offer the sessions that have ended."""
        self.run_worker(self._recall(), group="dialog", exclusive=True)

    async def _recall(self) -> None:
        from .screens.dialogs import Choice, ChoiceDialog

        ended = await self.bridge.ended()
        if not ended:
            self.notify("No session that has ended left checkpoints on disk.")
            return
        choices = [Choice(session_id, text) for session_id, text in ended]
        chosen = await self.push_screen_wait(ChoiceDialog("Take up a session", "", choices))
        model = await self.bridge.recall(chosen) if chosen else None
        if model is not None:
            self.go_to(model)

    def travel(
        self, failure: str, way: Callable[[SessionLike], Awaitable[str]], *, moves: bool = False
    ) -> None:
        """Do something with the active session's past, and say what came of it: see `attempt`."""
        work = self.attempt(self.model, failure, way, moves=moves)
        self.run_worker(work, group=f"past-{self.model.key}", exclusive=False)

    def on_timeline_tree_wanted(self, event: TimelineTree.Wanted) -> None:
        """A command of the timeline."""
        point = event.row.point
        if event.action == "take":
            self.action_take_checkpoint()
        elif event.action == "redo":
            self.action_redo_run()
        elif event.action in ("branch", "reseeded") and (event.row.is_present or point):
            self._branch(point, reseed=event.action == "reseeded")
        elif point is None:
            self.notify("There is no checkpoint of this state yet. K takes one.", timeout=4)
        else:
            self._do_with(event.action, point)

    def on_timeline_tree_menu_wanted(self, event: TimelineTree.MenuWanted) -> None:
        """Offer the timeline's commands to the mouse."""
        self.run_worker(self._offer_commands(event.tree), group="dialog", exclusive=True)

    async def _offer_commands(self, tree: TimelineTree) -> None:
        from .commands import in_scope
        from .screens.dialogs import Choice, ChoiceDialog
        from .widgets.line import clipped
        from .widgets.timeline_text import title

        row = tree.row
        assert row is not None, "the menu was wanted for a row"
        found = [each for each in in_scope("timeline", self.commands) if "want(" in each.id]
        choices = [
            Choice(each.id.split('"')[1], each.title, "".join(k for k in each.keys if len(k) == 1))
            for each in found
        ]
        chosen = await self.push_screen_wait(ChoiceDialog(clipped(title(row), 56), "", choices))
        if chosen is not None:
            tree.action_want(chosen)

    def _do_with(self, action: str, point: Checkpoint) -> None:
        if action == "restore":
            if not point.has_image and point.has_archive:
                self.notify("It is brought back from the disk …", timeout=3)
            self.travel("Not restored", lambda session: restore(session, point), moves=True)
        elif action == "compare":
            left = self.bridge.link(self.model).session
            if left is not None:
                self.compare_sides(left, point=point)
        elif action == "inspect":
            self.look_into(point)
        elif action == "pin":
            self.travel("Not pinned", lambda session: pin(session, point))
        elif action == "archive":
            self.travel("Not archived", lambda session: archive(session, point))
        else:
            asking = {
                "label": self._ask_label,
                "export": self._ask_export,
                "delete": self._ask_delete,
            }
            self.run_worker(asking[action](self.model, point), group="dialog", exclusive=True)

    def _branch(self, point: Checkpoint | None, *, reseed: bool) -> None:
        """Open a checkpoint, or the present, in a tab of its own."""
        name = self.workspace.free_name()
        self.travel(
            "No branch was opened", lambda session: branch(session, point, name, reseed=reseed)
        )

    async def _ask_label(self, model: SessionModel, point: Checkpoint) -> None:
        from .screens.dialogs import NameDialog

        empty = "empty removes it" if point.label else ""
        dialog = NameDialog("Label of the checkpoint", point.label or "", empty=empty)
        text = await self.push_screen_wait(dialog)
        if text is not None:
            await self.attempt(model, "Not labelled", lambda s: label(s, point, text or None))

    async def _ask_export(self, model: SessionModel, point: Checkpoint) -> None:
        from .screens.dialogs import NameDialog

        name = f"{model.name} {point.label or point.execution_count}.pyrepl".replace("/", "-")
        path = await self.push_screen_wait(NameDialog("File for the checkpoint", name))
        if path is not None:
            await self.attempt(model, "Not exported", lambda s: export(s, point, path))

    async def _ask_delete(self, model: SessionModel, point: Checkpoint) -> None:
        from .screens.dialogs import Choice, ChoiceDialog

        choices = (Choice("delete", "Delete it", "d"), Choice("cancel", "Cancel", "c"))
        body = "It can never be restored again. What came after it stays."
        dialog = ChoiceDialog("Delete the checkpoint?", body, choices)
        if await self.push_screen_wait(dialog) == "delete":
            await self.attempt(model, "Not deleted", lambda s: delete(s, point))
