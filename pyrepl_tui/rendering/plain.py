"""What a run said, as plain text: no colours, progress bars in their last state."""

from __future__ import annotations

from collections.abc import Iterator

from pyrepl_tui.engine.output_blocks import Block
from pyrepl_tui.engine.output_parts import CODE
from pyrepl_tui.rendering.ansi import plain_text
from pyrepl_tui.rendering.part_text import parts_of


def plain_output(block: Block, *, limit: int | None = None) -> Iterator[str]:
    """Yield everything a run said, piece by piece. Of one that goes on: up to where it is met.

    Args:
        block: the run.
        limit: characters after which to stop; None: never.
    """
    size = 0
    for part, texts in parts_of(block):
        if part.kind == CODE:
            continue
        ended = True
        for spans in texts:
            text = plain_text(spans)
            yield text
            ended = text.endswith("\n")
            size += len(text)
            if limit is not None and size > limit:
                return
        if not ended:
            yield "\n"
