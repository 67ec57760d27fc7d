"""Checkpoints on disk: what they hold, what comes back, and how they are looked after."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pyrepl_tui import Checkpoint, CheckpointError, Session
from pyrepl_tui.engine.timeline import Timeline
from pyrepl_worker import protocol
from tests.support.interpreters import Interpreter
from tests.support.waiting import eventually
from tests.worker.conftest import InEach, Nest
from tests.worker.running import ok, soon, value

SLOW = """
import time
class Slow:
    def __reduce__(self):
        time.sleep({})
        return Slow, ()
"""

STUCK = """
import os, time
class Stuck:
    def __reduce__(self):
        while not os.path.exists(here + "/go on"):
            time.sleep(0.01)
        return Stuck, ()
"""


async def archived(session: Session, code: str = "") -> Checkpoint:
    await ok(session, code)
    return await soon(session.checkpoint(durable=True))


@pytest.fixture
async def lasting(nest: Nest, python: str, work: Path) -> AsyncIterator[Session]:
    """A session that outlives its clients; it takes checkpoints as the app's do."""
    async with nest.session(python=python, cwd=work, persist=True, auto_checkpoint=True) as session:
        yield session


async def test_who_watches_hears_how_far_a_load_is(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[float | None] = []
    note = Timeline.note_progress

    def listen(timeline: Timeline, progress: protocol.ArchiveProgress) -> None:
        note(timeline, progress)
        heard.append(timeline.loading)

    point = await archived(session, "x = [1]; y = [2]")
    monkeypatch.setattr(Timeline, "note_progress", listen)
    await soon(session.restore(point, form="archive"))
    assert heard
    assert heard[0] is not None
    assert session.timeline.loading is None


def test_what_gives_way_is_no_longer_under_way() -> None:
    timeline = Timeline()
    timeline.note_progress(protocol.ArchiveProgress("s", "c", "writing", 1, 2))
    assert timeline.archiving == {"c": 0.375}
    timeline.note_progress(protocol.ArchiveProgress("s", "c", "stopped", 0, 1))
    assert timeline.archiving == {}


async def known(session: Session, checkpoint: Checkpoint) -> Checkpoint:
    return next(each for each in await session.checkpoints() if each.id == checkpoint.id)


async def test_an_archive_is_of_the_checkpoints_moment(session: Session) -> None:
    await ok(session, "x = [1]; y = x; import random; random.seed(5); random.random();")
    point = await session.checkpoint()
    after = await value(session, "x.append(2); random.random()")
    saved = await soon(session.archive_checkpoint(point))
    assert saved.has_archive
    assert saved.bytes_on_disk > 0
    assert saved.archive_verdicts == {"exact": 3}
    report = await soon(session.restore(point, form="archive"))
    assert (report.form, report.reasons) == ("archive", {})
    assert report.verdicts == {"x": "exact", "y": "exact", "random": "exact"}
    assert await value(session, "x is y, x") == "(True, [1])"
    assert await value(session, "random.random()") == after


async def test_a_session_goes_on_as_it_was(session: Session, work: Path) -> None:
    (work / "below").mkdir()
    point = await archived(
        session,
        "import os, sys, asyncio, inspect\n"
        "os.chdir('below'); os.environ['MINE'] = 'yes'; sys.path.append('/mine')\n"
        "class A:\n    def f(self): return n  # why\n"
        "def g(): return A().f()\n"
        "n, out, a, ask = 5, sys.stdout, A(), input\n"
        "async def wait(): await asyncio.sleep(0); return n\n"
        "n",
    )
    await ok(session, "os.chdir('/'); del os.environ['MINE']; del a, A, g; sys.path.pop()")
    report = await soon(session.restore(point, form="archive"))
    assert "missing" not in report.verdicts.values()
    assert await value(session, "os.path.basename(os.getcwd()), os.environ['MINE']") == (
        "('below', 'yes')"
    )
    assert await value(session, "sys.path[-1], g(), type(a) is A, _") == "('/mine', 5, True, 5)"
    assert "# why" in (await value(session, "inspect.getsource(A)") or "")
    assert await value(session, "await wait()") == "5"
    assert (await ok(session, "print('here', file=out)")).stdout == "here\n"
    asked = await soon(session.execute("ask('? '), input()", on_input=lambda request: "word"))
    assert asked.value == "('word', 'word')"
    operation = session.run("while True: pass")
    await eventually(lambda: operation.status == "running")
    await session.interrupt()
    assert (await operation).status == "interrupted"
    assert session.execution_count == point.execution_count + 7
    streams = await archived(session, "import io; kept, sys.stdout = sys.stdout, io.StringIO()")
    report = await soon(session.restore(streams, form="archive"))
    assert "StringIO" in report.caveats["sys.stdout"]
    assert (await ok(session, "print('still', file=kept)")).stdout == "still\n"


async def test_what_a_restore_replaced_is_a_checkpoint_too(session: Session) -> None:
    point = await archived(session, "x = [1]; g = iter('ab')")
    await ok(session, "x.append(2); next(g)")
    await session.restore(point, form="archive")
    replaced = (await session.checkpoints())[-1]
    assert replaced.has_image
    assert (await session.restore(replaced)).form == "image"
    assert await value(session, "x, next(g)") == "([1, 2], 'b')"


async def test_without_an_image_the_archive_is_taken(session: Session) -> None:
    point = await archived(session, "x = [1]")
    (image,) = [each.pid for each in await session.processes() if each.role == "image"]
    os.kill(image, signal.SIGKILL)
    await eventually(lambda: not os.path.exists(f"/proc/{image}"))
    await ok(session, "x.append(2)")
    with pytest.raises(CheckpointError, match="no image"):
        await session.restore(point, form="image")
    assert (await soon(session.restore(point))).form == "archive"
    twin = await soon(session.branch(point))
    await ok(session, "x.append(3)")
    assert twin.restore_report is not None
    assert twin.restore_report.verdicts == {"x": "exact"}
    assert await value(twin, "x") == "[1]"
    await twin.close()


async def test_what_cannot_be_saved_is_named_and_run_again_with_consent(session: Session) -> None:
    await ok(session, "n = 2")
    point = await archived(session, "g = (i for i in range(n))")
    report = await soon(session.restore(point, form="archive"))
    assert report.verdicts == {"n": "exact", "g": "missing"}
    assert "generator" in report.reasons["g"]
    report = await soon(session.restore(point, form="archive", rerun=True))
    assert report.verdicts == {"n": "exact", "g": "rerun"}
    assert await value(session, "list(g)") == "[0, 1]"


async def test_code_goes_on_while_an_archive_is_written(session: Session) -> None:
    await ok(session, SLOW.format(0.1) + "slow = Slow()")
    point = await session.checkpoint()
    saving = asyncio.ensure_future(session.archive_checkpoint(point))
    runs = 0
    while not saving.done():
        await ok(session, "x = 1")
        runs += 1
    assert (await saving).has_archive
    assert runs > 10


LARGE = """
from pickle import PickleBuffer
class Large:
    def __init__(self, data): self.data = bytearray(data)
    def __reduce_ex__(self, protocol): return Large, (PickleBuffer(self.data),)
large = Large(bytearray(b'x') * (20 << 20))
"""


async def test_large_memory_is_compared_where_it_lies(session: Session) -> None:
    await ok(session, LARGE)
    point = await session.checkpoint(durable=True)
    assert set(point.archive_verdicts) <= {"exact", "equal"}


async def test_progress_is_told(session: Session) -> None:
    await ok(session, SLOW.format(0.05) + "a, b, c = Slow(), Slow(), Slow()")
    point = await session.checkpoint()
    heard = []
    steps = []
    saving = asyncio.ensure_future(session.archive_checkpoint(point))
    async for event in session.events(output=False):
        changed = getattr(event, "checkpoint", None)
        if changed is not None and changed.id == point.id:
            heard.append(changed.archiving)
            steps.append(changed.archiving_step)
            if changed.has_archive and changed.archive_verdicts:
                break
    await saving
    parts = [part for part in heard if part is not None]
    assert parts == sorted(parts)
    assert 0 < parts[-1] <= 1
    assert heard[-1] is None
    assert any(step.startswith("verifying ") and step.endswith(" groups") for step in steps)
    assert steps[-1] == ""


async def test_what_has_a_label_is_saved_by_itself(lasting: Session) -> None:
    await ok(lasting, "x = [1]")
    point = await lasting.checkpoint("good")

    async def is_saved() -> bool:
        return bool((await known(lasting, point)).archive_verdicts)

    await eventually(is_saved)
    assert (await known(lasting, point)).archive_verdicts == {"exact": 1}


async def archiver_is_idle(session: Session, wanted: bool) -> bool:
    """Whether one archiver is there, and whether it runs only when nothing else does."""
    found = [each.pid for each in await session.processes() if each.role == "archiver"]
    try:
        return [os.sched_getscheduler(pid) == os.SCHED_IDLE for pid in found] == [wanted]
    except ProcessLookupError:
        return False


async def test_a_pause_is_used_to_save_the_present(in_each: InEach) -> None:
    async def check(session: Session) -> None:
        await ok(session, "x = [1]")
        await ok(session, "x.append(2)")

        async def saved() -> list[Checkpoint]:
            points = await session.checkpoints()
            return [each for each in points if each.has_archive and each.execution_count == 2]

        (point,) = await eventually(saved, 40)
        await ok(session, "x.append(3)")
        await soon(session.restore(point, form="archive"))
        assert await value(session, "x") == "[1, 2]"

    await in_each(check, persist=True, auto_checkpoint=True)


async def test_what_somebody_waits_for_is_not_left_at_idle_priority(
    lasting: Session, work: Path
) -> None:
    await archived(lasting, "n = 0")
    await ok(lasting, f"here = {str(work)!r}\n{STUCK}x = Stuck()")
    point = await lasting.checkpoint("good")  # saved unasked
    await eventually(lambda: archiver_is_idle(lasting, True))
    saving = asyncio.ensure_future(lasting.archive_checkpoint(point))
    await eventually(lambda: archiver_is_idle(lasting, False))
    (work / "go on").touch()
    await soon(saving)


async def test_a_session_s_first_archive_is_not_left_at_idle_priority(
    lasting: Session, work: Path
) -> None:
    """Until it is there a kill of all processes would leave nothing."""
    await ok(lasting, f"here = {str(work)!r}\n{STUCK}x = Stuck()")
    await lasting.checkpoint("first")
    await eventually(lambda: archiver_is_idle(lasting, False))
    (work / "go on").touch()


async def test_a_session_that_ends_with_its_client_saves_what_it_is_told(session: Session) -> None:
    point = await archived(session, "x = 1")
    other = await session.checkpoint("named")
    await soon(session.archive_checkpoint(point))
    folder = session.transcript.directory
    await session.close()
    assert os.listdir(folder / "archives" / "manifests") == [f"{point.id}.json"]
    assert other.label == "named"


async def test_labels_pins_and_deletions_are_heard_by_all(lasting: Session, nest: Nest) -> None:
    first, second = await archived(lasting, "x = 1"), await archived(lasting, "x = 2")
    other = await Session.attach(lasting.id)
    assert (await lasting.label_checkpoint(first, "early")).label == "early"
    assert (await lasting.pin_checkpoint(first)).pinned

    def is_known() -> bool:
        point = other.timeline.get(first.id)
        return point is not None and (point.label, point.pinned) == ("early", True)

    await eventually(is_known)
    await lasting.delete_checkpoint(first)
    await eventually(lambda: other.timeline.get(first.id) is None)
    points = {each.id: each for each in await other.checkpoints()}
    assert first.id not in points
    assert points[second.id].parent not in (first.id, second.id)
    with pytest.raises(CheckpointError):
        await other.restore(first)
    await other.detach()
    third = await Session.attach(lasting.id)
    assert first.id not in {each.id for each in await third.checkpoints()}
    await third.detach()


async def test_a_deleted_checkpoint_frees_its_bytes(session: Session) -> None:
    point = await archived(session, "import os; big = os.urandom(3_000_000)")
    chunks = session.transcript.directory / "archives" / "chunks"
    await session.delete_checkpoint(point)
    assert sum(path.stat().st_size for path in chunks.glob("*/*")) == 0


async def test_old_archives_make_room_but_for_those_somebody_named(nest: Nest, work: Path) -> None:
    async with nest.session(cwd=work) as session:
        points = [await archived(session, f"x = {number}") for number in range(3)]
        await session.pin_checkpoint(points[0])
        points += [await archived(session, f"x = {number}") for number in range(3, 24)]
        left = [each.id for each in await session.checkpoints() if each.has_archive]
    assert left == [points[0].id, *(each.id for each in points[-21:])][: len(left)]
    assert len(left) in (21, 22)
    assert points[1].id not in left


async def test_sessions_open_from_the_disk(session: Session, nest: Nest, tmp_path: Path) -> None:
    point = await archived(session, "x = [1]; y = x\ndef f(): return x")
    path = await session.export_checkpoint(point, tmp_path / "one.checkpoint")
    python, state = session.python, nest.base / "state"
    await session.close()
    for what in (point.id, path):
        opened = await soon(Session.open(what, state_dir=state, python=python, env=nest.env), 30)
        assert opened.restore_report is not None
        assert set(opened.restore_report.verdicts.values()) == {"exact"}
        assert await value(opened, "x is y is f(), x") == "(True, [1])"
        assert opened.id != session.id
        await opened.close()


async def test_another_python_opens_it(
    nest: Nest, work: Path, interpreters: tuple[Interpreter, ...]
) -> None:
    """Whatever the version it was saved under; code then comes from its source."""
    first, last = interpreters[0], interpreters[-1]
    async with nest.session(python=first.path, cwd=work) as session:
        point = await archived(
            session, "x = [1]; y = x\ndef f(): return x\nclass A: n = 5\na = A()"
        )
    state = nest.base / "state"
    opened = await soon(Session.open(point.id, state_dir=state, python=last.path, env=nest.env), 30)
    async with opened:
        report = opened.restore_report
        assert report is not None
        assert await value(opened, "f() is x is y, x, a.n") == "(True, [1], 5)"
        assert "missing" not in report.verdicts.values()
        if first.path != last.path:
            assert "interpreter" in report.caveats or "python" in report.caveats
