"""Interrupts that come from the kernel: code in C may let no thread of ours run.

A regular expression, or the power of a large number, looks for signals and goes on until there is
one, but no other thread gets to send it meanwhile.
"""

from __future__ import annotations

import ctypes
from _signal import SIGINT  # type: ignore[import-not-found]  # signal.py's is an enum
from time import CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID

LATE_SECONDS = 0.5
"""How long after its time an alarm comes: the thread that serves has acted by then, if it can,
and has taken it back.
"""
AGAIN_SECONDS = 1
"""It comes again as long as it is not taken back."""
_SIGNAL = 0


class _Event(ctypes.Structure):
    """The system's ``struct sigevent``, whose size is 64 bytes."""

    _fields_ = (
        ("value", ctypes.c_void_p),
        ("number", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("rest", ctypes.c_byte * 48),
    )


class _Times(ctypes.Structure):
    """The system's ``struct itimerspec``."""

    _fields_ = (
        ("again_seconds", ctypes.c_long),
        ("again_nanoseconds", ctypes.c_long),
        ("seconds", ctypes.c_long),
        ("nanoseconds", ctypes.c_long),
    )


class Alarm:
    """Has the kernel send this process SIGINT, which does nothing outside of user code.

    It does not pass to forked processes. Nothing where the system has no such timers.
    """

    def __init__(self, seconds: float, *, of_processor: bool = False) -> None:
        """Set it.

        Args:
            seconds: in so many it is time.
            of_processor: whether only those count in which this process has a processor.
        """
        self._timer = ctypes.c_void_p()
        self._system = _system()
        clock = CLOCK_PROCESS_CPUTIME_ID if of_processor else CLOCK_MONOTONIC
        event = _Event(number=SIGINT, notify=_SIGNAL)
        self._is_set = self._system is not None and not self._system.timer_create(
            clock, ctypes.byref(event), ctypes.byref(self._timer)
        )
        if self._system is not None and self._is_set:
            whole, part = divmod(max(0.0, seconds) + LATE_SECONDS, 1)
            times = _Times(AGAIN_SECONDS, 0, int(whole), int(part * 1e9))
            self._system.timer_settime(self._timer, 0, ctypes.byref(times), None)

    def take_back(self) -> None:
        """See to it that it does not come any more."""
        if self._system is not None and self._is_set:
            self._system.timer_delete(self._timer)


def _system() -> ctypes.CDLL | None:
    """The library with the kernel's timers; None: there is none."""
    for name in (None, "librt.so.1"):
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        if hasattr(library, "timer_create"):
            return library
    return None
