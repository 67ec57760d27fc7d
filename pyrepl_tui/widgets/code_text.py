"""What the editor knows about Python text: completeness, errors, indentation, pairs, prompts."""

from __future__ import annotations

import ast
import codeop
import re
import warnings
from collections.abc import Sequence

from pyrepl_worker.records import record

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
    if code.lstrip().startswith("%%"):
        return code.endswith("\n")
    try:
        return _compiled(code) is not None
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return True


def _compiled(code: str, ending: str | None = None) -> object:
    """A code object; None if more could follow.

    Args:
        code: Python, with magics and shell escapes.
        ending: what to put in place of the blanks at its end; None: leave it as it is.

    Raises:
        SyntaxError, ValueError, OverflowError, RecursionError, MemoryError: as compile() does.
    """
    from pyrepl_worker.protocol.cell_syntax import translate  # not before the first paint

    code = translate(code)
    code = code if ending is None else code.rstrip() + ending
    command = codeop.CommandCompiler()
    command.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return command(code, "<editor>", "exec")


@record(frozen=True)
class Fault:
    """A syntax error."""

    row: int
    column: int
    end: int
    """Column behind it, on the same row."""
    text: str


def fault_in(code: str) -> Fault | None:
    """The first syntax error; none while the code merely is not finished."""
    if len(code) > TOO_LONG_TO_COMPILE:
        return None
    try:
        _compiled(code, "\n")
    except SyntaxError as error:
        return _fault_of(error, code)
    except (ValueError, OverflowError, RecursionError, MemoryError) as error:
        return Fault(0, 0, 1, str(error) or type(error).__name__)
    return None


def _fault_of(error: SyntaxError, code: str) -> Fault | None:
    lines = code.split("\n")
    row = min((error.lineno or 1) - 1, len(lines) - 1)
    column = max(0, (error.offset or 1) - 1)
    same_row = error.end_lineno == error.lineno and error.end_offset is not None
    end = (error.end_offset or 0) - 1 if same_row else len(lines[row])
    return Fault(row, column, max(end, column + 1), error.msg or "invalid syntax")


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

# -- pairs ---------------------------------------------------------------------------------------

PAIRS = {"(": ")", "[": "]", "{": "}", '"': '"', "'": "'"}
CLOSERS = frozenset(PAIRS.values())
_BEFORE_CLOSING = frozenset(")]}:,; \t")


def opens_pair(char: str, before: str, after: str) -> str | None:
    """What to put behind the cursor when `char` is typed between the two halves of a line."""
    if char not in PAIRS or (after and after[0] not in _BEFORE_CLOSING):
        return None
    if char not in "\"'":
        return PAIRS[char]
    if before.endswith(char * 2) and not before.endswith(char * 3):
        return char * 3
    prefix = re.search(r"[^\W\d]\w*$", before)
    word = prefix is not None and prefix.group().lower() not in _PREFIXES
    inside = _open_quote(before) or "#" in before
    return None if word or inside or before.endswith(char) else char


_PREFIXES = frozenset(("r", "b", "u", "f", "rb", "br", "rf", "fr"))


def _open_quote(before: str) -> bool:
    """Whether a line's text ends inside quotes."""
    quote = ""
    skip = False
    for char in before:
        if skip:
            skip = False
        elif char == "\\":
            skip = True
        elif quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
    return bool(quote)


def closes_pair(char: str, before: str, after: str) -> bool:
    """Whether typing `char` steps over the same one that stands there already."""
    if char not in CLOSERS or after[:1] != char:
        return False
    if char in "\"'":
        escaped = before.endswith("\\") and not before.endswith("\\\\")
        return (_open_quote(before) and not escaped) or before.endswith(char * 2)
    opening = next(key for key, value in PAIRS.items() if value == char)
    line = before + after
    return line.count(char) >= line.count(opening)


# -- lines ---------------------------------------------------------------------------------------


def toggle_comment(lines: Sequence[str]) -> list[str]:
    """The lines as comments, or as code if all of them are comments already."""
    filled = [line for line in lines if line.strip()]
    if filled and all(line.lstrip().startswith("#") for line in filled):
        return [re.sub(r"^(\s*)# ?", r"\1", line) for line in lines]
    margin = min((len(line) - len(line.lstrip()) for line in filled), default=0)
    return [line[:margin] + "# " + line[margin:] if line.strip() else line for line in lines]


_PROMPT = re.compile(r"^[^\S\n]*(?:>>>|In \[\d+\]:)(?: |$)")
_MORE = re.compile(r"^[^\S\n]*(?:\.\.\.|\.{2,}:)(?: |$)")


def without_prompts(text: str, before: str) -> str:
    """Pasted text as code: prompts and what was printed between them left out, indentation matched.

    `before` is what stands on the line left of it: code pasted into a block is indented like it.
    """
    lines = text.split("\n")
    if any(_PROMPT.match(line) for line in lines):
        kept = []
        within = False
        for line in lines:
            if (found := _PROMPT.match(line)) or (within and (found := _MORE.match(line))):
                kept.append(line[found.end() :].rstrip())
            within = found is not None
        lines = kept
        text = "\n".join(lines)
    if len(lines) < 2 or before.strip() or len(text) > TOO_LONG_TO_COMPILE:
        return text
    return _matched(lines, before)


def _matched(lines: list[str], before: str) -> str:
    """Lines whose common indentation is replaced by that of the place they come to."""
    margins = [len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()]
    first = len(lines[0]) - len(lines[0].lstrip(" \t"))
    margin = min(margins[1:], default=0) if first == 0 and before else min(margins, default=0)
    if first == 0 and lines[0].rstrip().endswith(":"):
        margin = min(margin, 0)  # the first line's own block is indented from it
    cut = [line[margin:] if line[:margin].strip() == "" else line for line in lines]
    if first == 0:
        cut[0] = lines[0]
    return "\n".join([cut[0], *(before + line if line.strip() else line for line in cut[1:])])
