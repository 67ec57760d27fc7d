"""A session's output as a person reads it: blocks of runs, in order, backed by the transcript.

The document follows the transcript's files on its own: `OutputDocument.grow` takes in whatever was
added to them. It holds what the journal says of each run and, of the output itself, only where
its lines are.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import Any

from pyrepl_worker import protocol

from .display_parts import DisplayPart
from .follower import Follower
from .journal_tail import JournalTail
from .last_runs import last_runs
from .line_index import Scratch, ScreenFactory
from .output_blocks import LOOSE, RUN, Block
from .output_intake import Intake, Known, Slice
from .output_parts import PieceTable
from .transcript import Transcript

BACKLOG = 8 * 1024 * 1024
"""More output than this that was not looked through yet is left for later; its end comes first."""
TAIL = 128 * 1024
"""Bytes of a backlog's end to look through at once."""
_FIRST_LOOKS = 4
"""Looks at a long transcript before the older runs are read: the pane is put up meanwhile."""
_SCREEN_WEIGHT = 16
"""How many times as long a byte takes that is carried out on a screen."""


class OutputDocument:
    """What an output pane shows of one session."""

    def __init__(
        self,
        transcript: Transcript,
        screen: ScreenFactory | None = None,
        render: Callable[[DisplayPart, int], str] | None = None,
    ) -> None:
        """Read the last runs; `grow` reads what was before them, and what comes.

        Args:
            transcript: the session's record; it may grow.
            screen: makes screens for output that moves the cursor upwards; None: such
                movements are not carried out.
            render: gives rich values their lines (see `DisplayPart`); None: they are plain text.
        """
        self.transcript = transcript
        """The session's record."""
        self.render = render or (lambda part, width: part.text)
        """Gives rich values their lines."""
        self._scratch = Scratch()
        self._redrawing = None if screen is None else (screen, self._scratch)
        self._events: deque[Any] = deque()
        self._recent: OrderedDict[int, None] = OrderedDict()
        self._unread: OrderedDict[int, None] = OrderedDict()
        self.blank = Block(
            LOOSE, -1, 0, PieceTable(transcript, self._scratch), None, lambda block: None
        )
        """Stands where blocks are that were not read yet, and in some places for ever."""
        self.blocks: list[Block] = []
        self.version = 0
        """Grows with every change."""
        self.kept: dict[int, object] = {}
        """What panes remember of the document, by the pane's id: reading position, layout."""
        self.begin_at: tuple[int, int, int] | None = None
        """Where a pane begins to read: execution count of a run, part of it, offset of a line in
        the part's text; None: at the end."""
        self._looks = 0
        """How often `grow` was called."""
        self._begin()
        self.grow()

    def _begin(self) -> None:
        """Find out from where on to read first."""
        known = Known()
        path = self.transcript.directory / protocol.JOURNAL
        last = last_runs(path)
        self._before: Intake | None = None
        self._before_end = (0, 0)
        self._filled = self._reserved = 0
        follower = Follower(self.transcript)
        if last is not None:
            first = last.started
            self._before_end = first.out, first.err
            # each event makes a block at most, and output of no run after it another one
            self._reserved = 2 * last.number + 1
            self.blocks = [self.blank] * self._reserved
            history = self.transcript.history(last.position)
            before = Follower(self.transcript, mark=-1, last_mark=first.mark)
            self._before = Intake(self, known, lambda: next(history, None), before)
            follower = Follower(self.transcript, *self._before_end, mark=first.mark)
        self._journal = JournalTail(path, 0 if last is None else last.position)
        self._present = Intake(
            self, known, lambda: self._events.popleft() if self._events else None, follower
        )
        if last is not None:
            self._present.begin = last.started.ordinal
            self._present.taken_before = last.checkpoints

    @property
    def python(self) -> str:
        """Version of the interpreter that the present worker runs in; empty if none started."""
        return self._present.python

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
        self._looks += 1
        slice_ = Slice()
        sizes = self.transcript.sizes()
        self._events.extend(self._journal.read())
        self._present.work(sizes, slice_, forced=False)
        self._look_at_ends(slice_)
        if self._before is not None and self._looks > _FIRST_LOOKS and not slice_.over:
            self.version += 1
            if self._before.work(self._before_end, slice_, forced=True):
                self._present.follow_on(self._before)
                self._before = None
            self._look_at_ends(slice_)
        self._look_at_rest(slice_)
        return self.version != before or self._unread_events

    @property
    def _unread_events(self) -> bool:
        return self.loading or bool(self._events) or self._present.waiting

    @property
    def loading(self) -> bool:
        """Whether there are runs before those that are known."""
        return self._before is not None

    def load(self) -> None:
        """Read all runs now."""
        while self._before is not None:
            self.grow()

    def catch_up(self) -> Iterator[None]:
        """Take in all that there is now; yields after each slice of work."""
        end = sum(self.transcript.sizes())
        while self.grow() and (self._unread_events or sum(self._present.follower.position) < end):
            yield

    @property
    def pending(self) -> int:
        """Bytes of output whose lines are not counted yet."""
        position = self._present.follower.position
        behind = self._present.behind or self._present.waiting or self._events
        out, err = self.transcript.sizes() if behind else position
        unwalked = out + err - sum(position)
        if self._before is not None:
            unwalked += 1 + sum(self._before_end) - sum(self._before.follower.position)
        return unwalked + sum(self.blocks[number].backlog() for number in self._unread)

    def _look_at_ends(self, slice_: Slice) -> None:
        """Count lines at the ends of blocks with new output: of the last one in any case."""
        for done, number in enumerate(reversed(list(self._unread))):
            block = self.blocks[number]
            tail = block.open_part()
            tail.measure()
            rest = tail.split(TAIL) if tail.index.pending > BACKLOG else None
            if rest is not None:
                block.parts.insert(block.parts.index(tail) + 1, rest)
                tail = rest
            if not done or not slice_.over:
                slice_.spent(tail.index.advance(BACKLOG))
            self.changed(block)

    def _look_at_rest(self, slice_: Slice) -> None:
        """Count as many of the other lines as time allows."""
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
        for again in (False, True):
            for block in reversed(self.blocks):
                if block.kind == RUN and block.execution_count == execution_count:
                    return block
            if again or not self.loading:
                break
            self.load()
        return None

    # -- for the intakes ---------------------------------------------------------------------

    def changed(self, block: Block) -> None:
        """Take note that a block changed."""
        self.version += 1
        block.version = self.version
        self._recent[block.number] = None
        self._recent.move_to_end(block.number)

    def printed(self, block: Block) -> None:
        """Take note that a block has new output."""
        self._unread[block.number] = None

    def add(self, intake: Intake, kind: str, ordinal: int) -> Block:
        """Make a block after the last one of an intake."""
        number = len(self.blocks)
        if intake is self._before:
            number = self._filled
            if number == self._reserved:  # the journal has lost events: no place for more
                return self.blocks[number - 1]
            self._filled += 1
        table = PieceTable(self.transcript, self._scratch)
        block = Block(kind, number, ordinal, table, self._redrawing, self.changed)
        self.blocks[number : number + 1] = [block]
        self.changed(block)
        return block
