"""A plot or a picture of a value, over the whole screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from pyrepl_tui.engine.values import Picture, Sketch
from pyrepl_tui.rendering.pictures import open_picture
from pyrepl_tui.rendering.plots import plot_lines
from pyrepl_tui.widgets.picture_rows import PictureRows

if TYPE_CHECKING:
    from PIL.Image import Image

Draw = Callable[[int, int], list[str]]
"""Lines for a width and a height."""


class DrawingScreen(ModalScreen[None]):
    """A picture, or lines, made anew for every size of the terminal."""

    CSS = """
    DrawingScreen {
        background: $surface; layout: vertical;
        & #drawing-title { background: $panel; padding: 0 1; height: 1; text-style: bold; }
        & #drawing-rows { height: 1fr; padding: 1 2; }
        & #drawing-hint { background: $panel; padding: 0 1; height: 1; color: $muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,v,enter", "dismiss(None)", "Close", show=False),
    ]

    def __init__(self, title: str, drawing: Draw | Image) -> None:
        super().__init__()
        self._title, self._drawing = title, drawing

    def compose(self) -> ComposeResult:
        """Title, drawing, hint."""
        yield Static(self._title, id="drawing-title", markup=False)
        yield PictureRows(id="drawing-rows")
        yield Static("Esc closes", id="drawing-hint", markup=False)

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        rows = self.query_one(PictureRows)
        size = rows.scrollable_content_region.size
        if size.width <= 0 or size.height <= 0:
            return
        if callable(self._drawing):
            rows.show(self._drawing(size.width, size.height))
        else:
            rows.show_picture(self._drawing)


def plot_of(sketch: Sketch) -> Draw:
    """Draws numbers."""
    return lambda width, height: plot_lines(sketch, width, height)


def picture_of(found: Picture) -> Image:
    """A value's picture.

    Raises:
        NotAPictureError: if it cannot be read.
    """
    import PIL.Image

    if found.size is None:
        return open_picture(found.mime, found.data)
    assert isinstance(found.data, bytes)
    return PIL.Image.frombytes("RGB", found.size, found.data)
