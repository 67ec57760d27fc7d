"""Errors that nobody foresaw: they are told of and written down, and the app goes on."""

from __future__ import annotations

import asyncio
import contextlib
import time
import traceback
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.segment import Segment
from textual.app import App
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.worker import WorkerFailed

from .locations import state_dir

if TYPE_CHECKING:
    from textual.actions import ActionParseResult
    from textual.dom import DOMNode
    from textual.widget import Widget

    from .bridge import Bridge

LOG = "errors.log"
"""Name of the file in the state folder that tracebacks are appended to."""
_MOST_LOG = 1 << 20
"""Bytes of the log above which it begins anew."""
AGAIN = 60.0
"""Seconds after which an error at the same place is told of once more."""
MANY, WITHIN = 10, 10.0
"""After so many errors that no guard of a widget has caught, within so many seconds, the app
begins anew."""
BEGIN_ANEW = 75
"""The return code that asks for another app in the place of this one."""
_HEAL = 0.5
"""Seconds after such an error in which the screen is laid out afresh."""
_PARTING = 2.0
"""Seconds for letting go of the sessions before that."""


class Surviving(App[None]):
    """The part of the app that errors do not end.

    What a widget does with a message, and how it draws itself, is guarded widget by widget. Errors
    elsewhere, in the layout for example, are survived as long as they are few; then the app leaves
    with `BEGIN_ANEW`, and another one takes up the sessions and drafts.
    """

    bridge: Bridge

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[tuple[str, ...], float] = {}
        """When an error was told of last, by kind and place."""
        self._unguarded: deque[float] = deque(maxlen=MANY)
        """When errors came that no guard has caught."""
        self._parting: asyncio.Task[None] | None = None

    def remember(self) -> None:
        """Write down what the workspace is like."""
        raise NotImplementedError

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

    def _register_child(
        self, parent: DOMNode, child: Widget, before: int | None, after: int | None
    ) -> None:
        self._guard(child)
        super()._register_child(parent, child, before, after)

    def _start_widget(self, parent: Widget, widget: Widget) -> None:
        self._guard(widget)
        super()._start_widget(parent, widget)

    def _guard(self, widget: Widget) -> None:
        """Keep an error in a widget from ending its loop, and with it the app."""
        if "render_lines" in vars(widget):  # it was there before
            return
        dispatch, render = widget._dispatch_message, widget.render_lines

        async def dispatched(message: Message) -> None:
            try:
                await dispatch(message)
            except Exception as error:  # whatever it is: the widget's next message is handled
                self.survive(error)

        def rendered(crop: Region) -> list[Strip]:
            try:
                return render(crop)
            except Exception as error:  # whatever it is: the other widgets are drawn
                self.survive(error)
                return _apology(crop)

        # every widget, Textual's own too, has no other place to put this
        widget._dispatch_message = dispatched  # type: ignore[method-assign]
        widget.render_lines = rendered  # type: ignore[method-assign]

    def _handle_exception(self, error: Exception) -> None:
        if isinstance(error, WorkerFailed):
            self.survive(error.error)
        elif self._parting is not None:
            write_down(error)
        elif hasattr(self, "bridge") and not self._is_flooded():
            self.survive(error)
            asyncio.get_running_loop().call_later(_HEAL, self._heal)
        elif hasattr(self, "bridge"):
            write_down(error)
            self._parting = asyncio.get_running_loop().create_task(self._part())
        else:  # there is nothing yet to go on with
            write_down(error)
            super()._handle_exception(error)

    def _is_flooded(self) -> bool:
        now = time.monotonic()
        self._unguarded.append(now)
        return len(self._unguarded) == MANY and now - self._unguarded[0] < WITHIN

    def _heal(self) -> None:
        """Lay the screen out again; an error that lasts comes again, until there are too many."""
        if self.is_running:
            self.screen.refresh(layout=True)

    async def _part(self) -> None:
        """Leave for another app, with drafts kept and the sessions alive."""
        with contextlib.suppress(Exception):  # the last look before was seconds ago
            self.remember()
        with contextlib.suppress(Exception):  # they notice that nobody listens any more
            await asyncio.wait_for(self.bridge.stop(end=False), _PARTING)
        self.exit(return_code=BEGIN_ANEW)

    def survive(self, error: BaseException) -> None:
        """Write an error down, tell of it, and go on; one that comes again and again but once."""
        if self.is_headless and isinstance(error, Exception):
            # a test that meets it fails at its end, as with any error
            self._exception = self._exception or error
        place = _place(error)
        now = time.monotonic()
        if now - self._told.get(place, -AGAIN) < AGAIN:
            return
        self._told[place] = now
        path = write_down(error)
        where = f"The traceback is in {path}." if path else "Its traceback could not be written."
        said = traceback.format_exception_only(error)[-1].strip()
        title, text = "An error in pyrepl-tui; sessions are not affected", f"{said}\n{where}"
        if hasattr(self, "bridge"):
            self.bridge.announce("error", title, text)
        else:
            self.notify(text, title=title, severity="error", timeout=10, markup=False)


def _place(error: BaseException) -> tuple[str, ...]:
    """What is the same for an error that comes again."""
    frames = traceback.extract_tb(error.__traceback__)
    where = (frames[-1].filename, str(frames[-1].lineno)) if frames else ()
    return (type(error).__name__, *where)


def _apology(crop: Region) -> list[Strip]:
    """What stands where a widget could not be drawn."""
    line = Strip([Segment("An error in pyrepl-tui keeps this from being drawn; see the messages.")])
    return [
        (line if y == 0 else Strip.blank(crop.width)).crop_extend(crop.x, crop.right, None)
        for y in range(crop.y, crop.bottom)
    ]


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
