"""``python -m benchmarks``: every figure beside its peers, as ratios within one run.

One machine's seconds say little; all that counts here is what was measured side by side.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import platform
import sys
import traceback
from pathlib import Path

from .measuring import Jupyter, Lab, Row, one_of_each_version, own_folders

FIGURES = (
    "sessions", "round_trips", "output", "output_flood", "output_reading", "output_terminal",
    "output_volume", "app_start", "archives", "time_machine", "inspector", "compare", "writing",
)  # fmt: skip


def amount(value: float | None, unit: str) -> str:
    """A number with its unit, three digits long."""
    if value is None:
        return ""
    if unit != "s":
        return f"{value:.3g} {unit}"
    for factor, name in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if value * factor >= 1 or name == "µs":
            return f"{value * factor:.3g} {name}"
    raise AssertionError(value)


def bar(row: Row) -> str:
    """What is to be reached, in words."""
    if row.at_least is not None:
        return f"≥ {row.at_least:g}×"
    if row.at_most is None:
        return ""
    return f"≤ {row.at_most:g}{'× of it' if row.relative else ' ' + row.unit}"


def ratio(row: Row) -> str:
    """How we stand to the peer, the way the bar is put."""
    if row.peer is None or row.ratio is None:
        return ""
    return f"{row.ours / row.peer:.2f}× of it" if row.relative else f"{row.ratio:.1f}×"


def table(rows: list[Row]) -> str:
    """All rows, in columns."""
    verdict = {True: "reached", False: "short", None: ""}
    head = ("measure", "ours", "peer", "", "ratio", "bar", "", "")
    cells = [head] + [
        (
            row.measure,
            amount(row.ours, row.unit),
            amount(row.peer, row.unit),
            row.peer_name if row.peer is not None else "",
            ratio(row),
            bar(row),
            verdict[row.reached],
            row.note,
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


async def measure(lab: Lab, names: list[str]) -> list[Row]:
    """The rows of these figures; one that fails is reported and left out."""
    rows = []
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        try:
            with own_folders():
                rows += await importlib.import_module(f"benchmarks.{name}").measure(lab)
        except Exception:
            traceback.print_exc()
            print(f"{name} could not be measured", file=sys.stderr)
    return rows


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("figures", nargs="*", help=f"some of: {', '.join(FIGURES)} (all)")
    parser.add_argument("--peer-python", required=True, help="interpreter that has the peers")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument(
        "--silent-seconds", type=float, metavar="S",
        help="how long the client that reads nothing keeps still (60; 8 with --quick)",
    )  # fmt: skip
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    options = arguments()
    python = str(Path(options.peer_python).absolute())
    versions = one_of_each_version()
    with own_folders():
        jupyter = Jupyter(python)
        try:
            silent = options.silent_seconds or (8.0 if options.quick else 60.0)
            lab = Lab(python, options.quick, silent, jupyter, versions)
            rows = asyncio.run(measure(lab, options.figures or list(FIGURES)))
        finally:
            jupyter.close()
    print(f"\nCPython {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores\n")
    print(table(rows))


if __name__ == "__main__":
    main()
