"""A disposable twin of the worker that answers questions about its values.

It is forked between runs and serves one client over a socket of its own. What it is asked may take
time, memory and the interpreter's lock as it likes, and may even be user code: the session does
not notice. The values stand still in it. It ends with its client, or when its time is up.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # signal.py's wrappers need builtins
import gc
import os
import socket
import sys
from time import monotonic  # the function: user code may replace the module's
from typing import TYPE_CHECKING, Any

from . import completion, protocol
from .connections import Connection, accept, listen
from .describe.paths import NothingThere, resolve
from .describe.static import MISSING
from .digests import Digested, Digester
from .digests.outline import may_lead_back, outline, step_into
from .digests.pieces import compare_piece, piece
from .framing import MAX_FRAME, FrameError
from .glimpses import Glimpses, told, within
from .operation import Task
from .parcel import exchange, pack
from .tracebacks import in_words

if TYPE_CHECKING:
    from .connections import Connection as Client
    from .describe import Listing
    from .node import Node

IDLE_SECONDS = 600
"""How long it waits for a question."""
CONNECT_SECONDS = 20
"""How long it waits for its client, as long as there is the session."""
_LOOK_SECONDS = 0.2
"""Between two looks whether there is."""
DEEPEST = 20_000
"""Limit of recursion while digests are made."""

_count = 0


def open_reader(node: Node, client: Client, msg: protocol.OpenReader) -> object:
    """Fork a reader after what runs and waits, and tell the client its socket."""
    if node.leaving:
        return protocol.Failed(msg.seq, "moved", "this worker is being replaced, or is ending")

    def fork() -> None:
        global _count
        _count += 1
        folder = os.path.dirname(node.socket_path)
        path = os.path.join(folder, f"{node.session['id']}-{os.getpid()}-r{_count}.sock")
        listener = listen(path)
        try:
            with node.output.lock:
                node.output.flush()
                if node.images.fork_aside() == 0:
                    serve(node, listener, path)
        except OSError as error:  # too many processes, too little memory
            os.unlink(path)
            text = f"no process could be forked to look: {error.strerror}"
            reply: object = protocol.Failed(msg.seq, "busy", text)
        else:
            reply = protocol.Done(msg.seq, {"socket": path})
        listener.close()
        node.audience.say(client, reply)

    def failed(error: Exception) -> None:
        node.audience.say(client, protocol.Failed(msg.seq, "busy", in_words(error)))

    node.executor.submit(Task(fork, failed))
    return None


def serve(node: Node, listener: socket.socket, path: str) -> None:
    """Be the reader; never returns."""
    try:
        _become_quiet(node)
        client = _first_client(listener, node.session["registry"])
        os.unlink(path)
        listener.close()
        if client is not None:
            listing = node.listing
            desk = Desk(listing.namespace, listing.hidden, listing)
            _Server(desk, client).answer_all()
    except BaseException:
        os._exit(1)
    os._exit(0)


def _first_client(listener: socket.socket, entry: str) -> Connection | None:
    """Who comes to ask; None if nobody does in time, or before the session ends.

    Args:
        listener: where clients connect.
        entry: the session's file in the registry.
    """
    listener.settimeout(_LOOK_SECONDS)
    patience = monotonic() + CONNECT_SECONDS
    client = None
    while client is None and os.path.exists(entry) and monotonic() < patience:
        client = accept(listener)
    return client


def serve_at(node: Node, path: str) -> None:
    """Be the reader of a checkpoint's image; never returns."""
    try:
        serve(node, listen(path), path)
    except BaseException:
        os._exit(1)


def _become_quiet(node: Node) -> None:
    """Nothing that happens here may be seen outside."""
    gc.disable()
    os.setsid()
    node.let_go()
    node.transcript.close()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    sys.stdout = sys.stderr = open(null, "w", closefd=False)  # noqa: SIM115
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGALRM,))  # the gate holds it back
    sys.setrecursionlimit(DEEPEST)


class _Server:
    """Serves one client."""

    def __init__(self, desk: Desk, client: Connection) -> None:
        self._desk = desk
        self._client = client

    def answer_all(self) -> None:
        """Answer until the client has gone."""
        client = self._client
        client.socket.settimeout(IDLE_SECONDS)
        while not client.broken:
            for msg in client.receive():
                if isinstance(msg, protocol.Hello):
                    self._say(protocol.ReaderWelcome(protocol.VERSION, os.getpid()))
                elif isinstance(msg, protocol.AskReader):
                    self._say(self._reply(msg))

    def _say(self, msg: object) -> None:
        try:
            self._client.say(msg)
        except FrameError:
            seq = getattr(msg, "seq", 0)
            text = f"the answer is larger than {MAX_FRAME} bytes"
            self._client.say(protocol.Failed(seq, "invalid", text))
        while self._client.has_backlog and not self._client.broken:
            self._client.flush()

    def _reply(self, msg: protocol.AskReader) -> object:
        handler = getattr(self._desk, f"on_{msg.what}", None)
        if handler is None:
            return protocol.Failed(msg.seq, "invalid", f"no such question: {msg.what[:40]!r}")
        try:
            return protocol.Done(msg.seq, handler(*msg.arguments))
        except NothingThere as error:
            return protocol.Failed(msg.seq, "invalid", str(error))
        except Exception as error:
            text = f"{msg.what} failed: {type(error).__name__}: {error}"
            return protocol.Failed(msg.seq, "invalid", text[:500])


class Desk(Glimpses):
    """Knows the answers."""

    def __init__(
        self, namespace: dict[str, Any], hidden: dict[str, Any], listing: Listing | None = None
    ) -> None:
        super().__init__(namespace, hidden, listing)
        self._digested = Digested()
        self._outlined: dict[int, Any] = {}
        """Containers that were outlined, by identity: nobody else's while they are here."""

    def _at(self, path: list[Any]) -> Any:
        value = resolve(self._namespace, path[:1])
        for step in path[1:]:
            value = step_into(value, step)
            if value is MISSING:
                raise NothingThere(f"there is nothing at {path!r}")
        return value

    # -- questions ---------------------------------------------------------------------------------

    def on_digests(self, names: list[str] | None) -> dict[str, Any]:
        """Of each variable: name, digest, and what in it cannot be told (None: nothing)."""
        rows = []
        for name, value in list(self._namespace.items()):
            if type(name) is not str or self._hidden.get(name, MISSING) is value:
                continue
            if name not in names if names is not None else name[:1] == "_":
                continue
            digester = Digester(self._digested)
            digest = digester.digest(value)
            unknown = ", ".join(sorted(set(digester.unknown))[:5]) or None
            rows.append([name, digest, unknown])
        return {"rows": rows}

    def on_outline(self, path: list[Any], select: list[Any] | None) -> dict[str, Any]:
        """An outline of a value (see `digests.outline`); ``same`` tells which container it is."""
        value = self._at(path)
        answer = outline(value, select, self._digested)
        if may_lead_back(value):
            self._outlined[id(value)] = value
            answer["same"] = id(value)
        return answer

    def on_piece(self, path: list[Any], number: int) -> dict[str, Any]:
        """The bytes of an array's piece."""
        return {"data": piece(self._at(path), number)}

    def on_compare_piece(
        self, path: list[Any], number: int, data: bytes, tolerance: float
    ) -> dict[str, Any]:
        """How a piece of an array here differs from the other side's."""
        return compare_piece(self._at(path), number, data, tolerance)

    def on_pack(self, names: list[str], folder: str, seconds: float) -> dict[str, Any]:
        """Write variables to an archive of their own; runs user code, within a deadline."""
        missing = [name for name in names if name not in self._namespace]
        if missing:
            raise NothingThere(f"there is no variable {missing[0]!r}")
        with within(seconds):
            pack(self._namespace, names, folder)
        return {}

    def on_load(self, folder: str, checkpoint: str) -> dict[str, Any]:
        """Have the variables of a checkpoint on disk in place of ours; runs user code."""
        self._digested = Digested()
        return {"lost": exchange(self._namespace, self._hidden, folder, checkpoint)}

    def on_evaluate(self, expression: str, seconds: float) -> dict[str, Any]:
        """Run user code: the repr of an expression, within a deadline that kills."""

        def ask() -> str:
            return repr(eval(compile(expression, "<aside>", "eval"), self._namespace))

        return told(ask, seconds)

    def on_complete(
        self, chain: list[Any], query: str, limit: int, seconds: float
    ) -> dict[str, Any]:
        """Run user code: the attributes an expression says it has, within a deadline that kills."""
        with within(seconds):
            rows = completion.attributes_told(self._namespace, chain, query, limit)
        return {"rows": [list(row) for row in rows]}

    def on_explain(self, chain: list[Any], source: bool, seconds: float) -> dict[str, Any]:
        """Run user code: what there is to say about an expression; a deadline kills."""
        with within(seconds):
            value = completion.walk(self._namespace, chain)
            return completion.explain_value(value, source=source)
