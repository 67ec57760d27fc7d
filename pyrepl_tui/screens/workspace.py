"""The workspace: tabs, output, question, editor, variables, status and keys, for one session."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget

from pyrepl_tui.models import SessionModel, Workspace
from pyrepl_tui.screens.arrangement import NARROW, Arrangement
from pyrepl_tui.session_change import Change
from pyrepl_tui.widgets.bindings import bound_to
from pyrepl_tui.widgets.editor_row import EditorRow
from pyrepl_tui.widgets.ended_bar import EndedBar
from pyrepl_tui.widgets.key_bar import KeyBar
from pyrepl_tui.widgets.pane_tabs import PaneTabs
from pyrepl_tui.widgets.pending_bar import PendingBar
from pyrepl_tui.widgets.session_tabs import SessionTabs
from pyrepl_tui.widgets.splitter import Splitter
from pyrepl_tui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from pyrepl_tui.widgets.beside_pane import BesidePane
    from pyrepl_tui.widgets.input_panel import AnswerField, InputPanel
    from pyrepl_tui.widgets.output_view import OutputView
    from pyrepl_tui.widgets.timeline_pane import TimelinePane
    from pyrepl_tui.widgets.variables import VariablesPane

TYPING, PATIENCE = 0.06, 1.0
"""Seconds after a key in which another one or its effect is expected, and the most that the panes
which come after the first paint wait for that."""

SCOPES = {
    "editor": "editor",
    "answer": "input",
    "output": "output",
    "beside-output": "output",
    "variables": "variables",
    "timeline-tree": "timeline",
}
"""Widget id → scope of its commands."""


class WorkspaceScreen(Arrangement):
    """One shared set of panes, bound to the model of the active tab."""

    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012  # as Textual declares it
        (0, "-narrow"),
        (NARROW, "-wide"),
    ]

    @dataclass
    class PanesReady(Message):
        """The panes that were left out of the first paint are there."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._shown: SessionModel | None = None
        self.tabs = SessionTabs(workspace, id="tabs")
        self.pane_tabs = PaneTabs(id="pane-tabs")
        self.pending = PendingBar(id="pending")
        self.ended = EndedBar(id="ended")
        self.writing = EditorRow(id="editor-row")
        self.editor = self.writing.editor
        self.status = StatusBar(id="status")
        self.keys = KeyBar(id="keys")
        self.panel: InputPanel | None = None
        self.output: OutputView | None = None
        self.beside: BesidePane | None = None
        """Another session's output beside this one's."""
        self.variables: VariablesPane | None = None
        self.timeline: TimelinePane | None = None
        self.side = Vertical(id="side")
        """What stands beside the output."""

    def compose(self) -> ComposeResult:
        """What the first paint needs; the rest follows in `mount_panes`."""
        with Horizontal(id="strip"):
            yield self.tabs
            yield self.pane_tabs
        with Horizontal(id="panes"), Vertical(id="main"):
            yield Vertical(id="output-place")
            yield self.ended
            yield self.pending
            yield self.writing
        yield self.status
        yield self.keys

    def on_mount(self) -> None:
        """The editor takes keys at once; the other panes come with `mount_panes`."""
        self.editor.focus()
        self.watch(self, "focused", self._focus_moved, init=False)

    async def mount_panes(self) -> None:
        """Bring in what is not needed to type, piece by piece: keys are handled in between."""
        for bring in (self._bring_side, self._bring_popup, self._bring_panel):
            await self._rest()
            if not self.query("#main"):
                return  # the app ends before they are needed
            await bring()
        self.post_message(self.PanesReady())
        await self._rest()
        self.editor.enable_highlighting()

    async def _rest(self) -> None:
        """Wait until the screen shows what there is, and nobody types."""
        patience = monotonic() + PATIENCE
        while True:
            painted = asyncio.Event()
            self.call_after_refresh(painted.set)
            await painted.wait()
            now = monotonic()
            rest = self.editor.typed_at + TYPING - now
            if rest <= 0 or now > patience:
                return
            await asyncio.sleep(rest)

    async def _bring_side(self) -> None:
        from pyrepl_tui.widgets.timeline_pane import TimelinePane
        from pyrepl_tui.widgets.variables import VariablesPlace

        self.variables_place = VariablesPlace(id="variables-place")
        self.variables = self.variables_place.pane
        self.timeline = TimelinePane(id="timeline")
        await self.query_one("#panes").mount(Splitter(id="splitter"), self.side)
        if self.side.is_attached:  # it is not if the app ends just now
            await self.side.mount(self.variables_place, self.timeline)
            self.share_out()

    async def _bring_panel(self) -> None:
        from pyrepl_tui.widgets.input_panel import InputPanel

        self.panel = InputPanel(id="panel")
        await self.query_one("#main").mount(self.panel, before="#editor-row")

    async def _bring_popup(self) -> None:
        from pyrepl_tui.widgets.completion_popup import CompletionPopup

        self.editor.popup = CompletionPopup(id="completions")
        await self.mount(self.editor.popup)

    # -- showing -----------------------------------------------------------------------------

    def show_session(self, model: SessionModel) -> None:
        """Bind all panes to a tab; the editor's text goes back to the tab it belongs to."""
        if model is not self._shown:
            self._show_text(model)
            self._shown = model
            self.editor.accepting = lambda: model.alive
            self._show_document(model)
            self.update(model, Change.QUESTIONS)
            self.focus_writing()
        self.update(
            model, Change.TAB | Change.STATUS | Change.QUESTIONS | Change.VARIABLES | Change.PAST
        )

    def _show_text(self, model: SessionModel) -> None:
        """Change the editor's text; what was typed before any tab was there stays."""
        if self._shown is None and not self.editor.is_blank and not model.draft.text:
            model.draft = self.editor.take_draft()
        else:
            self.save_draft()
        self.editor.show(model.draft, model.history, model.key)

    def save_draft(self) -> None:
        """Keep the editor's text in the model of the tab shown."""
        if self._shown is not None:
            self._shown.draft = self.editor.take_draft()

    def _show_document(self, model: SessionModel) -> None:
        """Bind the output pane to a tab's document; the pane is made for the first one."""
        document = model.document
        if document is None:
            return
        if self.output is None:
            from pyrepl_tui.widgets.output_view import OutputView

            self.output = OutputView(document, id="output")
            self.query_one("#output-place").mount(Vertical(self.output, id="output-column"))
        elif not self.output.shows(document):
            self.output.document = document

    def note_whereabouts(self) -> None:
        """Tell each tab where its output is being read."""
        for model in self._workspace:
            if self.output is not None and model.document is not None:
                model.begin_at = self.output.whereabouts(model.document)

    def update(self, model: SessionModel, change: Change) -> None:
        """Show what changed about a tab."""
        if Change.TAB in change:
            self.tabs.refresh()
        if self.beside is not None:
            self.beside.update(model)
        if model is not self._shown:
            return
        if Change.STATUS in change:
            self.status.show(model)
            self.writing.show(model)
        if Change.STATUS in change or Change.PAST in change:
            self.pending.show(model)
            if self.timeline is not None and self.timeline_shown:
                self.timeline.show(model.past)
        if Change.VARIABLES in change and self.variables is not None:
            self.variables.show(model.table)
            self.variables_place.sync()
        if Change.OUTPUT in change:
            self._show_document(model)
            if self.output is not None:
                self.output.refresh_document()
        if Change.QUESTIONS in change and self.panel is not None:
            self._show_questions(model, self.panel)

    def _show_questions(self, model: SessionModel, panel: InputPanel) -> None:
        was_open = panel.is_open
        panel.show(model)
        writing = self.focused is self.editor and not self.editor.is_blank
        if panel.is_open and not was_open and not writing:
            panel.field.focus()

    # -- focus -------------------------------------------------------------------------------

    def _focus_moved(self) -> None:
        focused = self.focused
        self.keys.show(SCOPES.get(focused.id or "", "editor") if focused else "editor")

    def focus_writing(self) -> None:
        """Focus what takes text: the open question if the editor is empty, else the editor."""
        if self.panel is not None and self.panel.is_open and self.editor.is_blank:
            self.panel.field.focus()
        else:
            self.editor.focus()

    def focus_next_pane(self) -> None:
        """Editor, question, output, variables, in turn; hidden ones are passed over."""
        panes: list[Widget | None] = [self.editor]
        if self.panel is not None and self.panel.is_open:
            panes.append(self.panel.field)
        panes += [self.output, self.beside.view if self.beside else None, self.variables]
        panes.append(None if self.timeline is None else self.timeline.tree_view)
        shown = [pane for pane in panes if pane is not None and _on_screen(pane)]
        at = shown.index(self.focused) if self.focused in shown else -1
        shown[(at + 1) % len(shown)].focus()

    def toggle_variables(self) -> None:
        """Hide or show the variables; narrow terminals begin with them hidden."""
        if self.has_class("-narrow"):
            self.toggle_class("-only-variables")
            self.remove_class("-timeline")
        else:
            self.toggle_class("-no-variables")
        self._panes_changed()

    @property
    def timeline_shown(self) -> bool:
        """Whether the timeline is wanted on the screen."""
        return self.has_class("-timeline")

    def toggle_timeline(self) -> None:
        """Show the timeline and go to it; hide it if one is there."""
        if self.timeline is None:  # it is on its way
            self._timeline_kept = False
            self.toggle_class("-timeline")
            return
        tree = self.timeline.tree_view
        if self.timeline_shown and tree.has_focus:
            self.remove_class("-timeline")
            self._panes_changed()
            return
        self.open_timeline()
        self.call_after_refresh(tree.focus)

    def open_timeline(self) -> None:
        """Show the timeline, without going to it."""
        super().open_timeline()
        if self.timeline is not None and self._shown is not None:
            self.timeline.show(self._shown.past)
        self._panes_changed()

    def _panes_changed(self) -> None:
        hidden = self.has_class("-no-variables") and not self.timeline_shown
        self.set_class(hidden, "-no-side")
        self.mark_pane_shown()
        if self.focused is None or not _on_screen(self.focused):
            self.call_after_refresh(self.focus_writing)

    def on_key(self, event: events.Key) -> None:
        """A letter that means nothing in a pane goes to the editor."""
        pane = self.focused
        elsewhere = pane is None or pane.id in ("output", "variables", "timeline-tree")
        bound = pane is not None and bool(bound_to(pane, event.key))
        if elsewhere and not bound and event.is_printable and event.character:
            event.stop()
            self.editor.focus()
            self.editor.insert(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """So does a paste."""
        if self.focused is not self.editor:
            event.stop()
            self.editor.paste(event.text)

    # -- messages of the panes ---------------------------------------------------------------

    def on_pane_tabs_chosen(self, event: PaneTabs.Chosen) -> None:
        """Show that pane in a narrow terminal."""
        if event.pane == self.pane_tabs.shown:
            return
        if event.pane == "Timeline":
            self.toggle_timeline()
        elif event.pane == "Variables":
            self.toggle_variables()
        else:
            self.remove_class("-only-variables", "-timeline")
            self._panes_changed()

    def on_output_view_left(self) -> None:
        """Nothing is left to leave in the output: back to writing."""
        self.focus_writing()

    def on_timeline_tree_left(self) -> None:
        """Escape in the timeline."""
        self.focus_writing()

    def on_answer_field_left(self, event: AnswerField.Left) -> None:
        """Escape in the question."""
        self.editor.focus()

    def on_input_panel_closed(self, event: InputPanel.Closed) -> None:
        """Nothing is asked any more: what was typed ahead is not lost."""
        self.editor.focus()
        if event.text and self.editor.is_blank:
            self.editor.paste(event.text)

    def on_variables_pane_left(self) -> None:
        """Nothing is left to leave in the variables: back to writing."""
        self.focus_writing()

    def on_output_view_values_wanted(self, event: OutputView.ValuesWanted) -> None:
        """A rich value over the whole screen."""
        from pyrepl_tui.screens.value import ValueScreen

        self.app.push_screen(ValueScreen(event.values, event.at))

    def on_output_view_frames_wanted(self, event: OutputView.FramesWanted) -> None:
        """The source of a traceback's frames over the whole screen."""
        from pyrepl_tui.screens.frames import frames_screen

        view, model = self.output, self._shown
        if view is None or model is None:
            return
        screen = frames_screen(model.document, event.block, event.frames, event.at, model.cwd)
        self.app.push_screen(screen, view.go_to_site)

    def on_splitter_dragged(self, event: Splitter.Dragged) -> None:
        """Give the panes at the side the room up to where the line was dragged."""
        self.fit_side(event.size)


def _on_screen(widget: Widget) -> bool:
    return all(node.display for node in widget.ancestors_with_self if isinstance(node, Widget))
