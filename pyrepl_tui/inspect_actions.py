"""What is done with variables from their pane: one method per wish."""

from __future__ import annotations

from .actions import WorkspaceActions
from .widgets.variables import VariablesPane


class InspectActions(WorkspaceActions):
    """The part of the app that looks into variables and acts on them."""

    def on_variable_commands_asked(self, event: VariablesPane.Asked) -> None:
        """Do what was asked for."""
        getattr(self, f"_variable_{event.what}")(event.name)

    def _variable_insert(self, name: str) -> None:
        self.desk.editor.focus()
        self.desk.editor.insert(name)
