"""Bringing a checkpoint to the disk, in a forked process of its own; and back, in a new worker."""

from __future__ import annotations

import os
import sys
from time import time as wall_clock
from typing import TYPE_CHECKING, Any

from . import archive, continuity, kinship, protocol, rank
from .archive.keeping import make_room
from .archive.manifest import RERUN, VERDICTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from .connections import Connection
    from .continuity import Continuity
    from .node import Node

NICE, NICER = 5, 19
"""What an archiver is that somebody waits for; what one is that nobody does.

Who waits is most often the one whose code would run: the first still gets a quarter of a busy
processor."""
GROUP_SECONDS = 60.0
"""Longest time for one group of variables."""
WARY_SECONDS = 4.0
"""The same where some of them may hang, because a fork does not carry their threads."""


def save(
    node: Node, checkpoint_id: str, noted: Continuity, order: kinship.Save, *, wary: bool = False
) -> None:
    """Be the archiver of a checkpoint, in a process forked for it; never returns.

    Args:
        node: a copy of the worker's, at the checkpoint.
        checkpoint_id: what is saved.
        noted: what the fork has changed.
        order: where to, and how gently.
        wary: whether what is saved is not trusted to work in a forked process.
    """
    try:
        os.setsid()
        node.images.freezing = True  # forks from here on are none of user code's
        node.transcript.close()
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        rank.go_before_all()
        _step_back(NICER if order.gentle else NICE, idle=order.gentle)
        link = node.images.join_nursery(node.session["id"], "archiver", checkpoint_id)
        link.say(_save(node, checkpoint_id, noted, order, link, wary=wary))
    finally:
        os._exit(0)


def _save(
    node: Node,
    checkpoint_id: str,
    noted: Continuity,
    order: kinship.Save,
    link: Connection,
    *,
    wary: bool,
) -> kinship.Saved:
    def progress(what: str, done: int, total: int) -> None:
        link.say(kinship.Saving(what, done, total))
        if link.broken:
            os._exit(0)  # the nursery is gone: nobody wants it any more

    store = archive.Store(order.folder)
    try:
        context = _context_of(node, checkpoint_id, noted, wary=wary)
        manifest = archive.save(node.listing.namespace, context, store, progress=progress)
        dropped = make_room(store, {checkpoint_id})
        return kinship.Saved(
            None,
            {verdict: count for verdict in VERDICTS if (count := manifest.count(verdict))},
            store.bytes_on_disk(checkpoint_id),
            manifest.bytes_written,
            dropped,
        )
    except Exception as error:
        text = str(error) or type(error).__name__
        return kinship.Saved(text, {}, 0, 0, [])


def _context_of(
    node: Node, checkpoint_id: str, noted: Continuity, *, wary: bool
) -> archive.SaveContext:
    try:
        cwd = os.getcwd()
    except OSError:
        cwd = node.session["cwd"]  # it has been removed
    return archive.SaveContext(
        checkpoint=checkpoint_id,
        session=node.session["name"],
        cwd=cwd,
        environ=dict(os.environ),
        sys_path=[str(entry) for entry in sys.path],
        execution_count=node.executor.execution_count,
        hidden=node.own_names(),
        positions={file.fd: file.position for file in noted.files},
        random_state=noted.random_state,
        group_seconds=WARY_SECONDS if wary else GROUP_SECONDS,
    )


def _step_back(nice: int, *, idle: bool) -> None:
    """Leave the processor to the session's own code."""
    os.setpriority(os.PRIO_PROCESS, 0, nice)
    try:
        # where the kernel groups processes by session, the group's niceness is what counts
        with open("/proc/self/autogroup", "w") as file:
            file.write(str(nice))
    except OSError:
        pass  # it does not group them
    if idle and hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


# -- loading ---------------------------------------------------------------------------------------


def load(node: Node, order: dict[str, Any], tell: Callable[[object], None]) -> protocol.Restored:
    """Load an archive into a new worker's namespace, on its main thread.

    Args:
        node: a worker that has its session's folder and streams, and runs nothing yet.
        order: the archive: ``folder``, ``checkpoint``, ``trust``, ``rerun``.
        tell: sends the nursery a message.

    Raises:
        Damage, OSError, ValueError: if there is no such archive, or none that can be read.
    """
    store = archive.Store(order["folder"])
    manifest = store.manifest(order["checkpoint"])

    def progress(done: int, total: int) -> None:
        tell(kinship.Loading(manifest.checkpoint, done, total))

    report = archive.load(
        manifest,
        store,
        node.listing.namespace,
        trust=order["trust"],
        allow_rerun=order["rerun"],
        elsewhere=order.get("elsewhere", False),
        progress=progress,
    )
    _remember_cells(node, manifest)
    if order["folder"] == os.path.join(node.session["directory"], protocol.ARCHIVES):
        node.images.parent = order["checkpoint"]
    elif node.session.get("reseed"):
        continuity.reseed()
    if any(verdict == RERUN for verdict in report.verdicts.values()):
        report.caveats["cells"] = "what cells did beside binding names was done once more"
    out, err = node.transcript.sizes()
    return protocol.Restored(
        order["checkpoint"], None, "archive", manifest.execution_count, report.caveats,
        report.verdicts, report.reasons, wall_clock(), out, err,
    )  # fmt: skip


def _remember_cells(node: Node, manifest: archive.Manifest) -> None:
    """Go on counting where the session was, and know which cell defined which class."""
    node.executor.execution_count = manifest.execution_count
    for name, variable in manifest.variables.items():
        if variable.cell is not None and variable.source.lstrip("@").startswith("class "):
            node.executor.remember_class(name, f"<cell {variable.cell}>")
