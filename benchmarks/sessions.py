"""New sessions: from a warm pool, from a running nursery, from nothing, ten at once; memory."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time

from pyrepl_tui import Session, SessionPool

from .measuring import Lab, Row, alternate, own_folders, pss_of_all, seconds_of

SETTLE = 0.3
"""Seconds given to the nursery and the pool to fill up again between two measurements."""


async def first_result(session: Session) -> Session:
    """Run something in a started session."""
    result = await session.execute("1 + 1")
    if result.value != "2":
        raise AssertionError(result)
    return session


async def cold() -> float:
    """A session with nothing running yet."""
    with own_folders():
        begin = time.perf_counter()
        session = await first_result(await _started())
        seconds = time.perf_counter() - begin
        await session.close()
    return seconds


async def _started(python: str | None = None) -> Session:
    session = Session(python=python)
    await session.start()
    return session


async def warm() -> float:
    """A session of a nursery that runs already."""
    await asyncio.sleep(SETTLE)
    begin = time.perf_counter()
    session = await first_result(await _started())
    seconds = time.perf_counter() - begin
    await session.close()
    return seconds


async def pooled(pool: SessionPool) -> float:
    """A session out of a pool."""
    await asyncio.sleep(SETTLE)
    begin = time.perf_counter()
    session = await first_result(await pool.acquire())
    seconds = time.perf_counter() - begin
    await pool.release(session)
    return seconds


async def ten() -> tuple[float, float]:
    """Ten sessions at once: seconds until all have a result, and bytes of memory of one."""
    await asyncio.sleep(SETTLE)
    begin = time.perf_counter()
    sessions = await asyncio.gather(*(_started() for _ in range(10)))
    await asyncio.gather(*(session.execute("x = 1") for session in sessions))
    seconds = time.perf_counter() - begin
    await asyncio.sleep(1)
    memory, _ = pss_of_all(os.environ["XDG_RUNTIME_DIR"])
    await asyncio.gather(*(session.close() for session in sessions))
    return seconds, memory / 11  # the ten and the one that keeps the nursery


async def idle_memory(python: str) -> float:
    """Bytes of one of ten idle sessions in an interpreter, its nursery and spare counted.

    It is a fresh environment of that interpreter: nothing of anybody is loaded when it starts. The
    first session of all is another one: it writes compiled code, which costs it memory.
    """
    with own_folders() as base:
        seconds_of([python, "-m", "venv", "--without-pip", str(base / "env")])
        environment = str(base / "env" / "bin" / "python")
        with own_folders():
            await (await first_result(await _started(environment))).close()
        sessions = [Session(python=environment) for _ in range(10)]
        await asyncio.gather(*(session.start() for session in sessions))
        await asyncio.gather(*(session.execute("x = 1") for session in sessions))
        await asyncio.sleep(1)
        memory, _ = pss_of_all(os.environ["XDG_RUNTIME_DIR"])
        await asyncio.gather(*(session.close() for session in sessions))
    return memory / len(sessions)


async def measure(lab: Lab) -> list[Row]:
    """All of this file's rows."""
    kernel: list[float] = []

    def theirs() -> float:
        kernel.append(lab.jupyter.seconds("new_session"))
        return kernel[-1]

    cold_ours, cold_kernel = await alternate(lab.times(5), cold, theirs)
    bare = statistics.median(seconds_of([sys.executable, "-c", "pass"]) for _ in range(5))
    async with Session() as keeper:
        await keeper.execute("None")
        warm_ours, _ = await alternate(lab.times(12), warm, lambda: 0.0)
        async with SessionPool(size=2) as pool:
            pool_ours, _ = await alternate(lab.times(12), lambda: pooled(pool), lambda: 0.0)
        kernel_once = statistics.median(kernel)
        rows = [
            Row("new session, warm pool, first result", "s", pool_ours, kernel_once, at_least=60),
            Row("new session, nursery running", "s", warm_ours, kernel_once, at_least=60),
            Row("new session, nothing running yet", "s", cold_ours, cold_kernel, at_least=4),
            Row("  beside python -c pass", "s", cold_ours, bare, peer_name="python -c pass"),
        ]
        rows += await _ten_rows(lab)
    return rows


async def _ten_rows(lab: Lab) -> list[Row]:
    ours, theirs = [], []
    for _ in range(lab.times(3)):
        ours.append(await ten())
        answer = lab.jupyter.ask("ten_sessions")
        theirs.append((answer["seconds"], answer["pss"]))
    seconds, kernel_seconds = (statistics.median(run[0] for run in side) for side in (ours, theirs))
    memory, kernel_memory = (
        statistics.median(run[1] for run in side) / 1e6 for side in (ours, theirs)
    )
    return [
        Row("ten sessions at once", "s", seconds, kernel_seconds, at_least=40),
        Row(
            "memory of an idle session (PSS)", "MB", memory, kernel_memory, at_most=4,
            note="mean of eleven; nursery and spare counted",
        ),
        *[
            Row(
                f"  in a fresh CPython {name}", "MB", await idle_memory(path) / 1e6, None, at_most=4
            )
            for name, path in lab.pythons
        ],
    ]  # fmt: skip
