"""What a copy of an image does to become a session's live worker."""

from __future__ import annotations

import os
from time import time as wall_clock
from typing import TYPE_CHECKING

from . import kinship, protocol
from .late import part
from .streams import OPERATION

if TYPE_CHECKING:
    from . import continuity
    from .connections import Connection
    from .continuity import Continuity
    from .node import Node
else:
    continuity = part("continuity")


class Thawed(BaseException):
    """Raised in a thawed worker's main thread, to leave behind what the frozen one was doing."""


def wake_up(node: Node, thaw: kinship.Thaw, checkpoint_id: str, noted: Continuity) -> None:
    """Become the live worker of a session.

    Args:
        node: as it is in the image that this process is a copy of.
        thaw: which session it is to live in, and where.
        checkpoint_id: of the image.
        noted: what the image knew that a fork changes.

    Raises:
        Thawed: always, unless the process ends.
    """
    os.setsid()
    images = node.images
    is_branch = thaw.session["id"] != node.session["id"]
    node.session = thaw.session
    node.open_sockets(thaw.socket)
    if is_branch:
        node.move_transcript(thaw.session["directory"])
    link = images.join_nursery(thaw.session["id"], "worker", checkpoint_id, thaw.socket)
    go = wait_for_go(link)
    if go is None:
        os._exit(0)
    link.socket.setblocking(False)
    caveats = continuity.put_back(noted, node.executor.loop)
    node.inputs.renew_stream()  # a thread that is not here may hold its lock
    if is_branch:
        images.parent = None
    elif not images.is_guard:
        images.parent = checkpoint_id
    images.replacement.renew()
    OPERATION.set(None)
    node.come_alive(link)
    out, err, _ = node.output.begin(None)
    if is_branch:
        if thaw.session.get("reseed"):
            continuity.reseed()
        node.transactions.begin_branch()
        node.record_start(out, err)
    else:
        count = node.executor.execution_count
        node.audience.announce(
            protocol.Restored(
                checkpoint_id, go.replaced, "image", count, caveats, {}, {}, wall_clock(),
                out, err,
            )
        )  # fmt: skip
        node.transactions.end_if_lost(thaw.images)
    node.serve()
    raise Thawed


def wait_for_go(link: Connection) -> kinship.Go | None:
    """Sleep until the session is ours; None if it will not be."""
    while not link.broken:
        for msg in link.receive():
            if isinstance(msg, kinship.Go):
                return msg
            if isinstance(msg, protocol.End):
                return None
    return None
