"""Deaths among a session's images: nothing leaks, nothing hangs, what is left works."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial

import pytest

from pyrepl_tui import CheckpointError, Output, PyreplError, Session, SessionState, WorkerDied
from tests.support.forks import WORKERS
from tests.support.programs import Program, alive, runtime_folder
from tests.support.waiting import eventually, wait_until

SOON = 10.0
"""Seconds within which anything here must be answered, one way or another."""


async def pids(session: Session, role: str) -> list[int]:
    return [each.pid for each in await session.processes() if each.role == role]


async def _count_is(session: Session, images: int) -> bool:
    return len(await pids(session, "image")) == images


async def test_a_killed_worker_is_restored_from_its_image() -> None:
    async with Session() as session:
        await session.execute("x = [1]; g = (n for n in range(9)); next(g)")
        point = await session.checkpoint("before")
        await session.execute("x.append(2)")
        assert session.pid is not None
        os.kill(session.pid, signal.SIGKILL)
        await eventually(lambda: session.state is SessionState.DEAD)
        report = await asyncio.wait_for(session.restore(point), SOON)
        assert report.form == "image"
        assert (await session.execute("x, next(g)")).value == "([1], 1)"


async def test_a_killed_image_is_told_of_and_the_session_goes_on() -> None:
    async with Session() as session:
        await session.execute("x = 1")
        point = await session.checkpoint("before")
        (image,) = await eventually(lambda: pids(session, "image"))
        os.kill(image, signal.SIGKILL)
        await eventually(lambda: not alive(image))
        try:
            report = await asyncio.wait_for(session.restore(point), SOON)
        except CheckpointError:
            pass
        else:
            assert report.form == "archive"
        assert (await session.execute("x")).value == "1"


async def test_images_killed_one_by_one_take_only_their_own_checkpoint() -> None:
    async with Session() as session:
        points = []
        for n in range(4):
            await session.execute(f"x = {n}")
            points.append(await session.checkpoint(str(n)))
        images = {
            each.checkpoint: each.pid for each in await session.processes() if each.checkpoint
        }
        os.kill(images[points[1].id], signal.SIGKILL)
        await eventually(lambda: not alive(images[points[1].id]))
        for n in (3, 0, 2):
            await asyncio.wait_for(session.restore(points[n]), SOON)
            assert (await session.execute("x")).value == str(n)


async def test_a_nursery_killed_with_images_leaves_none_behind() -> None:
    """The sandbox of the test checks that no process at all is left."""
    async with Session() as session:
        await session.execute("x = 1")
        await session.checkpoint("a")
        processes = await eventually(lambda: pids(session, "image"))
        processes += await pids(session, "worker")
        (nursery,) = await pids(session, "nursery")
        os.kill(nursery, signal.SIGKILL)
        await eventually(lambda: not any(map(alive, processes)))
        await eventually(lambda: session.state is SessionState.DEAD)
        with pytest.raises(WorkerDied):
            await asyncio.wait_for(session.execute("1"), SOON)


CLIENT = """
async def main():
    session = Session()
    await session.start()
    await session.execute("x = list(range(1000))")
    points = [await session.checkpoint(str(n)) for n in range(5)]
    await session.restore(points[2])
    other = await session.branch(points[1])
    operation = session.run("print('go', flush=True)\\nwhile True: pass")
    async for event in operation:
        if isinstance(event, Output):
            break
    print(session.id, other.id, flush=True)
    await operation
"""


def test_a_killed_client_takes_images_and_branches_along() -> None:
    """The sandbox of the test checks that no process at all is left."""
    with Program(CLIENT) as program:
        ids = program.hear().split()
        assert len(ids) == 2
        program.kill()
        registry = runtime_folder() / "registry"
        wait_until(lambda: not [path for path in registry.iterdir() if path.stem in ids])
        wait_until(lambda: list((runtime_folder() / "s").iterdir()) == [])


@pytest.mark.parametrize("policy", ["rollback_on_failure", "commit_on_success", "explicit"])
async def test_a_worker_killed_within_a_transaction(policy: str) -> None:
    async with Session() as session:
        await session.execute("x = ['before']")
        operation = session.run(
            "x.append('during')\nprint('go', flush=True)\nwhile True: pass", policy=policy
        )
        async for event in operation:
            if isinstance(event, Output):
                break
        assert session.pid is not None
        os.kill(session.pid, signal.SIGKILL)
        result = await asyncio.wait_for(operation.result(), SOON)
        assert result.status == "crashed"
        if policy == "explicit":
            await asyncio.wait_for(session.rollback(), SOON)
        await eventually(lambda: session.state is SessionState.IDLE)
        assert (await session.execute("x")).value == "['before']"


async def test_guards_of_short_runs_end_with_them() -> None:
    """Such a run is over before the image that guards it has reported to the nursery."""
    async with Session() as session:
        await session.execute("x = 0")
        for policy in ("rollback_on_failure", "commit_on_success"):
            for _ in range(10):
                assert (await session.execute("x += 1", policy=policy)).status == "ok"
        for _ in range(5):
            await session.begin()
            await session.commit()
        await session.checkpoint()  # its image joins after them
        await eventually(partial(_count_is, session, 1))
        assert (await session.execute("x")).value == "20"


REFUSE = (
    WORKERS
    + """
asked, fork = 0, sys.worker['fork']
def refuse():
    global asked
    asked += 1
    if asked >= FIRST:
        raise BlockingIOError(11, "Resource temporarily unavailable")
    return fork()
sys.worker['fork'] = refuse
"""
)


@pytest.mark.parametrize("first", [1, 2], ids=["at once", "in the process between"])
async def test_what_cannot_be_forked_is_refused(first: int) -> None:
    async with Session() as session, Session() as other:
        await session.execute("x = [1]")
        (worker,) = await pids(session, "worker")
        for ask in (session.checkpoint, session.branch, partial(session.compare, other)):
            await session.execute(REFUSE.replace("FIRST", str(first)))
            with pytest.raises(PyreplError):
                await asyncio.wait_for(ask(), SOON)
            await session.execute("sys.worker['fork'] = fork")
        assert not any(point.has_image for point in await session.checkpoints())
        assert (await session.execute("x")).value == "[1]"
        assert await pids(session, "worker") == [worker]
        point = await asyncio.wait_for(session.checkpoint(), SOON)
        assert (await session.restore(point)).form == "image"


async def test_a_copy_guards_a_run_where_nothing_can_be_forked() -> None:
    async with Session() as session:
        await session.execute("x = [1]" + REFUSE.replace("FIRST", "1"))
        result = await session.execute("x.append(2); 1 / 0", policy="rollback_on_failure")
        assert (result.rolled_back, result.isolation) == (True, "deep")
        assert any("no process could be forked" in reason for reason in result.unrestored)
        assert (await session.execute("x")).value == "[1]"
