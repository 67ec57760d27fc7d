"""Which runs the present came from, as the output pane's blocks tell it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.engine.transcript import Transcript
from pyrepl_worker import protocol
from tests.engine.recorder import made
from tests.rendering.scribe import Scribe


class Story:
    """A session's record, and the fates of its runs."""

    def __init__(self, folder: Path) -> None:
        self.scribe = Scribe(folder)
        self.document = OutputDocument(Transcript(folder))

    def take(self, name: str, *, kind: str = "manual", label: str | None = None) -> None:
        count = self.scribe.count
        self.scribe.journal(
            made(protocol.CheckpointTaken, name, label, kind, None, count, 1.0, True)
        )

    def restore(self, name: str, count: int) -> None:
        self.scribe.journal(made(protocol.Restored, name, None, "image", count, {}))

    def transaction(self, outcome: str) -> None:
        self.scribe.journal(made(protocol.TransactionChanged, None, outcome))

    @property
    def fates(self) -> list[str]:
        self.document.grow()
        return [block.fate for block in self.document.blocks if block.kind == "run"]

    @property
    def marks(self) -> list[str]:
        self.document.grow()
        parts = [part for block in self.document.blocks for part in block.parts]
        return [getattr(part, "text", "") for part in parts if part.label == "restored"]


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path / "session")


def test_a_restore_takes_back_the_runs_since_and_its_undo_brings_them_again(story: Story) -> None:
    story.scribe.run("1")
    story.take("a")
    story.scribe.run("2")
    story.scribe.run("3")
    story.take("b", kind="replaced")
    story.restore("a", 1)
    assert story.fates == ["", "undone", "undone"]
    story.scribe.run("4")
    story.take("c", kind="replaced")
    story.restore("b", 3)
    assert story.fates == ["", "", "", "undone"]
    story.restore("c", 2)
    assert story.fates == ["", "undone", "undone", ""]


def test_a_restore_is_told_between_the_runs(story: Story) -> None:
    story.take("start")
    story.scribe.run("1")
    story.take("a", label="clean data")
    story.restore("a", 1)
    story.restore("start", 0)
    assert story.marks == ["back to the state after run 1 · clean data", "back to the start"]


def test_runs_of_an_open_transaction_are_pending(story: Story) -> None:
    story.scribe.run("1")
    story.transaction("opened")
    story.scribe.run("2")
    story.scribe.run("3")
    assert story.fates == ["", "pending", "pending"]
    story.transaction("committed")
    assert story.fates == ["", "", ""]


@pytest.mark.parametrize("by_image", [True, False])
def test_a_rollback_takes_all_runs_of_the_transaction_back(story: Story, by_image: bool) -> None:
    story.scribe.run("1")
    story.transaction("opened")
    story.scribe.run("2")
    story.scribe.run("3")
    if by_image:
        story.restore("its image", 1)
    story.transaction("rolled_back")
    assert story.fates == ["", "rolled back", "rolled back"]
    assert story.marks == []


def test_an_undo_within_a_transaction_leaves_the_rest_pending(story: Story) -> None:
    story.scribe.run("1")
    story.transaction("opened")
    story.scribe.run("2")
    story.take("within")
    story.scribe.run("3")
    story.take("end", kind="replaced")
    story.restore("within", 2)
    assert story.fates == ["", "pending", "undone"]
    story.restore("end", 3)
    assert story.fates == ["", "pending", "pending"]
    story.restore("within", 2)
    story.scribe.run("4")
    assert story.fates == ["", "pending", "undone", "pending"]
    story.transaction("committed")
    assert story.fates == ["", "", "undone", ""]
    story.restore("end", 3)
    story.transaction("committed")  # as a worker does whose transaction cannot be rolled back
    assert story.fates == ["", "", "", "undone"]


def test_a_fresh_worker_has_nothing_pending(story: Story) -> None:
    story.transaction("opened")
    story.scribe.run("1")
    story.scribe.journal(made(protocol.WorkerStarted))
    story.scribe.run("2")
    assert story.fates == ["rolled back", ""]


def test_a_run_that_its_policy_took_back_is_no_ancestor(story: Story) -> None:
    story.take("a")
    story.scribe.begin("1")
    n = story.scribe.count
    story.scribe.journal(
        made(protocol.Finished, f"op{n}", n, "error", None, False, None, n, 1.0, True)
    )
    assert story.fates == ["rolled back"]
    story.restore("a", 0)
    assert story.fates == ["rolled back"]
