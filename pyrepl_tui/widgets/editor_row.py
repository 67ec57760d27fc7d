"""The editor with its prompt, and above it what can be said about the code being written."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from pyrepl_tui.models import SessionModel

from .editor import Editor
from .pending_bar import POLICIES
from .prompt import Prompt


class EditorRow(Horizontal):
    """Prompt and editor; the heading is the call being written, else a fault, and the policy."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.prompt = Prompt(id="prompt")
        self.editor = Editor(id="editor")
        self._policy = ""
        self._signature: Text | None = None
        self._fault: str | None = None

    def compose(self) -> ComposeResult:
        """The prompt stands before the editor."""
        yield self.prompt
        yield self.editor

    def show(self, model: SessionModel) -> None:
        """Follow a session: its prompt, and what becomes of changes; a click there changes it."""
        self.prompt.show(model)
        self._policy = f"[@click=app.choose_policy]{POLICIES[model.policy][0]} ▾[/]"
        self._show_heading()
        self.set_class(model.policy != "commit_always", "-guarded")
        self.set_class(model.past.pending, "-pending")

    def show_signature(self, signature: Text | None) -> None:
        """Show the signature of the call being written; None: no call is."""
        self._signature = signature
        self._show_heading()

    def show_fault(self, text: str | None) -> None:
        """Say what is wrong with the code; None: nothing is known to be."""
        self._fault = text
        self._show_heading()

    def _show_heading(self) -> None:
        heading: Text | Content | str = self._policy
        if self._signature is not None:
            heading = self._signature
        elif self._fault is not None:
            policy = Content.from_markup(self._policy)
            heading = Content.assemble((self._fault, "$error"), "  ", policy)
        self.styles.border_title_align = "left" if self._signature is not None else "right"
        self.border_title = heading
