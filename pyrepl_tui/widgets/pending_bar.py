"""What becomes of a run's changes, in words; and the bar that says that some are pending."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from rich.segment import Segment

from pyrepl_tui.changes import NameChange
from pyrepl_tui.commands import COMMANDS, key_label
from pyrepl_tui.models import SessionModel

from .line import LineWidget, clipped

POLICIES = {
    "commit_always": ("Commit always", "kept, whatever happens"),
    "commit_on_success": ("Commit on success", "kept if it ends well, seen then"),
    "rollback_on_failure": ("Roll back on failure", "seen at once, undone if it fails"),
    "explicit": ("Explicit", "pending until you decide"),
}
"""Each policy's title, and what becomes of a run's changes under it."""

BUTTONS = {"commit_pending": "Commit", "roll_back_pending": "Roll back", "show_pending": "List"}
"""Commands in the bar, with their labels there."""


class PendingBar(LineWidget):
    """One line above the editor, there only while an explicit transaction is open."""

    DEFAULT_CSS = """
    PendingBar { height: 1; background: $warning; color: $background; padding: 0 1; display: none; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._text = ""
        self._changes: list[NameChange] = []

    def show(self, model: SessionModel) -> None:
        """Follow a session."""
        past = model.past
        self.display = past.pending
        if not past.pending:
            return
        runs = (past.chronicle.pending if past.chronicle is not None else None) or ()
        self._changes = past.changes.of(run.ordinal for run in runs)
        count = f"{len(runs)} {'run' if len(runs) == 1 else 'runs'}"
        self._text = f"◇ Pending: {count}"
        self.refresh()

    def segments(self, width: int) -> Iterable[Segment]:
        """What is pending on the left; what can be done about it on the right."""
        buttons = [each for each in COMMANDS if each.id in BUTTONS]
        labels = [(f"{key_label(each.keys[0])} ", BUTTONS[each.id], each.id) for each in buttons]
        needed = sum(cell_len(key) + cell_len(label) + 2 for key, label, _ in labels)
        room = max(len(self._text), width - needed - 1)
        left = clipped(self._text + changes_text(self._changes, room - len(self._text)), room)
        yield Segment(left, self.shade(bold=True))
        yield Segment(" " * max(1, width - cell_len(left) - needed + 2), self.rich_style)
        for at, (key, label, name) in enumerate(labels):
            meta: dict[str, object] = {"@click": f"app.{name}"}
            yield Segment("  " if at else "", self.rich_style)
            yield Segment(key, self.shade(bold=True, meta=meta))
            yield Segment(label, self.shade(meta=meta))


def changes_text(changes: list[NameChange], room: int) -> str:
    """Names with signs for new, changed and deleted, as many as fit: `` · +df ~x −tmp``."""
    text = ""
    for at, change in enumerate(changes):
        more = f" {change.sign}{change.name}"
        rest = len(changes) - at
        if cell_len(text + more) + (4 if rest > 1 else 0) > room - 2:
            return f" ·{text} +{rest}…" if text else ""
        text += more
    return f" ·{text}" if text else ""
