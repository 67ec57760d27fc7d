"""Sessions of another version of this package: they can be listed and ended, and no more."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
from typing import TYPE_CHECKING

from pyrepl_worker import protocol

from . import deadlines, registry
from .connection import ConnectionClosed, dial
from .errors import ProtocolError, SessionNotFound

if TYPE_CHECKING:
    from .registry import RegistryEntry


def check(entry: RegistryEntry) -> None:
    """Refuse a session that speaks another protocol.

    Raises:
        ProtocolError: if it does.
    """
    if entry.is_foreign:
        name = entry.name or entry.id
        raise ProtocolError(
            f"session {name!r} was made by another version of pyrepl-tui: use that version for it, "
            f"or end it with `pyrepl-tui stop {shlex.quote(name)}`"
        )


async def end(entry: RegistryEntry) -> None:
    """End a session with all its processes, in the words that every version understands."""
    try:
        await _ask_nursery(entry)
    except (ConnectionClosed, ProtocolError, SessionNotFound, asyncio.TimeoutError):
        await _kill(entry)
        registry.remove(entry.id)


async def _ask_nursery(entry: RegistryEntry) -> None:
    connection = await dial(entry.nursery, deadlines.END_SECONDS)
    try:
        connection.listen(lambda event: None, lambda: connection.fail_pending(_gone()))
        ended = connection.request(protocol.EndSession, entry.id)
        await asyncio.wait_for(ended, deadlines.END_SECONDS)
    finally:
        connection.close()


def _gone() -> ConnectionClosed:
    return ConnectionClosed("the nursery ended the connection")


async def _kill(entry: RegistryEntry) -> None:
    """End a worker whose nursery is gone."""
    if entry.pid is None or not registry.is_worker(entry.pid, entry.socket):
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(entry.pid, signal.SIGKILL)
