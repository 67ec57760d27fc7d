"""Pictures through the terminal's own graphics, where it has them: kitty's protocol, or sixel."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.widget import Widget

_TERMS = ("xterm-kitty", "xterm-ghostty", "foot", "mlterm", "contour", "yaft", "wezterm")
_PROGRAMS = frozenset({"iTerm.app", "WezTerm", "ghostty", "mintty", "rio", "contour"})
_TRACES = ("KITTY_WINDOW_ID", "KONSOLE_VERSION", "WT_SESSION", "GHOSTTY_RESOURCES_DIR")

_widget: Any = None


def may_have_graphics(environment: dict[str, str]) -> bool:
    """Whether the environment speaks of a terminal that is known for graphics.

    ``PYREPL_TUI_GRAPHICS`` decides where it is set: 1 asks the terminal, 0 does not.
    """
    wish = environment.get("PYREPL_TUI_GRAPHICS")
    if wish is not None:
        return wish not in ("", "0")
    if "TMUX" in environment or environment.get("TERM", "").startswith("screen"):
        return False  # what is inside answers for what is outside, and passes nothing on
    known = environment.get("TERM", "").startswith(_TERMS)
    program = environment.get("TERM_PROGRAM") in _PROGRAMS
    return known or program or any(name in environment for name in _TRACES)


def ask_terminal() -> None:
    """Find out what the terminal can do. To be called before the app reads the keyboard.

    The library asks when it is imported and waits for the answer, so only terminals that are
    likely to give one are asked.
    """
    global _widget
    if not may_have_graphics(dict(os.environ)):
        return
    try:
        from textual_image import renderable, widget
    except ImportError:
        return  # an optional dependency
    if renderable.Image in (renderable.SixelImage, renderable.TGPImage):
        _widget = widget.Image


def graphics_widget(picture: object) -> Widget | None:
    """A widget that shows a picture (of pillow) by the terminal's graphics; None without them."""
    if _widget is None:
        return None
    found: Widget = _widget(picture)
    return found
