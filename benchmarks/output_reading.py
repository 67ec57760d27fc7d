"""Reading a long transcript in the output pane: open it, jump in it, wrap it anew, search it.

    python -m benchmarks.output_reading [MEGABYTES]

The peer of the searches is grep over the same file, in the C locale.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
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

WIDTH, HEIGHT = 120, 40
LINE = b"INFO  a line about as long as log lines usually are, to be read by nobody, number %08d\n"
BATCH = 100_000


def rss_mb() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


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


def main() -> None:
    """Measure and print."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        writer = multiprocessing.Process(
            target=write_transcript, args=(folder, megabytes * 1_000_000)
        )
        writer.start()
        writer.join()
        path = folder / protocol.STDOUT
        before = rss_mb()
        begin = time.perf_counter()
        document = open_document(Transcript(folder))
        layout = Layout(document, WIDTH)
        layout.settle(max(0, layout.total - HEIGHT), HEIGHT)
        size = path.stat().st_size
        print(f"{size // len(LINE % 0):,} lines, {size / 1e6:,.0f} MB")
        print(f"open, last page ready   {(time.perf_counter() - begin) * 1000:8.1f} ms")
        begin = time.perf_counter()
        while document.pending:
            document.grow()
        layout.sync()
        rate = megabytes / (time.perf_counter() - begin)
        print(f"index                   {rate:8.0f} MB/s")
        jumps = []
        for part in (0.1, 0.5, 0.77, 0.0):
            row = int(layout.total * part)
            jumps.append(timed(lambda row=row: layout.settle(row, HEIGHT)))  # type: ignore[misc]
        print(f"jump, worst of {len(jumps)}        {max(jumps):8.1f} ms")
        print(f"wrap at another width   {timed(lambda: layout.resize(WIDTH - 20)):8.1f} ms")
        print(f"memory grown by         {rss_mb() - before:8.0f} MB")
        for label, wanted, regex in (
            ("plain, not there", "no such text", False),
            ("plain, one line", "number 00500000", False),
            ("regex", r"number \d*7777$", True),
        ):
            grep(path, "-P" if regex else "-F", wanted)
            ours = timed(lambda w=wanted, r=regex: search(document, layout, w, r))  # type: ignore[misc]
            theirs = timed(lambda w=wanted, r=regex: grep(path, "-P" if r else "-F", w))  # type: ignore[misc]
            print(
                f"search, {label:16}{megabytes / ours * 1000:8.0f} MB/s"
                f"   grep {megabytes / theirs * 1000:6.0f} MB/s   {ours / theirs:.1f}x its time"
            )


if __name__ == "__main__":
    main()
