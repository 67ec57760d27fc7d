"""How much memory processes account for."""

from __future__ import annotations


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
