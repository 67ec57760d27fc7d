"""The variables of a frozen checkpoint, shown just like the present's, without restoring it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from pyrepl_tui.engine.errors import PyreplError
from pyrepl_tui.engine.values import NamespaceChanges
from pyrepl_tui.engine.variable_table import VariableTable
from pyrepl_tui.widgets.bindings import bindings_for
from pyrepl_tui.widgets.variable_commands import VariableCommands
from pyrepl_tui.widgets.variables import VariablesPane, VariablesPlace

from .deeds import Deeds
from .inspect import InspectScreen

if TYPE_CHECKING:
    from pyrepl_tui.engine.glimpses import Looker

HINT = "Esc close · Enter inspect · / filter · S sort · G group · D deep sizes · V plot · O save"


class FrozenScreen(ModalScreen[None]):
    """The pane of variables over the whole screen, of a state that does not change."""

    CSS = """
    FrozenScreen {
        background: $background; layout: vertical;
        & #frozen-title { background: $panel; padding: 0 1; height: 1; text-style: bold; }
        & VariablesPlace { height: 1fr; }
        & #frozen-hint { background: $panel; padding: 0 1; height: 1; color: $muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("frozen")]

    def __init__(self, looker: Looker, execution_count: int, *, folder: str) -> None:
        """Show a state.

        Args:
            looker: looks into it; closed with the screen.
            execution_count: of the last run in it.
            folder: where files are saved.
        """
        super().__init__()
        self._looker = looker
        self._count = execution_count
        self._folder = folder
        self._table = VariableTable()
        self._place = VariablesPlace()

    def compose(self) -> ComposeResult:
        """Title, variables, keys."""
        yield Static(f"❄ {self._looker.title}: as it was", id="frozen-title", markup=False)
        yield self._place
        yield Static(HINT, id="frozen-hint", markup=False)

    def on_mount(self) -> None:
        """List them."""
        self._place.pane.focus()
        self.run_worker(self._list())

    async def on_unmount(self) -> None:
        """Let the reader go."""
        await self._looker.close()

    async def _list(self) -> None:
        try:
            rows = await self._looker.namespace(self._count)
        except (LookupError, PyreplError) as error:
            self.query_one("#frozen-title", Static).update(str(error))
            return
        self._table.apply(NamespaceChanges(rows, [], [], whole=True), self._count)
        self._place.pane.show(self._table)

    def on_variables_pane_left(self, event: VariablesPane.Left) -> None:
        """Escape in the rows."""
        event.stop()
        self.dismiss(None)

    def action_close_frozen(self) -> None:
        """Back to the workspace."""
        self.dismiss(None)

    def on_variable_commands_asked(self, event: VariableCommands.Asked) -> None:
        """What can be done with a state that is over."""
        event.stop()
        what, path, name = event.what, (event.name,), event.name
        row = self._table.rows.get(name)
        kind = "" if row is None else row.type
        deeds = Deeds(self.app, self._looker)
        if what == "open":
            looker = self._looker.again()
            self.app.push_screen(InspectScreen(looker, path, folder=self._folder))
        elif what == "copy_name":
            self.app.copy_to_clipboard(name)
            self.notify(f"Copied {name}", timeout=2, markup=False)
        elif what == "copy_value":
            self.run_worker(deeds.copy_value(path))
        elif what == "plot":
            self.run_worker(deeds.plot((path, name)))
        elif what == "save":
            self.run_worker(deeds.save(path, kind, name, self._folder))
        elif what == "referrers":
            self.run_worker(deeds.referrers(path, name))
        elif what == "measure":
            self.run_worker(self._measure())
        else:
            self.notify("That is for the present: this state is over.", timeout=3)

    async def _measure(self) -> None:
        try:
            self._table.measured(await self._looker.deep_sizes())
        except (LookupError, PyreplError) as error:
            self.notify(str(error), severity="warning", markup=False)
            return
        self._place.pane.show(self._table)
