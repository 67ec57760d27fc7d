"""From a cell's text to code objects, with its source kept where tracebacks and inspect look."""

from __future__ import annotations
import __future__

import ast
import inspect
import linecache
import sys
from types import CodeType
from typing import Any

from .protocol.cell_syntax import translate
from .records import changeable

CO_COROUTINE = 0x80
_FUTURES = 0
for _name in __future__.all_feature_names:
    _FUTURES |= getattr(__future__, _name).compiler_flag
_BASE = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


@changeable(eq=False)
class Cell:
    """A compiled cell."""

    filename: str
    statements: list[CodeType]
    value: CodeType | None
    """The last statement, if it is an expression whose value is to be shown."""
    calls_magics: bool = False
    """Whether lines of it are no Python, and call `magics`."""

    @property
    def awaits(self) -> bool:
        """Whether any of its statements has an ``await`` of its own."""
        codes = [*self.statements, *([self.value] if self.value is not None else [])]
        return any(code.co_flags & CO_COROUTINE for code in codes)


class Compiler:
    """Compiles cells one after the other; ``from __future__`` imports hold from then on."""

    def __init__(self) -> None:
        self._flags = _BASE
        self._class_files: dict[str, str] = {}
        self._teach_inspect()

    def compile(self, code: str, filename: str, *, shows_value: bool) -> Cell:
        """Compile all of a cell before any of it runs.

        Raises:
            SyntaxError, ValueError, MemoryError, RecursionError: as compile() does.
        """
        seed_source(filename, code)
        try:
            return self._compile(code, filename, shows_value)
        except SyntaxError as error:
            failure = error
        plain = _translated(code, filename) if shows_value else code
        if plain != code:
            cell = self._compile(plain, filename, shows_value)
            cell.calls_magics = True
            return cell
        if failure.text is None and failure.filename == filename and failure.lineno:
            # found after parsing, in the tree: it has no text to show
            lines = _lines(code)
            failure.text = lines[failure.lineno - 1] if failure.lineno <= len(lines) else None
        raise failure

    def _compile(self, code: str, filename: str, shows_value: bool) -> Cell:
        tree = compile(code, filename, "exec", self._flags | ast.PyCF_ONLY_AST, dont_inherit=True)
        body = tree.body
        last = body[-1] if shows_value and body else None
        if isinstance(last, ast.Expr) and not _ends_with_semicolon(code, last):
            body.pop()
        else:
            last = None
        flags = self._flags
        statements = []
        for node in body:
            module = ast.Module(body=[node], type_ignores=[])
            statements.append(compile(module, filename, "exec", flags, dont_inherit=True))
            flags |= statements[-1].co_flags & _FUTURES
            if isinstance(node, ast.ClassDef):
                self._class_files[node.name] = filename
        value = None
        if last is not None:
            expression = ast.Expression(body=last.value)
            value = compile(expression, filename, "eval", flags, dont_inherit=True)
        self._flags = flags
        return Cell(filename, statements, value)

    def remember_class(self, name: str, filename: str) -> None:
        """A class was defined in a cell that was compiled elsewhere."""
        self._class_files[name] = filename

    def _teach_inspect(self) -> None:
        """Let inspect.getsource find classes of cells: a module without a file has none for it."""
        getfile = inspect.getfile

        def getfile_of_cells(object: Any) -> str:  # noqa: A002 - inspect's own name
            if isinstance(object, type) and object.__module__ == "__main__":
                filename = self._class_files.get(object.__qualname__.partition(".")[0])
                if filename is not None and not hasattr(sys.modules["__main__"], "__file__"):
                    return filename
            return getfile(object)

        getfile_of_cells.__name__ = getfile_of_cells.__qualname__ = "getfile"
        getfile_of_cells.__doc__ = getfile.__doc__
        inspect.getfile = getfile_of_cells


def _translated(code: str, filename: str) -> str:
    """A cell in plain Python; unchanged where that is no better.

    Raises:
        SyntaxError: for an unknown magic.
    """
    try:
        return translate(code)
    except SyntaxError as error:
        error.filename = filename
        raise


def seed_source(filename: str, code: str) -> None:
    """Make `code` what linecache knows as `filename`, for the session's life."""
    lines = [line + "\n" for line in _lines(code)]
    linecache.cache[filename] = (len(code), None, lines, filename)


def _lines(code: str) -> list[str]:
    """Lines as the compiler counts them."""
    return code.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _ends_with_semicolon(code: str, node: ast.Expr) -> bool:
    """Whether a semicolon follows a cell's last expression."""
    lines = _lines(code)
    row, column = (node.end_lineno or 1) - 1, node.end_col_offset or 0
    rest = lines[row].encode("utf-8", "surrogatepass")[column:] if row < len(lines) else b""
    return rest.lstrip(b" \t\f)").startswith(b";")
