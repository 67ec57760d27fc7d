"""What the app does for the output pane: restores the state before a run, exports sessions."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .clipboard import bring_to_clipboards, clipboard_commands
from .past import restore
from .time_actions import TimeActions

if TYPE_CHECKING:
    from .engine.output_document import OutputDocument
    from .models import SessionModel
    from .widgets.output_view import OutputView

_SLICE = 0.012
"""Seconds to write for at a time, between keys and frames."""


class OutputActions(TimeActions):
    """The part of the app that serves the output pane, and writes sessions to files."""

    def on_output_view_restore_wanted(self, event: OutputView.RestoreWanted) -> None:
        """Bring back the state before a run."""
        self.travel("Not restored", lambda session: restore(session, event.checkpoint))

    def copy_to_clipboard(self, text: str) -> None:
        """Copy by the terminal, and to the clipboards it does not reach."""
        super().copy_to_clipboard(text)
        commands = clipboard_commands(os.environ)
        if commands:
            self.run_worker(
                partial(bring_to_clipboards, text, commands), group="clipboard", thread=True
            )

    def action_export_session(self) -> None:
        """Ask for a file and write the active session to it."""
        self.run_worker(self._export(self.model), group="dialog", exclusive=True)

    async def _export(self, model: SessionModel) -> None:
        from .rendering.exports import FORMS, export, form_of
        from .screens.dialogs import NameDialog

        document: OutputDocument | None = model.document
        if document is None:
            self.notify("There is nothing to export yet.", severity="warning")
            return
        title = f"Export to ({', '.join(form.endings[0] for form in FORMS)})"
        name = await self.push_screen_wait(NameDialog(title, free_name(model.name, ".html")))
        if not name:
            return
        form = form_of(name)
        path, is_there = _place(name)
        if form is None:
            self.notify(f"The ending of {name} says nothing of its form.", severity="warning")
        elif not is_there or await self._may_replace(path):
            writing = export(document, model.name, path, form)
            self.run_worker(self._write(path, writing), group=f"export-{path}", exclusive=True)

    async def _may_replace(self, path: Path) -> bool:
        from .screens.dialogs import Choice, ChoiceDialog

        choices = (Choice("replace", "Replace it", "r"), Choice("cancel", "Cancel", "c"))
        asked = ChoiceDialog(f"{path} is there already", "", choices)
        return await self.push_screen_wait(asked) == "replace"

    async def _write(self, path: Path, writing: Iterator[int]) -> None:
        """Write piece by piece; keys and frames come in between."""
        paused, size, told = time.monotonic(), 0, time.monotonic()
        try:
            with closing(writing):  # type: ignore[type-var]  # a generator
                for size in writing:
                    now = time.monotonic()
                    if now - told > 3:
                        told = now
                        self.notify(f"{size / 1e6:,.0f} MB so far.", title=f"Exporting to {path}")
                    if now - paused > _SLICE:
                        await asyncio.sleep(0)
                        paused = time.monotonic()
        except OSError as error:
            text = error.strerror or str(error)
            self.notify(text, title=f"Not exported to {path}", severity="error")
            return
        self.notify(f"Exported {size:,} characters to {path}.")


def _place(name: str) -> tuple[Path, bool]:
    """A file's path, and whether it is there."""
    path = Path(name).expanduser()
    return path, path.exists()


def free_name(name: str, ending: str) -> str:
    """A name for a file that is not there yet."""
    stem = "-".join(name.replace(os.sep, " ").split()) or "session"
    path, number = Path(f"{stem}{ending}"), 1
    while path.exists():
        number += 1
        path = Path(f"{stem}-{number}{ending}")
    return str(path)
