"""What programs print, as the output pane shows it: bars, dashboards, tables, figures, floods."""

from __future__ import annotations

import asyncio
import shutil
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from make import Photographer

INSTALL = "%pip install --no-cache-dir --target packages bokeh sympy networkx"
BARS = """\
import time
from tqdm import tqdm
for epoch in tqdm(range(5), desc="epochs"):
    for batch in tqdm(range(300), desc=f"epoch {epoch}", leave=False):
        time.sleep(0.004)"""
DASHBOARD = """\
import time
from rich.live import Live
from rich.table import Table

def stations(step):
    table = Table("station", "wind", "reading", title=f"step {step}")
    for n, name in enumerate(("Harbour", "Summit", "Airport", "Mill")):
        table.add_row(name, "▮" * ((step + 3 * n) % 9 + 1), f"{20 + (step * n) % 7:.1f} °C")
    return table

with Live(stations(0), refresh_per_second=20) as live:
    for step in range(400):
        live.update(stations(step))
        time.sleep(0.02)"""
FRAMES = (
    """\
import numpy, pandas, polars
hours = pandas.date_range("2026-03-01", periods=2000, freq="h")
random = numpy.random.default_rng(1)
frame = pandas.DataFrame({"hour": hours, "wind": random.gamma(2, 3, 2000).round(1),
                          "station": random.choice(["Harbour", "Summit", "Mill"], 2000)})
frame""",
    'polars.from_pandas(frame).group_by("station").agg(polars.col("wind").mean()).sort("station")',
)
FIGURES = """\
import matplotlib.pyplot as plt, numpy
x = numpy.linspace(0, 12, 300)
for number in (1, 2, 3):
    plt.figure(figsize=(6, 2.6))
    plt.plot(x, numpy.sin(number * x) * numpy.exp(-x / 9), color=f"C{number}")
    plt.fill_between(x, numpy.cos(number * x) / 3, alpha=0.3)
    plt.title(f"damped, {number} Hz")
    plt.show()"""
RECURSION = (
    "def depth(tree):\n    return 1 + max(depth(branch) for branch in tree)",
    "tree = []\ntree.append(tree)\ndepth(tree)",
)
FLOOD = "for number in range(10_000_000): print(number)"
BIG = 2 * 1024**3


def project() -> Path:
    """The folder of the sessions."""
    return Path.home() / "weather"


async def begun(photographer: Photographer, code: str, seconds: float) -> None:
    """Start code and let it run for a while."""
    model = photographer.app.model
    photographer.app.run_code(model, code)
    await photographer.until(lambda: model.running)
    await asyncio.sleep(seconds)


async def installing(photographer: Photographer) -> None:
    """An installer with its bars, then bars within bars while they run."""
    await photographer.run(INSTALL, 300)
    shutil.rmtree(project() / "packages")
    await photographer.take("output-install")
    await begun(photographer, BARS, 3)
    await photographer.take("output-bars")


async def dashboard(photographer: Photographer) -> None:
    """A table that is drawn anew all the time."""
    await begun(photographer, DASHBOARD, 3)
    await photographer.take("output-dashboard")


async def values(photographer: Photographer) -> None:
    """Frames, figures, and a traceback that never ends."""
    for code in FRAMES:
        await photographer.run(code, 60)
    await photographer.take("output-frames")
    await photographer.run(FIGURES, 60)
    await photographer.take("output-figures")
    for code in RECURSION:
        await photographer.run(code)
    await photographer.take("output-traceback")


async def floods(photographer: Photographer) -> None:
    """Ten million prints, then a file of two gigabytes."""
    await photographer.run(FLOOD, 300)
    await photographer.take("output-flood")
    big = project() / "big.log"
    line = b"2026-03-01 12:00:00 harbour: wind 7.5 m/s, gusts 11.2 m/s, all quiet\n"
    with big.open("wb") as file:
        for _ in range(BIG // (len(line) * 8192)):
            file.write(line * 8192)
    await photographer.run(f'import subprocess\nsubprocess.run(["cat", "{big.name}"])', 300)
    await photographer.take("output-cat")
    big.unlink()


def lend_packages(project: Path) -> None:
    """Let the project's interpreter find what is installed beside this one."""
    here = sysconfig.get_path("purelib")
    packages = sysconfig.get_path("purelib", vars={"base": str(project / ".venv")})
    Path(packages, "lent.pth").write_text(here + "\n", "utf-8")


SCENES = (installing, dashboard, values, floods)
