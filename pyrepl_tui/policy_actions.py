"""What the commands of transactions do: the policy of runs, and what is pending."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import nullcontext

from .actions import WorkspaceActions
from .engine.errors import PyreplError
from .models import SessionModel
from .session_change import Change
from .session_like import SessionLike

LETTERS = {
    "commit_always": "a",
    "commit_on_success": "s",
    "rollback_on_failure": "f",
    "explicit": "e",
}
"""Key of each policy in the dialog that offers them."""


class PolicyActions(WorkspaceActions):
    """The part of the app that says what becomes of changes."""

    def action_choose_policy(self) -> None:
        """Offer the four policies for the active session."""
        self.run_worker(self._choose_policy(self.model), group="dialog", exclusive=True)

    async def _choose_policy(self, model: SessionModel) -> None:
        chosen = await self._ask_for_policy(f"Changes of runs in {model.name} are", model.policy)
        if chosen is not None:
            self.set_policy(model, chosen)

    def set_policy(self, model: SessionModel, policy: str) -> None:
        """Runs from here on follow a policy; what is pending stays so."""
        model.policy = policy
        self.bridge.changed(model, Change.STATUS)
        if model.past.pending and policy != "explicit":
            self.notify("What is pending stays so until you commit it or roll it back.", timeout=6)

    def action_choose_new_policy(self) -> None:
        """Offer the four policies for new sessions."""
        self.run_worker(self._choose_new_policy(), group="dialog", exclusive=True)

    async def _choose_new_policy(self) -> None:
        title = "Changes of runs in new sessions are"
        chosen = await self._ask_for_policy(title, self.workspace.policy)
        if chosen is not None:
            self.workspace.policy = chosen
            self.change_settings(new_policy=chosen)

    async def _ask_for_policy(self, title: str, present: str) -> str | None:
        from .screens.dialogs import Choice, ChoiceDialog
        from .widgets.pending_bar import POLICIES

        width = max(len(name) for name, _ in POLICIES.values())
        choices = []
        for policy in sorted(POLICIES, key=lambda policy: policy != present):
            name, meaning = POLICIES[policy]
            choices.append(Choice(policy, f"{name:{width}}  {meaning}", LETTERS[policy]))
        return await self.push_screen_wait(ChoiceDialog(title, "", choices))

    def action_commit_pending(self) -> None:
        """Keep what is pending."""
        self._end_transaction("Nothing was committed", _commit)

    def action_roll_back_pending(self) -> None:
        """Put back the state before what is pending."""
        self._end_transaction("Nothing was rolled back", _roll_back, moves=True)

    def _end_transaction(
        self, failure: str, way: Callable[[SessionLike], Awaitable[str]], *, moves: bool = False
    ) -> None:
        model = self.model
        work = self.attempt(model, failure, way, moves=moves)
        self.run_worker(work, group=f"past-{model.key}", exclusive=False)

    async def attempt(
        self,
        model: SessionModel,
        failure: str,
        way: Callable[[SessionLike], Awaitable[str]],
        *,
        moves: bool = False,
    ) -> bool:
        """Do something with a session's past, and say what came of it.

        Args:
            model: its tab.
            failure: what to say if it fails.
            way: what is done.
            moves: whether the session is another one then, so that code entered meanwhile waits.
        """
        session = self.bridge.link(model).session
        if session is None:
            self.notify("The session is not there yet.", title=failure, severity="warning")
            return False
        try:
            async with self.bridge.link(model).held() if moves else nullcontext():
                text = await way(session)
        except PyreplError as error:
            self.bridge.link(model).look_again()
            self.notify(str(error), title=failure, severity="warning", markup=False)
            return False
        self.bridge.link(model).look_again()
        done, *but = text.splitlines()
        if but:  # what did not come back as it was is kept among the messages
            self.bridge.announce("warning", done, "\n".join(but))
        else:
            self.notify(text, timeout=4, markup=False)
        return True

    def action_show_pending(self) -> None:
        """List what is pending."""
        self.run_worker(self._show_pending(self.model), group="dialog", exclusive=True)

    async def _show_pending(self, model: SessionModel) -> None:
        from .screens.pending import PendingScreen

        if not model.past.pending:
            self.notify("No changes are pending.", timeout=3)
            return
        chosen = await self.push_screen_wait(PendingScreen(model.name, model.past))
        if chosen == "commit":
            await self.attempt(model, "Nothing was committed", _commit)
        elif chosen == "roll_back":
            await self.attempt(model, "Nothing was rolled back", _roll_back, moves=True)


async def _commit(session: SessionLike) -> str:
    await session.commit()
    return "Committed: what was pending is kept."


async def _roll_back(session: SessionLike) -> str:
    report = await session.rollback()
    text = "Rolled back: the state before what was pending is back."
    return text + "".join(f"\n{caveat}" for caveat in list(report.caveats.values())[:3])
