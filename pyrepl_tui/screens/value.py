"""A rich value over the whole screen: all of a table, a picture as large as it can be."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.screen import ModalScreen
from textual.widgets import Static

from pyrepl_tui.engine.display_parts import DisplayPart
from pyrepl_tui.rendering.rich_values import picture_form, saved_form, table_form, text_form
from pyrepl_tui.screens.dialogs import NameDialog
from pyrepl_tui.widgets.bindings import bindings_for
from pyrepl_tui.widgets.picture_rows import PictureRows

HINT = "Esc closes · [ and ] show the values before and after · S saves"


class ValueScreen(ModalScreen[None]):
    """One of a session's rich values; the others are a key away."""

    CSS = """
    ValueScreen {
        background: $surface; layout: vertical;
        & #value-title { background: $panel; padding: 0 1; height: 1; text-style: bold; }
        & #value-place { height: 1fr; padding: 0 1; align: center middle; }
        & #value-rows { height: 1fr; }
        & #value-hint { background: $panel; padding: 0 1; height: 1; color: $muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("value")]

    def __init__(self, values: Sequence[tuple[str, DisplayPart]], at: int) -> None:
        """Show a value.

        Args:
            values: all values there are, each with where it comes from.
            at: index of the one to show.
        """
        super().__init__()
        self._values = values
        self._at = at

    @property
    def part(self) -> DisplayPart:
        """The value shown."""
        return self._values[self._at][1]

    def compose(self) -> ComposeResult:
        """Title, value, keys."""
        yield Static(id="value-title", markup=False)
        with Container(id="value-place"):
            yield PictureRows(id="value-rows")
        yield Static(HINT, id="value-hint", markup=False)

    async def on_mount(self) -> None:
        """Arrow keys scroll at once."""
        self.query_one(PictureRows).focus()
        self.call_after_refresh(self._show)

    def on_resize(self, event: events.Resize) -> None:
        """What was made to fit is made anew."""
        self.call_after_refresh(self._show)

    async def _show(self) -> None:
        rows = self.query_one(PictureRows)
        rows.show_other()
        origin, part = self._values[self._at]
        place = f" · {self._at + 1} of {len(self._values)}" if len(self._values) > 1 else ""
        table = table_form(part)
        if table is not None:
            self._entitle(f"{origin} · {table.size}{place}")
            rows.show(table.body, table.head)
            return
        found = picture_form(part)
        if found is None:
            self._entitle(origin + place)
            rows.show(text_form(part, rows.container_size.width).split("\n"))
            return
        picture = found[1]
        self._entitle(f"{origin} · {picture.width} × {picture.height}{place}")
        rows.show_picture(picture)

    def _entitle(self, text: str) -> None:
        self.query_one("#value-title", Static).update(text)

    # -- commands ----------------------------------------------------------------------------

    def action_close_value(self) -> None:
        """Back to the workspace."""
        self.dismiss(None)

    def action_previous_value(self) -> None:
        """Show the value before."""
        self._step(-1)

    def action_next_value(self) -> None:
        """Show the value after."""
        self._step(1)

    def _step(self, step: int) -> None:
        at = self._at + step
        if 0 <= at < len(self._values):
            self._at = at
            self.call_next(self._show)

    def action_save_value(self) -> None:
        """Ask for a file and save the value to it."""
        self.run_worker(self._save(), exclusive=True)

    async def _save(self) -> None:
        ending, data = saved_form(self.part)
        name = await self.app.push_screen_wait(NameDialog("Save to", _free_name(ending)))
        if not name:
            return
        error = await asyncio.to_thread(_write, name, data)
        if error:
            self.notify(error, title="Not saved", severity="error")
        else:
            self.notify(f"Saved {len(data):,} bytes to {name}.")


def _write(name: str, data: bytes) -> str:
    """Write a new file. Returns what went wrong; empty if nothing did."""
    try:
        with Path(name).expanduser().open("xb") as file:
            file.write(data)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _free_name(ending: str) -> str:
    number = 1
    while Path(f"value-{number}{ending}").exists():
        number += 1
    return f"value-{number}{ending}"
