"""Hearing of sessions that begin, change and end elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from pyrepl_tui import locations

from . import registry
from .registry import RegistryEntry

Changes = dict[str, "RegistryEntry | None"]
"""Session id to its entry as it is now; None: it has ended."""

_STEP_MS = 50
_DEBOUNCE_MS = 100
_SECOND_LOOK_MS = 500


async def watch_registry(stop: asyncio.Event | None = None) -> AsyncIterator[Changes]:
    """Yield what has changed in the registry; the first time, everything that is there.

    Args:
        stop: ends the iteration once it is set; None: it goes on until it is closed.
    """
    # it has a compiled core and is not needed to run a session
    from watchfiles import awatch

    locations.runtime_dir()
    known: dict[str, RegistryEntry] = {}
    yield _compare(known)
    notices = awatch(
        registry.folder(),
        stop_event=stop,
        step=_STEP_MS,
        debounce=_DEBOUNCE_MS,
        yield_on_timeout=True,
        rust_timeout=_SECOND_LOOK_MS,
        recursive=False,
        watch_filter=None,
    )
    looked_again = False
    async with contextlib.aclosing(notices):
        async for notice in notices:
            # what changed after the first look and before the watch was set up has no notice
            if notice or not looked_again:
                looked_again = True
                changes = _compare(known)
                if changes:
                    yield changes


def _compare(known: dict[str, RegistryEntry]) -> Changes:
    """What differs from what was known, which is brought up to date."""
    present = {entry.id: entry for entry in registry.entries()}
    changes: Changes = {name: entry for name, entry in present.items() if known.get(name) != entry}
    changes.update({name: None for name in known if name not in present})
    known.clear()
    known.update(present)
    return changes


async def watch_folder(folder: Path) -> AsyncIterator[set[str]]:
    """Yield the paths of files in a folder that were written, made or removed."""
    from watchfiles import awatch

    notices = awatch(
        folder, step=_STEP_MS, debounce=_DEBOUNCE_MS, recursive=False, watch_filter=None
    )
    async with contextlib.aclosing(notices):
        async for notice in notices:
            yield {path for _, path in notice}
