"""The archives of checkpoints on disk: which there are, what is in them, files of their own.

What is in them is read, written and checked by a short-lived process of the worker's package, the
clerk, which never unpickles anything.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyrepl_tui import locations
from pyrepl_worker import protocol
from pyrepl_worker.records import record

from . import interpreters
from .errors import CheckpointError
from .values import Checkpoint

SUFFIX = ".checkpoint"
"""What files of checkpoints are called; any other name will do."""
_KEY_BYTES = 32


@record(frozen=True, slots=True)
class ArchivedVariable:
    """One variable of an archive, as far as it can be known without loading it."""

    type: str
    verdict: str
    """How it will come back: ``exact``, ``equal``, ``rebuilt`` or ``missing``."""
    reason: str
    """Why the verdict is not ``exact``."""
    summary: str
    source: str
    """Source text of a function or class that was typed into the session; else empty."""
    value: str | None
    """The repr of plain data; None for what only unpickling could tell."""


@record(frozen=True, slots=True)
class ArchiveContents:
    """What is in an archive, read without running or unpickling anything."""

    checkpoint: str
    session: str
    """The session's name."""
    created_at: float
    python: str
    """Version of the interpreter."""
    execution_count: int
    cwd: str
    packages: dict[str, str]
    """Versions of what was imported."""
    variables: dict[str, ArchivedVariable]
    history: dict[int, str]
    """Code of the cells by execution count."""
    caveats: dict[str, str]
    """State that is no variable and will not come back."""
    bytes_total: int
    """Of all it holds, uncompressed."""
    trusted: bool
    """Whether it was made by this user on this machine."""
    damage: list[str]
    """What of it cannot be read any more."""


@record(frozen=True, slots=True)
class ArchivePlace:
    """Where an archive lies."""

    folder: Path
    """The archives it is one of; the file itself if it is a file of its own."""
    checkpoint: str
    """Empty for a file: that knows itself."""

    @property
    def exists(self) -> bool:
        """Whether there is such an archive."""
        return self.checkpoint in present(self.folder)

    def loading(self, *, rerun: bool = False, elsewhere: bool = False) -> dict[str, Any]:
        """What a worker is told to load it, as in `protocol.CreateSession`."""
        return {
            "folder": str(self.folder),
            "checkpoint": self.checkpoint,
            "trust": True,
            "rerun": rerun,
            "elsewhere": elsewhere,
        }

    @property
    def is_file(self) -> bool:
        """Whether it is a file of its own."""
        return not self.checkpoint


def folder_of(record: Mapping[str, Any]) -> Path:
    """The archives of a session, by its record."""
    return Path(record["directory"], protocol.ARCHIVES)


def is_folder(path: str) -> bool:
    """Whether the folder an archive speaks of is here too."""
    return os.path.isdir(path)


def is_file(name: str) -> bool:
    """Whether a name is a file's, and no session's."""
    return os.path.isfile(name)


def present(folder: Path) -> set[str]:
    """Ids of the checkpoints that have an archive in a folder of archives."""
    try:
        names = os.listdir(folder / protocol.MANIFESTS)
    except OSError:
        return set()
    return {name[:-5] for name in names if name.endswith(".json")}


def read_point(folder: Path, checkpoint_id: str) -> Checkpoint | None:
    """What an archive's manifest says of the checkpoint; None if it cannot be read."""
    path = folder / protocol.MANIFESTS / f"{checkpoint_id}.json"
    try:
        fields = json.loads(path.read_bytes().partition(b"\n")[2])
        return Checkpoint(
            id=checkpoint_id,
            label=None,
            parent=None,
            created_at=float(fields["created_at"]),
            execution_count=int(fields["execution_count"]),
            has_image=False,
            has_archive=True,
            warnings=[],
            bytes_on_disk=0,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def find(file_or_id: str | os.PathLike[str], state: Path) -> ArchivePlace:
    """Where the archive is that a file's path, or a checkpoint's id or its beginning, means.

    Raises:
        CheckpointError: if there is none, or several.
    """
    path = Path(file_or_id)
    if path.is_file():
        return ArchivePlace(path.resolve(), "")
    wanted = os.fspath(file_or_id)
    pattern = f"*/{protocol.ARCHIVES}/{protocol.MANIFESTS}/{wanted}*.json"
    manifests = (state / "sessions").glob(pattern) if wanted.isalnum() else ()
    found = [ArchivePlace(each.parent.parent, each.stem) for each in manifests]
    if len(found) == 1:
        return found[0]
    if found:
        raise CheckpointError(f"the ids of several archives begin with {wanted!r}: give more of it")
    raise CheckpointError(
        f"there is no file {wanted!r}, and no archive of a checkpoint with that id;"
        " 'pyrepl-tui checkpoints NAME' lists a session's"
    )


async def read_archive(
    file_or_id: str | os.PathLike[str], *, state_dir: str | os.PathLike[str] | None = None
) -> ArchiveContents:
    """Look into an archive without running or unpickling anything, wherever it was made.

    Args:
        file_or_id: as for `Session.open`.
        state_dir: where to look for ids; None: the user's state folder.

    Raises:
        CheckpointError: if there is no such archive, or its list of contents is damaged.
    """
    state = Path(state_dir) if state_dir is not None else locations.state_dir()
    return await look_into(find(file_or_id, state), state)


async def look_into(place: ArchivePlace, state: Path) -> ArchiveContents:
    """What is in the archive at a place."""
    reply = await _ask_clerk(
        do="describe", folder=str(place.folder), checkpoint=place.checkpoint, key=_key(state)
    )
    variables = {
        name: ArchivedVariable(**fields) for name, fields in reply.pop("variables").items()
    }
    history = {int(number): text for number, text in reply.pop("history").items()}
    return ArchiveContents(variables=variables, history=history, **reply)


async def inspect_in(
    place: ArchivePlace, path: list[Any], offset: int, limit: int
) -> dict[str, Any]:
    """A page of a value in an archive, as `protocol.Inspect` has it, without unpickling anything.

    Raises:
        LookupError: if nothing is there, or only loading it could tell.
    """
    reply = await _ask_clerk(
        do="inspect", folder=str(place.folder), checkpoint=place.checkpoint, path=path,
        offset=offset, limit=limit,
    )  # fmt: skip
    if "nothing" in reply:
        raise LookupError(reply["nothing"])
    return reply


async def export(folder: Path, checkpoint_id: str, path: Path, state: Path) -> Path:
    """Write an archive to a file of its own, signed as this user's."""
    target = os.fspath(path)
    await _ask_clerk(
        do="export",
        folder=str(folder),
        checkpoint=checkpoint_id,
        file=target,
        key=_key(state, make=True),
    )
    return Path(target)


async def unpack(path: Path, folder: Path) -> str:
    """Put what a file holds into a folder of archives. Returns the checkpoint's id."""
    reply = await _ask_clerk(do="import", file=str(path), folder=str(folder))
    return str(reply["checkpoint"])


def remove_folder(folder: Path) -> None:
    """Remove what a session has left that never came to be."""
    shutil.rmtree(folder, ignore_errors=True)


async def collect(folder: Path) -> int:
    """Free what no archive of a folder uses any more. Returns how many bytes that were."""
    reply = await _ask_clerk(do="collect", folder=str(folder))
    return int(reply["freed"])


async def _ask_clerk(**order: Any) -> dict[str, Any]:
    """Have the worker's package do something with archives.

    Raises:
        CheckpointError: if it cannot be done; the text says why.
    """
    bootstrap, sites = interpreters.installation()
    command = [sys.executable, "-I", bootstrap, "clerk"]
    for site in sites:
        command += ["--site", site]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd="/",
    )
    try:
        answer, complaint = await process.communicate(json.dumps(order).encode())
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        last = complaint.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise CheckpointError(f"archives cannot be read here: {''.join(last)}")
    reply: dict[str, Any] = json.loads(answer)
    error = reply.pop("error", None)
    if error is not None:
        raise CheckpointError(error)
    return reply


def _key(state: Path, *, make: bool = False) -> str:
    """What files are signed with, so that one's own are known again. Empty if there is none."""
    path = state / "signing.key"
    try:
        return path.read_bytes().hex()
    except OSError:
        if not make:
            return ""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(os.urandom(_KEY_BYTES))
    except FileExistsError:
        pass  # another process has just made it
    return path.read_bytes().hex()
