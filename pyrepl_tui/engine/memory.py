"""How much memory and processor time processes take."""

from __future__ import annotations

import os

IMAGE_SHARE = 0.25
"""Part of the free memory that all images may take together: the nursery gives up those beyond."""


def pss_of(pid: int) -> int | None:
    """Proportional set size in bytes: shared pages split among their users; None if not told."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        return None
    return None


def own_of(pid: int) -> int | None:
    """Bytes that are a process's own, as its memory ceiling counts them; None if not told.

    Pages that it shares with its images are counted whole, pages of mapped files not at all.
    """
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            rows = [line.split() for line in file if line.startswith((b"RssAnon:", b"RssShmem:"))]
        return sum(int(row[1]) * 1024 for row in rows) if rows else None
    except (OSError, ValueError, IndexError):
        return None


def processor_seconds(pid: int) -> float | None:
    """Processor time a process has used with all its threads; None if it is not told."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None


def image_budget() -> int | None:
    """Bytes that all images of this machine's sessions may take now; None if it is not told."""
    try:
        with open("/proc/meminfo", "rb") as file:
            for line in file:
                if line.startswith(b"MemAvailable:"):
                    return int(int(line.split()[1]) * 1024 * IMAGE_SHARE)
    except (OSError, ValueError, IndexError):
        return None
    return None
