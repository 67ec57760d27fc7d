"""What a session is and does, as its client knows it."""

from __future__ import annotations

from typing import Any

from .attachment import Attachment
from .events import InputRequest
from .model import SessionModel
from .transcript import Transcript
from .values import SessionState, WorkerDeath


class SessionFacts:
    """The attributes of a session. None of them asks its worker."""

    _model: SessionModel
    _attachment: Attachment
    _record: dict[str, Any]

    @property
    def id(self) -> str:
        """12 hexadecimal digits, the same for the session's whole life."""
        return self._model.id

    @property
    def name(self) -> str:
        """What people call it."""
        return self._model.name

    @property
    def state(self) -> SessionState:
        """What it is doing."""
        return self._model.state

    @property
    def pid(self) -> int | None:
        """The worker's process id; None while there is none."""
        return self._model.pid

    @property
    def created_at(self) -> float:
        """When it was created, in seconds since the epoch."""
        return float(self._record["created_at"])

    @property
    def persist(self) -> bool:
        """True: it lives until it is closed; False: it ends with its last client."""
        return bool(self._record["persist"])

    @property
    def execution_count(self) -> int:
        """Number of the last run."""
        return self._model.execution_count

    @property
    def python(self) -> str:
        """Path of the worker's interpreter."""
        return self._model.python or self._attachment.python

    @property
    def python_version(self) -> str:
        """As ``3.12.1``; empty before the start."""
        return self._model.python_version

    @property
    def cwd(self) -> str:
        """The folder the worker was started in."""
        return str(self._record["cwd"])

    @property
    def limits(self) -> dict[str, int]:
        """What its runs and its output may take, as given to `Session`; empty: no limits."""
        return dict(self._record.get("limits") or {})

    @property
    def death(self) -> WorkerDeath | None:
        """How the last worker died; None while one lives."""
        return self._model.death

    @property
    def nursery(self) -> str | None:
        """Socket of the nursery that looks after the worker; None if we are not connected to it."""
        held = self._attachment.nursery
        return None if held is None else held.socket

    @property
    def running(self) -> str | None:
        """Id of the operation that runs, whoever started it; None if none does."""
        return None if self._model.running is None else self._model.running.id

    @property
    def queued(self) -> list[str]:
        """Ids of the operations that wait for their turn, first first."""
        return list(self._model.queued)

    @property
    def inputs(self) -> list[InputRequest]:
        """Requests for input that wait for an answer, oldest first."""
        return list(self._model.inputs.values())

    @property
    def transcript(self) -> Transcript:
        """The session's record on disk."""
        return self._model.transcript
