"""What the output pane looks like, compared with pictures that somebody looked at.

``make pictures`` takes them anew. A picture that differs is left in the test's temporary folder.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from PIL import Image
from textual.pilot import Pilot

from pyrepl_tui.rendering.rich_values import TABLE
from pyrepl_tui.themes import LIGHT
from pyrepl_worker import protocol
from tests.rendering.scribe import Scribe
from tests.rendering.test_tables import table
from tests.tui.test_output_view import Shown, document_of

PICTURES = Path(__file__).with_name("pictures")
TAKEN_ANEW = "PYREPL_TUI_PICTURES" in os.environ

FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
NAMES = re.compile(r"terminal-\d+")
TEXT = re.compile(r"<text[^>]*>(.*?)</text>")

Scene = Callable[[Scribe], None]
Steps = Callable[[Shown, Pilot[None]], Awaitable[None]]

TRACEBACK = """\
Traceback (most recent call last):
  File "<cell 4>", line 1, in <module>
    descend(3)
    ~~~~~~~^^^
  File "<cell 3>", line 2, in descend
    return descend(depth - 1) / depth
           ~~~~~~~^^^^^^^^^^^
  File "<cell 3>", line 2, in descend
    return descend(depth - 1) / depth
           ~~~~~~~^^^^^^^^^^^
  [Previous line repeated 996 more times]
  File "/usr/lib/python3.12/fractions.py", line 264, in __new__
    raise ZeroDivisionError('Fraction(%s, 0)' % numerator)
RecursionError: maximum recursion depth exceeded
"""


def runs(scribe: Scribe) -> None:
    """Code, output, stderr, values, outcomes."""
    scribe.worker()
    scribe.run("import statistics  # mean and spread")
    scribe.begin('def mean(values: list[float]) -> float:\n    return sum(values) / len("abc")')
    scribe.end()
    scribe.begin("print(mean([1, 2])); warn()")
    scribe.say("1.0\n")
    scribe.say("careful: three letters\n", protocol.STDERR)
    scribe.end(value="{'mean': 1.0, 'spread': None}", ms=2150)
    scribe.run("while True: pass", "round 1\nround 2\n", status="interrupted", ms=183_000)
    scribe.notice("disk_full", "The disk is full: output is not kept.")
    scribe.begin("name = input('Name? ')")
    scribe.ask("Name? ")
    scribe.answer("Ada")
    scribe.end()
    scribe.begin("getpass()")
    scribe.ask("Password: ", password=True)


def failing(scribe: Scribe) -> None:
    """A traceback, its own frames and those of libraries."""
    scribe.run("def descend(depth):\n    return descend(depth - 1) / depth")
    error = {"name": "RecursionError", "message": "maximum recursion depth exceeded",
             "traceback": TRACEBACK}  # fmt: skip
    scribe.run("descend(3)", status="error", error=error)


def terminal(scribe: Scribe) -> None:
    """Colours, attributes, movements, wide letters, and what is swallowed or shown as a sign."""
    plain = " ".join(f"\x1b[{code}m {code} \x1b[0m" for code in (*range(31, 38), *range(91, 98)))
    behind = "".join(f"\x1b[48;5;{16 + 6 * n}m  " for n in range(30)) + "\x1b[0m"
    true = "".join(f"\x1b[38;2;{255 - 4 * n};{4 * n};128m█" for n in range(60)) + "\x1b[0m"
    kinds = "".join(f"\x1b[{code}m{code}\x1b[0m " for code in (1, 2, 3, 4, 7, 9, 21, 53))
    link = "\x1b]8;;https://example.org\x07a link\x1b]8;;\x07"
    bars = "first:   0%\nsecond:   0%\x1b[A\rfirst: 100%\x1b[B\rsecond:  50%\n"
    wide = "日本語 · e\u0301 · 👩\u200d👩\u200d👧 · \u05e9\u05dc\u05d5\u05dd\n"
    rubbish = "a\x00b\x07c\x1b]0;title\x07\x1b[?1049hd\ttab\xff\n"
    scribe.run("colours()", "\n".join((plain, behind, true, kinds + link, "")))
    scribe.run("bars()", bars)
    scribe.run("letters()", wide.encode() + rubbish.encode("latin-1"))
    scribe.run("long()", "0123456789" * 20)


def values(scribe: Scribe) -> None:
    """A frame, markdown, JSON, HTML."""
    frame = table(200, 3, names=["city", "people", "area"], numeric=[False, True, True])
    frame["rows"] = [[f"city {row}", str(row * 1017), f"{row / 7:.2f}"] for row in range(200)]
    for bundle in (
        {TABLE: json.dumps(frame), "text/plain": "frame"},
        {"text/markdown": "# Title\n\n* one **bold** point\n* `code`\n\n| a | b |\n|---|---|\n| 1 | 2 |"},  # noqa: E501
        {"application/json": '{"name": "Harbour", "heights": [4, 1204], "open": null}'},
        {"text/html": "<h2>Report</h2><p>Of <b>two</b> lines<br>with a <a href='x'>link</a></p>"},
    ):  # fmt: skip
        scribe.begin("show()")
        scribe.show(bundle, value=True)
        scribe.end()


def picture(scribe: Scribe) -> None:
    """Pictures in block characters; plain ones, as scaling is not the same in all versions."""
    scribe.begin("plot()")
    for size, colour in (((40, 12), (31, 119, 180)), ((300, 120), (214, 39, 40))):
        file = io.BytesIO()
        Image.new("RGB", size, colour).save(file, "PNG")
        scribe.show({"image/png": file.getvalue(), "text/plain": "<Figure>"}, value=True)
    scribe.end(ms=420)


async def nothing(app: Shown, pilot: Pilot[None]) -> None:
    """As it is."""


async def light(app: Shown, pilot: Pilot[None]) -> None:
    app.theme = LIGHT.name


async def folded(app: Shown, pilot: Pilot[None]) -> None:
    """One run folded and chosen, a search under way."""
    await pilot.press("home", "right_square_bracket", "f", "slash", *"letters")


async def selected(app: Shown, pilot: Pilot[None]) -> None:
    """Lines selected by keys."""
    await pilot.press("x", "up", "up", "end")


async def at_top(app: Shown, pilot: Pilot[None]) -> None:
    await pilot.press("home")


SCENES: dict[str, tuple[Scene, Steps, tuple[int, int]]] = {
    "empty": (lambda scribe: scribe.worker(), nothing, (80, 12)),
    "runs": (runs, nothing, (80, 30)),
    "runs-light": (runs, light, (80, 30)),
    "runs-narrow": (runs, nothing, (40, 30)),
    "traceback": (failing, nothing, (80, 24)),
    "traceback-light": (failing, light, (80, 24)),
    "terminal": (terminal, nothing, (80, 24)),
    "terminal-light": (terminal, light, (80, 24)),
    "found": (runs, folded, (80, 30)),
    "selected": (runs, selected, (80, 30)),
    "values": (values, at_top, (80, 48)),
    "picture": (picture, nothing, (80, 24)),
}


def tidied(svg: str) -> str:
    """An SVG without what changes from run to run, and without what no picture needs."""
    return NAMES.sub("terminal", FONTS.sub("", svg)).rstrip() + "\n"


@pytest.mark.parametrize("name", SCENES)
async def test_the_output_pane_looks_as_it_did(name: str, tmp_path: Path) -> None:
    scene, steps, size = SCENES[name]
    scribe = Scribe(tmp_path / "session")
    scene(scribe)
    app = Shown(document_of(scribe))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await steps(app, pilot)
        await pilot.pause()
        app.view.repaint()
        await pilot.pause()
        svg = tidied(app.export_screenshot(title=name))
    known = PICTURES / f"{name}.svg"
    if TAKEN_ANEW:
        known.write_text(svg, "utf-8")
        return
    expected = known.read_text("utf-8")
    if svg != expected:
        seen = tmp_path / known.name
        seen.write_text(svg, "utf-8")
        assert TEXT.findall(svg) == TEXT.findall(expected), seen
        raise AssertionError(f"colours or places changed: see {seen}")
