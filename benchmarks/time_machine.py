"""Checkpoints, restores and transactions, beside what people use: Kishu, dill, cloudpickle."""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyrepl_tui import Session

from .measuring import PEERS, Lab, Row

QUIET_SECONDS = 120.0
"""How long archives that are written in the background are waited for between two measurements."""


@dataclass(frozen=True)
class Namespace:
    """What a session holds, and what changes in it."""

    name: str
    setup: str
    change: str
    blocked_ms: float | None
    """The most that a checkpoint may hold the session up; None: twice the bare fork."""
    over_kishu: float | None
    """How many times shorter than Kishu's it must be."""
    heavy: bool = False
    """Whether Kishu takes minutes over it: left out by --quick."""


NAMESPACES = (
    Namespace(
        "100 small variables",
        "for i in range(100):\n"
        "    globals()[f'v{i}'] = {'id': i, 'items': list(range(10)), 'text': 'x' * 20}",
        "v5['id'] = v5['id'] + 1", 5, None,
    ),
    Namespace(
        "200 MB of arrays, a frame",
        "import numpy, pandas\nnumbers = numpy.random.default_rng(0)\n"
        "a0, a1, a2, a3 = (numbers.random(6_250_000) for _ in range(4))\n"
        "frame = pandas.DataFrame({f'c{i}': numbers.random(100_000) for i in range(8)})\n"
        "frame['text'] = [f'row {i}' for i in range(100_000)]",
        "frame['c0'] = frame['c0'] + 1", 10, 200,
    ),
    Namespace(
        "1 GB array",
        "import numpy\na = numpy.random.default_rng(0).random(125_000_000)",
        "a[5] = a[5] + 1", 15, 1000, True,
    ),
    Namespace(
        "1 million small objects",
        "rows = [{'id': i, 'value': float(i)} for i in range(333_000)]",
        "rows[7]['value'] = rows[7]['value'] - 1", None, None, True,
    ),
)  # fmt: skip


async def measure(lab: Lab) -> list[Row]:
    """The rows of this figure."""
    rows: list[Row] = []
    for namespace in NAMESPACES:
        rows += await of_namespace(lab, namespace)
    rows += await policies(lab)
    rows += await holding(lab)
    return rows


# -- the table -------------------------------------------------------------------------------------


async def of_namespace(lab: Lab, namespace: Namespace) -> list[Row]:
    """Checkpoint and restore of one namespace, beside the peers."""
    times = lab.times(5)
    blocked, restored = await ours(lab, namespace, times + 2)
    plain = await peer(lab, "plain", namespace, times)
    kishu: dict[str, float] = {}
    if not (lab.quick and namespace.heavy):
        kishu = await peer(lab, "kishu", namespace, 1 if namespace.heavy else times)
    name = namespace.name
    fork = f"a bare fork {plain['fork'] * 1e3:.1f} ms"
    rows: list[Row] = []
    if namespace.blocked_ms is None:
        rows.append(Row(f"checkpoint: {name}", "s", blocked, plain["fork"], "bare fork",
                        at_most=2, relative=True))  # fmt: skip
    else:
        rows.append(Row(f"checkpoint: {name}", "ms", blocked * 1e3, None,
                        at_most=namespace.blocked_ms, note=fork))  # fmt: skip
    for other, key in (("dill", "dill"), ("cloudpickle", "cloudpickle"), ("Kishu", "kishu")):
        theirs = {**plain, **kishu}.get(key)
        if theirs is not None:
            bar = namespace.over_kishu if key == "kishu" else None
            rows.append(Row(f"checkpoint: {name}", "s", blocked, theirs, other, at_least=bar))
    rows.append(Row(f"restore: {name}", "ms", restored * 1e3, plain["load"] * 1e3,
                    "cloudpickle.load", at_most=30,
                    note="until the first run is answered"))  # fmt: skip
    if kishu:
        back = kishu["kishu checkout"]
        rows.append(Row(f"restore: {name}", "s", restored, back, "Kishu's checkout",
                        at_least=100 if back >= 1 else None))  # fmt: skip
    return rows


async def ours(lab: Lab, namespace: Namespace, times: int) -> tuple[float, float]:
    """Medians of the seconds a checkpoint holds up the next run, and a restore takes.

    A session is held up from the moment a checkpoint is asked for until it has answered a run that
    was asked for right after it. What that run itself takes (0.1 ms) is not subtracted, and copies
    of memory that it has to make because the image shares it are counted. `Session.checkpoint`
    itself returns some milliseconds later, when the image has told the nursery that it is there;
    nothing waits for that but the caller.
    """
    blocked: list[float] = []
    restored: list[float] = []
    async with Session(python=lab.peer_python) as session:
        await run(session, namespace.setup)
        for _ in range(times):
            await run(session, namespace.change)
            start = time.perf_counter()
            checkpoint = asyncio.create_task(session.checkpoint())
            await asyncio.sleep(0)  # it is asked for first
            await run(session, "1 + 1")
            blocked.append(time.perf_counter() - start)
            point = await checkpoint
            await quiet(session)
            await run(session, namespace.change)
            start = time.perf_counter()
            await session.restore(point)
            await run(session, "1 + 1")
            restored.append(time.perf_counter() - start)
    return statistics.median(blocked), statistics.median(restored)


async def quiet(session: Session) -> None:
    """Wait until nothing is written in the background."""
    loop = asyncio.get_running_loop()
    end = loop.time() + QUIET_SECONDS
    while loop.time() < end:
        processes = await session.processes()
        if not any(each.role == "archiver" for each in processes):
            return
        await asyncio.sleep(0.05)


async def run(session: Session, code: str, **options: Any) -> None:
    """Run what must succeed."""
    result = await session.execute(code, **options)
    if result.status != "ok":
        raise RuntimeError(result.error and result.error.traceback)


async def peer(lab: Lab, role: str, namespace: Namespace, times: int) -> dict[str, float]:
    """What the peers take."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        process = await asyncio.create_subprocess_exec(
            lab.peer_python, str(PEERS / "checkpoints.py"), role, folder, namespace.setup,
            namespace.change, str(times),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        said, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"the {role} peer failed with {namespace.name}")
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return found


# -- what runs pay ---------------------------------------------------------------------------------


async def policies(lab: Lab) -> list[Row]:
    """What a policy adds to each run of an empty session, and checkpoints to a notebook."""
    rows: list[Row] = []
    async with Session() as session:
        for policy in ("rollback_on_failure", "commit_on_success"):
            costs: list[float] = []
            bare: list[float] = []
            for _ in range(lab.times(100)):
                for spent, chosen in ((bare, "commit_always"), (costs, policy)):
                    start = time.perf_counter()
                    await run(session, "x = 1", policy=chosen)
                    spent.append(time.perf_counter() - start)
            cost = statistics.median(costs) - statistics.median(bare)
            name = f"what {policy} adds to a run"
            rows.append(Row(name, "ms", cost * 1e3, None, at_most=5, note="of an empty session"))
    cells = (PEERS / "notebook.txt").read_text().split("# %%\n")[1:]
    spent_by: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(lab.times(12)):
        for chosen_auto in (turn % 2 == 0, turn % 2 == 1):
            spent_by[chosen_auto].append(await notebook(lab, cells, auto=chosen_auto))
    with_them, without = (statistics.median(spent_by[auto]) for auto in (True, False))
    name = f"a notebook of {len(cells)} cells, a checkpoint before each"
    rows.append(Row(name, "s", with_them, without, "no checkpoints", at_most=1.03, relative=True))
    return rows


async def notebook(lab: Lab, cells: list[str], *, auto: bool) -> float:
    """Seconds that the cells take, one after the other."""
    async with Session(python=lab.peer_python, auto_checkpoint=auto) as session:
        start = time.perf_counter()
        for cell in cells:
            await run(session, cell)
        return time.perf_counter() - start


# -- what an image costs to hold -------------------------------------------------------------------

REWRITE = "start = time.perf_counter(); a += 1; took = time.perf_counter() - start"
WALK = (
    "start = time.perf_counter(); total = 0\n"
    "for row in rows: total += row[0]\n"
    "took = time.perf_counter() - start"
)


async def holding(lab: Lab) -> list[Row]:
    """What the session pays for an image while it lives, and what the image itself takes."""
    rows: list[Row] = []
    setup = "import numpy, time; a = numpy.ones(125_000_000)"
    async with Session(python=lab.peer_python) as session:
        await run(session, setup)
        point = await session.checkpoint()
        private = await private_bytes(session, point.id)
        rows.append(Row("private memory of an image of 1 GB", "MB", private / 1e6, None,
                        at_most=10))  # fmt: skip
        rows.append(await held(lab, session, "rewriting an array of 1 GB", REWRITE))
    objects = "import time; rows = [[float(i), str(i)] for i in range(6_000_000)]"
    async with Session(python=lab.peer_python) as session:
        await run(session, objects)
        rows.append(await held(lab, session, "walking 1 GB of objects", WALK))
    return rows


async def held(lab: Lab, session: Session, name: str, code: str) -> Row:
    """The first time that memory is touched after a checkpoint, beside the next."""
    first: list[float] = []
    next_time: list[float] = []
    for _ in range(lab.times(4)):
        await session.checkpoint()
        await quiet(session)
        for spent in (first, next_time):
            await run(session, code)
            spent.append(float((await session.execute("took")).value or 0))
    ours, theirs = statistics.median(first), statistics.median(next_time)
    return Row(f"{name} after a checkpoint", "s", ours, theirs, "the second time")


async def private_bytes(session: Session, checkpoint_id: str) -> int:
    """Memory that an image shares with nobody."""
    pid = next(p.pid for p in await session.processes() if p.checkpoint == checkpoint_id
               and p.role == "image")  # fmt: skip
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    sizes = [line.split() for line in text.splitlines() if line.startswith("Private_")]
    return sum(int(size[1]) * 1024 for size in sizes)
