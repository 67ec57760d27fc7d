"""What a run said, as plain text: no colours, progress bars in their last state."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyrepl_tui.engine.output_blocks import Block
from pyrepl_tui.engine.output_parts import CODE, OUTPUT, OutputPart, Part
from pyrepl_tui.rendering.ansi import plain_text
from pyrepl_tui.rendering.lines import LineRenderer

_SPECIAL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")


def plain_output(block: Block, *, limit: int | None = None) -> Iterator[str]:
    """Yield everything a run said, piece by piece. Of one that goes on: up to where it is met.

    Args:
        block: the run.
        limit: characters after which to stop; None: never.
    """
    renderer = LineRenderer()
    size = 0
    part, met = None, False
    while (part := block.part_after(part)) is not None:
        if part.kind == CODE or (met and part.kind == OUTPUT):
            continue
        ended = True
        for text, last in _part(block, part, renderer):
            met = met or (last and isinstance(part, OutputPart) and part.end is None)
            yield text
            ended = text.endswith("\n")
            size += len(text)
            if limit is not None and size > limit:
                return
        if not ended:
            yield "\n"


def _part(block: Block, part: Part, renderer: LineRenderer) -> Iterator[tuple[str, bool]]:
    """Texts of the chunks of a part, and whether it is the last one."""
    index, chunk = part.index, 0
    last = False
    while not last:
        while chunk >= index.sealed and index.pending and block.advance(part):
            pass
        last = chunk >= index.sealed
        raw = index.raw(chunk)
        if raw and _SPECIAL.search(raw) is None:
            yield raw.decode("utf-8", "replace"), last
        elif raw:
            text = index.text(chunk)
            lines = [plain_text(renderer.spans(part, text, n)) for n in range(text.line_count)]
            yield "\n".join(lines) + ("\n" if raw.endswith(b"\n") else ""), last
        chunk += 1
