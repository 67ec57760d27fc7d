"""What can go wrong, as exceptions. User code's own exceptions are never among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .values import WorkerDeath


class PyreplError(Exception):
    """The root of all errors of this package."""


class WorkerStartError(PyreplError):
    """A worker could not be started; the command and what it said are in the text."""

    def __init__(self, text: str, *, command: tuple[str, ...] = (), stderr: str = "") -> None:
        parts = [text]
        if command:
            parts.append("command: " + " ".join(command))
        if stderr:
            parts.append("its last words:\n" + stderr)
        super().__init__("\n".join(parts))
        self.command = command
        """What was run; empty if it did not come to that."""
        self.stderr = stderr
        """The last lines the process wrote; empty if there were none."""


class WorkerDied(PyreplError):
    """The session's worker is dead, so there is nobody to do what was asked."""

    def __init__(self, text: str, death: WorkerDeath | None = None) -> None:
        super().__init__(text)
        self.death = death
        """The cause; None if the session was ended or never started."""


class ProtocolError(PyreplError):
    """The other side said something that makes no sense, or refused a request as invalid."""


class TransactionError(PyreplError):
    """No transaction is open, or one already is."""


class CheckpointError(PyreplError):
    """A checkpoint could not be taken, found or restored."""


class UntrustedArchive(PyreplError):
    """An archive made elsewhere was opened without `trust=True`."""


class SessionNotFound(PyreplError):
    """No session has that id or name."""
