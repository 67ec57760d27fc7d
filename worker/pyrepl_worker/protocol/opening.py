"""How a conversation begins, and how each request in it is answered."""

from __future__ import annotations

from typing import Any

from pyrepl_worker.framing import message
from pyrepl_worker.records import record


@message("hello")
@record(frozen=True)
class Hello:
    """First message of a client."""

    version: int
    client: str
    """What the client calls itself, for other clients' eyes: ``app``, ``api``, ``exec`` ..."""


@message("nursery_welcome")
@record(frozen=True)
class NurseryWelcome:
    """The nursery's answer to `Hello`."""

    version: int
    pid: int
    python_version: str
    executable: str
    forks: bool
    """False where workers are spawned because fork is missing."""
    subreaper: bool
    """False where orphans go to init, so that their exits cannot be told."""


@message("welcome")
@record(frozen=True)
class Welcome:
    """A live node's answer to `Hello`. Events journaled up to these sizes are not sent again."""

    version: int
    session_id: str
    name: str
    pid: int
    python_version: str
    executable: str
    cwd: str
    state: str
    execution_count: int
    journal: int
    """Size of the journal at this moment: read up to here, later events come over the socket."""
    inputs: list[dict[str, Any]]
    """Input requests that wait now, as the fields of `InputRequested`."""
    queued: list[str]
    """Ids of operations that wait for their turn, first first."""
    transaction: str | None
    """Checkpoint of the open explicit transaction, "" if a snapshot serves; None: none is open."""


@message("done")
@record(frozen=True)
class Done:
    """A request was carried out."""

    seq: int
    data: dict[str, Any]


@message("failed")
@record(frozen=True)
class Failed:
    """A request was refused."""

    seq: int
    kind: str
    """``unknown_session``, ``unknown_checkpoint``, ``start``, ``unsupported``, ``ended``, ``busy``,
    ``transaction``, ``archive``, ``moved`` (ask the session's new worker), ``held`` (a run that
    commits at its end goes on: the text is the checkpoint to look into), ``version`` (the other
    side is of another one) or ``invalid``."""
    text: str
