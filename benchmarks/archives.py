"""Archives: how long they take beside cloudpickle's dump, and what a change costs on disk."""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

import cloudpickle

from pyrepl_tui import Session

from .measuring import PEERS, Lab, Row

WORKER = Path(__file__).resolve().parents[1] / "worker"


async def measure(lab: Lab) -> list[Row]:
    """The rows of this figure."""
    site = str(Path(cloudpickle.__file__).parents[1])
    process = await asyncio.create_subprocess_exec(
        lab.peer_python, str(PEERS / "archiver.py"), str(WORKER), site, str(int(lab.quick)),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError("the program that measures archives failed")
    rows = [row for line in said.splitlines() for row in rows_of(json.loads(line))]
    return [*rows, await beside_running_code(lab)]


def rows_of(figure: dict[str, Any]) -> list[Row]:
    """One line of what the program said, as rows."""
    name = figure["measure"]
    if "written" in figure:
        share = figure["written"] / figure["changed"]
        if name.startswith("1 of"):
            note = "2 MB each; written per byte changed"
            return [Row(f"archive: {name} changed", "×", share, None, at_most=1.1, note=note)]
        note = "of an array of 200 MB; part of it that is written"
        return [Row(f"archive: {name}", "%", share * 100, None, at_most=5, note=note)]
    stored = Row(
        f"archive on disk: {name}", "s", figure["stored"], figure["dumped"],
        "cloudpickle.dump, synced", at_most=2, relative=True,
    )  # fmt: skip
    beside = Row(
        f"archive on disk: {name}", "s", figure["stored"], figure["forked"],
        "the same in a fork", relative=True,
    )  # fmt: skip
    note = f"stored {figure['bytes'] / 1e6:.0f} MB, loaded back, compared"
    verified = Row(f"archive verified: {name}", "s", figure["verified"], None, note=note)
    return [stored, beside, verified]


HOLD = "import numpy; held = [numpy.random.default_rng(n).random(2_000_000) for n in range({})]"
WORK = """
def work():
    import time
    start, total = time.perf_counter(), 0
    for number in range(600_000): total += number * number
    return time.perf_counter() - start
"""
ROUNDS = 5
MOST_RUNS = 200


async def beside_running_code(lab: Lab) -> Row:
    """How much slower code runs while an archive that nobody waits for is written."""
    alone: list[float] = []
    beside: list[float] = []
    folder = tempfile.mkdtemp(prefix="archives")
    options: dict[str, Any] = {"python": lab.peer_python, "state_dir": folder, "persist": True}
    async with Session(**options) as session:
        await session.execute(WORK)
        for number in range(ROUNDS):
            await session.execute(HOLD.format(4 if lab.quick else 12) + f"; held[0][0] = {number}")
            alone += [await seconds(session) for _ in range(4)]
            point = await session.checkpoint()
            await session.pin_checkpoint(point)
            for _ in range(MOST_RUNS):  # on a busy machine the archiver waits, and so would we
                beside.append(await seconds(session))
                if await is_saved(session, point.id):
                    break
            await session.delete_checkpoint(point)
    shutil.rmtree(folder, ignore_errors=True)
    return Row(
        "code while an archive is written", "s", statistics.median(beside),
        statistics.median(alone), "nothing is written", at_most=1.1, relative=True,
    )  # fmt: skip


async def seconds(session: Session) -> float:
    """One round of the work."""
    return float((await session.execute("work()")).value or 0)


async def is_saved(session: Session, checkpoint: str) -> bool:
    """Whether a checkpoint is on disk, and verified."""
    point = session.timeline.get(checkpoint)
    return point is not None and bool(point.archive_verdicts)
