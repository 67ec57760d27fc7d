"""Errors that nobody foresaw: they are told of and written down, and the app goes on."""

from __future__ import annotations

import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.message import Message
from textual.worker import WorkerFailed

from .locations import state_dir

if TYPE_CHECKING:
    from textual.actions import ActionParseResult
    from textual.dom import DOMNode

    from .bridge import Bridge

LOG = "errors.log"
"""Name of the file in the state folder that tracebacks are appended to."""
_MOST_LOG = 1 << 20
"""Bytes of the log above which it begins anew."""


class Surviving(App[None]):
    """The part of the app that an error in a command, a message or a task does not end.

    What breaks a widget's own loop, or drawing, still ends the app; its sessions go on without it.
    """

    bridge: Bridge

    async def run_action(
        self, action: str | ActionParseResult, default_namespace: DOMNode | None = None, *rest: Any
    ) -> bool:
        """Carry out an action; one that fails counts as done."""
        try:
            return await super().run_action(action, default_namespace, *rest)
        except Exception as error:  # whatever it is: told, and the next key works
            self.survive(error)
            return True

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as error:  # else Textual would stop reading the app's messages
            self.survive(error)

    def _handle_exception(self, error: Exception) -> None:
        if isinstance(error, WorkerFailed):
            self.survive(error.error)
            return
        write_down(error)
        super()._handle_exception(error)

    def survive(self, error: BaseException) -> None:
        """Write an error down, tell of it, and go on."""
        if self.is_headless and isinstance(error, Exception):
            # a test that meets it fails at its end, as with any error
            self._exception = self._exception or error
        path = write_down(error)
        where = f"The traceback is in {path}." if path else "Its traceback could not be written."
        said = traceback.format_exception_only(error)[-1].strip()
        title, text = "An error in pyrepl-tui; sessions are not affected", f"{said}\n{where}"
        if hasattr(self, "bridge"):
            self.bridge.announce("error", title, text)
        else:
            self.notify(text, title=title, severity="error", timeout=10, markup=False)


def write_down(error: BaseException) -> Path | None:
    """Append an error's traceback to the log. Returns its path; None if that cannot be done."""
    path = state_dir() / LOG
    clock = time.strftime("%Y-%m-%d %H:%M:%S")
    text = f"-- {clock}\n{''.join(traceback.format_exception(error))}\n"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.exists() and path.stat().st_size > _MOST_LOG
        with path.open("w" if fresh else "a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(text)
    except OSError:
        return None
    return path
