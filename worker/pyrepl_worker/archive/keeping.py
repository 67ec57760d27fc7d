"""Which archives a session keeps: all that somebody named, and the youngest of the others."""

from __future__ import annotations

import os

from pyrepl_worker.protocol import PINS

from .shelf import Damage
from .store import Store

KEEP = 20
"""Archives that nobody labelled or pinned."""
MOST_BYTES = 20 << 30
"""Of all archives of a session; beyond that the oldest that nobody named go."""
PART_OF_FREE = 0.5
"""Archives that nobody named go too where they take more than this part of what is free."""


def make_room(
    store: Store, spare: set[str], *, keep: int = KEEP, most_bytes: int | None = None
) -> list[str]:
    """Remove archives that are too many, and what nothing names any more.

    Args:
        store: the session's.
        spare: checkpoints that stay in any case, beside those that are pinned.
        keep: how many others stay.
        most_bytes: what the others may take; None: as the disk allows.

    Returns:
        The checkpoints whose archives were removed.
    """
    held = pinned(store) | spare
    loose = [each for each in store.checkpoints() if each not in held]
    removed = loose[: max(0, len(loose) - keep)]
    loose = loose[len(removed) :]
    limit = most_bytes if most_bytes is not None else _limit(store.folder)
    sizes = {each: _size(store, each) for each in loose}
    while loose and sum(sizes[each] for each in loose) > limit:
        removed.append(loose.pop(0))
    for each in removed:
        store.remove(each)
    try:
        store.collect(wait=False)
    except BlockingIOError:
        pass  # somebody writes: whoever comes next collects
    return removed


def pinned(store: Store) -> set[str]:
    """The checkpoints whose archives are kept until they are deleted."""
    try:
        return set(os.listdir(os.path.join(store.folder, PINS)))
    except OSError:
        return set()


def _limit(folder: str) -> int:
    disk = os.statvfs(folder)
    return min(MOST_BYTES, int(disk.f_bavail * disk.f_frsize * PART_OF_FREE))


def _size(store: Store, checkpoint: str) -> int:
    try:
        return store.manifest(checkpoint).bytes_total
    except (Damage, OSError, ValueError):
        return 0
