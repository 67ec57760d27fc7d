"""What the status bar says of memory."""

from __future__ import annotations

from pathlib import Path

from pyrepl_tui.engine.memory import IMAGE_SHARE
from pyrepl_tui.engine.values import ProcessInfo
from pyrepl_tui.memory_watch import MemoryWatch
from pyrepl_tui.models import Past, SessionModel
from pyrepl_tui.widgets.status_bar import StatusBar, images_text
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
    assert images_text(model.past).startswith("2 checkpoints 2.0 MB of ")


async def test_a_dead_session_still_has_its_images(tmp_path: Path) -> None:
    model = SessionModel(1, "tab", state="dead", began=True, death="killed")
    await MemoryWatch(model).update(Measured(FakeEngine(tmp_path), "tab"))
    assert model.memory is None
    assert "Alt+U newest checkpoint · F9 fresh start" in StatusBar().state_text(model)
    model.past.images = 0
    assert "Alt+U" not in StatusBar().state_text(model)


def test_nothing_is_measured_before_there_is_a_worker() -> None:
    assert not MemoryWatch(SessionModel(1, "tab")).due


def test_the_budget_shown_is_the_one_that_counts() -> None:
    assert IMAGE_SHARE == SHARE
    assert images_text(Past()) == ""
