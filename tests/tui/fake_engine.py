"""A session without a worker, for tests of the app: says what a test makes it say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Literal

from pyrepl_tui.engine import events
from pyrepl_tui.engine.completions import CallHelp, Completion, Completions, Explanation
from pyrepl_tui.engine.errors import CheckpointError, PyreplError, SessionNotFound, WorkerDied
from pyrepl_tui.engine.glimpses import Looker
from pyrepl_tui.engine.interpreters import Interpreter
from pyrepl_tui.engine.observer import Moment
from pyrepl_tui.engine.operation import Operation
from pyrepl_tui.engine.session import Session
from pyrepl_tui.engine.timeline import Timeline
from pyrepl_tui.engine.transcript import Transcript
from pyrepl_tui.engine.values import (
    Checkpoint,
    Comparison,
    DeepSize,
    ExecutionResult,
    NamespaceChanges,
    ProcessInfo,
    RestoreReport,
    SessionInfo,
    SessionState,
    TransactionPolicy,
    Variable,
    WorkerDeath,
)
from pyrepl_tui.session_options import USUAL, SessionOptions

_numbers = count(1)


@dataclass
class Call:
    """Something the app asked of a session."""

    name: str
    arguments: tuple[Any, ...] = ()


class FakeSession:
    """Records what is asked of it; `say` puts an event into its stream."""

    def __init__(self, engine: FakeEngine, name: str) -> None:
        self._engine = engine
        self.id = f"s{next(_numbers)}"
        self.name = name
        self.state = SessionState.STARTING
        self.pid: int | None = None
        self.python_version = ""
        self.python = "/usr/bin/python3"
        self.options = USUAL
        self.cwd = "/home/ada/project"
        self.execution_count = 0
        self.death: WorkerDeath | None = None
        self.running: str | None = None
        self.queued: list[str] = []
        self.inputs: list[events.InputRequest] = []
        self.transcript = Transcript(engine.folder / self.id)
        self.calls: list[Call] = []
        self.codes: list[str] = []
        self.points: list[Checkpoint] = []
        self.policies: list[str] = []
        """Of the runs in `codes`."""
        self.variables: list[Variable] = []
        self.completions: list[Completion] = []
        self.explanations: dict[str, Explanation] = {}
        """By expression."""
        self.call: CallHelp | None = None
        self.ready = asyncio.Event()
        """Set: `start` may return."""
        self.fresh = asyncio.Event()
        """Set: `restart` may return."""
        self.fresh.set()
        self.start_error: PyreplError | None = None
        self.refuse: dict[str, PyreplError] = {}
        self.screen: tuple[int, int] | None = None
        """Calls that fail, by name."""
        self.timeline = Timeline()
        self._secret: set[str] = set()
        self._queues: list[asyncio.Queue[events.SessionEvent | None]] = []
        if not engine.hold_starts:
            self.ready.set()

    @property
    def limits(self) -> dict[str, int]:
        """Those it was made with."""
        return self.options.limits

    # -- the test's side ---------------------------------------------------------------------

    def say(self, event: events.SessionEvent) -> None:
        """Put an event into every listener's stream."""
        for queue in self._queues:
            queue.put_nowait(event)

    def begin(self, code: str = "x", operation: str = "op") -> None:
        """A run starts."""
        self.execution_count += 1
        self.say(
            events.Started(operation, self.execution_count, self.execution_count, code, "", "", 0)
        )

    def finish(self, operation: str = "op") -> None:
        """A run ends well."""
        self.say(events.Finished(ExecutionResult("ok"), operation, self.execution_count))

    def ask(self, prompt: str = "? ", *, request: str = "q1", password: bool = False) -> None:
        """Code waits for input."""
        if password:
            self.timeline = Timeline()
        self._secret.add(request)
        self.say(events.InputRequest(request, prompt, password, "op"))

    def die(self, reason: str = "killed by SIGKILL") -> None:
        """The worker dies."""
        self.state, self.death = SessionState.DEAD, WorkerDeath(9, None, reason)
        self.say(events.WorkerDown(self.death))

    def end(self) -> None:
        """The session is ended elsewhere."""
        self._engine.registry.pop(self.id, None)
        self.say(events.SessionEnded())

    def asked(self, name: str) -> list[Call]:
        """The calls of one method."""
        return [call for call in self.calls if call.name == name]

    # -- the app's side ----------------------------------------------------------------------

    async def start(self) -> None:
        await self.ready.wait()
        if self.start_error is not None:
            raise self.start_error
        self.state, self.pid, self.python_version = SessionState.IDLE, 4711, "3.12.1"
        self._engine.registry[self.id] = self

    async def close(self) -> None:
        self.calls.append(Call("close"))
        self._engine.registry.pop(self.id, None)

    async def detach(self) -> None:
        self.calls.append(Call("detach"))

    async def restart(self) -> None:
        self.calls.append(Call("restart"))
        self.die("it was restarted")
        await self.fresh.wait()
        if "restart" in self.refuse:
            raise self.refuse["restart"]
        self.state, self.pid = SessionState.IDLE, 4712
        self.say(events.WorkerStarted(4712, "3.12.1", "/usr/bin/python3", 0.0))

    async def interrupt(self) -> None:
        self.calls.append(Call("interrupt"))

    async def kill(self) -> None:
        self.calls.append(Call("kill"))
        self.die()

    async def rename(self, name: str) -> None:
        self.calls.append(Call("rename", (name,)))
        if "rename" in self.refuse:
            raise self.refuse["rename"]
        self.name = name

    async def resize(self, columns: int, lines: int) -> None:
        self.screen = columns, lines

    async def dump_stacks(self) -> str:
        if self.state is SessionState.DEAD:
            raise WorkerDied("the worker is dead")
        return "Thread MainThread:\n  File x.py, line 1"

    async def answer(self, request: str, text: str) -> None:
        self._resolve(request, "text", text)

    async def answer_eof(self, request: str) -> None:
        self._resolve(request, "eof", None)

    async def answer_interrupt(self, request: str) -> None:
        self._resolve(request, "interrupt", None)

    def _resolve(self, request: str, action: str, text: str | None) -> None:
        self.calls.append(Call("answer", (request, action, text)))
        shown = None if request in self._secret else text
        self.say(events.InputResolved(request, action, shown, "op"))

    async def checkpoint(self, label: str | None = None) -> Checkpoint:
        self.calls.append(Call("checkpoint", (label,)))
        raise CheckpointError("there is no process to keep an image of")

    async def checkpoints(self) -> list[Checkpoint]:
        return list(self.points)

    async def restore(self, checkpoint: Checkpoint | str) -> RestoreReport:
        self.calls.append(Call("restore", (checkpoint,)))
        raise CheckpointError("there is no checkpoint")

    async def branch(
        self, checkpoint: Checkpoint | str | None, *, name: str, reseed: bool = False
    ) -> Session:
        self.calls.append(Call("branch", (checkpoint, name, *(["reseed"] if reseed else []))))
        raise CheckpointError("there is no checkpoint")

    async def complete(self, code: str, cursor: int) -> Completions:
        self.calls.append(Call("complete", (code, cursor)))
        start = cursor
        while start and (code[start - 1].isalnum() or code[start - 1] == "_"):
            start -= 1
        typed = code[start:cursor]
        items = [item for item in self.completions if item.label.startswith(typed)]
        return Completions(items, start, cursor, "names", typed)

    async def call_help(self, code: str, cursor: int) -> CallHelp | None:
        return self.call

    async def explain(
        self, code: str, cursor: int | None = None, *, source: bool = False
    ) -> Explanation | None:
        self.calls.append(Call("explain", (code, cursor)))
        return self.explanations.get(code)

    def at(self, checkpoint: Checkpoint) -> Moment:
        raise CheckpointError("there is no checkpoint")

    async def take(self, names: Sequence[str], source: Any) -> RestoreReport:
        raise CheckpointError("there is nothing to take")

    async def compare(
        self, other: Any, *, names: Sequence[str] | None = None, tolerance: float = 0.0
    ) -> Comparison:
        raise CheckpointError("there is nothing to compare with")

    async def execute(
        self,
        code: str,
        *,
        policy: TransactionPolicy | str | None = None,
        timeout_ms: int | None = None,
    ) -> ExecutionResult:
        raise WorkerDied("there is no worker")

    async def label_checkpoint(self, point: Checkpoint | str, label: str | None, /) -> None:
        self.calls.append(Call("label", (point, label)))

    async def pin_checkpoint(self, point: Checkpoint | str, pinned: bool, /) -> None:
        self.calls.append(Call("pin", (point, pinned)))

    async def archive_checkpoint(self, point: Checkpoint | str, /) -> Checkpoint:
        self.calls.append(Call("archive", (point,)))
        raise CheckpointError("there is no image of it")

    async def delete_checkpoint(self, point: Checkpoint | str, /) -> None:
        self.calls.append(Call("delete", (point,)))

    async def export_checkpoint(self, point: Checkpoint | str, path: str, /) -> Path:
        self.calls.append(Call("export", (point, path)))
        return Path(path)

    async def namespace(self, *, private: bool = False) -> list[Variable]:
        self.calls.append(Call("namespace"))
        return list(self.variables)

    async def namespace_changes(self) -> NamespaceChanges:
        return NamespaceChanges(await self.namespace(), [], [], whole=True)

    async def deep_sizes(self) -> dict[str, DeepSize]:
        return {row.name: DeepSize(row.size_bytes or 0, 0, True) for row in self.variables}

    def looker(self, checkpoint: Checkpoint | None = None) -> Looker:
        raise LookupError("there is no worker to look into")

    async def commit(self) -> None:
        self.calls.append(Call("commit"))
        self.timeline.transaction = None
        self.say(events.TransactionChanged("committed"))

    async def rollback(self) -> RestoreReport:
        self.calls.append(Call("rollback"))
        self.timeline.transaction = None
        self.say(events.TransactionChanged("rolled_back"))
        return RestoreReport("image", {}, {}, {})

    async def processes(self) -> list[ProcessInfo]:
        return []

    def run(self, code: str, *, policy: str, on_input: Literal["ask"]) -> Operation:
        self.codes.append(code)
        self.policies.append(policy)
        return Operation(f"op{next(_numbers)}", code, self.transcript)

    def events(self, *, output: bool) -> AsyncIterator[events.SessionEvent]:
        queue: asyncio.Queue[events.SessionEvent | None] = asyncio.Queue()
        self._queues.append(queue)
        return _stream(queue)


async def _stream(
    queue: asyncio.Queue[events.SessionEvent | None],
) -> AsyncIterator[events.SessionEvent]:
    while True:
        event = await queue.get()
        if event is None:
            return
        yield event


@dataclass
class FakeEngine:
    """Hands out fake sessions."""

    folder: Path
    hold_starts: bool = False
    """True: a session starts only when the test sets its `ready`."""
    registry: dict[str, FakeSession] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    """Names of sessions that cannot be attached."""
    gone: dict[str, FakeSession] = field(default_factory=dict)
    """Sessions that have ended and left checkpoints."""
    made: list[FakeSession] = field(default_factory=list)
    news: asyncio.Queue[None] = field(default_factory=asyncio.Queue)

    def new(self, name: str, options: SessionOptions = USUAL) -> FakeSession:
        session = FakeSession(self, name)
        session.python = options.python or session.python
        session.options = options
        self.made.append(session)
        return session

    def appear(self, name: str) -> FakeSession:
        """A session started elsewhere."""
        session = self.new(name)
        session.state, session.pid = SessionState.IDLE, 4711
        self.registry[session.id] = session
        self.news.put_nowait(None)
        return session

    async def pythons(self) -> AsyncIterator[list[Interpreter]]:
        yield [
            Interpreter("/opt/python3.13", "3.13.0", None, ("numpy", "pandas")),
            Interpreter("/usr/bin/python3", "3.12.1", None),
        ]

    async def attach(self, session_id: str) -> FakeSession:
        if session_id not in self.registry:
            raise SessionNotFound(session_id)
        session = self.registry[session_id]
        if session.name in self.broken:
            raise RuntimeError("a bug in the engine")
        return session

    async def living(self) -> list[SessionInfo]:
        return [_info(session, at) for at, session in enumerate(self.registry.values())]

    async def ended(self) -> list[tuple[str, str]]:
        return [(session_id, session.name) for session_id, session in self.gone.items()]

    async def recall(self, session_id: str) -> FakeSession:
        session = self.gone.pop(session_id)
        session.state = SessionState.DEAD
        session.death = WorkerDeath(None, None, "the session has ended")
        return session

    async def changes(self) -> AsyncIterator[None]:
        while True:
            await self.news.get()
            yield None


def _info(session: FakeSession, at: int) -> SessionInfo:
    return SessionInfo(
        id=session.id,
        name=session.name,
        state=session.state,
        pid=session.pid,
        python=session.python,
        python_version="3.12.1",
        cwd=session.cwd,
        persist=True,
        created_at=float(at),
        socket="",
        nursery="",
        state_dir=Path(),
        directory=Path(),
    )
