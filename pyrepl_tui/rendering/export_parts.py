"""What all forms of an exported session share: its blocks in order, its values' contents."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

from pyrepl_tui.engine.display_parts import DisplayPart
from pyrepl_tui.engine.output_blocks import RUN, Block
from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.rendering.pictures import ENDINGS, PICTURES
from pyrepl_tui.rendering.rich_values import TABLE

WIDTH = 100
"""Cells that a rich value may take where it is laid out as text."""

Keep = Callable[[str, bytes], str]
"""Saves some bytes beside the exported file, given the ending of their name; returns the link."""


def blocks_of(document: OutputDocument) -> Iterator[Block | None]:
    """Yield all blocks there are now; None between slices of work, before there is one."""
    for _ in document.catch_up():
        yield None
    yield from [block for block in document.blocks if block.parts]


def title_of(block: Block) -> str:
    """What is to be said of how a run went; empty if it went well."""
    status = "" if block.kind != RUN or block.status == "ok" else block.status
    return ", ".join(filter(None, (status, block.fate)))


def fenced(text: str, longest: int, language: str = "") -> str:
    """Some text as a fenced block of Markdown.

    Args:
        text: without the fences.
        longest: number of backticks of the longest run of them in the text.
        language: what it is.
    """
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip(chr(10))}\n{fence}\n"


def picture_of(part: DisplayPart) -> tuple[str, bytes] | None:
    """MIME type and bytes of a value's picture; None if it has none."""
    for mime in PICTURES:
        content = part.content(mime)
        if content is not None:
            return mime, content if isinstance(content, bytes) else content.encode()
    return None


def picture_url(mime: str, data: bytes) -> str:
    """A picture within a link to it."""
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


def ending_of(mime: str) -> str:
    """The ending of a picture's file name."""
    return ENDINGS[mime]


def table_of(part: DisplayPart) -> dict[str, Any] | None:
    """A value's table (see the worker's ``frames.table_of``); None if it is none."""
    text = part.text_of(TABLE)
    if text is None:
        return None
    try:
        table = json.loads(text)
        return table if isinstance(table, dict) and table["rows"] is not None else None
    except (ValueError, KeyError):
        return None  # another version's, or damaged: the other forms are there


def table_rows(table: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of a table, with its labels; dots stand for what is left out."""
    heads = [str(name) for name in table["names"]]
    rows = [[str(cell) for cell in row] for row in table["rows"]]
    gap = table["column_gap"]
    if gap is not None:
        heads.insert(gap, "…")
        for row in rows:
            row.insert(gap, "…")
    if table["index"] is not None:
        heads.insert(0, str(table["index_name"] or ""))
        for row, label in zip(rows, table["index"], strict=True):
            row.insert(0, str(label))
    if table["row_gap"] is not None:
        rows.insert(table["row_gap"], ["⋮"] * len(heads))
    return heads, rows


def table_html(table: dict[str, Any]) -> str:
    """A table as HTML."""
    heads, rows = table_rows(table)
    labelled = table["index"] is not None
    body = []
    for row in rows:
        cells = [
            f"<th>{escape(cell)}</th>" if labelled and at == 0 else f"<td>{escape(cell)}</td>"
            for at, cell in enumerate(row)
        ]
        body.append(f"<tr>{''.join(cells)}</tr>")
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{chr(10).join(body)}\n</tbody></table>"
