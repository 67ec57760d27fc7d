"""A live worker that makes room for another one.

It stands still until the other one is there. If nothing goes on in it beside its main thread, it
goes to sleep then as the image of its present: that takes no fork, and no memory. Else its image is
forked before, as other checkpoints are, and it exits.
"""

from __future__ import annotations

import os
import signal
from queue import SimpleQueue
from typing import TYPE_CHECKING

from . import kinship
from .late import part

if TYPE_CHECKING:
    from . import guards, pools
    from .images import Images
    from .node import Node
else:
    pools = part("pools")

DISMISS_SECONDS = 1.0
"""How long the second thread may take to end: it is at most in the middle of an answer."""
_TIMERS = ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF")


class Replacement:
    """How a node is replaced. All on the main thread, apart from `hear`."""

    def __init__(self, node: Node, images: Images) -> None:
        self._node = node
        self._images = images
        self._answers: SimpleQueue[object] = SimpleQueue()
        """What the nursery says to a worker that waits to be replaced."""

    def renew(self) -> None:
        """In a thawed process: nobody has been asked anything."""
        self._answers = SimpleQueue()

    def hear(self, answer: object) -> None:
        """Pass on what the nursery says; for the thread that serves."""
        self._answers.put(answer)

    def retire(self, keep: str | None) -> None:
        """Stand still for the nursery to put an image in this worker's place, and leave for it.

        Raises:
            Thawed: in each live worker that is later thawed from what is kept.
        """
        if keep is not None:
            found = self._images.survey()
            if _can_sleep(found):
                self._node.tell_nursery(kinship.Retired(None))
                if not self.wait_for_leave():
                    return
                self._fall_asleep(keep, found)
            if not self._freeze(keep):
                return
        self._node.tell_nursery(kinship.Retired(None))
        if self.wait_for_leave():
            self.depart()

    def _freeze(self, keep: str) -> bool:
        """Have another process be the image. Returns whether one was forked, if not tells why."""
        taken = self._images.freeze(keep, None, "replaced")
        if self._images.parent == keep:
            return True
        self._node.tell_nursery(kinship.Retired("; ".join(taken.warnings)))
        return False

    def wait_for_leave(self) -> bool:
        """Whether the nursery has another worker ready in this one's place."""
        self._node.service.wake()  # this thread does not read the answer
        return isinstance(self._answers.get(), kinship.Leave)

    def depart(self) -> None:
        """Exit without exit handlers: the session goes on elsewhere."""
        self._node.output.flush()
        self._node.tell_nursery(kinship.Left(None))
        os._exit(0)

    def _fall_asleep(self, checkpoint_id: str, found: guards.Survey) -> None:
        """Be an image from now on. Returns if that is not to be.

        Raises:
            Thawed: as `retire` does.
        """
        node = self._node
        pools.let_go(node.service.thread_ids)
        if node.service.dismiss(DISMISS_SECONDS):
            self._images.sleep(checkpoint_id, found)


def _can_sleep(found: guards.Survey) -> bool:
    """Whether nothing would go on in this process, and it holds nothing that its copies need."""
    return (
        found.trusted
        and found.still
        and not found.warnings
        and not any(any(signal.getitimer(getattr(signal, name))) for name in _TIMERS)
        and not _holds_file_locks()
    )


def _holds_file_locks() -> bool:
    """Whether this process itself has a lock on a file: it ends with the process, not before."""
    try:
        with open("/proc/locks", "rb") as file:
            return any(f" {os.getpid()} ".encode() in line and b"POSIX" in line for line in file)
    except OSError:
        return True
