"""Comparing two sessions: a large array and a million nested objects that differ in one place."""

from __future__ import annotations

import json
import subprocess
import time

from pyrepl_tui import Comparison, Session

from .measuring import PEERS, Lab, Row

ARRAY = "import numpy; big = numpy.arange(COUNT, dtype='f8')"
NESTED = "big = [{'id': i, 'tags': [i, i + 1]} for i in range(COUNT)]"


async def compared(lab: Lab, code: str, change: str) -> tuple[float, Comparison]:
    """Seconds of a comparison of two sessions, and what it found."""
    async with Session(python=lab.peer_python) as left:
        await left.execute(code)
        async with await left.branch() as right:
            result = await right.execute(change)
            if result.status != "ok":
                raise AssertionError(result)
            begin = time.perf_counter()
            found = await left.compare(right, names=["big"])
            return time.perf_counter() - begin, found


def peer(lab: Lab, what: str, count: int) -> float:
    """Seconds that the peer takes within one process."""
    command = [lab.peer_python, str(PEERS / "comparing.py"), what, str(count)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(json.loads(out)["seconds"])


async def measure(lab: Lab) -> list[Row]:
    """All of this file's rows."""
    count = 16_000_000 if lab.quick else 125_000_000
    seconds, found = await compared(lab, ARRAY.replace("COUNT", str(count)), "big[77_777] = -1")
    array = found.changed["big"].array
    if array is None or array.count != 1:
        raise AssertionError(found)
    size = f"an array of {count * 8 / 1e6:.0f} MB, one element"
    rows = [
        Row(f"compare {size}", "s", seconds, peer(lab, "array", count), "numpy array_equal"),
        Row("  bytes between processes", "MB", found.bytes_moved / 1e6, None),
    ]
    count = 40_000 if lab.quick else 500_000
    seconds, found = await compared(
        lab, NESTED.replace("COUNT", str(count)), "big[7_777]['tags'][1] = -1"
    )
    if [place.path for place in found.changed["big"].places] != [("big", 7_777, "tags", 1)]:
        raise AssertionError(found)
    few = count // 20
    scaled = peer(lab, "nested", few) * 20
    return [
        *rows,
        Row(f"compare {2 * count:,} nested objects, one", "s", seconds, scaled, "deepdiff",
            note="the peer took a twentieth of it, times 20"),
        Row("  bytes between processes", "MB", found.bytes_moved / 1e6, None),
    ]  # fmt: skip
