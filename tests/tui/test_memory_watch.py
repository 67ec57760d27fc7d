"""What the status bar says of memory and processor time."""

from __future__ import annotations

import os
import time
from pathlib import Path

from pyrepl_tui.commands import COMMANDS, with_keys
from pyrepl_tui.engine.memory import IMAGE_SHARE
from pyrepl_tui.engine.values import ProcessInfo
from pyrepl_tui.memory_watch import MemoryWatch
from pyrepl_tui.models import Past, SessionModel
from pyrepl_tui.session_options import SessionOptions
from pyrepl_tui.widgets.status_bar import StatusBar, images_text, memory_text, nears_ceiling
from pyrepl_worker.budget import SHARE
from tests.tui.fake_engine import FakeEngine, FakeSession


class Measured(FakeSession):
    """A session with a worker and two images."""

    async def processes(self) -> list[ProcessInfo]:
        images = [ProcessInfo(n, "image", 1_000_000, f"point {n}") for n in (2, 3)]
        return [ProcessInfo(1, "worker", 5_000_000), *images, ProcessInfo(9, "nursery", 7)]


async def test_worker_and_images_are_told_apart(tmp_path: Path) -> None:
    model = SessionModel(1, "tab", state="idle", began=True)
    watch = MemoryWatch(model)
    assert watch.due
    session = Measured(FakeEngine(tmp_path), "tab")
    assert await watch.update(session)
    assert not await watch.update(session), "nothing has changed"
    assert model.memory == 5_000_000
    assert model.past.image_sizes == {"point 2": 1_000_000, "point 3": 1_000_000}
    assert images_text(model.past).startswith("2 checkpoints in memory, 2.0 MB of ")


async def test_a_dead_session_still_has_its_images(tmp_path: Path) -> None:
    model = SessionModel(1, "tab", state="dead", began=True, death="killed")
    await MemoryWatch(model).update(Measured(FakeEngine(tmp_path), "tab"))
    assert model.memory is None
    said = with_keys(StatusBar().state_text(model), COMMANDS)
    assert "Alt+U newest checkpoint · F9 fresh start" in said
    model.past.images = 0
    assert "undo_run" not in StatusBar().state_text(model)


def test_nothing_is_measured_before_there_is_a_worker() -> None:
    assert not MemoryWatch(SessionModel(1, "tab")).due


def test_the_budget_shown_is_the_one_that_counts() -> None:
    assert IMAGE_SHARE == SHARE
    assert images_text(Past()) == ""


async def test_memory_stands_beside_its_ceiling_and_stands_out_near_it(tmp_path: Path) -> None:
    session = Measured(FakeEngine(tmp_path), "tab")
    session.options = SessionOptions(memory_mb=200)
    model = SessionModel(1, "tab", state="idle", began=True, pid=os.getpid(), memory=1_000_000)
    assert memory_text(model) == "1.0 MB"
    assert MemoryWatch(model).look(session)
    assert model.own_memory is not None
    assert model.own_memory > 1_000_000
    assert memory_text(model).endswith(" of 200 MB")
    model.own_memory = 179_000_000
    assert not nears_ceiling(model)
    model.own_memory = 180_000_000
    assert nears_ceiling(model)
    assert memory_text(model) == "180 MB of 200 MB"


async def test_what_a_run_takes_of_the_processor_is_shown_while_it_runs(tmp_path: Path) -> None:
    session = FakeSession(FakeEngine(tmp_path), "tab")
    model = SessionModel(1, "tab", state="busy", began=True, pid=os.getpid())
    watch = MemoryWatch(model)
    watch.look(session)
    assert model.cpu is None, "one look is no measure"
    began = time.process_time()
    while time.process_time() - began < 0.1:
        pass
    assert watch.look(session)
    assert model.cpu is not None
    assert 0 < model.cpu < 64
    model.run_since, model.cpu = 0.0, 0.98
    assert StatusBar().facts(model) == ["CPU 98%"]
    model.state, model.run_since = "idle", None
    assert StatusBar().facts(model) == []
    watch.look(session)
    assert model.cpu is None


async def test_a_worker_that_is_gone_takes_nothing(tmp_path: Path) -> None:
    session = FakeSession(FakeEngine(tmp_path), "tab")
    session.options = SessionOptions(memory_mb=200)
    model = SessionModel(1, "tab", state="busy", began=True, pid=2**30)
    watch = MemoryWatch(model)
    watch.look(session)
    watch.look(session)
    assert (model.own_memory, model.cpu, memory_text(model)) == (None, None, "")
