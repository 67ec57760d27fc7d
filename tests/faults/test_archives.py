"""Harm done to archives, those who write them and those who load them: the rest stays whole."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import pytest

from pyrepl_tui import Checkpoint, CheckpointError, Session, SessionState
from tests.support.mounts import OWN_MOUNTS, SMALL_DISK, needs_mounts
from tests.support.programs import Program, alive
from tests.support.waiting import eventually

SOON = 20.0
"""Seconds within which anything here must be answered, one way or another."""

SLOW = """
import os, time
class Slow:
    def __reduce__(self):
        open({flag!r}, "w").close()
        while os.path.exists({flag!r}): time.sleep(0.005)
        return Slow, ()
slow = Slow()
"""
"""A variable that takes as long to save as a file of that name is there."""

LATE = """
import os, time
def back():
    while os.path.exists({flag!r}): time.sleep(0.005)
class Late:
    def __reduce__(self): return back, ()
late = Late()
"""
"""The same for loading it."""


async def pids(session: Session, role: str) -> list[int]:
    return [each.pid for each in await session.processes() if each.role == role]


def folder_of(session: Session) -> Path:
    return session.transcript.directory / "archives"


async def archived(session: Session, code: str) -> Checkpoint:
    await session.execute(code)
    return await asyncio.wait_for(session.checkpoint(durable=True), SOON)


def chunk_with(session: Session, text: bytes) -> Path:
    return next(
        path for path in (folder_of(session) / "chunks").glob("*/*") if text in path.read_bytes()
    )


async def test_a_killed_archiver_harms_no_earlier_archive(tmp_path: Path) -> None:
    flag = str(tmp_path / "flag")
    async with Session() as session:
        first = await archived(session, "x = [1]")
        await session.execute("x.append(2)" + SLOW.format(flag=flag))
        point = await session.checkpoint()
        saving = asyncio.create_task(session.archive_checkpoint(point))
        await eventually(lambda: os.path.exists(flag))
        (archiver,) = await pids(session, "archiver")
        os.kill(archiver, signal.SIGKILL)
        with pytest.raises(CheckpointError, match="before its time"):
            await asyncio.wait_for(saving, SOON)
        known = {each.id: each for each in await session.checkpoints()}
        assert not known[point.id].has_archive
        assert "SIGKILL" in (known[point.id].archive_failure or "")
        assert (await session.restore(first, form="archive")).verdicts["x"] == "exact"
        assert (await session.execute("x")).value == "[1]"


async def test_an_archiver_needs_its_image_no_more(tmp_path: Path) -> None:
    flag = str(tmp_path / "flag")
    async with Session() as session:
        await session.execute("x = [1]" + SLOW.format(flag=flag))
        point = await session.checkpoint()
        saving = asyncio.create_task(session.archive_checkpoint(point))
        await eventually(lambda: os.path.exists(flag))
        (image,) = await pids(session, "image")
        os.kill(image, signal.SIGKILL)
        await eventually(lambda: not alive(image))
        os.unlink(flag)
        await eventually(lambda: os.path.exists(flag) or saving.done())
        while not saving.done():  # it is pickled once more where it is compared
            Path(flag).unlink(missing_ok=True)
            await eventually(lambda: saving.done() or os.path.exists(flag))
        assert (await saving).has_archive
        assert (await session.restore(point)).form == "archive"


async def test_a_nursery_killed_while_an_archive_is_written_leaves_nothing(
    tmp_path: Path,
) -> None:
    """The sandbox of the test checks that no process at all is left."""
    flag = str(tmp_path / "flag")
    async with Session() as session:
        await session.execute("x = [1]" + SLOW.format(flag=flag))
        point = await session.checkpoint()
        saving = asyncio.create_task(session.archive_checkpoint(point))
        await eventually(lambda: os.path.exists(flag))
        (nursery,) = await pids(session, "nursery")
        os.kill(nursery, signal.SIGKILL)
        with pytest.raises(CheckpointError):
            await asyncio.wait_for(saving, SOON)
        os.unlink(flag)


async def test_a_flipped_byte_is_named_and_costs_what_it_was_in() -> None:
    async with Session() as session:
        first = await archived(session, "a = b'A' * 5000")
        point = await archived(session, "b = bytearray(range(100)); c = {1: [2]}; d = 5")
        path = chunk_with(session, bytes(range(100)))
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        report = await session.restore(point, form="archive")
        assert report.verdicts == {"a": "exact", "b": "missing", "c": "exact", "d": "exact"}
        assert path.name in report.reasons["b"]
        assert (await session.execute("a[:2], c, d, 'b' in globals()")).value == (
            "(b'AA', {1: [2]}, 5, False)"
        )
        contents = await session.read_checkpoint(point)
        assert [path.name in each for each in contents.damage] == [True]
        assert (await session.restore(first, form="archive")).verdicts == {"a": "exact"}


@pytest.mark.parametrize("harm", ["truncate", "flip", "remove"])
async def test_a_damaged_manifest_is_named_and_the_present_stays(harm: str) -> None:
    async with Session() as session:
        first = await archived(session, "x = 1")
        point = await archived(session, "x = 2")
        await session.execute("x = 3")
        path = folder_of(session) / "manifests" / f"{point.id}.json"
        data = path.read_bytes()
        if harm == "truncate":
            path.write_bytes(data[:-10])
        elif harm == "flip":
            path.write_bytes(data[:-10] + b"x" + data[-9:])
        else:
            path.unlink()
        with pytest.raises(CheckpointError, match="no archive" if harm == "remove" else path.name):
            await asyncio.wait_for(session.restore(point, form="archive"), SOON)
        assert (await session.execute("x")).value == "3"
        await session.restore(first, form="archive")
        assert (await session.execute("x")).value == "1"


async def test_a_worker_killed_while_it_loads_changes_nothing(tmp_path: Path) -> None:
    flag = str(tmp_path / "flag")
    async with Session() as session:
        point = await archived(session, "x = [1]" + LATE.format(flag=flag))
        await session.execute("x.append(2)")
        before = set(await pids(session, "worker"))
        Path(flag).touch()
        restoring = asyncio.create_task(session.restore(point, form="archive"))

        async def loader() -> list[int]:
            return [pid for pid in await pids(session, "worker") if pid not in before]

        (pid,) = await eventually(loader)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(CheckpointError, match="died while it loaded"):
            await asyncio.wait_for(restoring, SOON)
        assert (await session.execute("x")).value == "[1, 2]"
        os.unlink(flag)
        await session.restore(point, form="archive")
        assert (await session.execute("x")).value == "[1]"


async def test_a_worker_that_dies_while_its_past_is_loaded_is_replaced(tmp_path: Path) -> None:
    flag = str(tmp_path / "flag")
    async with Session() as session:
        point = await archived(session, "x = [1]" + LATE.format(flag=flag))
        old = session.pid
        assert old is not None
        Path(flag).touch()
        restoring = asyncio.create_task(session.restore(point, form="archive"))

        async def loads() -> bool:
            return len(await pids(session, "worker")) == 2

        await eventually(loads)
        os.kill(old, signal.SIGKILL)
        await eventually(lambda: not alive(old))
        os.unlink(flag)
        await asyncio.wait_for(restoring, SOON)
        assert (await session.execute("x")).value == "[1]"


async def test_a_stopped_image_costs_two_seconds_at_most() -> None:
    async with Session() as session:
        point = await archived(session, "x = [1]")
        await session.execute("x.append(2)")
        other = await session.checkpoint()
        for pid in await pids(session, "image"):
            os.kill(pid, signal.SIGSTOP)
        clock = asyncio.get_running_loop().time
        began = clock()
        with pytest.raises(CheckpointError):
            await session.restore(other)
        assert clock() - began < 2.5
        began = clock()
        assert (await session.restore(point)).form == "archive"
        assert clock() - began < 2.5
        assert (await session.execute("x")).value == "[1]"


@pytest.mark.parametrize("harm", [signal.SIGSTOP, signal.SIGKILL])
async def test_a_branch_of_a_stopped_or_dying_image_comes_from_the_disk(harm: int) -> None:
    async with Session() as session:
        point = await archived(session, "x = [1]")
        await session.execute("x.append(2)")
        for pid in await pids(session, "image"):
            os.kill(pid, harm)
        clock = asyncio.get_running_loop().time
        began = clock()
        async with await asyncio.wait_for(session.branch(point), SOON) as twin:
            assert clock() - began < 2.5
            assert (await twin.execute("x")).value == "[1]"
        assert (await session.execute("x")).value == "[1, 2]"


async def test_a_branch_of_a_stopped_image_that_is_not_on_the_disk_is_refused() -> None:
    async with Session() as session:
        await session.execute("x = [1]")
        point = await session.checkpoint()
        for pid in await pids(session, "image"):
            os.kill(pid, signal.SIGSTOP)
        with pytest.raises(CheckpointError):
            await asyncio.wait_for(session.branch(point), SOON)
        assert (await session.execute("x")).value == "[1]"


async def test_a_dead_worker_without_images_comes_back_from_the_disk() -> None:
    async with Session() as session:
        point = await archived(session, "x = [1]; y = x")
        for pid in await pids(session, "image"):
            os.kill(pid, signal.SIGKILL)
        assert session.pid is not None
        os.kill(session.pid, signal.SIGKILL)
        await eventually(lambda: session.state is SessionState.DEAD)
        report = await asyncio.wait_for(session.restore(point), SOON)
        assert report.form == "archive"
        assert (await session.execute("x is y, x")).value == "(True, [1])"


async def test_all_processes_killed_and_the_session_goes_on() -> None:
    session = Session(persist=True, name="s")
    await session.start()
    point = await archived(session, "x = [1]; y = x; print('before')")
    for each in await session.processes():
        with contextlib.suppress(ProcessLookupError):  # images end with their nursery
            os.kill(each.pid, signal.SIGKILL)
    await eventually(lambda: session.state is SessionState.DEAD)
    await session.detach()
    again = await Session.recall("s")
    assert again.state is SessionState.DEAD
    (known,) = await again.checkpoints()
    assert (known.id, known.has_image, known.has_archive) == (point.id, False, True)
    report = await asyncio.wait_for(again.restore(known), SOON)
    assert report.verdicts == {"x": "exact", "y": "exact"}
    assert (await again.execute("x is y, x")).value == "(True, [1])"
    assert again.present == point.id
    assert again.output().startswith(b"before\n")
    await again.close()


LEAVES = """
async def main():
    session = Session(persist=True, name="s")
    await session.start()
    await session.execute(CODE)
    await session.checkpoint("kept")
    print("taken", flush=True)
    await asyncio.sleep(60)
"""


async def test_a_killed_client_leaves_the_archive_to_be_written(tmp_path: Path) -> None:
    flag = str(tmp_path / "flag")
    with Program(f"CODE = {SLOW.format(flag=flag)!r}\n{LEAVES}") as program:
        assert program.hear() == "taken"
        await eventually(lambda: os.path.exists(flag))
        program.kill()
    session = await Session.recall("s")
    os.unlink(flag)

    async def is_saved() -> bool:
        Path(flag).unlink(missing_ok=True)
        (point,) = await session.checkpoints()
        return bool(point.archive_verdicts)

    await eventually(is_saved, SOON)
    await session.close()


FULL = """
async def main():
    async with Session() as session:
        await session.execute("import os; x = [1]")
        first = await session.checkpoint(durable=True)
        await session.execute("x.append(os.urandom(8_000_000))")
        point = await session.checkpoint()
        try:
            await session.archive_checkpoint(point)
        except Exception as error:
            print(type(error).__name__, error)
        print((await session.execute("len(x)")).value)
        report = await session.restore(first, form="archive")
        print(report.verdicts["x"], (await session.execute("x")).value)
        await session.execute("x.append(5)")
        second = await session.checkpoint(durable=True)
        print(second.has_archive)
"""


@needs_mounts
def test_a_full_disk_costs_one_archive() -> None:
    with Program(FULL, *OWN_MOUNTS, "sh", "-c", SMALL_DISK, "sh") as program:
        said = program.finish().splitlines()
    assert said[0].startswith("CheckpointError")
    assert "No space left" in said[0]
    assert said[1:] == ["2", "exact [1]", "True"]
