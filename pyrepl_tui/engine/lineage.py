"""Which of the runs shown the present came from, and which were taken back."""

from __future__ import annotations

from pyrepl_worker import protocol
from pyrepl_worker.records import record

from .output_blocks import KEPT, PENDING, ROLLED_BACK, UNDONE, Block


@record(frozen=True, slots=True)
class _Step:
    """A run, and what came before it."""

    block: Block
    before: _Step | None
    depth: int


class Lineage:
    """The chain of runs that made the present; a restore swaps its end for another one.

    Chains share their beginnings, so that each checkpoint costs one reference.
    """

    def __init__(self) -> None:
        self._head: _Step | None = None
        self._at: dict[str, _Step | None] = {}
        self._labels: dict[str, str] = {}
        self._open_from: int | None = None
        """Depth of the first run of the open transaction; None: none is open."""
        self._opened: dict[str, int] = {}
        """The same, of checkpoints taken while one was open."""
        self._here = ""
        """The checkpoint that the present is exactly; empty if there is none."""

    def take(self, event: object, block: Block | None) -> list[Block]:
        """Take note of an event of the journal. Returns the blocks that look different now.

        Args:
            event: any event.
            block: of the run that the event is about; None: it is about none.
        """
        if isinstance(event, protocol.Started) and block is not None:
            self.started(block)
        elif isinstance(event, protocol.Finished) and block is not None:
            self.finished(event, block)
        elif isinstance(event, protocol.CheckpointTaken):
            self.taken(event)
        elif isinstance(event, protocol.Restored):
            return self.restored(event)
        elif isinstance(event, protocol.TransactionChanged):
            return self.transaction(event)
        elif isinstance(event, protocol.WorkerStarted):
            return self.began_anew()
        return []

    def started(self, block: Block) -> None:
        """A run begins."""
        depth = 0 if self._head is None else self._head.depth + 1
        self._head = _Step(block, self._head, depth)
        block.checkpoint, self._here = self._here, ""
        if self._open_from is not None:
            block.fate = PENDING

    def finished(self, event: protocol.Finished, block: Block) -> None:
        """A run is over; its policy may have taken it back at once."""
        if event.rolled_back:
            block.fate = ROLLED_BACK
            self._here = block.checkpoint
            if self._head is not None and self._head.block is block:
                self._head = self._head.before

    def taken(self, event: protocol.CheckpointTaken) -> None:
        """The present became a checkpoint."""
        self._at[event.checkpoint_id] = self._head
        if self._open_from is not None:
            self._opened[event.checkpoint_id] = self._open_from
        self._here = event.checkpoint_id
        if event.label:
            self._labels[event.checkpoint_id] = event.label

    def taken_before(self, event: protocol.CheckpointTaken) -> None:
        """The present became a checkpoint before all of the runs that are known here."""
        self._at.setdefault(event.checkpoint_id, None)
        if event.label:
            self._labels.setdefault(event.checkpoint_id, event.label)

    def restored(self, event: protocol.Restored) -> list[Block]:
        """A checkpoint became the present. Returns the blocks that look different now."""
        target = self._at.get(event.checkpoint_id, self._head)
        if event.checkpoint_id not in self._at:  # the image that guards a transaction
            while target is not None and target.block.execution_count > event.execution_count:
                target = target.before
        changed = []
        opened = self._opened.get(event.checkpoint_id)
        old, new = self._head, target
        while old is not new:
            if new is None or (old is not None and old.depth >= new.depth):
                assert old is not None, "chains end together"
                old.block.fate = UNDONE if event.checkpoint_id in self._at else ROLLED_BACK
                changed.append(old.block)
                old = old.before
            else:
                new.block.fate = KEPT if opened is None or new.depth < opened else PENDING
                changed.append(new.block)
                new = new.before
        self._head, self._open_from = target, opened
        self._here = event.checkpoint_id if event.checkpoint_id in self._at else ""
        return changed

    def title(self, event: protocol.Restored) -> str:
        """What to say of a restore; empty if a transaction did it on its own."""
        if event.checkpoint_id not in self._at:
            return ""
        where = f"after run {event.execution_count}" if event.execution_count else "the start"
        label = self._labels.get(event.checkpoint_id, "")
        name = f" · {label}" if label else ""
        return f"back to the state {where}{name}" if event.execution_count else f"back to {where}"

    def transaction(self, event: protocol.TransactionChanged) -> list[Block]:
        """An explicit transaction was opened, or ended. Returns the blocks that changed."""
        if event.outcome == "opened":
            self._open_from = 0 if self._head is None else self._head.depth + 1
            return []
        if event.outcome == "committed":
            return self._end_transaction(KEPT)
        changed = self._end_transaction(ROLLED_BACK)
        for _ in changed:
            assert self._head is not None
            self._head = self._head.before
        return changed

    def _end_transaction(self, fate: str) -> list[Block]:
        self._open_from = None
        changed, step = [], self._head
        while step is not None and step.block.fate == PENDING:
            step.block.fate = fate
            changed.append(step.block)
            step = step.before
        return changed

    def began_anew(self) -> list[Block]:
        """A worker without any past took the session up. Returns the blocks that changed."""
        changed = self._end_transaction(ROLLED_BACK)
        self._head, self._here = None, ""
        return changed
