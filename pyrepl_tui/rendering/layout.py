"""Which row of a pane shows which line of a document.

Lines are wrapped at the pane's width. How many rows the lines of a chunk take is known once the
chunk was near the view and estimated before, so that opening or resizing a pane over
gigabytes costs nothing; `settle` makes the estimates true where somebody looks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from typing import NamedTuple

from pyrepl_tui.engine.display_parts import Unseen, shown
from pyrepl_tui.engine.line_index import ChunkText
from pyrepl_tui.engine.output_blocks import RUN, Block
from pyrepl_tui.engine.output_excerpts import Document
from pyrepl_tui.engine.output_parts import CODE, FOLDED, Part, TextPart
from pyrepl_tui.engine.recent import Recent
from pyrepl_tui.engine.row_sums import RowSums
from pyrepl_tui.rendering.ansi import wrap
from pyrepl_tui.rendering.ink import Span
from pyrepl_tui.rendering.lines import LineRenderer
from pyrepl_tui.rendering.part_layout import GUTTER, Counted, PartLayout

_KEPT_LINES = 512
_KEPT_COUNTS = 512 * 1024
"""Lines of which it is remembered in which row they begin."""


class Place(NamedTuple):
    """A row of a document, told in a way that stays true while the document grows."""

    block: int
    part: int
    """Number of the part within the block; one past the last: the blank row after the block."""
    offset: int
    """Offset of the line's start in the part's text."""
    sub: int
    """Row within the line, from 0."""


class _BlockLayout:
    """Rows of one block."""

    __slots__ = ("_counted", "block", "ends", "folded", "parts", "rows")

    def __init__(self, block: Block, width: int, folded: bool, counted: Counted) -> None:
        self._counted = counted
        self.block = block
        self.folded = folded
        self.parts: list[PartLayout] = []
        self.ends: list[int] = []
        """Row after the last one of each part."""
        self.rows = 0
        self.update(width)

    def update(self, width: int) -> None:
        """Take over what the block has learned."""
        folded = _folded_parts(self.block, self.parts) if self.folded else None
        parts = folded or shown(self.block.parts, width - GUTTER)
        known = self.parts
        if len(known) != len(parts) or any(
            k.part is not p for k, p in zip(known, parts, strict=True)
        ):
            by_part = {id(layout.part): layout for layout in known}
            self.parts = [
                by_part.get(id(part)) or PartLayout(part, width, self._counted) for part in parts
            ]
        for layout in self.parts:
            layout.update()
        self.sum()

    def part(self, number: int, *, seen: bool) -> PartLayout:
        """A part; a rich value gets its lines when it is seen first."""
        found = self.parts[number]
        if seen and isinstance(found.part, Unseen):
            width = found.width + GUTTER
            shown_part = found.part.show()
            found = self.parts[number] = PartLayout(shown_part, width, self._counted)
        return found

    def sum(self) -> None:
        """Add the parts' rows up. A blank row follows each block that shows anything."""
        total = 0
        self.ends = []
        for layout in self.parts:
            total += layout.rows.total + layout.estimated_rest()
            self.ends.append(total)
        self.rows = total + 1 if total else 0


def _folded_parts(block: Block, known: list[PartLayout]) -> list[Part]:
    """The code of a block and a line that says how much else there is."""
    code = [part for part in block.parts if part.kind == CODE]
    rest = [part for part in block.parts if part.kind != CODE]
    lines = sum(part.line_count for part in rest)
    text = f"⋯ {lines:,} {'line' if lines == 1 else 'lines'}"
    last = known[-1].part if known else None
    if isinstance(last, TextPart) and last.kind == FOLDED and last.text == text:
        return [*code, last]
    return [*code, TextPart(FOLDED, text)] if lines else list(code)


class Layout:
    """Rows of a whole document at one width."""

    def __init__(self, document: Document, width: int) -> None:
        self.document = document
        self._folded: set[int] = set()
        self.width = width
        self.renderer = LineRenderer()
        self._version = -1
        self._blocks: list[_BlockLayout] = []
        self._rows = RowSums()
        self._lines: OrderedDict[tuple[int, int, int, int], list[list[Span]]] = OrderedDict()
        self._counted: Counted = Recent(_KEPT_COUNTS)
        self._blank: _BlockLayout | None = None
        self._rebuild()

    @property
    def total(self) -> int:
        """Number of rows."""
        return self._rows.total

    def sync(self) -> bool:
        """Take over what the document has learned. Returns whether that was anything."""
        document = self.document
        if document.version == self._version:
            return False
        changed = document.changed_since(self._version)
        self._version = document.version
        for block in changed:
            index = document.index_of(block)
            while len(self._blocks) <= index:
                fresh = self._block_layout(document.blocks[len(self._blocks)])
                self._blocks.append(fresh)
                self._rows.append(fresh.rows)
            if self._blocks[index].block is block:
                self._blocks[index].update(self.width)
            else:
                self._blocks[index] = self._block_layout(block)
            self._rows.set(index, self._blocks[index].rows)
        return True

    def _block_layout(self, block: Block) -> _BlockLayout:
        if block.number < 0:  # one that stands for many
            if self._blank is None:
                self._blank = _BlockLayout(block, self.width, False, self._counted)
            return self._blank
        return _BlockLayout(block, self.width, block.number in self._folded, self._counted)

    def resize(self, width: int) -> None:
        """Wrap at another width."""
        self.width = width
        self._lines.clear()
        self._counted.clear()
        self._rebuild()

    def _rebuild(self) -> None:
        self._blocks = [self._block_layout(block) for block in self.document.blocks]
        self._rows = RowSums(block.rows for block in self._blocks)
        self._version = self.document.version

    # -- folding -----------------------------------------------------------------------------

    def is_folded(self, block: Block) -> bool:
        """Whether only the code of a block is shown."""
        return block.number in self._folded

    def fold(self, block: Block, folded: bool) -> None:
        """Show only the code of a block, or all of it."""
        index = self.document.index_of(block)
        if folded:
            self._folded.add(block.number)
        else:
            self._folded.discard(block.number)
        self._blocks[index] = self._block_layout(block)
        self._rows.set(index, self._blocks[index].rows)

    def reveal(self, place: Place) -> None:
        """Unfold the block of a place, unless the place is in its code."""
        block = self._blocks[place.block].block
        if self.is_folded(block) and block.parts[place.part].kind != CODE:
            self.fold(block, False)

    def fold_all(self, folded: bool) -> None:
        """Show only the code of all runs, or everything."""
        runs = (block.number for block in self.document.blocks if block.kind == RUN)
        self._folded = set(runs) if folded else set()
        self._rebuild()

    # -- rows and places ---------------------------------------------------------------------

    def locate(self, row: int) -> Place | None:
        """Return what a row shows; None past the end."""
        number, row = self._rows.find(max(0, row))
        if number >= len(self._blocks):
            return None
        layout = self._blocks[number]
        part_number = bisect_right(layout.ends, row)
        if part_number == len(layout.parts):
            return Place(number, part_number, 0, 0)
        part = layout.parts[part_number]
        row -= layout.ends[part_number - 1] if part_number else 0
        if row >= part.rows.total:
            return Place(number, part_number, part.part.index.end, row - part.rows.total)
        chunk, within = part.rows.find(row)
        text_start = part.part.index.start(chunk)
        if not part.is_exact(chunk):
            share = within * part.part.index.byte_count(chunk) // max(1, part.rows[chunk])
            return Place(number, part_number, text_start + share, 0)
        starts = part.settle(chunk, self.renderer)
        # The open chunk may have changed since it was counted: until `sync` it is guessed.
        bounds = part.part.index.text(chunk).bounds
        line = min(bisect_right(starts, within), len(bounds)) - 1
        return Place(number, part_number, text_start + bounds[line], within - starts[line])

    def row_of(self, place: Place) -> int:
        """Return the row that a place is at now."""
        if place.block >= len(self._blocks):
            return self.total
        layout = self._blocks[place.block]
        row = self._rows.before(place.block)
        if place.part and layout.ends:
            row += layout.ends[min(place.part, len(layout.ends)) - 1]
        if place.part >= len(layout.parts):
            return row
        part = layout.parts[place.part]
        index = part.part.index
        if place.offset >= index.end and index.pending:
            return row + part.rows.total + min(place.sub, part.estimated_rest())
        chunk = index.chunk_at(place.offset)
        row += part.rows.before(chunk)
        if not part.is_exact(chunk):
            size = max(1, index.byte_count(chunk))
            return row + (place.offset - index.start(chunk)) * part.rows[chunk] // size
        starts = part.settle(chunk, self.renderer)
        if len(starts) == 1:
            return row
        line = min(self.line_at(place)[1], len(starts) - 2)
        return row + min(starts[line] + place.sub, starts[line + 1] - 1)

    def settle(self, top: int, height: int) -> bool:
        """Make sure that the rows from `top` on are counted, not estimated.

        Returns whether any estimate was wrong, so that rows have moved.
        """
        moved = False
        row = max(0, top)
        while row < top + height:
            number, within = self._rows.find(row)
            if number >= len(self._blocks):
                break
            layout = self._blocks[number]
            before = layout.rows
            settled_to = self._settle_block(layout, within, within + top + height - row)
            if layout.rows != before:
                self._rows.set(number, layout.rows)
                moved = True
            row += max(1, settled_to - within)
        return moved

    def settle_place(self, place: Place) -> None:
        """Make sure that the rows of the chunk of a place are counted."""
        for _ in range(4):
            row = self.row_of(place)
            if not self.settle(row, 1) and self.row_of(place) == row:
                return

    def _settle_block(self, layout: _BlockLayout, start: int, end: int) -> int:
        """Count rows of a block between two of its rows. Returns the row that is settled up to."""
        first, row = bisect_right(layout.ends, start), start
        base = layout.ends[first - 1] if first else 0
        for number in range(first, len(layout.parts)):
            part = layout.part(number, seen=base + layout.parts[number].rows.total > start)
            while base <= row < min(end, base + part.rows.total):
                chunk, _ = part.rows.find(row - base)
                part.settle(chunk, self.renderer)
                row = max(row, base + part.rows.before(chunk + 1))
            base += part.rows.total + part.estimated_rest()
            if row >= end:
                break
            row = max(row, base)
        layout.sum()
        return row

    # -- lines -------------------------------------------------------------------------------

    def block_at(self, number: int) -> Block:
        """Return a block by its number."""
        return self._blocks[number].block

    def first_row(self, block: Block) -> int:
        """Return the first row of a block."""
        return self._rows.before(self.document.index_of(block))

    def parts_of(self, block: Block) -> list[Part]:
        """Return the parts of a block as they are shown."""
        return [layout.part for layout in self._blocks[self.document.index_of(block)].parts]

    def part_at(self, place: Place) -> Part | None:
        """Return the part that a place is in; None for the blank row after a block."""
        parts = self._blocks[place.block].parts
        return parts[place.part].part if place.part < len(parts) else None

    def line_at(self, place: Place) -> tuple[ChunkText, int]:
        """Return the chunk and the number of the line within it that a place is in."""
        index = self._blocks[place.block].parts[place.part].part.index
        text = index.text(index.chunk_at(place.offset))
        line = bisect_right(text.bounds, place.offset - text.start) - 1
        return text, max(0, min(line, text.line_count - 1))

    def wrapped(self, place: Place) -> list[list[Span]]:
        """Return the rows of the line that a place is in."""
        layout = self._blocks[place.block].parts[place.part]
        part = layout.part
        index = part.index
        sealed = index.chunk_at(place.offset) < index.sealed
        key = (index.serial, place.offset, 0 if sealed else index.version, layout.width)
        found = self._lines.get(key)
        if found is None:
            text, line = self.line_at(place)
            if line >= text.line_count:
                return [[]]
            found = wrap(self.renderer.spans(part, text, line), layout.width)
            self._lines[key] = found
            if len(self._lines) > _KEPT_LINES:
                self._lines.popitem(last=False)
        else:
            self._lines.move_to_end(key)
        return found
