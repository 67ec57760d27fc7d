"""A worker that the kernel ends because memory has run out takes no image with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pyrepl_tui import Session, SessionState
from tests.support.waiting import eventually, wait_until

SOON = 10.0
LIMIT = 400 << 20
"""Bytes that the processes under test may take together."""
HOGS = "hoard = []\nwhile True: hoard.append(bytearray(8 << 20))"


async def by_role(session: Session, role: str) -> list[int]:
    return [each.pid for each in await session.processes() if each.role == role]


def score(pid: int) -> int:
    """How soon the kernel would end a process: the highest goes first."""
    return int(Path(f"/proc/{pid}/oom_score").read_text())


async def test_a_worker_goes_before_its_images() -> None:
    async with Session() as session:
        point = await session.checkpoint()
        for _ in range(2):
            images = await by_role(session, "image")
            nursery = await by_role(session, "nursery")
            assert session.pid is not None
            assert score(session.pid) > max(map(score, images + nursery))
            await session.restore(point)
        child = await session.execute(
            "import subprocess\n"
            "subprocess.run(['cat', '/proc/self/oom_score_adj'], capture_output=True).stdout"
        )
        assert child.value == repr(Path(f"/proc/{session.pid}/oom_score_adj").read_bytes())


@contextlib.contextmanager
def small_memory() -> Iterator[Callable[[int], None]]:
    """Puts processes into a group that may take `LIMIT` bytes; skips where we may not make one."""
    first = Path("/sys/fs/cgroup/memory")
    folder = (first if first.is_dir() else Path("/sys/fs/cgroup")) / f"pyrepl-test-{os.getpid()}"
    limit = "memory.limit_in_bytes" if first.is_dir() else "memory.max"

    def confine(pid: int) -> None:
        (folder / "cgroup.procs").write_text(str(pid))

    try:
        folder.mkdir()
    except OSError:
        pytest.skip("no control group can be made here")
    try:
        try:
            (folder / limit).write_text(str(LIMIT))
        except OSError:
            pytest.skip("memory is not under control here")
        yield confine
    finally:
        wait_until(lambda: not (folder / "cgroup.procs").read_text(), SOON, "the group to empty")
        folder.rmdir()


async def test_when_memory_runs_out_the_checkpoint_stays() -> None:
    with small_memory() as confine:
        async with Session() as session:
            await session.execute("x = [1]; big = bytearray(210 << 20)")
            point = await session.checkpoint("before")
            await session.execute("del big")  # now the image takes more than the worker
            (image,) = await eventually(lambda: by_role(session, "image"))
            assert session.pid is not None
            for pid in (session.pid, image):
                confine(pid)
            result = await asyncio.wait_for(session.execute(HOGS), 60)
            assert result.status == "crashed"
            assert result.death is not None
            assert "memory" in result.death.reason
            await eventually(lambda: session.state is SessionState.DEAD)
            assert await by_role(session, "image") == [image]
            await asyncio.wait_for(session.restore(point), SOON)
            assert (await session.execute("x, len(big)")).value == "([1], 220200960)"
