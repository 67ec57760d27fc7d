"""Writing a session to a file: as text, ANSI, HTML, Markdown or a Jupyter notebook, at any size."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.rendering.export_html import as_html
from pyrepl_tui.rendering.export_notebook import as_notebook
from pyrepl_tui.rendering.export_parts import Keep
from pyrepl_tui.rendering.export_text import as_ansi, as_markdown, as_text


@dataclass(frozen=True, slots=True)
class Form:
    """A form that a session can be exported in."""

    name: str
    """How it is called on the command line."""
    title: str
    endings: tuple[str, ...]
    """Endings of the names of such files, the usual one first."""
    write: Callable[[OutputDocument, str, Keep], Iterator[str]]
    """Yields the file's text, given the session's name and a place for pictures."""


FORMS: tuple[Form, ...] = (
    Form("text", "plain text", (".txt",), lambda document, name, keep: as_text(document)),
    Form("ansi", "text with colours", (".ansi", ".ans"), lambda d, name, keep: as_ansi(d)),
    Form("html", "web page", (".html", ".htm"), lambda d, name, keep: as_html(d, name)),
    Form(
        "markdown", "Markdown", (".md",), lambda document, name, keep: as_markdown(document, keep)
    ),
    Form("notebook", "Jupyter notebook", (".ipynb",), lambda d, name, keep: as_notebook(d)),
)
"""All of them."""


def form_of(path: str) -> Form | None:
    """The form that a file's name asks for; None if it says nothing."""
    ending = os.path.splitext(path)[1].lower()
    return next((form for form in FORMS if ending in form.endings), None)


def export(document: OutputDocument, name: str, path: Path, form: Form) -> Iterator[int]:
    """Write a session to a file; yields the number of characters written so far.

    The file appears whole under its name at the end, or, if the generator is closed before, not
    at all. Pictures of Markdown are in a folder beside it.

    Args:
        document: of the session.
        name: of the session.
        path: of the file; one that is there is replaced.
        form: which form.

    Raises:
        OSError: if it cannot be written.
    """
    kept = _Beside(path)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    size = 0
    try:
        with fresh.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
            for text in form.write(document, name, kept.keep):
                size += file.write(text)
                yield size
        os.replace(fresh, path)
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink()


class _Beside:
    """The folder beside an exported file, made when something is put into it."""

    def __init__(self, path: Path) -> None:
        self._folder = path.with_name(f"{path.stem}_files")
        self._count = 0

    def keep(self, ending: str, data: bytes) -> str:
        """Write a file. Returns the link to it."""
        self._count += 1
        self._folder.mkdir(exist_ok=True)
        name = f"picture-{self._count}{ending}"
        (self._folder / name).write_bytes(data)
        return f"{self._folder.name}/{name}".replace(" ", "%20")
