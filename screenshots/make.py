"""Takes the pictures of this folder from the running app, with real workers.

Run it with ``make screenshots``; names of scenes after the program's own take only these. With
``--png`` it also writes PNG files (needs rsvg-convert).
"""

from __future__ import annotations

import asyncio
import html
import os
import re
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import output_scenes

if TYPE_CHECKING:
    from pyrepl_tui.models import Question, SessionModel

HERE = Path(__file__).resolve().parent
BASE = Path("/tmp/pyrepl-demo")  # shown in the pictures, so the same on every machine
SIZES = ((80, 24), (120, 40), (200, 50))
DEADLINE = 20.0
REST = ("idle", "pending")
"""States in which nothing runs."""

RUNS = (
    "import statistics, time\nfrom pathlib import Path",
    "readings = [round(20 + 5 * (n % 7) / 7 + n / 40, 2) for n in range(48)]\nlen(readings)",
    """\
def summary(values: list[float]) -> dict[str, float]:
    '''Mean, spread and range of some measurements.'''
    return {
        "mean": statistics.mean(values),
        "spread": statistics.stdev(values),
        "lowest": min(values),
        "highest": max(values),
    }""",
    "summary(readings)",
    """\
for hour, value in enumerate(readings[:6]):
    bar = "█" * int(value - 15)
    print(f"{hour:02}:00  {value:6.2f}  \\033[36m{bar}\\033[0m")""",
    'station = {"name": "Harbour", "height": 4}\nstation["altitude"]',
)
PAST = (
    "import statistics",
    "readings = [21.5, 19.0, 23.25, None, 20.75, 99.0, 22.0]",
    'station = {"name": "Harbour", "height": 4}',
    "readings = [value or 0 for value in readings]",
    "readings = [value for value in readings if value is not None]",
    "low, high = min(readings), max(readings)",
    'station["mean"] = statistics.mean(readings)',
    "readings.remove(high)",
    "high = max(readings)\ndel low",
)
DRAFT = "smoothed = [\n    statistics.mean(readings[max(0, n - 3) : n + 1])  # four hours"
TRAINING = (
    "import time\n"
    "for epoch in range(1, 1000):\n"
    '    print(f"epoch {epoch:3}  loss {2.5 / epoch:.4f}", flush=True)\n'
    "    time.sleep(0.2)"
)
MODEL = """\
import numpy as np
from sklearn.datasets import make_moons
from sklearn.neural_network import MLPClassifier

points, labels = make_moons(400, noise=0.25, random_state=1)
config = {"network": {"hidden": (8, 8), "alpha": 1e-4}, "seed": 1}"""
FIT = """\
model = MLPClassifier(config["network"]["hidden"], learning_rate_init=rate, random_state=1,
                      alpha=config["network"]["alpha"], max_iter=60, warm_start=True)
for step in range(1, 61):
    model.partial_fit(points, labels, classes=[0, 1])
    if step % 10 == 0:
        print(f"step {step:2}  loss {model.loss_:.4f}  accuracy {model.score(points, labels):.3f}")
model.score(points, labels)"""
DEBUGGED = (
    "def mean(values):\n    total = sum(values)\n    breakpoint()\n    return total / len(values)"
)


def prepare() -> Path:
    """A home and a project with an environment of its own; nothing of the user's is touched."""
    shutil.rmtree(BASE, ignore_errors=True)
    for variable, name in (
        ("HOME", "home"),
        ("XDG_RUNTIME_DIR", "run"),
        ("XDG_STATE_HOME", "state"),
        ("XDG_CONFIG_HOME", "config"),
    ):
        (BASE / name).mkdir(parents=True, mode=0o700)
        os.environ[variable] = str(BASE / name)
    project = BASE / "home" / "weather"
    venv.create(project / ".venv", symlinks=True, with_pip=False)
    output_scenes.lend_packages(project)
    return project


INSPECTED = (
    RUNS[0],
    RUNS[2],
    '''\
class Station:
    def __init__(self, name, height):
        self.name, self.height = name, height
        self.readings = [round(height + n % 7 / 3, 2) for n in range(48)]
        self.near = {}
        self.summary = summary(self.readings)

    @property
    def altitude(self):
        return self.height / 0.3048


harbour, summit = Station("Harbour", 4), Station("Summit", 1204)
harbour.near["summit"], summit.near["harbour"] = summit, harbour
harbour.near["itself"] = harbour
stations = {each.name: each for each in (harbour, summit)}
draft = "not needed any more"''',
    "best = max(stations)\nharbour.readings.append(11.5)\ndel draft",
)

TEXT = re.compile(
    r'<text class="([^"]*)" x="([\d.]+)" (y="[^"]*") textLength="([\d.]+)" ([^>]*)>(.*?)</text>'
)
BLANK = "&#160;"


def without_outer_blanks(svg: str) -> str:
    """Move texts to where their first letter stands: some renderers drop blanks before it."""

    def tidy(found: re.Match[str]) -> str:
        css, x, y, length, rest, text = found.groups()
        cells = len(html.unescape(text))
        cell = float(length) / cells if cells else 0.0
        inner = text.removeprefix(BLANK)
        start = 0
        while inner != text:
            start, text = start + 1, inner
            inner = text.removeprefix(BLANK)
        while text.endswith(BLANK):
            text = text.removesuffix(BLANK)
        left = float(x) + start * cell
        width = len(html.unescape(text)) * cell
        return f'<text class="{css}" x="{left:g}" {y} textLength="{width:g}" {rest}>{text}</text>'

    return TEXT.sub(tidy, svg)


Scene = Callable[["Photographer"], Awaitable[None]]


class Photographer:
    """Drives one app and takes its pictures."""

    def __init__(self, project: Path, size: tuple[int, int]) -> None:
        from pyrepl_tui.app import PyreplApp
        from pyrepl_tui.local_engine import LocalEngine

        engine = LocalEngine(python=str(project / ".venv" / "bin" / "python"), cwd=str(project))
        self.app = PyreplApp(engine=engine)
        self.size = size

    async def until(self, predicate: Callable[[], object], seconds: float = DEADLINE) -> None:
        """Wait for something to be so."""
        end = time.monotonic() + seconds
        while not predicate():
            if time.monotonic() > end:
                raise TimeoutError("the app did not get to where its picture was to be taken")
            await asyncio.sleep(0.02)

    async def run(self, code: str, seconds: float = DEADLINE) -> None:
        """Run code in the active tab and wait for its end."""
        model = self.app.model
        await self.until(lambda: model.state in REST)
        count = model.execution_count
        self.app.run_code(model, code)
        await self.until(lambda: model.execution_count > count and model.state in REST, seconds)

    async def tab(self, name: str) -> None:
        """Open a tab and wait for its worker."""
        self.app.action_new_session()
        model = self.app.model
        await self.until(lambda: model.state == "idle")
        self.app.bridge.link(model).rename(name)
        await self.until(lambda: model.name == name)

    async def take(self, name: str) -> None:
        """Write the picture of what is shown now."""
        model = self.app.model
        await self.until(lambda: model.memory or not model.alive)
        await asyncio.sleep(0.6)  # the last frame and the cursor have come to rest
        width, height = self.size
        target = HERE / f"{name}-{width}x{height}.svg"
        svg = self.app.export_screenshot(title="pyrepl-tui")
        target.write_text(without_outer_blanks(svg), "utf-8")
        if "--png" in sys.argv:
            png = target.with_suffix(".png")
            subprocess.run(["rsvg-convert", "-o", str(png), str(target)], check=True)
        print(target.relative_to(HERE.parent))

    async def during(self, scene: Scene) -> None:
        """Run the app for one scene and end its sessions."""
        async with self.app.run_test(size=self.size, notifications=True) as pilot:
            self.pilot = pilot
            await self.until(lambda: self.app.desk.panel and len(self.app.workspace))
            await self.until(lambda: self.app.model.state == "idle")
            try:
                await scene(self)
            finally:
                await self.app.bridge.stop(end=True)
        # each scene begins with an empty workspace, not with what the one before left in its tabs
        shutil.rmtree(BASE / "state" / "pyrepl-tui" / "workspaces", ignore_errors=True)


async def day(photographer: Photographer) -> None:
    """Three tabs at work: data, a long loop, a question in the background."""
    app = photographer.app
    app.bridge.link(app.model).rename("readings")
    for code in RUNS:
        await photographer.run(code)
    await photographer.tab("train")
    app.run_code(app.model, TRAINING)
    await photographer.tab("deploy")
    app.run_code(app.model, "target = input('Deploy to which host? ')")
    await photographer.until(lambda: app.model.questions)
    app.action_go_to_session(1)
    app.desk.editor.paste(DRAFT)
    await photographer.until(lambda: app.model.variables)
    await asyncio.sleep(0.3)  # the call for an answer is not part of this picture
    app.clear_notifications()
    await photographer.take("workspace")
    app.action_toggle_theme()
    await photographer.take("workspace-light")
    app.action_toggle_theme()
    app.action_go_to_session(2)
    await photographer.take("running")


async def debugging(photographer: Photographer) -> None:
    """The debugger in the input panel."""
    app = photographer.app
    app.bridge.link(app.model).rename("readings")
    await photographer.run("readings = [21.5, 19.0, 23.25]")
    await photographer.run(DEBUGGED)
    app.run_code(app.model, "mean(readings)")
    for answer in ("p total", "p len(values)", "n"):
        await photographer.until(lambda: app.model.questions)
        question = app.model.questions[0]
        app.bridge.link(app.model).answer(question, "text", answer)
        await photographer.until(partial(_answered, app.model, question))
    await photographer.until(lambda: app.model.questions)
    await photographer.take("debugger")


async def writing(photographer: Photographer) -> None:
    """Completion with documentation beside it, the queue, and the history of all sessions."""
    app, pilot = photographer.app, photographer.pilot
    app.bridge.link(app.model).rename("readings")
    for code in RUNS:
        await photographer.run(code)
    await pilot.press(*"statistics.qu")
    await photographer.until(lambda: app.desk.editor.popup and app.desk.editor.popup.item)
    app.clear_notifications()
    await photographer.take("writing")
    await pilot.press("escape", "ctrl+u", "ctrl+r", *"val")
    await photographer.take("history")
    await pilot.press("escape")


def _answered(model: SessionModel, question: Question) -> bool:
    return question not in model.questions


async def misfortune(photographer: Photographer) -> None:
    """A worker that died, then the help screen."""
    app = photographer.app
    app.bridge.link(app.model).rename("native code")
    await photographer.run("import os, signal\nprint('what was printed before stays')")
    app.run_code(app.model, "os.kill(os.getpid(), signal.SIGKILL)")
    await photographer.until(lambda: app.model.state == "dead")
    await photographer.take("dead-worker")
    app.action_help()
    await photographer.take("help")
    app.pop_screen()


async def past(photographer: Photographer) -> None:
    """The timeline: a run undone, another way taken, a branch, and changes that are pending."""
    app = photographer.app

    async def step(code: str) -> None:
        await photographer.run(code)
        await asyncio.sleep(0.5)  # its variables have been listed

    app.bridge.link(app.model).rename("readings")
    for code in PAST[:4]:
        await step(code)
    app.action_undo_run()
    await photographer.until(lambda: app.model.execution_count == 3)
    await asyncio.sleep(0.5)
    await step(PAST[4])
    session = app.bridge.link(app.model).session
    assert session is not None
    await session.label_checkpoint((await session.checkpoints())[3], "before cleaning")
    for code in PAST[5:7]:
        await step(code)
    app.set_policy(app.model, "explicit")
    for code in PAST[7:]:
        await step(code)
    app.clear_notifications()
    await photographer.pilot.press("alt+t")
    await photographer.until(lambda: app.model.past.image_bytes)
    await asyncio.sleep(1.5)  # archives that were begun are whole
    await photographer.take("timeline")
    if photographer.size == (120, 40):
        app.action_toggle_theme()
        await photographer.take("timeline-light")
        app.action_toggle_theme()
        app.action_show_pending()
        await photographer.take("pending")
        app.pop_screen()


async def comparing(photographer: Photographer) -> None:
    """Two branches of one checkpoint, trained with different steps, beside each other."""
    from pyrepl_tui.screens.compare import CompareScreen

    app = photographer.app
    app.bridge.link(app.model).rename("small steps")
    await photographer.run(MODEL)
    small = app.bridge.link(app.model).session
    assert small is not None
    big = await small.branch(None, name="big steps")
    await big.execute("rate = 0.3; config['network']['alpha'] = 0.01; notes = ['too big?']")
    await photographer.run("rate = 0.01")
    for code in (FIT, "model.predict(points[:8])"):
        await photographer.run(code)
        await big.execute(code)
    app.compare_sides(small, big)
    screen = app.screen
    assert isinstance(screen, CompareScreen)
    await photographer.until(lambda: screen.is_mounted and screen.sides.count)
    await photographer.pilot.press("enter", "n", "enter", "n", "enter", "home")
    await photographer.take("compare-variables")
    await photographer.pilot.press("o")
    await photographer.take("compare-outputs")
    await big.close()


async def inspecting(photographer: Photographer) -> None:
    """Variables by kind, with marks and a watch; then into one of them."""
    app = photographer.app
    for code in INSPECTED:
        await photographer.run(code)
        await asyncio.sleep(0.5)  # its variables have been listed
    table = app.model.table
    await photographer.until(lambda: "best" in table.rows)
    app.bridge.link(app.model).watches.add("len(stations), best")
    await photographer.until(lambda: table.watches[0].text)
    pane = app.desk.variables
    assert pane is not None
    if not app.screen.has_class("-wide"):
        await photographer.pilot.press("f3")
    pane.focus()
    await photographer.pilot.press("g")
    await photographer.take("variables")
    session = app.bridge.link(app.model).session
    assert session is not None
    app.inspect(session.looker(), "harbour")
    await photographer.until(lambda: getattr(app.screen, "page", None) is not None)
    await photographer.pilot.press("down")
    await photographer.take("inspect")


async def beside(photographer: Photographer) -> None:
    """A loop that runs in one session, beside the one that is worked in."""
    app = photographer.app
    app.bridge.link(app.model).rename("train")
    app.run_code(app.model, TRAINING)
    await photographer.tab("readings")
    for code in RUNS[:4]:
        await photographer.run(code)
    await photographer.pilot.press("f3", "alt+b")
    await photographer.until(lambda: app.desk.beside)
    await photographer.take("beside")


async def many(photographer: Photographer) -> None:
    """Twenty tabs."""
    app = photographer.app
    for number in range(2, 21):
        await photographer.tab(f"experiment {number}")
        if number % 6 == 0:
            app.run_code(app.model, TRAINING)
    app.action_go_to_session(9)
    await photographer.take("twenty-tabs")


async def main() -> None:
    """All pictures."""
    project = prepare()
    wanted = {name for name in sys.argv[1:] if not name.startswith("-")}

    async def photograph(size: tuple[int, int], *scenes: Scene) -> None:
        for scene in scenes:
            if not wanted or scene.__name__ in wanted:
                await Photographer(project, size).during(scene)

    try:
        for size in SIZES:
            await photograph(size, day, writing, past, comparing, inspecting)
        for size in (SIZES[0], SIZES[2]):
            await photograph(size, *output_scenes.SCENES)
        await photograph((120, 40), debugging, misfortune, beside, many)
    finally:
        shutil.rmtree(BASE, ignore_errors=True)


if __name__ == "__main__":
    asyncio.run(main())
