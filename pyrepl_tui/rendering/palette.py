"""From looks and roles to the colours of a theme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as ThemeColor
from textual.color import ColorParseError
from textual.filter import LineFilter

from pyrepl_tui.rendering.ink import (
    BLINK,
    BOLD,
    CONCEAL,
    DIM,
    DOUBLE,
    ITALIC,
    OVERLINE,
    REVERSE,
    STRIKE,
    UNDERLINE,
    Colour,
    Ink,
)

_ATTRIBUTES = {
    BOLD: "bold",
    DIM: "dim",
    ITALIC: "italic",
    UNDERLINE: "underline",
    BLINK: "blink",
    REVERSE: "reverse",
    CONCEAL: "conceal",
    STRIKE: "strike",
    OVERLINE: "overline",
    DOUBLE: "underline2",
}

ROLES: dict[str, tuple[tuple[str, ...], str]] = {
    "stderr": (("warning",), ""),
    "keyword": (("code-keyword", "secondary"), ""),
    "string": (("code-string", "success"), ""),
    "number": (("code-number", "warning"), ""),
    "comment": (("code-comment", "foreground-muted"), "italic"),
    "function": (("code-function", "primary"), ""),
    "class": (("code-type", "primary"), ""),
    "builtin": (("code-type", "primary"), ""),
    "self": (("code-constant", "secondary"), "italic"),
    "decorator": (("code-constant", "accent"), ""),
    "prompt": (("foreground",), ""),
    "answer": (("accent",), "bold"),
    "waiting": (("accent",), "blink"),
    "notice": (("warning",), "italic"),
    "mark-started": (("faint", "foreground-muted"), ""),
    "mark-died": (("error",), "bold"),
    "mark-restored": (("accent",), ""),
    "trace-dim": (("muted", "foreground-muted"), ""),
    "trace-path": (("accent",), ""),
    "trace-line": (("accent",), "bold"),
    "trace-caret": (("error",), ""),
    "trace-name": (("error",), "bold"),
    "trace-text": (("foreground",), ""),
    "number-ok": (("muted", "foreground-muted"), ""),
    "number-running": (("accent",), "bold"),
    "number-failed": (("error",), "bold"),
    "number-pending": (("warning",), "bold"),
    "number-undone": (("faint", "foreground-muted"), ""),
    "sign-ok": (("accent",), ""),
    "sign-running": (("accent",), "bold"),
    "sign-failed": (("error",), "bold"),
    "sign-pending": (("warning",), "bold"),
    "sign-undone": (("faint", "foreground-muted"), ""),
    "sign-stderr": (("warning",), ""),
    "sign-error": (("error",), ""),
    "sign-value": (("muted", "foreground-muted"), ""),
    "sign-notice": (("warning",), "bold"),
    "sign-display": (("muted", "foreground-muted"), ""),
    "empty": (("muted", "foreground-muted"), ""),
    "folded": (("muted", "foreground-muted"), "italic"),
    "chosen": (("accent",), "bold"),
    "sign-input": (("accent",), "bold"),
    "outcome-ok": (("muted", "foreground-muted"), ""),
    "outcome-running": (("accent",), ""),
    "outcome-failed": (("error",), ""),
    "outcome-pending": (("warning",), "bold"),
    "outcome-undone": (("muted", "foreground-muted"), "italic"),
}
"""For each role the theme variables that may give its colour, best first, and its attributes."""


FOUND = ("found", "found-here")
"""Roles of what a search found: colours that replace those of the text."""


class Palette:
    """Styles of one theme on one background; each is computed once."""

    def __init__(
        self,
        base: Style,
        background: ThemeColor,
        code_background: ThemeColor,
        variables: Mapping[str, str],
        filters: Sequence[LineFilter],
    ) -> None:
        """Take what the theme says.

        Args:
            base: style of plain output.
            background: colour behind it.
            code_background: colour behind code.
            variables: the theme's variables.
            filters: what the app does to every style before it is shown.
        """
        self._base = base
        self._background = background
        self._code = base + Style(bgcolor=code_background.rich_color)
        self._code_background = code_background
        self._variables = variables
        self._filters = filters
        self._styles: dict[tuple[Ink, bool], Style] = {}

    def style(self, ink: Ink, code: bool = False) -> Style:
        """Return how some text is to be shown.

        Args:
            ink: its look.
            code: True: it stands on the background of code.
        """
        key = (ink, code)
        found = self._styles.get(key)
        if found is None and ink.role in FOUND:
            found = self._styles[key] = self._found(ink.role)
        if found is None:
            style = (self._code if code else self._base) + self._role(ink.role) + _sgr(ink)
            found = self._styles[key] = self._filtered(style, code)
        return found

    def _found(self, role: str) -> Style:
        """Colours of what a search found."""
        shade = ThemeColor.parse(self._variables.get("warning", "yellow"))
        if role == "found-here":
            return Style(color=self._background.rich_color, bgcolor=shade.rich_color)
        return Style(bgcolor=self._background.blend(shade, 0.35, alpha=1).rich_color)

    def _role(self, role: str) -> Style:
        names, attributes = ROLES.get(role, ((), ""))
        colour = next((self._variables[n] for n in names if n in self._variables), None)
        style = Style.parse(attributes) if attributes else Style()
        if colour is not None:
            try:
                parsed = ThemeColor.parse(colour)
            except ColorParseError:
                return style
            style += Style(color=self._background.blend(parsed, parsed.a, alpha=1).rich_color)
        return style

    def _filtered(self, style: Style, code: bool) -> Style:
        segments = [Segment(" ", style)]
        background = self._code_background if code else self._background
        for line_filter in self._filters:
            segments = line_filter.apply(segments, background)
        return segments[0].style or style


def _sgr(ink: Ink) -> Style:
    """The part of a style that the program chose."""
    attributes = {name: True for flag, name in _ATTRIBUTES.items() if ink.flags & flag}
    return Style(
        color=_color(ink.fg),
        bgcolor=_color(ink.bg),
        link=ink.link or None,
        **attributes,  # type: ignore[arg-type]
    )


def _color(colour: Colour) -> Color | None:
    if colour is None:
        return None
    return Color.from_ansi(colour) if isinstance(colour, int) else Color.from_rgb(*colour)
