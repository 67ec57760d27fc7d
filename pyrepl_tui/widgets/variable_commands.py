"""What can be done with the variable under the cursor; the pane only says what is wanted."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message
from textual.widget import Widget

from pyrepl_tui.engine.values import Variable
from pyrepl_tui.engine.variable_table import Line, Watch


class VariableCommands(Widget):
    """The part of the variables pane that asks for things to be done."""

    @dataclass
    class Asked(Message):
        """Something is to be done with a variable, or with all of them."""

        what: str
        """``open``, ``insert``, ``copy_name``, ``copy_value``, ``delete``, ``plot``, ``save``,
        ``referrers``, ``run``, ``watch``, ``unwatch``, ``measure`` or ``since``."""
        name: str
        """Of the variable under the cursor, or an expression watched; empty for none."""

    @property
    def line(self) -> Line | None:
        """What the cursor is on; None if there is nothing."""
        raise NotImplementedError

    def _ask(self, what: str, *, of_one: bool = True) -> None:
        """Say what is wanted, if there is a variable (or expression) it could be done with."""
        line = self.line
        if isinstance(line, Variable):
            self.post_message(self.Asked(what, line.name))
        elif isinstance(line, Watch):
            self.post_message(self.Asked(what, line.expression))
        elif not of_one:
            self.post_message(self.Asked(what, ""))

    def action_open_value(self) -> None:
        """Look into the value."""
        self._ask("open")

    def action_insert_name(self) -> None:
        """Put the name into the editor."""
        self._ask("insert")

    def action_copy_name(self) -> None:
        """Copy the name."""
        self._ask("copy_name")

    def action_copy_value(self) -> None:
        """Copy the value's text."""
        self._ask("copy_value")

    def action_plot_value(self) -> None:
        """Draw the value."""
        self._ask("plot")

    def action_save_value(self) -> None:
        """Save the value to a file."""
        self._ask("save")

    def action_find_referrers(self) -> None:
        """List what leads to the same object."""
        self._ask("referrers")

    def action_go_to_setting_run(self) -> None:
        """Go to the run that bound it."""
        self._ask("run")

    def action_delete(self) -> None:
        """Delete the variable, or end the watch."""
        self._ask("unwatch" if isinstance(self.line, Watch) else "delete")

    def action_watch_expression(self) -> None:
        """Ask for an expression to watch; the variable's name is what it begins with."""
        self._ask("watch", of_one=False)

    def action_measure(self) -> None:
        """Measure deep sizes."""
        self._ask("measure", of_one=False)

    def action_choose_baseline(self) -> None:
        """Ask since when marks tell what has changed."""
        self._ask("since", of_one=False)
