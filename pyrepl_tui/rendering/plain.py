"""What a run said, as plain text: no colours, progress bars in their last state."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyrepl_tui.engine.output_blocks import Block
from pyrepl_tui.engine.output_parts import CODE, Part
from pyrepl_tui.rendering.ansi import plain_text
from pyrepl_tui.rendering.lines import LineRenderer

_SPECIAL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")


def plain_output(block: Block, *, limit: int | None = None) -> Iterator[str]:
    """Yield everything a run said, piece by piece.

    Args:
        block: the run.
        limit: characters after which to stop; None: never.
    """
    renderer = LineRenderer()
    size = 0
    for part in block.parts:
        if part.kind == CODE:
            continue
        ended = True
        for text in _part(part, renderer):
            yield text
            ended = text.endswith("\n")
            size += len(text)
            if limit is not None and size > limit:
                return
        if not ended:
            yield "\n"


def _part(part: Part, renderer: LineRenderer) -> Iterator[str]:
    chunk = 0
    while chunk < part.index.chunk_count or part.index.pending:
        if chunk >= part.index.chunk_count - 1 and part.index.pending:
            part.index.advance(1)
            continue
        raw = part.index.raw(chunk)
        if raw and _SPECIAL.search(raw) is None:
            yield raw.decode("utf-8", "replace")
        elif raw:
            text = part.index.text(chunk)
            lines = [plain_text(renderer.spans(part, text, n)) for n in range(text.line_count)]
            yield "\n".join(lines) + ("\n" if raw.endswith(b"\n") else "")
        chunk += 1
