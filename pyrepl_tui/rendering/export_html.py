"""A session as one page of HTML that needs nothing else, light or dark as the reader's system."""

from __future__ import annotations

import time
from collections.abc import Iterator
from html import escape

from pyrepl_tui.engine.display_parts import DisplayPart
from pyrepl_tui.engine.output_blocks import RUN, Block
from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.engine.output_parts import CODE, DISPLAY, Part, TextPart
from pyrepl_tui.rendering.export_parts import (
    WIDTH,
    blocks_of,
    picture_of,
    picture_url,
    table_html,
    table_of,
    title_of,
)
from pyrepl_tui.rendering.ink import (
    BOLD,
    CONCEAL,
    DIM,
    DOUBLE,
    ITALIC,
    OVERLINE,
    REVERSE,
    STRIKE,
    UNDERLINE,
    Colour,
    Ink,
    Span,
)
from pyrepl_tui.rendering.lines import LineRenderer
from pyrepl_tui.rendering.part_text import Spans, parts_of, spans_of
from pyrepl_tui.rendering.rich_values import text_form

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ max-width: 72rem; margin: 2rem auto; padding: 0 1rem; background: var(--back);
  color: var(--text); font: 14px/1.45 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  --back: #fafafa; --code: #eceef1; --text: #24282f; --muted: #68707f; --accent: #2f62a8;
  --red: #b3363e; --green: #3c7527; --yellow: #8a5a00; --blue: #2a5ea8; --purple: #7d3fa0;
  --cyan: #17707a; --black: #24282f; --white: #9aa0aa; --line: #d3d6dc; }}
@media (prefers-color-scheme: dark) {{ body {{
  --back: #1a1d23; --code: #22262e; --text: #d4d7dd; --muted: #828b9b; --accent: #7aa2d8;
  --red: #e0777d; --green: #9cc58b; --yellow: #dba876; --blue: #82aee0; --purple: #c099d8;
  --cyan: #76c0c8; --black: #5b6270; --white: #e6e9ee; --line: #3d4a63; }} }}
section {{ margin: 0 0 1.2rem; }}
pre {{ margin: 0; padding: .1rem 0 .1rem 3.6rem; white-space: pre-wrap;
  overflow-wrap: anywhere; font: inherit; }}
pre.code {{ position: relative; padding: .35rem .7rem .35rem 3.6rem; background: var(--code);
  border-radius: 4px; }}
pre.code::before {{ content: attr(data-run) " ❯"; position: absolute; left: 0; width: 2.9rem;
  text-align: right; color: var(--accent); }}
pre.error {{ border-left: 2px solid var(--red); margin-left: 2.9rem; padding-left: .6rem; }}
pre.value::before {{ content: "⇒ "; color: var(--muted); margin-left: -1.3rem; }}
.mark {{ color: var(--muted); border-top: 1px solid var(--line); padding: .2rem 0; }}
.outcome {{ float: right; color: var(--muted); }} .failed .outcome {{ color: var(--red); }}
figure {{ margin: .4rem 0 .4rem 3.6rem; overflow-x: auto; }} img {{ max-width: 100%; }}
iframe {{ width: 100%; height: 22rem; border: 1px solid var(--line); background: #fff; }}
table {{ border-collapse: collapse; }} td, th {{ padding: .1rem .7rem; text-align: right; }}
thead {{ border-bottom: 1px solid var(--line); }} tbody th {{ color: var(--muted); }}
a {{ color: var(--accent); }}
.stderr, .notice, .number {{ color: var(--yellow); }}
.keyword, .decorator {{ color: var(--purple); }}
.string {{ color: var(--green); }} .comment {{ color: var(--muted); font-style: italic; }}
.function, .class {{ color: var(--blue); }} .builtin {{ color: var(--cyan); }}
.answer, .trace-path, .trace-line {{ color: var(--accent); }} .trace-dim {{ color: var(--muted); }}
.trace-caret {{ color: var(--red); }}
.trace-name, .mark-died {{ color: var(--red); font-weight: bold; }}
</style></head><body>
"""
_NAMES = ("black", "red", "green", "yellow", "blue", "purple", "cyan", "white")
_LEVELS = (0, 95, 135, 175, 215, 255)


def as_html(document: OutputDocument, title: str) -> Iterator[str]:
    """A session as a page of HTML.

    Args:
        document: of the session.
        title: its name.
    """
    yield _HEAD.format(title=escape(title))
    for block in blocks_of(document):
        if block is None:
            yield ""
            continue
        kind = "failed" if block.kind == RUN and block.status not in ("ok", "running") else ""
        yield f'<section class="{kind}">\n'
        for part, texts in parts_of(block):
            yield from _part(block, part, texts)
        yield "</section>\n"
    yield "</body></html>\n"


def _part(block: Block, part: Part, texts: Spans) -> Iterator[str]:
    """One part of a block."""
    if isinstance(part, DisplayPart):
        yield f"<figure>{_value(block, part)}</figure>\n"
        return
    more = ""
    if part.kind == CODE:
        started = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(block.started_at))
        more = f' data-run="{block.execution_count}" title="{started}"'
    begun = False
    for spans in texts:
        if not begun:
            yield f'<pre class="{part.kind}"{more}>'
            if part.kind == CODE and title_of(block):
                yield f'<span class="outcome">{escape(title_of(block))}</span>'
            begun = True
        yield _marked(spans)
    if begun:
        yield "</pre>\n"


def _value(block: Block, part: DisplayPart) -> str:
    """A rich value. What may hold scripts is shown where they cannot run."""
    table = table_of(part)
    if table is not None:
        return table_html(table)
    found = picture_of(part)
    if found is not None:
        return f'<img alt="{escape(part.text)}" src="{picture_url(*found)}">'
    page = part.text_of("text/html")
    if page is not None:
        return f'<iframe sandbox loading="lazy" srcdoc="{escape(page)}"></iframe>'
    lines = TextPart(DISPLAY, text_form(part, WIDTH))
    return f"<pre>{''.join(map(_marked, spans_of(block, lines, LineRenderer())))}</pre>"


def _marked(spans: list[Span]) -> str:
    """Spans as HTML."""
    parts = []
    for text, ink in spans:
        shown = escape(text, quote=False)
        style = _style(ink)
        if style or ink.role:
            css = f' class="{escape(ink.role)}"' if ink.role else ""
            css += f' style="{style}"' if style else ""
            shown = f"<span{css}>{shown}</span>"
        parts.append(f'<a href="{escape(ink.link)}">{shown}</a>' if ink.link else shown)
    return "".join(parts)


def _style(ink: Ink) -> str:
    """A look as CSS."""
    front, back = _colour(ink.fg), _colour(ink.bg)
    if ink.flags & REVERSE:
        front, back = back or "var(--back)", front or "var(--text)"
    found = []
    if front:
        found.append(f"color:{front}")
    if back:
        found.append(f"background:{back}")
    if ink.flags & BOLD:
        found.append("font-weight:bold")
    if ink.flags & DIM:
        found.append("opacity:.65")
    if ink.flags & ITALIC:
        found.append("font-style:italic")
    if ink.flags & CONCEAL:
        found.append("visibility:hidden")
    lines = ((UNDERLINE | DOUBLE, "underline"), (STRIKE, "line-through"), (OVERLINE, "overline"))
    drawn = [name for flag, name in lines if ink.flags & flag]
    if drawn:
        found.append(f"text-decoration:{' '.join(drawn)}")
    return ";".join(found)


def _colour(colour: Colour) -> str:
    """A colour as CSS; the first 16 are the page's own."""
    if colour is None:
        return ""
    if isinstance(colour, tuple):
        return f"rgb({colour[0]},{colour[1]},{colour[2]})"
    if colour < 16:
        return f"var(--{_NAMES[colour % 8]})"
    if colour >= 232:
        grey = 8 + 10 * (colour - 232)
        return f"rgb({grey},{grey},{grey})"
    colour -= 16
    red, green, blue = _LEVELS[colour // 36], _LEVELS[colour // 6 % 6], _LEVELS[colour % 6]
    return f"rgb({red},{green},{blue})"
