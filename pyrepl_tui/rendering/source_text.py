"""Python source as Rich text in the theme's colours, for small panels."""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style
from rich.text import Text

from .code import highlight_python

_VARIABLES = {
    "keyword": "code-keyword",
    "number": "code-number",
    "string": "code-string",
    "comment": "code-comment",
    "function": "code-function",
    "builtin": "code-function",
    "class": "code-type",
    "decorator": "code-type",
}


def source_text(source: str, variables: Mapping[str, str]) -> Text:
    """Some Python source, coloured."""
    text = Text(end="")
    for row, line in enumerate(highlight_python(source)):
        if row:
            text.append("\n")
        for span in line:
            colour = variables.get(_VARIABLES.get(span.ink.role or "", ""))
            text.append(span.text, Style(color=colour) if colour else "")
    return text
