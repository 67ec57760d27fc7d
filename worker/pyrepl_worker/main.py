"""What a started process becomes: a nursery, or a spawned node; and how both end."""

from __future__ import annotations

import os
import socket
import sys
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import kinship
from .adoption import become_worker, wait_for_session
from .brood import BecomeNode, preload
from .connections import Connection
from .learning import Learning
from .node import Node
from .nursery import Nursery
from .rehearsal import rehearse

if TYPE_CHECKING:
    from .shadows import Shadows


def main(argv: Sequence[str], shadows: Shadows) -> int:
    """Act the role that `argv` names. Returns the exit code."""
    role, options = argv[0], _options(argv[1:])
    if role == "nursery":
        return _nursery(argv, options, shadows)
    if role == "node":
        failure = preload(options.get("--preload", []))
        link = Connection(socket.socket(fileno=int(options["--link-fd"][0])))
        if failure:
            link.say(kinship.NodeReady(os.getpid(), failure))
            return 1
        return _node(Node(), link, shadows)
    sys.stderr.write(f"pyrepl-tui: the worker has no role called {role!r}\n")
    return 2


def _nursery(argv: Sequence[str], options: dict[str, list[str]], shadows: Shadows) -> int:
    node = Node()
    nursery = Nursery(
        listener=socket.socket(fileno=int(options["--listen-fd"][0])),
        runtime=options["--runtime"][0],
        packages=options.get("--preload", []),
        respawn=[sys.executable, sys.argv[0], "node", *_inherited(argv[1:])],
        learning=Learning(shadows),
    )
    if nursery.forks:
        try:
            rehearse(node, shadows, nursery.place.path.rpartition(".")[0] + ".trial")
        except Exception:  # whatever stands half done here, new processes have nothing of it
            traceback.print_exc()
            nursery.forks = False
    try:
        return nursery.serve()
    except BecomeNode as child:
        link = child.link
    # the child of a fork comes out here; the nursery's objects are left alone: to free them would
    # copy the pages that they share with the nursery
    return _node(node, link, shadows)


def _node(node: Node, link: Connection, shadows: Shadows) -> int:
    adopt = wait_for_session(link)
    if adopt is None:
        return 0
    become_worker(node, adopt, link, shadows)
    return 0


def _options(words: Sequence[str]) -> dict[str, list[str]]:
    options: dict[str, list[str]] = {}
    for name, value in zip(words[::2], words[1::2], strict=False):
        options.setdefault(name, []).append(value)
    return options


def _inherited(words: Sequence[str]) -> list[str]:
    """The options that a spawned node needs too."""
    pairs = zip(words[::2], words[1::2], strict=False)
    return [word for pair in pairs if pair[0] in ("--site", "--preload") for word in pair]
