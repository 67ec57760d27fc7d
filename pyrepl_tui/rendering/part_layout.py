"""How many rows the lines of a part take at one width, counted or estimated."""

from __future__ import annotations

from collections import OrderedDict
from itertools import accumulate, pairwise

from pyrepl_tui.engine.line_index import ChunkText
from pyrepl_tui.engine.output_parts import CODE, Part
from pyrepl_tui.engine.row_sums import RowSums
from pyrepl_tui.rendering.ansi import line_width, wrap
from pyrepl_tui.rendering.lines import LineRenderer

GUTTER = 2
"""Cells to the left of output."""
CODE_GUTTER = 5
"""Cells to the left of code."""
_KEPT_CHUNKS = 256
_WIDER = (b"\t", b"\x1b")


def gutter_of(kind: str) -> int:
    """Cells to the left of the lines of a kind of part."""
    return CODE_GUTTER if kind == CODE else GUTTER


class PartLayout:
    """Rows of one part."""

    __slots__ = ("_exact", "_index_version", "part", "rows", "serial", "width")

    def __init__(self, part: Part, width: int) -> None:
        self.part = part
        self.width = max(2, width - gutter_of(part.kind))
        self.rows = RowSums()
        self._exact: OrderedDict[int, list[int]] = OrderedDict()
        self._index_version = -1
        self.serial = part.index.serial
        self.update()

    def update(self) -> None:
        """Take over what the index has learned."""
        index = self.part.index
        if index.serial != self.serial:
            self.serial = index.serial
            self.rows = RowSums()
            self._exact.clear()
        elif index.version == self._index_version:
            return
        self._index_version = index.version
        if not len(self.rows):
            self.rows = RowSums(map(self._estimate, range(index.chunk_count)))
            return
        first = max(0, len(self.rows) - 1)
        for chunk in range(first, index.chunk_count):
            self._exact.pop(chunk, None)
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
        return chunk in self._exact

    def settle(self, chunk: int, renderer: LineRenderer) -> list[int]:
        """Count the rows of a chunk. Returns where each line begins, and where the last ends."""
        found = self._exact.get(chunk)
        if found is not None:
            self._exact.move_to_end(chunk)
            return found
        text = self.part.index.text(chunk)
        counts = _row_counts(self.part, text, self.width, renderer)
        starts = list(accumulate(counts, initial=0))
        self._exact[chunk] = starts
        if len(self._exact) > _KEPT_CHUNKS:
            self._exact.popitem(last=False)
        self.rows.set(chunk, starts[-1])
        return starts


def _row_counts(part: Part, text: ChunkText, width: int, renderer: LineRenderer) -> list[int]:
    """Rows of each line of a chunk."""
    bounds = text.bounds
    data = text.data
    sizes = [end - start for start, end in pairwise(bounds)]
    plain = data.isascii() and not any(char in data for char in (b"\t", b"\x1b", b"\r", b"\b"))
    if plain:
        return [1 if size <= width else _plain_rows(text, n, width) for n, size in enumerate(sizes)]
    narrow = b"\t" not in data and b"\x1b[" not in data
    counts = []
    for number, size in enumerate(sizes):
        if size <= width and (narrow or not _may_widen(text, number)):
            counts.append(1)
        else:
            spans = renderer.spans(part, text, number)
            fits = line_width(spans) <= width
            counts.append(1 if fits else len(wrap(spans, width)))
    return counts


def _plain_rows(text: ChunkText, line: int, width: int) -> int:
    start, end = text.span(line)
    return max(1, -(-(end - start) // width))


def _may_widen(text: ChunkText, line: int) -> bool:
    """Whether a line may take more cells than it has bytes: tabs and movements do that."""
    data = text.line(line)
    return any(mark in data for mark in _WIDER)
