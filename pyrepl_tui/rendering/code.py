"""Python source as coloured lines.

One regular expression and a walk along it: the source need not be valid, its pieces are only told
apart. The lexer of a library would have to be loaded and compiled before any output is drawn.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator

from pyrepl_tui.rendering.ink import Ink, Span
from pyrepl_tui.rendering.text import expand_tabs, printable

_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<string>(?i:[rbuft]|br|rb|fr|rf|tr|rt)?(?P<quote>\"{3}|'{3}|\"|'))
    |(?P<number>0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+
        |(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?[jJ]?)
    |(?P<name>[^\W\d]\w*)
    |(?P<code>\s+|[$?`])
    |(?P<operator>.)""",
    re.VERBOSE,
)
_BODY = {
    quote: re.compile(rf"(?:[^\\{quote[0]}{line}]|\\.|{quote[0]}(?!{rest}))*", re.DOTALL)
    for quote, rest, line in (
        ('"""', '""', ""),
        ("'''", "''", ""),
        ('"', "", "\n"),
        ("'", "", "\n"),
    )
}
"""Of each kind of quotes: the text up to the closing ones, or to the end of the line or source."""
_ESCAPE = re.compile(
    r"\\(?:N\{[^}\n]*\}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{1,3}|[\\'\"abfnrtv\n])"
)
_DECORATOR = re.compile(r"[ \t]*[\w.]*")
_SOFT = re.compile(r"(?:match|case)[ \t]+[^=.,)\]}:\s][^\n]*:|type[ \t]+[^\W\d]\w*[ \t]*[=\[]")

_CONSTANTS = frozenset(("True", "False", "None"))
_KEYWORDS = frozenset(keyword.kwlist) - _CONSTANTS
_BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_")) | {"__import__"}
_THEMSELVES = frozenset(("self", "cls"))
_NAMED = {"def": "function", "class": "class"}
"""What a name after such a word is."""


def highlight_python(source: str) -> list[list[Span]]:
    """Return the lines of some Python source, tabs expanded; it need not be valid."""
    lines: list[list[Span]] = [[]]
    column = 0
    for role, value in _Walk(source).pieces():
        ink = Ink(role=role)
        first, *rest = value.split("\n")
        column = _add(lines[-1], first, ink, column)
        for text in rest:
            lines.append([])
            column = _add(lines[-1], text, ink, 0)
    return lines


class _Walk:
    """One pass along some source, or along an expression within a string."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._before = ""
        """The word or the dot right before; empty after anything else."""
        self._importing = ""
        """The word a line of imports began with; empty elsewhere."""

    def pieces(self) -> Iterator[tuple[str, str]]:
        """Role and text of each piece, in order."""
        place = 0
        while found := _TOKEN.match(self._source, place):
            kind, text, place = found.lastgroup or "", found.group(), found.end()
            if found["string"] is not None:
                place = self._end_of_string(found["quote"], place)
                yield from _string(text, found["quote"], self._source[found.end() : place])
                self._before = ""
            elif kind == "name":
                yield self._role_of(text, found.start()), text
                self._before = text
            elif text == "@" and self._begins_line(found.start()):
                decorator = _DECORATOR.match(self._source, place)
                assert decorator is not None, "it may be empty"
                yield "decorator", text + decorator.group()
                place = decorator.end()
            else:
                if kind == "operator":
                    self._before = text if text == "." else ""
                if "\n" in text:
                    self._before = self._importing = ""
                yield kind, text

    def _end_of_string(self, quote: str, start: int) -> int:
        body = _BODY[quote].match(self._source, start)
        assert body is not None, "it may be empty"
        closed = self._source.startswith(quote, body.end())
        return body.end() + (len(quote) if closed else 0)

    def _begins_line(self, place: int) -> bool:
        return not self._source[self._source.rfind("\n", 0, place) + 1 : place].strip()

    def _role_of(self, name: str, place: int) -> str:
        before = self._before
        if before in _NAMED:
            return _NAMED[before]
        if name in _CONSTANTS:
            return "number"
        if name in _KEYWORDS:
            if name in ("import", "from") and not (name == "import" and self._importing):
                self._importing = name if self._begins_line(place) else ""
            elif name == "import":
                self._importing = ""
            return "keyword"
        if self._importing:
            return "module"
        if before == ".":
            return "code"
        if name in _THEMSELVES:
            return "self"
        if self._begins_line(place) and _SOFT.match(self._source, place):
            return "keyword"
        return "builtin" if name in _BUILTINS else "code"


def _string(opening: str, quote: str, rest: str) -> Iterator[tuple[str, str]]:
    """A string: its prefix, its text, what is escaped and the expressions in it."""
    prefix = opening[: -len(quote)].lower()
    if prefix:
        yield "keyword", opening[: -len(quote)]
    raw, formatted = "r" in prefix, "f" in prefix or "t" in prefix
    yield "string", quote
    place = plain = 0
    while place < len(rest):
        found = None if raw else _ESCAPE.match(rest, place)
        if found is not None:
            yield "string", rest[plain:place]
            yield "decorator", found.group()
            place = plain = found.end()
        elif formatted and rest[place] == "{":
            end = _end_of_expression(rest, place)
            if end > place + 1 and rest[place + 1] != "{":
                yield "string", rest[plain:place]
                yield "decorator", "{"
                yield from _Walk(rest[place + 1 : end - 1]).pieces()
                yield "decorator", "}"
                place = plain = end
            else:
                place += 2
        else:
            place += 1
    yield "string", rest[plain:]


def _end_of_expression(text: str, start: int) -> int:
    """The place behind the brace that closes the one at `start`; `start` if nothing does."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return place + 1
    return start


def _add(line: list[Span], text: str, ink: Ink, column: int) -> int:
    """Append text to a line; returns the column after it."""
    if text:
        text = printable(expand_tabs(text, column))
        if line and line[-1].ink == ink:
            line[-1] = Span(line[-1].text + text, ink)
        else:
            line.append(Span(text, ink))
    return column + len(text)
