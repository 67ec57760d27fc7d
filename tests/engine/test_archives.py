"""Archives as files: looked into, opened, refused."""

from __future__ import annotations

import asyncio
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from pyrepl_tui import (
    CheckpointError,
    Session,
    SessionNotFound,
    SessionState,
    UntrustedArchive,
    read_archive,
)
from pyrepl_tui.engine.timeline import Timeline
from pyrepl_worker import protocol

EVIL = """
class Evil:
    def __reduce__(self): return open, ({path!r}, 'w')
import os
evil, plain, rows = Evil(), (1, 2), [{{'a': b'x'}}]
def f(n):
    return n + 1
"""


@dataclass(frozen=True)
class Exported:
    """A file of a checkpoint, and what was made by loading it if it was."""

    path: Path
    trace: Path
    checkpoint: str


@pytest.fixture
async def exported(tmp_path: Path) -> Exported:
    trace = tmp_path / "trace"
    async with Session(name="maker") as session:
        await session.execute(EVIL.format(path=str(trace)))
        point = await session.checkpoint()
        path = await session.export_checkpoint(point, tmp_path / "one.checkpoint")
    trace.unlink()  # it was loaded back to verify it
    return Exported(path, trace, point.id)


async def test_a_file_is_looked_into_without_unpickling(exported: Exported) -> None:
    contents = await read_archive(exported.path)
    assert contents.trusted
    assert (contents.session, contents.checkpoint) == ("maker", exported.checkpoint)
    assert contents.variables["plain"].value == "(1, 2)"
    assert contents.variables["rows"].value == "[{'a': b'x'}]"
    assert contents.variables["evil"].value is None
    assert contents.variables["f"].source == "def f(n):\n    return n + 1"
    assert "class Evil" in contents.history[1]
    assert contents.damage == []
    assert not exported.trace.exists()


async def test_a_file_from_elsewhere_needs_trust(exported: Exported, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    assert not (await read_archive(exported.path, state_dir=elsewhere)).trusted
    with pytest.raises(UntrustedArchive, match="made elsewhere"):
        await Session.open(exported.path, state_dir=elsewhere)
    assert not exported.trace.exists()
    session = await Session.open(exported.path, state_dir=elsewhere, trust=True, name="mine")
    async with session:
        assert (session.name, session.execution_count) == ("mine", 1)
        assert (await session.execute("plain, rows, f(1)")).value == "((1, 2), [{'a': b'x'}], 2)"
        assert session.restore_report is not None
        assert "environment" in session.restore_report.caveats
        (point,) = await session.checkpoints()
        assert (point.id, point.has_archive) == (exported.checkpoint, True)
        assert session.present == point.id
        await session.execute("plain = 0")
        assert (await session.restore(point)).form == "archive"
        assert (await session.execute("plain")).value == "(1, 2)"
    assert exported.trace.exists()


async def test_one_that_was_tampered_with_is_not_trusted(
    exported: Exported, tmp_path: Path
) -> None:
    """Its list of contents no longer is what was signed, even if it is whole in itself."""
    other = tmp_path / "other.checkpoint"
    async with Session() as session:
        await session.execute("x = 1")
        await session.export_checkpoint(await session.checkpoint(), other)
    forged = tmp_path / "forged.checkpoint"
    with (
        zipfile.ZipFile(exported.path) as one,
        zipfile.ZipFile(other) as two,
        zipfile.ZipFile(forged, "w") as file,
    ):
        for name in one.namelist():
            file.writestr(name, (two if name == "signature" else one).read(name))
    assert not (await read_archive(forged)).trusted
    with pytest.raises(UntrustedArchive):
        await Session.open(forged)


@pytest.mark.parametrize("harm", ["cut", "flip", "rubbish", "missing chunk"])
async def test_a_damaged_file_is_refused(exported: Exported, harm: str) -> None:
    path = exported.path
    data = bytearray(path.read_bytes())
    if harm == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif harm == "rubbish":
        path.write_bytes(b"not a checkpoint at all")
    elif harm == "flip":
        at = data.index(b"def f(n)")
        data[at] ^= 1
        path.write_bytes(data)
    else:
        with zipfile.ZipFile(path) as file:
            kept = {name: file.read(name) for name in file.namelist()}
        kept.pop(next(name for name in kept if name.startswith("chunks/")))
        with zipfile.ZipFile(path, "w") as file:
            for name, content in kept.items():
                file.writestr(name, content)
    with pytest.raises(CheckpointError, match=path.name):
        await Session.open(path, trust=True)


async def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no archive"):
        await Session.open("0123456789ab")
    with pytest.raises(CheckpointError, match="no archive"):
        await Session.open(tmp_path / "nothing.checkpoint")
    with pytest.raises(SessionNotFound):
        await Session.recall("nobody")


async def test_a_session_that_was_closed_is_taken_up_again() -> None:
    async with Session(name="s", persist=True) as session:
        await session.execute("x = [1]")
        point = await session.checkpoint("kept", durable=True)
        await session.execute("x.append(2)")
    again = await Session.recall("s")
    async with again:
        assert (again.id, again.state) == (session.id, SessionState.DEAD)
        await again.restore(point)
        assert (await again.execute("x")).value == "[1]"
        living = await Session.recall("s")
        assert (await living.execute("x")).value == "[1]"
        await living.detach()
        assert again.present is not None
        await again.close()


async def test_a_session_taken_up_again_tells_how_far_it_has_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[float | None] = []
    note = Timeline.note_progress

    def listen(timeline: Timeline, progress: protocol.ArchiveProgress) -> None:
        note(timeline, progress)
        heard.append(timeline.loading)

    async with Session(name="s", persist=True) as session:
        await session.execute("x = [1]; y = bytearray(4_000_000)")
        point = await session.checkpoint("kept", durable=True)
    again = await Session.recall("s")
    monkeypatch.setattr(Timeline, "note_progress", listen)
    async with again:
        await again.restore(point)
        assert any(heard), heard
        assert again.timeline.loading is None
        await again.close()


async def test_archives_are_known_without_their_journal() -> None:
    """As after an update: a journal in the words of another version cannot be read."""
    async with Session(name="s", persist=True) as session:
        await session.execute("x = [1]")
        point = await session.checkpoint(durable=True)
    journal = session.transcript.directory / "journal"
    journal.write_bytes(b"\0\0\0\1\xc1" + journal.read_bytes())
    again = await Session.recall("s")
    (known,) = await again.checkpoints()
    assert (known.id, known.execution_count, known.has_archive) == (point.id, 1, True)
    await again.restore(known)
    assert (await again.execute("x")).value == "[1]"
    await again.close()


async def test_a_dead_sessions_checkpoint_is_branched() -> None:
    async with Session(name="s", persist=True) as session:
        await session.execute("x = [1]")
        point = await session.checkpoint(durable=True)
    again = await Session.recall("s")
    twin = await again.branch(point, name="twin")
    assert (await twin.execute("x")).value == "[1]"
    assert again.state is SessionState.DEAD
    await twin.close()
    await again.detach()


async def test_giving_up_an_export_leaves_no_process(exported: Exported) -> None:
    """The sandbox of the test checks that."""
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(read_archive(exported.path), 0.001)


async def test_a_session_that_is_taken_up_again_shows_what_it_showed() -> None:
    finders = "[type(finder).__module__ for finder in __import__('sys').meta_path]"
    async with Session(name="s", persist=True, display={"figures": True}) as session:
        shown = await session.execute(finders)
        point = await session.checkpoint(durable=True)
    again = await Session.recall("s")
    try:
        await again.restore(point)
        assert "figures" in str(shown.value)
        assert (await again.execute(finders)).value == shown.value
    finally:
        await again.close()
