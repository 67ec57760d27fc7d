"""Looks into a checkpoint that is only on disk, without loading it: nothing of it can run."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import NoReturn

from . import archives
from .archives import ArchivedVariable, ArchivePlace
from .glimpses import Looker, Path, inspection, plain
from .values import Inspection, Variable

_SUMMARY = 120


class ArchivedLooker(Looker):
    """What an archive tells by itself: plain data as it is, of all else type, words and source."""

    def __init__(self, title: str, place: ArchivePlace, state: FilePath) -> None:
        """Look into an archive.

        Args:
            title: what people call it.
            place: where it is.
            state: the user's state folder.
        """
        super().__init__(title, _Unloaded())
        self._place = place
        self._state = state

    def again(self) -> Looker:
        """Another one for the same state."""
        return ArchivedLooker(self.title, self._place, self._state)

    async def namespace(self, execution_count: int) -> list[Variable]:
        """What is in the archive."""
        contents = await archives.look_into(self._place, self._state)
        return [_row(name, held) for name, held in contents.variables.items()]

    async def inspect(self, path: Path, *, offset: int = 0, limit: int = 100) -> Inspection:
        """As `Session.inspect`, of plain data; of all else what the archive says about it.

        Raises:
            LookupError: if nothing is there.
        """
        steps = plain(path)
        found = await archives.inspect_in(self._place, steps, offset, limit)
        return inspection(tuple(steps), found)


class _Unloaded:
    """Where readers would come from, if the values were loaded."""

    def open(self) -> NoReturn:
        raise LookupError("it is on disk, not loaded: branch or restore it to look further")


def _row(name: str, held: ArchivedVariable) -> Variable:
    summary = held.summary or (held.value or "")[:_SUMMARY].replace("\n", " ")
    if held.verdict == "missing":
        summary = f"not in the archive: {held.reason}"
    return Variable(name, held.type, "", None, None, summary, None, _kind(held), None)


def _kind(held: ArchivedVariable) -> str:
    if held.type == "module":
        return "module"
    if held.source:
        return "function" if held.type == "function" else "class"
    return "data" if held.value is not None else "object"
