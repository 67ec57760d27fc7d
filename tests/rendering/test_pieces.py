"""The output of a run that writes to both streams in turn."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pyrepl_tui.engine import output_intake, output_parts
from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.engine.transcript import Transcript
from tests.rendering.scribe import Scribe


@pytest.mark.parametrize("page", [1, 2, 7, 4096])
def test_any_range_is_read_from_both_streams_in_order(
    page: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output_parts, "_PAGE", page)
    dice = random.Random(1)
    scribe = Scribe(tmp_path / "t")
    scribe.begin("x")
    document = OutputDocument(Transcript(scribe.directory))
    whole, roles = b"", ""
    for n in range(60):
        stream = dice.choice(["stdout", "stderr"])
        data = f"{n} ".encode() * dice.randint(1, 4)
        scribe.say(data, stream)
        whole += data
        roles += stream[3] * len(data)
        if dice.random() < 0.3:
            document.grow()
    document.grow()
    table = document.blocks[0].table
    assert table.read(0, table.size) == whole
    for _ in range(200):
        start = dice.randint(0, len(whole))
        end = dice.randint(start, len(whole))
        assert table.read(start, end) == whole[start:end]
        shown, position = "", start
        for stop, role in table.roles(start, end):
            shown += ("e" if role else "o") * (stop - position)
            position = stop
        assert shown == roles[start:end]


def test_millions_of_pieces_are_taken_in_bit_by_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output_intake, "_SLICE", 0.0)
    monkeypatch.setattr(output_intake, "_LEAST", 0)
    monkeypatch.setattr(output_intake, "_STEP", 20)
    scribe = Scribe(tmp_path / "t")
    scribe.begin("x")
    for n in range(100):
        scribe.say(f"{n}\n", "stderr" if n % 2 else "stdout")
    scribe.end(value="last")
    document = OutputDocument(Transcript(scribe.directory))
    assert document.pending > 0
    assert document.blocks[0].running
    calls = 0
    while document.pending or document.blocks[0].running:
        assert document.grow()
        calls += 1
    assert calls > 10
    assert document.blocks[0].output() == "".join(f"{n}\n" for n in range(100)).encode()
    assert [part.kind for part in document.blocks[0].parts] == ["code", "output", "value"]
