"""Reading transcripts that tests wrote, checked against what was written."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyrepl_tui.engine.transcript import STREAMS, Chunk, Follower, Transcript
from pyrepl_worker import protocol
from tests.engine.recorder import Recorder

WRITES = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(STREAMS), st.binary(min_size=1, max_size=9)),
    max_size=40,
)


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path / "session")


def bytewise(pieces: list[tuple[int, str, bytes]]) -> list[tuple[int, str, int]]:
    """Who wrote each byte: independent of how output is cut into pieces."""
    return [(ordinal, stream, byte) for ordinal, stream, data in pieces for byte in data]


def drain(follower: Follower, max_bytes: int = 1 << 18) -> list[tuple[int, str, bytes]]:
    found: list[Chunk] = []
    while chunks := follower.advance(max_bytes=max_bytes):
        found += chunks
    return [(chunk.ordinal, chunk.stream, chunk.data) for chunk in found]


@given(WRITES, st.data())
@settings(deadline=None, max_examples=60)
def test_reads_back_what_was_written_in_order(
    writes: list[tuple[int, str, bytes]], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(Path(folder))
        for ordinal, stream, text in writes:
            recorder.write(stream, text, ordinal)
        transcript = Transcript(folder)
        expected = bytewise(recorder.written)
        total = len(recorder.merged)
        assert sum(transcript.sizes()) == total
        assert transcript.read() == recorder.merged
        start = data.draw(st.integers(0, total))
        end = data.draw(st.integers(start, total))
        assert transcript.read(start, end) == recorder.merged[start:end]
        regions = list(transcript.regions(start, end))
        assert [region.offset for region in regions] == sorted(r.offset for r in regions)
        read = [
            (r.ordinal, r.stream, transcript.read_stream(r.stream, r.start, r.end)) for r in regions
        ]
        assert bytewise(read) == expected[start:end]
        for stream in STREAMS:
            own = b"".join(text for _, name, text in recorder.written if name == stream)
            assert transcript.read_stream(stream) == own
        budget = data.draw(st.integers(1, 20))
        assert bytewise(drain(Follower(transcript), budget)) == expected


@given(WRITES, st.integers(1, 7))
@settings(deadline=None, max_examples=40)
def test_a_follower_meets_growing_output_once_and_in_order(
    writes: list[tuple[int, str, bytes]], stride: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(Path(folder))
        transcript = Transcript(folder)
        follower = Follower(transcript)
        found: list[tuple[int, str, bytes]] = []
        for number, (ordinal, stream, text) in enumerate(writes):
            recorder.write(stream, text, ordinal)
            if number % stride == 0:
                found += drain(follower, 5)
        found += drain(follower)
        assert bytewise(found) == bytewise(recorder.written)
        assert follower.position == transcript.sizes()


@given(WRITES, st.data())
@settings(deadline=None, max_examples=40)
def test_a_follower_may_begin_anywhere_and_stop_at_given_sizes(
    writes: list[tuple[int, str, bytes]], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(Path(folder))
        places = [(0, 0)]
        for ordinal, stream, text in writes:
            recorder.write(stream, text, ordinal)
            places.append((recorder.out, recorder.err))
        low = data.draw(st.integers(0, len(writes)))
        high = data.draw(st.integers(low, len(writes)))
        follower = Follower(Transcript(folder), *places[low])
        found: list[Chunk] = []
        while chunks := follower.advance(until=places[high], max_bytes=4):
            found += chunks
        assert follower.position == places[high]
        expected = bytewise(recorder.written)[sum(places[low]) : sum(places[high])]
        assert bytewise([(c.ordinal, c.stream, c.data) for c in found]) == expected


def test_chunks_are_bounded(recorder: Recorder) -> None:
    recorder.write("stdout", b"x" * 100_000, 1)
    follower = Follower(Transcript(recorder.directory))
    sizes = [len(chunk.data) for _ in range(10) for chunk in follower.advance(max_bytes=10_000)]
    assert sizes == [10_000] * 10


def test_torn_tails_are_ignored(recorder: Recorder) -> None:
    started = recorder.start(1)
    recorder.write("stdout", b"one\n", 1)
    recorder.write("stderr", b"two\n", 1)
    recorder.append(protocol.ORDER, b"\1" * (protocol.MARK.size - 1))
    recorder.append(protocol.JOURNAL, b"\0\0\0\x20torn")
    transcript = Transcript(recorder.directory)
    assert transcript.read() == b"one\ntwo\n"
    assert transcript.mark_count() == recorder.marks
    assert list(transcript.history()) == [started]


def test_rubbish_in_the_journal_ends_the_history(recorder: Recorder) -> None:
    started = recorder.start(1)
    recorder.append(protocol.JOURNAL, b"\0\0\0\2\xc1\xc1")
    recorder.start(2)
    assert list(Transcript(recorder.directory).history()) == [started]


def test_a_region_whose_end_is_not_there_yet_is_not_passed(recorder: Recorder) -> None:
    recorder.write("stdout", b"abc", 1)
    recorder.append(protocol.ORDER, protocol.MARK.pack(6, 0, 1, 0))
    recorder.append(protocol.STDERR, b"later")
    transcript = Transcript(recorder.directory)
    follower = Follower(transcript)
    assert [chunk.data for chunk in follower.advance()] == [b"abc"]
    assert follower.advance() == []
    assert transcript.read() == b"abc"
    recorder.append(protocol.STDOUT, b"def")
    assert [(c.stream, c.data) for c in follower.advance()] == [
        ("stdout", b"def"),
        ("stderr", b"later"),
    ]
    assert transcript.read() == b"abcdeflater"


def test_output_of_children_that_no_mark_separates(recorder: Recorder) -> None:
    recorder.mark(1)
    recorder.grow("stderr", b"err")
    transcript = Transcript(recorder.directory)
    follower = Follower(transcript)
    assert follower.advance() == [(1, "stderr", 0, b"err")]
    recorder.grow("stdout", b"out")
    assert follower.advance() == [(1, "stdout", 0, b"out")]
    assert transcript.read() == b"outerr"


def test_runs_and_their_own_output(recorder: Recorder) -> None:
    first = recorder.start(1, "a")
    recorder.write("stdout", b"one", 1)
    recorder.write("stderr", b"uno", 1)
    recorder.finish(1)
    second = recorder.start(2, "b")
    recorder.write("stdout", b"two", 2)
    recorder.write("stdout", b"late", 1)
    recorder.write("stdout", b"dos", 2)
    done = recorder.finish(2, "error")
    third = recorder.start(3, "c")
    recorder.write("stdout", b"three", 3)
    recorder.die()
    recorder.start(4, "d")
    transcript = Transcript(recorder.directory)
    runs = transcript.runs()
    assert [(run.ordinal, run.status) for run in runs] == [
        (1, "ok"),
        (2, "error"),
        (3, "crashed"),
        (4, "running"),
    ]
    assert runs[3].end is None
    ends = [run.end for run in runs[:3]]
    assert transcript.run_output(first, ends[0] or (0, 0), None, 99) == (b"one", b"uno", False)
    assert transcript.run_output(second, (done.out, done.err), done.marks, 99) == (
        b"twodos",
        b"",
        False,
    )
    assert transcript.run_output(second, (done.out, done.err), done.marks, 4) == (
        b"twod",
        b"",
        True,
    )
    assert transcript.run_output(third, ends[2] or (0, 0), None, 5) == (b"three", b"", False)


def test_files_that_come_later_and_a_folder_that_goes(tmp_path: Path) -> None:
    transcript = Transcript(tmp_path / "session")
    assert transcript.sizes() == (0, 0)
    assert transcript.read() == b""
    assert list(transcript.history()) == []
    assert Follower(transcript).advance() == []
    recorder = Recorder(tmp_path / "session")
    recorder.write("stdout", b"here", 1)
    assert transcript.read() == b"here"
    shutil.rmtree(recorder.directory)
    assert transcript.read() == b"here"
    transcript.close()
    assert transcript.read() == b""


def test_finds_its_place_among_very_many_marks(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    count = 300_000
    pack = protocol.MARK.pack
    recorder.append(
        protocol.ORDER,
        b"".join(pack((i + 1) // 2 * 8, i // 2 * 8, 1 + i // 1000, 0) for i in range(count)),
    )
    for name, own in zip(STREAMS, (count // 2, count // 2), strict=True):
        recorder.append(name, b"".join(b"%07d\n" % i for i in range(own)))
    transcript = Transcript(tmp_path)
    assert transcript.read(1_600_000, 1_600_016) == b"0100000\n0100000\n"
    region = next(transcript.regions(2_399_992))
    assert (region.ordinal, region.stream) == (300, "stderr")
    follower = Follower(transcript, 800_000, 800_000)
    assert follower.advance(max_bytes=8)[0] == (201, "stdout", 800_000, b"0100000\n")


def test_a_hole_at_the_start_is_told(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    with (tmp_path / protocol.STDOUT).open("wb") as file:
        file.truncate(1 << 20)
        file.seek(1 << 20)
        file.write(b"rest")
    transcript = Transcript(recorder.directory)
    if not hasattr(os, "SEEK_DATA") or not transcript.dropped()[0]:
        pytest.skip("this file system does not tell holes")
    assert transcript.dropped() == (1 << 20, 0)


def test_what_was_dropped_is_left_out(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    started = recorder.start(1)
    recorder.write("stdout", b"x" * 10, 1)
    hole = 1 << 20
    with (tmp_path / protocol.STDOUT).open("wb") as file:
        file.truncate(hole)
        file.seek(hole)
        file.write(b"rest")
    transcript = Transcript(tmp_path)
    if transcript.dropped()[0] != hole:
        pytest.skip("this file system does not tell holes")
    assert transcript.read() == b"rest"
    assert transcript.read_stream("stdout", whole=False) == b"rest"
    assert len(transcript.read_stream("stdout")) == hole + 4
    assert transcript.run_output(started, (hole + 4, 0), None, 99) == (b"rest", b"", True)
    follower = Follower(transcript)
    found: list[Chunk] = []
    while follower.position[0] < hole + 4:
        found += follower.advance()
    assert found == [(1, "stdout", hole, b"rest")]
