"""Writing code: a key in the editor, completion, search in a history of a million entries."""

from __future__ import annotations

import asyncio
import hashlib
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from textual.app import App, ComposeResult
from textual.widgets import TextArea

from pyrepl_tui import Session
from pyrepl_tui.engine.history import History
from pyrepl_tui.themes import DARK
from pyrepl_tui.widgets.editor import Editor

from .measuring import PEERS, Lab, Row

LINES = (10, 200, 1000, 3000)
LINE = "    total = sum(value * weight for value, weight in zip(values, weights))  # of all\n"
KEYS = 20
SETUP = (
    "import pandas as pd, numpy as np\n"
    "df = pd.DataFrame({c: range(10) for c in ('alpha', 'beta', 'gamma')})\n"
    "large = {f'key{n}': n for n in range(100_000)}\n"
    "for n in range(200): globals()[f'variable_{n}'] = n\n"
)
CODES = {"names": "var", "pd.": "pd.", "df.": "df.", "dict of 100,000": 'large["key99'}
SEARCHES = ("fra", "model.index(7", "import numpy", "zq", "x", "pdfr")
WORDS = ("frame", "values", "model", "index", "total", "result", "numpy", "import", "column")


class Host(App[None]):
    """An app with nothing but a text area."""

    CSS = "Editor, TextArea { height: 30; max-height: 30; }"

    def __init__(self, area: TextArea) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self.area = area

    def compose(self) -> ComposeResult:
        """The text area."""
        yield self.area


async def key_time(area: TextArea, lines: int) -> float:
    """Processor seconds from a key to its glyph, in the middle of so many lines; the median."""
    app = Host(area)
    times = []
    async with app.run_test(size=(120, 40)) as pilot:
        area.focus()
        if isinstance(area, Editor):
            area.enable_highlighting()
        area.load_text("def f(values, weights):\n" + LINE * (lines - 1))
        area.move_cursor((lines // 2, 10))
        await pilot.pause()
        for _ in range(KEYS):
            begin = time.process_time()
            await pilot.press("x")
            await pilot.pause()
            times.append(time.process_time() - begin)
    return statistics.median(times)


async def key_rows() -> list[Row]:
    """Keys at several lengths, beside Textual's own text area."""
    rows = []
    for lines in LINES:
        ours = await key_time(Editor(), lines)
        stock = await key_time(TextArea.code_editor("", language="python"), lines)
        limit = 0.010 if lines == LINES[2] else None
        rows.append(
            Row(
                f"key to glyph, {lines} lines (processor time)", "s", ours, stock, "TextArea",
                at_most=limit,
            )
        )  # fmt: skip
    return rows


# -- completion ----------------------------------------------------------------------------------


def peer_times(lab: Lab, peer: str, count: int) -> dict[str, list[float]]:
    """What a peer takes; nothing where it is not installed."""
    asked = {"peer": peer, "setup": SETUP, "codes": list(CODES.values()), "count": count}
    done = subprocess.run(
        [lab.peer_python, str(PEERS / "completers.py")],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    try:
        found: dict[str, list[float]] = json.loads(done.stderr.strip().splitlines()[-1])
    except (IndexError, ValueError):
        return {}
    return found


async def complete_times(session: Session, code: str, count: int) -> list[float]:
    """Seconds from the key to the list; each from the worker, not from what is remembered."""
    times = []
    for _ in range(count):
        session._answers.clear()
        begin = time.perf_counter()
        await session.complete(code, len(code))
        times.append(time.perf_counter() - begin)
    return times


def percentile(times: list[float], share: float) -> float:
    """The value below which that share of the times lies."""
    ranked = sorted(times)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


async def completion_rows(lab: Lab) -> list[Row]:
    """Key to list: names, attributes, a large dict; at rest and while code runs."""
    count = lab.times(100)
    ipython = peer_times(lab, "ipython", max(3, count // 10))
    ptpython = peer_times(lab, "ptpython", max(3, count // 10))
    rows = []
    async with Session(python=lab.peer_python) as session:
        result = await session.execute(SETUP)
        assert result.status == "ok", result.error
        for busy in (False, True):
            operation = session.run("while True: pass") if busy else None
            if operation is not None:
                await asyncio.sleep(0.3)
            for name, code in CODES.items():
                times = await complete_times(session, code, count)
                title = f"completion, {name}{', busy' if busy else ''}"
                for peer, found in (("IPython", ipython), ("ptpython", ptpython)):
                    theirs = statistics.median(found[code]) if code in found else None
                    if theirs is not None and not busy:
                        ours = statistics.median(times)
                        rows.append(Row(f"{title}, p50", "s", ours, theirs, peer))
                middle = statistics.median(times) * 1e3
                rows.append(Row(f"{title}, p50", "ms", middle, None, at_most=30))
                rows.append(Row(f"{title}, p99", "ms", percentile(times, 0.99) * 1e3, None))
                rows.append(Row(f"{title}, worst", "ms", max(times) * 1e3, None, at_most=300))
            if operation is not None:
                await session.interrupt()
                await operation
    return rows


# -- history -------------------------------------------------------------------------------------


def filled(path: Path, count: int) -> History:
    """A history of so many entries in 50 folders."""
    history = History(path)
    history.add("first = 1", "/project")
    connection = history._connection
    assert connection is not None
    connection.execute("BEGIN")
    size = len(WORDS)
    for at in range(count):
        a, b, c = WORDS[at % size], WORDS[at // size % size], WORDS[at // size**2 % size]
        code = f"{a}_{at} = {b}.{c}({at})\nfor {a} in {b}:\n    print({a}, {c!r})"
        digest = hashlib.blake2b(code.encode(), digest_size=16).digest()
        connection.execute(
            "INSERT INTO entry (digest, code, at, runs) VALUES (?, ?, ?, 1)", (digest, code, at)
        )
        connection.execute("INSERT INTO used VALUES (?, last_insert_rowid())", (1 + at % 50,))
    connection.execute("COMMIT")
    return history


def history_rows(lab: Lab) -> list[Row]:
    """A key in the search field, over all folders and over one."""
    count = 100_000 if lab.quick else 1_000_000
    rows = []
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        history = filled(Path(folder, "history.sqlite"), count)
        for where, project in (("everywhere", None), ("one folder", "/project")):
            times = []
            for query in SEARCHES:
                for _ in range(10):
                    begin = time.perf_counter()
                    history.search(query, 200, project)
                    times.append(time.perf_counter() - begin)
            title = f"history, key in {count:,} entries, {where}"
            rows.append(
                Row(f"{title}, p50", "ms", statistics.median(times) * 1e3, None, at_most=30)
            )
            rows.append(Row(f"{title}, p99", "ms", percentile(times, 0.99) * 1e3, None))
        begin = time.perf_counter()
        for at in range(100):
            history.add(f"new_{at} = 1", "/project")
        rows.append(Row("history, noting a run", "s", (time.perf_counter() - begin) / 100, None))
        history.close()
    return rows


async def measure(lab: Lab) -> list[Row]:
    """All of it."""
    rows = await key_rows()
    rows += await completion_rows(lab)
    rows += history_rows(lab)
    return rows
