"""What clients may ask of a live worker, carried out on the thread that serves."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from time import time as wall_clock
from typing import TYPE_CHECKING, Any

from . import protocol
from .audience import fields
from .operation import Operation, Task
from .tracebacks import in_words, is_ours
from .transactions import POLICIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from .connections import Connection
    from .node import Node


def handle(node: Node, client: Connection, msg: Any) -> None:
    """Carry out one message of a client; one that is out of place ends its connection."""
    if not client.welcomed:
        _welcome(node, client, msg)
        return
    handler = _HANDLERS.get(type(msg))
    if handler is None:
        from . import looking  # seldom needed: not every session has somebody who looks

        _HANDLERS.update(looking.HANDLERS)
        handler = _HANDLERS.get(type(msg))
    if handler is None:
        _refuse(node, client, getattr(msg, "seq", 0), "this is no request to a worker")
        return
    reply = handler(node, client, msg)
    if reply is not None:
        node.audience.say(client, reply)


def _refuse(node: Node, client: Connection, seq: int, text: str, kind: str = "invalid") -> None:
    node.audience.say(client, protocol.Failed(seq, kind, text))
    client.broken = True


def _welcome(node: Node, client: Connection, msg: Any) -> None:
    if not isinstance(msg, protocol.Hello):
        _refuse(node, client, 0, "a conversation begins with hello")
        return
    if msg.version != protocol.VERSION:
        _refuse(node, client, 0, "this worker is of another version", "version")
        return
    with node.audience.lock:
        # under the lock: what is journaled up to now is read from the file, the rest is sent
        node.audience.announce_posted()
        client.say(
            protocol.Welcome(
                version=protocol.VERSION,
                session_id=node.session["id"],
                name=node.session["name"],
                pid=os.getpid(),
                python_version=node.python_version,
                executable=sys.executable,
                cwd=node.session["cwd"],
                state=node.state(),
                execution_count=node.executor.execution_count,
                journal=node.transcript.journal_size(),
                inputs=[fields(event) for event in node.inputs.waiting()],
                queued=[operation.id for operation in node.executor.queued()],
                transaction=node.transactions.open_id,
            )
        )
        client.name = msg.client[:40]
        client.welcomed = True


def _execute(node: Node, client: Connection, msg: protocol.Execute) -> object:
    if node.leaving:
        return protocol.Failed(msg.seq, "moved", "this worker is being replaced, or is ending")
    if msg.policy not in POLICIES:
        return protocol.Failed(msg.seq, "unsupported", f"no policy {msg.policy[:40]!r}")
    operation = Operation(
        msg.operation_id, msg.code, msg.policy, msg.timeout_ms, msg.filename, msg.asks, msg.argv,
        client.name,
    )  # fmt: skip
    if node.executor.busy:
        node.audience.tell(protocol.Queued(operation.id, operation.code, operation.client))
    # before the run can say anything, so that a client knows its operation when it hears of it
    node.audience.say(client, protocol.Done(msg.seq, {}))
    node.executor.submit(operation)
    return None


def _cancel(node: Node, client: Connection, msg: protocol.Cancel) -> object:
    operation = node.executor.cancel(msg.operation_id)
    if operation is not None:
        out, err = node.transcript.sizes()
        node.audience.announce(
            protocol.Finished(
                operation_id=operation.id,
                ordinal=0,
                status="cancelled",
                value=None,
                value_truncated=False,
                error=None,
                execution_count=0,
                duration_ms=0.0,
                rolled_back=False,
                isolation="none",
                unrestored=[],
                at=wall_clock(),
                out=out,
                err=err,
                marks=node.transcript.mark_count(),
            )
        )
    return protocol.Done(msg.seq, {})


def _interrupt(node: Node, client: Connection, msg: protocol.Interrupt) -> object:
    node.executor.interrupt("interrupted")
    return protocol.Done(msg.seq, {})


def _answer(node: Node, client: Connection, msg: protocol.Answer) -> object:
    if msg.action not in ("text", "eof", "interrupt"):
        return protocol.Failed(msg.seq, "invalid", f"no way to answer: {msg.action[:40]!r}")
    resolved = node.inputs.resolve(msg.request_id, msg.action, msg.text)
    if resolved is None:
        return protocol.Failed(msg.seq, "invalid", "this request no longer waits")
    # journaled before the code goes on, so that readers meet the answer before what follows
    node.audience.announce(resolved)
    node.inputs.release(msg.request_id)
    return protocol.Done(msg.seq, {})


def _names(node: Node, client: Connection, msg: protocol.ListNames) -> object:
    held = node.transactions.held
    # a run that commits at its end: until then readers see the state before it
    names = node.names() if held is None else [row["name"] for row in held]
    return protocol.Done(msg.seq, {"names": names})


def _stacks(node: Node, client: Connection, msg: protocol.DumpStacks) -> object:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    parts = []
    for ident, frame in sys._current_frames().items():
        summary = traceback.StackSummary.extract(traceback.walk_stack(frame))
        lines = [line for line in summary if not is_ours(line.filename)]
        if lines:
            stack = "".join(traceback.StackSummary.from_list(lines[::-1]).format())
            parts.append(f"{names.get(ident, f'thread {ident}')}:\n{stack}")
    return protocol.Done(msg.seq, {"text": "\n".join(parts)})


def _rename(node: Node, client: Connection, msg: protocol.Rename) -> object:
    node.session["name"] = msg.name
    node.register()
    node.audience.announce(protocol.Renamed(msg.name))
    return protocol.Done(msg.seq, {})


def _checkpoint(node: Node, client: Connection, msg: protocol.TakeCheckpoint) -> object:
    if node.leaving:
        return protocol.Failed(msg.seq, "moved", "this worker is being replaced, or is ending")

    def take() -> None:
        node.images.joinings.expect(msg.checkpoint_id, tell)
        taken = node.images.freeze(msg.checkpoint_id, msg.label, "manual")
        if node.images.parent != msg.checkpoint_id:
            node.images.joinings.forget(msg.checkpoint_id)
            text = "; ".join(taken.warnings)
            node.audience.say(client, protocol.Failed(msg.seq, "untrusted", text))

    def tell(ok: bool) -> None:
        reply: object = protocol.Done(msg.seq, {})
        if not ok:
            reply = protocol.Failed(msg.seq, "untrusted", "the image has died at once")
        node.audience.say(client, reply)

    def failed(error: Exception) -> None:
        node.images.joinings.forget(msg.checkpoint_id)
        node.audience.say(client, protocol.Failed(msg.seq, "untrusted", in_words(error)))

    node.executor.submit(Task(take, failed))
    return None


def _in_transaction(
    node: Node, client: Connection, seq: int, wanted: bool, act: Callable[[], dict[str, Any]]
) -> None:
    """Do something on the main thread if a transaction is open (or is not, as wanted)."""

    def do() -> None:
        reply: object
        if node.transactions.is_open is wanted:
            reply = protocol.Done(seq, act())
        else:
            text = "no transaction is open" if wanted else "a transaction is open already"
            reply = protocol.Failed(seq, "transaction", text)
        node.audience.say(client, reply)

    def failed(error: Exception) -> None:
        node.audience.say(client, protocol.Failed(seq, "transaction", in_words(error)))

    node.executor.submit(Task(do, failed))


def _begin(node: Node, client: Connection, msg: protocol.Begin) -> None:
    def act() -> dict[str, Any]:
        node.transactions.begin()
        return {}

    _in_transaction(node, client, msg.seq, False, act)


def _commit(node: Node, client: Connection, msg: protocol.Commit) -> None:
    def act() -> dict[str, Any]:
        node.transactions.commit()
        return {}

    _in_transaction(node, client, msg.seq, True, act)


def _roll_back(node: Node, client: Connection, msg: protocol.RollBack) -> None:
    def act() -> dict[str, Any]:
        outcome = node.transactions.roll_back()
        return {"isolation": outcome.isolation, "unrestored": outcome.unrestored}

    _in_transaction(node, client, msg.seq, True, act)


def _resize(node: Node, client: Connection, msg: protocol.Resize) -> object:
    node.terminal.resize(msg.columns, msg.lines)
    return protocol.Done(msg.seq, {})


def _end(node: Node, client: Connection, msg: protocol.End) -> None:
    node.end()


_HANDLERS: dict[type, Any] = {
    protocol.Execute: _execute,
    protocol.Cancel: _cancel,
    protocol.Interrupt: _interrupt,
    protocol.Answer: _answer,
    protocol.ListNames: _names,
    protocol.DumpStacks: _stacks,
    protocol.Rename: _rename,
    protocol.Resize: _resize,
    protocol.TakeCheckpoint: _checkpoint,
    protocol.Begin: _begin,
    protocol.Commit: _commit,
    protocol.RollBack: _roll_back,
    protocol.End: _end,
}
