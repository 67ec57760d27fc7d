"""The least a worker can be: one process, one socket, msgpack frames, exec.

``bare_worker.py PATH`` connects to the unix socket at PATH and answers each frame (code) with a
frame (what it printed). ``bare_worker.py PATH threads`` executes on its main thread what a second
one reads, answers with a status, and asks for input() with a frame of its own. No transcript, no
interrupts, no second client: the floor of a round trip.
"""

from __future__ import annotations

import builtins
import io
import socket
import struct
import sys
import threading
from contextlib import redirect_stdout
from queue import SimpleQueue
from typing import Any

import msgpack

HEADER = struct.Struct(">I")


def receive(connection: socket.socket) -> bytes:
    """One frame's payload; empty at the end."""
    head = connection.recv(4, socket.MSG_WAITALL)
    if len(head) < 4:
        return b""
    return connection.recv(HEADER.unpack(head)[0], socket.MSG_WAITALL)


class Listening:
    """A worker that can be asked while it runs code: a thread reads, the main one executes."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._codes: SimpleQueue[str | None] = SimpleQueue()
        self._answers: SimpleQueue[str] = SimpleQueue()

    def listen(self) -> None:
        """The second thread: hand on what comes."""
        while body := receive(self._connection):
            kind, text = msgpack.unpackb(body)
            (self._codes if kind == "run" else self._answers).put(text)
        self._codes.put(None)

    def say(self, kind: str, text: str) -> None:
        """Send a frame."""
        body = msgpack.packb([kind, text])
        self._connection.sendall(HEADER.pack(len(body)) + body)

    def ask(self, prompt: str = "") -> str:
        """What input() does."""
        self.say("ask", prompt)
        return self._answers.get()

    def serve(self) -> None:
        """The main thread: execute what comes, until the client leaves."""
        builtins.input = self.ask  # type: ignore[assignment]
        threading.Thread(target=self.listen, daemon=True).start()
        namespace: dict[str, Any] = {}
        while (code := self._codes.get()) is not None:
            try:
                exec(compile(code, "<cell>", "exec"), namespace)
            except BaseException as error:
                self.say("done", repr(error))
            else:
                self.say("done", "ok")


def serve_alone(connection: socket.socket) -> None:
    """Read, execute and answer on one thread, until the client leaves."""
    namespace: dict[str, Any] = {}
    while body := receive(connection):
        out = io.StringIO()
        with redirect_stdout(out):
            exec(compile(msgpack.unpackb(body), "<cell>", "exec"), namespace)
        answer = msgpack.packb(out.getvalue())
        connection.sendall(HEADER.pack(len(answer)) + answer)


def main() -> None:
    """Serve one client until it leaves."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(sys.argv[1])
    if "threads" in sys.argv:
        Listening(connection).serve()
    else:
        serve_alone(connection)


if __name__ == "__main__":
    main()
