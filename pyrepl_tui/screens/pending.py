"""What is pending in an explicit transaction: its runs, and the names they changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from pyrepl_tui.changes import NameChange
from pyrepl_tui.engine.chronicle import RunNote
from pyrepl_tui.models import Past
from pyrepl_tui.widgets.bindings import bindings_for, spoken
from pyrepl_tui.widgets.line import clipped
from pyrepl_tui.widgets.marks import duration

from .dialogs import FRAME

HINT = (
    "[@click=screen.commit][bold]{key:pending.commit}[/] Commit[/]   "
    "[@click=screen.roll_back][bold]{key:pending.roll_back}[/] Roll back[/]   "
    "[@click=screen.close_pending][bold]{key:pending.close_pending}[/] Leave it pending[/]"
)
LINE = 300
"""Characters of a value that are shown at most."""


class PendingScreen(ModalScreen["str | None"]):
    """Returns ``commit`` or ``roll_back``, None if it is left pending."""

    DEFAULT_CSS = FRAME.format(
        name="PendingScreen",
        width="100",
        more="""& #what { height: auto; max-height: 100%; background: $panel;
            scrollbar-size-vertical: 1; scrollbar-background: $panel; }
        & #content { height: auto; width: 1fr; }""",
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("pending")

    def __init__(self, name: str, past: Past) -> None:
        super().__init__()
        runs = (past.chronicle.pending if past.chronicle is not None else None) or ()
        changes = past.changes.of(run.ordinal for run in runs)
        self._title = f"Pending in {name}"
        self._runs, self._changes = runs, changes

    def compose(self) -> ComposeResult:
        """Runs, names, keys."""
        with Vertical(id="frame"):
            yield Static(self._title, id="title", markup=False)
            with VerticalScroll(id="what"):
                yield Static(pending_text(self._runs, self._changes), id="content", markup=False)
            yield Static(spoken(self, HINT), id="hint")

    def on_mount(self) -> None:
        """Arrow keys scroll at once."""
        self.query_one("#what").focus()

    def action_commit(self) -> None:
        """Keep what they changed."""
        self.dismiss("commit")

    def action_roll_back(self) -> None:
        """Put back what was before."""
        self.dismiss("roll_back")

    def action_close_pending(self) -> None:
        """Leave it pending."""
        self.dismiss(None)


def pending_text(runs: Iterable[RunNote], changes: Iterable[NameChange]) -> Text:
    """The runs with the first lines of their code, then the names with what they were and are."""
    text = Text()
    for run in runs:
        took = "" if run.duration_ms is None else duration(run.duration_ms / 1000)
        outcome = took if run.status == "ok" else f"{run.status} {took}".strip()
        text.append(f"{run.execution_count:>4}  ", "bold")
        lines = run.code.strip().splitlines() or [""]
        text.append(clipped(lines[0], LINE))
        more = f"  … {len(lines) - 1} more" if len(lines) > 1 else ""
        text.append(f"{more}  {outcome}\n", "dim")
    text.append("\n")
    found = False
    for change in changes:
        found = True
        text.append_text(change_text(change))
        text.append("\n")
    if not found:
        text.append("No name was bound, changed or deleted, as far as the listing tells.", "dim")
    text.rstrip()
    return text


def change_text(change: NameChange) -> Text:
    """``~ x  1 → 2``."""
    text = Text.assemble((f"{change.sign} ", "bold"), (change.name, "bold"), "  ")
    return text.append(clipped(change.values, LINE), "dim" if change.after is None else "")
