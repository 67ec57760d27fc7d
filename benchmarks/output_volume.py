"""The app in a real terminal of 120 by 40 while code prints as much as it can, and keys are typed.

Its last line must show, each key must show, and the app's memory must not grow with the output.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from .app_start import _end_sessions
from .measuring import Lab, Row, own_folders, rss
from .output_terminal import APP, LAST, PATIENCE, Window, wait_for

KEYS = "§¶µ¤¥¢£ßþð"
"""Characters that nothing else shows, typed one after the other."""
KEY_EVERY = 0.05
LINE = "INFO  a line about as long as log lines usually are, to be read by nobody, number %07d"
COLOURED = (
    "\x1b[32mINFO\x1b[0m  a line about as long as \x1b[1;34mlog\x1b[0m lines are, number %07d"
)
PRINTS = "for i in range({count}): print({line!r} % i)"
PROGRAM = """import time
begin = time.perf_counter()
{code}
taken = time.perf_counter() - begin
open({report!r}, "w").write(str(taken))
print("the very", "last")
"""


@dataclass
class Flood:
    """What was measured while code printed."""

    seconds: float = 0.0
    """From Enter until its last line showed."""
    code: float = 0.0
    """What the code took by its own clock."""
    nothing: float = 0.0
    """The same where its output goes to /dev/null."""
    grown_mb: float = 0.0
    keys_ms: list[float] = field(default_factory=list)
    """From each key until it showed."""

    def quantile(self, share: float) -> float:
        """Time from a key until it shows, in milliseconds."""
        keys = sorted(self.keys_ms)
        return keys[min(len(keys) - 1, int(len(keys) * share))] if keys else float("nan")


class Typist(Window):
    """A terminal at which somebody types while it is read."""

    def follow(self, flood: Flood, patience: float) -> None:
        """Type until the last line and the last key have shown."""
        begin, before = time.perf_counter(), rss(self.pid)
        number, pressed, due = 0, 0.0, begin + KEY_EVERY
        while not flood.seconds or pressed:
            now = time.perf_counter()
            if now > begin + patience:
                raise TimeoutError("the last line did not come")
            if not pressed and now >= due:
                self.type(KEYS[number % len(KEYS)])
                pressed = now
            if select.select([self._master], [], [], 0.005)[0]:
                self._seen = (self._seen + os.read(self._master, 65_536))[-200_000:]
                now = time.perf_counter()
                if not flood.seconds and LAST.encode() in self._seen:
                    flood.seconds = now - begin
                if pressed and KEYS[number % len(KEYS)].encode() in self._seen:
                    flood.keys_ms.append((now - pressed) * 1000)
                    number, pressed, due = number + 1, 0.0, now + KEY_EVERY
                    self._seen = self._seen[-100:]  # the next key must show anew
                flood.grown_mb = max(flood.grown_mb, (rss(self.pid) - before) / 1e6)


def flooded(code: str, *, patience: float = PATIENCE) -> Flood:
    """Run code in the app while keys are typed."""
    flood = Flood()
    with own_folders() as folder:
        report, program = folder / "took", folder / "program.py"
        program.write_text(PROGRAM.format(code=code, report=str(report)))
        subprocess.run([sys.executable, program], stdout=subprocess.DEVNULL, check=True)
        flood.nothing = float(report.read_text())
        window = Typist(APP)
        try:
            wait_for(window, APP)
            window.type(f"exec(open({str(program)!r}).read())")
            window.reads(0.5)
            window.forget()
            window.type("\r")
            window.follow(flood, patience)
            flood.code = float(report.read_text())
        finally:
            window.close()
            _end_sessions()
    return flood


def rows_of_lines(name: str, flood: Flood, count: int) -> list[Row]:
    """The rows of some millions of lines."""
    return [
        Row(f"app: {name}", "s", flood.seconds / count * 1e6, None, at_most=1),
        Row("  the running code", "s", flood.code, flood.nothing, "/dev/null", at_most=1.3,
            relative=True),
        *rows_of_keys(flood),
    ]  # fmt: skip


def rows_of_keys(flood: Flood) -> list[Row]:
    """How the app did meanwhile."""
    return [
        Row("  a key until it shows, p50", "ms", flood.quantile(0.5), None,
            note=f"{len(flood.keys_ms)} keys"),
        Row("  a key until it shows, p99", "ms", flood.quantile(0.99), None, at_most=50),
        Row("  memory grown by", "MB", flood.grown_mb, None, at_most=30),
    ]  # fmt: skip


async def measure(lab: Lab) -> list[Row]:
    """All of this file's rows."""
    rows = []
    count = lab.times(2_000_000)
    for name, line in (("a million lines", LINE), ("a million lines with colours", COLOURED)):
        flood = flooded(PRINTS.format(count=count, line=line))
        rows += rows_of_lines(f"{name}, of {count:,}", flood, count)
    count = lab.times(10_000_000)
    flood = flooded(PRINTS.format(count=count, line="x" * 192 + "%07d"), patience=600)
    gigabytes = count * 200 / 1e9
    rows += rows_of_lines(f"a million lines, of {count:,} ({gigabytes:g} GB)", flood, count)
    with own_folders() as folder:
        path = Path(folder) / "large"
        with path.open("wb") as file:
            for _ in range(int(gigabytes * 100)):
                file.write((LINE % 0 + "\n").encode() * (10_000_000 // (len(LINE) - 1)))
        code = f"import subprocess; subprocess.run(['cat', {str(path)!r}])"
        flood = flooded(code)
        rows.append(Row("app: cat, for each GB", "s", flood.seconds / gigabytes, None))
        rows += rows_of_keys(flood)
    return rows
