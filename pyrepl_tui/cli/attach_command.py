"""`pyrepl-tui attach`: a session line by line, for terminals that can do no better."""

from __future__ import annotations

import argparse
import asyncio
import codeop
import contextlib
import signal
import sys
import warnings

from pyrepl_tui.engine import events, registry
from pyrepl_tui.engine.errors import PyreplError
from pyrepl_tui.engine.feed import EventStream
from pyrepl_tui.engine.session import Session
from pyrepl_tui.engine.values import SessionState

from .console import show_error, write
from .lines import Lines
from .saying import tell

_RECENT = 2000
"""How many bytes of earlier output are shown at first."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", metavar="NAME", help="its name, or the beginning of its id")


async def main(args: argparse.Namespace) -> int:
    """Attach until the end of input or of the session. Returns the exit code."""
    session = await Session.attach(registry.resolve(args.name).id, client="attach")
    stream = session.events()
    try:
        return await _Conversation(session, Lines()).hold(stream)
    finally:
        await stream.aclose()
        await session.detach()


class _Conversation:
    """Shows what the session says, and sends it what is typed."""

    def __init__(self, session: Session, lines: Lines) -> None:
        self._session = session
        self._lines = lines
        self._idle = asyncio.Event()
        self._asked = asyncio.Event()
        self._mine: str | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def hold(self, stream: EventStream) -> int:
        session = self._session
        tell(
            f"attached to {session.name}: Python {session.python_version}, {session.state}; "
            "Ctrl+D leaves, the session goes on"
        )
        self._show_recent()
        if session.state is SessionState.DEAD:
            reason = "" if session.death is None else f" ({session.death.reason})"
            tell(f"its worker is dead{reason}; starting a fresh one")
            await session.restart()
        self._settle()
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._press)
        listening = asyncio.ensure_future(self._listen(stream))
        typing = asyncio.ensure_future(self._type())
        try:
            await asyncio.wait({listening, typing}, return_when=asyncio.FIRST_COMPLETED)
            for task in (listening, typing):
                if task.done():
                    return task.result()
            return 0
        finally:
            asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
            listening.cancel()
            typing.cancel()

    def _show_recent(self) -> None:
        end = sum(self._session.transcript.sizes())
        data = self._session.output(max(0, end - _RECENT), end)
        if end > _RECENT:
            data = data.partition(b"\n")[2]
        write("stdout", data)

    # -- what the session says -----------------------------------------------------------------

    async def _listen(self, stream: EventStream) -> int:
        async for event in stream:
            self._show(event)
            if isinstance(event, events.SessionEnded):
                tell("the session has ended")
        return 0

    def _show(self, event: events.SessionEvent) -> None:
        if isinstance(event, events.Output):
            write(event.stream, event.data)
        elif isinstance(event, events.Started) and event.operation_id != self._mine:
            shown = event.code.strip().replace("\n", "\n... ")
            write("stdout", f"[{event.client}] >>> {shown}\n".encode("utf-8", "replace"))
        elif isinstance(event, events.Finished):
            if event.result.value is not None:
                print(event.result.value, flush=True)
            show_error(event.result)
        elif isinstance(event, events.WorkerDown):
            tell(f"{event.death.reason}; what you type next runs in a fresh worker")
        elif isinstance(event, (events.Notice, events.Renamed)):
            tell(event.text if isinstance(event, events.Notice) else f"now called {event.name}")
        self._settle()

    def _settle(self) -> None:
        state = self._session.state
        _set(self._idle, state in (SessionState.IDLE, SessionState.DEAD))
        _set(self._asked, bool(self._session.inputs))

    # -- what is typed -------------------------------------------------------------------------

    async def _type(self) -> int:
        while True:
            await _either(self._idle, self._asked)
            try:
                if self._session.inputs:
                    await self._answer(self._session.inputs[0])
                else:
                    await self._run(await self._code())
            except EOFError:
                print(flush=True)
                return 0
            except PyreplError as error:
                tell(str(error))

    async def _answer(self, request: events.InputRequest) -> None:
        line = asyncio.ensure_future(self._lines.next(request.prompt, password=request.password))
        while not line.done() and request.id in {each.id for each in self._session.inputs}:
            # somebody else may answer first
            await asyncio.wait({line}, timeout=0.1)
        if not line.done():
            line.cancel()
            return
        try:
            await self._session.answer(request, await line)
        except EOFError:
            await self._session.answer_eof(request)

    async def _code(self) -> str:
        """Read lines until they make a complete statement."""
        compiler = codeop.CommandCompiler()
        source = await self._lines.next(self._prompt(">>> "))
        while True:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    if compiler(source, "<typed>", "single") is not None:
                        return source
            except (SyntaxError, ValueError, OverflowError):
                return source  # the session's own Python has the last word
            try:
                source += "\n" + await self._lines.next(self._prompt("... "))
            except EOFError:
                return source

    def _prompt(self, text: str) -> str:
        return text if self._lines.is_terminal else ""

    async def _run(self, code: str) -> None:
        if not code.strip():
            return
        if self._session.state is SessionState.DEAD:
            await self._session.restart()
        operation = self._session.run(code, on_input="ask")
        self._mine = operation.id
        self._idle.clear()

    def _press(self) -> None:
        if self._session.running is None:
            sys.stdout.write("\n" + self._prompt(">>> "))
            sys.stdout.flush()
            return
        task = asyncio.get_running_loop().create_task(self._interrupt())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _interrupt(self) -> None:
        with contextlib.suppress(PyreplError):
            await self._session.interrupt()


def _set(event: asyncio.Event, value: bool) -> None:
    if value:
        event.set()
    else:
        event.clear()


async def _either(*waited: asyncio.Event) -> None:
    """Wait for any of some events."""
    tasks = [asyncio.ensure_future(event.wait()) for event in waited]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
