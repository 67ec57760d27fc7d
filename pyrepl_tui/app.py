"""The app: wires sessions, screens and commands together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import SystemCommand
from textual.binding import BindingType
from textual.screen import ModalScreen, Screen

from .commands import in_scope, with_keys
from .edit_actions import EditActions
from .inspect_actions import InspectActions
from .locations import state_dir
from .models import IDLE, Workspace
from .moving_actions import MovingActions
from .output_actions import OutputActions
from .remembering import Remembering
from .screens.workspace import WorkspaceScreen
from .settings import settings_path
from .settings_actions import SettingsActions
from .surviving import LOG, Surviving
from .tour_actions import TourActions
from .widgets.bindings import bindings_for
from .widgets.editor import Editor
from .widgets.session_tabs import SessionTabs

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from .bridge import Announced, Engine, SessionsChanged, TabsChanged
    from .widgets.output_view import OutputView

LATE_SECONDS = 0.5
"""A Ctrl+C this soon after a run was meant for it, not for what stands in the editor."""
_APP_COMMANDS = frozenset(command.id for command in in_scope("app"))


class PyreplApp(
    EditActions,
    InspectActions,
    SettingsActions,
    OutputActions,
    MovingActions,
    TourActions,
    Remembering,
    Surviving,
):
    """A workspace of Python sessions, each in a worker process of its own."""

    TITLE = "pyrepl-tui"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("app")
    COMMAND_PALETTE_BINDING = "ctrl+p"
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        files: Sequence[str | Path] = (),
        *,
        engine: Engine | None = None,
        settings: Path | None = None,
        tour: bool = False,
        anew: bool = False,
    ) -> None:
        """Make the app.

        Args:
            files: Python files whose text becomes the drafts of new tabs.
            engine: where sessions come from; None: this machine's workers.
            settings: the settings file; None: the user's own.
            tour: whether to begin with the tour.
            anew: whether it takes the place of one that errors have ended.
        """
        super().__init__()
        self._files = [Path(file) for file in files]
        self._engine = engine
        self._tours, self._anew = tour, anew
        self._early: list[str] = []
        """Code entered before there was a tab."""
        self.workspace = Workspace()
        self.desk = WorkspaceScreen(self.workspace)
        self._problems = self.read_settings(settings or settings_path())

    def get_default_screen(self) -> Screen[Any]:
        """The workspace lies below everything else."""
        return self.desk

    async def on_mount(self) -> None:
        """Look for sessions once the editor takes keys."""
        self.call_after_refresh(self._begin)

    async def _begin(self) -> None:
        from .bridge import Bridge

        if self._engine is None:
            from .local_engine import LocalEngine

            self._engine = LocalEngine()
        self.bridge = Bridge(self.workspace, self._engine, self.post_message)
        self.bridge.timeline_shown = lambda: self.desk.timeline_shown
        await self.bridge.start()
        self.take_up_what_was()
        self.announce_problems(self._problems)
        if self._anew:
            text = (
                f"Sessions and drafts are as they were. What went wrong is in {state_dir() / LOG}."
            )
            self.bridge.announce("warning", "The workspace began anew after errors", text)
        follow: Callable[[], Awaitable[None]] = self.watch_settings
        self.run_worker(follow, group="settings", exit_on_error=False)
        early, self._early = self._early, []
        for code in early:
            self.run_code(self.model, code)
        self._open_files()
        if self._tours:
            self.show_first_tour()
        bring: Callable[[], Awaitable[None]] = self.desk.mount_panes
        self.run_worker(bring, group="panes")

    def _open_files(self) -> None:
        for path in self._files:
            try:
                text = path.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                self.bridge.announce("error", f"Could not open {path}", str(error))
                continue
            model = self.bridge.open(path.stem)
            model.draft.text = text
            self.go_to(model)

    # -- showing -----------------------------------------------------------------------------

    def show_active(self) -> None:
        """Bind the panes to the active tab and bring it up to date."""
        if self.workspace.active is None:
            return
        self.bridge.look_at(self.workspace.active)
        self.desk.show_session(self.workspace.active)

    def on_sessions_changed(self, event: SessionsChanged) -> None:
        """Show what the sessions said."""
        if not self.is_running:
            return  # the screen is being taken apart
        for model, change in self.bridge.take_changes().items():
            self.desk.update(model, change)

    def on_tabs_changed(self, event: TabsChanged) -> None:
        """Tabs came or went; the shown one may be among them."""
        if not self.is_running:
            return
        if not len(self.workspace):
            self.bridge.open()
        self.desk.tabs.refresh()
        self.show_active()

    def on_workspace_screen_panes_ready(self) -> None:
        """Show what the panes missed."""
        if hasattr(self, "bridge"):
            self.show_active()

    def on_announced(self, event: Announced) -> None:
        """Show an announcement for a while; the messages screen keeps it."""
        told = event.announcement
        if told.calls:
            if self.settings.attention in ("bell", "both"):
                self.bell()
            if self.settings.attention in ("bell", "none"):
                return
        severities: dict[str, SeverityLevel] = {"error": "error", "warning": "warning"}
        severity = severities.get(told.level, "information")
        text = "\n".join(told.text.splitlines()[:4])
        more = "\n{key:show_log} shows all of it." if len(told.text.splitlines()) > 4 else ""
        self.notify(
            text + more,
            title=told.title,
            severity=severity,
            timeout=5 if severity == "information" else 10,
            markup=False,
        )

    # -- messages of the panes ---------------------------------------------------------------

    def on_editor_submitted(self, event: Editor.Submitted) -> None:
        """Run what was typed, now or when there is a worker."""
        model = None if event.tab is None else self.workspace.get(event.tab)
        if model is None:
            self._early.append(event.code)
        else:
            self.run_code(model, event.code)
            if model is self.model and self.desk.output is not None:
                self.desk.output.action_scroll_end()  # who enters code wants to see what it says

    def on_editor_refused(self) -> None:
        """Enter, with nobody to run the code."""
        self.refuse(self.model)

    def on_editor_interrupt_requested(self) -> None:
        """Ctrl+C with nothing selected: interrupts, or takes away what nobody wants to run."""
        idle = self.model.state == IDLE and not self.model.queued
        ended_at = self.model.ended_at
        if idle and ended_at is not None and monotonic() - ended_at < LATE_SECONDS:
            self.notify("The run had just ended.", timeout=3)
        elif idle and not self.desk.editor.is_blank:
            self.desk.editor.put_code("")
            self.notify("Cleared. Undo brings it back.", timeout=3)
        else:
            self.action_interrupt()

    def on_input_panel_interrupt_requested(self) -> None:
        """Ctrl+C between two questions."""
        self.action_interrupt()

    def on_input_panel_answered(self, event: Any) -> None:
        """Pass an answer on."""
        model = self.workspace.get(event.key)
        if model is not None:
            self.bridge.link(model).answer(event.question, event.action, event.text)

    def on_output_view_sized(self, event: OutputView.Sized) -> None:
        """Programs fit their output to the pane."""
        if hasattr(self, "bridge"):
            self.bridge.fit(event.columns, event.lines)

    def on_output_view_run_wanted(self, event: OutputView.RunWanted) -> None:
        """Run code of an earlier run again."""
        self.run_code(self.model, event.code)

    def on_output_view_edit_wanted(self, event: OutputView.EditWanted) -> None:
        """Bring code of an earlier run into the editor."""
        self.desk.editor.focus()
        self.desk.editor.paste(event.code)

    def on_session_tabs_chosen(self, event: SessionTabs.Chosen) -> None:
        """A click on a tab."""
        model = self.workspace.get(event.key)
        if model is not None:
            self.go_to(model)

    def on_session_tabs_new_requested(self) -> None:
        """A click on the plus."""
        self.action_new_session()

    def on_session_tabs_close_requested(self, event: SessionTabs.CloseRequested) -> None:
        """A click with the middle button."""
        self.action_close_session(event.key)

    def on_session_tabs_rename_requested(self, event: SessionTabs.RenameRequested) -> None:
        """A double click."""
        self.action_rename_session(event.key)

    def on_session_tabs_moved(self, event: SessionTabs.Moved) -> None:
        """A drag."""
        model = self.workspace.get(event.key)
        if model is not None and self.workspace.move(model, event.to):
            self.desk.tabs.refresh()

    # -- commands ----------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keep the workspace's keys from working under a dialog."""
        if action in _APP_COMMANDS and isinstance(self.screen, ModalScreen):
            return False
        return hasattr(self, "bridge") or action not in _APP_COMMANDS

    async def action_from_bar(self, action: str) -> None:
        """A click in the key bar: an app's command, or one of the focused pane."""
        scope, _, name = action.rpartition(".")
        target = self.desk.focused if scope == "focused" else self
        await self.run_action(name, default_namespace=target)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the palette offers: every command, and every session by name."""
        for command in in_scope("app"):
            if command.id not in ("command_palette", "go_to_session"):
                action = getattr(self, f"action_{command.id}")
                text = with_keys(command.help, self.commands)
                yield SystemCommand(command.title, text, action)
        for model in self.workspace:
            yield SystemCommand(
                f"Go to {model.name}", "Shows this session.", lambda model=model: self.go_to(model)
            )
