"""Messages within a session's family: nursery, live worker, images. Clients never see them.

They go over the link that a worker is born with, or that an image or thawed worker opens by `Join`.
"""

from __future__ import annotations

from typing import Any

from .framing import message
from .records import record


@message("adopt")
@record(frozen=True)
class Adopt:
    """Become the live worker of a session. Answer: `NodeReady`."""

    session: dict[str, Any]
    """Its description; of ``env`` only what differs from the nursery's, None: not set."""
    socket: str
    load: dict[str, Any] | None
    """The archive to load first: its folder, checkpoint, trust and rerun. None: none."""
    in_turn: bool
    """Whether to wait for `Go` after `NodeReady`: another worker still has the session."""


@message("node_ready")
@record(frozen=True)
class NodeReady:
    """The node listens, or says why it cannot."""

    pid: int
    error: str | None


@message("needed")
@record(frozen=True)
class Needed:
    """Live worker to nursery: it has loaded these modules of ours; others may have them at once."""

    names: list[str]


@message("loading")
@record(frozen=True)
class Loading:
    """Worker to nursery: it is on its way through an archive."""

    checkpoint_id: str
    done: int
    total: int


@message("save")
@record(frozen=True)
class Save:
    """Nursery to image: fork an archiver, which joins and says `Saving`, then `Saved`."""

    folder: str
    gentle: bool
    """Whether nobody waits for it: it then runs only when nothing else does."""


@message("saving")
@record(frozen=True)
class Saving:
    """Archiver to nursery: how far it is."""

    what: str
    done: int
    total: int


@message("saved")
@record(frozen=True)
class Saved:
    """Archiver to nursery: its last word."""

    error: str | None
    """Why there is no archive; None: there is one."""
    verdicts: dict[str, int]
    bytes_on_disk: int
    bytes_written: int
    dropped: list[str]
    """Checkpoints whose archives made room for it."""


@message("tell")
@record(frozen=True)
class Tell:
    """Nursery to live worker: journal this event, and tell the clients."""

    kind: str
    """The name of its class in `protocol`."""
    fields: dict[str, Any]
    """All but `out` and `err`."""


@message("rest")
@record(frozen=True)
class Rest:
    """Live worker to nursery: nothing has run for a while; now is the time to save."""

    checkpoint_id: str


@message("retire")
@record(frozen=True)
class Retire:
    """Nursery to live worker: make room for an image. Answer: `Retired`.

    The worker runs nothing more until `Leave` (it is replaced) or `Stay`.
    """

    keep: str | None
    """Id of the checkpoint to become first; None: none."""


@message("retired")
@record(frozen=True)
class Retired:
    """Live worker to nursery: it stands still, or says why it cannot."""

    error: str | None


@message("forsaken")
@record(frozen=True)
class Forsaken:
    """Nursery to live worker: nobody can reach the session any more. End once no code runs."""


@message("leave")
@record(frozen=True)
class Leave:
    """Nursery to retired worker: the new one is ready. Answer: `Left`; then it is no worker."""


@message("left")
@record(frozen=True)
class Left:
    """Retired worker to nursery: its last word is in the journal."""

    frozen: str | None
    """The checkpoint whose image it is from now on; None: it exits."""


@message("stay")
@record(frozen=True)
class Stay:
    """Nursery to retired worker: it is not replaced after all."""

    reason: str


@message("expect")
@record(frozen=True)
class Expect:
    """Live worker to nursery: an image of this checkpoint is about to join."""

    checkpoint_id: str


@message("fork_failed")
@record(frozen=True)
class ForkFailed:
    """Live worker to nursery: the image that was expected could not be forked."""

    checkpoint_id: str


@message("image_joined")
@record(frozen=True)
class ImageJoined:
    """Nursery to live worker: the image that was expected is there, or is not coming."""

    checkpoint_id: str
    ok: bool


@message("guard")
@record(frozen=True)
class Guard:
    """Live worker to nursery: should it die, this image takes its place (None: none does)."""

    checkpoint_id: str | None


@message("go_back")
@record(frozen=True)
class GoBack:
    """Live worker to nursery: put this image in my place. Answer: `Leave` or `Stay`."""

    checkpoint_id: str


@message("forget_image")
@record(frozen=True)
class ForgetImage:
    """Live worker to nursery: end this image, nothing needs it."""

    checkpoint_id: str


@message("join")
@record(frozen=True)
class Join:
    """First message of a process forked by a worker or an image to the nursery."""

    session_id: str
    pid: int
    role: str
    """``image``, ``worker`` (thawed from one) or ``archiver``."""
    checkpoint_id: str
    """The checkpoint it holds or was thawed from."""
    socket: str
    kind: str
    """Of an image: what `CheckpointTaken.kind` says, or ``guard``. Of others: empty."""
    label: str | None
    """Of an image: what its checkpoint is called."""


@message("thaw")
@record(frozen=True)
class Thaw:
    """Nursery to image: fork a live worker, which joins and waits for `Go`."""

    session: dict[str, Any]
    socket: str
    images: list[str]
    """Checkpoints of the session that have an image: a transaction can go back only to them."""


@message("look")
@record(frozen=True)
class Look:
    """Nursery to image: fork a reader, which waits on this socket for one client."""

    socket: str


@message("go")
@record(frozen=True)
class Go:
    """Nursery to thawed worker: its predecessor is gone, the session is its own."""

    replaced: str | None
    """Id of the checkpoint its predecessor became, if it did."""
