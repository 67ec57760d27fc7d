"""What a session's limits may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KNOWN = ("memory_bytes", "cpu_seconds", "output_bytes", "display_bytes")


def checked(limits: Mapping[str, Any] | None) -> dict[str, int]:
    """A session's limits as its worker takes them.

    Raises:
        ValueError: if there is no limit of that name, or it is not a whole number above 0.
    """
    found: dict[str, Any] = dict(limits or {})
    for name, value in found.items():
        if name not in KNOWN:
            raise ValueError(f"there is no limit {name!r}; there are {', '.join(KNOWN)}")
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(
                f"the limit {name} is a whole number above 0, not {value!r}; "
                f"there are {', '.join(KNOWN)}"
            )
    return found
