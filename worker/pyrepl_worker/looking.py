"""Requests that look at the namespace, carried out by the thread that serves, without user code.

Loaded with the first of them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from . import completion, protocol
from .describe.grids import statistics
from .describe.inspection import NothingThere, inspect, value_at
from .describe.numbers import sketch
from .describe.sizes import measure
from .framing import pack
from .parcel import unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .connections import Connection
    from .node import Node

PAGE = 500
"""Rows sent together: to send more at once would keep a run waiting."""
AHEAD = 4 * 1024 * 1024
"""Bytes that are sent ahead of one reply."""
MAX_CHILDREN = 2000


def _later(node: Node, client: Connection, seq: int, work: Iterator[Any]) -> None:
    """Answer with what a piece of work yields at last, done in slices."""

    def steps() -> Iterator[None]:
        reply: object = None
        try:
            for result in work:
                if result is None:
                    yield
                else:
                    reply = protocol.Done(seq, result)
        except NothingThere as error:
            reply = protocol.Failed(seq, "invalid", str(error))
        except Exception as error:  # a reader stumbled over a value: that value cannot be shown
            reply = protocol.Failed(seq, "invalid", f"cannot be read: {type(error).__name__}")
        node.audience.say(client, reply)

    node.chores.add(steps())


def _list_changes(node: Node, client: Connection, msg: protocol.ListChanges) -> None:
    def work() -> Iterator[Any]:
        listing, executor = node.listing, node.executor
        epoch = str(os.getpid())
        whole = msg.epoch != epoch or msg.since > listing.version
        version = 0 if whole else msg.since
        ahead, sent = 0, listing.told
        gone: list[str] = []
        # a run that commits at its end: until then readers see the rows before it
        look = msg.look and node.transactions.held is None
        looking = listing.look(executor.execution_count) if look else iter(())
        for _ in looking:
            if listing.told - sent >= PAGE and ahead < AHEAD:  # the client reads while we go on
                sent = listing.told
                rows, left, version, _ = listing.since(version, 2 * PAGE)
                page, gone = pack(rows), gone + left
                node.audience.say(client, protocol.Page(msg.seq, page))
                ahead += len(page)
            yield None
        if look and executor.current is None:
            yield from listing.look_inside(lambda: executor.current is None)
        while True:
            rows, left, version, more = listing.since(version, PAGE)
            page, gone = pack(rows), gone + left
            if not more or ahead >= AHEAD:
                break
            node.audience.say(client, protocol.Page(msg.seq, page))
            ahead += len(page)
            yield None
        yield {
            "deeds": [] if whole else listing.deeds.since(msg.since),
            "epoch": epoch,
            "whole": whole,
            "page": page,
            "gone": gone,
            "version": version,
            "more": more,
            "execution_count": executor.execution_count,
        }

    _later(node, client, msg.seq, work())


def _unless_held(look: Callable[[Node, Connection, Any], None]) -> Callable[..., object]:
    """Until a run that commits at its end has ended, readers see the values from before it."""

    def handle(node: Node, client: Connection, msg: Any) -> object:
        if node.transactions.held is None:
            look(node, client, msg)
            return None
        if node.transactions.held_at is not None:
            return protocol.Failed(msg.seq, "held", node.transactions.held_at)
        text = "a run that commits at its end is under way; values can be looked at after it"
        return protocol.Failed(msg.seq, "busy", text)

    return handle


@_unless_held
def _inspect(node: Node, client: Connection, msg: protocol.Inspect) -> None:
    limit = min(max(msg.limit, 0), MAX_CHILDREN)
    _later(
        node, client, msg.seq, inspect(node.listing.namespace, msg.path, max(msg.offset, 0), limit)
    )


@_unless_held
def _statistics(node: Node, client: Connection, msg: protocol.Statistics) -> None:
    def work() -> Iterator[Any]:
        yield from statistics(value_at(node.listing.namespace, msg.path))

    _later(node, client, msg.seq, work())


@_unless_held
def _sketch(node: Node, client: Connection, msg: protocol.Sketch) -> None:
    def work() -> Iterator[Any]:
        buckets = min(max(msg.buckets, 1), MAX_CHILDREN)
        yield from sketch(value_at(node.listing.namespace, msg.path), buckets)

    _later(node, client, msg.seq, work())


@_unless_held
def _measure(node: Node, client: Connection, msg: protocol.Measure) -> None:
    _later(node, client, msg.seq, measure(node.listing.namespace, msg.names, msg.budget_ms / 1000))


def _complete(node: Node, client: Connection, msg: protocol.Complete) -> object:
    held = node.transactions.held
    if held is not None:
        query = completion.Query(msg.query if msg.kind == "names" else "\0")
        return protocol.Done(msg.seq, completion.names_among(held, query))
    listing, limit = node.listing, min(max(msg.limit, 1), MAX_CHILDREN)
    _later(
        node,
        client,
        msg.seq,
        completion.candidates(
            listing.namespace, listing.hidden, msg.kind, msg.chain, msg.query, limit
        ),
    )
    return None


def _explain(node: Node, client: Connection, msg: protocol.Explain) -> object:
    if node.transactions.held is not None:
        return protocol.Done(msg.seq, {})
    try:
        found = completion.explanation(node.listing.namespace, msg.chain, source=msg.source)
    except Exception:  # a reader stumbled over a value: there is nothing to say about it
        found = {}
    return protocol.Done(msg.seq, found)


def _whereabouts(node: Node, client: Connection, msg: protocol.Whereabouts) -> object:
    return protocol.Done(msg.seq, completion.whereabouts())


def _open_reader(node: Node, client: Connection, msg: protocol.OpenReader) -> object:
    from . import reader  # what it can do takes more of the standard library than a look

    return reader.open_reader(node, client, msg)


HANDLERS: dict[type, Any] = {
    protocol.OpenReader: _open_reader,
    protocol.TakeVariables: unpack,
    protocol.Complete: _complete,
    protocol.Explain: _explain,
    protocol.Whereabouts: _whereabouts,
    protocol.ListChanges: _list_changes,
    protocol.Inspect: _inspect,
    protocol.Statistics: _statistics,
    protocol.Sketch: _sketch,
    protocol.Measure: _measure,
}
