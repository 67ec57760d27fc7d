"""Checkpoints as frozen twins: what comes back, exactly, and what goes on beside it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from pyrepl_tui import Checkpoint, CheckpointError, Session, SessionState
from tests.support.forks import WORKERS
from tests.support.waiting import eventually

from .conftest import Nest
from .running import ok, value

COUNTER = """
def make():
    n = [0]
    def f():
        n[0] += 1
        return n[0]
    return f
f = make(); f()
"""
RAW = """
import os
fd = os.open('raw', os.O_RDWR | os.O_CREAT)
os.write(fd, b'abcdef')
os.lseek(fd, 1, 0)
"""
DATABASE = """
import sqlite3
db = sqlite3.connect(':memory:')
db.execute('create table t (a)')
db.execute('insert into t values (1)')
db.commit()
"""
STATE = {
    "a name": ("x = 1", "x = 2", "x", "1"),
    "a new name": ("", "y = 1", "'y' in globals()", "False"),
    "a deleted name": ("x = 1", "del x", "x", "1"),
    "a list in place": ("x = [1]", "x.append(2)", "x", "[1]"),
    "an alias": ("x = [1]; y = x", "y = [1]", "y is x", "True"),
    "a closure": (
        COUNTER,
        "f(); f()",
        "f()",
        "2",
    ),
    "a class attribute": ("class A: n = 1", "A.n = 2", "A.n", "1"),
    "a module's state": (
        "import json; json.extra = 1",
        "json.extra = 2; del json.dumps",
        "json.extra, json.dumps(1)",
        "(1, '1')",
    ),
    "sys.path": ("import sys", "sys.path.append('nowhere')", "'nowhere' in sys.path", "False"),
    "sys.modules": ("import sys", "import colorsys", "'colorsys' in sys.modules", "False"),
    "the folder": ("import os; cwd = os.getcwd()", "os.chdir('/')", "os.getcwd() == cwd", "True"),
    "the environment": ("import os", "os.environ['NEW'] = '1'", "'NEW' in os.environ", "False"),
    "random numbers": (
        "import random; random.seed(3); random.random()",
        "random.random()",
        "random.random() == (random.seed(3), random.random(), random.random())[2]",
        "True",
    ),
    "the decimal context": (
        "import decimal; decimal.getcontext().prec = 7",
        "decimal.getcontext().prec = 9",
        "decimal.getcontext().prec",
        "7",
    ),
    "warning filters": (
        "import warnings; n = len(warnings.filters)",
        "warnings.simplefilter('error', ResourceWarning)",
        "len(warnings.filters) - n",
        "0",
    ),
    "logging": (
        "import logging; logging.getLogger('a').setLevel(10)",
        "logging.getLogger('a').setLevel(30)",
        "logging.getLogger('a').level",
        "10",
    ),
    "the umask": (
        "import os; m = os.umask(0o27)", "m = os.umask(0o77)", "os.umask(0) == 0o27", "True"
    ),
    "signal handlers": (
        "import signal\ndef h(*a): pass\nold = signal.signal(signal.SIGUSR1, h)",
        "signal.signal(signal.SIGUSR1, signal.SIG_IGN)",
        "signal.getsignal(signal.SIGUSR1) is h",
        "True",
    ),
    "a file's position": (
        "f = open('data', 'w+'); f.write('abcdef'); f.flush(); f.seek(2); f.read(1)",
        "f.read(2)",
        "f.read(1), f.tell()",
        "('d', 4)",
    ),
    "a descriptor's position": (
        RAW,
        "os.lseek(fd, 5, 0)",
        "os.read(fd, 2)",
        "b'bc'",
    ),
    "a generator": (
        "def count():\n    for i in range(9): yield i\ng = count(); next(g); next(g)",
        "next(g)",
        "next(g)",
        "2",
    ),
    "an iterator": ("i = iter([1, 2, 3]); next(i)", "next(i)", "next(i)", "2"),
    "a lock": (
        "import threading; k = threading.Lock(); k.acquire()", "k.release()", "k.locked()", "True"
    ),
    "a database in memory": (
        DATABASE,
        "db.execute('insert into t values (2)'); db.commit()",
        "db.execute('select count(*) from t').fetchone()",
        "(1,)",
    ),
    "a context variable": (
        "import contextvars; v = contextvars.ContextVar('v'); t = v.set(1)",
        "t = v.set(2)",
        "v.get()",
        "1",
    ),
    "a weak reference": (
        "import weakref\nclass A: pass\na = A(); r = weakref.ref(a)", "del a", "r() is a", "True"
    ),
    "the last value": ("40 + 2", "'other'", "_", "42"),
    "input": ("mine = input", "del input", "input is mine", "True"),
    "the event loop": (
        "import asyncio\nevent = asyncio.Event()\nawait asyncio.sleep(0)",
        "event.set()\nawait asyncio.sleep(0)",
        "await asyncio.sleep(0.001, event.is_set())",
        "False",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "spoil", "look", "expected"), STATE.values(), ids=STATE)
async def test_it_comes_back_again_and_again(
    session: Session, before: str, spoil: str, look: str, expected: str
) -> None:
    await ok(session, before)
    point = await session.checkpoint()
    for _ in range(2):
        await ok(session, spoil)
        report = await session.restore(point)
        assert (report.form, set(report.verdicts.values()) <= {"exact"}) == ("image", True)
        assert await value(session, look) == expected


async def test_a_restored_worker_is_whole(session: Session) -> None:
    await ok(session, "x = 1")
    point = await session.checkpoint("whole")
    before = session.pid
    await session.restore(point)
    assert session.pid not in (before, None)
    asked = session.run("input('name? ')", on_input="ask")
    await eventually(lambda: session.inputs)
    await session.answer(session.inputs[0], "Ada")
    assert (await asked).value == "'Ada'"
    endless = session.run("print('on'); \nwhile True: pass")
    async for event in endless:
        if getattr(event, "data", b""):
            break
    await session.interrupt()
    assert (await endless).status == "interrupted"
    result = await session.execute("import sys; print('out'); print('err', file=sys.stderr)")
    assert (result.stdout, result.stderr) == ("out\n", "err\n")
    assert [each.name for each in await session.namespace(query="x")] == ["x"]


async def test_execution_counts_go_back_and_ordinals_do_not(session: Session) -> None:
    await ok(session, "x = 1")
    point = await session.checkpoint()
    await ok(session, "x = 2")
    await session.restore(point)
    result = await session.execute("x")
    assert result.execution_count == 2
    runs = session.transcript.runs()
    assert [run.ordinal for run in runs] == [1, 2, 3]


async def test_a_restore_can_be_undone(session: Session) -> None:
    await ok(session, "x = 'first'")
    first = await session.checkpoint("first")
    await ok(session, "x = 'second'")
    await session.restore(first)
    replaced = next(p for p in await session.checkpoints() if p.id != first.id)
    assert (replaced.parent, replaced.has_image) == (first.id, True)
    await session.restore(replaced)
    assert await value(session, "x") == "'second'"


async def test_a_replaced_worker_goes_to_sleep_as_the_image_of_its_last_moment(
    session: Session,
) -> None:
    await ok(session, "x = ['first']; f = open('read', 'w+'); f.write('abc'); f.seek(1)")
    first = await session.checkpoint()
    await ok(session, "x.append('second'); f.seek(2)")
    pid = session.pid
    await session.restore(first)
    image = next(each for each in await session.processes() if each.pid == pid)
    assert (image.role, image.checkpoint != first.id) == ("image", True)
    assert image.checkpoint is not None
    for _ in range(2):
        await session.restore(image.checkpoint)
        assert await value(session, "x, f.tell()") == "(['first', 'second'], 2)"
        await ok(session, "x.clear()")
    await session.restore(first)
    assert await value(session, "x, f.tell()") == "(['first'], 1)"


@pytest.mark.parametrize(
    "code",
    [
        "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()",
        "import fcntl; f = open('locked', 'w'); fcntl.lockf(f, fcntl.LOCK_EX)",
        "import signal; signal.setitimer(signal.ITIMER_REAL, 600)",
        "import subprocess; child = subprocess.Popen(['cat'], stdin=subprocess.PIPE)",
    ],
    ids=["a thread", "a lock", "a timer", "a child"],
)
async def test_what_goes_on_in_a_replaced_worker_ends_with_it(session: Session, code: str) -> None:
    first = await session.checkpoint()
    await ok(session, code)
    await ok(session, "x = 'second'")
    pid = session.pid
    await session.restore(first)
    await eventually(lambda: not os.path.exists(f"/proc/{pid}"))
    replaced = next(p for p in await session.checkpoints() if p.id != first.id)
    await session.restore(replaced)
    assert await value(session, "x") == "'second'"


UNFORKABLE = (
    WORKERS
    + """
import os, threading
def refuse():
    raise OSError(11, "no more processes")
def after():
    sys.worker['fork'] = refuse
os.register_at_fork(after_in_child=after)
over = threading.Event()
threading.Thread(target=over.wait, daemon=True).start()
x = 2
"""
)


async def test_a_present_that_cannot_be_kept_is_not_replaced(session: Session) -> None:
    await ok(session, "x = 1")
    point = await session.checkpoint()
    await ok(session, UNFORKABLE)
    with pytest.raises(CheckpointError, match="could not be kept"):
        await session.restore(point)
    assert await value(session, "x") == "2"


async def test_branches_go_their_own_ways(session: Session) -> None:
    await ok(session, "x = [1]; f = open('shared', 'w+'); f.write('abc'); f.flush(); f.seek(0)")
    async with await session.branch(name="twin") as twin:
        assert (twin.name, twin.id == session.id) == ("twin", False)
        await ok(twin, "x.append('twin'); f.read(1); print('in the twin')")
        await ok(session, "x.append('here')")
        assert await value(twin, "x") == "[1, 'twin']"
        assert await value(session, "x, f.read(1)") == "([1, 'here'], 'a')"
        assert (twin.output(), session.output()) == (b"in the twin\n", b"")
    assert await value(session, "x") == "[1, 'here']"


async def test_the_first_run_of_a_branch_can_be_undone(nest: Nest, work: Path) -> None:
    async with nest.session(cwd=work, auto_checkpoint=True) as session:
        await ok(session, "x = 1")
        async with await session.branch() as twin:
            await ok(twin, "x = 2")
            (point,) = await twin.checkpoints()
            await twin.restore(point)
            assert await value(twin, "x") == "1"


async def test_a_branch_gets_to_the_disk_before_anything_runs_in_it(nest: Nest, work: Path) -> None:
    async with nest.session(cwd=work, auto_checkpoint=True, persist=True) as session:
        await ok(session, "x = [1]")
        twin = await session.branch()
        try:

            async def saved() -> list[Checkpoint]:
                return [each for each in await twin.checkpoints() if each.has_archive]

            (point,) = await eventually(saved)
            await twin.restore(point, form="archive")
            assert await value(twin, "x") == "[1]"
        finally:
            await twin.close()


@pytest.mark.parametrize("form", ["image", "archive"])
async def test_a_branch_draws_the_same_random_numbers_unless_asked(
    session: Session, form: str
) -> None:
    await ok(session, "import random")
    point = await session.checkpoint(durable=form == "archive")
    if form == "archive":
        for process in await session.processes():
            if process.role == "image":
                os.kill(process.pid, signal.SIGKILL)
    drawn = [await value(session, "random.random()")]
    for reseed in (False, True):
        async with await session.branch(point, reseed=reseed) as twin:
            drawn.append(await value(twin, "random.random()"))
    assert drawn[0] == drawn[1] != drawn[2]


async def test_after_a_death_an_image_is_still_there(session: Session) -> None:
    await ok(session, "x = 'safe'")
    point = await session.checkpoint()
    assert (await session.execute("import os; os._exit(7)")).status == "crashed"
    await eventually(lambda: session.state is SessionState.DEAD)
    await session.restore(point)
    assert (await value(session, "x"), session.state) == ("'safe'", SessionState.IDLE)


async def test_all_clients_follow(session: Session) -> None:
    await ok(session, "x = 1")
    other = await Session.attach(session.id)
    point = await other.checkpoint("by the other")
    await ok(session, "x = 2")
    events = session.events()
    await other.restore(point)
    await eventually(lambda: session.pid == other.pid)
    assert await value(session, "x") == await value(other, "x") == "1"
    assert [each.label for each in await session.checkpoints()][:1] == ["by the other"]
    await other.detach()
    await events.aclose()


async def test_code_that_runs_is_not_thrown_away(session: Session) -> None:
    point = await session.checkpoint()
    operation = session.run("print('on', flush=True)\nx = input()\nx", on_input="ask")
    await eventually(lambda: session.inputs)
    with pytest.raises(CheckpointError, match="running"):
        await session.restore(point)
    await session.answer(session.inputs[0], "kept")
    assert (await operation).value == "'kept'"


async def test_unknown_checkpoints_are_refused(session: Session) -> None:
    with pytest.raises(CheckpointError, match="no image"):
        await session.restore("nonsense")
    assert await value(session, "1") == "1"


async def test_what_a_fork_does_not_carry_is_named(session: Session) -> None:
    await ok(
        session,
        "import threading, subprocess, socket\n"
        "gone = threading.Event(); t = threading.Thread(target=gone.wait, name='mine'); t.start()\n"
        "child = subprocess.Popen(['sleep', '60']); pair = socket.socketpair()",
    )
    point = await session.checkpoint()
    text = "\n".join(point.warnings)
    assert "'mine'" in text
    assert "1 child process" in text
    assert "socket" in text
    await ok(session, "gone.set(); child.kill(); child.wait()")


async def test_what_no_image_can_hold_is_archived(session: Session) -> None:
    await ok(session, "import sys, types; sys.modules['cupy'] = types.ModuleType('cupy'); x = [1]")
    point = await session.checkpoint()
    assert not point.has_image
    assert "CUDA" in point.warnings[0]
    await ok(session, "x.append(2)")
    report = await session.restore(point)
    assert report.form == "archive"
    assert await value(session, "x") == "[1]"
    replaced = (await session.checkpoints())[-1]
    assert (await session.restore(replaced)).form == "archive"
    assert await value(session, "x") == "[1, 2]"


async def test_user_code_meets_no_child_of_ours(session: Session) -> None:
    await session.checkpoint()
    await ok(session, "import multiprocessing; assert not multiprocessing.active_children()")


async def test_images_end_with_the_session(nest: Nest, python: str, work: Path) -> None:
    async with nest.session(python=python, cwd=work) as session:
        points: list[Checkpoint] = [await session.checkpoint() for _ in range(3)]
        pids = [each.pid for each in await session.processes() if each.role == "image"]
        assert len(pids) == len(points)
    await eventually(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids))


async def test_what_a_replaced_worker_started_ends_with_the_session(
    nest: Nest, python: str, work: Path
) -> None:
    async with nest.session(python=python, cwd=work) as session:
        await ok(session, "import subprocess; child = subprocess.Popen(['sleep', '60'])")
        pid = await value(session, "child.pid")
        await session.restore(await session.checkpoint())
        assert os.path.exists(f"/proc/{pid}")
    await eventually(lambda: not os.path.exists(f"/proc/{pid}"))


async def test_a_killed_image_costs_only_itself(session: Session) -> None:
    first, second = await session.checkpoint(), await session.checkpoint()
    pid = next(e.pid for e in await session.processes() if e.checkpoint == first.id)
    os.kill(pid, signal.SIGKILL)
    await eventually(lambda: not os.path.exists(f"/proc/{pid}"))
    with pytest.raises(CheckpointError):
        await session.restore(first)
    await session.restore(second)
    marks = {each.id: each.has_image for each in await session.checkpoints()}
    assert (marks[first.id], marks[second.id]) == (False, True)


async def test_one_before_each_run_if_asked_for(nest: Nest, python: str, work: Path) -> None:
    async with nest.session(python=python, cwd=work, auto_checkpoint=True) as session:
        for number in range(3):
            await ok(session, f"x = {number}")
        points = await session.checkpoints()
        assert [each.execution_count for each in points] == [0, 1, 2]
        await session.restore(points[-1])
        assert await value(session, "x") == "1"
