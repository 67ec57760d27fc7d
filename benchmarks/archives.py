"""Archives: how long they take beside cloudpickle's dump, and what a change costs on disk."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import cloudpickle

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
    return [row for line in said.splitlines() for row in rows_of(json.loads(line))]


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
    note = f"stored {figure['bytes'] / 1e6:.0f} MB, loaded back, compared"
    verified = Row(f"archive verified: {name}", "s", figure["verified"], None, note=note)
    return [stored, verified]
