"""A disk that is full, and records that were torn."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from pyrepl_tui import Session, SessionState
from tests.support.mounts import OWN_MOUNTS, SMALL_DISK, needs_mounts
from tests.support.programs import Program
from tests.support.waiting import eventually

FULL = """
async def main():
    filler = os.path.join(os.environ["XDG_STATE_HOME"], "filler")
    async with Session() as session:
        notices = session.events(output=False)
        await session.execute("x = 1; print('before')")
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        result = await session.execute(
            "for i in range(20_000): print('y' * 100)\\n"
            "import sys; sys.stdout.write('z' * 100_000); sys.stderr.write('z' * 100_000)\\n"
            "x += 1"
        )
        print(result.status, result.error)
        print((await session.execute("x")).value)
        os.unlink(filler)
        result = await session.execute("print('after'); x")
        print(repr(result.stdout), result.value)
        async for event in notices:
            if type(event).__name__ == "Notice":
                print(event.kind)
                break
        print(session.output().startswith(b"before\\n"), session.output().endswith(b"after\\n"))
"""


@needs_mounts
def test_a_full_disk_never_raises_in_user_code() -> None:
    with Program(FULL, *OWN_MOUNTS, "sh", "-c", SMALL_DISK, "sh") as program:
        assert program.finish().splitlines() == [
            "ok None",
            "2",
            "'after\\n' 2",
            "disk_full",
            "True True",
        ]


FULL_AND_BACK = """
async def main():
    filler = os.path.join(os.environ["XDG_STATE_HOME"], "filler")
    async with Session() as session:
        await session.execute("x = [1]")
        point = await session.checkpoint()
        await session.execute("x.append(2)")
        with open(filler, "wb", buffering=0) as file:
            for size in (4096, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    pass
        print((await session.restore(point)).form, (await session.execute("x")).value)
        result = await session.execute("x.append(3); 1/0", policy="rollback_on_failure")
        print(result.rolled_back, (await session.execute("x")).value)
        async with await session.branch(point) as twin:
            print((await twin.execute("x.append(4); x")).value)
        await session.begin()
        await session.execute("x.append(5)")
        print((await session.rollback()).form, (await session.execute("x")).value)
        result = await session.execute("import os; os._exit(3)")
        print(result.status, result.death.exit_code)
        print((await session.restore(point)).form, (await session.execute("x")).value)
        os.unlink(filler)
        while (await Session.attach(session.id)).pid != session.pid:
            await asyncio.sleep(0.02)
        print("its entry tells of the last worker")
"""


@needs_mounts
def test_a_full_disk_does_not_stand_in_the_way_of_the_past() -> None:
    """Every change of worker writes to the session's folder."""
    with Program(FULL_AND_BACK, *OWN_MOUNTS, "sh", "-c", SMALL_DISK, "sh") as program:
        assert program.finish().splitlines() == [
            "image [1]",
            "True [1]",
            "[1, 4]",
            "image [1]",
            "crashed 3",
            "image [1]",
            "its entry tells of the last worker",
        ]


FULL_FROM_THE_START = """
async def main():
    filler = os.path.join(os.environ["XDG_STATE_HOME"], "filler")
    with open(filler, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
    try:
        async with Session() as session:
            print((await session.execute("1 + 1")).value)
    except Exception as error:
        print(type(error).__name__, "No space" in str(error))
"""


@needs_mounts
def test_a_disk_full_from_the_start_is_said_or_lived_with() -> None:
    with Program(FULL_FROM_THE_START, *OWN_MOUNTS, "sh", "-c", SMALL_DISK, "sh") as program:
        assert program.finish().strip() in ("2", "WorkerStartError True", "OSError True")


@pytest.mark.parametrize("torn", [1, 3, 7, 20])
async def test_torn_records_are_ignored_and_cut_off(torn: int) -> None:
    """As a crash of the machine leaves them: the last record of each file is half there."""
    async with Session() as session:
        await session.execute("print('one')")
        await session.execute("import sys; print('two'); print('err', file=sys.stderr)")
        assert session.pid is not None
        os.kill(session.pid, signal.SIGKILL)
        await eventually(lambda: session.state is SessionState.DEAD)
        folder = session.transcript.directory
        for name in ("journal", "order"):
            path = Path(folder, name)
            os.truncate(path, path.stat().st_size - torn)
        await session.restart()
        assert (await session.execute("print('three'); 6 * 7")).value == "42"
        other = await Session.attach(session.id)
        assert (await other.execute("print('four')")).stdout == "four\n"
        await other.detach()
        output = session.output()
        assert sorted(output.split()) == sorted(b"one two err three four".split())
        assert session.output(stream="stdout") == b"one\ntwo\nthree\nfour\n"


@pytest.mark.parametrize("name", ["journal", "order"])
async def test_rubbish_at_the_end_of_a_record_file_is_survived(name: str) -> None:
    async with Session() as session:
        await session.execute("print('one')")
        assert session.pid is not None
        os.kill(session.pid, signal.SIGKILL)
        await eventually(lambda: session.state is SessionState.DEAD)
        with Path(session.transcript.directory, name).open("ab") as file:
            file.write(b"\x00\x00\x00\x05\xffrubbish"[: 24 if name == "journal" else 11])
        await session.restart()
        assert (await session.execute("print('two'); 6 * 7")).value == "42"
        other = await Session.attach(session.id)
        assert (await other.execute("print('three')")).stdout == "three\n"
        await other.detach()


async def test_a_transcript_that_vanished_ends_nothing() -> None:
    async with Session() as session:
        await session.execute("x = 1")
        point = await session.checkpoint()
        shutil.rmtree(session.transcript.directory)
        assert (await session.execute("x")).value == "1"
        await session.execute("x = 2")
        await session.restore(point)
        assert (await session.execute("print('back'); x")).value == "1"
        branch = await session.branch(point)
        assert (await branch.execute("x")).value == "1"
        await branch.close()
        await session.restart()
        assert (await session.execute("print('afresh'); 6 * 7")).value == "42"


async def test_a_cap_on_output_in_a_folder_that_vanished_ends_nothing() -> None:
    async with Session(limits={"output_bytes": 1 << 20}) as session:
        await session.execute("x = 1")
        shutil.rmtree(session.transcript.directory)
        await session.execute("for i in range(100_000): print(f'{i:050}')")
        assert (await session.execute("x")).value == "1"


async def test_the_cap_drops_the_oldest_output_and_says_so() -> None:
    async with Session(limits={"output_bytes": 1 << 20}) as session:
        result = await session.execute("for i in range(100_000): print(f'{i:050}')")
        assert result.status == "ok"
        await eventually(
            lambda: Path(session.transcript.directory, "stdout").stat().st_blocks * 512 < 2 << 20
        )
        assert session.output().endswith(b"%050d\n" % 99_999)
