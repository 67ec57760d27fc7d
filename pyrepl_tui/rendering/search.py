"""Finding text in everything a document shows, read from disk piece by piece."""

from __future__ import annotations

import re
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from pyrepl_tui.engine.line_index import ChunkText
from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.engine.output_excerpts import Document
from pyrepl_tui.engine.output_parts import Part
from pyrepl_tui.rendering.ansi import plain_text
from pyrepl_tui.rendering.layout import Place
from pyrepl_tui.rendering.lines import LineRenderer

MOST = 100_000
"""Lines with a match after which a search stops."""
_ESCAPES = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?"
    rb"|[PX^_][^\x1b\n]*(?:\x1b\\)?|[^\n])"
)
_MOVING = re.compile(rb"\r(?!\n)|\x08")
_LITERAL = re.compile(r"[\w ]*")


class PatternError(ValueError):
    """A regular expression that is none."""


class Search:
    """Lines that contain a text. Begins at a place and works upwards, then downwards from it."""

    def __init__(
        self, document: Document, wanted: str, *, regex: bool, case: bool, start: Place
    ) -> None:
        """Prepare; `step` does the work.

        Args:
            document: what to search; what is added to it later is not searched.
            wanted: a text, or a regular expression.
            regex: True: `wanted` is a regular expression, applied line by line.
            case: True: upper and lower case differ.
            start: where the reader is.

        Raises:
            PatternError: if it is no regular expression.
        """
        flags = re.MULTILINE if case else re.MULTILINE | re.IGNORECASE
        try:
            self.pattern = re.compile(wanted if regex else re.escape(wanted), flags)
        except (re.error, OverflowError, RecursionError) as error:
            raise PatternError(str(error)) from None
        self._document = document
        self._needle = _needle(wanted, regex=regex, case=case)
        self._case = case
        self._renderer = LineRenderer()
        self._above: list[Place] = []
        self._below: list[Place] = []
        self._work = self._search(start)
        self.done = False
        """Whether everything was searched."""
        self.searched = 0
        """Bytes searched so far."""

    @property
    def count(self) -> int:
        """Lines with a match found so far."""
        return len(self._above) + len(self._below)

    @property
    def first_above(self) -> Place | None:
        """The match nearest to the start, above it or in its line; None: none (yet)."""
        return self._above[0] if self._above else None

    def step(self, seconds: float) -> bool:
        """Search for so long at most. Returns whether there is more to do."""
        deadline = time.monotonic() + seconds
        while not self.done and time.monotonic() < deadline:
            if next(self._work, None) is None or self.count >= MOST:
                self.done = True
        return not self.done

    def at(self, number: int) -> Place:
        """Return a match by its number, counted from the top."""
        above = len(self._above)
        return self._above[above - 1 - number] if number < above else self._below[number - above]

    def older(self, place: Place | None) -> int | None:
        """Return the number of the last match above a place (None: of the last one of all)."""
        matches = self._ordered()
        found = (bisect_left(matches, place) if place is not None else len(matches)) - 1
        return found if found >= 0 else None

    def newer(self, place: Place) -> int | None:
        """Return the number of the first match below a place."""
        matches = self._ordered()
        found = bisect_right(matches, place)
        return found if found < len(matches) else None

    def _ordered(self) -> list[Place]:
        return [*reversed(self._above), *self._below]

    # -- the work ----------------------------------------------------------------------------

    def _search(self, start: Place) -> Iterator[bool]:
        """Go through all chunks; yields after each."""
        while isinstance(self._document, OutputDocument) and self._document.loading:
            self._document.grow()
            yield True
        blocks = self._document.blocks
        for index in range(min(start.block, len(blocks) - 1), -1, -1):
            for number, part in reversed(list(enumerate(blocks[index].parts))):
                if (index, number) > (start.block, start.part):
                    continue
                while part.index.pending and (index, number) != (start.block, start.part):
                    if not blocks[index].advance(part):
                        break
                    yield True
                last = part.index.chunk_count - 1
                if (index, number) == (start.block, start.part):
                    last = min(last, part.index.chunk_at(start.offset))
                for chunk in range(last, -1, -1):
                    found = self._lines(part, chunk)
                    places = [Place(index, number, offset, 0) for offset in found]
                    self._above += [p for p in reversed(places) if p <= start]
                    self._below += [p for p in places if p > start]
                    yield True
        yield from self._search_below(start)

    def _search_below(self, start: Place) -> Iterator[bool]:
        blocks = self._document.blocks
        for index in range(max(0, start.block), len(blocks)):
            for number, part in enumerate(blocks[index].parts):
                if (index, number) < (start.block, start.part):
                    continue
                first = 0
                if (index, number) == (start.block, start.part):
                    first = part.index.chunk_at(start.offset) + 1
                chunk = first
                while chunk < part.index.chunk_count or part.index.pending:
                    if chunk >= part.index.chunk_count - 1 and part.index.pending:
                        if not blocks[index].advance(part):
                            break
                        yield True
                        continue
                    found = self._lines(part, chunk)
                    self._below += [Place(index, number, offset, 0) for offset in found]
                    chunk += 1
                    yield True

    def _lines(self, part: Part, chunk: int) -> list[int]:
        """Offsets of the lines of a chunk that match."""
        raw = part.index.raw(chunk)
        self.searched += len(raw)
        data = _ESCAPES.sub(b"", raw) if b"\x1b" in raw else raw
        if self._needle and self._needle not in (data if self._case else data.lower()):
            return []
        numbers = list(_matching_lines(self.pattern, data.decode("utf-8", "replace")))
        if not numbers:
            return []
        text = part.index.text(chunk)
        if _MOVING.search(data):
            numbers = [n for n in numbers if self._shown(part, text, n)]
        return [text.start + text.bounds[number] for number in numbers]

    def _shown(self, part: Part, text: ChunkText, line: int) -> bool:
        """Whether a line matches as it is shown: what was written over does not count."""
        return self.pattern.search(plain_text(self._renderer.spans(part, text, line))) is not None


def _matching_lines(pattern: re.Pattern[str], text: str) -> Iterator[int]:
    """Numbers of the lines of a text that match, each by itself."""
    number = position = 0
    while position < len(text):
        match = pattern.search(text, position)
        if match is None:
            return
        start = match.start()
        number += text.count("\n", position, start)
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if start < match.end() <= end:
            yield number
        elif match.end() > end:
            begin = text.rfind("\n", 0, start) + 1
            alone = pattern.search(text[begin:end])
            if alone is not None and alone[0]:
                yield number
        position = end + 1
        number += 1


def _needle(wanted: str, *, regex: bool, case: bool) -> bytes:
    """Bytes that every chunk with a match contains; empty if nothing is known of them."""
    if regex and not _LITERAL.fullmatch(wanted):
        return b""
    if not case:
        return wanted.lower().encode() if wanted.isascii() else b""
    return wanted.encode("utf-8", "replace")
