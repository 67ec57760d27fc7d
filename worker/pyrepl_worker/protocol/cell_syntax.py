"""What a cell may hold besides Python: shell escapes, magics, questions. Known to both sides.

Each such line becomes one line of Python that calls the worker's `magics`; line numbers stay.

``!command``, ``name = !command``, ``%magic arguments``, ``name = %magic arguments``, ``%%magic``
for all that follows, ``name?`` and ``?name`` (documentation), ``name??`` and ``??name`` (source).
"""

from __future__ import annotations

import ast
import re
import warnings

MAGICS: dict[str, tuple[str, str]] = {
    "time": ("%time STATEMENT", "Runs a statement and says how long it took."),
    "timeit": (
        "%timeit [-n N] [-r R] STATEMENT",
        "Runs a statement many times, and says how long.",
    ),
    "run": ("%run FILE [ARGUMENTS]", "Runs a file as a script and takes its names over."),
    "pip": ("%pip ARGUMENTS", "Runs pip for the session's own interpreter."),
    "cd": ("%cd [FOLDER]", "Changes the working folder; - goes back, nothing goes home."),
    "env": ("%env [NAME[=VALUE]]", "Shows or sets environment variables."),
    "who": ("%who [TYPE]", "Lists the variables, or those of a type."),
    "debug": ("%debug", "Looks around, with pdb, where the last exception was raised."),
    "autoreload": (
        "%autoreload [0|1|2]",
        "Reloads changed modules: now, before no run, before each.",
    ),
    "checkpoint": ("%checkpoint [NAME]", "Keeps the present state (in the workspace)."),
    "restore": ("%restore [NAME]", "Brings back a checkpoint, else the last state (workspace)."),
    "magics": ("%magics", "Lists all of this."),
}
"""Name → how it is written, and what it does."""

ESCAPES: tuple[tuple[str, str], ...] = (
    ("!COMMAND", "Runs a shell command; {expression} is replaced by its value."),
    ("NAME = !COMMAND", "Runs a shell command; its output becomes a list of lines."),
    ("NAME?", "Shows signature and documentation of a name; also ?NAME."),
    ("NAME??", "Shows the source of a name; also ??NAME."),
    ("%%time, %%timeit", "On the first line: all of the cell is what is measured."),
)
"""How other lines are written, and what they do."""

HOME = "__pyrepl__"
"""Name, among the builtins, of what such lines call."""

_ASSIGNED = re.compile(r"(?P<target>[\w.,\[\]'\" ]+?=\s*)(?P<rest>[!%].*)$")
_MAGIC = re.compile(r"%(?P<name>[^\W\d]\w*)(?:\s+(?P<rest>.*))?$", re.DOTALL)
_ASKED = re.compile(r"(?P<before>\?{1,2})?\s*(?P<name>[^\W\d][\w.]*)\s*(?P<after>\?{1,2})?$")
_PIECE = re.compile(
    r"#[^\n]*|[rRbBuUfF]{0,2}(\"\"\"|''')(?:\\.|(?!\1).)*(?:\1|\Z)"
    r"|\"(?:\\.|[^\"\\\n])*(?:\"|$)|'(?:\\.|[^'\\\n])*(?:'|$)|[()\[\]{}\n]|.",
    re.DOTALL | re.MULTILINE,
)


def translate(code: str) -> str:
    """The code in plain Python; unchanged if it is that already.

    Raises:
        SyntaxError: for an unknown magic, naming the nearest there is.
    """
    if not any(sign in code for sign in "!%?") or _is_python(code):
        return code
    whole = code.lstrip()
    if whole.startswith("%%"):
        return _whole_cell(whole)
    lines = code.split("\n")
    for row in _statement_rows(code):
        lines[row] = _translated(lines[row], row, code)
    return "\n".join(lines)


def _is_python(code: str) -> bool:
    with warnings.catch_warnings(module=warnings):
        warnings.simplefilter("ignore")
        try:
            ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def _whole_cell(code: str) -> str:
    head, _, body = code[1:].partition("\n")
    found = _MAGIC.match(head)
    name = found["name"] if found is not None else head[1:]
    if found is None or name not in ("time", "timeit"):
        raise _unknown(f"%%{name}", 0, code, ["%%time", "%%timeit"])
    options = found["rest"] or ""
    text = f"{options}\n{body}"
    return f"{HOME}.{name}({text!r})"


def _statement_rows(code: str) -> list[int]:
    """Rows on which a line begins that is inside of neither brackets nor a string."""
    rows, row, depth, fresh = [], 0, 0, True
    for piece in _PIECE.finditer(code):
        text = piece.group()
        if fresh and not text.isspace():
            rows.append(row)
            fresh = False
            if text in "!%?":
                depth = -(10**6)  # the rest of the line is no Python
        if text == "\n":
            row += 1
            if depth <= 0:
                depth, fresh = 0, not code[: piece.start()].endswith("\\")
            continue
        row += text.count("\n")
        if depth > -(10**5):
            depth += (text in "([{") - (text in ")]}")
    return rows


def _translated(line: str, row: int, code: str) -> str:
    indent = line[: len(line) - len(line.lstrip())]
    text = line.strip()
    assigned = _ASSIGNED.match(text)
    if text.startswith(("!", "%")):
        return indent + _call(text, row, code, captured=False)
    if assigned is not None and not _is_python(text):
        return indent + assigned["target"] + _call(assigned["rest"], row, code, captured=True)
    asked = _ASKED.match(text) if "?" in text else None
    if asked is not None and (asked["before"] or asked["after"]):
        source = "??" in (asked["before"], asked["after"])
        return f"{indent}{HOME}.explain({asked['name']!r}, source={source})"
    return line


def _call(text: str, row: int, code: str, *, captured: bool) -> str:
    if text.startswith("!"):
        method = "capture" if captured else "shell"
        return f"{HOME}.{method}({text[1:].lstrip('!').strip()!r})"
    found = _MAGIC.match(text)
    name = found["name"] if found is not None else text[1:].split(" ", maxsplit=1)[0]
    if found is None or name not in MAGICS:
        raise _unknown("%" + name, row, code, ["%" + each for each in MAGICS])
    return f"{HOME}.{name}({(found['rest'] or '')!r})"


def _unknown(name: str, row: int, code: str, known: list[str]) -> SyntaxError:
    from difflib import get_close_matches  # only a mistake needs it

    near = get_close_matches(name, known, 1, 0.5)
    hint = f"; did you mean {near[0]}?" if near else "; %magics lists all there are"
    line = code.split("\n")[row] if row < code.count("\n") + 1 else code
    column = len(line) - len(line.lstrip()) + 1
    details = ("<cell>", row + 1, column, line, row + 1, column + len(name))
    return SyntaxError(f"there is no {name}{hint}", details)
