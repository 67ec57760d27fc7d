"""How much memory processes account for."""

from __future__ import annotations

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
