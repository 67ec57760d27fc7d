"""Python text cut into tokens, whether it is finished, correct, or neither."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Sequence
from typing import Any

from pyrepl_worker.records import record

_TOKEN = re.compile(
    r"""
    (?P<comment> \#[^\n]* )
  | (?P<string> [rRbBuUfFtT]{0,2} (?: \"\"\" | ''' | " | ' ) )
  | (?P<name> [^\W\d]\w* )
  | (?P<number> (?: \d | \.\d ) (?: [\w.] | (?<=[eE]) [+-] )* )
  | (?P<newline> \n )
  | (?P<blank> [^\S\n]+ | \\\n )
  | (?P<op> \*\*=? | //=? | >>=? | <<=? | -> | := | == | != | <= | >= | [-+*/%@&|^]= | . )
    """,
    re.VERBOSE,
)
OPENING, CLOSING = "([{", ")]}"


@record(frozen=True, slots=True)
class Token:
    """A piece of code."""

    kind: str
    """``comment``, ``string``, ``name``, ``number``, ``newline`` or ``op``."""
    text: str
    start: int
    open: bool = False
    """True for a string without its end."""

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)

    @property
    def prefix(self) -> str:
        """Letters before a string's quotes, in lower case."""
        return self.text[: len(self.text) - len(self.text.lstrip("rRbBuUfFtT"))].lower()

    @property
    def quote(self) -> str:
        """The quotes a string begins with."""
        rest = self.text[len(self.prefix) :]
        return rest[:3] if rest[:3] in ('"""', "'''") else rest[:1]

    @property
    def content(self) -> str:
        """What stands between a string's quotes so far."""
        inner = self.text[len(self.prefix) + len(self.quote) :]
        return inner if self.open else inner[: -len(self.quote)]


def tokens_of(code: str, start: int = 0) -> list[Token]:
    """All tokens but blanks; nothing is refused."""
    found: list[Token] = []
    at = start
    while at < len(code):
        match = _TOKEN.match(code, at)
        assert match is not None  # the last branch takes any character
        kind = match.lastgroup or "op"
        if kind == "string":
            token = _string(code, at, match.group())
        else:
            token = Token(kind, match.group(), at)
        if kind != "blank":
            found.append(token)
        at = token.end
    return found


def _string(code: str, start: int, opening: str) -> Token:
    quote = opening.lstrip("rRbBuUfFtT")
    at = start + len(opening)
    while at < len(code):
        if code[at] == "\\":
            at += 2
        elif code.startswith(quote, at):
            return Token("string", code[start : at + len(quote)], start)
        elif code[at] == "\n" and len(quote) == 1:
            return Token("string", code[start:at], start, open=False)  # broken off by the line end
        else:
            at += 1
    return Token("string", code[start:], start, open=True)


def opening_of(tokens: Sequence[Token], closing: int) -> int | None:
    """Index of the bracket that one at `closing` closes; None if there is none."""
    depth = 0
    for at in range(closing, -1, -1):
        text = tokens[at].text
        if tokens[at].kind != "op":
            continue
        if text in CLOSING:
            depth += 1
        elif text in OPENING:
            depth -= 1
            if depth == 0:
                return at
    return None


def enclosing(tokens: Sequence[Token], end: int) -> int | None:
    """Index of the innermost bracket still open before `end`; None if there is none."""
    depth = 0
    for at in range(end - 1, -1, -1):
        if tokens[at].kind != "op":
            continue
        text = tokens[at].text
        if text in CLOSING:
            depth += 1
        elif text in OPENING:
            if depth == 0:
                return at
            depth -= 1
    return None


Chain = tuple[tuple[Any, ...], ...]
"""An expression as steps, see `pyrepl_worker.describe.following`."""


def chain_before(tokens: Sequence[Token], end: int) -> tuple[Chain, int] | None:
    """The expression that ends before the token at `end`, and where it begins.

    None if it is none that can be followed.
    """
    steps: list[tuple[Any, ...]] = []
    at = end - 1
    while at >= 0:
        token = tokens[at]
        if token.kind == "name":
            if keyword.iskeyword(token.text) and token.text not in ("True", "False", "None"):
                return None
            if at and tokens[at - 1].text == ".":
                steps.append(("attr", token.text))
                at -= 2
                continue
            return ((("name", token.text), *reversed(steps)), at)
        if token.kind == "string" and not token.open:
            kind = "bytes" if "b" in token.prefix else "str"
            return ((("literal", kind), *reversed(steps)), at)
        if token.kind == "number":
            kind = "float" if "." in token.text or "e" in token.text.lower() else "int"
            return ((("literal", kind), *reversed(steps)), at)
        if token.text not in CLOSING:
            return None
        opening = opening_of(tokens, at)
        if opening is None:
            return None
        if opening and _ends_expression(tokens[opening - 1]) and token.text != "}":
            inner = tokens[opening + 1 : at]
            steps.append(("call",) if token.text == ")" else ("item", *_constant(inner)))
            at = opening - 1
            continue
        root = _bracketed(tokens, opening, at)
        return None if root is None else ((*root, *reversed(steps)), opening)
    return None


def _ends_expression(token: Token) -> bool:
    if token.kind == "name":
        return not keyword.iskeyword(token.text)
    return token.kind == "string" or (token.kind == "op" and token.text in ")]")


def _bracketed(tokens: Sequence[Token], opening: int, closing: int) -> Chain | None:
    bracket = tokens[opening].text
    if bracket == "[":
        return (("literal", "list"),)
    inner = tokens[opening + 1 : closing]
    depth, tops = 0, []
    for token in inner:
        if token.kind == "op" and token.text in CLOSING:
            depth -= 1
        if depth == 0:
            tops.append(token.text)
        if token.kind == "op" and token.text in OPENING:
            depth += 1
    if bracket == "{":
        return (("literal", "dict" if not inner or ":" in tops else "set"),)
    if not inner or "," in tops:
        return (("literal", "tuple"),)
    found = chain_before(tokens, closing)
    return found[0] if found is not None and found[1] == opening + 1 else None


def _constant(tokens: Sequence[Token]) -> tuple[Any, ...]:
    """The value between the brackets of a subscript, if it is a plain one."""
    text = "".join(token.text for token in tokens)
    if len(tokens) > 2 and not text.startswith("["):
        return ()
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return ()
    if type(value) in (str, int):
        return (value,)
    names = type(value) is list and all(type(each) is str for each in value)
    return (value,) if names else ()
