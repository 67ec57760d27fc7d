"""What is done with variables from their pane: one method per wish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .actions import WorkspaceActions
from .engine.errors import PyreplError
from .past import is_kept, moment

if TYPE_CHECKING:
    from .engine.glimpses import Looker
    from .engine.values import Checkpoint
    from .screens.inspect import InspectScreen
    from .session_like import SessionLike
    from .widgets.variables import VariablesPane

_MOST_POINTS = 40
_OF_A_VALUE = frozenset({"plot", "save", "referrers", "run"})
"""What cannot be done with an expression."""


class InspectActions(WorkspaceActions):
    """The part of the app that looks into variables and acts on them."""

    def on_variable_commands_asked(self, event: VariablesPane.Asked) -> None:
        """Do what was asked for, with the session if there is one."""
        session = self.bridge.link(self.model).session
        if session is None or not self.model.alive:
            self.refuse(self.model)
            return
        is_watched = any(each.expression == event.name for each in self.model.table.watches)
        if is_watched and event.name not in self.model.table.rows and event.what in _OF_A_VALUE:
            self.notify("That is for variables: this is an expression that is watched.", timeout=3)
            return
        getattr(self, f"_variable_{event.what}")(session, event.name)

    def on_inspect_screen_insert_wanted(self, event: InspectScreen.InsertWanted) -> None:
        """A path for the editor."""
        self.desk.editor.focus()
        self.desk.editor.insert(event.text)

    # -- looking -----------------------------------------------------------------------------

    def inspect(self, looker: Looker, name: str) -> None:
        """Look into a variable over the whole screen."""
        from .screens.inspect import InspectScreen

        self.push_screen(InspectScreen(looker, (name,), folder=self.model.cwd))

    def _variable_open(self, session: SessionLike, name: str) -> None:
        from .screens.dialogs import TextScreen

        for watch in self.model.table.watches:
            if watch.expression == name and name not in self.model.table.rows:
                self.push_screen(TextScreen(name, watch.text))
                return
        self.inspect(session.looker(), name)

    def _variable_insert(self, session: SessionLike, name: str) -> None:
        self.desk.editor.focus()
        self.desk.editor.insert(name)

    def _variable_run(self, session: SessionLike, name: str) -> None:
        row = self.model.table.rows.get(name)
        output = self.desk.output
        if row is None or row.changed_at is None or output is None:
            self.notify("No run is known that set it.", severity="warning")
        elif not output.scroll_to_run(row.changed_at):
            self.notify(f"Run {row.changed_at} is not in the output any more.", severity="warning")
        else:
            output.focus()

    def look_into(self, point: Checkpoint) -> None:
        """Show the variables of a checkpoint as they were, without restoring it."""
        from .screens.frozen import FrozenScreen

        session = self.bridge.link(self.model).session
        if session is None or not is_kept(point):
            self.notify("This checkpoint was not kept: only its place is left.", severity="warning")
            return
        screen = FrozenScreen(session.looker(point), point.execution_count, folder=self.model.cwd)
        self.push_screen(screen)

    # -- acting ------------------------------------------------------------------------------

    def _deed(self, session: SessionLike, name: str, *arguments: Any) -> None:
        """Have something done that `screens.deeds` does."""
        self.run_worker(self._do_deed(session, name, *arguments), group="deeds")

    async def _do_deed(self, session: SessionLike, name: str, *arguments: Any) -> Any:
        from .screens.deeds import Deeds

        looker = session.looker()
        try:
            return await getattr(Deeds(self, looker), name)(*arguments)
        finally:
            await looker.close()

    def _variable_copy_name(self, session: SessionLike, name: str) -> None:
        self.copy_to_clipboard(name)
        self.notify(f"Copied {name}", timeout=2, markup=False)

    def _variable_copy_value(self, session: SessionLike, name: str) -> None:
        for watch in self.model.table.watches:
            if watch.expression == name:
                self.copy_to_clipboard(watch.text)
                self.notify(f"Copied {len(watch.text):,} characters.", timeout=2)
                return
        self._deed(session, "copy_value", (name,))

    def _variable_plot(self, session: SessionLike, name: str) -> None:
        self._deed(session, "plot", ((name,), name))

    def _variable_save(self, session: SessionLike, name: str) -> None:
        row = self.model.table.rows.get(name)
        kind = "" if row is None else row.type
        self._deed(session, "save", (name,), kind, name, self.model.cwd)

    def _variable_referrers(self, session: SessionLike, name: str) -> None:
        self.run_worker(self._show_referrers(session, name), group="deeds")

    async def _show_referrers(self, session: SessionLike, name: str) -> None:
        chosen = await self._do_deed(session, "referrers", (name,), name)
        if chosen is not None:
            self.inspect(session.looker(), chosen[0])

    def _variable_delete(self, session: SessionLike, name: str) -> None:
        if name in self.model.table.rows:
            self.run_code(self.model, f"del {name}")
            self.notify(
                f"Deleted {name}. {{key:undo_run}} brings it back.", timeout=4, markup=False
            )

    # -- watching and marking ----------------------------------------------------------------

    def _variable_watch(self, session: SessionLike, name: str) -> None:
        self.run_worker(self._ask_watch(name), group="dialog", exclusive=True)

    async def _ask_watch(self, name: str) -> None:
        from .screens.dialogs import NameDialog

        model = self.model
        dialog = NameDialog("Expression to evaluate after each run, in a twin", name)
        expression = await self.push_screen_wait(dialog)
        if expression:
            self.bridge.link(model).watches.add(expression)
            self._show_variables()

    def _variable_unwatch(self, session: SessionLike, name: str) -> None:
        self.bridge.link(self.model).watches.drop(name)
        self._show_variables()

    def _show_variables(self) -> None:
        if self.desk.variables is not None:
            self.desk.variables.show(self.model.table)

    def _variable_measure(self, session: SessionLike, name: str) -> None:
        self.run_worker(self._measure(session), group="measure", exclusive=True)

    async def _measure(self, session: SessionLike) -> None:
        table = self.model.table
        try:
            sizes = await session.deep_sizes()
        except PyreplError as error:
            self.notify(str(error), title="Not measured", severity="warning", markup=False)
            return
        table.measured({name: size for name, size in sizes.items() if name in table.rows})
        self._show_variables()
        if len(table.deep) < len(table.rows):
            text = f"{len(table.deep):,} of {len(table.rows):,} were measured; of the rest their "
            text += "own size is shown."
            self.notify(text, title="Time was up", severity="warning")

    def _variable_since(self, session: SessionLike, name: str) -> None:
        self.run_worker(self._choose_baseline(session), group="dialog", exclusive=True)

    async def _choose_baseline(self, session: SessionLike) -> None:
        from .marking import baseline_of
        from .screens.dialogs import Choice, ChoiceDialog
        from .widgets.timeline_text import clock

        table = self.model.table
        points = [point for point in await session.checkpoints() if is_kept(point)]
        known: dict[str, Checkpoint] = {point.id: point for point in points}
        choices = [Choice("last", "the last run", "l")]
        choices += [
            Choice(point.id, f"{_title_of(point)}, {clock(point.created_at)}")
            for point in list(reversed(points))[:_MOST_POINTS]
        ]
        chosen = await self.push_screen_wait(ChoiceDialog("Mark what changed since", "", choices))
        if chosen is None:
            return
        if chosen == "last":
            table.mark_since(None)
        else:
            try:
                table.mark_since(await baseline_of(session, known[chosen]))
            except (LookupError, PyreplError) as error:
                self.notify(str(error), title="Not marked", severity="warning", markup=False)
                return
            title = f"Marked is what differs from the state {_title_of(known[chosen])}."
            self.notify(title, timeout=3, markup=False)
        self._show_variables()


def _title_of(point: Checkpoint) -> str:
    """A checkpoint in a list of them."""
    label = f"{point.label}, " if point.label else ""
    return f"{label}{moment(point)}"
