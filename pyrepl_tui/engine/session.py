"""A session: one Python namespace in a worker of its own, until it is closed."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from pyrepl_worker import protocol

from . import registry
from .attachment import Attachment
from .completing import Completer
from .connection import ConnectionClosed
from .eagerness import Eagerness
from .errors import ProtocolError, SessionNotFound
from .facts import SessionFacts
from .feed import EventStream
from .limits import checked
from .memory import pss_of
from .model import SessionModel
from .namespace_view import NamespaceView
from .observer import Observer
from .plan import Folder, SessionPlan, new_plan
from .running import CodeRunner
from .time_machine import TimeMachine
from .transcript import Transcript
from .values import (
    ProcessInfo,
    RestoreReport,
    SessionState,
    TransactionPolicy,
)

_PROCESS_SECONDS = 5.0


class Session(CodeRunner, SessionFacts, Observer, Completer, TimeMachine):
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
        display: Mapping[str, int | str | bool] | None = None,
        client: str = "api",
    ) -> None:
        """Describe a session; nothing is started yet.

        Args:
            name: what people call it; None: its id.
            python: the interpreter it runs in; None: our own.
            cwd: its working folder; None: ours.
            env: its whole environment; None: ours.
            policy: of runs that name none.
            limits: ``memory_bytes``: memory of the worker above which the run is interrupted, with
                a `Notice` at nine tenths of it; an allocation far beyond raises `MemoryError`, in
                child processes too. ``cpu_seconds``: processor time of the worker above which a
                run is interrupted. ``output_bytes``: how much of each stream is kept on disk;
                ``display_bytes``: how much of large pictures and other rich contents.
            preload: modules to import once for all sessions of this interpreter.
            auto_checkpoint: take one before each run.
            persist: True: it lives until it is closed; False: it ends with its last client.
            state_dir: where its transcript lies; None: the user's state folder.
            display: of the screen that shows the output: ``columns`` and ``lines``; ``colours``,
                for programs to use them (``16``, ``256`` or ``truecolor``); ``figures``: True
                has matplotlib's figures sent as pictures. None: programs see no screen.
            client: what other clients are told we are.

        Raises:
            ValueError: if there is no such limit, or it is not a whole number above 0.
        """
        if isinstance(preload, str):
            raise TypeError("preload is a sequence of module names, not one string")
        if not isinstance(name, (str, type(None))):
            raise TypeError(f"name is a str, not {type(name).__name__}")
        self._policy = TransactionPolicy(policy)
        plan = new_plan(
            name=name,
            python=python,
            cwd=cwd,
            env=env,
            preload=preload,
            state_dir=state_dir,
            persist=bool(persist),
            limits=checked(limits),
            display=dict(display or {}),
            auto_checkpoint=bool(auto_checkpoint),
        )
        self._set_up(plan, client)

    def _set_up(self, plan: SessionPlan, client: str) -> None:
        record = plan.record
        self._record = record
        self._client = client
        self._created = True
        self._model = SessionModel(record["id"], record["name"], Transcript(record["directory"]))
        self._attachment = Attachment(self._model, client, plan)
        self._view = NamespaceView()
        self._prepare_completion()
        self._prefix = secrets.token_hex(5)
        self._count = 0
        self._eagerness = Eagerness(self._attachment.pull)
        self._tasks: set[asyncio.Task[Any]] = set()
        self.restore_report: RestoreReport | None = None
        """Of the last restore or open; None before."""

    def _adopt(self, plan: SessionPlan, source: TimeMachine) -> None:
        assert isinstance(source, Session)
        self._policy = source._policy
        self._set_up(plan, source._client)

    def __repr__(self) -> str:
        return f"<Session {self.id} {self.name!r} {self.state}>"

    # -- life ----------------------------------------------------------------------------------

    async def start(self) -> Session:
        """Start the worker; nothing if it was started before.

        Raises:
            WorkerStartError: if there is no such interpreter, or it does not come to life.
            WorkerDied: if the session was closed.
        """
        if self.state is SessionState.STARTING:
            await self._attachment.create()
        self._attachment.check_held()
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
        session = cls._recorded(entry, client)
        try:
            await session._attachment.attach(entry)
        except BaseException:
            session._attachment.leave("attaching failed")
            raise
        return session

    async def __aenter__(self) -> Session:  # noqa: PYI034 - 3.10 has no Self
        if self._created:
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

    async def resize(self, columns: int, lines: int) -> None:
        """Tell programs how large the screen is now: ``COLUMNS`` and ``LINES``."""
        await self._attachment.ask(protocol.Resize, columns, lines)

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

    async def dump_stacks(self) -> str:
        """Say where every thread of the worker is now."""
        reply = await self._attachment.ask(protocol.DumpStacks)
        return str(reply.data["text"])

    async def processes(self) -> list[ProcessInfo]:
        """List the session's processes and the nursery it shares with others."""
        found: list[tuple[int, str, str | None]] = []
        try:
            reply = await asyncio.wait_for(
                self._attachment.ask_nursery(protocol.ListProcesses), _PROCESS_SECONDS
            )
            found = [
                (row["pid"], row["role"], row.get("checkpoint_id") or None)
                for row in reply.data["processes"]
                if row["session_id"] == self.id or row["role"] == "nursery"
            ]
        except (ConnectionClosed, ProtocolError, asyncio.TimeoutError):
            if self.pid is not None:
                found.append((self.pid, "worker", None))
        sizes = await asyncio.to_thread(lambda: [pss_of(pid) for pid, _, _ in found])
        return [
            ProcessInfo(pid, role, size, point if role == "image" else None)
            for (pid, role, point), size in zip(found, sizes, strict=True)
        ]


__all__ = ["Session"]
