"""A session as text: plain, with a terminal's colours, or as Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pyrepl_tui.engine.display_parts import DisplayPart
from pyrepl_tui.engine.output_blocks import RUN, Block
from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.engine.output_parts import CODE, MARK, NOTICE, Part, TextPart
from pyrepl_tui.rendering.ansi import plain_text
from pyrepl_tui.rendering.export_parts import (
    WIDTH,
    Keep,
    blocks_of,
    ending_of,
    fenced,
    picture_of,
    table_of,
    table_rows,
    title_of,
)
from pyrepl_tui.rendering.ink import BOLD, DIM, ITALIC, Ink, Span, sgr_of
from pyrepl_tui.rendering.part_text import Spans, chunks_of, parts_of
from pyrepl_tui.rendering.rich_values import render_in_output

_ROLES: dict[str, Ink] = {
    "stderr": Ink(3),
    "keyword": Ink(5),
    "string": Ink(2),
    "number": Ink(3),
    "comment": Ink(8, flags=ITALIC),
    "function": Ink(4),
    "class": Ink(4),
    "builtin": Ink(6),
    "decorator": Ink(5),
    "answer": Ink(6, flags=BOLD),
    "notice": Ink(3),
    "mark-died": Ink(1, flags=BOLD),
    "mark-started": Ink(flags=DIM),
    "mark-restored": Ink(4),
    "trace-dim": Ink(flags=DIM),
    "trace-path": Ink(6),
    "trace-line": Ink(6, flags=BOLD),
    "trace-caret": Ink(1),
    "trace-name": Ink(1, flags=BOLD),
}
"""Colours of a terminal's own palette for what has a role instead of a colour."""

_NO_ROLE = Ink()
_TICKS = re.compile("`+")
_SEQUENCE = re.compile(rb"\x1b\[[0-9;:]*m")
_TICKS_IN_BYTES = re.compile(rb"`{3,}")


def coloured(spans: list[Span]) -> str:
    """Spans as text with escape sequences."""
    parts = []
    for text, ink in spans:
        own = _ROLES.get(ink.role, _NO_ROLE) if ink.fg is None else _NO_ROLE
        sgr = sgr_of(
            ink._replace(fg=own.fg if ink.fg is None else ink.fg, flags=ink.flags | own.flags)
        )
        shown = f"{sgr}{text}\x1b[0m" if sgr else text
        parts.append(f"\x1b]8;;{ink.link}\x1b\\{shown}\x1b]8;;\x1b\\" if ink.link else shown)
    return "".join(parts)


def as_text(document: OutputDocument) -> Iterator[str]:
    """A session as it would look in python's own shell."""
    yield from _as_text(document, plain_text)


def as_ansi(document: OutputDocument) -> Iterator[str]:
    """The same with the colours of a terminal."""
    yield from _as_text(document, coloured)


def _as_text(document: OutputDocument, text_of: Callable[[list[Span]], str]) -> Iterator[str]:
    styled = text_of is coloured
    for block in blocks_of(document):
        if block is None:
            yield ""
            continue
        empty = True
        for part, texts in parts_of(block):
            empty = False
            if part.kind == CODE and isinstance(part, TextPart):
                yield from _entered(part, texts, text_of)
            elif part.kind in (MARK, NOTICE):
                yield from _closed("# " + text_of(spans) for spans in texts)
            elif isinstance(part, DisplayPart) and styled:
                yield from _closed([render_in_output(part, WIDTH)])
            else:
                yield from _closed(map(text_of, texts))
        title = title_of(block)
        if title:
            yield f"# {title}\n"
        if not empty:
            yield "\n"


def _entered(part: TextPart, texts: Spans, text_of: Callable[[list[Span]], str]) -> Iterator[str]:
    """Code with the prompts of python's shell."""
    lines = "".join(map(text_of, texts)).split("\n")
    for number, line in enumerate(lines):
        yield f"{'>>>' if number == 0 else '...'} {line}".rstrip() + "\n"


def _closed(texts: Iterator[str] | list[str]) -> Iterator[str]:
    """Texts, with a line feed at their end if they have none."""
    last = "\n"
    for text in texts:
        yield text
        last = text or last
    if not last.endswith("\n"):
        yield "\n"


# -- Markdown ------------------------------------------------------------------------------------


def as_markdown(document: OutputDocument, keep: Keep) -> Iterator[str]:
    """A session as Markdown; pictures are files beside it."""
    for block in blocks_of(document):
        if block is None:
            yield ""
            continue
        for part, texts in parts_of(block):
            if isinstance(part, DisplayPart):
                yield _value(part, keep) + "\n"
            elif part.kind == CODE and isinstance(part, TextPart):
                yield fenced(part.text, _longest(part.text), "python") + "\n"
            elif part.kind in (MARK, NOTICE):
                lines = ["".join(map(plain_text, texts)).replace("*", "\\*")]
                yield f"*{lines[0]}*\n\n"
            else:
                yield from _output(block, part, texts)
        title = title_of(block) if block.kind == RUN else ""
        if title:
            yield f"*{title}*\n\n"


def _longest(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)


def _output(block: Block, part: Part, texts: Spans) -> Iterator[str]:
    """Output in fences that are longer than any in it, so it is looked through first."""
    fence = "`" * max(3, _longest_shown(block, part) + 1)
    begun = False
    for text in _closed(map(plain_text, texts)):
        if not begun and text:
            yield f"{fence}text\n"
            begun = True
        yield text
    if begun:
        yield f"{fence}\n\n"


def _longest_shown(block: Block, part: Part) -> int:
    """Number of backticks of the longest run of three or more in a part."""
    longest = 0
    for _, data in chunks_of(block, part):
        if b"`" in data:
            shown = _SEQUENCE.sub(b"", data)
            longest = max([longest, *map(len, _TICKS_IN_BYTES.findall(shown))])
    return longest


def _value(part: DisplayPart, keep: Keep) -> str:
    """A rich value: a table, a picture's link, Markdown as it is, else its text."""
    table = table_of(part)
    if table is not None and table["names"]:
        heads, rows = table_rows(table)
        lines = [heads, ["---"] * len(heads), *rows]
        return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)
    found = picture_of(part)
    if found is not None:
        mime, data = found
        return f"![{_cell(part.text).strip('[]')}]({keep(ending_of(mime), data)})\n"
    text = part.text_of("text/markdown")
    if text is not None:
        return text.rstrip("\n") + "\n"
    return fenced(part.text, _longest(part.text), "text")


def _cell(text: str) -> str:
    """Text for one cell of a table."""
    return " ".join(text.replace("\\", "\\\\").replace("|", "\\|").split())
