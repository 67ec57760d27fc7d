"""Rows that a program keeps redrawing, between the transcript's bytes and the line index."""

from __future__ import annotations

import codecs
import re

from pyrepl_tui.engine.display_parts import DisplayPart
from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.engine.transcript import Transcript
from pyrepl_tui.rendering.ink import PLAIN, Ink, Span, apply_sgr, sgr_of
from pyrepl_tui.rendering.screen import Screen
from pyrepl_tui.rendering.text import SEQUENCE

_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]{0,4096}\x1b?|[ -/]*)?\Z")
_ROLE = "\x1b]7777;{}\x07"


class RedrawnRows:
    """A `Screen` that takes and gives bytes (see `line_index.LiveScreen`)."""

    def __init__(self, opening: bytes) -> None:
        ink = PLAIN
        for match in SEQUENCE.finditer(opening.decode("ascii", "replace")):
            if match["final"] == "m":
                ink = apply_sgr(ink, match["parameters"])
        self._screen = Screen(ink, vertical=True)
        self._decoders: dict[str, codecs.IncrementalDecoder] = {}
        self._held = ""

    @property
    def height(self) -> int:
        return self._screen.height

    @property
    def at_line_start(self) -> bool:
        return not self._held and self._screen.at_line_start

    def feed(self, data: bytes, role: str) -> None:
        decoder = self._decoders.get(role)
        if decoder is None:
            decoder = codecs.getincrementaldecoder("utf-8")("replace")
            self._decoders[role] = decoder
        text = self._held + decoder.decode(data)
        unfinished = _UNFINISHED.search(text)
        self._held = unfinished[0] if unfinished else ""
        self._screen.feed(text[: len(text) - len(self._held)], role)

    def rows(self) -> bytes:
        rows = self._screen.rows()
        while rows and all(span.text.isspace() for span in rows[-1]):
            rows.pop()
        return b"".join(_encoded(row) + b"\n" for row in rows)

    def take(self, count: int) -> bytes:
        return b"".join(_encoded(row) + b"\n" for row in self._screen.take(count))

    def opening(self) -> bytes:
        return sgr_of(self._screen.ink).encode()


def _encoded(row: list[Span]) -> bytes:
    """A row as bytes that `ansi.parse_line` reads as the same spans."""
    parts = []
    ink = Ink()
    for span in row:
        if span.ink.role != ink.role:
            parts.append(_ROLE.format(span.ink.role))
        if span.ink.link != ink.link:
            parts.append(f"\x1b]8;;{span.ink.link}\x07")
        if span.ink[:3] != ink[:3]:
            parts.append("\x1b[0m" + sgr_of(span.ink))
        parts.append(span.text)
        ink = span.ink
    return "".join(parts).encode("utf-8", "replace")


def _lines_of(part: DisplayPart, width: int) -> str:
    from pyrepl_tui.rendering.rich_values import render_in_output  # not before there is a value

    return render_in_output(part, width)


def open_document(transcript: Transcript) -> OutputDocument:
    """The document of a session: redrawn rows as a terminal shows them, rich values rendered.

    Args:
        transcript: the session's record.
    """
    return OutputDocument(transcript, RedrawnRows, _lines_of)
