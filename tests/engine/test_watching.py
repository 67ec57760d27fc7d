"""Hearing of sessions that begin, change and end elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from pyrepl_tui import Session
from pyrepl_tui.engine.watching import Changes, watch_registry
from tests.support.waiting import eventually


@pytest_asyncio.fixture
async def watch() -> AsyncIterator[AsyncIterator[Changes]]:
    watching = watch_registry()
    yield watching
    await watching.aclose()  # type: ignore[attr-defined]


async def test_sessions_appear_change_and_end(watch: AsyncIterator[Changes]) -> None:
    assert await watch.__anext__() == {}
    session = await Session(name="first").start()
    changes = await watch.__anext__()
    entry = changes[session.id]
    assert entry is not None
    assert (entry.name, entry.pid) == ("first", session.pid)
    await session.rename("second")
    changes = await watch.__anext__()
    assert changes[session.id] is not None
    assert (changes[session.id] or entry).name == "second"
    await session.kill()
    await eventually(lambda: session.death)
    changes = await watch.__anext__()
    entry = changes[session.id]
    assert entry is not None
    assert entry.pid is None
    assert entry.death == session.death
    await session.close()
    assert await watch.__anext__() == {session.id: None}


async def test_the_first_look_tells_all_that_is_there(watch: AsyncIterator[Changes]) -> None:
    async with Session() as one, Session() as two:
        assert set(await watch.__anext__()) == {one.id, two.id}
