"""Blocks of a session's output: a run with everything it said, or what happened between runs."""

from __future__ import annotations

from collections.abc import Callable

from .output_parts import (
    ERROR,
    VALUE,
    InputPart,
    OutputPart,
    Part,
    PieceTable,
    Redrawing,
)

RUN, LOOSE, MARKER = "run", "loose", "marker"
"""Kinds of blocks: a run; output that belongs to no run; news of the worker."""

KEPT, PENDING, ROLLED_BACK, UNDONE = "", "pending", "rolled back", "undone"
"""What became of a run's changes: the present holds them; they wait for a commit; its transaction
took them back; the user went back to a checkpoint before it."""


class Block:
    """One run with everything it said, or something that happened between runs."""

    __slots__ = (
        "_changed",
        "checkpoint",
        "code",
        "duration_ms",
        "error",
        "execution_count",
        "fate",
        "filename",
        "kind",
        "number",
        "operation_id",
        "ordinal",
        "parts",
        "policy",
        "redrawing",
        "started_at",
        "status",
        "table",
        "value_shown",
        "version",
    )

    def __init__(
        self,
        kind: str,
        number: int,
        ordinal: int,
        table: PieceTable,
        redrawing: Redrawing | None,
        changed: Callable[[Block], None],
    ) -> None:
        self._changed = changed
        self.kind = kind
        self.number = number
        """Position of the block in the document, from 0."""
        self.ordinal = ordinal
        """Number of the run within the transcript; 0 for blocks that are no runs."""
        self.table = table
        self.redrawing = redrawing
        self.parts: list[Part] = []
        self.code = ""
        self.filename = ""
        self.operation_id: str | None = None
        self.execution_count = 0
        self.status = "running" if kind == RUN else ""
        """``running``, ``ok``, ``error``, ``interrupted``, ``timeout`` or ``crashed``."""
        self.started_at = 0.0
        self.duration_ms: float | None = None
        """None while it runs."""
        self.error: tuple[str, str] | None = None
        """Name and message of the exception that ended it."""
        self.policy = ""
        """A `TransactionPolicy`."""
        self.fate = KEPT
        self.checkpoint = ""
        """Id of the checkpoint of the state before it; empty if none was taken."""
        self.value_shown = False
        """Whether a rich value stands for the run's value."""
        self.version = 0
        """Version of the document when the block changed last."""

    @property
    def running(self) -> bool:
        """Whether the run goes on."""
        return self.status == "running"

    def output(self, limit: int = 64 * 1024 * 1024) -> bytes:
        """Return the block's output as it was written, at most `limit` bytes of its start."""
        return self.table.read(0, min(self.table.size, limit))

    def advance(self, part: Part) -> int:
        """Look through a little more of a part. Returns how many bytes it was."""
        done = part.index.advance(1)
        if done:
            self._changed(self)
        return done

    def part_after(self, part: Part | None) -> Part | None:
        """The part after one (None: the first), as parts are now; None after the last."""
        following = 0 if part is None else self.parts.index(part) + 1
        return self.parts[following] if following < len(self.parts) else None

    def input_part(self, request_id: str) -> InputPart | None:
        """The part of an input request."""
        for part in reversed(self.parts):
            if isinstance(part, InputPart) and part.request_id == request_id:
                return part
        return None

    def open_part(self) -> OutputPart:
        """The part that takes further output, made if need be."""
        last = next((p for p in reversed(self.parts) if p.kind not in (VALUE, ERROR)), None)
        if isinstance(last, OutputPart) and last.end is None:
            return last
        part = OutputPart(self.table, self.table.size, redrawing=self.redrawing)
        self.parts.insert(self.parts.index(last) + 1 if last is not None else 0, part)
        return part

    def close_part(self) -> None:
        """Let further output begin a new part."""
        for part in self.parts:
            if isinstance(part, OutputPart) and part.end is None:
                part.end = self.table.size
                part.measure()

    def backlog(self) -> int:
        """Bytes of output that were not looked through yet."""
        return sum(part.index.pending for part in self.parts)
