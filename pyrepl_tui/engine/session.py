"""A session: one Python namespace in a worker of its own, until it is closed."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from pyrepl_tui import locations
from pyrepl_worker import protocol

from . import events, registry
from .attachment import Attachment, SessionPlan
from .callbacks import ACTIONS, Attendant, InputAnswers, OnInput, OnOutput
from .connection import ConnectionClosed
from .errors import ProtocolError, PyreplError, SessionNotFound
from .feed import EventStream
from .forthcoming import Forthcoming, check_policy
from .interpreters import locate
from .launcher import NurserySpec
from .memory import pss_of
from .model import SessionModel
from .operation import Operation
from .transcript import Transcript
from .values import (
    ExecutionResult,
    ProcessInfo,
    RestoreReport,
    SessionState,
    TransactionPolicy,
    Variable,
    WorkerDeath,
)

Folder = str | os.PathLike[str]
_PROCESS_SECONDS = 5.0


class Session(Forthcoming):
    """One long-lived worker and everything that was run in it.

    Use it as ``async with Session() as session: ...``, or `start` and `close` it.
    """

    def __init__(  # noqa: PLR0913 - the public API
        self,
        *,
        name: str | None = None,
        python: Folder | None = None,
        cwd: Folder | None = None,
        env: Mapping[str, str] | None = None,
        policy: TransactionPolicy | str = TransactionPolicy.COMMIT_ALWAYS,
        limits: Mapping[str, int] | None = None,
        preload: Sequence[str] = (),
        auto_checkpoint: bool = False,
        persist: bool = False,
        state_dir: Folder | None = None,
        client: str = "api",
    ) -> None:
        """Describe a session; nothing is started yet.

        Args:
            name: what people call it; None: its id.
            python: the interpreter it runs in; None: our own.
            cwd: its working folder; None: ours.
            env: its whole environment; None: ours.
            policy: of runs that name none.
            limits: ``output_bytes``: how much of each stream is kept on disk.
            preload: modules to import once for all sessions of this interpreter.
            auto_checkpoint: take one before each run.
            persist: True: it lives until it is closed; False: it ends with its last client.
            state_dir: where its transcript lies; None: the user's state folder.
            client: what other clients are told we are.
        """
        if isinstance(preload, str):
            raise TypeError("preload is a sequence of module names, not one string")
        if auto_checkpoint:
            raise NotImplementedError("this version of pyrepl-tui has no checkpoints yet")
        self._policy = check_policy(policy)
        session_id = secrets.token_hex(6)
        state = Path(os.path.abspath(state_dir or locations.state_dir()))
        record: dict[str, Any] = {
            "id": session_id,
            "name": session_id if name is None else name,
            "cwd": os.path.abspath(cwd or os.getcwd()),
            "env": dict(os.environ if env is None else env),
            "argv": [""],
            "persist": persist,
            "directory": str(locations.session_dir(state, session_id)),
            "state_dir": str(state),
            "created_at": time.time(),
            "limits": dict(limits or {}),
        }
        spec = NurserySpec(locate(python, env), tuple(preload), record["env"])
        self._set_up(SessionPlan(spec, record), client)

    def _set_up(self, plan: SessionPlan, client: str) -> None:
        record = plan.record
        self._record = record
        self._created = True
        self._model = SessionModel(record["id"], record["name"], Transcript(record["directory"]))
        self._attachment = Attachment(self._model, client, plan)
        self._prefix = secrets.token_hex(5)
        self._count = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self.restore_report: RestoreReport | None = None
        """Of the last restore or open; None before."""

    def __repr__(self) -> str:
        return f"<Session {self.id} {self.name!r} {self.state}>"

    # -- life ----------------------------------------------------------------------------------

    async def start(self) -> Session:
        """Start the worker.

        Raises:
            WorkerStartError: if there is no such interpreter, or it does not come to life.
        """
        await self._attachment.create()
        self._model.transcript.open_files()
        return self

    @classmethod
    async def attach(
        cls, session_id: str, *, state_dir: Folder | None = None, client: str = "api"
    ) -> Session:
        """Join a session that lives, or whose worker died and can be restarted.

        Raises:
            SessionNotFound: if no session has that id.
        """
        entry = registry.load(session_id)
        if entry is None or not entry.lies_in(state_dir):
            raise SessionNotFound(f"there is no session with the id {session_id!r}")
        env = dict(os.environ)
        record = {
            "id": entry.id,
            "name": entry.name,
            "cwd": entry.cwd,
            "env": env,
            "argv": [""],
            "persist": entry.persist,
            "directory": entry.directory,
            "state_dir": entry.state_dir,
            "created_at": entry.created_at,
            "limits": {},
        }
        session = cls.__new__(cls)
        session._policy = TransactionPolicy.COMMIT_ALWAYS
        session._set_up(SessionPlan(NurserySpec(entry.python, (), env), record), client)
        session._created = False
        session._model.know(entry)
        try:
            await session._attachment.attach(entry)
        except BaseException:
            session._attachment.leave("attaching failed")
            raise
        return session

    async def __aenter__(self) -> Session:  # noqa: PYI034 - 3.10 has no Self
        if self._created and self.state is SessionState.STARTING:
            await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close a session that was created here; leave one that was attached to."""
        if self._created:
            await self.close()
        else:
            await self.detach()

    async def close(self) -> None:
        """End the session and all its processes. Its output can still be read here."""
        await self._attachment.end()

    async def detach(self) -> None:
        """Let go of the session; its worker goes on if it persists or others are attached."""
        self._attachment.leave("this client has detached from the session")

    async def restart(self) -> None:
        """Start over with a new, empty worker, also after a death; the transcript goes on."""
        await self._attachment.restart()
        self._model.transcript.open_files()

    async def kill(self) -> None:
        """Kill the worker at once (SIGKILL); the session stays, to be restarted."""
        await self._attachment.kill()

    async def rename(self, name: str) -> None:
        """Give the session another name."""
        await self._attachment.ask(protocol.Rename, name)

    # -- what it is ----------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """12 hexadecimal digits, the same for the session's whole life."""
        return self._model.id

    @property
    def name(self) -> str:
        """What people call it."""
        return self._model.name

    @property
    def state(self) -> SessionState:
        """What it is doing."""
        return self._model.state

    @property
    def pid(self) -> int | None:
        """The worker's process id; None while there is none."""
        return self._model.pid

    @property
    def created_at(self) -> float:
        """When it was created, in seconds since the epoch."""
        return float(self._record["created_at"])

    @property
    def persist(self) -> bool:
        """True: it lives until it is closed; False: it ends with its last client."""
        return bool(self._record["persist"])

    @property
    def execution_count(self) -> int:
        """Number of the last run."""
        return self._model.execution_count

    @property
    def python(self) -> str:
        """Path of the worker's interpreter."""
        return self._model.python or self._attachment.python

    @property
    def python_version(self) -> str:
        """As ``3.12.1``; empty before the start."""
        return self._model.python_version

    @property
    def cwd(self) -> str:
        """The folder the worker was started in."""
        return str(self._record["cwd"])

    @property
    def death(self) -> WorkerDeath | None:
        """How the last worker died; None while one lives."""
        return self._model.death

    @property
    def nursery(self) -> str | None:
        """Socket of the nursery that looks after the worker; None if we are not connected to it."""
        held = self._attachment.nursery
        return None if held is None else held.socket

    @property
    def running(self) -> str | None:
        """Id of the operation that runs, whoever started it; None if none does."""
        return None if self._model.running is None else self._model.running.id

    @property
    def queued(self) -> list[str]:
        """Ids of the operations that wait for their turn, first first."""
        return list(self._model.queued)

    @property
    def inputs(self) -> list[events.InputRequest]:
        """Requests for input that wait for an answer, oldest first."""
        return list(self._model.inputs.values())

    @property
    def transcript(self) -> Transcript:
        """The session's record on disk."""
        return self._model.transcript

    # -- running code --------------------------------------------------------------------------

    def run(
        self,
        code: str,
        *,
        policy: TransactionPolicy | str | None = None,
        timeout_ms: int | None = None,
        on_input: InputAnswers = None,
        filename: str | None = None,
        argv: Sequence[str] | None = None,
    ) -> Operation:
        """Run code, after what is already running or waiting.

        Args:
            code: any number of statements; the last expression's value is displayed.
            policy: what becomes of its changes; None: the session's.
            timeout_ms: interrupt it after so long; None: never.
            on_input: answers input(); ``"ask"``: requests wait for `answer`; None: EOFError.
            filename: the file the code was read from; None: it is a cell.
            argv: run it as a script with this `sys.argv`, displaying no value; None: as a cell.

        Raises:
            WorkerDied: if there is no worker.
        """
        operation = self._submit(code, policy, timeout_ms, on_input is not None, filename, argv)
        if callable(on_input):
            attendant = Attendant(operation, self._reply, None, on_input)
            task = asyncio.get_running_loop().create_task(attendant.attend())
            self._tasks.add(task)
            task.add_done_callback(self._attended)
        return operation

    async def execute(
        self,
        code: str,
        *,
        policy: TransactionPolicy | str | None = None,
        timeout_ms: int | None = None,
        on_output: OnOutput | None = None,
        on_input: OnInput | None = None,
        filename: str | None = None,
        argv: Sequence[str] | None = None,
    ) -> ExecutionResult:
        """Run code and return what came of it. Cancelling this call cancels the run.

        Args:
            code: as for `run`.
            policy: as for `run`.
            timeout_ms: as for `run`.
            on_output: called with stream and text while output comes.
            on_input: called with each request, returns the line; None: input() raises EOFError.
            filename: as for `run`.
            argv: as for `run`.

        Raises:
            WorkerDied: if there is no worker. One that dies under the run gives a result.
        """
        operation = self._submit(code, policy, timeout_ms, on_input is not None, filename, argv)
        try:
            if on_output is None and on_input is None:
                return await operation.result()
            return await Attendant(operation, self._reply, on_output, on_input).attend()
        except BaseException:
            if not operation.done:
                self._attachment.post(protocol.Cancel, operation.id)
            raise

    def _submit(
        self,
        code: str,
        policy: TransactionPolicy | str | None,
        timeout_ms: int | None,
        asks: bool,
        filename: str | None,
        argv: Sequence[str] | None,
    ) -> Operation:
        if type(code) is not str:
            raise TypeError(f"code is a str, not {type(code).__name__}")
        chosen = self._policy if policy is None else check_policy(policy)
        self._count += 1
        operation = Operation(
            f"{self._prefix}{self._count:x}", code, self._model.transcript, self._cancel
        )
        reply = self._attachment.post(
            protocol.Execute,
            operation.id,
            code,
            chosen.value,
            timeout_ms,
            filename,
            asks,
            None if argv is None else list(argv),
        )
        self._model.add(operation)
        if reply is not None:
            reply.add_done_callback(lambda done: self._accepted(operation, done))
        return operation

    def _accepted(self, operation: Operation, reply: asyncio.Future[Any]) -> None:
        if reply.cancelled():
            return
        error = reply.exception()
        if error is not None and not operation.done:
            self._model.forget(operation)
            operation.refuse(error)

    def _attended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, PyreplError):
            context = {"message": "on_input of a run failed", "exception": error}
            task.get_loop().call_exception_handler(context)

    async def _cancel(self, operation: Operation) -> None:
        await self._attachment.ask(protocol.Cancel, operation.id)

    async def _reply(self, request_id: str, action: str, text: str) -> None:
        await self._attachment.ask(protocol.Answer, request_id, action, text)

    async def interrupt(self) -> None:
        """Interrupt what runs, as Ctrl+C does; again and again if it does not stop."""
        await self._attachment.ask(protocol.Interrupt)

    async def answer(self, request: events.InputRequest | str, text: str) -> None:
        """Answer a request for input with a line.

        Raises:
            ProtocolError: if it no longer waits.
        """
        await self._resolve(request, "text", text)

    async def answer_eof(self, request: events.InputRequest | str) -> None:
        """Let a request for input end in EOFError."""
        await self._resolve(request, "eof", "")

    async def answer_interrupt(self, request: events.InputRequest | str) -> None:
        """Let a request for input end in KeyboardInterrupt."""
        await self._resolve(request, "interrupt", "")

    async def _resolve(self, request: events.InputRequest | str, action: str, text: str) -> None:
        assert action in ACTIONS
        await self._reply(request if isinstance(request, str) else request.id, action, text)

    # -- looking -------------------------------------------------------------------------------

    def events(self, *, output: bool = True) -> EventStream:
        """Everything the session says from now on, other clients' runs included.

        Args:
            output: False: no output events, and results with empty stdout and stderr.
        """
        return self._model.listen(output=output)

    def output(self, start: int = 0, end: int | None = None, *, stream: str | None = None) -> bytes:
        """Return raw output from disk; what was dropped because of the limits is left out.

        Args:
            start: where to begin, in bytes of both streams merged, or of `stream`.
            end: where to stop; None: as far as it goes now.
            stream: ``stdout`` or ``stderr``; None: both, in the order they were written.
        """
        if stream is None:
            return self._model.transcript.read(start, end)
        return self._model.transcript.read_stream(stream, start, end, whole=False)

    async def namespace(self, *, query: str = "", private: bool = False) -> list[Variable]:
        """List the variables whose name or type contains `query`, without running user code.

        Args:
            query: regardless of case; "" lists all.
            private: names that begin with an underscore too.
        """
        reply = await self._attachment.ask(protocol.ListNamespace, query, private)
        return [Variable(**fields) for fields in reply.data["variables"]]

    async def dump_stacks(self) -> str:
        """Say where every thread of the worker is now."""
        reply = await self._attachment.ask(protocol.DumpStacks)
        return str(reply.data["text"])

    async def processes(self) -> list[ProcessInfo]:
        """List the session's processes and the nursery it shares with others."""
        found: list[tuple[int, str]] = []
        try:
            reply = await asyncio.wait_for(
                self._attachment.ask_nursery(protocol.ListProcesses), _PROCESS_SECONDS
            )
            found = [
                (row["pid"], row["role"])
                for row in reply.data["processes"]
                if row["session_id"] == self.id or row["role"] == "nursery"
            ]
        except (ConnectionClosed, ProtocolError, asyncio.TimeoutError):
            if self.pid is not None:
                found.append((self.pid, "worker"))
        return [ProcessInfo(pid, role, pss_of(pid)) for pid, role in found]


__all__ = ["Session"]
