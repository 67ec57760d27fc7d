"""What each command of the app does: one method per declaration in `commands`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .commands import with_keys
from .engine.errors import PyreplError
from .models import BUSY, DEAD, ENDED, STARTING, WAITING, SessionModel, Workspace
from .toasts import Toasts

if TYPE_CHECKING:
    from .bridge import Bridge
    from .screens.new_session import NewSessionDialog
    from .session_options import SessionOptions

PATIENCE = 3
"""Interrupts of one run in vain, after which stronger means are offered."""


class WorkspaceActions(Toasts):
    """The part of the app that carries out commands."""

    workspace: Workspace
    bridge: Bridge
    presets: Mapping[str, SessionOptions]
    """Kinds of new sessions, by the names that the settings give them."""

    def show_active(self) -> None:
        """Bind the panes to the active tab."""
        raise NotImplementedError

    def remember(self, *, ending: bool = False) -> None:
        """Write down what the workspace is like; `ending`: its sessions end now, by choice."""
        raise NotImplementedError

    def change_settings(self, **changes: object) -> None:
        """Remember other choices of the user."""
        raise NotImplementedError

    @property
    def model(self) -> SessionModel:
        """The active tab."""
        assert self.workspace.active is not None, "the workspace always has a tab"
        return self.workspace.active

    # -- running -----------------------------------------------------------------------------

    def run_code(self, model: SessionModel, code: str) -> None:
        """Run code in a tab, or say why it cannot run."""
        if model.alive:
            self.bridge.link(model).run(code)
        else:
            self.refuse(model)

    def refuse(self, model: SessionModel) -> None:
        """Say that there is nobody to run code, and what to do about it."""
        if model.state == ENDED:
            text = "This session has ended. {key:new_session} opens a new one."
        else:
            way = "{key:undo_run} brings back its newest checkpoint, " if model.past.is_kept else ""
            text = f"The worker is dead. {way}{{key:restart_session}} starts an empty one."
        self.notify(text, severity="warning")

    def action_interrupt(self) -> None:
        """Interrupt the code of the active tab; offer more when that does not help."""
        model = self.model
        if model.state not in (BUSY, WAITING, STARTING) and not model.queued:
            self.notify("Nothing runs. {key:quit} quits, {key:help} shows all keys.", timeout=3)
            return
        self.bridge.link(model).interrupt()
        if model.interrupts >= PATIENCE:
            self.run_worker(self._escalate(model), group="escalate", exclusive=True)

    async def _escalate(self, model: SessionModel) -> None:
        from .screens.dialogs import Choice, ChoiceDialog

        choices = (
            Choice("wait", "Wait a little longer", "w"),
            Choice("stacks", "Show where the code is", "s"),
            Choice("kill", "Kill the worker: its variables are lost", "k"),
        )
        body = f"{model.name} was interrupted {model.interrupts} times and still runs."
        chosen = await self.push_screen_wait(ChoiceDialog("The code does not stop", body, choices))
        model.interrupts = 0
        if chosen == "stacks":
            await self._show_stacks(model)
        elif chosen == "kill":
            self.bridge.link(model).kill()

    def action_show_stacks(self) -> None:
        """Show where every thread of the worker is."""
        self.run_worker(self._show_stacks(self.model), group="stacks", exclusive=True)

    async def _show_stacks(self, model: SessionModel) -> None:
        from .screens.dialogs import TextScreen

        try:
            text = await self.bridge.link(model).stacks()
        except PyreplError as error:
            self.notify(str(error), title="No stacks to show", severity="warning")
            return
        self.push_screen(TextScreen(f"{model.name}: where the code is", text))

    def action_restart_session(self) -> None:
        """A fresh worker; asks first if the present one lives."""
        self.run_worker(self._restart(self.model), group="dialog", exclusive=True)

    async def _restart(self, model: SessionModel) -> None:
        from .screens.dialogs import Choice, ChoiceDialog

        if model.state == ENDED:
            self.refuse(model)
            return
        if model.state != DEAD:
            choices = (
                Choice("restart", "Start with an empty worker: variables are lost", "s"),
                Choice("cancel", "Cancel", "c"),
            )
            body = "Output and history of the session stay."
            dialog = ChoiceDialog(f"Fresh start for {model.name}?", body, choices)
            if await self.push_screen_wait(dialog) != "restart":
                return
        self.clear_notifications()
        self.bridge.restart(model)

    def action_kill_worker(self) -> None:
        """Kill the worker of the active tab."""
        self.bridge.link(self.model).kill()

    # -- sessions ----------------------------------------------------------------------------

    def action_new_session(self) -> None:
        """Open a tab with a session of its own."""
        self.workspace.activate(self.bridge.open())
        self.show_active()

    def action_new_session_in(self) -> None:
        """Offer the interpreters of this machine for a new session."""
        self.run_worker(self._new_session_in(), group="dialog", exclusive=True)

    async def _new_session_in(self) -> None:
        from .screens.new_session import NewSessionDialog

        dialog = NewSessionDialog(self.workspace.free_name(), self.presets)
        looking = self.run_worker(self._look_for_pythons(dialog), exit_on_error=False)
        chosen = await self.push_screen_wait(dialog)
        looking.cancel()
        if chosen is not None:
            self.workspace.activate(self.bridge.open(chosen.name, chosen.options))
            self.show_active()

    async def _look_for_pythons(self, dialog: NewSessionDialog) -> None:
        async for found in self.bridge.pythons():
            dialog.show_pythons(found)

    def action_close_session(self, key: int | None = None) -> None:
        """Close a tab, the active one unless told otherwise."""
        model = self.model if key is None else self.workspace.get(key)
        if model is not None:
            self.run_worker(self._close(model), group="dialog", exclusive=True)

    async def _close(self, model: SessionModel) -> None:
        end = True
        if model.alive and (model.busy or model.execution_count or not model.ours):
            chosen = await self._ask_how_to_close(model)
            if chosen not in ("end", "leave"):
                return
            end = chosen == "end"
        if model not in self.workspace.tabs:
            return
        if len(self.workspace) == 1:
            self.workspace.activate(self.bridge.open())
        if self.bridge.beside is model:
            self._put_beside(None)
        closing = self.bridge.close(model, end=end)
        self.run_worker(closing, group=f"close-{model.key}", exit_on_error=False)
        self.show_active()

    async def _ask_how_to_close(self, model: SessionModel) -> str | None:
        from .screens.dialogs import Choice, ChoiceDialog

        doing = {BUSY: "It is running code.", WAITING: "It waits for input."}
        body = doing.get(model.state, "Ending it gives up its variables.")
        choices = (
            Choice("end", "End the session", "e"),
            Choice("leave", "Close the tab only; the session goes on", "t"),
            Choice("cancel", "Cancel", "c"),
        )
        return await self.push_screen_wait(ChoiceDialog(f"Close {model.name}?", body, choices))

    def action_rename_session(self, key: int | None = None) -> None:
        """Ask for another name."""
        model = self.model if key is None else self.workspace.get(key)
        if model is not None:
            self.run_worker(self._rename(model), group="dialog", exclusive=True)

    async def _rename(self, model: SessionModel) -> None:
        from .screens.dialogs import NameDialog

        name = await self.push_screen_wait(NameDialog("Name of the session", model.name))
        if name and name != model.name and model in self.workspace.tabs:
            self.bridge.link(model).rename(name)

    def action_go_to_session(self, number: int) -> None:
        """Show the session in that place, from 1."""
        if 1 <= number <= len(self.workspace):
            self.go_to(self.workspace.tabs[number - 1])

    def go_to(self, model: SessionModel) -> None:
        """Show a tab; what called there has done its work."""
        if model.questions:
            self.clear_notifications()
        self.workspace.activate(model)
        self.show_active()

    def action_next_session(self) -> None:
        """Show the tab to the right."""
        self._step(1)

    def action_previous_session(self) -> None:
        """Show the tab to the left."""
        self._step(-1)

    def _step(self, step: int) -> None:
        model = self.workspace.neighbour(step)
        if model is not None:
            self.go_to(model)

    def action_move_session_right(self) -> None:
        """Move the active tab to the right."""
        self._move(1)

    def action_move_session_left(self) -> None:
        """Move the active tab to the left."""
        self._move(-1)

    def _move(self, step: int) -> None:
        at = self.workspace.tabs.index(self.model)
        if self.workspace.move(self.model, at + step):
            self.desk.tabs.refresh()

    def action_attach_session(self) -> None:
        """Offer living sessions that have no tab."""
        self.run_worker(self._attach_other(), group="dialog", exclusive=True)

    async def _attach_other(self) -> None:
        from .screens.dialogs import Choice, ChoiceDialog

        others = await self.bridge.elsewhere()
        if not others:
            self.notify("All living sessions have a tab.")
            return
        choices = [Choice(session_id, name) for session_id, name in others]
        chosen = await self.push_screen_wait(ChoiceDialog("Attach a session", "", choices))
        model = await self.bridge.attach(chosen) if chosen else None
        if model is not None:
            self.go_to(model)

    # -- view --------------------------------------------------------------------------------

    def action_next_pane(self) -> None:
        """Move the focus on."""
        self.desk.focus_next_pane()

    def action_toggle_variables(self) -> None:
        """Show or hide the variables."""
        self.desk.toggle_variables()

    def action_show_beside(self) -> None:
        """Show another session's output beside the active one's, or hide it."""
        if self.desk.beside is not None:
            self._put_beside(None)
        else:
            self.run_worker(self._show_beside(self.model), group="dialog", exclusive=True)

    async def _show_beside(self, model: SessionModel) -> None:
        from .screens.dialogs import Choice, ChoiceDialog

        others = [other for other in self.workspace if other is not model]
        if not others:
            text = "There is no other session. {key:new_session} opens one."
            self.notify(text, severity="warning")
            return
        chosen: str | None = str(others[0].key)
        if len(others) > 1:
            choices = [Choice(str(other.key), other.name) for other in others]
            chosen = await self.push_screen_wait(ChoiceDialog("Show beside", "", choices))
        if chosen:
            self._put_beside(self.workspace.get(int(chosen)))

    def _put_beside(self, model: SessionModel | None) -> None:
        if model is not None:
            self.bridge.link(model).look_at_output()
        # a session that has not begun yet has nothing to show
        self.bridge.beside = model if model is not None and model.document is not None else None
        self.desk.show_beside(self.bridge.beside)

    def on_beside_heading_clicked(self) -> None:
        """Its session becomes the active one, and the active one stands beside."""
        beside, active = self.desk.beside, self.model
        if beside is not None and beside.model in self.workspace.tabs:
            self._put_beside(active if active is not beside.model else None)
            self.go_to(beside.model)

    def action_maximise_pane(self) -> None:
        """Give the focused pane all the room, or share it out again."""
        self.desk.toggle_maximised()

    def action_widen_side(self) -> None:
        """Make the panes at the side wider."""
        self.desk.widen_side(4)

    def action_narrow_side(self) -> None:
        """Make the panes at the side narrower."""
        self.desk.widen_side(-4)

    def action_move_side(self) -> None:
        """Put the panes at the side into another place."""
        self.desk.move_side()

    def action_swap_side(self) -> None:
        """Let the panes at the side change places."""
        self.desk.swap_side()

    def action_show_log(self) -> None:
        """Show all announcements, newest first."""
        from .screens.dialogs import TextScreen

        parts = []
        for entry in reversed(self.bridge.log):
            clock = time.strftime("%H:%M:%S", time.localtime(entry.at))
            parts.append(f"{clock}  {entry.level}  {entry.title}\n{entry.text}".rstrip())
        text = with_keys("\n\n".join(parts), self.commands) or "Nothing was announced so far."
        self.push_screen(TextScreen("Messages", text))

    def action_help(self) -> None:
        """Show the help screen."""
        from .screens.help import HelpScreen

        self.push_screen(HelpScreen(self.commands))

    async def action_quit(self) -> None:
        """Leave; asks what becomes of living sessions."""
        self.run_worker(self._quit(), group="dialog", exclusive=True)

    async def _quit(self) -> None:
        from .screens.dialogs import Choice, ChoiceDialog

        living = [model for model in self.workspace if model.alive]
        used = [model for model in living if model.execution_count or model.busy or not model.ours]
        end = True
        if used:
            running = sum(model.busy for model in living)
            many = len(living) > 1
            them = "them" if many else "it"
            body = f"{len(living)} session{'s' * many}, {running} running."
            choices = (
                Choice("keep", f"Keep {them}; the next start shows {them} again", "k"),
                Choice("end", f"End {them}: variables are lost", "e"),
                Choice("cancel", "Cancel", "c"),
            )
            chosen = await self.push_screen_wait(ChoiceDialog("Quit", body, choices))
            if chosen not in ("keep", "end"):
                return
            end = chosen == "end"
        self.remember(ending=end)
        await self.bridge.stop(end=end)
        self.exit()
