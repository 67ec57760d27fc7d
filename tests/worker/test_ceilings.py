"""Ceilings of memory and processor time: what they stop and say, and what they leave alone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from pyrepl_tui import ExecutionResult, Notice, Session

from .conftest import InEach, Nest
from .running import error, ok, result_of, run, soon, value

MEMORY = 200_000_000
GROW = "import time\nx = []\nwhile True:\n    x.append(b'x' * 100_000)\n    time.sleep(0.0001)"
HUGE = "b'x' * 3_000_000_000"
LIMIT = "__import__('resource').getrlimit(__import__('resource').RLIMIT_DATA)[0]"
AT_REST = "open('/proc/self/limits').read().split('Max data size')[1].split()[0]"


@contextlib.asynccontextmanager
async def heard(session: Session) -> AsyncIterator[list[Notice]]:
    """What a session gives notice of, until it has finished what it was told before the end."""
    notices: list[Notice] = []
    events = session.events()

    async def listen() -> None:
        async for event in events:
            notices.extend([event] if isinstance(event, Notice) else [])

    task = asyncio.ensure_future(listen())
    try:
        yield notices
        await soon(session.execute("pass"))
        await asyncio.sleep(0)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def bounded(nest: Nest, python: str, work: Path) -> AsyncIterator[Session]:
    """A session with a memory ceiling."""
    async with nest.session(python=python, cwd=work, limits={"memory_bytes": MEMORY}) as session:
        yield session


def test_bad_limits_are_refused() -> None:
    bad: list[dict[str, Any]] = [
        {"memory": 1}, {"memory_bytes": -1}, {"cpu_seconds": 0}, {"cpu_seconds": 1.5},
        {"output_bytes": "1"}, {"memory_bytes": True}, {"display_bytes": None},
    ]  # fmt: skip
    for limits in bad:
        with pytest.raises(ValueError, match="there are memory_bytes, cpu_seconds, output_bytes"):
            Session(limits=limits)


async def test_growth_is_interrupted_and_the_state_is_kept(bounded: Session) -> None:
    pid = bounded.pid
    async with heard(bounded) as notices:
        result = await run(bounded, GROW)
    assert result.status == "interrupted"
    assert result.error is not None
    assert (result.error.name, result.error.message) == (
        "KeyboardInterrupt", "memory ceiling of 200 MB",
    )  # fmt: skip
    assert result.error.traceback.endswith("KeyboardInterrupt: memory ceiling of 200 MB\n")
    assert [notice.kind for notice in notices] == ["memory_warning", "memory_ceiling"]
    assert "of the 200 MB" in notices[0].text
    assert "memory ceiling of 200 MB" in notices[1].text
    assert bounded.pid == pid
    taken = int(await value(bounded, "len(x) * 100_000") or 0)
    assert MEMORY * 0.7 < taken < MEMORY * 4


async def test_a_session_above_its_ceiling_can_be_cleaned_up(bounded: Session) -> None:
    assert (await run(bounded, GROW)).status == "interrupted"
    await ok(bounded, "import time; time.sleep(0.1)")
    await ok(bounded, "y = x[:100]; time.sleep(0.05); del x")
    assert (await run(bounded, GROW)).status == "interrupted"
    assert await value(bounded, "len(y)") == "100"


async def test_near_the_ceiling_is_told_once_in_a_run(bounded: Session) -> None:
    code = (
        "import time\n"
        "held = int(open('/proc/self/status').read().split('RssAnon:')[1].split()[0]) * 1024\n"
        f"x = b'x' * ({MEMORY // 100 * 95} - held)\ntime.sleep(0.1)\ndel x"
    )
    async with heard(bounded) as notices:
        await ok(bounded, code)
        await ok(bounded, "1 + 1")
        await ok(bounded, code)
    assert [notice.kind for notice in notices] == ["memory_warning", "memory_warning"]


async def test_one_huge_allocation_is_refused(bounded: Session) -> None:
    async with heard(bounded) as notices:
        failed = await error(bounded, f"kept = 1\n{HUGE}")
    assert (failed.name, failed.message) == ("MemoryError", "memory ceiling of 200 MB")
    assert [notice.kind for notice in notices] == ["memory_ceiling"]
    caught = "try:\n    " + HUGE + "\nexcept MemoryError:\n    print('caught')"
    assert (await ok(bounded, caught)).stdout == "caught\n"
    assert await value(bounded, "kept") == "1"


async def test_code_that_swallows_the_interrupt_is_interrupted_again(in_each: InEach) -> None:
    async def check(session: Session) -> None:
        code = (
            "import time\nn = 0\nx = []\nwhile n < 2:\n    try:\n        while True:\n"
            "            x.append(b'x' * 100_000)\n            time.sleep(0.0001)\n"
            "    except KeyboardInterrupt:\n        n += 1\n        x.clear()\n"
            "raise KeyboardInterrupt"
        )
        async with heard(session) as notices:
            result = await run(session, code)
        assert result.status == "interrupted"
        assert await value(session, "n") == "2"
        assert [notice.kind for notice in notices].count("memory_ceiling") == 1

    await in_each(check, limits={"memory_bytes": MEMORY})


async def test_child_processes_are_held_to_it(bounded: Session) -> None:
    code = (
        "import subprocess, sys\n"
        f"done = subprocess.run([sys.executable, '-c', {HUGE!r}], capture_output=True, text=True)\n"
        "done.stderr.splitlines()[-1]"
    )
    assert await value(bounded, code) == "'MemoryError'"


async def test_the_pools_threads_start_under_a_low_ceiling(bounded: Session) -> None:
    code = (
        "import threading\ngo = threading.Event()\n"
        "threads = [threading.Thread(target=go.wait) for _ in range(32)]\n"
        "for each in threads: each.start()\n"
        "go.set()\nfor each in threads: each.join()"
    )
    await ok(bounded, code)


async def test_images_do_not_have_the_limit(bounded: Session) -> None:
    """Neither does what comes out of them, until it runs code."""
    assert int(await value(bounded, LIMIT) or -1) > MEMORY
    await ok(bounded, "x = 1")
    point = await bounded.checkpoint("before")
    pids = [each.pid for each in await bounded.processes() if each.role in ("worker", "image")]
    assert len(pids) == 2
    for pid in pids:
        limits = Path(f"/proc/{pid}/limits").read_text()
        assert limits.split("Max data size")[1].split()[0] == "unlimited"
    assert (await run(bounded, GROW)).status == "interrupted"
    await soon(bounded.restore(point))
    assert await value(bounded, "x") == "1"
    assert (await run(bounded, GROW)).status == "interrupted"


async def test_a_branch_has_the_ceiling_too(bounded: Session) -> None:
    await ok(bounded, "x = 1")
    branch = await soon(bounded.branch())
    try:
        assert (await run(branch, GROW)).status == "interrupted"
        assert await value(bounded, "x") == "1"
    finally:
        await branch.close()


async def test_a_run_above_its_ceiling_is_rolled_back_where_its_policy_says_so(
    bounded: Session,
) -> None:
    await ok(bounded, "x = 'before'")
    result = await run(bounded, GROW, policy="rollback_on_failure")
    assert (result.status, result.rolled_back) == ("interrupted", True)
    assert await value(bounded, "x") == "'before'"


async def test_what_lets_no_other_thread_look_is_stopped(
    nest: Nest, python: str, work: Path
) -> None:
    async with nest.session(python=python, cwd=work, limits={"cpu_seconds": 1}) as session:
        async with heard(session) as notices:
            result = await run(session, "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')")
        assert result.status == "interrupted"
        assert result.error is not None
        assert result.error.message == "CPU ceiling of 1 s"
        assert [notice.kind for notice in notices] == ["cpu_ceiling"]


async def test_what_a_run_takes_of_the_processor(nest: Nest, python: str, work: Path) -> None:
    async with nest.session(python=python, cwd=work, limits={"cpu_seconds": 1}) as session:
        async with heard(session) as notices:
            code = "import time\nbegan, x = time.process_time(), 1\nwhile True: pass"
            result: ExecutionResult = await result_of(session.run(code))
        assert result.status == "interrupted"
        assert result.error is not None
        assert result.error.message == "CPU ceiling of 1 s"
        # of the processor, not by the clock: the worker's other thread takes its share of that
        assert float(await value(session, "time.process_time() - began") or 0) >= 1
        assert [notice.kind for notice in notices] == ["cpu_ceiling"]


async def test_each_run_has_the_processor_for_as_long(nest: Nest, work: Path) -> None:
    async with nest.session(cwd=work, limits={"cpu_seconds": 1}) as session:
        await ok(session, "import time; time.sleep(1.2)")
        burn = "import time\nwhile time.process_time() - began < 0.7: pass"
        for _ in range(2):
            await ok(session, "began = __import__('time').process_time()\n" + burn)


async def test_without_ceilings_there_is_no_limit(session: Session) -> None:
    assert await value(session, f"{LIMIT} == __import__('resource').RLIM_INFINITY") == "True"
    assert await value(session, AT_REST) == "'unlimited'"


async def test_a_limit_that_code_sets_itself_stays(bounded: Session) -> None:
    await ok(
        bounded,
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (3_000_000_000, resource.RLIM_INFINITY))\n"
        "import time; time.sleep(0.05)",
    )
    pid = bounded.pid
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert limits.split("Max data size")[1].split()[0] == "3000000000"
