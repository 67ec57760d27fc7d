"""Turning the journal's events, and the output that goes with them, into blocks."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from typing import Any, Protocol

from pyrepl_worker import protocol

from .display_parts import DisplayPart
from .follower import Follower
from .lineage import Lineage
from .output_blocks import KEPT, LOOSE, MARKER, RUN, Block
from .output_parts import CODE, ERROR, MARK, NOTICE, VALUE, InputPart, Part, TextPart
from .transcript import Transcript

_STEP = 64 * 1024
_FEW = 8
_PIECE = 64
_EVENT = 512
_SLICE = 0.008
_LEAST = 256 * 1024


class Slice:
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


class Host(Protocol):
    """The document that the blocks are for."""

    transcript: Transcript

    def add(self, intake: Intake, kind: str, ordinal: int) -> Block:
        """Make a block after the last one of an intake."""

    def changed(self, block: Block) -> None:
        """Take note that a block changed."""

    def printed(self, block: Block) -> None:
        """Take note that a block has new output."""

    def render(self, part: DisplayPart, width: int) -> str:
        """The lines of a rich value."""


class Known:
    """Blocks by what events call them, for all intakes of a document."""

    def __init__(self) -> None:
        self.by_ordinal: dict[int, Block] = {}
        self.by_operation: dict[str, Block] = {}


class Intake:
    """Takes in a stretch of the journal with the output that was printed meanwhile."""

    def __init__(
        self, host: Host, known: Known, next_event: Callable[[], Any], follower: Follower
    ) -> None:
        """Begin.

        Args:
            host: the document.
            known: blocks that events may speak of.
            next_event: returns the stretch's next event; None if there is none (yet).
            follower: stands where the stretch's output begins.
        """
        self._host = host
        self._known = known
        self._next_event = next_event
        self._event: Any = None
        self._running: dict[str, Block] = {}
        self._waiting: dict[str, Block] = {}
        self._last: Block | None = None
        self.follower = follower
        self.lineage = Lineage()
        self.told: list[tuple[Any, Block | None]] = []
        """What the lineage was told, as long as it does not know what came before."""
        self.late: list[tuple[int, str, int, int]] = []
        """Output of runs before the stretch, as a follower plans it."""
        self.begin = 0
        """Ordinal of the stretch's first run; 0: nothing came before."""
        self.taken_before: Callable[[], list[protocol.CheckpointTaken]] = list
        """Returns the checkpoints that were taken before the stretch."""
        self.python = ""
        """Version of the interpreter of the last worker that started."""
        self.behind = False
        """Whether there is output that was not given to its block."""

    @property
    def waiting(self) -> bool:
        """Whether there was no time for an event."""
        return self._event is not None

    def work(self, sizes: tuple[int, int], slice_: Slice, *, forced: bool) -> bool:
        """Take in what there is, as far as time allows. Returns whether all of it was.

        Args:
            sizes: sizes of the two streams that may be walked up to.
            slice_: how much may be done.
            forced: walk up to `sizes` even where more output of the same region will follow.
        """
        for done in count():
            event = self._event = self._event or self._next_event()
            if event is None:
                return self._walk(sizes, slice_, forced)
            handler = _HANDLERS.get(type(event))
            if handler is not None:
                if hasattr(event, "out") and not self._walk((event.out, event.err), slice_, True):
                    return False
                handler(self, event)
            self._event = None
            if slice_.spent(_EVENT) and done >= _FEW:
                return False
        raise AssertionError("unreachable")

    def _walk(self, sizes: tuple[int, int], slice_: Slice, forced: bool) -> bool:
        """Give the output up to these sizes to its blocks. Returns False if there was no time."""
        step = _STEP
        self.behind = False
        while self.follower.position != sizes:
            plan = self.follower.plan(sizes, step, forced=forced)
            if not plan:
                break
            block = None
            for ordinal, stream, start, end in plan:
                if 0 < ordinal < self.begin:
                    self.late.append((ordinal, stream, start, end))
                    continue
                if block is None or block.ordinal != ordinal:
                    block = self.block_of(ordinal)
                self.give(block, stream, start, end)
            if slice_.spent(len(plan) * _PIECE):
                self.behind = self.follower.position != sizes
                return not self.behind
            if len(plan) <= _FEW:
                step *= 2
        return True

    def give(self, block: Block, stream: str, start: int, end: int) -> None:
        """Add a stretch of a stream to a block's output."""
        block.open_part()
        self._host.printed(block)
        block.table.append(stream, start, end)

    def follow_on(self, before: Intake) -> None:
        """Take over what the intake of everything before this stretch has learned."""
        for _, block in self.told:
            if block is not None:
                block.fate, block.checkpoint = KEPT, ""
        self.lineage, told, self.told = before.lineage, self.told, []
        self.begin, self.taken_before = 0, list
        for event, block in told:
            self._follow(event, block)
        for _, block in told:
            if block is not None:
                self._host.changed(block)
        self.python = self.python or before.python
        died = next((event for event, _ in told if isinstance(event, protocol.WorkerDied)), None)
        if died is None:
            self._running = before._running | self._running
        else:
            before._worker_crashed(died)
        late, self.late = self.late, []
        for ordinal, stream, start, end in late:
            self.give(self.block_of(ordinal), stream, start, end)

    # -- blocks ------------------------------------------------------------------------------

    def block_of(self, ordinal: int) -> Block:
        """The block that output with this ordinal belongs to, made if need be."""
        if ordinal:
            found = self._known.by_ordinal.get(ordinal)
            if found is None:
                found = self._known.by_ordinal[ordinal] = self._add(RUN, ordinal)
            return found
        if self._last is not None and self._last.kind == LOOSE:
            return self._last
        return self._add(LOOSE)

    def _add(self, kind: str, ordinal: int = 0) -> Block:
        self._last = self._host.add(self, kind, ordinal)
        return self._last

    def _block_of_operation(self, operation_id: str | None) -> Block:
        found = self._known.by_operation.get(operation_id) if operation_id is not None else None
        return found or self._last or self._add(LOOSE)

    def _insert(self, block: Block, part: Part) -> None:
        block.parts.append(part)
        self._host.changed(block)

    def _follow(self, event: Any, block: Block | None = None) -> None:
        """Tell the lineage."""
        if self.begin:
            self.told.append((event, block))
        for changed in self.lineage.take(event, block):
            self._host.changed(changed)

    # -- journal events ----------------------------------------------------------------------

    def _started(self, event: protocol.Started) -> None:
        block = self.block_of(event.ordinal)
        block.code = event.code
        block.filename = event.filename
        block.operation_id = event.operation_id
        block.execution_count = event.execution_count
        block.started_at = event.at
        block.policy = event.policy
        block.parts.insert(0, TextPart(CODE, event.code.rstrip("\n")))
        self._known.by_operation[event.operation_id] = block
        self._running[event.operation_id] = block
        self._follow(event, block)
        self._host.changed(block)

    def _finished(self, event: protocol.Finished) -> None:
        block = self._running.pop(event.operation_id, None)
        if block is None:
            return
        block.status = event.status
        block.duration_ms = event.duration_ms
        self._follow(event, block)
        if event.value is not None and not block.value_shown:
            more = "\n… (the rest was cut off)" if event.value_truncated else ""
            block.parts.append(TextPart(VALUE, event.value + more))
        if event.error is not None:
            name, message = (str(event.error.get(key, "")) for key in ("name", "message"))
            block.error = (name, message)
            text = event.error.get("traceback") or name
            block.parts.append(TextPart(ERROR, str(text).rstrip("\n")))
        self._host.changed(block)

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
            self._host.changed(block)

    def _displayed(self, event: protocol.Displayed) -> None:
        block = self._block_of_operation(event.operation_id)
        is_value = protocol.VALUE in event.bundle
        block.value_shown |= is_value
        if len(event.bundle) > is_value:
            block.close_part()
            contents = self._host.transcript.contents(event.bundle)
            self._insert(block, DisplayPart(contents, self._host.render))

    def _noticed(self, event: protocol.Notice) -> None:
        block = self._block_of_operation(None)
        block.close_part()
        self._insert(block, TextPart(NOTICE, event.text, event.kind))

    def _worker_started(self, event: protocol.WorkerStarted) -> None:
        again = bool(self.python or self.begin)
        self._follow(event)
        self.python = event.python_version
        words = "fresh worker" if again else "worker"
        text = f"Python {event.python_version} · {event.executable} · {words} {event.pid}"
        self._insert(self._add(MARKER), TextPart(MARK, text, "started"))

    def _worker_died(self, event: protocol.WorkerDied) -> None:
        self._follow(event)
        self._worker_crashed(event)
        self._insert(self._add(MARKER), TextPart(MARK, event.reason, "died"))

    def _worker_crashed(self, event: protocol.WorkerDied) -> None:
        for block in self._running.values():
            block.status = "crashed"
            block.duration_ms = max(0.0, (event.at - block.started_at) * 1000)
            self._host.changed(block)
        self._running.clear()

    def _restored(self, event: protocol.Restored) -> None:
        before, self.taken_before = self.taken_before(), list
        for taken in before:
            self.lineage.taken_before(taken)
        self._follow(event)
        title = self.lineage.title(event)
        if title:
            self._insert(self._add(MARKER), TextPart(MARK, title, "restored"))


_HANDLERS: dict[type, Callable[[Intake, Any], None]] = {
    protocol.Started: Intake._started,
    protocol.Finished: Intake._finished,
    protocol.InputRequested: Intake._input_requested,
    protocol.InputResolved: Intake._input_resolved,
    protocol.Displayed: Intake._displayed,
    protocol.Notice: Intake._noticed,
    protocol.WorkerStarted: Intake._worker_started,
    protocol.WorkerDied: Intake._worker_died,
    protocol.CheckpointTaken: Intake._follow,
    protocol.Restored: Intake._restored,
    protocol.TransactionChanged: Intake._follow,
}
