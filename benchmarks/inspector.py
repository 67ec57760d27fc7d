"""The inspector: listing of many variables, the delay it adds to a run, pages of a large frame.

A listing is `Session.namespace()` until the client has a `Variable` of each name: type, kind,
shape, length, size, value and the runs that made and changed it; ``%whos`` until its last output
has arrived: name, type and value of all. Both are the first in their process; another session has
been listed before, as IPython has its magics before a kernel is ready.
"""

from __future__ import annotations

import asyncio
import statistics
import time

from textual.app import App
from textual.geometry import Region

from pyrepl_tui import Session
from pyrepl_tui.engine.values import NamespaceChanges, Variable
from pyrepl_tui.engine.variable_table import VariableTable
from pyrepl_tui.themes import DARK
from pyrepl_tui.widgets.variables import VariablesPane

from .measuring import Lab, Row, rss

MIXED = """
def mixed(count):
    for i in range(count):
        globals()[f"v{i}"] = (
            i * 1000, i * 1.5, f"text {i}", [i, i + 1], {"a": i, "b": str(i)}, (i, i), {i},
            b"%d" % i, None, lambda x: x,
        )[i % 10]
mixed(COUNT)
"""
LOOP = """
import sys, time
begin = time.perf_counter()
rows = [(name, type(value).__name__, sys.getsizeof(value)) for name, value in globals().items()]
print(time.perf_counter() - begin)
"""
ROWS = 1_000_000
FRAME = f"import pandas as pd; frame = pd.DataFrame({{c: range({ROWS}) for c in 'abcdefgh'}})"


async def list_time(session: Session) -> float:
    """Seconds until the client knows what has changed."""
    begin = time.perf_counter()
    await session.namespace()
    return time.perf_counter() - begin


async def listing_rows(lab: Lab, count: int) -> list[Row]:
    """First listing, and one after a change, of that many variables."""
    code = MIXED.replace("COUNT", str(count))
    first, after, loop = [], [], 0.0
    async with Session() as session:  # what lists is loaded by the nursery, for those that follow
        await session.namespace()
    for _ in range(max(3, lab.times(5))):
        async with Session() as session:
            await session.execute(code)
            first.append(await list_time(session))
            for change in range(lab.times(12)):
                await session.execute(f"v{change} = 'changed {change}'")
                after.append(await list_time(session))
            loop = float((await session.execute(LOOP)).stdout)
    whos = None
    if count <= 10_000:  # at 100,000 it takes a minute
        whos = float(lab.jupyter.ask("whos", code=code)["seconds"])
    name = f"listing {count:,} variables"
    middle = statistics.median(after)
    return [
        Row(f"{name}, first", "s", statistics.median(first), whos, "%whos", at_least=10),
        Row(f"{name}, one changed", "s", middle, whos, "%whos", at_least=100),
        Row("  beside a plain loop in it", "s", middle, loop, "type and getsizeof"),
    ]


async def delay_row(lab: Lab) -> Row:
    """What a listing under way adds to a run."""
    alone, beside = [], []
    async with Session() as session:
        await session.execute(MIXED.replace("COUNT", "10000"))
        await session.namespace()
        for number in range(lab.times(60)):
            begin = time.perf_counter()
            await session.execute("w = 1")
            alone.append(time.perf_counter() - begin)
            await session.execute(f"v{number} = 'changed'")
            listing = asyncio.ensure_future(session.namespace_changes())
            await asyncio.sleep(0)  # it is sent before the run is
            begin = time.perf_counter()
            await session.execute("w = 1")
            beside.append(time.perf_counter() - begin)
            await listing
    added = statistics.median(beside) - statistics.median(alone)
    return Row("delay of a run by a listing of 10,000", "s", max(added, 0.0), None, at_most=0.001)


async def frame_rows(lab: Lab) -> list[Row]:
    """Opening a large frame and jumping to its end."""
    times: list[float] = []
    page = None
    async with Session(python=lab.peer_python) as session:
        await session.execute(FRAME)
        await session.namespace()
        before = rss(session.pid)
        for _ in range(lab.times(8)):
            begin = time.perf_counter()
            await session.inspect(("frame",), limit=60)
            page = await session.inspect(("frame",), offset=ROWS - 60, limit=60)
            times.append(time.perf_counter() - begin)
        grown = rss(session.pid) - before
    if page is None or page.grid is None or page.grid.rows[-1][0] != str(ROWS - 1):
        raise AssertionError(page)
    return [
        Row("open a frame of 1,000,000 × 8, last row", "s", statistics.median(times), None,
            at_most=0.05),
        Row("  memory that this took in the worker", "MB", grown / 1e6, None, at_most=8),
    ]  # fmt: skip


def pane_rows(lab: Lab) -> list[Row]:
    """The pane's table of 100,000 variables: filled and painted, and after one change."""
    rows = [Variable(f"v{n}", "int", "", None, 28, f"{n}", 1, "data", 1) for n in range(100_000)]
    fills, updates = [], []

    async def paint() -> None:
        app: App[None] = App()
        app.register_theme(DARK)
        app.theme = DARK.name
        async with app.run_test(size=(76, 50)):
            for _ in range(lab.times(8)):
                pane, table = VariablesPane(), VariableTable()
                await app.screen.mount(pane)
                begin = time.perf_counter()
                table.apply(NamespaceChanges(rows, [], [], whole=True), 1)
                pane.show(table)
                pane.render_lines(Region(0, 0, 76, 50))
                fills.append(time.perf_counter() - begin)
                for run in range(2, 10):
                    changed = rows[run * 9000]._replace(changed_at=run)
                    begin = time.perf_counter()
                    table.apply(NamespaceChanges([], [changed], [], whole=False), run)
                    pane.show(table)
                    pane.render_lines(Region(0, 0, 76, 50))
                    updates.append(time.perf_counter() - begin)
                await pane.remove()

    asyncio.run(paint())
    return [
        Row("pane of 100,000 variables, fill and paint", "s", statistics.median(fills), None,
            at_most=0.1),
        Row("  one update", "s", statistics.median(updates), None, at_most=0.02),
    ]  # fmt: skip


async def measure(lab: Lab) -> list[Row]:
    """All of this file's rows."""
    rows = []
    for count in (1_000, 10_000, 100_000):
        rows += await listing_rows(lab, count)
    rows.append(await delay_row(lab))
    rows += await asyncio.to_thread(pane_rows, lab)
    return rows + await frame_rows(lab)
