"""Whether a nursery and its sessions can be found: runtime folders are removed at times."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from . import kinship
from .estate import tidy_up

if TYPE_CHECKING:
    from .nursery import Nursery


LINGER_SECONDS = float(os.environ.get("PYREPL_TUI_LINGER") or 3)
"""How long a nursery with neither sessions nor clients waits for new ones."""
LOOK_SECONDS = 20 * LINGER_SECONDS
"""How often one without clients looks whether it can still be found."""


class Place:
    """The socket that a nursery is found at, as long as it lies where it was made."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._identity = _identity(path)

    @property
    def is_ours(self) -> bool:
        """Whether the socket is there, and no other nursery's."""
        return self._identity is not None and _identity(self.path) == self._identity

    def leave(self) -> None:
        """Remove the socket and what belongs to it."""
        if self.is_ours:
            os.unlink(self.path)
            tidy_up(self.path.rpartition(".")[0])


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def forsake(nursery: Nursery) -> None:
    """End the sessions of a nursery that nobody finds, unless they are found without it."""
    for session in list(nursery.sessions.values()):
        worker = session.worker
        if worker is None:
            nursery.let_go(session)  # what is on the disk is left for it to be taken up again
        elif not all(map(os.path.exists, (session.config["registry"], worker.socket_path))):
            session.is_ending = True
            worker.kill_reason = "nobody could reach it any more"
            worker.link.say(kinship.Forsaken())
