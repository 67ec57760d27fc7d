"""A long session is read from its last runs on; in the end it is the same as read in order."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path
from typing import Any

import pytest

from pyrepl_tui.engine import last_runs, output_intake
from pyrepl_tui.engine.journal_tail import JournalFrames, JournalTail
from pyrepl_tui.engine.output_blocks import Block
from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.engine.transcript import Transcript
from pyrepl_worker import protocol
from tests.engine.recorder import made
from tests.rendering.scribe import Scribe


def shorten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let short journals count as long."""
    monkeypatch.setattr(last_runs, "RUNS", 4)
    monkeypatch.setattr(last_runs, "_WORTH", 12)


class Life:
    """A session that does this and that, by dice."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.dice = random.Random(seed)
        self.scribe = Scribe(folder)
        self.scribe.worker()
        self.taken: list[tuple[str, int]] = []
        self.running = self.in_transaction = False

    def goes_on(self, steps: int) -> None:
        deeds = [self.runs] * 4 + [self.ends] * 3 + [self.prints, self.prints_late, self.asks]
        deeds += [self.takes, self.restores, self.begins_or_ends_transaction, self.dies, self.notes]
        for _ in range(steps):
            self.dice.choice(deeds)()

    def runs(self) -> None:
        self.ends()
        self.scribe.begin(f"code {self.scribe.count}")
        self.running = True

    def ends(self) -> None:
        if self.running:
            self.prints()
            self.scribe.end(self.dice.choice(["ok", "error"]), value=self.dice.choice([None, "1"]))
            self.running = False

    def prints(self) -> None:
        ordinal = self.scribe.count if self.running else 0
        stream = self.dice.choice([protocol.STDOUT, protocol.STDERR])
        self.scribe.write(stream, b"some words %d\n" % self.dice.randrange(1000), ordinal)

    def prints_late(self) -> None:
        """A thread of a run that is over prints."""
        if self.scribe.count:
            self.scribe.write(protocol.STDOUT, b"late\n", self.dice.randint(1, self.scribe.count))

    def takes(self) -> None:
        self.ends()
        name, count = f"c{len(self.taken)}", self.scribe.count
        self.taken.append((name, count))
        label = self.dice.choice([None, "a label"])
        self.tell(made(protocol.CheckpointTaken, name, label, "manual", None, count))

    def restores(self) -> None:
        if self.taken:
            self.ends()
            name, count = self.dice.choice(self.taken)
            self.tell(made(protocol.Restored, name, None, "image", count, {}))
            self.in_transaction = False

    def begins_or_ends_transaction(self) -> None:
        self.ends()
        ends = self.dice.choice(["committed", "rolled_back"])
        outcome = ends if self.in_transaction else "opened"
        self.tell(made(protocol.TransactionChanged, None, outcome))
        self.in_transaction = not self.in_transaction

    def dies(self) -> None:
        if self.dice.random() < 0.3:
            self.tell(made(protocol.WorkerDied, 1, None, None, "killed", 9.0))
            self.scribe.worker()
            self.running = self.in_transaction = False

    def notes(self) -> None:
        self.scribe.notice("output_dropped", "something was dropped")

    def asks(self) -> None:
        if self.running:
            self.scribe.ask("? ", request=f"q{self.scribe.marks}")
            self.scribe.answer("yes", request=f"q{self.scribe.marks}")

    def tell(self, event: Any) -> None:
        self.scribe.journal(dataclasses.replace(event, out=self.scribe.out, err=self.scribe.err))


def look_of(block: Block) -> tuple[object, ...]:
    """All that is shown of a block."""
    shown = [
        (part.kind, part.label, b"".join(map(part.index.raw, range(part.index.chunk_count))))
        for part in block.parts
    ]
    said = (
        block.kind,
        block.ordinal,
        block.code,
        block.status,
        block.duration_ms,
        block.value_shown,
    )
    shown = [part for part in shown if part[2]]
    return (*said, block.fate, block.checkpoint, block.output(), shown)


def looks(document: OutputDocument) -> list[tuple[object, ...]]:
    """All that is shown, once everything was read."""
    for _ in document.catch_up():
        pass
    while document.pending:
        document.grow()
    return [look_of(block) for block in document.blocks if block.parts]


@pytest.mark.parametrize("seed", range(25))
def test_read_from_the_end_it_is_the_same_as_read_in_order(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = Life(tmp_path, seed)
    life.goes_on(80)
    in_order = OutputDocument(Transcript(tmp_path))
    shorten(monkeypatch)
    monkeypatch.setattr(output_intake, "_SLICE", 0.0)
    monkeypatch.setattr(output_intake, "_LEAST", 1)
    from_end = OutputDocument(Transcript(tmp_path))
    for _ in range(life.dice.randrange(10)):
        from_end.grow()
        life.goes_on(1)
    life.ends()
    assert looks(from_end) == looks(in_order)
    assert from_end.python == in_order.python


def test_the_last_runs_are_there_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scribe = Scribe(tmp_path)
    scribe.worker()
    for number in range(100):
        scribe.run(f"print({number})", b"%d\n" % number)
    shorten(monkeypatch)
    document = OutputDocument(Transcript(tmp_path))
    assert document.loading
    assert [block.code for block in document.blocks if block.parts] == [
        f"print({number})" for number in range(96, 100)
    ]
    numbers = {block.code: block.number for block in document.blocks if block.parts}
    first = document.block_of_run(1)
    assert first is not None
    assert first.output() == b"0\n"
    assert not document.loading
    places = [block.number for block in document.blocks if block.kind == "run"]
    assert places == sorted(places)
    assert len(places) == 100
    assert all(document.blocks[number].code == code for code, number in numbers.items())


def test_a_run_that_goes_on_is_never_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scribe = Scribe(tmp_path)
    scribe.worker()
    scribe.begin("the first")
    for number in range(2, 50):
        scribe.run(f"within it {number}")
    scribe.count = 1
    scribe.end()
    shorten(monkeypatch)
    document = OutputDocument(Transcript(tmp_path))
    assert looks(document)[1][:4] == ("run", 1, "the first", "ok")


def test_a_journal_is_read_backwards(tmp_path: Path) -> None:
    scribe = Scribe(tmp_path)
    scribe.worker()
    for number in range(20):
        scribe.run(f"code {number}")
    path = tmp_path / protocol.JOURNAL
    forwards = JournalTail(path).read()
    with path.open("ab") as file:
        file.write(b"\0\0\0\x20torn")
    with path.open("rb") as file:
        journal = JournalFrames(file.fileno())
    numbers = range(len(journal.starts))
    assert [journal.event(number) for number in numbers] == forwards
    started = [n for n in numbers if isinstance(forwards[n], protocol.Started)]
    assert [n for n in numbers if journal.may_be(n, b"started")] == started
    assert JournalTail(path, journal.starts[7]).read() == forwards[7:]


@pytest.mark.parametrize("data", [None, b"", b"\0\0", bytes(4000)])
def test_a_journal_that_is_none_has_no_last_runs(tmp_path: Path, data: bytes | None) -> None:
    path = tmp_path / protocol.JOURNAL
    if data is not None:
        path.write_bytes(data)
    assert last_runs.last_runs(path) is None
