"""Pools of threads and processes after a restore: they work, or say why not, and never wait."""

from __future__ import annotations

import pytest

from pyrepl_tui import Session

from .running import error, ok, value

THREADS = """
import threading
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(2, thread_name_prefix='mine')
"""
BUSY = """
go_on = threading.Event(); begun = threading.Barrier(3)
def work():
    begun.wait(); go_on.wait()
    return 'done'
under_way = [pool.submit(work) for _ in range(2)]
waits = pool.submit(pow, 2, 5)
_ = begun.wait()
"""
PROCESSES = """
from concurrent.futures import ProcessPoolExecutor
import multiprocessing
pool = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context('fork'))
pool.submit(pow, 2, 3).result()
"""


async def test_an_idle_thread_pool_goes_on(session: Session) -> None:
    await ok(session, THREADS + "list(pool.map(abs, [-1, -2]))")
    point = await session.checkpoint()
    assert "executor 'mine'" in point.warnings[0]
    for _ in range(2):
        report = await session.restore(point)
        assert "work under way" not in report.caveats
        assert await value(session, "list(pool.map(abs, [-3, -4, -5]))") == "[3, 4, 5]"
    assert await value(session, "pool.shutdown()") is None


async def test_what_a_thread_pool_was_at_fails_and_what_waited_is_done(session: Session) -> None:
    await ok(session, THREADS + BUSY)
    point = await session.checkpoint()
    await ok(session, "go_on.set()")
    report = await session.restore(point)
    assert report.caveats["work under way"].startswith("2 calls")
    failed = await error(session, "under_way[0].result()")
    assert "not here" in failed.message
    assert await value(session, "waits.result(10), pool.submit(abs, -1).result(10)") == "(32, 1)"


async def test_the_event_loops_own_threads(session: Session) -> None:
    await ok(session, "import asyncio; await asyncio.to_thread(abs, -1)")
    point = await session.checkpoint()
    await session.restore(point)
    assert await value(session, "await asyncio.wait_for(asyncio.to_thread(abs, -2), 10)") == "2"


async def test_a_process_pool_starts_anew(session: Session) -> None:
    await ok(session, PROCESSES)
    old = await value(session, "list(pool._processes)")
    point = await session.checkpoint()
    await session.restore(point)
    assert await value(session, "pool.submit(pow, 2, 4).result(10)") == "16"
    await ok(session, "pool.shutdown()")
    await ok(session, f"import os, signal\nfor pid in {old}: os.kill(pid, signal.SIGKILL)")


async def test_a_multiprocessing_pool_says_that_it_has_ended(session: Session) -> None:
    await ok(
        session,
        "import multiprocessing, time\n"
        "pool = multiprocessing.get_context('fork').Pool(1)\n"
        "under_way = pool.apply_async(time.sleep, (60,))",
    )
    old = await value(session, "[each.pid for each in pool._pool]")
    point = await session.checkpoint()
    report = await session.restore(point)
    assert "closed" in report.caveats["multiprocessing.Pool"]
    assert "not running" in (await error(session, "pool.apply(abs, (-1,))")).message
    assert "not here" in (await error(session, "under_way.get(10)")).message
    await ok(session, f"import os, signal\nfor pid in {old}: os.kill(pid, signal.SIGKILL)")


async def test_other_processes_children_are_left_alone(session: Session) -> None:
    await ok(
        session,
        "import multiprocessing, time\n"
        "mine = multiprocessing.get_context('fork').Process(target=time.sleep, args=(60,))\n"
        "mine.start()",
    )
    async with await session.branch() as twin:
        await ok(twin, "assert not multiprocessing.active_children()")
    assert await value(session, "mine.is_alive()") == "True"
    await ok(session, "mine.kill(); mine.join()")


@pytest.mark.parametrize("name", ["queue.SimpleQueue", "queue.Queue", "multiprocessing.Queue"])
async def test_queues_go_on(session: Session, name: str) -> None:
    module = name.rpartition(".")[0]
    await ok(session, f"import {module}; q = {name}(); q.put(1); q.get()")
    point = await session.checkpoint()
    await session.restore(point)
    assert await value(session, "q.put(2); q.get()") == "2"


async def test_a_child_runs_on_and_its_end_is_never_told_as_success(session: Session) -> None:
    await ok(session, "import subprocess; child = subprocess.Popen(['sleep', '600'])")
    point = await session.checkpoint()
    assert any("child process" in warning for warning in point.warnings)
    report = await session.restore(point)
    assert "not ours" in report.caveats["child processes"]
    assert await value(session, "child.poll()") is None
    await ok(session, "try: child.wait(0.05)\nexcept subprocess.TimeoutExpired: late = True")
    await ok(session, "import warnings; warnings.simplefilter('ignore'); child.kill()")
    assert await value(session, "late, child.wait(10), child.poll()") == "(True, 255, 255)"
    fresh = "subprocess.run(['sh', '-c', 'exit 3']).returncode, subprocess.run(['true']).returncode"
    assert await value(session, fresh) == "(3, 0)"


async def test_a_child_that_ended_meanwhile_has_no_exit_code_either(session: Session) -> None:
    await ok(session, "import subprocess; child = subprocess.Popen(['sleep', '600'])")
    point = await session.checkpoint()
    await ok(session, "child.kill(); _ = child.wait()")
    await session.restore(point)
    await ok(session, "import warnings; warnings.simplefilter('error')")
    assert "not known" in (await error(session, "child.wait()")).message
