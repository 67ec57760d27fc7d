"""The whole text of a block's parts, chunk by chunk, at any size."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyrepl_tui.engine.line_index import ChunkText
from pyrepl_tui.engine.output_blocks import Block
from pyrepl_tui.engine.output_parts import OUTPUT, VALUE, OutputPart, Part
from pyrepl_tui.rendering.ink import Ink, Span
from pyrepl_tui.rendering.lines import LineRenderer

_SPECIAL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_LINE_FEED = Span("\n", Ink())

Spans = Iterator[list[Span]]
"""Some text after the other; the line feeds are in it."""


def parts_of(block: Block) -> Iterator[tuple[Part, Spans]]:
    """Yield a block's parts with their texts. Of output that goes on: up to where it is met."""
    renderer = LineRenderer()
    part, met = None, False
    while (part := block.part_after(part)) is not None:
        if met and part.kind == OUTPUT:
            continue
        met = met or (isinstance(part, OutputPart) and part.end is None)
        yield part, spans_of(block, part, renderer)


def spans_of(block: Block, part: Part, renderer: LineRenderer) -> Spans:
    """The text of a part as it is shown, not wrapped."""
    for chunk, raw in chunks_of(block, part):
        if raw:
            text = part.index.text(chunk)
            simple = part.kind in (OUTPUT, VALUE) and not text.opening
            if simple and _SPECIAL.search(raw) is None:
                yield _simple(part, text)
            else:
                yield _rendered(part, text, renderer)


def chunks_of(block: Block, part: Part) -> Iterator[tuple[int, bytes]]:
    """Yield the numbers and bytes of a part's chunks, those not yet looked through included."""
    index, chunk = part.index, 0
    last = False
    while not last:
        while chunk >= index.sealed and index.pending and block.advance(part):
            pass
        last = chunk >= index.sealed
        yield chunk, index.raw(chunk)
        chunk += 1


def _simple(part: Part, text: ChunkText) -> list[Span]:
    """A chunk without anything but text in it."""
    if text.redrawn:
        return [Span(text.data.decode("utf-8", "replace"), Ink())]
    spans, position = [], 0
    for stop, role in part.roles(text.source, text.source + len(text.data)):
        data = text.data[position : stop - text.source]
        spans.append(Span(data.decode("utf-8", "replace"), Ink(role=role)))
        position = stop - text.source
    return spans


def _rendered(part: Part, text: ChunkText, renderer: LineRenderer) -> list[Span]:
    """A chunk whose lines have colours or movements in them."""
    spans: list[Span] = []
    for number in range(text.line_count):
        spans += renderer.spans(part, text, number)
        spans.append(_LINE_FEED)
    if spans and not text.data.endswith(b"\n"):
        spans.pop()
    return spans
