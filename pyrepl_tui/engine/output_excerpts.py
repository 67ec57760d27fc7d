"""Parts of a session's output as documents of their own: one run, or errors alone."""

from __future__ import annotations

from pyrepl_worker import protocol

from .line_index import Scratch
from .output_blocks import RUN, Block
from .output_document import OutputDocument
from .output_parts import CODE, ERROR, OutputPart, PieceTable

_SLICE = 1024 * 1024
"""Bytes to look through at a time."""
_COPIED = tuple(
    name
    for name in Block.__slots__
    if name not in ("_changed", "number", "parts", "redrawing", "table", "version")
)


class Excerpt:
    """One block of a document, as a document of its own."""

    def __init__(self, document: OutputDocument, block: Block) -> None:
        self.whole = document
        self.block = block
        self.blocks = [block]
        self.kept: dict[int, object] = {}
        self.title = f"run {block.execution_count} alone"
        """What it shows, in words."""

    @property
    def version(self) -> int:
        """Grows with every change of the block."""
        return self.block.version

    @property
    def pending(self) -> int:
        """Bytes of output whose lines are not counted yet."""
        return self.block.backlog()

    def index_of(self, block: Block) -> int:
        """Return the position of the block."""
        return 0

    def changed_since(self, version: int) -> list[Block]:
        """Return the block if it changed after a version."""
        return self.blocks if self.block.version > version else []


class ErrorsOnly:
    """What a document's runs wrote to stderr, and their tracebacks.

    Its blocks have the numbers of those they are made of; one without errors is empty.
    """

    def __init__(self, document: OutputDocument) -> None:
        self.whole = document
        self.blocks: list[Block] = []
        self.kept: dict[int, object] = {}
        self.title = "stderr and tracebacks"
        """What it shows, in words."""
        self.version = 0
        """Grows with every change that was taken over."""
        self._taken = -1
        self._passed: list[int] = []
        """Of each block: bytes of its output that were looked at."""
        self._scratch = Scratch()
        self.grow()

    @property
    def pending(self) -> int:
        """Bytes of output whose lines are not counted yet."""
        return sum(block.backlog() for block in self.blocks)

    def index_of(self, block: Block) -> int:
        """Return the position of a block, of this document or of the whole one."""
        return block.number

    def changed_since(self, version: int) -> list[Block]:
        """Return the blocks that changed after a version."""
        return [block for block in self.blocks if block.version > version]

    def grow(self) -> bool:
        """Take over a little of what was added. Returns whether that was anything."""
        before, self.version = self.version, self.version + 1
        changed = False
        for source in self.whole.changed_since(self._taken):
            while len(self.blocks) <= source.number:
                self.blocks.append(self.whole.blank)
                self._passed.append(0)
            changed |= self._take(source)
        self._taken = self.whole.version
        for block in self.blocks:
            for part in block.parts:
                if part.index.pending:
                    part.index.advance(_SLICE)
                    block.version, changed = self.version, True
        if not changed:
            self.version = before
        return changed

    def _block_of(self, source: Block) -> Block:
        found = self.blocks[source.number]
        if found is self.whole.blank:
            table = PieceTable(self.whole.transcript, self._scratch)
            found = Block(source.kind, source.number, source.ordinal, table, None, lambda _: None)
            self.blocks[source.number] = found
        return found

    def _take(self, source: Block) -> bool:
        """Bring a block up to date."""
        block = self._block_of(source)
        for name in _COPIED:
            setattr(block, name, getattr(source, name))
        size = source.table.size
        for stream, start, length in source.table.pieces(self._passed[source.number], size):
            if stream == protocol.STDERR:
                block.table.append(stream, start, start + length)
        self._passed[source.number] = size
        output = [part for part in block.parts if isinstance(part, OutputPart)]
        if block.table.size and not output:
            output.append(OutputPart(block.table, 0, redrawing=source.redrawing))
        for part in output:
            part.measure()
        errors = [part for part in source.parts if part.kind == ERROR]
        code = [part for part in source.parts if part.kind == CODE and source.kind == RUN]
        block.parts = [*code, *output, *errors] if output or errors else []
        block.version = self.version
        return bool(block.parts)


Document = OutputDocument | Excerpt | ErrorsOnly
"""What a pane can show."""
