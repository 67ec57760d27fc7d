"""Anything a program may print, in any order with anything a reader may do."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from pyrepl_tui.engine import line_index, output_document
from pyrepl_tui.rendering.layout import Layout
from pyrepl_tui.widgets.output_prompts import OutputPrompt
from tests.rendering.scribe import Scribe
from tests.tui.test_output_commands import Placed
from tests.tui.test_output_view import document_of, grown

SOUNDS = (
    b"plain line\n",
    b"\x1b[31mred \x1b[1mbold\x1b[0m\n",
    b"long " * 60 + b"\n",
    b"\rbar \r\rbar 2",
    b"\n",
    "日本語 👩‍👩‍👧 e\u0301 \u202eabc\n".encode(),
    b"\x1b[2A\x1b[2Kup\n\n",
    b"\x1b[2J\x1b[H",
    b"\x1b[5;9Hplaced",
    b"\xff\xfe\x00\x01\x80\n",
    b"\x1b]8;;https://example.org\x07link\x1b]8;;\x07\n",
    b"\x1b]52;c;aGk=\x07\x1bP1$q\x1b\\\x1b[?1049h\x1b",
    b"[",
    b"31",
    b"m",
    "é".encode()[:1],
    "é".encode()[1:],
    b"\ttab\tbed\n",
    b"\x08\x08x",
    b"\0" * 700,
)
KEYS: tuple[str, ...] = ("pageup", "pagedown", "home", "end", "up", "down", "f", "z", "o", "escape")
KEYS += ("left_square_bracket", "right_square_bracket")


class Chaos:
    """A program that prints anything, and a reader who presses anything."""

    def __init__(self, dice: random.Random, scribe: Scribe, app: Placed) -> None:
        self.dice = dice
        self.scribe = scribe
        self.app = app
        self.asked = 0

    async def step(self, pilot: Pilot[None]) -> None:
        """One thing that happens."""
        does: list[Callable[[], None]] = [self.prints] * 6 + [self.runs, self.asks, self.news]
        for _ in range(self.dice.randint(0, 5)):
            self.dice.choice(does)()
        if self.app.document is not None:
            self.app.document.grow()
            self.app.rows()
        await grown(self.app, pilot)
        self.check()
        what = self.dice.random()
        if what < 0.6:
            await pilot.press(*self.dice.choices(KEYS, k=self.dice.randint(1, 3)))
        elif what < 0.7:
            size = self.dice.randint(12, 90), self.dice.randint(3, 30)
            await pilot.resize_terminal(*size)
        elif what < 0.75:
            self.app.view.focus()
            await pilot.press("slash", *self.dice.choice(["line", "e", "日", "["]), "up", "escape")
            await pilot.pause()
            for prompt in self.app.query(OutputPrompt):
                await prompt.remove()
            self.app.view.focus()
        await pilot.pause()
        self.check()

    def prints(self) -> None:
        data = b"".join(self.dice.choices(SOUNDS, k=self.dice.randint(1, 30)))
        late = self.dice.random() < 0.2
        ordinal = self.dice.randint(0, self.scribe.count) if late else self.scribe.count
        self.scribe.write(self.dice.choice(["stdout", "stderr"]), data, ordinal)

    def runs(self) -> None:
        if self.scribe.count:
            self.scribe.end(
                self.dice.choice(["ok", "error"]), value=self.dice.choice([None, "v\n1"])
            )
        self.scribe.begin("code()\n" * self.dice.randint(1, 4))

    def asks(self) -> None:
        self.asked += 1
        self.scribe.ask("prompt? ", request=str(self.asked))
        if self.dice.random() < 0.7:
            self.scribe.answer("answer", request=str(self.asked))

    def news(self) -> None:
        if self.dice.random() < 0.5:
            self.scribe.die()
        else:
            self.scribe.worker()
        self.scribe.notice("output_dropped", "something was dropped")

    def check(self) -> None:
        """What must hold at any time."""
        view = self.app.view
        for row in self.app.rows():
            assert all(char.isprintable() or ord(char) in (0x200D, 0xAD) for char in row), row
        reading = view.reading
        assert reading is not None
        assert view.virtual_size.height == reading.layout.total
        assert 0 <= view.scroll_offset.y <= max(0, reading.layout.total - view.size.height)
        for y in range(view.size.height):
            view.render_line(y)
        self.places(reading.layout, view.scroll_offset.y, view.size.height)

    def places(self, layout: Layout, top: int, height: int) -> None:
        for row in range(top, min(top + height, layout.total)):
            place = layout.locate(row)
            assert place is not None
            assert layout.row_of(place) == row


@pytest.mark.parametrize("seed", range(4))
async def test_nothing_breaks(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_index, "CHUNK", 600)
    monkeypatch.setattr(line_index, "MARGIN", 100)
    monkeypatch.setattr(line_index, "READ", 700)
    monkeypatch.setattr(line_index, "LIVE_READ", 300)
    monkeypatch.setattr(line_index, "LIVE_ROWS", 12)
    monkeypatch.setattr(line_index, "CALM", 400)
    monkeypatch.setattr(output_document, "BACKLOG", 2000)
    monkeypatch.setattr(output_document, "TAIL", 400)
    scribe = Scribe(tmp_path / "t")
    app = Placed(document_of(scribe))
    chaos = Chaos(random.Random(seed), scribe, app)
    async with app.run_test(size=(60, 20)) as pilot:
        for _ in range(30):
            await chaos.step(pilot)
