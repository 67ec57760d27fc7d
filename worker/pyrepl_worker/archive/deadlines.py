"""Deadlines for code that may be anybody's."""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # signal.py's wrappers need builtins
import contextlib
import threading
from collections.abc import Iterator
from typing import Any


class Late(BaseException):
    """Time is over. No Exception: code that catches those is not to go on."""


class Stray(Exception):
    """Something that is no Exception, like SystemExit, taken for one: user code raised it."""


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise `Late` in the block after `seconds`, and again each second if it is swallowed.

    Only the main thread can be stopped; elsewhere there is no deadline.

    Raises:
        Stray: if the block raises what would end the process.
    """
    try:
        if threading.current_thread() is threading.main_thread():
            with _alarm(seconds):
                yield
        else:
            yield
    except (Exception, Late):
        raise
    except BaseException as error:
        raise Stray(type(error).__name__) from error


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:

    def ring(signum: int, frame: Any) -> None:
        raise Late

    before = signal.signal(signal.SIGALRM, ring)
    # the gate holds it back from all code of ours
    mask = signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGALRM,))
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGALRM, before if before is not None else signal.SIG_DFL)
