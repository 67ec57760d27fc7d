"""Client and nursery: create, watch, restart and end sessions; hear of births and deaths."""

from __future__ import annotations

from typing import Any

from pyrepl_worker.framing import message
from pyrepl_worker.records import record


@message("create")
@record(frozen=True)
class CreateSession:
    """Start the first worker of a new session, and watch it. Reply: `NodeUp`."""

    seq: int
    session: dict[str, Any]
    """Keys: id, name, cwd, env (dict or None for the nursery's own), argv, persist, directory,
    state_dir, created_at, limits; and ``load`` to begin with what an archive holds: a dict of
    folder, checkpoint, trust, rerun."""


@message("watch")
@record(frozen=True)
class WatchSession:
    """Hear of a session's births and deaths, and keep it alive. Reply: `NodeUp` or `NodeDown`.

    A session that does not persist ends when the last connection that created or watches it ends.
    """

    seq: int
    session_id: str


@message("restart")
@record(frozen=True)
class RestartSession:
    """End the session's worker, whatever it does, and start an empty one. Reply: `NodeUp`."""

    seq: int
    session_id: str


@message("end_session")
@record(frozen=True)
class EndSession:
    """End a session with all its processes. Reply: `Done`, when they are gone."""

    seq: int
    session_id: str


@message("kill")
@record(frozen=True)
class KillWorker:
    """Kill the live worker (SIGKILL); the session stays. Reply: `Done`."""

    seq: int
    session_id: str


@message("processes")
@record(frozen=True)
class ListProcesses:
    """Reply: `Done` with ``processes``: a list of {pid, role, session_id, checkpoint_id}."""

    seq: int


@message("restore")
@record(frozen=True)
class Restore:
    """Make a checkpoint the session's present, whether its worker lives or is dead.

    Reply: `NodeUp` of the new live worker, or `Failed` and the session is as it was.
    """

    seq: int
    session_id: str
    checkpoint_id: str
    keep: str | None
    """Id of the checkpoint that the replaced present becomes; None: the present is given up."""
    form: str
    """``image``, ``archive``, or ``auto``: the image, or the archive where there is no image."""
    rerun: bool
    """Whether the cells of variables that an archive has not may be run again."""


@message("branch")
@record(frozen=True)
class Branch:
    """Start a second session from an image, or from an archive where there is no image.

    Watches the new session. Reply: `NodeUp`.
    """

    seq: int
    session_id: str
    checkpoint_id: str
    session: dict[str, Any]
    """The new session, as in `CreateSession`; its cwd and env are the image's all the same."""


@message("archive")
@record(frozen=True)
class ArchiveCheckpoint:
    """Bring an image to the disk. Reply: `Done` when it is there, or `Failed` (``archive``)."""

    seq: int
    session_id: str
    checkpoint_id: str


@message("mark")
@record(frozen=True)
class MarkCheckpoint:
    """Give a checkpoint a label, pin it, or take these away. Reply: `Done`.

    What has either is the last to be given up when there is no room.
    """

    seq: int
    session_id: str
    checkpoint_id: str
    label: str | None
    pinned: bool


@message("delete")
@record(frozen=True)
class DeleteCheckpoint:
    """Forget a checkpoint, its image and its archive. Reply: `Done`."""

    seq: int
    session_id: str
    checkpoint_id: str


@message("drop_image")
@record(frozen=True)
class DropImage:
    """End an image; the checkpoint may still have an archive. Reply: `Done`."""

    seq: int
    session_id: str
    checkpoint_id: str


@message("node_up")
@record(frozen=True)
class NodeUp:
    """A session has a live worker: the reply to a request with that seq, else (seq 0) news."""

    seq: int
    session_id: str
    pid: int
    socket: str
    """Path of the unix socket the node listens on."""
    restored: bool
    """Whether it came out of an image, in the place of a worker that left or died."""


@message("node_down")
@record(frozen=True)
class NodeDown:
    """A session's live worker is dead and reaped; the session itself waits for restart or end."""

    seq: int
    session_id: str
    pid: int
    signal: int | None
    exit_code: int | None
    reason: str
    """The cause in words, as shown to people."""
    comes_back: bool
    """Whether the state before the run it died in comes back by itself: `NodeUp` follows."""


@message("image_gone")
@record(frozen=True)
class ImageGone:
    """A checkpoint has no image any more."""

    session_id: str
    checkpoint_id: str
    reason: str


@message("archive_progress")
@record(frozen=True)
class ArchiveProgress:
    """An archive is being written, or loaded."""

    session_id: str
    checkpoint_id: str
    what: str
    """``waiting``, ``pickling``, ``stored``, ``verifying``, ``loading``; ``stopped``: it is not."""
    done: int
    total: int


@message("session_ended")
@record(frozen=True)
class SessionEnded:
    """A session is over; its sockets and registry entry are gone."""

    session_id: str
