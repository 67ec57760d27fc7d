"""Thread pools of libraries, which a fork does not carry: let go of before, quietly begun anew."""

from __future__ import annotations

import ctypes
from collections.abc import Collection

from .mappings import Mappings
from .native_threads import native_threads

_HARD_PAUSE = 2
_OPENMP, _OPENBLAS = "libgomp", "openblas"
_TIMEOUT, _TIMEOUT_BITS = b"OPENBLAS_THREAD_TIMEOUT", b"20"
"""For how many ticks of the processor's clock a thread of OpenBLAS looks for work before it sleeps,
as a power of two: half a millisecond. By itself OpenBLAS takes 26."""
_calmed: set[str] = set()
"""Paths of the libraries whose threads do not look for long any more."""


def let_go(own_ids: Collection[int] = ()) -> None:
    """Prepare the thread pools of this process for a fork. Both processes get new ones.

    Without it the first parallel region of libgomp in the copy waits for threads that it does not
    have. OpenBLAS ends its threads at a fork and starts new ones when it is next called, though it
    may have nothing for them to do: they would take the processors from whoever has, for longer
    than many a run takes.

    Args:
        own_ids: native ids of those of the worker's threads that have told them.
    """
    mappings = Mappings()
    owners = {thread.owner for thread in native_threads(mappings, own_ids)}
    for path in _libraries(_OPENMP, owners, mappings):
        try:
            ctypes.CDLL(path).omp_pause_resource_all(_HARD_PAUSE)
        except (OSError, AttributeError):
            continue  # unmapped meanwhile, or older than OpenMP 5
    for path in _libraries(_OPENBLAS, owners, mappings) - _calmed:
        _calmed.add(path)
        _calm(path)


def _libraries(part: str, owners: set[str], mappings: Mappings) -> set[str]:
    """Paths of the libraries of a kind whose threads have started."""
    paths = {owner for owner in owners if part in owner}
    if "" in owners:  # one that could not be told: it may be any library's
        paths |= mappings.files(part)
    return paths


def _calm(path: str) -> None:
    """Let the threads that an OpenBLAS starts from now on sleep soon; it asks the environment.

    Where somebody has said there how long they are to look for work, that holds.
    """
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_char_p
    if libc.getenv(_TIMEOUT) is not None:
        return
    try:
        read_again = ctypes.CDLL(path).openblas_read_env
    except (OSError, AttributeError):
        return  # unmapped meanwhile, or built to show no more than what all BLAS have
    libc.setenv(_TIMEOUT, _TIMEOUT_BITS, 1)
    try:
        read_again()
    finally:
        libc.unsetenv(_TIMEOUT)
