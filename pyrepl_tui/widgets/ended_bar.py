"""The bar that says that sessions have ended unasked and can be reopened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.segment import Segment

from .bindings import spoken
from .line import LineWidget, clipped

ACTION = "reopen_ended"


class EndedBar(LineWidget):
    """One line above the editor, there only while such sessions are offered."""

    DEFAULT_CSS = """
    EndedBar { height: 1; background: $panel; color: $foreground; padding: 0 1; display: none; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._names: Sequence[str] = ()

    def show(self, names: Sequence[str]) -> None:
        """Name the sessions that are offered."""
        self._names = names
        self.display = bool(names)
        self.refresh()

    def segments(self, width: int) -> Iterable[Segment]:
        """Who has ended on the left; what can be done about it on the right."""
        key, label = spoken(self, f"{{key:{ACTION}}}"), " reopen or forget"
        room = max(0, width - cell_len(key + label) - 2)
        left = clipped(f"Ended unasked: {', '.join(self._names)}", room)
        meta: dict[str, object] = {"@click": f"app.{ACTION}"}
        yield Segment(left, self.rich_style)
        yield Segment(" " * (room - cell_len(left) + 2), self.rich_style)
        yield Segment(key, self.shade("accent", bold=True, meta=meta))
        yield Segment(label, self.shade(meta=meta))
