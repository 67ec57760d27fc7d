"""How many rows the lines of a part take at one width, counted or estimated."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from itertools import accumulate, count

from pyrepl_tui.engine.line_index import ChunkText
from pyrepl_tui.engine.output_parts import CODE, Part
from pyrepl_tui.engine.recent import Recent
from pyrepl_tui.engine.row_sums import RowSums
from pyrepl_tui.rendering.ansi import line_width, wrap
from pyrepl_tui.rendering.lines import LineRenderer

GUTTER = 2
"""Cells to the left of output."""
CODE_GUTTER = 5
"""Cells to the left of code."""
_WIDER = (b"\t", b"\x1b")
_STYLE = re.compile(rb"\x1b\[[0-9;:]*m")


Counted = Recent[tuple[int, int], Sequence[int]]
"""Of chunks (key of the part's layout, number) that were counted last: where each line begins."""
_keys = count()


def gutter_of(kind: str) -> int:
    """Cells to the left of the lines of a kind of part."""
    return CODE_GUTTER if kind == CODE else GUTTER


class PartLayout:
    """Rows of one part."""

    __slots__ = ("_counted", "_index_version", "_key", "part", "rows", "serial", "width")

    def __init__(self, part: Part, width: int, counted: Counted) -> None:
        """Estimate all rows.

        Args:
            part: what is laid out.
            width: of the pane.
            counted: what is kept of counted chunks, of all parts at this width together.
        """
        self.part = part
        self._counted = counted
        self._key = next(_keys)
        self.width = max(2, width - gutter_of(part.kind))
        self.rows = RowSums()
        self._index_version = -1
        self.serial = part.index.serial
        self.update()

    def update(self) -> None:
        """Take over what the index has learned."""
        index = self.part.index
        if index.serial != self.serial:
            self.serial = index.serial
            self._key = next(_keys)
            self.rows = RowSums()
        elif index.version == self._index_version:
            return
        self._index_version = index.version
        if not len(self.rows):
            self.rows = RowSums(map(self._estimate, range(index.chunk_count)))
            return
        first = max(0, len(self.rows) - 1)
        for chunk in range(first, index.chunk_count):
            self._counted.drop((self._key, chunk))
            rows = self._estimate(chunk)
            if chunk < len(self.rows):
                self.rows.set(chunk, rows)
            else:
                self.rows.append(rows)

    def _estimate(self, chunk: int) -> int:
        index = self.part.index
        lines = index.line_count(chunk)
        return max(lines, -(-index.byte_count(chunk) // self.width)) if lines else 0

    def estimated_rest(self) -> int:
        """Rows that the bytes which nobody looked through yet may take."""
        index = self.part.index
        if not index.pending:
            return 0
        done = index.size - index.pending
        density = self.rows.total / done if done else 1 / 40
        return max(1, int(index.pending * density))

    def is_exact(self, chunk: int) -> bool:
        """Whether the rows of a chunk were counted, and it is known which line begins where."""
        return (self._key, chunk) in self._counted

    def settle(self, chunk: int, renderer: LineRenderer) -> Sequence[int]:
        """Count the rows of a chunk. Returns where each line begins, and where the last ends."""
        found = self._counted.get((self._key, chunk))
        if found is not None:
            return found
        text = self.part.index.text(chunk)
        counts = _row_counts(self.part, text, self.width, renderer)
        starts = array("L", accumulate(counts, initial=0))
        self._counted.put((self._key, chunk), starts, len(starts))
        self.rows.set(chunk, starts[-1])
        return starts


def _row_counts(part: Part, text: ChunkText, width: int, renderer: LineRenderer) -> list[int]:
    """Rows of each line of a chunk. Most output moves nothing: it is counted without a look at it.

    No byte takes more than a cell, tabs and what follows a movement apart.
    """
    data = text.data[text.bounds[0] :]
    if b"\x1b[" in data and not text.redrawn:
        data = _STYLE.sub(b"", data)  # all at once: line by line takes ten times as long
    lines = data.split(b"\n")[: text.line_count]
    still = not any(char in data for char in (b"\t", b"\x1b", b"\r", b"\b"))
    if still and data.isascii():
        return [1 if len(line) <= width else -(-len(line) // width) for line in lines]
    narrow = b"\t" not in data and b"\x1b[" not in data
    counts = []
    for number, line in enumerate(lines):
        if len(line) <= width and (narrow or not any(mark in line for mark in _WIDER)):
            counts.append(1)
        else:
            spans = renderer.spans(part, text, number)
            fits = line_width(spans) <= width
            counts.append(1 if fits else len(wrap(spans, width)))
    return counts
