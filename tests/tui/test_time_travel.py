"""Going back in time in the app, over real workers."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from pyrepl_tui import list_sessions
from pyrepl_tui.app import PyreplApp
from pyrepl_tui.local_engine import LocalEngine
from pyrepl_tui.models import SessionModel
from tests.tui.conftest import Desk, output_text

pytestmark = pytest.mark.timeout(120)


@asynccontextmanager
async def opened(
    tmp_path: Path, size: tuple[int, int] = (120, 40), *, alive: bool = True
) -> AsyncIterator[Desk]:
    app = PyreplApp(engine=LocalEngine(cwd=str(tmp_path)), settings=tmp_path / "settings.toml")
    async with app.run_test(size=size, notifications=True) as pilot:
        desk = Desk(app, pilot)
        await desk.until(lambda: app.desk.timeline is not None and len(app.workspace))
        if alive:
            await desk.until(lambda: app.model.state in ("idle", "pending"))
        try:
            yield desk
        finally:
            await app.bridge.stop(end=True)
            assert await list_sessions() == []


async def run(desk: Desk, code: str, model: SessionModel | None = None) -> None:
    """Run code and wait for its end."""
    model = model or desk.app.model
    before = model.execution_count
    desk.app.run_code(model, code)
    await desk.until(lambda: model.execution_count > before and model.running is None, code)
    await desk.until(lambda: model.state in ("idle", "pending"))


def has_tabs(desk: Desk, count: int) -> bool:
    return len(desk.app.workspace) == count


def lists(model: SessionModel, text: str) -> bool:
    """Whether the only variable listed is worth that."""
    return [variable.summary for variable in model.variables] == [text]


async def value(desk: Desk, code: str) -> str:
    """The value of an expression in the active tab."""
    await run(desk, f"'{{' + str({code}) + '}}'")
    await desk.until(lambda: "'{" in output_text(desk).splitlines()[-1])
    return output_text(desk).splitlines()[-1].strip("'{}")


async def test_what_was_spoiled_in_place_is_back_with_one_key(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await run(desk, "data = {'a': list(range(1000))}; same = data['a']")
        await run(desk, "data['a'].clear()")
        await desk.pilot.press("alt+u")
        await desk.shows("never happened")
        assert await value(desk, "(len(data['a']), same is data['a'])") == "(1000, True)"
        await desk.pilot.press("alt+u")
        await desk.until(lambda: desk.app.model.execution_count == 1)
        await desk.pilot.press("alt+y")
        await desk.until(lambda: desk.app.model.execution_count == 2)


async def test_three_variants_of_one_checkpoint_in_three_tabs(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        first = desk.app.model
        await run(desk, "data = [3, 1, 2]")
        await desk.pilot.press("alt+k")
        await desk.pilot.press("alt+t")
        await desk.shows("data = [3, 1, 2]  +data")
        for count in (2, 3):
            await desk.pilot.press("b")
            await desk.until(partial(has_tabs, desk, count))
        tabs = list(desk.app.workspace)
        await desk.until(lambda: all(model.state == "idle" for model in tabs))
        codes = ("data.sort()", "data.reverse()", "data.append(4)")
        for model, code in zip(tabs, codes, strict=True):
            await run(desk, code, model)
        found = []
        for model in tabs:
            desk.app.go_to(model)
            found.append(await value(desk, "data"))
        assert found == ["[1, 2, 3]", "[2, 1, 3]", "[3, 1, 2, 4]"]
        assert tabs[0] is first


async def test_a_killed_worker_is_back_with_one_key(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        model = desk.app.model
        await run(desk, "data = [1, 2, 3]; it = iter(data); next(it)")
        await desk.pilot.press("alt+k")
        await desk.until(lambda: model.past.images)
        assert model.pid is not None
        os.kill(model.pid, signal.SIGKILL)
        await desk.until(lambda: model.state == "dead")
        await desk.shows("Alt+U newest checkpoint")
        await desk.pilot.press("alt+u")
        await desk.until(lambda: model.state == "idle")
        assert await value(desk, "next(it)") == "2"


async def test_after_a_reboot_it_is_back_from_the_disk_with_one_key(tmp_path: Path) -> None:
    app = PyreplApp(engine=LocalEngine(cwd=str(tmp_path)), settings=tmp_path / "settings.toml")
    async with app.run_test(size=(120, 40)) as pilot:
        desk = Desk(app, pilot)
        await desk.until(lambda: len(app.workspace) and app.model.state == "idle")
        await run(desk, "data = [1, 2, 3]; lost = (n for n in data)")
        session = app.bridge.link(app.model).session
        assert session is not None
        await session.archive_checkpoint(await session.checkpoint("kept"))
        pids = [process.pid for process in await session.processes()]
        await app.bridge.stop(end=False)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    async with opened(tmp_path, alive=False) as desk:
        await desk.until(lambda: desk.app.model.state == "dead")
        await desk.shows("Alt+U newest checkpoint")
        await desk.pilot.press("alt+u")
        await desk.until(lambda: desk.app.model.state == "idle")
        await desk.until(lambda: desk.app.bridge.log)
        (told,) = desk.app.bridge.log
        assert told.title == "The session is back as it was after run 1."
        assert told.text.startswith("lost: missing, "), "the messages keep what did not come back"
        assert await value(desk, "data") == "[1, 2, 3]"


async def test_a_session_that_was_closed_is_taken_up_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        app, model = desk.app, desk.app.model
        await run(desk, "data = [1, 2, 3]")
        session = app.bridge.link(model).session
        assert session is not None
        await session.archive_checkpoint(await session.checkpoint("kept"))
        await desk.pilot.press("ctrl+t")
        await app.bridge.close(model, end=True)
        await desk.until(lambda: len(app.workspace) == 1 and app.model.state == "idle")
        app.action_recall_session()
        await desk.shows("1 checkpoint on disk")
        await desk.pilot.press("enter")
        await desk.until(lambda: len(app.workspace) == 2 and app.model.state == "dead")
        assert "[1, 2, 3]" in output_text(desk)
        await desk.pilot.press("alt+u")
        await desk.until(lambda: app.model.state == "idle")
        assert await value(desk, "data") == "[1, 2, 3]"


async def test_a_transaction_is_pending_then_rolled_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        model = desk.app.model
        await run(desk, "data = [1]")
        await desk.pilot.press("alt+o", "e")
        await desk.until(lambda: model.policy == "explicit")
        await run(desk, "data.append(2)")
        await desk.until(lambda: model.past.pending)
        await run(desk, "extra = 5")
        await desk.shows("Pending: 2 runs")
        await desk.pilot.press("alt+r")
        await desk.until(lambda: not model.past.pending)
        await desk.pilot.press("alt+o", "a")
        await desk.until(lambda: model.policy == "commit_always")
        assert await value(desk, "(data, 'extra' in globals())") == "([1], False)"


async def test_a_state_is_restored_from_the_timeline_and_the_restore_undone(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as desk:
        model = desk.app.model
        for number in range(3):
            await run(desk, f"x = {number}")
            await desk.until(partial(lists, model, str(number)))
        await desk.pilot.press("alt+t")
        await desk.shows("x = 2  ~x 1→2")
        await desk.pilot.press("home", "down", "enter")
        await desk.shows("Restored: ")
        await desk.shows("└─● [2] x = 1")
        assert await value(desk, "x") == "0"
        desk.app.desk.timeline.tree_view.focus()  # type: ignore[union-attr]
        await desk.pilot.press("u")
        await desk.until(lambda: desk.app.model.execution_count == 3)
        assert await value(desk, "x") == "2"


async def test_a_session_keeps_its_policy_and_what_runs_changed(tmp_path: Path) -> None:
    app = PyreplApp(engine=LocalEngine(cwd=str(tmp_path)), settings=tmp_path / "settings.toml")
    async with app.run_test(size=(120, 40)) as pilot:
        desk = Desk(app, pilot)
        await desk.until(lambda: len(app.workspace) and app.model.state == "idle")
        app.set_policy(app.model, "explicit")
        await run(desk, "kept = 1")
        await app.bridge.stop(end=False)
    async with opened(tmp_path) as desk:
        assert desk.app.model.policy == "explicit"
        await desk.until(lambda: desk.app.desk.pending.display)
        await desk.shows("Pending: 1 run · +kept")
        await desk.pilot.press("alt+s")
        await desk.until(lambda: desk.app.model.state == "idle")
