"""Another session's output beside the active one's, live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from pyrepl_tui.models import SessionModel

from .line import LineWidget, clipped
from .output_view import OutputView

if TYPE_CHECKING:
    from collections.abc import Iterable


class BesideHeading(LineWidget):
    """Whose output it is; a click goes there."""

    DEFAULT_CSS = "BesideHeading { height: 1; background: $panel; color: $muted; padding: 0 1; }"

    class Clicked(Message):
        """The session is to become the active one."""

    def __init__(self, model: SessionModel) -> None:
        super().__init__()
        self.model = model

    def segments(self, width: int) -> Iterable[Segment]:
        """Name and state."""
        model = self.model
        state = model.state.replace("_", " ")
        name = clipped(model.name, max(8, width - len(state) - 4))
        yield Segment(name, self.shade("accent", bold=True))
        yield Segment(f"  {state}", self.shade("muted"))

    def on_click(self, event: events.Click) -> None:
        """Go there."""
        event.stop()
        self.post_message(self.Clicked())


class BesidePane(Vertical):
    """A second view: reading, finding, folding and copying work there; its runs are only shown."""

    DEFAULT_CSS = """
    BesidePane {
        width: 1fr; height: 1fr; border-left: solid $border-blurred;
        & OutputView { height: 1fr; }
    }
    """

    def __init__(self, model: SessionModel) -> None:
        """Show a tab's output; it must have some record already."""
        super().__init__()
        self.model = model
        assert model.document is not None, "there is nothing to show of it yet"
        self.view = OutputView(model.document, id="beside-output")
        self._heading = BesideHeading(model)

    def compose(self) -> ComposeResult:
        """Heading and output."""
        yield self._heading
        yield self.view

    def update(self, model: SessionModel) -> None:
        """Show what changed, if it is about this tab."""
        if model is not self.model or not self.is_mounted:
            return
        self._heading.refresh()
        if model.document is not None and not self.view.shows(model.document):
            self.view.document = model.document
        self.view.refresh_document()

    # -- what the view wants of the active session is not for this one -------------------------

    def on_output_view_sized(self, event: OutputView.Sized) -> None:
        """Programs are told the size of the pane that is theirs."""
        event.stop()

    def on_output_view_run_wanted(self, event: OutputView.RunWanted) -> None:
        """Only the active session runs code."""
        event.stop()
        self._refuse()

    def on_output_view_restore_wanted(self, event: OutputView.RestoreWanted) -> None:
        """Only the active session is restored."""
        event.stop()
        self._refuse()

    def _refuse(self) -> None:
        self.notify(f"Go to {self.model.name} first: a click on its name does.", timeout=4)
