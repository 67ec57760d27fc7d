"""Signs and words for a session's state; each sign differs in shape, not only in colour."""

from __future__ import annotations

from pyrepl_tui.models import BUSY, DEAD, ENDED, IDLE, PENDING, STARTING, WAITING

SIGNS = {
    STARTING: "…",
    BUSY: "▸",
    WAITING: "?",
    PENDING: "◇",
    DEAD: "✕",
    ENDED: "▪",
    "unread": "•",
    IDLE: " ",
    "": " ",
}
"""What a tab's mark looks like."""

COLOURS = {
    STARTING: "muted",
    BUSY: "accent",
    WAITING: "warning",
    PENDING: "warning",
    DEAD: "error",
    ENDED: "muted",
    "unread": "success",
    IDLE: "muted",
    "": "muted",
}
"""Theme variable each mark is drawn in."""

WORDS = {
    STARTING: "starting",
    IDLE: "idle",
    BUSY: "running",
    WAITING: "waiting for input",
    PENDING: "changes pending",
    DEAD: "dead",
    ENDED: "ended",
}
"""The state in the status bar."""


def duration(seconds: float) -> str:
    """A time span, short: ``12 ms``, ``3.4 s``, ``2:05``, ``1:02:03``."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(count: int | None) -> str:
    """A number of bytes, short: ``12 B``, ``3.4 kB``, ``120 MB``; empty for None."""
    if count is None:
        return ""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 9.95 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
