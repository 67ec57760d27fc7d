"""Streams of events: each says things in the order they happened in."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pyrepl_tui.engine import events
from pyrepl_tui.engine.model import SessionModel
from pyrepl_tui.engine.transcript import Transcript
from pyrepl_tui.engine.values import WorkerDeath
from pyrepl_worker import protocol

from .recorder import Recorder


async def test_output_waits_for_the_start_of_its_run(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "t")
    model = SessionModel("s", "s", Transcript(recorder.directory))
    stream = model.listen(output=True)
    started = recorder.start(1)
    recorder.write(protocol.STDOUT, b"printed before its start is told\n", 1)

    first = asyncio.ensure_future(anext(stream))
    recorder.write(protocol.STDERR, b"of no run", 0)
    for _ in range(20):  # it has looked at the files by then
        await asyncio.sleep(0)
    assert not first.done()

    model.take(started)
    begun, own, other = await first, await anext(stream), await anext(stream)
    assert isinstance(begun, events.Started)
    assert isinstance(own, events.Output)
    assert isinstance(other, events.Output)
    assert (begun.operation_id, own.operation_id) == (started.operation_id, started.operation_id)
    assert other.operation_id is None


async def test_output_of_a_run_whose_start_is_never_told_comes_with_the_workers_end(
    tmp_path: Path,
) -> None:
    recorder = Recorder(tmp_path / "t")
    model = SessionModel("s", "s", Transcript(recorder.directory))
    stream = model.listen(output=True)
    recorder.write(protocol.STDOUT, b"last words", 1)
    model.worker_down(WorkerDeath(9, None, "killed"))
    last = await anext(stream)
    assert isinstance(last, events.Output)
    assert last.data == b"last words"
    assert isinstance(await anext(stream), events.WorkerDown)
