"""The app in a real terminal while programs print: how soon it shows, and what it bears."""

from __future__ import annotations

import os
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from .app_start import Terminal, _end_sessions
from .measuring import Lab, Row, own_folders

APP = [sys.executable, "-m", "pyrepl_tui"]
LINES = 100_000
PATIENCE = 120.0
LAST = "the very last"
"""What a program prints at the end, put together so that its code does not contain it."""
END = "print('the very', 'last')"
MEGABIT = 125_000
"""Bytes a second."""


class Window(Terminal):
    """A terminal that keeps only the end of what it was shown, and may be slow."""

    def reads(self, seconds: float, *, rate: int | None = None) -> None:
        """Read what comes for some time, at most `rate` bytes a second."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if select.select([self._master], [], [], left)[0]:
                size = 65_536 if rate is None else rate // 50
                self._seen = (self._seen + os.read(self._master, size))[-1_000_000:]
                if rate is not None:
                    time.sleep(1 / 50)

    def forget(self) -> None:
        """Look for new text only from now on."""
        self._seen = b""

    @property
    def pid(self) -> int:
        """Of the program."""
        return self._process.pid

    def runs(self, code: str) -> None:
        """Type code, and Enter once it is there: some programs take a fast Enter for a paste."""
        self.type(code)
        self.reads(0.3)
        self.type("\r")


def peak_mb(pid: int) -> float:
    """Most memory that a process had."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1e3
    raise ValueError("the kernel does not say")


def cpu_seconds(pid: int) -> float:
    """CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def opened(command: list[str]) -> Window:
    """A program that is ready for code."""
    window = Window(command)
    wait_for(window, command)
    return window


def wait_for(window: Window, command: list[str]) -> None:
    """Until a program is ready for code."""
    if not window.shows("\x1b[?2004h", PATIENCE):
        raise TimeoutError(f"{command[0]} did not start")
    window.reads(1.5)
    if command is APP:  # at a first start it shows around
        window.type("\x1b")
        window.reads(0.5)


def prints(command: list[str]) -> tuple[float, float]:
    """Seconds from Enter until the last of many lines and a typed key show; and peak memory."""
    with own_folders():
        window = opened(command)
        try:
            window.type(f"exec('for i in range({LINES}): print(i)'); {END}")
            window.reads(0.5)
            window.forget()
            begin = time.perf_counter()
            window.type("\r" if command is APP else "\r\r")
            if not window.shows(LAST, PATIENCE):
                raise TimeoutError("the last line did not come")
            window.forget()
            window.type("§")
            if not window.shows("§", PATIENCE):
                raise TimeoutError("the key did not come")
            return time.perf_counter() - begin, peak_mb(window.pid)
        finally:
            window.close()
            _end_sessions()


def bears(seconds: float, rate: int | None) -> float:
    """Seconds until keys show that were typed under a flood into a terminal that is slow.

    Args:
        seconds: how long it is slow.
        rate: bytes a second it takes meanwhile; None: none at all.
    """
    with own_folders():
        window = opened(APP)
        try:
            window.runs("for i in range(2_000_000_000): print('some words and a number', i)")
            window.reads(1.0)
            for key in "kept = 'all'":
                window.type(key)
                if rate is None:
                    time.sleep(seconds / 12)
                else:
                    window.reads(seconds / 12, rate=rate)
            begin = time.perf_counter()
            window.forget()
            window.type("§")
            if not window.shows("§", PATIENCE):
                raise TimeoutError("the key did not come")
            taken = time.perf_counter() - begin
            window.type("\x7f\x03")
            window.reads(2.0)
            window.type("\r")
            window.reads(1.0)
            window.runs("print('keys:', kept)")
            if not window.shows("keys: all", PATIENCE):
                raise TimeoutError("keys were lost")
            return taken
        finally:
            window.close()
            _end_sessions()


def idle_share(tabs: int, seconds: float) -> float:
    """Percent of a CPU that the app takes with so many tabs when nothing happens."""
    with own_folders():
        for number in range(tabs):
            subprocess.run([*APP, "exec", "--session", f"tab {number}", "x = 1"], check=True)
        window = opened(APP)
        try:
            window.reads(4.0)
            before = cpu_seconds(window.pid)
            window.reads(seconds)
            return 100 * (cpu_seconds(window.pid) - before) / seconds
        finally:
            window.close()
            _end_sessions()


def first_paint(megabytes: int, times: int) -> float:
    """Seconds from the app's start until the end of a session's output shows."""
    with own_folders():
        lines = megabytes * 10_000
        code = f"for i in range({lines}): print('x' * 91, f'{{i:7}}')\n{END}"
        command = [*APP, "exec", "--session", "big", code]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken = []
        for _ in range(times):
            window = Window(APP)
            try:
                if not window.shows(LAST, PATIENCE):
                    raise TimeoutError("the output did not show")
                taken.append(window.seconds)
            finally:
                window.close()
        _end_sessions()
    return statistics.median(taken)


def in_app(code: str) -> float:
    """Seconds that code takes by its own clock, shown in the app."""
    with own_folders() as folder:
        window = opened(APP)
        try:
            return _timed(window, code, folder / "home" / "took")
        finally:
            window.close()
            _end_sessions()


def in_terminal(code: str) -> float:
    """The same in a plain terminal."""
    with own_folders() as folder:
        window = Window([sys.executable, "-q"])
        try:
            window.reads(1.0)
            return _timed(window, code, folder / "home" / "took")
        finally:
            window.close()


def _timed(window: Window, code: str, report: Path) -> float:
    program = report.with_name("program.py")
    clock = f"import time\nt = time.perf_counter()\n{code}\nt = time.perf_counter() - t\n"
    program.write_text(f"{clock}open({str(report)!r}, 'w').write(str(t))\n")
    window.runs(f"exec(open({str(program)!r}).read())")
    end = time.perf_counter() + PATIENCE
    while not (report.exists() and report.read_text()):
        if time.perf_counter() > end:
            raise TimeoutError("the code did not end")
        window.reads(0.05)
    return float(report.read_text())


TQDM = "import sys\nfrom tqdm import tqdm\nfor i in tqdm(range({steps}), file=sys.stdout): pass"
LIVE = """
import time
from rich.live import Live
from rich.table import Table
def table(n):
    found = Table()
    for name in "abc": found.add_column(name)
    for row in range(20): found.add_row(str(n), f"[green]{{row}}", "x" * 20)
    return found
with Live(table(0), refresh_per_second=60) as live:
    for n in range({steps}): live.update(table(n), refresh=True)
"""


async def frame(times: int) -> tuple[float, float]:
    """CPU seconds to paint a page of 200 by 50 that was never seen, and a loop of bare strips."""
    from rich.segment import Segment
    from textual.geometry import Region
    from textual.strip import Strip

    from pyrepl_tui.engine.transcript import Transcript
    from pyrepl_tui.rendering.live import open_document
    from pyrepl_tui.widgets.output_view import OutputView
    from pyrepl_worker import protocol

    line = b"\x1b[32mINFO\x1b[0m some \x1b[1mwords\x1b[0m that fill a line of a log, number %07d\n"
    folder = Path(tempfile.mkdtemp())
    (folder / protocol.ORDER).write_bytes(protocol.MARK.pack(0, 0, 1, 0))
    (folder / protocol.STDOUT).write_bytes(b"".join(line % n for n in range(100_000)))
    ours: list[float] = []
    bare: list[float] = []

    def measure_in(view: Any) -> None:
        for number in range(times):
            view.scroll_to(y=100 + number * 700, animate=False)
            before = time.process_time()
            view.render_lines(Region(0, 0, *view.size))
            ours.append(time.process_time() - before)
            before = time.process_time()
            texts = [str(n).rjust(60) for n in range(50)]
            for text in texts:
                Strip([Segment(text)]).adjust_cell_length(200)
            bare.append(time.process_time() - before)

    await _in_app(OutputView(open_document(Transcript(folder))), measure_in)
    shutil.rmtree(folder)
    return statistics.median(ours), statistics.median(bare)


async def _in_app(view: Any, work: Any) -> None:
    from textual.app import App, ComposeResult

    class Page(App[None]):
        def compose(self) -> ComposeResult:
            yield view

    app = Page()
    async with app.run_test(size=(200, 50)) as pilot:
        await pilot.pause()
        work(view)


async def measure(lab: Lab) -> list[Row]:
    """All of this file's rows."""
    times = lab.times(3)
    folder = Path(lab.peer_python).parent
    ours = [prints(APP) for _ in range(times)]
    took = statistics.median(run[0] for run in ours)
    rows = []
    for name in ("ptpython", "ipython"):
        if (folder / name).exists():
            theirs = [prints([str(folder / name)]) for _ in range(times)]
            peer = statistics.median(run[0] for run in theirs)
            memory = [f"{max(run[1] for run in runs):.0f} MB" for runs in (ours, theirs)]
            note = f"memory {', '.join(memory)}"
            rows.append(
                Row("app: 100,000 prints until the last and a key show", "s", took, peer, name,
                    at_most=1.0, relative=True, note=note)
            )  # fmt: skip
    slow = lab.silent_seconds if lab.silent_seconds < 10 else 10.0
    rows.append(Row(f"app: keys after {slow:g} s unread", "s", bears(slow, None), None, at_most=2))
    rows.append(Row("app: keys at 1 Mbit/s", "s", bears(slow, MEGABIT), None, at_most=2))
    share = idle_share(20, 5.0)
    rows.append(Row("app: idle CPU with 20 tabs", "%", share, None, at_most=1))
    size = lab.times(1000)
    large, empty = first_paint(size, times), first_paint(0, times)
    note = f"{size} MB of output, beside none"
    rows.append(
        Row("app: first paint of a long session", "s", large, empty, "empty session",
            at_most=1 + 0.1 / empty, relative=True, note=note)
    )  # fmt: skip
    for name, code, steps in (("tqdm", TQDM, 3_000_000), ("rich.live", LIVE, 400)):
        done = code.format(steps=steps)
        rows.append(
            Row(f"app: {name} over {steps:,} steps", "s", in_app(done), in_terminal(done),
                "terminal", at_most=1.3, relative=True)
        )  # fmt: skip
    mine, bare = await frame(lab.times(50))
    rows.append(Row("output pane: a page of 200×50 never seen", "s", mine, bare, "bare strips"))
    return rows
