"""Output until the client has all of it and has checked it, and a client that reads nothing."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pyrepl_tui import Output, Session

from .measuring import Lab, Row, alternate, rss, start_peer

LINES = 200_000
FLUSHED = 20_000
CHUNK, CHUNKS = 65_536, 1_600

EXPECTED = b"x" * (CHUNK * CHUNKS)

PRINT = f"for i in range({LINES}): print(i)"
PRINT_FLUSHED = "for i in range({count}): print(i, flush=True)"
WRITE = f"import sys\nfor i in range({CHUNKS}): _ = sys.stdout.write('x' * {CHUNK})"
TIMED = f"import time\nt = time.perf_counter()\n{PRINT}\nt = time.perf_counter() - t\n"

TALK = """
import time
begin = time.time()
i = 0
while time.time() < begin + {seconds}:
    i += 1
    print(i, flush=True)
    if i % 10 == 0:
        time.sleep(0.005)
open({count!r}, "w").write(str(i))
"""
"""Numbered lines at about two thousand a second; their number goes to a file."""


def numbers(count: int) -> str:
    """What printing range(count) looks like."""
    return "".join(f"{i}\n" for i in range(count))


async def printed(session: Session, code: str, expected: str) -> float:
    """Seconds until all output of `code` is here and compared."""
    begin = time.perf_counter()
    result = await session.execute(code)
    if result.stdout != expected:
        raise AssertionError(f"lost: {len(result.stdout)} of {len(expected)} characters")
    return time.perf_counter() - begin


async def streamed(session: Session) -> float:
    """Seconds until 100 MB are here, chunk by chunk, and compared."""
    begin = time.perf_counter()
    size = 0
    async for event in session.run(WRITE):
        if isinstance(event, Output):
            if event.data != EXPECTED[: len(event.data)]:
                raise AssertionError("the output differs")
            size += len(event.data)
    if size != CHUNK * CHUNKS:
        raise AssertionError(f"lost: {size} of {CHUNK * CHUNKS} bytes")
    return time.perf_counter() - begin


def piped() -> float:
    """Seconds until all of PRINT's output is here and compared, taken by a pipe and a thread."""
    process, connection = start_peer("pipe_worker.py", PRINT)
    parts = []
    begin = time.perf_counter()
    connection.sendall(b"x")
    while data := connection.recv(1 << 18):
        parts.append(data)
    text = b"".join(parts).decode()
    seconds = time.perf_counter() - begin
    connection.close()
    process.wait(10)
    if text != numbers(LINES):
        raise AssertionError(f"lost: {len(text)} characters came")
    return seconds


async def time_of_the_code(session: Session) -> float:
    """Seconds that the printing loop itself needs in a session."""
    await session.execute(TIMED)
    return float((await session.execute("t")).value or "nan")


def time_into_nothing() -> float:
    """Seconds that the same loop needs in a plain interpreter that writes to /dev/null."""
    done = subprocess.run(
        [sys.executable, "-c", f"{TIMED}\nimport sys\nsys.stderr.write(str(t))"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=True,
    )
    return float(done.stderr)


async def silent(seconds: float) -> tuple[int, int, float, float]:
    """A client that stands still: lines printed, lines read, growth of worker and client in MB."""
    with tempfile.TemporaryDirectory() as folder:
        count = Path(folder) / "count"
        async with Session() as session:
            await session.execute("None")
            assert session.pid is not None
            worker, client = rss(session.pid), rss()
            operation = session.run(TALK.format(seconds=seconds, count=str(count)))
            time.sleep(seconds)  # the client as a whole stands still: this is what is measured
            seen, tail = 0, b""
            async for event in operation:
                if isinstance(event, Output):
                    *lines, tail = (tail + event.data).split(b"\n")
                    for line in lines:
                        seen += int(line) == seen + 1
            growth = (rss(session.pid) - worker) / 1e6, (rss() - client) / 1e6
        return int(count.read_text()), seen, *growth


async def measure(lab: Lab) -> list[Row]:
    """All of this file's rows."""
    all_numbers = numbers(LINES)
    rows = []
    async with Session() as session:
        ours, theirs = await alternate(
            lab.times(5),
            lambda: printed(session, PRINT, all_numbers),
            lambda: lab.jupyter.seconds("output", code=PRINT, lines=LINES),
        )
        rows.append(Row(f"{LINES:,} prints, all checked", "s", ours, theirs, at_least=10))
        ours, pipe = await alternate(
            lab.times(5), lambda: printed(session, PRINT, all_numbers), piped
        )
        rows.append(Row("  beside a pipe and a reader thread", "s", ours, pipe, "pipe and thread"))
        code, nothing = await alternate(
            lab.times(7), lambda: time_of_the_code(session), time_into_nothing
        )
        rows.append(
            Row("  the running code", "s", code, nothing, "/dev/null", at_most=1.3, relative=True)
        )
        rows.append(await _flushed(lab, session))
        ours, theirs = await alternate(
            lab.times(5),
            lambda: streamed(session),
            lambda: lab.jupyter.seconds("output", code=WRITE, size=CHUNK * CHUNKS),
        )
        rows.append(Row("100 MB in 64 KiB chunks", "s", ours, theirs, at_least=6))
    return [*rows, await _silence(lab)]


async def _flushed(lab: Lab, session: Session) -> Row:
    count = lab.times(FLUSHED)
    code, expected = PRINT_FLUSHED.format(count=count), numbers(count)
    ours, theirs, lost = [], [], []
    for _ in range(lab.times(3)):
        ours.append(await printed(session, code, expected))
        answer = lab.jupyter.ask("output", code=code, lines=count)
        theirs.append(answer["seconds"])
        lost.append(count - answer["lines"])
    note = f"ours lost none, ipykernel {max(lost)}"
    middle = statistics.median(ours), statistics.median(theirs)
    return Row(f"{count:,} prints with flush=True", "s", *middle, at_least=40, note=note)


async def _silence(lab: Lab) -> Row:
    seconds = lab.silent_seconds
    printed_lines, seen, worker, client = await silent(seconds)
    with tempfile.TemporaryDirectory() as folder:
        count = Path(folder) / "count"
        code = TALK.format(seconds=seconds, count=str(count))
        answer = lab.jupyter.ask("silence", code=code, seconds=seconds)
        total = int(count.read_text())
    return Row(
        f"a client that reads nothing for {seconds:g} s: lost", "%",
        100 * (1 - seen / printed_lines), 100 * (1 - answer["lines"] / total), at_most=0,
        note=f"{printed_lines:,} lines; worker {worker:+.1f} MB, client {client:+.1f} MB",
    )  # fmt: skip
