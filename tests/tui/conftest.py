"""An app over sessions without workers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import textual._wait
from textual.pilot import Pilot

from pyrepl_tui import key_order
from pyrepl_tui.app import PyreplApp
from pyrepl_tui.widgets.input_panel import InputPanel
from tests.support.waiting import eventually
from tests.tui.fake_engine import FakeEngine, FakeSession

SIZE = (120, 40)


@dataclass
class Desk:
    """A running app with what a test needs of it."""

    app: PyreplApp
    pilot: Pilot[None]
    engine: FakeEngine = field(default_factory=lambda: FakeEngine(Path("/nonexistent")))
    """Unused where real workers run."""

    @property
    def session(self) -> FakeSession:
        """The session of the active tab."""
        shown = self.app.model.session_id
        return next(session for session in self.engine.made if session.id == shown)

    @property
    def panel(self) -> InputPanel:
        assert self.app.desk.panel is not None
        return self.app.desk.panel

    @property
    def names(self) -> list[str]:
        return [model.name for model in self.app.workspace]

    async def type(self, text: str) -> None:
        """Press keys one by one; a line end is Enter."""
        names = {"\n": "enter", " ": "space"}
        await self.pilot.press(*(names.get(char, char) for char in text))

    async def until(self, predicate: Callable[[], object], what: str = "") -> None:
        await eventually(predicate, what=what)
        await self.pilot.pause()

    async def paint(self) -> list[str]:
        """The screen's lines as text."""
        await self.pilot.pause()
        width, height = self.app.size
        strips = self.app.screen._compositor.render_strips()
        assert len(strips) == height
        return ["".join(segment.text for segment in strip)[:width] for strip in strips]

    async def shows(self, text: str) -> None:
        """Wait until some line of the screen contains a text."""

        async def visible() -> bool:
            return any(text in line for line in await self.paint())

        await eventually(visible, what=f"{text!r} on the screen")


def output_text(desk: Desk) -> str:
    """What the active session printed, and the values of its runs."""
    document = desk.app.model.document
    if document is None:
        return ""
    document.grow()
    texts = []
    for block in document.blocks:
        texts.append(block.output().decode())
        texts += [part.text for part in block.parts if hasattr(part, "text")]
    return "\n".join(texts)


@pytest.fixture(autouse=True, scope="session")
def brief_looks() -> None:
    """After each key Textual looks twice whether the app rests, for 20 ms each: 4 ms will do.

    It rests if its loop had nothing to do meanwhile, however long other processes took.
    """
    textual._wait.SLEEP_GRANULARITY /= 5
    textual._wait.SLEEP_IDLE /= 5


OpenDesk = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine, too, each key meets what the one before has done."""
    monkeypatch.setattr(key_order, "PATIENCE", 3.0)


@pytest.fixture
def open_desk(tmp_path: Path) -> OpenDesk:
    """Opens an app: ``async with open_desk(size=(80, 24)) as desk``."""

    @asynccontextmanager
    async def opened(
        size: tuple[int, int] = SIZE,
        engine: FakeEngine | None = None,
        settle: bool = True,
        files: Sequence[Path] = (),
    ) -> AsyncIterator[Desk]:
        engine = engine or FakeEngine(tmp_path / "sessions")
        app = PyreplApp(files, engine=engine, settings=tmp_path / "settings.toml")
        async with app.run_test(size=size, notifications=True) as pilot:
            desk = Desk(app, pilot, engine)
            if settle:
                await desk.until(lambda: app.desk.panel is not None, "the panes")
                await desk.until(
                    lambda: any(model.state == "idle" for model in app.workspace), "a worker"
                )
            yield desk

    return opened
