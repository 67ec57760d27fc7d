"""HTML reduced to readable text: headings, lists, tables, emphasis, links."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from rich.cells import cell_len

from pyrepl_tui.rendering.text import printable


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BOLD, _ITALIC, _UNDERLINE, _DIM = "1", "3", "4", "2"
_STYLES = {
    "b": _BOLD, "strong": _BOLD, "th": _BOLD, "dt": _BOLD, "summary": _BOLD,
    "h1": _BOLD, "h2": _BOLD, "h3": _BOLD, "h4": _BOLD, "h5": _BOLD, "h6": _BOLD,
    "i": _ITALIC, "em": _ITALIC, "cite": _ITALIC, "var": _ITALIC,
    "u": _UNDERLINE, "a": _UNDERLINE, "small": _DIM, "s": "9", "del": "9",
}  # fmt: skip
_BLOCKS = _words(
    "address article aside blockquote dd details div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tr ul"
)
_APART = _words("p h1 h2 h3 h4 h5 h6 table ul ol pre blockquote")
_SILENT = frozenset({"script", "style", "head", "template", "svg", "title"})
_VOID = _words("area base br col embed hr img input link meta source track wbr")
_BLANKS = re.compile(r"[ \t\r\n\f]+")
LONGEST = 1 << 20
"""Characters of HTML that are read."""


def html_text(source: str) -> str:
    """The readable part of some HTML, with escape sequences for emphasis."""
    reader = _Reader()
    reader.feed(source[:LONGEST])
    reader.close()
    return reader.finish()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line = ""
        self._space = False
        self._blank = False
        self._silent = 0
        self._pre = 0
        self._styles: list[tuple[str, str]] = []
        self._lists: list[int | None] = []
        self._rows: list[list[str]] | None = None
        self._cell: list[str] | None = None

    # -- what comes in -----------------------------------------------------------------------

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        if self._silent:
            return
        if tag in _BLOCKS and self._cell is None:
            self._end_line(apart=tag in _APART)
        if tag in _STYLES:
            self._styles.append((tag, _STYLES[tag]))
        if tag == "img":
            self._add(f"[{dict(attrs).get('alt') or 'picture'}]")
        elif self._rows is not None or tag == "table":
            self._open_in_table(tag)
        else:
            self._open(tag)

    def _open(self, tag: str) -> None:
        if tag == "br":
            self._break()
        elif tag == "hr":
            self._lines.append("─" * 40)
        elif tag == "pre":
            self._pre += 1
        elif tag in ("ul", "ol"):
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._line = self._bullet()

    def _open_in_table(self, tag: str) -> None:
        if tag == "br":
            self._break()
        elif self._rows is None:
            self._rows = []
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        if self._silent or tag in _VOID:
            return
        if tag in ("td", "th"):
            self._close_cell()
        for at in range(len(self._styles) - 1, -1, -1):
            if self._styles[at][0] == tag:
                del self._styles[at]
                break
        if tag == "table" and self._rows is not None:
            rows, self._rows, self._cell = self._rows, None, None
            for self._line in _aligned(rows):
                self._put_line()
            self._blank = True
        elif tag == "pre":
            self._pre = max(0, self._pre - 1)
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        if tag in _BLOCKS and self._cell is None:
            self._end_line(apart=tag in _APART)

    def _close_cell(self) -> None:
        if self._rows is None or self._cell is None:
            return
        if not self._rows:
            self._rows.append([])
        self._rows[-1].append("".join(self._cell).strip())
        self._cell = None

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if self._pre and self._cell is None:
            first, *rest = data.split("\n")
            self._add(first)
            for line in rest:
                self._break()
                self._add(line)
            return
        text = _BLANKS.sub(" ", data)
        if text.startswith(" "):
            self._space = True
        if text.strip():
            self._add(text.strip(" "))
            self._space = text.endswith(" ")

    def finish(self) -> str:
        """All lines."""
        self._end_line(apart=False)
        return "\n".join(self._lines).strip("\n")

    # -- what goes out -----------------------------------------------------------------------

    def _add(self, text: str) -> None:
        text = printable(text)
        codes = ";".join(dict.fromkeys(code for _, code in self._styles))
        if codes and text:
            text = f"\x1b[{codes}m{text}\x1b[0m"
        target = "".join(self._cell) if self._cell is not None else self._line
        if self._space and target and not target.endswith((" ", "\n")):
            text = " " + text
        self._space = False
        if self._cell is not None:
            self._cell.append(text)
        elif self._rows is None or text.strip():
            self._line += text

    def _break(self) -> None:
        self._space = False
        if self._cell is not None:
            self._cell.append(" ")
            return
        self._put_line()

    def _put_line(self) -> None:
        """Add the line, after a blank one where it begins something of its own."""
        if self._blank and self._lines and self._lines[-1]:
            self._lines.append("")
        self._lines.append(self._line)
        self._blank = False
        self._line = ""

    def _end_line(self, *, apart: bool) -> None:
        self._space = False
        if self._line.strip():
            self._put_line()
        self._line = ""
        self._blank |= apart and not self._lists

    def _bullet(self) -> str:
        indent = "  " * max(0, len(self._lists) - 1)
        if not self._lists or self._lists[-1] is None:
            return f"{indent}• "
        self._lists[-1] += 1
        return f"{indent}{self._lists[-1]}. "


def _aligned(rows: list[list[str]]) -> list[str]:
    """A table's rows with their cells one below the other."""
    rows = [row for row in rows if row]
    count = max(map(len, rows), default=0)
    rows = [row + [""] * (count - len(row)) for row in rows]
    widths = [max(_visible(row[at]) for row in rows) for at in range(count)]
    return [
        "  ".join(
            cell + " " * (width - _visible(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


_SEQUENCE = re.compile("\x1b\\[[0-9;]*m")


def _visible(text: str) -> int:
    return cell_len(_SEQUENCE.sub("", text))
