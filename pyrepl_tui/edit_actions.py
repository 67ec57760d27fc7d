"""What the commands of the editor do with the session's help: completion, signatures, documents."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from .engine.errors import PyreplError
from .history_actions import HistoryActions

if TYPE_CHECKING:
    from .engine.completions import Completion
    from .helping import HelpLike
    from .widgets.completion_popup import CompletionPopup
    from .widgets.editor import Editor


class EditActions(HistoryActions):
    """The part of the app that helps while code is written."""

    _wanted: Editor.HelpWanted | None = None
    """The last thing the editor asked, not answered yet."""
    _helping = False

    @property
    def helper(self) -> HelpLike | None:
        """The session of the active tab; None while there is none that answers."""
        if self.workspace.active is None or not hasattr(self, "bridge") or not self.model.alive:
            return None
        return self.bridge.link(self.model).session

    # -- completion and signatures -----------------------------------------------------------

    def on_helped_editor_help_wanted(self, event: Editor.HelpWanted) -> None:
        """Answer, one question at a time: what was typed meanwhile makes the others moot."""
        waiting = self._wanted
        if waiting is not None and waiting.change == event.change and waiting.lists:
            event.lists, event.asked = True, event.asked or waiting.asked
        self._wanted = event
        if not self._helping:
            self._helping = True
            self.run_worker(self._help(), group="help")

    async def _help(self) -> None:
        try:
            while self._wanted is not None and self.helper is not None:
                wanted, self._wanted = self._wanted, None
                try:
                    await self._answer(self.helper, wanted)
                except PyreplError:
                    return  # a worker that is dead or being replaced has nothing to offer
        finally:
            self._helping = False
            self._wanted = None

    async def _answer(self, helper: HelpLike, wanted: Editor.HelpWanted) -> None:
        editor = self.desk.editor
        if wanted.lists:
            found = await helper.complete(wanted.code, wanted.cursor)
            editor.offer(found, wanted)
        call = await helper.call_help(wanted.code, wanted.cursor)
        editor.in_call(call is not None)
        if call is None:
            self.desk.writing.show_signature(None)
            return
        from .rendering.signatures import signature_text

        width = max(20, editor.size.width - 4)
        self.desk.writing.show_signature(signature_text(call, width))

    async def on_completion_popup_highlighted(self, event: CompletionPopup.Highlighted) -> None:
        """Show what is known about a listed completion."""
        if event.item.subject:
            self.run_worker(self._document(event.item), group="document", exclusive=True)

    async def _document(self, item: Completion) -> None:
        helper, popup = self.helper, self.desk.editor.popup
        if helper is None or popup is None:
            return
        listed = popup.item
        if listed is None or listed is not item:
            return
        try:
            explanation = await helper.explain(listed.subject)
        except PyreplError:
            return
        if explanation is not None:
            popup.show_doc(listed, explanation)

    def on_completion_popup_clicked(self, event: CompletionPopup.Clicked) -> None:
        """Take the completion clicked."""
        self.desk.editor.take(event.item)

    def on_helped_editor_fault_found(self, event: Editor.FaultFound) -> None:
        """Say what is wrong with the code."""
        self.desk.writing.show_fault(event.text)

    # -- other programs ----------------------------------------------------------------------

    def action_format_code(self) -> None:
        """Have ruff, or black, format the code in the editor."""
        self.run_worker(self._format(self.desk.editor.text), group="format", exclusive=True)

    async def _format(self, code: str) -> None:
        from .programs import ProgramError, format_code

        editor = self.desk.editor
        if not code.strip():
            return
        beside = os.path.dirname(self.model.executable) if self.model.executable else ""
        try:
            formatted = await format_code(code, beside)
        except ProgramError as error:
            self.notify(str(error), title="Not formatted", severity="warning", markup=False)
            return
        if editor.text == code:
            editor.put_code(formatted)

    def action_edit_outside(self) -> None:
        """Write the code in the user's own editor."""
        from .programs import ProgramError, edit_outside

        editor = self.desk.editor
        try:
            with self.suspend():
                text = edit_outside(editor.text)
        except SuspendNotSupported:
            self.notify("This terminal cannot be lent to another program.", severity="warning")
        except ProgramError as error:
            self.notify(str(error), title="Not edited", severity="warning", markup=False)
        else:
            self.refresh(layout=True)
            editor.put_code(text)
        editor.focus()

    # -- documents ---------------------------------------------------------------------------

    def action_show_documentation(self) -> None:
        """Explain the expression at the cursor, or the completion highlighted."""
        editor = self.desk.editor
        popup = editor.popup
        if popup is not None and popup.item is not None and popup.item.subject:
            code, cursor = popup.item.subject, None
            popup.close()
        else:
            code = editor.text
            cursor = editor.cursor_index
        self.run_worker(self._show_documentation(code, cursor), group="dialog", exclusive=True)

    async def _show_documentation(self, code: str, cursor: int | None) -> None:
        from .screens.documentation import DocumentationScreen

        helper = self.helper
        explanation = None
        if helper is not None:
            try:
                explanation = await helper.explain(code, cursor, source=True)
            except PyreplError as error:
                self.notify(str(error), title="Nothing to show", severity="warning")
                return
        if explanation is None:
            text = "Put the cursor on a name, as in pandas.DataFrame."
            self.notify(text, title="Nothing to explain here", severity="warning")
            return
        self.push_screen(DocumentationScreen(explanation))
