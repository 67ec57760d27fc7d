"""Looking through terminal output as bytes: where to cut it, what style is in force, what moves."""

from __future__ import annotations

import re

_MOST_SGR = 128
"""Styles without a reset between them that are remembered."""
_NULS = bytes(512)
_SGR = re.compile(rb"\x1b\[[0-9;:]*m")
_RESETS = (b"\x1b[0m", b"\x1b[m")
_NO_SGR = re.compile(rb"\x1b(?!\[[0-9;:]*m)")
_UPWARDS = re.compile(rb"\x1b(?:\[[0-9;]*[AFHfdLM]|\[[23]J|M)")


def open_sgr(data: bytes) -> bytes:
    """Return the SGR sequences that are in force after some output, since its last full reset."""
    found: list[bytes] = []
    at = len(data)
    while len(found) < _MOST_SGR and (at := data.rfind(b"\x1b[", 0, at)) >= 0:
        match = _SGR.match(data, at)
        if match is None:
            continue
        if match[0] in _RESETS:
            break
        found.append(match[0])
    return b"".join(reversed(found))


def hole(data: bytes) -> int:
    """Length of the hole in the file that a chunk begins with: the oldest output may be dropped."""
    if not data.startswith(_NULS):
        return 0
    return len(data) - len(data.lstrip(b"\0"))


def upwards(data: bytes) -> re.Match[bytes] | None:
    """The first movement upwards. Most output has none but styles: that is found out quickly."""
    first = _NO_SGR.search(data)
    return None if first is None else _UPWARDS.search(data, first.start())


def cut(data: bytes, start: int, size: int) -> tuple[int, bool]:
    """Where the chunk that begins at `start` ends, and whether nothing of it is to be seen.

    It ends at a line feed if there is one in `size` bytes.

    Not to be seen is what was written over by a return to the line's start, and a hole in the file,
    which reads as NULs.
    """
    limit = start + size
    end = data.rfind(b"\n", start, limit) + 1
    if end:
        return end, False
    back = data.rfind(b"\r", start, limit)
    if back > start:
        return back, True
    if data.count(0, start, limit) == size:
        return limit, True
    escape = data.find(b"\x1b", limit - 64, limit)
    if escape > start:
        return escape, False
    while limit > start + size - 4 and data[limit] & 0xC0 == 0x80:
        limit -= 1
    return limit + (data[limit] == 10), False
