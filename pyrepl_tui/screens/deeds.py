"""What can be done with a value wherever it is shown: plot, save, copy, ask it, find who has it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from pyrepl_tui.engine.errors import PyreplError
from pyrepl_tui.engine.glimpses import Looker
from pyrepl_tui.engine.values import Inspection
from pyrepl_tui.rendering.pictures import NotAPictureError

from .dialogs import Choice, ChoiceDialog, NameDialog, TextScreen

if TYPE_CHECKING:
    from textual.app import App

    from .drawing import DrawingScreen

Steps = Sequence[Any]
BUCKETS = 400
"""Parts of a plot: dots across on a wide screen."""
_MOST_CHOICES = 60
_PATIENCE = 0.7
"""Seconds after which it is said that something takes long."""
_STILL = "A twin of the worker is still at it …"
_QUIET = "The session does not notice: a twin of its worker is asked, and thrown away."
_ENDINGS = {"DataFrame": ".csv", "Series": ".csv", "ndarray": ".npy", "Table": ".parquet",
            "str": ".txt", "bytes": ".bin"}  # fmt: skip


class Deeds:
    """Acts on one state's values; what goes wrong is said in a notification."""

    def __init__(self, app: App[Any], looker: Looker) -> None:
        self._app = app
        self._looker = looker

    async def _tried(self, what: str, call: Callable[[], Awaitable[Any]]) -> Any:
        """What a call gives; None if it failed, and that is said, as is that it takes long."""
        loop = asyncio.get_running_loop()
        waiting = loop.call_later(_PATIENCE, self._say_that_it_takes_long)
        try:
            return await call()
        except (LookupError, PyreplError, NotAPictureError) as error:
            self._app.notify(str(error) or type(error).__name__, title=what, severity="warning",
                             markup=False)  # fmt: skip
            return None
        finally:
            waiting.cancel()

    def _say_that_it_takes_long(self) -> None:
        waits = self._looker.has_to_wait
        text = "It is done once the code that runs has ended …" if waits else _STILL
        self._app.notify(text, timeout=2)

    async def plot(self, *places: tuple[Steps, str]) -> None:
        """Draw numbers, or what is a picture: the first of some values that can be drawn.

        Args:
            places: path and title of each.
        """
        failures = []
        for path, title in places:
            try:
                self._app.push_screen(await self._drawing(path, title))
                return
            except (LookupError, PyreplError, NotAPictureError) as error:
                failures.append(str(error))
        self._app.notify(failures[0], title="Nothing to draw", severity="warning", markup=False)

    async def _drawing(self, path: Steps, title: str) -> DrawingScreen:
        from .drawing import DrawingScreen, picture_of, plot_of

        page = await self._looker.inspect(path, limit=1)
        flat = page.grid is None or len(page.grid.columns) == 1
        if flat and not _may_be_picture(page):
            return DrawingScreen(title, plot_of(await self._looker.sketch(path, BUCKETS)))
        return DrawingScreen(title, picture_of(await self._looker.picture(path)))

    async def save(self, path: Steps, kind: str, name: str, folder: str) -> None:
        """Ask for a file and save the value to it."""
        ending = _ENDINGS.get(kind, ".pkl")
        stem = "".join(char if char.isalnum() else "_" for char in name).strip("_") or "value"
        dialog = NameDialog("Save to (.pkl .csv .parquet .npy .json .txt)", stem + ending)
        chosen = await self._app.push_screen_wait(dialog)
        if not chosen:
            return
        file = os.path.join(folder, os.path.expanduser(chosen))  # noqa: ASYNC240 - no disk
        written = await self._tried("Not saved", lambda: self._looker.save(path, file))
        if written is not None:
            self._app.notify(f"Saved {written:,} bytes to {file}.", markup=False)

    async def copy_value(self, path: Steps) -> None:
        """Copy the value's text: of a text itself, of all else what repr says."""
        text = await self._tried("Not copied", lambda: self._text_of(path))
        if text is not None:
            self._app.copy_to_clipboard(text)
            self._app.notify(f"Copied {len(text):,} characters.", timeout=2)

    async def _text_of(self, path: Steps) -> str:
        page = await self._looker.inspect(path, limit=2000)
        if page.variable.type == "str" and len(page.text) >= page.total:
            return page.text
        return await self._looker.tell(path, "repr")

    async def tell(self, path: Steps, title: str) -> None:
        """Ask the value itself, by user code in a twin of the worker."""
        choices = (
            Choice("repr", "repr: what it says it is", "r"),
            Choice("str", "str: how it prints", "s"),
            Choice("len", "len: how long it says it is", "l"),
        )
        dialog = ChoiceDialog(f"Ask {title} for", _QUIET, choices)
        chosen = await self._app.push_screen_wait(dialog)
        if chosen:
            await self.show_told(path, title, chosen)

    async def show_told(self, path: Steps, title: str, what: str) -> None:
        """Show the value's own word."""
        text = await self._tried(f"{title}: no answer", lambda: self._looker.tell(path, what))
        if text is not None:
            self._app.push_screen(TextScreen(f"{what} of {title}", text))

    async def referrers(self, path: Steps, title: str) -> tuple[Any, ...] | None:
        """List the places that lead to the same object. Returns the one that was chosen."""
        places = await self._tried("Not found out", lambda: self._looker.referrers(path))
        if places is None:
            return None
        others = [place for place in places if list(place.path) != list(path)]
        if not others:
            self._app.notify("No other variable leads to it.", title=title, markup=False)
            return None
        choices = [
            Choice(str(at), place.expression + (f"   in a {place.left}" if place.left else ""))
            for at, place in enumerate(others[:_MOST_CHOICES])
        ]
        many = "place leads" if len(others) == 1 else "places lead"
        dialog = ChoiceDialog(f"{len(others)} more {many} to {title}", "Enter goes there.", choices)
        chosen = await self._app.push_screen_wait(dialog)
        return None if chosen is None else tuple(others[int(chosen)].path)


def _may_be_picture(page: Inspection) -> bool:
    """Whether a value that is no grid could have a picture of itself."""
    return page.grid is None and page.variable.kind == "object" and not page.variable.shape


async def closing(looker: Looker, work: Awaitable[Any]) -> Any:
    """Do something with a looker, and let it go."""
    try:
        return await work
    finally:
        await asyncio.shield(looker.close())
