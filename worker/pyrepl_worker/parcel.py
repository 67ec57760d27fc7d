"""Variables from one session to another: packed by a disposable twin, unpacked between runs.

They go through an archive of their own, so what refers to the same object within it does so
afterwards too.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from . import protocol
from .operation import Task
from .tracebacks import in_words

if TYPE_CHECKING:
    from .connections import Connection
    from .node import Node

NAME = "parcel"
"""Of the archive's checkpoint."""
GROUP_SECONDS = 60.0


def pack(namespace: dict[str, Any], names: list[str], folder: str) -> None:
    """Write variables to an archive in a folder. Called in a twin: it runs user code."""
    from . import archive  # a session seldom needs it here

    others = frozenset(namespace) - frozenset(names)
    context = archive.SaveContext(
        NAME, "", os.sep, {}, [], hidden=others, group_seconds=GROUP_SECONDS
    )
    archive.save(namespace, context, archive.Store(folder))


def exchange(
    namespace: dict[str, Any], hidden: dict[str, Any], folder: str, checkpoint: str
) -> dict[str, str]:
    """Have a checkpoint's variables in place of the present ones.

    Called in a twin: it runs user code, and takes folder and search path from the archive too.

    Returns:
        Why, by name, what could not be brought back could not.
    """
    from . import archive

    for name in [each for each in namespace if each not in hidden and each[:2] != "__"]:
        del namespace[name]
    store = archive.Store(folder)
    report = archive.load(
        store.manifest(checkpoint), store, namespace, trust=True, elsewhere=True,
        group_seconds=GROUP_SECONDS,
    )  # fmt: skip
    lost = [name for name, verdict in report.verdicts.items() if verdict == "missing"]
    return {name: report.reasons.get(name, "") for name in lost}


def unpack(node: Node, client: Connection, msg: protocol.TakeVariables) -> None:
    """Bring packed variables into the session, after what runs and waits now."""

    def take() -> None:
        from . import archive

        try:
            store = archive.Store(msg.folder)
            report = archive.load_variables(
                store.manifest(NAME), store, node.listing.namespace, group_seconds=GROUP_SECONDS
            )
        except (archive.Damage, OSError, ValueError) as error:
            node.audience.say(client, protocol.Failed(msg.seq, "invalid", str(error)))
            return
        data = {"verdicts": report.verdicts, "reasons": report.reasons}
        node.audience.say(client, protocol.Done(msg.seq, data))

    def failed(error: Exception) -> None:
        node.audience.say(client, protocol.Failed(msg.seq, "invalid", in_words(error)))

    node.executor.submit(Task(take, failed))
