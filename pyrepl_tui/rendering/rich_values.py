"""Rich values as lines: the best of a bundle's forms that a terminal can show."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rich.console import Console, RenderableType

from pyrepl_tui.engine.display_parts import DisplayPart
from pyrepl_tui.rendering.html_text import html_text
from pyrepl_tui.rendering.pictures import (
    ENDINGS,
    PICTURES,
    NotAPictureError,
    cells_of,
    open_picture,
    picture_lines,
)
from pyrepl_tui.rendering.tables import TableLines, table_lines

if TYPE_CHECKING:
    from PIL.Image import Image

TABLE = "application/vnd.pyrepl.table+json"
ANSI = "text/vnd.pyrepl.ansi"
NOTE = "text/vnd.pyrepl.note"

ROWS, ROWS_AT_END = 12, 5
"""Rows of a table that stand in the output, where it has more."""
PICTURE_ROWS = 28
"""Rows that a picture takes in the output at most."""
_MOST_JSON = 256 * 1024


def render_in_output(part: DisplayPart, width: int) -> str:
    """A value as it stands in the output pane: short, with escape sequences for colours."""
    lines = _table(part, lambda table: table_lines(table, width, first=ROWS, last=ROWS_AT_END))
    found = lines.text if lines is not None else None
    if found is None:
        found = _picture(part, width)
    if found is None:
        found = text_form(part, width)
    note = part.text_of(NOTE)
    return found if note is None else f"{found}\n\x1b[2m{note}\x1b[0m"


def table_form(part: DisplayPart) -> TableLines | None:
    """A table at its full width with all rows there are; None for other values."""
    return _table(part, lambda table: table_lines(table, None))


def picture_form(part: DisplayPart) -> tuple[str, Image] | None:
    """A value's picture and its MIME type; None if it has none that can be shown."""
    for mime in PICTURES:
        content = part.content(mime)
        if content is not None:
            try:
                return mime, open_picture(mime, content)
            except NotAPictureError:
                continue
    return None


def text_form(part: DisplayPart, width: int) -> str:
    """A value's text, the richest there is."""
    for mime, render in _TEXTS:
        text = part.text_of(mime)
        if text is not None:
            found = render(text, width)
            if found is not None and found.strip():
                return found
    return part.text


def saved_form(part: DisplayPart) -> tuple[str, bytes]:
    """What to write to a file for a value: the ending of its name, and the bytes."""
    for mime, ending in (*ENDINGS.items(), ("text/html", ".html"), ("text/markdown", ".md")):
        content = part.content(mime)
        if content is not None:
            return ending, content if isinstance(content, bytes) else content.encode()
    return ".txt", part.text.encode()


def _table(part: DisplayPart, render: Callable[[dict[str, Any]], TableLines]) -> TableLines | None:
    text = part.text_of(TABLE)
    if text is None:
        return None
    try:
        return render(json.loads(text))
    except (ValueError, KeyError, IndexError, TypeError):
        return None  # another version's, or damaged: the other forms are there


def picture_in_output(part: DisplayPart, width: int) -> tuple[Image, int, int] | None:
    """A value's picture, and the columns and rows that it begins with in the output pane.

    None if the value is not shown as a picture there.
    """
    found = picture_form(part)
    if found is None or _table(part, lambda table: table_lines(table, width, first=1, last=1)):
        return None
    return found[1], *cells_of(found[1].size, width, PICTURE_ROWS)


def _picture(part: DisplayPart, width: int) -> str | None:
    found = picture_in_output(part, width)
    return None if found is None else picture_lines(*found)


def _rendered(renderable: RenderableType, width: int) -> str:
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        _environ={},
    )
    console.print(renderable)
    text = console.file.getvalue()  # type: ignore[attr-defined]  # the StringIO above
    return "\n".join(line.rstrip() for line in str(text).splitlines())


def _markdown(text: str, width: int) -> str:
    from rich.markdown import Markdown

    return _rendered(Markdown(text, code_theme="ansi_dark"), width)


def _json(text: str, width: int) -> str | None:
    from rich.json import JSON

    if len(text) > _MOST_JSON:
        return None
    try:
        return _rendered(JSON(text), width)
    except ValueError:
        return None


_TEXTS: tuple[tuple[str, Callable[[str, int], str | None]], ...] = (
    (ANSI, lambda text, width: text),
    ("text/markdown", _markdown),
    ("text/html", lambda text, width: html_text(text)),
    ("application/json", _json),
)
