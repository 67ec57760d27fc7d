"""input(), sys.stdin and getpass: all ask the session's clients."""

from __future__ import annotations

import builtins
import getpass
import io
import itertools
import os
import sys
from _thread import allocate_lock
from typing import TYPE_CHECKING, Any

from .protocol import InputRequested, InputResolved
from .streams import OPERATION, origin_of_thread
from .tracebacks import hide_file

if TYPE_CHECKING:
    from .node import Node


_FILE = "<input>"
"""Where functions are said to be defined whose frames user code may print."""


class _Request:
    """A line that some thread waits for."""

    def __init__(self, event: InputRequested) -> None:
        self.event = event
        self.action = "gone"
        self.text = ""
        # a bare lock: in the main thread a signal's handler may raise out of acquire()
        self.answered = allocate_lock()
        self.answered.acquire()


class Inputs:
    """The input requests of a session, and the functions user code calls to make them."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._output = node.output
        self._post = node.audience.post
        """Hands an event to who serves; safe in code that an interrupt breaks."""
        self._ids = itertools.count(1)
        self._waiting: dict[str, _Request] = {}
        self._settled: dict[str, _Request] = {}
        self._stream: StandardInput | None = None
        """What is sys.stdin unless user code puts something else there; None before `install`."""
        self.abandoned = False
        """True in a process that user code forked: nobody would answer it."""

    @property
    def is_waiting(self) -> bool:
        """Whether a request waits now."""
        return bool(self._waiting)

    def waiting(self) -> list[InputRequested]:
        """The requests that wait now."""
        return [request.event for request in list(self._waiting.values())]

    def forget(self) -> None:
        """In a forked process: nobody of the threads that waited is here."""
        self._waiting.clear()
        self._settled.clear()

    def resolve(self, request_id: str, action: str, text: str) -> InputResolved | None:
        """Settle the answer to a request; None if it no longer waits. `release` lets it go on."""
        request = self._waiting.pop(request_id, None)
        if request is None:
            return None
        request.action, request.text = action, text
        self._settled[request_id] = request
        return self._resolved(request, action, text if action == "text" else None)

    def release(self, request_id: str) -> None:
        """Let the code whose request was settled go on."""
        self._settled.pop(request_id).answered.release()

    def ask(self, prompt: str, password: bool = False) -> str:
        """Wait for a client's line.

        Raises:
            EOFError: if nobody is there to answer, or the client said so.
            KeyboardInterrupt: if the client said so, or on an interrupt.
        """
        operation = OPERATION.get() or origin_of_thread(self._output.current)
        # a finalizer of the thread that serves would wait for itself
        unanswered = self.abandoned or self._node.service.is_here
        if unanswered or (operation is not None and not operation.asks):
            raise EOFError("nothing answers input() here: the run was started without on_input")
        if operation is not None and operation.stop_reason == "interrupted":
            operation.remind_at = None  # the code has heard of it, and asks again: as pdb does
        if "bdb" in sys.modules:
            from .debugging import guide_debuggers

            guide_debuggers()  # it may be one that asks, called by a module of the user's
        self._output.flush()
        out, err = self._output.transcript.sizes()
        request_id = f"{os.getpid()}-{next(self._ids)}"  # unique across workers
        operation_id = operation.id if operation is not None else None
        event = InputRequested(request_id, operation_id, prompt, password, out, err)
        request = self._waiting[request_id] = _Request(event)
        try:
            self._await_answer(request)
        except BaseException:
            if self._waiting.pop(request_id, None) is not None:
                self._post(self._resolved(request, "interrupt", None))
            raise
        if request.action == "eof":
            raise EOFError("end of input")
        if request.action == "interrupt":
            raise KeyboardInterrupt
        return request.text

    def _await_answer(self, request: _Request) -> None:
        gate, service = self._node.executor.gate, self._node.service
        if not gate.is_inside:
            self._post(request.event)
            request.answered.acquire()
            return

        # the main thread serves the session itself while it waits
        def serve(news: object = None) -> None:
            if news is not None:
                self._node.audience.announce(news)
            try:
                service.until(lambda: gate.struck or not request.answered.locked())
            finally:
                service.leave(quiet=True)

        gate.aside(lambda: serve(request.event))
        while request.answered.locked():  # an interrupt came, and the code made nothing of it
            gate.aside(serve)

    def _resolved(self, request: _Request, action: str, text: str | None) -> InputResolved:
        event = request.event
        shown = None if event.password else text
        sizes = self._output.transcript.sizes()
        return InputResolved(event.request_id, event.operation_id, action, shown, *sizes)

    def install(self, namespace: dict[str, Any]) -> None:
        """Override input in the namespace and in builtins, sys.stdin and getpass, for good."""

        def input(prompt: object = "", /) -> str:  # noqa: A001 - it is to be called that
            """Ask the session's client for a line of text, without its newline."""
            try:
                return self.ask(str(prompt))
            except BaseException as error:
                raise error.with_traceback(None)  # noqa: B904 - the very same, with its context

        def ask_password(prompt: str = "Password: ", stream: Any = None, **options: Any) -> str:
            """Ask the session's client for a line of text that is not shown while typed."""
            del stream, options  # where a terminal would prompt, and how it would echo
            try:
                return self.ask(str(prompt), password=True)
            except BaseException as error:
                raise error.with_traceback(None)  # noqa: B904 - the very same, with its context

        ask_password.__name__ = ask_password.__qualname__ = "getpass"
        input.__qualname__ = "input"
        hide_file(_FILE)
        for function in (input, ask_password):
            function.__module__ = "builtins"
            function.__code__ = function.__code__.replace(co_filename=_FILE)
        namespace["input"] = builtins.input = input
        getpass.getpass = getpass.unix_getpass = ask_password  # type: ignore[attr-defined]
        self.renew_stream()

    def renew_stream(self) -> None:
        """Put a fresh one in the place of our sys.stdin: open, and nobody holds its locks."""
        former, self._stream = self._stream, StandardInput(self)
        for name in ("stdin", "__stdin__"):
            if former is None or getattr(sys, name, None) is former:
                setattr(sys, name, self._stream)

    def reopen(self) -> None:
        """Have sys.stdin open for the next run: `exit()` closes it, as ``with sys.stdin`` does."""
        if self._stream is not None and self._stream.closed:
            self.renew_stream()


class _InputRaw(io.RawIOBase):
    """Bytes of the lines that clients type."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._left = b""

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 0

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            try:
                self._left = (self._inputs.ask("") + "\n").encode("utf-8", "surrogateescape")
            except EOFError:
                return 0
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


class StandardInput(io.TextIOWrapper):
    """sys.stdin of a session."""

    def __init__(self, inputs: Inputs) -> None:
        super().__init__(
            io.BufferedReader(_InputRaw(inputs)), encoding="utf-8", errors="surrogateescape"
        )
        self.mode = "r"  # type: ignore[misc]

    @property
    def name(self) -> str:
        return "<stdin>"
