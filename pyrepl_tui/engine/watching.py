"""Hearing of sessions that begin, change and end elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from pyrepl_tui import locations

from . import registry
from .registry import RegistryEntry

Changes = dict[str, "RegistryEntry | None"]
"""Session id to its entry as it is now; None: it has ended."""

_STEP_MS = 25
_DEBOUNCE_MS = 100


async def watch_registry(stop: asyncio.Event | None = None) -> AsyncIterator[Changes]:
    """Yield what has changed in the registry; the first time, everything that is there.

    Args:
        stop: ends the iteration once it is set; None: it goes on until it is closed.
    """
    # it has a compiled core and is not needed to run a session
    from watchfiles import awatch

    locations.runtime_dir()
    known: dict[str, RegistryEntry] = {}
    # watching begins before the first look, so that nothing falls between the two
    notices = awatch(
        registry.folder(),
        stop_event=stop,
        step=_STEP_MS,
        debounce=_DEBOUNCE_MS,
        yield_on_timeout=True,
        rust_timeout=50,
        recursive=False,
        watch_filter=None,
    )
    first = True
    async with contextlib.aclosing(notices):
        async for notice in notices:
            if not first and not notice:
                continue
            changes = _compare(known)
            if changes or first:
                yield changes
            first = False


def _compare(known: dict[str, RegistryEntry]) -> Changes:
    """What differs from what was known, which is brought up to date."""
    present = {entry.id: entry for entry in registry.entries()}
    changes: Changes = {name: entry for name, entry in present.items() if known.get(name) != entry}
    changes.update({name: None for name in known if name not in present})
    known.clear()
    known.update(present)
    return changes
