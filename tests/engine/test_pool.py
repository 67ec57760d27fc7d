"""Sessions that are ready before they are asked for."""

from __future__ import annotations

import asyncio

import pytest

from pyrepl_tui import SessionPool, SessionState, WorkerStartError, list_sessions
from tests.support.waiting import eventually


async def test_a_warm_session_is_handed_out_once() -> None:
    async with SessionPool(size=2) as pool:
        await eventually(lambda: pool.ready == 2)
        async with pool.session() as first:
            await first.execute("x = 1")
            used = first.id
        assert first.state is SessionState.DEAD
        seen = set()
        for _ in range(3):
            async with pool.session() as session:
                assert (await session.execute("'x' in globals()")).value == "False"
                seen.add(session.id)
        assert used not in seen
        assert len(seen) == 3
    assert await list_sessions() == []


async def test_more_are_asked_for_than_are_ready() -> None:
    async with SessionPool(size=1) as pool:
        sessions = await asyncio.gather(*(pool.acquire() for _ in range(4)))
        assert len({session.id for session in sessions}) == 4
        for session in sessions:
            await pool.release(session)
        with pytest.raises(ValueError, match="not acquired"):
            await pool.release(sessions[0])
    assert await list_sessions() == []


async def test_a_session_that_died_while_it_waited_is_not_handed_out() -> None:
    async with SessionPool(size=1) as pool:
        await eventually(lambda: pool.ready == 1)
        (info,) = await list_sessions()
        session = await pool.acquire()
        await pool.release(session)
        await eventually(lambda: pool.ready == 1)
        waiting = pool._ready[0]
        await waiting.kill()
        await eventually(lambda: waiting.state is SessionState.DEAD)
        async with pool.session() as another:
            assert another.id not in (info.id, waiting.id)
            assert (await another.execute("1")).value == "1"


async def test_closing_ends_what_is_out_too() -> None:
    pool = SessionPool(size=2)
    session = await pool.acquire()
    await pool.close()
    assert session.state is SessionState.DEAD
    assert await list_sessions() == []
    with pytest.raises(RuntimeError, match="closed"):
        await pool.acquire()


async def test_whoever_acquires_is_told_what_is_wrong() -> None:
    async with SessionPool(python="/nowhere/python") as pool:
        with pytest.raises(WorkerStartError, match="/nowhere/python"):
            await pool.acquire()
    with pytest.raises(ValueError, match="at least one"):
        SessionPool(size=0)


async def test_options_reach_the_sessions() -> None:
    async with SessionPool(size=1, preload=("json.tool",), cwd="/") as pool, pool.session() as one:
        code = "import os, sys; (os.getcwd(), 'json.tool' in sys.modules)"
        assert (await one.execute(code)).value == "('/', True)"
