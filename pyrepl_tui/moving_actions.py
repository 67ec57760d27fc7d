"""The command that takes a session over into another interpreter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .actions import WorkspaceActions
from .engine.errors import PyreplError

if TYPE_CHECKING:
    from .models import SessionModel


class MovingActions(WorkspaceActions):
    """The part of the app that changes a session's interpreter."""

    def action_move_to_python(self) -> None:
        """Ask for another interpreter, and take the session over into it."""
        self.run_worker(self._move_over(self.model), group="dialog", exclusive=True)

    async def _move_over(self, model: SessionModel) -> None:
        from .moving import move, summary, verdicts
        from .screens.dialogs import TextScreen

        session = self.bridge.link(model).session
        if session is None or not model.alive or model.busy:
            self.notify("A session can be moved while its worker lives and is idle.", timeout=5)
            return
        python = await self._choose_python(model)
        if python is None:
            return
        self.notify("The session is archived and loaded there …", timeout=3)
        name = self.workspace.free_name()
        try:
            session_id, report = await move(session, python, name, session.limits)
        except (PyreplError, OSError, ValueError) as error:
            self.bridge.announce("error", f"{model.name}: not moved", str(error))
            return
        moved = await self.bridge.attach(session_id)
        if moved is not None:
            self.go_to(moved)
        title = f"{model.name} in {python}: {summary(report)}. It goes on as {name}."
        self.push_screen(TextScreen(title, verdicts(report)))

    async def _choose_python(self, model: SessionModel) -> str | None:
        from .screens.dialogs import Choice, ChoiceDialog

        self.notify("Looking for interpreters …", timeout=2)
        found = [each async for each in self.bridge.pythons()]
        choices = [
            Choice(each.path, f"{each.version:8} {each.path}")
            for each in (found[-1] if found else ())
            if each.path != model.executable
        ]
        if not choices:
            self.notify("There is no other interpreter on this machine that runs sessions.")
            return None
        body = "A new tab takes over what can be archived; this session stays as it is."
        return await self.push_screen_wait(ChoiceDialog("Move to another Python", body, choices))
