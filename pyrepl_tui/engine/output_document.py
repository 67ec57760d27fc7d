"""A session's output as a person reads it: blocks of runs, in order, backed by the transcript.

The document follows the transcript's files on its own: `OutputDocument.grow` takes in whatever was
added to them. It holds what the journal says of each run and, of the output itself, only where
its lines are.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import Any

from pyrepl_worker import protocol

from .display_parts import DisplayPart
from .follower import Follower
from .journal_tail import JournalTail
from .line_index import Scratch, ScreenFactory
from .lineage import Lineage
from .output_blocks import LOOSE, MARKER, RUN, Block
from .output_parts import (
    CODE,
    ERROR,
    MARK,
    NOTICE,
    VALUE,
    InputPart,
    Part,
    PieceTable,
    TextPart,
)
from .transcript import Transcript

BACKLOG = 8 * 1024 * 1024
"""More output than this that was not looked through yet is left for later; its end comes first."""
TAIL = 128 * 1024
"""Bytes of a backlog's end to look through at once."""
_STEP = 64 * 1024
_FEW = 8
_PIECE = 64
_SLICE = 0.008
_LEAST = 256 * 1024
_SCREEN_WEIGHT = 16
"""How many times as long a byte takes that is carried out on a screen."""


class _Slice:
    """How much may be done before others must have a turn: some time, but always a little."""

    def __init__(self) -> None:
        self._deadline = time.monotonic() + _SLICE
        self._left = _LEAST
        self.over = False

    def spent(self, size: int) -> bool:
        """Count bytes that were dealt with. Returns whether it is enough for now."""
        self._left -= size
        self.over = self._left < 0 and time.monotonic() >= self._deadline
        return self.over


class OutputDocument:
    """What an output pane shows of one session."""

    def __init__(
        self,
        transcript: Transcript,
        screen: ScreenFactory | None = None,
        render: Callable[[DisplayPart, int], str] | None = None,
    ) -> None:
        """Read what there is.

        Args:
            transcript: the session's record; it may grow.
            screen: makes screens for output that moves the cursor upwards; None: such
                movements are not carried out.
            render: gives rich values their lines (see `DisplayPart`); None: they are plain text.
        """
        self.transcript = transcript
        """The session's record."""
        self._render = render or (lambda part, width: part.text)
        self._scratch = Scratch()
        self._redrawing = None if screen is None else (screen, self._scratch)
        self._journal = JournalTail(transcript.directory / protocol.JOURNAL)
        self._follower = Follower(transcript)
        self._by_ordinal: dict[int, Block] = {}
        self._by_operation: dict[str, Block] = {}
        self._running: dict[str, Block] = {}
        self._events: deque[Any] = deque()
        self._behind = False
        self._recent: OrderedDict[int, None] = OrderedDict()
        self._unread: OrderedDict[int, None] = OrderedDict()
        self._waiting: dict[str, Block] = {}
        self._lineage = Lineage()
        self.blocks: list[Block] = []
        self.version = 0
        """Grows with every change."""
        self.kept: dict[int, object] = {}
        """What panes remember of the document, by the pane's id: reading position, layout."""
        self.python = ""
        """Version of the interpreter that the present worker runs in; empty before it started."""
        self.grow()

    # -- taking in ---------------------------------------------------------------------------

    def apply(self, event: object) -> bool:
        """Take in an engine event. Returns whether anything changed.

        All events that matter are in the journal as well, so any event merely says: look now.
        """
        return self.grow()

    def grow(self) -> bool:
        """Take in what was added to the transcript. Returns whether anything changed.

        Takes about 10 ms at most: where more was added its end comes first, and further calls do
        the rest (`pending` says how much is left).
        """
        before = self.version
        slice_ = _Slice()
        sizes = self.transcript.sizes()
        self._events.extend(self._journal.read())
        while self._events:
            event = self._events[0]
            handler = _HANDLERS.get(type(event))
            if handler is not None:
                if hasattr(event, "out") and not self._walk((event.out, event.err), slice_, True):
                    break
                handler(self, event)
            self._events.popleft()
        else:
            self._walk(sizes, slice_, False)
        self._look_through(slice_)
        return self.version != before

    def catch_up(self) -> Iterator[None]:
        """Take in all that there is now; yields after each slice of work."""
        end = sum(self.transcript.sizes())
        while self.grow() and (self._events or sum(self._follower.position) < end):
            yield

    @property
    def pending(self) -> int:
        """Bytes of output whose lines are not counted yet."""
        out, err = self.transcript.sizes() if self._behind else self._follower.position
        unwalked = out + err - sum(self._follower.position)
        return unwalked + sum(self.blocks[number].backlog() for number in self._unread)

    def _walk(self, sizes: tuple[int, int], slice_: _Slice, forced: bool) -> bool:
        """Give the output up to these sizes to its blocks. Returns False if there was no time."""
        step = _STEP
        self._behind = False
        while self._follower.position != sizes:
            plan = self._follower.plan(sizes, step, forced=forced)
            if not plan:
                break
            block = None
            for ordinal, stream, start, end in plan:
                if block is None or block.ordinal != ordinal:
                    block = self._block_of(ordinal)
                    block.open_part()
                    self._unread[block.number] = None
                block.table.append(stream, start, end)
            if slice_.spent(len(plan) * _PIECE):
                self._behind = self._follower.position != sizes
                return not self._behind
            if len(plan) <= _FEW:
                step *= 2
        return True

    def _look_through(self, slice_: _Slice) -> None:
        """Count lines of new output: the ends of all blocks first, then what time allows."""
        for number in list(self._unread):
            block = self.blocks[number]
            tail = block.open_part()
            tail.measure()
            rest = tail.split(TAIL) if tail.index.pending > BACKLOG else None
            if rest is not None:
                block.parts.insert(block.parts.index(tail) + 1, rest)
                tail = rest
            tail.index.advance(BACKLOG)
            self._changed(block)
        for number in list(self._unread):
            block = self.blocks[number]
            for part in reversed(block.parts):
                while part.index.pending and not slice_.over:
                    weight = _SCREEN_WEIGHT if part.index.redrawing else 1
                    slice_.spent(weight * block.advance(part))
            if not block.backlog():
                del self._unread[number]

    # -- blocks ------------------------------------------------------------------------------

    def index_of(self, block: Block) -> int:
        """Return the position of a block among the blocks."""
        return block.number

    def changed_since(self, version: int) -> list[Block]:
        """Return the blocks that changed after a version, in their order."""
        found = []
        for number in reversed(self._recent):
            block = self.blocks[number]
            if block.version <= version:
                break
            found.append(block)
        return sorted(found, key=lambda block: block.number)

    def block_of_run(self, execution_count: int) -> Block | None:
        """The last run with an execution count."""
        for block in reversed(self.blocks):
            if block.kind == RUN and block.execution_count == execution_count:
                return block
        return None

    def _changed(self, block: Block) -> None:
        self.version += 1
        block.version = self.version
        self._recent[block.number] = None
        self._recent.move_to_end(block.number)

    def _add(self, kind: str, ordinal: int = 0) -> Block:
        table = PieceTable(self.transcript, self._scratch)
        block = Block(kind, len(self.blocks), ordinal, table, self._redrawing, self._changed)
        self.blocks.append(block)
        self._changed(block)
        return block

    def _block_of(self, ordinal: int) -> Block:
        """The block that output with this ordinal belongs to, made if need be."""
        if ordinal:
            found = self._by_ordinal.get(ordinal)
            if found is None:
                found = self._by_ordinal[ordinal] = self._add(RUN, ordinal)
            return found
        if self.blocks and self.blocks[-1].kind == LOOSE:
            return self.blocks[-1]
        return self._add(LOOSE)

    def _block_of_operation(self, operation_id: str | None) -> Block:
        found = self._by_operation.get(operation_id) if operation_id is not None else None
        if found is None:
            found = self.blocks[-1] if self.blocks else self._add(LOOSE)
        return found

    # -- journal events ----------------------------------------------------------------------

    def _started(self, event: protocol.Started) -> None:
        block = self._block_of(event.ordinal)
        block.code = event.code
        block.filename = event.filename
        block.operation_id = event.operation_id
        block.execution_count = event.execution_count
        block.started_at = event.at
        block.policy = event.policy
        self._lineage.started(block)
        block.parts.insert(0, TextPart(CODE, event.code.rstrip("\n")))
        self._by_operation[event.operation_id] = block
        self._running[event.operation_id] = block
        self._changed(block)

    def _finished(self, event: protocol.Finished) -> None:
        block = self._running.pop(event.operation_id, None)
        if block is None:
            return
        block.status = event.status
        block.duration_ms = event.duration_ms
        self._lineage.finished(event, block)
        if event.value is not None and not block.value_shown:
            more = "\n… (the rest was cut off)" if event.value_truncated else ""
            block.parts.append(TextPart(VALUE, event.value + more))
        if event.error is not None:
            name, message = (str(event.error.get(key, "")) for key in ("name", "message"))
            block.error = (name, message)
            text = event.error.get("traceback") or name
            block.parts.append(TextPart(ERROR, str(text).rstrip("\n")))
        self._changed(block)

    def _input_requested(self, event: protocol.InputRequested) -> None:
        block = self._block_of_operation(event.operation_id)
        block.close_part()
        self._waiting[event.request_id] = block
        self._insert(block, InputPart(event.request_id, event.prompt, event.password))

    def _input_resolved(self, event: protocol.InputResolved) -> None:
        block = self._waiting.pop(event.request_id, None)
        part = block.input_part(event.request_id) if block is not None else None
        if block is not None and part is not None:
            part.resolve(event.action, event.text)
            self._changed(block)

    def _displayed(self, event: protocol.Displayed) -> None:
        block = self._block_of_operation(event.operation_id)
        is_value = protocol.VALUE in event.bundle
        block.value_shown |= is_value
        if len(event.bundle) > is_value:
            block.close_part()
            part = DisplayPart(self.transcript.contents(event.bundle), self._render)
            self._insert(block, part)

    def _noticed(self, event: protocol.Notice) -> None:
        block = self._block_of_operation(None)
        block.close_part()
        self._insert(block, TextPart(NOTICE, event.text, event.kind))

    def _worker_started(self, event: protocol.WorkerStarted) -> None:
        again = bool(self.python)
        self._lineage.began_anew()
        self.python = event.python_version
        words = "fresh worker" if again else "worker"
        text = f"Python {event.python_version} · {event.executable} · {words} {event.pid}"
        self._insert(self._add(MARKER), TextPart(MARK, text, "started"))

    def _worker_died(self, event: protocol.WorkerDied) -> None:
        for block in self._running.values():
            block.status = "crashed"
            block.duration_ms = max(0.0, (event.at - block.started_at) * 1000)
            self._changed(block)
        self._running.clear()
        self._insert(self._add(MARKER), TextPart(MARK, event.reason, "died"))

    def _checkpoint_taken(self, event: protocol.CheckpointTaken) -> None:
        self._lineage.taken(event)

    def _restored(self, event: protocol.Restored) -> None:
        for block in self._lineage.restored(event):
            self._changed(block)
        title = self._lineage.title(event)
        if title:
            self._insert(self._add(MARKER), TextPart(MARK, title, "restored"))

    def _transaction(self, event: protocol.TransactionChanged) -> None:
        for block in self._lineage.transaction(event):
            self._changed(block)

    def _insert(self, block: Block, part: Part) -> None:
        block.parts.append(part)
        self._changed(block)


_HANDLERS: dict[type, Callable[[OutputDocument, Any], None]] = {
    protocol.Started: OutputDocument._started,
    protocol.Finished: OutputDocument._finished,
    protocol.InputRequested: OutputDocument._input_requested,
    protocol.InputResolved: OutputDocument._input_resolved,
    protocol.Displayed: OutputDocument._displayed,
    protocol.Notice: OutputDocument._noticed,
    protocol.WorkerStarted: OutputDocument._worker_started,
    protocol.WorkerDied: OutputDocument._worker_died,
    protocol.CheckpointTaken: OutputDocument._checkpoint_taken,
    protocol.Restored: OutputDocument._restored,
    protocol.TransactionChanged: OutputDocument._transaction,
}
