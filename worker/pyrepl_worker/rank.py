"""Whom the kernel ends first when memory runs out: a live worker, before the images it came from.

An image counts in full for what it shares, so it would look as large as its worker. Anybody may ask
to be ended earlier, and take that back.
"""

from __future__ import annotations

_FILE = "/proc/self/oom_score_adj"
_AHEAD = 200
"""How much sooner: a worker counts as if it took a fifth of the memory more."""
_MOST = 1000

_base: int | None = None
"""What the nursery has; None: not known yet, or there is no such thing here."""


def go_first() -> None:
    """Be ended before the images: for a live worker, and what it starts."""
    global _base
    if _base is None:
        _base = _read()
    if _base is not None:
        _write(min(_base + _AHEAD, _MOST))


def go_last() -> None:
    """Be ended no sooner than others: for an image."""
    if _base is not None:
        _write(_base)


def go_before_all() -> None:
    """Be ended before anything else: for what can be done again."""
    _write(_MOST)


def _read() -> int | None:
    try:
        with open(_FILE, "rb", buffering=0) as file:  # bytes: text would load a codec
            return int(file.read())
    except (OSError, ValueError):
        return None


def _write(value: int) -> None:
    try:
        with open(_FILE, "wb", buffering=0) as file:
            file.write(b"%d" % value)
    except OSError:
        return  # not allowed here: the kernel chooses by size alone
