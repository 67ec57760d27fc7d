"""The output pane under a flood, in a real pty of 120 by 40, beside Textual's own log widgets.

Each pane is fed as many lines as it can take while a key is pressed ten times a second.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .measuring import Lab, Row, rss

THIS = [sys.executable, "-m", "benchmarks.output_flood"]
SIZE = (40, 120)
LINE = b"INFO  a line about as long as log lines usually are, to be read by nobody, number %07d\n"
COLOURED = (
    b"\x1b[32mINFO\x1b[0m  a line about as long as \x1b[1;34mlog\x1b[0m lines are, number %07d\n"
)
PANES = {"output pane": 10.0, "output pane, colours": 10.0, "Log.write_lines": 1.0, "RichLog": 0.02}
"""Each pane with its share of the lines: the slow ones would take minutes."""
KEY = b"~"
"""A key that no pane has a command on."""
KEY_EVERY = 0.1


@dataclass(frozen=True)
class Figures:
    """What was measured of one pane."""

    lines: int
    seconds: float
    cpu: float
    rss_mb: float
    grown_mb: float
    keys_ms: list[float]

    @property
    def rate(self) -> float:
        """Lines per second."""
        return self.lines / self.seconds

    def quantile(self, share: float) -> float:
        """Time from a key to its handler, in milliseconds."""
        keys = sorted(self.keys_ms)
        return keys[min(len(keys) - 1, int(len(keys) * share))] if keys else float("nan")


# -- in the pty ----------------------------------------------------------------------------------


def main_of_pane(pane: str, lines: int, report: str) -> None:
    """Run the app with one pane, feed it, write what was measured to a file."""
    from textual.app import App, ComposeResult
    from textual.widget import Widget

    class Flooded(App[None]):
        def __init__(self) -> None:
            super().__init__()
            self.keys: list[float] = []
            self.folder = tempfile.TemporaryDirectory()

        def compose(self) -> ComposeResult:
            self.feeder = feeder_of(pane, lines, Path(self.folder.name))
            yield self.feeder.widget

        def on_mount(self) -> None:
            self.run_worker(self.feed())

        def on_key(self) -> None:
            self.keys.append(time.monotonic())

        async def feed(self) -> None:
            import asyncio

            await asyncio.sleep(0.5)
            Path(f"{report}.ready").touch()
            before = rss()
            cpu, begin = time.process_time(), time.monotonic()
            for _ in self.feeder.run():
                await asyncio.sleep(0)
            measured = time.monotonic() - begin, time.process_time() - cpu
            await asyncio.sleep(0.2)
            found = {"seconds": measured[0], "cpu": measured[1], "keys": self.keys}
            found |= {"rss": rss() / 1e6, "grown": (rss() - before) / 1e6}
            Path(report).write_text(json.dumps(found))
            self.exit()

    class Feeder:
        """One way to bring lines into a widget."""

        widget: Widget
        run: Callable[[], Iterator[None]]

    def feeder_of(pane: str, lines: int, folder: Path) -> Any:
        feeder = Feeder()
        template = COLOURED if "colours" in pane else LINE
        if pane.startswith("output pane"):
            feeder.widget, feeder.run = our_pane(folder, template, lines)
        else:
            feeder.widget, feeder.run = textual_pane(pane, template, lines)
        return feeder

    Flooded().run()


def our_pane(folder: Path, template: bytes, lines: int) -> tuple[Any, Callable[[], Iterator[None]]]:
    """The output pane over a transcript that another process writes as fast as it can."""
    from pyrepl_tui.engine.transcript import Transcript
    from pyrepl_tui.rendering.live import open_document
    from pyrepl_tui.widgets.output_view import OutputView
    from pyrepl_worker import protocol

    (folder / protocol.ORDER).write_bytes(protocol.MARK.pack(0, 0, 1, 0))
    (folder / protocol.STDOUT).touch()
    document = open_document(Transcript(folder))
    view = OutputView(document)

    def run() -> Iterator[None]:
        command = [*THIS, "--write", str(folder / protocol.STDOUT)]
        size = len(template % 0) * lines
        with subprocess.Popen([*command, template.decode(), str(lines)]):
            looked = 0.0
            while True:
                if time.monotonic() - looked > 1 / 30:
                    if document.grow():
                        view.refresh_document()
                    looked = time.monotonic()
                    block = document.blocks[-1] if document.blocks else None
                    if block is not None and block.table.size >= size and not document.pending:
                        return
                else:
                    time.sleep(0.001)
                yield

    return view, run


def textual_pane(
    pane: str, template: bytes, lines: int
) -> tuple[Any, Callable[[], Iterator[None]]]:
    """Textual's widgets, bounded as their users would bound them, fed 1,000 lines at a time."""
    from rich.text import Text
    from textual.widgets import Log, RichLog

    log = Log(max_lines=100_000)
    rich_log = RichLog(max_lines=10_000)

    def run() -> Iterator[None]:
        for start in range(0, lines, 1000):
            batch = [(template % n).decode().rstrip() for n in range(start, start + 1000)]
            if pane == "RichLog":
                for line in batch:
                    rich_log.write(Text.from_ansi(line))
            else:
                log.write_lines(batch)
            yield

    return (rich_log if pane == "RichLog" else log), run


def write_lines(path: str, template: bytes, lines: int) -> None:
    """Append lines to a file as fast as a program could."""
    with open(path, "ab", buffering=0) as file:
        file.writelines(
            b"".join(template % n for n in range(start, min(lines, start + 1000)))
            for start in range(0, lines, 1000)
        )


# -- around the pty ------------------------------------------------------------------------------


def flooded(pane: str, lines: int) -> Figures:
    """Run one pane in a pty, pressing keys, reading what it paints."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        master, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        command = [*THIS, "--pane", pane, str(lines), str(report)]
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        child = subprocess.Popen(
            command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment
        )
        os.close(terminal)
        pressed: list[float] = []
        done = threading.Event()
        ready = Path(f"{report}.ready")
        presser = threading.Thread(target=_press, args=(master, pressed, ready, done))
        presser.start()
        _drain(master, child)
        done.set()
        presser.join()
        os.close(master)
        child.wait()
        found = json.loads(report.read_text())
    keys = [(handled - sent) * 1000 for sent, handled in zip(pressed, found["keys"], strict=False)]
    return Figures(lines, found["seconds"], found["cpu"], found["rss"], found["grown"], keys)


def _press(master: int, pressed: list[float], ready: Path, done: threading.Event) -> None:
    """Press a key now and then while the flood goes on."""
    while not ready.exists() and not done.is_set():
        done.wait(0.01)
    while not done.is_set():
        pressed.append(time.monotonic())
        try:
            os.write(master, KEY)
        except OSError:
            return
        done.wait(KEY_EVERY)


def _drain(master: int, child: subprocess.Popen[bytes]) -> None:
    """Read what the app paints, as a terminal does, until it ends."""
    while child.poll() is None:
        if select.select([master], [], [], 0.1)[0]:
            try:
                os.read(master, 1 << 16)
            except OSError:
                return


async def measure(lab: Lab) -> list[Row]:
    """All of this file's rows."""
    lines = lab.times(1_000_000)
    found = {pane: flooded(pane, max(1000, int(lines * share))) for pane, share in PANES.items()}
    rows = []
    for pane, peer in (("output pane", "Log.write_lines"), ("output pane, colours", "RichLog")):
        ours, theirs = found[pane], found[peer]
        rows += [
            Row(f"{pane}: a million lines, of {ours.lines:,}", "s", 1e6 / ours.rate,
                1e6 / theirs.rate, peer, at_most=1),
            Row("  CPU time", "s", ours.cpu / ours.lines * 1e6,
                theirs.cpu / theirs.lines * 1e6, peer),
            Row("  a key until handled, p50", "ms", ours.quantile(0.5),
                theirs.quantile(0.5), peer),
            Row("  a key until handled, p99", "ms", ours.quantile(0.99),
                theirs.quantile(0.99), peer, at_most=50),
            Row("  memory grown by", "MB", ours.grown_mb, theirs.grown_mb, peer, at_most=30,
                note=f"to {ours.rss_mb:.0f} MB"),
        ]  # fmt: skip
    return rows


if __name__ == "__main__":
    if sys.argv[1] == "--pane":
        main_of_pane(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        write_lines(sys.argv[2], sys.argv[3].encode(), int(sys.argv[4]))
