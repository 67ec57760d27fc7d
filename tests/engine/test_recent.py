"""What was used last is kept, as far as it fits."""

from __future__ import annotations

from pathlib import Path

from pyrepl_tui.engine import line_index
from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.engine.recent import Recent
from pyrepl_tui.engine.transcript import Transcript
from tests.rendering.scribe import Scribe


def test_what_was_not_used_for_longest_goes_first() -> None:
    recent: Recent[str, int] = Recent(10)
    recent.put("a", 1, 4)
    recent.put("b", 2, 4)
    assert recent.get("a") == 1
    recent.put("c", 3, 4)
    assert recent.get("b") is None
    assert "b" not in recent
    assert (recent.get("a"), recent.get("c")) == (1, 3)


def test_what_is_too_large_is_kept_alone() -> None:
    recent: Recent[str, int] = Recent(10)
    recent.put("a", 1, 4)
    recent.put("b", 2, 40)
    assert recent.get("a") is None
    assert recent.get("b") == 2
    recent.put("c", 3, 1)
    assert recent.get("b") is None


def test_what_is_put_again_counts_once() -> None:
    recent: Recent[str, int] = Recent(10)
    for value in range(5):
        recent.put("a", value, 6)
    recent.put("b", 9, 4)
    assert (recent.get("a"), recent.get("b")) == (4, 9)
    recent.drop("a")
    recent.drop("a")
    recent.put("c", 3, 6)
    assert recent.get("b") == 9
    recent.clear()
    assert recent.get("b") is None


def test_the_texts_of_all_runs_share_one_room(tmp_path: Path) -> None:
    scribe = Scribe(tmp_path)
    for number in range(200):
        scribe.run(f"print({number})", b"%d" % number + b"x" * 40_000 + b"\n")
    document = OutputDocument(Transcript(tmp_path))
    while document.grow() or document.pending:
        pass
    for block in document.blocks:
        for part in block.parts:
            for chunk in range(part.index.chunk_count):
                part.index.text(chunk)
    kept = line_index._texts
    assert kept._size <= line_index._TEXTS_SIZE
    assert kept._size == sum(size for _, size in kept._found.values())
