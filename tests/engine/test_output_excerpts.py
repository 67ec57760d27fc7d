"""Stderr and tracebacks as a document of their own, which follows the whole one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.engine.output_excerpts import ErrorsOnly
from pyrepl_tui.engine.transcript import Transcript
from pyrepl_tui.rendering.plain import plain_output
from pyrepl_worker import protocol
from tests.engine.recorder import made
from tests.rendering.scribe import Scribe


@pytest.fixture
def scribe(tmp_path: Path) -> Scribe:
    scribe = Scribe(tmp_path / "session")
    scribe.worker()
    scribe.begin("both()")
    for number in range(3):
        scribe.say(f"out {number}\n")
        scribe.say(f"err {number}\n", protocol.STDERR)
    scribe.end()
    scribe.run("quiet()", "nothing wrong\n")
    scribe.run("1/0", "before\n", status="error", error={"traceback": "ZeroDivisionError"})
    return scribe


def shown(errors: ErrorsOnly) -> list[str]:
    """The texts of the blocks that show anything."""
    return ["".join(plain_output(block)) for block in errors.blocks if block.parts]


def test_only_what_went_to_stderr_and_tracebacks_are_in_it(scribe: Scribe) -> None:
    document = OutputDocument(Transcript(scribe.directory))
    errors = ErrorsOnly(document)
    assert shown(errors) == ["err 0\nerr 1\nerr 2\n", "ZeroDivisionError\n"]
    codes = [block.code for block in errors.blocks if block.parts]
    assert codes == ["both()", "1/0"]
    assert [block.number for block in errors.blocks] == [b.number for b in document.blocks]


def test_it_follows_what_is_added(scribe: Scribe) -> None:
    document = OutputDocument(Transcript(scribe.directory))
    errors = ErrorsOnly(document)
    version = errors.version
    assert not errors.grow()
    assert errors.changed_since(version) == []
    scribe.begin("more()")
    scribe.say("good\n")
    document.grow()
    errors.grow()
    assert len(shown(errors)) == 2
    scribe.say("bad\n", protocol.STDERR)
    document.grow()
    assert errors.grow()
    assert [block.code for block in errors.changed_since(version) if block.parts] == ["more()"]
    scribe.say("worse\n", protocol.STDERR)
    scribe.end()
    document.grow()
    assert errors.grow()
    assert shown(errors)[-1] == "bad\nworse\n"


def test_a_run_knows_the_checkpoint_of_the_state_before_it(tmp_path: Path) -> None:
    scribe = Scribe(tmp_path / "session")

    def take(name: str) -> None:
        scribe.journal(made(protocol.CheckpointTaken, name, None, "auto", None, scribe.count))

    scribe.run("unknown()")
    take("a")
    scribe.run("first()")
    scribe.run("second()")
    take("b")
    scribe.journal(made(protocol.Restored, "a", "b", "image", 1, {}))
    scribe.run("third()")
    document = OutputDocument(Transcript(scribe.directory))
    runs = {block.code: block.checkpoint for block in document.blocks if block.kind == "run"}
    assert runs == {"unknown()": "", "first()": "a", "second()": "", "third()": "a"}
