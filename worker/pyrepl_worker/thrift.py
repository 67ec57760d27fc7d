"""Keeps automatic checkpoints to a small part of a session's time, and says when it spaces them.

Time that passes earns credit, up to a little; each checkpoint spends what freezing took, here and
in the processes beside, and after it what the copies cost that the session had to make of memory
which the frozen twin shares.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from time import monotonic, thread_time
from typing import TYPE_CHECKING

from .late import part

if TYPE_CHECKING:
    from . import copies
else:
    copies = part("copies")

SHARE = 0.015
"""Part of the time that automatic checkpoints may take."""
BURST_SECONDS = 0.1
"""What may be spent at once: for whoever types, there is one before each run. The first checkpoint
of a session takes several times what later ones do."""
_WORTH_A_LOOK = 0.001
"""Seconds that page faults must have cost for a look at what was copied, which takes a third of
that. Fewer are counted as copies."""
_PROBED_PAGES = 16
"""Pages that are written to after each fork, to see what a copy costs here."""
_BESIDE = 3
"""Times a fork's cost: what the process between and the twin's first steps take, elsewhere."""
_FAULT_SECONDS = (3e-7, 1e-5)
"""Least and most that a page fault costs; in between the system's own account of it counts."""
_PAGE_BYTES = resource.getpagesize()


class Thrift:
    """What automatic checkpoints may still cost."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """`say` tells the user, once, that checkpoints are spaced out from now on."""
        self._say = say
        self._credit = BURST_SECONDS
        self._processors = os.cpu_count() or 1
        self._memory: copies.Memory | None = None
        """Where memory lies, as it was last looked at; None: it never was."""
        self._earned_at = monotonic()
        self._is_spacing = False
        self._sample: copies.Sample | None = None
        """Memory at the last fork; None: there was none."""
        self._paid_bytes = 0
        """Of the copies made since, those that are accounted for."""
        self._faults, self._system = 0, 0.0
        """Page faults and seconds in the kernel that are accounted for."""
        self._probe = bytearray()
        """Memory to be copied page by page; empty before the first checkpoint."""
        self._copy_seconds = _FAULT_SECONDS[0]
        """What the copy of a page took, after the last fork."""

    def allows(self) -> bool:
        """Whether there is time for a checkpoint now."""
        self._settle()
        if self._credit > 0:
            self._is_spacing = False
            self._probe = self._probe or bytearray(b"\0") * (_PROBED_PAGES * _PAGE_BYTES)
            return True
        if not self._is_spacing:
            self._is_spacing = True
            seconds = -self._credit / SHARE
            due = f"{seconds:.1f}" if seconds < 9.5 else f"{seconds:.0f}"
            self._say(
                "Automatic checkpoints take too much time here and are spaced out: there is none "
                f"before this run, and the next is due in {due} s."
            )
        return False

    def spend(self, seconds: float, fork_seconds: float) -> None:
        """Account for what freezing took, and remember the memory that is shared from now on.

        Args:
            seconds: what it took of this thread's time.
            fork_seconds: the part of it that the fork itself took.
        """
        began = thread_time()
        self._time_copies()
        self._memory = self._memory or copies.Memory()
        self._sample, self._paid_bytes = copies.Sample(self._memory.regions()), 0
        self._faults, self._system = _usage()
        self._credit -= seconds + fork_seconds * _BESIDE / self._processors
        self._credit -= thread_time() - began

    def _settle(self) -> None:
        """Earn what the time is worth that has passed, and pay for the copies that were made."""
        now = monotonic()
        earned = (now - self._earned_at) * SHARE
        self._credit = min(self._credit + earned, BURST_SECONDS)
        self._earned_at = now
        if self._sample is None:
            return
        used = _usage()
        faults, system = used[0] - self._faults, used[1] - self._system
        if faults < 0:
            self._sample = None  # another process, which came from an image
        elif faults * self._copy_seconds >= _WORTH_A_LOOK:
            began = thread_time()
            copied = self._sample.copied_bytes()
            pages = min((copied - self._paid_bytes) // _PAGE_BYTES, faults)
            least, most = _FAULT_SECONDS
            self._credit -= max(pages, 0) * min(max(system / faults, least), most)
            self._credit -= thread_time() - began
            self._paid_bytes = copied
            self._faults, self._system = _usage()
        else:
            self._faults, self._system = used
            self._credit -= faults * self._copy_seconds

    def _time_copies(self) -> None:
        """See what a copy costs: on a virtual machine several times what it does on a bare one."""
        if self._probe:
            began = thread_time()
            for at in range(0, len(self._probe), _PAGE_BYTES):
                self._probe[at] ^= 1
            least, most = _FAULT_SECONDS
            seconds = (thread_time() - began) / _PROBED_PAGES
            self._copy_seconds = min(max(seconds, least), most)


def _usage() -> tuple[int, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_minflt, used.ru_stime
