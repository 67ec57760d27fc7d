"""What a client learns of a long journal without reading the runs that are over."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyrepl_tui.engine.model import SessionModel
from pyrepl_tui.engine.outlines import outline, starts
from pyrepl_tui.engine.transcript import Transcript
from pyrepl_worker import protocol
from tests.engine.test_last_runs import Life


def welcome(transcript: Transcript) -> protocol.Welcome:
    """A worker's welcome that refers to the journal as it is."""
    end = transcript.journal_size()
    return protocol.Welcome(1, "s", "n", 7, "3", "py", "/", "idle", 5, end, [], [], None)


def joined(folder: Path, *, whole: bool) -> SessionModel:
    """A client that has just joined, having read the journal as a whole or not."""
    transcript = Transcript(folder)
    model = SessionModel("s", "n", transcript)
    told = welcome(transcript)
    whole_journal = list(transcript.history(told.journal))
    model.worker_up(told, whole_journal if whole else model.read_journal(told.journal))
    return model


@pytest.mark.parametrize("seed", range(20))
def test_a_client_that_reads_little_knows_the_same(tmp_path: Path, seed: int) -> None:
    life = Life(tmp_path, seed)
    life.goes_on(80)
    known, expected = joined(tmp_path, whole=False), joined(tmp_path, whole=True)
    assert known.timeline.points() == expected.timeline.points()
    assert known.timeline.present == expected.timeline.present
    running = [None if each.running is None else each.running.id for each in (known, expected)]
    assert running[0] == running[1]
    ordinals = range(life.scribe.count + 2)
    assert [*map(known._name_of, ordinals)] == [*map(expected._name_of, ordinals)]
    assert known._newest == expected._newest


def test_runs_that_are_over_are_left_out(tmp_path: Path) -> None:
    life = Life(tmp_path, 1)
    for _ in range(30):
        life.runs()
    life.takes()
    life.runs()
    transcript = Transcript(tmp_path)
    told = outline(transcript, transcript.journal_size())
    kinds = [type(event) for event in told]
    assert kinds == [protocol.WorkerStarted, protocol.CheckpointTaken, protocol.Started]
    assert [start.ordinal for start in starts(transcript)] == list(range(1, 32))


def test_a_session_that_has_ended_is_recalled(tmp_path: Path) -> None:
    life = Life(tmp_path, 2)
    for _ in range(5):
        life.runs()
    life.ends()
    life.scribe.journal(protocol.Renamed("another name"))
    model = SessionModel("s", "n", Transcript(tmp_path))
    model.recall()
    assert (model.name, model.execution_count) == ("another name", 5)
    assert model._name_of(3) is not None


@pytest.mark.parametrize("data", [None, b"", b"\0\0", b"\0\0\0\x02xy" * 20])
def test_a_journal_that_is_none_tells_nothing(tmp_path: Path, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / protocol.JOURNAL).write_bytes(data)
    transcript = Transcript(tmp_path)
    assert outline(transcript, transcript.journal_size()) == []
    assert starts(transcript) == []
