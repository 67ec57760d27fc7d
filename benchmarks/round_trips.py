"""Round trips: execute, input(), interrupt, and the import of a preloaded module."""

from __future__ import annotations

import asyncio
import statistics
import time

from pyrepl_tui import Output, Session

from .measuring import BareWorker, Lab, Row, ThreadedWorker, alternate

INPUTS = 200
SETTLE = 0.05
"""Seconds before a side is measured: what the one before it still does is none of its business."""


async def execute_times(session: Session, count: int) -> list[float]:
    """Seconds of each of that many executions."""
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        await session.execute("x = 1")
        times.append(time.perf_counter() - begin)
    return times


async def bare_times(bare: BareWorker, count: int) -> list[float]:
    """The same in the least possible worker."""
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        await bare.execute("x = 1")
        times.append(time.perf_counter() - begin)
    return times


def blocking_times(bare: BareWorker, count: int) -> list[float]:
    """The same again, for a client without an event loop."""
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        bare.execute_blocking("x = 1")
        times.append(time.perf_counter() - begin)
    return times


async def threaded_times(worker: ThreadedWorker, count: int) -> list[float]:
    """The same in the least worker that listens while it executes."""
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        await worker.execute("x = 1")
        times.append(time.perf_counter() - begin)
    return times


async def bare_input_time(worker: ThreadedWorker) -> float:
    """Seconds until one input() of that worker is asked, answered and returned."""
    begin = time.perf_counter()
    await worker.execute(f"for _ in range({INPUTS}): assert input() == 'yes'", "yes")
    return (time.perf_counter() - begin) / INPUTS


async def input_time(session: Session) -> float:
    """Seconds until one input() is asked, answered and returned."""
    begin = time.perf_counter()
    result = await session.execute(
        f"for _ in range({INPUTS}): assert input() == 'yes'", on_input=lambda _request: "yes"
    )
    if result.status != "ok":
        raise AssertionError(result)
    return (time.perf_counter() - begin) / INPUTS


async def interrupt_time(session: Session) -> float:
    """Seconds from interrupt() to the end of an endless loop that has run for a moment.

    In the first 4 ms of a run, which most runs end in, nobody listens beside it.
    """
    operation = session.run("print('go', flush=True)\nwhile True: pass")
    async for event in operation:
        if isinstance(event, Output):
            break
    await asyncio.sleep(SETTLE)
    begin = time.perf_counter()
    await session.interrupt()
    result = await operation
    if result.status != "interrupted":
        raise AssertionError(result)
    return time.perf_counter() - begin


async def import_time(python: str, preload: tuple[str, ...]) -> float:
    """Seconds of ``import pandas`` in a new session."""
    async with Session(python=python, preload=preload) as session:
        await session.execute("None")
        begin = time.perf_counter()
        result = await session.execute("import pandas")
        if result.status != "ok":
            raise AssertionError(result)
        return time.perf_counter() - begin


async def measure(lab: Lab) -> list[Row]:
    """All of this file's rows."""
    async with Session() as session:
        rows = await _execute_rows(lab, session)
        rows += await _input_rows(lab, session)
        ours, theirs = await alternate(
            lab.times(9), lambda: interrupt_time(session), lambda: lab.jupyter.seconds("interrupt")
        )
        rows.append(Row("interrupt of `while True: pass`", "s", ours, theirs, at_least=8))
    return rows + await _import_rows(lab)


async def _input_rows(lab: Lab, session: Session) -> list[Row]:
    ours, floor, theirs = [], [], []
    worker = await ThreadedWorker.start()
    for _ in range(max(3, lab.times(7))):  # the first of a session is another matter
        await asyncio.sleep(SETTLE)
        ours.append(await input_time(session))
        await asyncio.sleep(SETTLE)
        floor.append(await bare_input_time(worker))
        theirs.append(lab.jupyter.seconds("inputs", count=INPUTS))
    await worker.close()
    middle = statistics.median(ours)
    return [
        Row("input() answered", "s", middle, statistics.median(theirs), at_least=8),
        Row(
            "  beside a bare worker of two threads", "s", middle, statistics.median(floor),
            peer_name="bare", relative=True,
        ),
    ]  # fmt: skip


async def _execute_rows(lab: Lab, session: Session) -> list[Row]:
    ours: list[float] = []
    floor: list[float] = []
    threaded: list[float] = []
    blocking: list[float] = []
    theirs: list[float] = []
    bare, sunk, listening = await BareWorker.start(), BareWorker(), await ThreadedWorker.start()
    for _ in range(10):
        count = lab.times(100)
        await asyncio.sleep(SETTLE)
        ours += await execute_times(session, count)
        await asyncio.sleep(SETTLE)
        floor += await bare_times(bare, count)
        await asyncio.sleep(SETTLE)
        threaded += await threaded_times(listening, count)
        await asyncio.sleep(SETTLE)
        blocking += blocking_times(sunk, count)
        theirs += lab.jupyter.ask("round_trips", count=count)["times"]
    await bare.close()
    await sunk.close()
    await listening.close()
    middle = statistics.median(ours)
    name = f'execute("x = 1"), p50 of {len(ours)}'
    return [
        Row(name, "s", middle, statistics.median(theirs), at_least=25),
        Row(
            "  beside a bare worker of two threads", "s", middle, statistics.median(threaded),
            peer_name="bare", at_most=3, relative=True,
        ),
        Row(
            "  beside a bare socket worker, asyncio client", "s", middle, statistics.median(floor),
            peer_name="bare", at_most=3, relative=True,
        ),
        Row(
            "  beside a bare socket worker, blocking client", "s", middle,
            statistics.median(blocking), peer_name="bare", at_most=3, relative=True,
        ),
    ]  # fmt: skip


async def _import_rows(lab: Lab) -> list[Row]:
    modules = ("numpy", "pandas")
    loaded, cold, kernel = [], [], []
    async with Session(python=lab.peer_python, preload=modules), Session(python=lab.peer_python):
        for _ in range(lab.times(5)):
            loaded.append(await import_time(lab.peer_python, modules))
            cold.append(await import_time(lab.peer_python, ()))
            kernel.append(lab.jupyter.seconds("time_import", module="pandas"))
    ours = statistics.median(loaded)
    return [
        Row(
            "import pandas, preloaded", "s", ours, statistics.median(cold),
            peer_name="ours, cold", at_least=50,
        ),
        Row("import pandas, preloaded", "s", ours, statistics.median(kernel)),
    ]  # fmt: skip
