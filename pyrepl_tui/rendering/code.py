"""Python source as coloured lines."""

from __future__ import annotations

from functools import lru_cache

from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]
from pygments.token import (  # type: ignore[import-untyped]
    Comment,
    Error,
    Keyword,
    Literal,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    _TokenType,
)

from pyrepl_tui.rendering.ink import Ink, Span
from pyrepl_tui.rendering.text import expand_tabs, printable

_ROLES: dict[_TokenType, str] = {
    Keyword: "keyword",
    Keyword.Constant: "number",
    Operator.Word: "keyword",
    Operator: "operator",
    Punctuation: "operator",
    Name.Builtin: "builtin",
    Name.Builtin.Pseudo: "self",
    Name.Exception: "builtin",
    Name.Function: "function",
    Name.Function.Magic: "function",
    Name.Class: "class",
    Name.Decorator: "decorator",
    Name.Namespace: "module",
    Number: "number",
    String: "string",
    String.Doc: "string",
    String.Affix: "keyword",
    String.Interpol: "decorator",
    String.Escape: "decorator",
    Literal: "string",
    Comment: "comment",
    Error: "code",
}


@lru_cache(maxsize=512)
def _role(token: _TokenType) -> str:
    """Role of a token type: its own or that of its nearest ancestor."""
    while token:
        if token in _ROLES:
            return _ROLES[token]
        token = token.parent
    return "code"


_lexer = PythonLexer(stripnl=False, ensurenl=False)


def highlight_python(source: str) -> list[list[Span]]:
    """Return the lines of some Python source, tabs expanded; it need not be valid."""
    lines: list[list[Span]] = [[]]
    column = 0
    for _, token, value in _lexer.get_tokens_unprocessed(source):
        ink = Ink(role=_role(token))
        first, *rest = value.split("\n")
        column = _add(lines[-1], first, ink, column)
        for text in rest:
            lines.append([])
            column = _add(lines[-1], text, ink, 0)
    return lines


def _add(line: list[Span], text: str, ink: Ink, column: int) -> int:
    """Append text to a line; returns the column after it."""
    if text:
        text = printable(expand_tabs(text, column))
        if line and line[-1].ink == ink:
            line[-1] = Span(line[-1].text + text, ink)
        else:
            line.append(Span(text, ink))
    return column + len(text)
