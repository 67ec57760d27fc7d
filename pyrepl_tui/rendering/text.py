"""Escape sequences and characters: what may be shown, and as what."""

from __future__ import annotations

import re
import unicodedata

from rich.cells import cell_len

from pyrepl_tui.rendering.ink import Ink

TAB = 8
"""Distance of tab stops, in cells."""

SEQUENCE = re.compile(
    r"\x1b\[(?P<parameters>[0-?]*)(?P<middle>[ -/]*)(?P<final>[@-~]?)"
    r"|\x1b\](?P<osc>[^\x07\x1b\n]*)(?:\x07|\x1b\\|(?=\x1b)|$)"
    r"|\x1b[PX^_](?:[^\x1b\n]|\x1b(?!\\))*(?:\x1b\\|$)"
    r"|\x1b[ -/]*[0-~]?"
    r"|(?P<control>[\x08\r\n\t])"
)
"""An escape sequence, finished or not, or a control character that moves the cursor."""

_EMOJI = "\u2190-\u2bff\U0001f000-\U0001faff"
_HIDDEN = re.compile(
    # a joiner that joins no emoji takes the next character's cell away where cells are counted,
    # but not in terminals
    f"(?<![{_EMOJI}\ufe0f])\u200d|\u200d(?![{_EMOJI}])|"
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_NEWER = re.compile("[\U0001f000-\U0001faff]")
_SILENT = frozenset(
    "\x07\x0e\x0f\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def apply_osc(ink: Ink, body: str) -> Ink:
    """Return the look after an operating system command.

    Only hyperlinks (8) mean something, and our own (7777) that names the stream.
    """
    if body.startswith("7777;"):
        return ink._replace(role="stderr" if body[5:] == "stderr" else "")
    if not body.startswith("8;"):
        return ink
    target = body[2:].partition(";")[2]
    safe = target.startswith(("http://", "https://", "file://", "mailto:"))
    return ink._replace(link=printable(target) if safe and len(target) < 2048 else "")


def printable(text: str) -> str:
    """Return text with nothing in it that a terminal would act upon or that has no place in a line.

    Control characters become their pictures (``␀`` ...), what only steers direction or rings is
    left out, everything else that must not be printed becomes ``�``, and so do characters that
    there are none of: each terminal shows something else for them, or nothing.
    """
    if text.isprintable():
        return text
    text = _HIDDEN.sub(_picture, text)
    if not text.isprintable():
        unknown = filter(_is_unknown, set(text))
        text = text.translate(dict.fromkeys(map(ord, unknown), "\ufffd"))
    return text


def _is_unknown(char: str) -> bool:
    """Whether a character is not assigned; emoji may be newer than our tables."""
    return unicodedata.category(char) == "Cn" and not _NEWER.match(char)


def _picture(match: re.Match[str]) -> str:
    char = match[0]
    if char in _SILENT:
        return ""
    code = ord(char)
    return chr(0x2400 + code) if code < 32 else "\u2421" if code == 127 else "\ufffd"


def expand_tabs(text: str, column: int) -> str:
    """Return text with its tabs as spaces up to the next tab stop.

    Args:
        text: without escape sequences and line feeds.
        column: cell that it starts in.
    """
    if "\t" not in text:
        return text
    out = []
    *fields, last = text.split("\t")
    for field in fields:
        column += cell_len(printable(field))
        step = TAB - column % TAB
        column += step
        out.append(field + " " * step)
    return "".join(out) + last
