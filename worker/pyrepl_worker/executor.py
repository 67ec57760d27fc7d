"""The main thread of a live worker: runs operations one after the other.

User code runs only behind the gate, where an interrupt may strike: that makes an interrupt hit the
run it was meant for.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections import deque
from time import monotonic, perf_counter  # the function: user code may replace the module's
from time import time as wall_clock
from typing import TYPE_CHECKING, Any, cast

from .compiling import CO_COROUTINE, Compiler
from .deaths import LOST_VOICE
from .display import REPR_SECONDS, Shower
from .gate import Gate
from .late import load_asyncio
from .looping import SessionLoop
from .operation import Operation, Task
from .protocol import Finished, Started
from .streams import OPERATION, flush_streams
from .thawing import Thawed
from .tracebacks import describe_error, exit_code, report_error
from .transactions import Outcome

if TYPE_CHECKING:
    import asyncio

    from .compiling import Cell
    from .displaying import Displays
    from .magics import Magics
    from .node import Node

REMIND_SECONDS = 1.0
"""A run that swallows an interrupt is interrupted again after this long."""


class Executor:
    """Runs operations on the thread that calls `serve`."""

    def __init__(self, node: Node, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._transactions = node.transactions
        self._output = node.output
        self._announce = node.audience.announce
        """Journals an event and sends it to the clients."""
        self._service = node.service
        self._ceilings = node.ceilings
        self._inputs = node.inputs
        self._listing = node.listing
        self._compiler = Compiler()
        self._shower = Shower(self._namespace)
        self._hidden = dict(namespace)
        """What is in the namespace without the user's doing."""
        self._magics: Magics | None = None
        self._waiting: deque[Operation | Task] = deque()
        self._leaving = False
        self.gate = Gate(node.service.wake)
        self._loop = SessionLoop(self.gate, node.output, node.service)
        self._submitted = 0
        self._settled = 0
        self.current: Operation | None = None
        self.ordinal = 0
        self.execution_count = 0
        self.forked = False
        """True in a process that user code forked: it must not speak for the session."""

    def take_main_thread(self) -> None:
        """Keep signals out of our code from now on; before there are other threads of ours."""
        self.gate.shut()

    # -- called by the thread that serves --------------------------------------------------------

    def submit(self, operation: Operation | Task) -> None:
        """Queue an operation, or a task of ours."""
        self._submitted += 1
        self._waiting.append(operation)
        self._loop.wake()

    def show_with(self, displays: Displays) -> None:
        """Show values as richly as they can, from now on."""
        self._shower.displays = displays

    def remember_class(self, name: str, filename: str) -> None:
        """A class was defined by a cell that ran in another process."""
        self._compiler.remember_class(name, filename)

    def leave(self) -> None:
        """End the main loop once the running operation is over."""
        self._leaving = True
        self._loop.wake()

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The session's event loop; None as long as nothing has awaited."""
        return self._loop.loop

    @property
    def busy(self) -> bool:
        """Whether an operation runs or waits."""
        return self._submitted != self._settled

    @property
    def has_work(self) -> bool:
        """Whether user code runs, or waits to."""
        return self.current is not None or bool(self.queued())

    def queued(self) -> list[Operation]:
        """Operations that wait, first first."""
        return [item for item in list(self._waiting) if isinstance(item, Operation)]

    def cancel(self, operation_id: str) -> Operation | None:
        """Take a waiting operation out and return it, or stop the running one (returns None)."""
        with self.gate.lock:
            for operation in self.queued():
                if operation.id == operation_id:
                    self._waiting.remove(operation)
                    self._settled += 1
                    return operation
        self.interrupt("cancelled", operation_id)
        return None

    def interrupt(self, reason: str, operation_id: str | None = None) -> None:
        """Stop what runs, or what is about to; `reason` becomes the status of its result."""
        with self.gate.lock:
            operation = self.current
            if operation is None and self._waiting:
                first = self._waiting[0]
                operation = first if isinstance(first, Operation) else None
            if operation is None:
                if self._loop.is_waiting:
                    self.gate.wake()
                return
            if operation_id is not None and operation.id != operation_id:
                return
            operation.stop_reason = operation.stop_reason or reason
            again = operation.remind_at is not None
            operation.remind_at = monotonic() + REMIND_SECONDS
            self.gate.strike(children=again)

    def tick(self, now: float) -> None:
        """Interrupt a run whose time is up, or that outlived an interrupt."""
        operation = self.current
        if operation is None:
            return
        if operation.remind_at is not None and now >= operation.remind_at:
            self.interrupt(operation.stop_reason or "interrupted", operation.id)
        elif operation.deadline is not None and now >= operation.deadline:
            operation.deadline = None
            self.interrupt("timeout", operation.id)
        elif self._shower.deadline is not None and now >= self._shower.deadline:
            self._shower.deadline = None
            with self.gate.lock:
                self.gate.strike()

    # -- the main thread -------------------------------------------------------------------------

    def serve(self) -> None:
        """Run operations until told to leave."""
        while True:
            try:
                if not self._await_next():
                    break
                self.do_next()
            except Thawed:
                continue  # another process now, and another time
            except BaseException as stray:
                # a signal handler of the user's raised between two runs, or just at the end of one
                self._survive(stray)
        self._service.leave()
        self.gate.attempt(atexit._run_exitfuncs)
        self._output.flush()

    def do_next(self) -> None:
        """Do what waits, if anything does."""
        item = self._take()
        if isinstance(item, Operation):
            self._run(item)
        elif item is not None:
            self._do(item)

    def _do(self, task: Task) -> None:
        self._service.leave()
        try:
            task.call()
        except Exception as error:
            task.fail(error)
        self._settled += 1

    def _take(self) -> Operation | Task | None:
        """Make the next operation the current one; None if it was cancelled meanwhile."""
        with self.gate.lock:
            item = self._waiting.popleft() if self._waiting else None
            self.current = item if isinstance(item, Operation) else None
            return item

    def begin_anew(self, ordinal: int) -> None:
        """In a thawed process: nothing runs or waits, and nobody holds a lock."""
        self.gate.shut_for_good()
        self._waiting.clear()
        self._submitted = self._settled = 0
        self._loop.renew()
        self.current = None
        self.ordinal = ordinal

    def _survive(self, stray: BaseException) -> None:
        try:
            if not isinstance(stray, KeyboardInterrupt):
                report_error(stray)
            if self.current is not None:
                self._conclude(self.current, stray, describe_error(stray), 0.0, Outcome())
        except BaseException:
            os._exit(LOST_VOICE)  # descriptors closed: nobody can be told any more

    def _is_called(self) -> bool:
        return bool(self._waiting) or self._leaving

    def _await_next(self) -> bool:
        """Wait until something is to be done. Returns False when it is time to leave."""
        self._loop.wait(self._is_called)
        self._service.until(self._is_called)
        return not self._leaving

    def _run(self, operation: Operation) -> None:
        self._listing.glance(self.execution_count, operation.code)
        guard = self._transactions.before(operation.policy)
        self.ordinal += 1
        self.execution_count += 1
        operation.ordinal = self.ordinal
        operation.execution_count = self.execution_count
        filename = operation.filename or f"<cell {self.execution_count}>"
        OPERATION.set(operation)
        if "await" in operation.code or "async " in operation.code:
            load_asyncio()
        out, err, mark = self._output.begin(operation)
        self.current = operation
        self._shower.clear()
        started_at = wall_clock()
        clock = perf_counter()
        if operation.timeout_ms is not None:
            operation.deadline = monotonic() + operation.timeout_ms / 1000
        self._say(
            Started(
                operation.id, operation.ordinal, operation.execution_count, operation.code,
                filename, operation.policy, operation.client, started_at, out, err, mark,
            )
        )  # fmt: skip
        self._service.leave(quiet="(" not in operation.code)  # what calls nothing is soon over
        self._ceilings.begin(operation)
        _, error = self.gate.attempt(lambda: self._execute(operation, filename))
        if self.forked:
            self._leave_fork(error)
        self._ceilings.end(operation, error)
        self._inputs.reopen()
        operation.remind_at = None
        details = None
        if error is not None:
            details = self._describe(error)
            self._ceilings.explain(details)
        if self._has_more():
            self.gate.attempt(self._finish)
        operation.deadline = operation.remind_at = None
        duration_ms = (perf_counter() - clock) * 1000
        self._output.flush()
        outcome = self._transactions.after(guard, failed=error is not None)
        self._conclude(operation, error, details, duration_ms, outcome)

    def _has_more(self) -> bool:
        """Whether user code has left something to the end of its run."""
        return self._shower.has_more or self._output.is_replaced

    def _finish(self) -> None:
        """What user code may have left to the end of its run: figures, unflushed streams."""
        try:
            self._shower.finish()
        finally:
            flush_streams()

    def _describe(self, error: BaseException) -> dict[str, Any]:
        """An error in words, in which user code (its ``__str__``) may have a part."""
        self._shower.deadline = monotonic() + REPR_SECONDS
        details, failure = self.gate.attempt(lambda: _describe(error))
        self._shower.deadline = None
        if failure is None:
            return cast("dict[str, Any]", details)
        return {"name": type(error).__name__, "message": "", "traceback": "", "exit_code": None}

    def _say(self, event: object) -> None:
        """Announce an event even if a signal handler of the user's raises meanwhile."""
        for _ in range(3):
            try:
                self._announce(event)
                return
            except BaseException as error:
                report_error(error)
        os._exit(LOST_VOICE)

    def _conclude(
        self,
        operation: Operation,
        error: BaseException | None,
        details: dict[str, Any] | None,
        duration_ms: float,
        outcome: Outcome,
    ) -> None:
        if error is None:
            status = "ok"
        elif operation.stop_reason is not None:
            status = operation.stop_reason
        else:
            status = "interrupted" if isinstance(error, KeyboardInterrupt) else "error"
        self.current = None
        self._settled += 1
        OPERATION.set(None)
        out, err, marks = self._output.begin(None)
        self._say(
            Finished(
                operation.id, operation.ordinal, status, self._shower.text,
                self._shower.truncated, details, operation.execution_count, duration_ms,
                outcome.rolled_back, outcome.isolation, outcome.unrestored, wall_clock(),
                out, err, marks + 1,
            )
        )  # fmt: skip
        if outcome.departs:
            self._service.speak()
            self._transactions.depart()

    def _execute(self, operation: Operation, filename: str) -> None:
        """All of a run that is, or may call, user code."""
        if operation.stop_reason is not None:
            raise KeyboardInterrupt  # it came before the gate was open
        script = operation.argv is not None
        if script:
            self._become_script(operation.argv or [], filename)
        if self._magics is not None:
            self._magics.before_run()
        cell = self._compiler.compile(operation.code, filename, shows_value=not script)
        if "breakpoint" in operation.code or "pdb" in operation.code:
            from .debugging import guide_debuggers, stop_at_end_of

            guide_debuggers(load=True)
            stop_at_end_of(cell)
        if cell.calls_magics:
            self._install_magics()
        if cell.awaits:
            value = self._loop.run(self._evaluate_all(cell))
        else:
            for statement in cell.statements:
                eval(statement, self._namespace)
            value = eval(cell.value, self._namespace) if cell.value is not None else None
        if value is not None:
            self._shower.show(value)

    def _install_magics(self) -> None:
        if self._magics is None:
            from .magics import Magics

            self._magics = Magics(self._namespace, self._hidden)
            self._magics.install()

    async def _evaluate_all(self, cell: Cell) -> Any:
        """Run a cell that awaits: all of it inside the event loop, so that it can start tasks."""
        value = None
        for code in [*cell.statements, cell.value]:
            if code is not None:
                value = eval(code, self._namespace)
                if code.co_flags & CO_COROUTINE:
                    value = await value
        return value if cell.value is not None else None

    def _become_script(self, argv: list[str], filename: str) -> None:
        sys.argv[:] = argv
        self._namespace["__file__"] = filename
        if sys.path and not getattr(sys.flags, "safe_path", False):
            sys.path[0] = os.path.dirname(os.path.abspath(filename))

    def _leave_fork(self, error: BaseException | None) -> None:
        """A process that user code forked came to the end of the run: end it as python would."""
        code = 0
        if isinstance(error, SystemExit):
            code = exit_code(error)
        elif error is not None:
            code = 1
            report_error(error)
        self._output.flush()
        os._exit(code)


def _describe(error: BaseException) -> dict[str, Any]:
    """An error's description; it is also kept where post-mortem debuggers look."""
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
    sys.last_exc = error  # type: ignore[attr-defined, unused-ignore]
    return describe_error(error)
