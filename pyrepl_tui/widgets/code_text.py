"""What the editor knows about Python text: is it complete, how is the next line indented."""

from __future__ import annotations

import ast
import codeop
import re
import warnings

TOO_LONG_TO_COMPILE = 50_000
"""Characters above which Enter on the last line runs without compiling the code first."""

_DEDENTING = re.compile(r"\s*(return|pass|break|continue|raise)\b")


def is_complete(code: str) -> bool:
    """True if Enter at the end of `code` should run it.

    Code with an error counts as complete: running it shows the error. A compound statement is
    complete after an empty line, as at Python's own prompt.
    """
    if len(code) > TOO_LONG_TO_COMPILE:
        return True
    last = code.rpartition("\n")[2]
    if last != code and last.strip() and last[:1] in " \t":
        return False
    command = codeop.CommandCompiler()
    command.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return command(code, "<editor>", "exec") is not None
        except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
            return True


def next_indent(before: str, width: int = 4) -> str:
    """Indentation of the line after `before` (the text left of the cursor)."""
    indent = before[: len(before) - len(before.lstrip(" \t"))]
    code = _without_comment(before).rstrip()
    if code.endswith((":", "(", "[", "{")):
        return indent + " " * width
    if _DEDENTING.match(before):
        return indent[:-width] if indent.endswith(" " * width) else indent
    return indent


def _without_comment(line: str) -> str:
    """The line up to a ``#`` outside of quotes."""
    quote = ""
    for at, char in enumerate(line):
        if quote:
            if char == quote:
                quote = ""
        elif char in "\"'":
            quote = char
        elif char == "#":
            return line[:at]
    return line


def clean_paste(text: str) -> str:
    """Pasted text with one kind of line end and without control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isprintable():
        return text
    return text.translate(_CONTROLS)


_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127))
