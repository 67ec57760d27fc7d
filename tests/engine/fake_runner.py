"""Runs the code of a fake worker, on a thread of the test's own process."""

from __future__ import annotations

import ast
import asyncio
import ctypes
import itertools
import sys
import threading
import time
import traceback
from collections import deque
from typing import Any

from pyrepl_worker import protocol
from tests.engine.recorder import Recorder, made

_requests = itertools.count(1)


class FakeRunner:
    """The part of a fake worker that executes."""

    config: dict[str, Any]
    counts: dict[str, int]
    loop: asyncio.AbstractEventLoop
    record: Recorder
    inputs: dict[str, tuple[protocol.InputRequested, threading.Event, list[str]]]
    waiting: deque[protocol.Execute]
    current: protocol.Execute | None
    thread: int
    leaving: threading.Lock
    """Held while the thread is sent an interrupt, and while it says that it is done."""
    stopped: str | None
    count: int
    namespace: dict[str, Any]

    def journal(self, event: object) -> None:
        """Journal an event and tell it to all clients."""
        raise NotImplementedError

    def set_state(self, state: str) -> None:
        """Be in a state, and tell it to all clients."""
        raise NotImplementedError

    @property
    def sizes(self) -> tuple[int, int]:
        return self.record.out, self.record.err

    def _next(self) -> None:
        if self.current is not None or not self.waiting:
            return
        execute = self.current = self.waiting.popleft()
        self.count += 1
        self.counts[self.config["id"]] = self.count
        self.stopped = None
        self.record.mark(self.count)
        started = made(
            protocol.Started,
            execute.operation_id,
            self.count,
            self.count,
            execute.code,
            execute.filename or f"<cell {self.count}>",
            execute.policy,
            "test",
            time.time(),
            *self.sizes,
            self.record.marks - 1,
        )
        self.journal(started)
        self.set_state("busy")
        if execute.timeout_ms is not None:
            self.loop.call_later(execute.timeout_ms / 1000, self._expire, execute)
        threading.Thread(target=self._run, args=(execute,), daemon=True).start()

    def _expire(self, execute: protocol.Execute) -> None:
        if self.current is execute:
            self._stop("timeout")

    def _run(self, execute: protocol.Execute) -> None:
        value, error = None, None
        try:
            try:
                self.thread = threading.get_ident()
                value = self._evaluate(execute.code)
            except BaseException as raised:
                error = raised
            with self.leaving:
                self.thread = 0
            time.sleep(0)  # an interrupt sent until now strikes here at the latest
        except KeyboardInterrupt as late:
            self.thread = 0
            error = late
        self._later(self._end, execute, value, error)

    def _evaluate(self, code: str) -> str | None:
        """Run code. Returns the repr of its last expression."""
        tree = ast.parse(code)
        last = tree.body[-1] if tree.body else None
        if isinstance(last, ast.Expr):
            tree.body.pop()
        exec(compile(tree, "<cell>", "exec"), self.namespace)
        if not isinstance(last, ast.Expr):
            return None
        shown = eval(compile(ast.Expression(last.value), "<cell>", "eval"), self.namespace)
        return None if shown is None else repr(shown)

    def _end(
        self, execute: protocol.Execute, value: str | None, error: BaseException | None
    ) -> None:
        if self.current is not execute:
            return
        status, details = "ok", None
        if error is not None:
            status = self.stopped or "error"
            details = {
                "name": type(error).__name__,
                "message": str(error),
                "traceback": "".join(traceback.format_exception_only(type(error), error)),
                "exit_code": None,
            }
        self.current = None
        self.record.mark(0)
        self._finish(execute, self.count, status, value, details)
        self.set_state("idle")
        self._next()

    def _finish(
        self,
        execute: protocol.Execute,
        ordinal: int,
        status: str,
        value: str | None,
        details: dict[str, Any] | None,
    ) -> None:
        self.journal(
            made(
                protocol.Finished,
                execute.operation_id,
                ordinal,
                status,
                value,
                False,
                details,
                ordinal,
                1.0,
                False,
                "none",
                [],
                time.time(),
                *self.sizes,
                self.record.marks,
            )
        )

    def _later(self, call: Any, *arguments: Any) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(call, *arguments)

    def _print(
        self, *values: object, file: Any = None, end: str = "\n", flush: bool = False
    ) -> None:
        stream = "stderr" if file is sys.stderr else "stdout"
        text = " ".join(map(str, values)) + end
        self.record.write(stream, text.encode(), self.count)

    def _input(self, prompt: str = "") -> str:
        if self.current is None or not self.current.asks:
            raise EOFError("end of input")
        request = protocol.InputRequested(
            f"r{next(_requests)}", self.current.operation_id, prompt, False, *self.sizes
        )
        event, answer = threading.Event(), list[str]()
        self._later(self._ask, request, event, answer)
        event.wait()
        if answer[0] == "eof":
            raise EOFError("end of input")
        if answer[0] == "interrupt":
            raise KeyboardInterrupt
        return answer[1]

    def _ask(
        self, request: protocol.InputRequested, event: threading.Event, answer: list[str]
    ) -> None:
        self.inputs[request.request_id] = (request, event, answer)
        self.journal(request)
        self.set_state("waiting_input")

    def _stop(self, reason: str) -> None:
        if self.current is None:
            return
        self.stopped = reason
        for name in list(self.inputs):
            request, event, answer = self.inputs.pop(name)
            self.journal(
                protocol.InputResolved(name, request.operation_id, "gone", None, *self.sizes)
            )
            answer += ["interrupt", ""]
            event.set()
        self._raise_in(self.current)

    def _raise_in(self, execute: protocol.Execute) -> None:
        """Interrupt the thread that runs this, as soon as it is there."""
        if self.current is execute and not self.loop.is_closed():
            with self.leaving:
                if self.thread:
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(
                        ctypes.c_ulong(self.thread), ctypes.py_object(KeyboardInterrupt)
                    )
                    return
            self.loop.call_later(0.01, self._raise_in, execute)
