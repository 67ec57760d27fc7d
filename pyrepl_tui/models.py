"""What the workspace shows, apart from any widget: tabs, drafts, history, questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from pyrepl_worker.records import record

from .changes import ChangeLog
from .engine.variable_table import VariableTable
from .session_options import USUAL, SessionOptions

if TYPE_CHECKING:
    from .engine.chronicle import Chronicle
    from .engine.values import Checkpoint, Variable

STARTING, IDLE, BUSY, WAITING, PENDING, DEAD, ENDED = (
    "starting",
    "idle",
    "busy",
    "waiting_input",
    "pending",
    "dead",
    "ended",
)
"""States of a tab: the session's own, and ``ended`` for one that is over while its tab is not."""


@record(frozen=True)
class Question:
    """Code that waits for a line of input."""

    id: str
    prompt: str
    password: bool
    run: int | None
    """Execution count of the run that asks; None for code outside of runs."""


class History:
    """Lines or blocks entered before, walked with a prefix as in a shell."""

    def __init__(self, limit: int = 10_000) -> None:
        self.entries: list[str] = []
        self._limit = limit
        self._at: int | None = None
        self._draft = ""
        self.earlier: Callable[[], list[str]] | None = None
        """Returns what was entered before, oldest first; asked once, when own entries run out."""

    @property
    def browsing(self) -> bool:
        """True while an earlier entry is shown in place of the draft."""
        return self._at is not None

    def add(self, entry: str) -> None:
        """Append an entry unless it repeats the newest; ends browsing."""
        self._at = None
        if entry.strip() and (not self.entries or self.entries[-1] != entry):
            self.entries.append(entry)
            del self.entries[: -self._limit]

    def older(self, shown: str) -> str | None:
        """The next older entry that begins with the draft; None if there is none."""
        if self._at is None or shown != self.entries[self._at]:
            self._draft, self._at = shown, None
        start = len(self.entries) if self._at is None else self._at
        for at in range(start - 1, -1, -1):
            if self.entries[at].startswith(self._draft) and self.entries[at] != shown:
                self._at = at
                return self.entries[at]
        return self.older(shown) if self._take_earlier() else None

    def _take_earlier(self) -> bool:
        """Put what was entered before in front of the own entries; False: there is nothing more."""
        earlier, self.earlier = self.earlier, None
        own = set(self.entries)
        before = [entry for entry in earlier() if entry not in own] if earlier is not None else []
        self.entries[:0] = before
        if self._at is not None:
            self._at += len(before)
        return bool(before)

    def newer(self, shown: str) -> str | None:
        """The next newer entry, at last the draft; None if nothing is being browsed."""
        if self._at is None or shown != self.entries[self._at]:
            self._at = None
            return None
        for at in range(self._at + 1, len(self.entries)):
            if self.entries[at].startswith(self._draft) and self.entries[at] != shown:
                self._at = at
                return self.entries[at]
        self._at = None
        return self._draft


@dataclass
class Draft:
    """What is in a tab's editor."""

    text: str = ""
    selection: Any = None
    """Textual selection to put back; None: the cursor at the end."""
    undo: Any = None
    """The editor's undo stack for this text; None: a fresh one."""


@dataclass
class Past:
    """A tab's checkpoints, and what led from one to the next."""

    points: tuple[Checkpoint, ...] = ()
    """All checkpoints, oldest first; looked up while somebody looks at them."""
    kinds: dict[str, str] = field(default_factory=dict)
    """As of `engine.timeline.Timeline`."""
    present: str | None = None
    """The checkpoint that the present came from; None: the session's start."""
    chronicle: Chronicle | None = None
    """None before anybody looked."""
    changes: ChangeLog = field(default_factory=ChangeLog)
    pending: bool = False
    """True: an explicit transaction is open."""
    loading: float | None = None
    """How far the state is that comes back from the disk, 0 to 1; None: none does."""
    images: int = 0
    """How many checkpoints are held in memory."""
    image_sizes: dict[str, int] = field(default_factory=dict)
    """Bytes that each checkpoint held in memory accounts for."""
    image_bytes: int | None = None
    """What they account for together; None while unknown."""
    budget: int | None = None
    """What all images of this machine's sessions may account for; None while unknown."""

    @property
    def is_kept(self) -> bool:
        """Whether some state of the session can be restored, as far as it is known."""
        return self.images > 0 or any(p.has_image or p.has_archive for p in self.points)


@dataclass(eq=False)
class SessionModel:
    """One tab."""

    key: int
    """Identifies the tab for the life of the app."""
    name: str
    options: SessionOptions = USUAL
    """What was chosen for it."""
    session_id: str | None = None
    """None until the engine has given one."""
    state: str = STARTING
    death: str = ""
    """Cause of the worker's death, in words; empty while it lives."""
    began: bool = False
    """True once the session had a worker."""
    ours: bool = True
    """False for a session started elsewhere and not used from here."""
    unread: bool = False
    questions: list[Question] = field(default_factory=list)
    """Oldest first."""
    draft: Draft = field(default_factory=Draft)
    history: History = field(default_factory=History)
    answers: History = field(default_factory=History)
    table: VariableTable = field(default_factory=VariableTable)
    """The variables, as the pane shows them."""
    document: Any = None
    """The output pane's document (`engine.output_document`)."""
    begin_at: tuple[int, int, int] | None = None
    """Where the output is shown from when the tab is looked at first: the document's `begin_at`."""
    python_version: str = ""
    executable: str = ""
    cwd: str = ""
    pid: int | None = None
    memory: int | None = None
    """Bytes the worker accounts for; None while unknown."""
    ceiling: int | None = None
    """Bytes of memory above which its runs are interrupted; None: there is no ceiling."""
    own_memory: int | None = None
    """Bytes the worker holds by the ceiling's count; None while unknown, or without a ceiling."""
    cpu: float | None = None
    """What the run takes of the machine, in processors; None while nothing runs."""
    policy: str = "commit_always"
    """What becomes of the changes of runs from here: a `TransactionPolicy`."""
    past: Past = field(default_factory=Past)
    early: list[str] = field(default_factory=list)
    """Code that waits for its turn here: for a worker, or for the end of what runs."""
    waiting: set[str] = field(default_factory=set)
    """Ids of operations that wait for their turn."""
    counts: dict[str, int] = field(default_factory=dict)
    """Execution counts of the operations that have not finished."""
    running: str | None = None
    """Id of the operation that runs."""
    run_since: float | None = None
    """Monotonic time at which the present run started; None when nothing runs."""
    ended_at: float | None = None
    """Monotonic time at which the last run was seen to end; None: none has."""
    last_status: str = ""
    """How the last run ended, as of an `ExecutionResult`."""
    last_run: float | None = None
    """Seconds the last run took."""
    execution_count: int = 0
    interrupts: int = 0
    """How often the present run was interrupted in vain."""

    @property
    def variables(self) -> tuple[Variable, ...]:
        """All variables but private ones, in the namespace's order."""
        return tuple(row for row in self.table.rows.values() if row.name[:1] != "_")

    @property
    def queued(self) -> int:
        """Number of runs that wait for their turn."""
        return len(self.early) + len(self.waiting)

    @property
    def takes_turns(self) -> bool:
        """True if code sent now has to wait, so that it waits where it can be reordered."""
        return self.running is not None or self.state in (BUSY, WAITING)

    @property
    def busy(self) -> bool:
        """True if code runs or waits to run."""
        return self.state in (BUSY, WAITING) or self.queued > 0

    @property
    def untouched(self) -> bool:
        """True if nothing was ever run in it."""
        return self.ours and not self.execution_count and not self.busy

    @property
    def alive(self) -> bool:
        """True if there is a worker, or one is on its way."""
        return self.state not in (DEAD, ENDED)

    @property
    def mark(self) -> str:
        """What the tab's mark stands for: a state, or ``unread``; empty for none."""
        if self.state == WAITING or self.questions:
            return WAITING
        if self.state in (DEAD, ENDED, BUSY, STARTING, PENDING):
            return self.state
        return "unread" if self.unread else ""


class Workspace:
    """The tabs in their order, and which one is shown."""

    def __init__(self) -> None:
        self.tabs: list[SessionModel] = []
        self.policy = "commit_always"
        """What new tabs begin with."""
        self.long_run = 10.0
        """Seconds from which on the end of a run in a tab that is not shown is told of."""
        self.active: SessionModel | None = None
        self.living: set[str] = set()
        """Names of all sessions that lived when that was last looked up, with a tab or without."""
        self._next_key = 1
        self.earlier: Callable[[SessionModel], list[str]] | None = None
        """What was entered before in other sessions, oldest first, to be recalled in a tab."""

    def __iter__(self) -> Iterator[SessionModel]:
        return iter(self.tabs)

    def __len__(self) -> int:
        return len(self.tabs)

    def add(self, name: str, *, ours: bool = True) -> SessionModel:
        """Append a tab; the first one becomes active."""
        model = SessionModel(self._next_key, name, ours=ours, policy=self.policy)
        self._next_key += 1
        if self.earlier is not None:
            model.history.earlier = partial(self.earlier, model)
        self.tabs.append(model)
        if self.active is None:
            self.active = model
        return model

    def free_name(self) -> str:
        """``session N`` with the least N that no tab and no living session has."""
        taken = self.living | {model.name for model in self.tabs}
        number = 1
        while f"session {number}" in taken:
            number += 1
        return f"session {number}"

    def get(self, key: int) -> SessionModel | None:
        """The tab with that key; None if it is closed."""
        return next((model for model in self.tabs if model.key == key), None)

    def by_session(self, session_id: str) -> SessionModel | None:
        """The tab that shows that session; None if none does."""
        return next((model for model in self.tabs if model.session_id == session_id), None)

    def activate(self, model: SessionModel) -> None:
        """Show a tab; what it has to say counts as read."""
        self.active = model
        model.unread = False

    def neighbour(self, step: int) -> SessionModel | None:
        """The tab `step` places from the active one, around the ends."""
        if self.active is None:
            return None
        at = self.tabs.index(self.active)
        return self.tabs[(at + step) % len(self.tabs)]

    def move(self, model: SessionModel, to: int) -> bool:
        """Put a tab into another place (clamped); False if it is there already."""
        at = self.tabs.index(model)
        to = max(0, min(len(self.tabs) - 1, to))
        if at == to:
            return False
        self.tabs.insert(to, self.tabs.pop(at))
        return True

    def remove(self, model: SessionModel) -> None:
        """Close a tab; its right (else left) neighbour becomes active if it was."""
        at = self.tabs.index(model)
        self.tabs.remove(model)
        if self.active is model:
            self.active = None
            if self.tabs:
                self.activate(self.tabs[min(at, len(self.tabs) - 1)])
