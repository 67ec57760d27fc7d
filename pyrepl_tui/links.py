"""One tab's tie to its session: what it says goes into the model, what the user does goes out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import TYPE_CHECKING, Any

from .engine.errors import PyreplError, WorkerDied
from .engine.events import Finished
from .models import DEAD, ENDED, STARTING, Question, SessionModel
from .session_change import STATE, Change
from .session_feed import feed, recall
from .session_like import SessionLike
from .sight import Sight
from .ties import Outlet

if TYPE_CHECKING:
    from .engine.events import SessionEvent
    from .engine.operation import Operation


class Link(Sight):
    """Keeps one model true to its session."""

    def __init__(self, model: SessionModel, outlet: Outlet) -> None:
        super().__init__(model, outlet)
        self.stops_on_error = True
        """Whether a run that fails cancels those that wait for its end."""
        self._screen: tuple[int, int] | None = None
        """Columns and lines of the output pane; None while unknown."""
        self._holds = 0
        self._way = asyncio.Lock()
        """Held while the session is on its way to another state."""
        """How many are taking the session to another state; code entered meanwhile waits."""
        self._told: object = None
        """Which worker was told which size."""

    # -- beginning and end -------------------------------------------------------------------

    def open(self, session: SessionLike) -> None:
        """Start a new session; code entered meanwhile waits in the model."""
        self._session = session
        self.model.session_id = session.id
        self.model.past.changes.fresh()
        self._do("start the session", lambda: self._start(session))

    async def _start(self, session: SessionLike) -> None:
        try:
            stream = session.events(output=False)
            await session.start()
        except PyreplError as error:
            self._could_not_start(error)
            raise
        self._adopt(session, stream)

    def _could_not_start(self, error: PyreplError) -> None:
        self.model.state = DEAD
        self.model.death = str(error).splitlines()[0]
        self._outlet.changed(self.model, STATE)

    async def take(self, session: SessionLike) -> None:
        """Show a session that lives already, with everything it said before."""
        self._session = session
        self.model.session_id = session.id
        from .engine.outlines import starts
        from .local_engine import CLIENT

        stream = session.events(output=False)
        runs = await asyncio.to_thread(starts, session.transcript)
        recall(self.model, runs, client=CLIENT, running=session.running)
        self._adopt(session, stream)

    def _adopt(self, session: SessionLike, stream: AsyncIterator[SessionEvent]) -> None:
        model = self.model
        model.began = True
        model.name, model.state = session.name, session.state.value
        model.pid, model.cwd = session.pid, session.cwd
        model.python_version = session.python_version
        model.executable = session.python
        model.execution_count = session.execution_count
        model.death = session.death.reason if session.death is not None else ""
        model.waiting.update(session.queued)
        for request in session.inputs:
            feed(model, request)
        self._heed(Change.PAST)
        self._take_output_as_seen(session)
        self._do("follow the session", lambda: self._listen(stream))
        self._tell_size()
        self._run_early()
        self._outlet.changed(model, STATE | Change.QUESTIONS | Change.OUTPUT)

    async def _listen(self, stream: AsyncIterator[SessionEvent]) -> None:
        async for event in stream:
            change = feed(self.model, event)
            if self._holds and self.model.state == DEAD:
                self.model.state = (
                    STARTING  # that worker is gone; where this leads is not there yet
                )
            self._heed(change)
            self._outlet.changed(self.model, change)
            if Change.VARIABLES in change and self.model.alive:
                self._tell_size()
            if isinstance(event, Finished) and event.ordinal:
                self._go_on(event.result.status)

    def _go_on(self, status: str) -> None:
        """Run what waits here next, unless the last run failed and that is to stop it."""
        model = self.model
        if status != "ok" and self.stops_on_error and model.early:
            count = len(model.early)
            model.early.clear()
            runs = "One queued run was" if count == 1 else f"{count} queued runs were"
            text = f"{runs} cancelled, as the run before failed."
            text += " {key:search_history} finds the code again."
            self._outlet.announce("warning", f"{model.name}: queue stopped", text)
        elif model.early and not model.takes_turns:
            self.run(model.early.pop(0))

    async def let_go(self) -> None:
        """Leave the session running and stop listening; what waits here, waits there then."""
        self._stop()
        if self._session is not None:
            with contextlib.suppress(PyreplError):
                for code in self.model.early:
                    self._session.run(code, policy=self.model.policy, on_input="ask")
            await self._session.detach()

    async def end(self) -> None:
        """End the session with its processes."""
        self._stop()
        if self._session is not None:
            await self._session.close()

    # -- what the user does ------------------------------------------------------------------

    def run(self, code: str) -> None:
        """Run code, as soon as there is a worker."""
        model = self.model
        model.ours = True
        waits = model.state == STARTING or self._holds > 0 or model.takes_turns
        if self._session is None or waits:
            model.early.append(code)
        elif model.alive:
            try:
                self._follow(self._session.run(code, policy=model.policy, on_input="ask"))
            except PyreplError as error:
                self._failed("run the code", error)
        self._outlet.changed(model, STATE)

    def _follow(self, operation: Operation) -> None:
        """Hear it when a run is refused; all else comes as events."""
        if operation.status == "queued":
            self.model.waiting.add(operation.id)
        self._do("run the code", lambda: self._outcome(operation))

    async def _outcome(self, operation: Operation) -> None:
        """Raise the error of a refused run; its output is of no interest here."""
        said = operation.listen(output=False)
        with contextlib.suppress(StopAsyncIteration):
            while not operation.done:
                await said.next()
        self.model.waiting.discard(operation.id)
        if operation.status == "cancelled":
            await operation.result()

    def interrupt(self) -> None:
        """Interrupt what runs; code that waits for input gets the interrupt in its place there."""
        if self.model.state == STARTING:
            self.model.early.clear()
        self.model.interrupts += 1
        if self.model.questions:
            self.answer(self.model.questions[-1], "interrupt", "")
        else:
            self._act("interrupt", lambda session: session.interrupt())
        self._outlet.changed(self.model, STATE)

    def answer(self, question: Question, action: str, text: str) -> None:
        """Answer a question."""

        def call(session: SessionLike) -> Coroutine[Any, Any, None]:
            if action == "eof":
                return session.answer_eof(question.id)
            if action == "interrupt":
                return session.answer_interrupt(question.id)
            return session.answer(question.id, text)

        self._act("answer", call)

    def kill(self) -> None:
        """Kill the worker."""
        self._act("kill the worker", lambda session: session.kill())

    def restart(self) -> None:
        """Start an empty worker in place of the present one, dead or alive."""
        session = self._session
        if session is None or self.model.state == ENDED:
            return
        self.model.state, self.model.death = STARTING, ""
        self._outlet.changed(self.model, STATE)
        self._do("start a fresh worker", lambda: self._restart(session))

    async def _restart(self, session: SessionLike) -> None:
        async with self.held():
            try:
                await session.restart()
            except PyreplError as error:
                self._could_not_start(error)
                raise

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """While the session is taken to another state, code waits here, also for a dead worker.

        Where it is to be taken next is decided when it is there.
        """
        session, model = self._session, self.model
        self._holds += 1
        if model.state == DEAD:
            model.state = STARTING
            self._outlet.changed(model, STATE)
        try:
            async with self._way:
                yield
        finally:
            self._holds -= 1
            if session is not None and not self._holds:
                self._settle(session)

    def _settle(self, session: SessionLike) -> None:
        """Take the session's word for its state, and run what was entered meanwhile."""
        model = self.model
        if model.state != ENDED:  # old news of the worker before may have come after the new one
            model.state, model.pid = session.state.value, session.pid
        self._tell_size()
        if model.alive and not model.takes_turns:
            self._run_early()
        self._outlet.changed(model, STATE)

    def _run_early(self) -> None:
        early, self.model.early = self.model.early, []
        for code in early:
            self.run(code)

    def rename(self, name: str) -> None:
        """Give the session another name."""
        self.model.name = name
        self._act("rename the session", lambda session: session.rename(name))
        self._outlet.changed(self.model, Change.TAB)

    def fit(self, columns: int, lines: int) -> None:
        """Tell programs how large the output pane is."""
        self._screen = columns, lines
        self._tell_size()

    def _tell_size(self) -> None:
        """Tell the present worker, unless it knows."""
        model, told = self.model, (self.model.pid, self._screen)
        if self._screen and model.alive and model.state != STARTING and told != self._told:
            self._told = told
            self._spawn(self._resize(*self._screen))

    async def _resize(self, columns: int, lines: int) -> None:
        if self._session is not None:
            # a worker that is gone needs no size, and its successor is told
            with contextlib.suppress(PyreplError):
                await self._session.resize(columns, lines)

    async def stacks(self) -> str:
        """Where every thread of the worker is now."""
        if self._session is None:
            raise WorkerDied("there is no worker")
        return await self._session.dump_stacks()
