"""Reading a long transcript in the output pane: open it, jump in it, wrap it anew, search it.

The peer of the searches is grep over the same file, in the C locale.
"""

from __future__ import annotations

import multiprocessing
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.engine.transcript import Transcript
from pyrepl_tui.rendering.layout import Layout
from pyrepl_tui.rendering.live import open_document
from pyrepl_tui.rendering.search import Search
from pyrepl_worker import protocol

from .measuring import Lab, Row, rss

WIDTH, HEIGHT = 120, 40
LINE = b"INFO  a line about as long as log lines usually are, to be read by nobody, number %08d\n"
BATCH = 100_000


def write_transcript(folder: Path, size: int) -> None:
    """Write a transcript of one run with so many bytes of output."""
    (folder / protocol.ORDER).write_bytes(protocol.MARK.pack(0, 0, 1, 0))
    number = 0
    with (folder / protocol.STDOUT).open("wb") as file:
        while file.tell() < size:
            file.write(b"".join(LINE % n for n in range(number, number + BATCH)))
            number += BATCH


def timed(work: Callable[[], object]) -> float:
    """Milliseconds that something takes."""
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def search(document: OutputDocument, layout: Layout, wanted: str, regex: bool) -> None:
    """Search everything, from the end."""
    start = layout.locate(layout.total - 1)
    assert start is not None
    found = Search(document, wanted, regex=regex, case=True, start=start)
    while found.step(1.0):
        pass


def grep(path: Path, *arguments: str) -> None:
    """The same by grep."""
    command = ["grep", "-c", *arguments, str(path)]
    # not to /dev/null: it would stop at the first match
    subprocess.run(command, env={"LC_ALL": "C"}, stdout=subprocess.PIPE, check=False)


def jumps(layout: Layout) -> float:
    """Milliseconds of the slowest of some jumps."""
    rows = [int(layout.total * part) for part in (0.1, 0.5, 0.77, 0.0)]
    return max(timed(lambda row=row: layout.settle(row, HEIGHT)) for row in rows)  # type: ignore[misc]


def taken(folder: Path, megabytes: int) -> list[Row]:
    """The rows of a transcript of so many megabytes."""
    path = folder / protocol.STDOUT
    gigabytes = path.stat().st_size / 1e9
    before = rss() / 1e6
    begin = time.perf_counter()
    document = open_document(Transcript(folder))
    layout = Layout(document, WIDTH)
    layout.settle(max(0, layout.total - HEIGHT), HEIGHT)
    opened = time.perf_counter() - begin
    begin = time.perf_counter()
    while document.pending:
        document.grow()
    layout.sync()
    index = time.perf_counter() - begin
    size = f"{layout.total:,} lines, {megabytes} MB"
    rows = [
        Row(f"{size}: open, last page ready", "s", opened, None, at_most=0.1),
        Row("  index, for each GB", "s", index / gigabytes, None, at_most=5),
        Row("  jump, the slowest of some", "ms", jumps(layout), None, at_most=100),
        Row("  wrap at another width", "ms", timed(lambda: layout.resize(WIDTH - 20)), None),
        Row("  memory grown by", "MB", rss() / 1e6 - before, None, at_most=30),
    ]
    for label, wanted, regex, most in (
        ("plain, not there", "no such text", False, 1 / 0.3),
        ("plain, one line", "number 00500000", False, 1 / 0.3),
        ("regex", r"number \d*7777$", True, 1 / 0.05),
    ):
        grep(path, "-P" if regex else "-F", wanted)
        ours = timed(lambda w=wanted, r=regex: search(document, layout, w, r))  # type: ignore[misc]
        theirs = timed(lambda w=wanted, r=regex: grep(path, "-P" if r else "-F", w))  # type: ignore[misc]
        rows.append(
            Row(f"  search, {label}, for each GB", "s", ours / 1e3 / gigabytes,
                theirs / 1e3 / gigabytes, "grep", at_most=most)
        )  # fmt: skip
    return rows


async def measure(lab: Lab) -> list[Row]:
    """All of this file's rows."""
    megabytes = lab.times(1000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        arguments = folder, megabytes * 1_000_000
        writer = multiprocessing.Process(target=write_transcript, args=arguments)
        writer.start()
        writer.join()
        return taken(folder, megabytes)
