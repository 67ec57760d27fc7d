"""Everything known about an expression: signature, documentation, where it is defined, source."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from pyrepl_tui.engine.completions import Explanation
from pyrepl_tui.rendering.source_text import source_text
from pyrepl_tui.widgets.bindings import bindings_for, spoken

from .dialogs import FRAME

LONGEST = 200_000
"""Characters of source that are shown."""


class DocumentationScreen(ModalScreen[None]):
    """Documentation first; S shows the source, and back."""

    DEFAULT_CSS = FRAME.format(
        name="DocumentationScreen",
        width="104",
        more="""& > #frame { max-height: 92%; }
        & #text { height: auto; max-height: 100%; margin-top: 1; background: $panel;
            scrollbar-size-vertical: 1; scrollbar-background: $panel; }
        & #content { height: auto; width: 1fr; }""",
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("documentation")

    def __init__(self, explanation: Explanation, *, source: bool = False) -> None:
        super().__init__()
        self._about = explanation
        self._source = source and bool(explanation.source)

    def compose(self) -> ComposeResult:
        """Title, text, keys."""
        with Vertical(id="frame"):
            yield Static(self._title(), id="title", markup=False)
            with VerticalScroll(id="text"):
                yield Static("", id="content", markup=False)
            hint = "{key:documentation.close_documentation} closes · arrows and PgUp/PgDn scroll"
            if self._about.source:
                hint = "{key:documentation.toggle_source} source or documentation · " + hint
            yield Static(spoken(self, hint), id="hint", markup=False)

    def action_close_documentation(self) -> None:
        """Back to the workspace."""
        self.dismiss(None)

    def on_mount(self) -> None:
        """Arrow keys scroll at once."""
        self._show()
        self.query_one("#text").focus()

    def _title(self) -> str:
        about = self._about
        return about.signature or f"{about.subject}: {about.type}"

    def action_toggle_source(self) -> None:
        """The source in place of the documentation, and back."""
        if self._about.source:
            self._source = not self._source
            self._show()
            self.query_one("#text", VerticalScroll).scroll_home(animate=False)

    def _show(self) -> None:
        text = self._documentation()
        if self._source:
            text = source_text(self._about.source[:LONGEST], self.app.theme_variables)
        self.query_one("#content", Static).update(text)

    def _documentation(self) -> Text:
        about = self._about
        muted = Style(color=self.app.theme_variables.get("muted"))
        text = Text()
        if about.signature and about.kind not in ("function", "class"):
            text.append(f"{about.type}\n", muted)
        if about.summary:
            text.append(f"{about.summary}\n\n")
        text.append(about.doc or "It has no documentation.")
        if about.file:
            text.append(f"\n\n{about.file}:{about.line}", muted)
        return text
