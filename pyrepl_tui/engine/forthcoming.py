"""The parts of the API that are still to come. They are named here, and refuse to work."""

from __future__ import annotations

from typing import Any, NoReturn


def unsupported(what: str) -> NotImplementedError:
    """The error for something this version cannot do."""
    return NotImplementedError(f"this version of pyrepl-tui has no {what} yet")


class Forthcoming:
    """What every session will be able to do."""

    @classmethod
    async def open(cls, *arguments: Any, **options: Any) -> NoReturn:  # noqa: ARG003 - all refused
        raise unsupported("archives")
