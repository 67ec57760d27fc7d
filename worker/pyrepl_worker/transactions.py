"""What becomes of a run's changes: kept, thrown away, or left to the user.

The state before a run is an image, which the nursery puts in this worker's place if the run fails,
also if it dies of it. Where an image is not to be trusted, a snapshot inside the process serves.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from . import kinship, protocol
from .late import part
from .records import changeable, fresh
from .thrift import Thrift

if TYPE_CHECKING:
    from collections.abc import Collection

    from . import snapshots
    from .node import Node
else:
    snapshots = part("snapshots")

POLICIES = ("commit_always", "commit_on_success", "rollback_on_failure", "explicit")
_GUARDED = ("commit_on_success", "rollback_on_failure")


@changeable(eq=True)
class Guard:
    """The state before a run or an explicit transaction."""

    checkpoint_id: str | None
    """Its image; None: a snapshot serves."""
    snapshot: snapshots.Snapshot | None
    reasons: list[str]
    """Why there is no image."""

    @property
    def isolation(self) -> str:
        """How exactly the state can be put back: ``image``, ``deep`` or ``shallow``."""
        return "image" if self.snapshot is None else self.snapshot.isolation


@changeable(eq=True)
class Outcome:
    """What a run's end means for its changes."""

    rolled_back: bool = False
    isolation: str = "none"
    unrestored: list[str] = fresh(default_factory=list)
    departs: bool = False
    """Whether another process has the session now: this one is to leave after its last word."""


class Transactions:
    """The guards of a node's runs. All on the main thread, apart from `open_id` and `held`."""

    def __init__(self, node: Node, namespace: dict[str, Any]) -> None:
        self._node = node
        self._namespace = namespace
        self._explicit: Guard | None = None
        self._thrift = Thrift(self._tell_of_spacing)
        self._auto_at = -1
        """Ordinal of the last run before the last automatic checkpoint."""
        self.held: list[dict[str, Any]] | None = None
        """What readers of the namespace see while a commit_on_success run goes on; None: it."""
        self.held_at: str | None = None
        """The checkpoint that readers of values look into meanwhile; None: there is no image."""

    @property
    def is_open(self) -> bool:
        """Whether an explicit transaction is pending."""
        return self._explicit is not None

    @property
    def open_id(self) -> str | None:
        """Checkpoint of the pending transaction; "" if a snapshot serves; None: none is pending."""
        return None if self._explicit is None else self._explicit.checkpoint_id or ""

    # -- around a run ------------------------------------------------------------------------------

    def before(self, policy: str) -> Guard | None:
        """Keep the state before a run, as its policy wants. None: nothing is kept for it.

        Raises:
            Thawed: in the worker that comes back from it.
        """
        self._checkpoint_if_due()
        if policy == "explicit" and self._explicit is None:
            self.begin()
        if policy not in _GUARDED:
            return None
        guard = self._guard()
        if guard.checkpoint_id is not None:
            self._node.tell_nursery(kinship.Guard(guard.checkpoint_id))
        if policy == "commit_on_success":
            count = self._node.executor.execution_count
            self.held_at = guard.checkpoint_id
            self.held = self._node.listing.variables("", True, count)
        return guard

    def _checkpoint_if_due(self) -> None:
        """Take the automatic checkpoint before a run, unless that would cost too much time."""
        if not self._node.session.get("auto_checkpoint"):
            return
        if self._node.executor.ordinal != self._auto_at and self._thrift.allows():
            self._checkpoint(may_save=False)

    def _checkpoint(self, *, may_save: bool) -> protocol.CheckpointTaken:
        images = self._node.images
        taken = images.freeze(os.urandom(6).hex(), None, "auto", may_save=may_save)
        self._auto_at = self._node.executor.ordinal
        if taken.trusted:
            self._thrift.spend(images.last_cost, images.fork_cost)
        return taken

    def _tell_of_spacing(self, text: str) -> None:
        sizes = self._node.transcript.sizes()
        self._node.audience.announce(protocol.Notice("checkpoints_spaced", text, *sizes))

    def rest(self) -> None:
        """Nothing has run for a while: have what the last run left brought to the disk.

        Raises:
            Thawed: in the worker that comes back from it.
        """
        node = self._node
        if self.is_open or node.leaving or node.executor.ordinal == self._auto_at:
            return
        taken = self._checkpoint(may_save=True)
        if taken.trusted:
            node.tell_nursery(kinship.Rest(taken.checkpoint_id))

    def after(self, guard: Guard | None, *, failed: bool) -> Outcome:
        """Keep or throw away what a run did."""
        self.held = None
        if guard is None:
            explicit = self._explicit
            return Outcome(isolation="none" if explicit is None else explicit.isolation)
        if not failed:
            if guard.checkpoint_id is not None:
                self._node.tell_nursery(kinship.Guard(None))
                self._node.tell_nursery(kinship.ForgetImage(guard.checkpoint_id))
            return Outcome(isolation=guard.isolation)
        if guard.snapshot is not None:
            return self._put_back(guard, guard.snapshot)
        assert guard.checkpoint_id is not None
        self._node.leaving = True
        self._node.tell_nursery(kinship.GoBack(guard.checkpoint_id))
        if self._node.images.replacement.wait_for_leave():
            return Outcome(True, "image", departs=True)
        self._node.leaving = False
        return Outcome(False, "none", ["everything: the image did not come to life"])

    def depart(self) -> None:
        """Leave the session to the process that came back from the guard."""
        self._node.images.replacement.depart()

    # -- explicit ----------------------------------------------------------------------------------

    def begin(self) -> None:
        """Open an explicit transaction."""
        guard = self._guard()
        self._explicit = guard
        self._announce("opened", guard.checkpoint_id)

    def commit(self) -> None:
        """Keep what the transaction's runs did."""
        guard, self._explicit = self._explicit, None
        if guard is not None:
            self._announce("committed", guard.checkpoint_id)
            if guard.checkpoint_id is not None:
                self._node.tell_nursery(kinship.ForgetImage(guard.checkpoint_id))

    def roll_back(self) -> Outcome:
        """Put back the state before the transaction from its snapshot."""
        guard, self._explicit = self._explicit, None
        assert guard is not None
        assert guard.snapshot is not None
        outcome = self._put_back(guard, guard.snapshot)
        self._announce("rolled_back", None)
        return outcome

    def end_if_lost(self, images: Collection[str]) -> None:
        """In a worker thawed within a transaction: keep it open only if it can be rolled back.

        Args:
            images: checkpoints whose images are still there; that of a transaction goes with it.
        """
        if self._explicit is not None and self._explicit.checkpoint_id not in (None, *images):
            self.forget()
            self._announce("committed", None)

    def forget(self) -> None:
        """Have nothing pending any more."""
        self._explicit = None

    def begin_branch(self) -> None:
        """In a branch: what its session has pending, or has kept already, is not its own."""
        self.forget()
        self._auto_at = -1
        self._node.rested_at = -1

    # ----------------------------------------------------------------------------------------------

    def _guard(self) -> Guard:
        checkpoint_id = os.urandom(6).hex()
        taken = self._node.images.freeze(checkpoint_id, None, "guard")
        if taken.trusted:
            return Guard(checkpoint_id, None, [])
        return Guard(None, snapshots.take(self._namespace), taken.warnings)

    def _put_back(self, guard: Guard, snapshot: snapshots.Snapshot) -> Outcome:
        unrestored = snapshots.put_back(snapshot, self._namespace)
        return Outcome(True, guard.isolation, [*unrestored, *guard.reasons])

    def _announce(self, outcome: str, checkpoint_id: str | None) -> None:
        sizes = self._node.transcript.sizes()
        self._node.audience.announce(protocol.TransactionChanged(checkpoint_id, outcome, *sizes))
