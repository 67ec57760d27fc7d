"""Sessions that come back from the disk: from a checkpoint's archive, or with all their past."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyrepl_tui import locations

from . import archives, ended, registry
from .attachment import Attachment
from .errors import CheckpointError, SessionNotFound, UntrustedArchive
from .model import SessionModel
from .plan import SessionPlan, plan_of
from .registry import RegistryEntry
from .values import RestoreReport, TransactionPolicy, WorkerDeath

if TYPE_CHECKING:
    from .session import Session

Folder = str | os.PathLike[str]


class Revival(ABC):
    """The part of `Session` that needs no process of it to be alive."""

    _attachment: Attachment
    _created: bool
    _model: SessionModel
    _archives: Any
    _policy: TransactionPolicy

    @abstractmethod
    def _set_up(self, plan: SessionPlan, client: str) -> None:
        """Be the session of a plan; nothing is started."""

    @abstractmethod
    async def _report(self, checkpoint_id: str) -> RestoreReport:
        """What a restore brought back."""

    @classmethod
    async def recall(
        cls, name: str, *, state_dir: Folder | None = None, client: str = "api"
    ) -> Session:
        """Join a session that lives, or take up one that has ended or whose processes are gone.

        One that has ended is DEAD: `checkpoints` lists its archives, `restore` brings one back
        as this very session, `restart` begins it anew. Its transcript is complete.

        Args:
            name: its name, id, or the beginning of an id; of several that have ended with that
                name the last one is meant.
            state_dir: where it lies; None: the user's state folder.
            client: what other clients are told we are.

        Raises:
            SessionNotFound: if there is no such session, or several live.
        """
        kind: Any = cls
        state = None if state_dir is None else Path(state_dir)
        found = registry.matches(name, state)
        if found:
            session: Session = await kind.attach(registry.only(name, found).id, client=client)
            return session
        entry = ended.find(name, state or locations.state_dir())
        if entry is None:
            raise SessionNotFound(f"there is no session {name!r}, and none has ended")
        session = cls._recorded(entry, client)
        session._attachment.mourn(WorkerDeath(None, None, "the session has ended"))
        return session

    @classmethod
    def _recorded(cls, entry: RegistryEntry, client: str) -> Session:
        """The session of a record, to be attached to or mourned."""
        kind: Any = cls
        session: Session = cls.__new__(kind)
        session._policy = TransactionPolicy.COMMIT_ALWAYS
        session._set_up(plan_of(entry), client)
        session._created = False
        session._model.know(entry)
        return session

    async def _load(
        self, place: archives.ArchivePlace, *, rerun: bool = False, elsewhere: bool = False
    ) -> RestoreReport:
        """Start the session with what an archive holds."""
        if not place.exists:
            raise CheckpointError(f"there is no archive of checkpoint {place.checkpoint!r}")
        await self._attachment.create(place.loading(rerun=rerun, elsewhere=elsewhere))
        self._model.transcript.open_files()
        return await self._report(place.checkpoint)

    @classmethod
    async def open(
        cls,
        checkpoint: str | os.PathLike[str],
        *,
        state_dir: str | os.PathLike[str] | None = None,
        trust: bool = False,
        rerun: bool = False,
        **options: Any,
    ) -> Session:
        """Start a new session with what an archive holds: after a reboot, or from elsewhere.

        `restore_report` says how each variable came back.

        Args:
            checkpoint: a checkpoint's id or its beginning, or the file of one that was exported.
            state_dir: where to look for ids, and where the new session's folder lies.
            trust: whether to load a file that was made elsewhere: loading it runs code in it.
            rerun: as of `restore`.
            **options: as of `Session`; ``name`` and ``cwd`` are by default the archive's.

        Raises:
            UntrustedArchive: if it was made elsewhere and is not trusted.
            CheckpointError: if there is no such archive, or it cannot be read.
        """
        state = Path(state_dir or locations.state_dir())
        place = archives.find(checkpoint, state)
        contents = await archives.look_into(place, state)
        if not (contents.trusted or trust):
            raise UntrustedArchive(
                f"{place.folder} was made elsewhere, and loading it would run what is in it; "
                "look into it first, and trust it only if you know where it comes from"
            )
        options.setdefault("name", contents.session)
        options.setdefault("python", ended.python_of(place.folder.parent))
        if archives.is_folder(contents.cwd):
            options.setdefault("cwd", contents.cwd)
        session: Session = cls(state_dir=state, **options)  # type: ignore[call-arg, assignment]
        try:
            if place.is_file:
                folder = session._archives
                place = archives.ArchivePlace(folder, await archives.unpack(place.folder, folder))
            await session._load(place, rerun=rerun, elsewhere=not contents.trusted)
        except BaseException:
            archives.remove_folder(session.transcript.directory)
            raise
        return session
