"""How a change of worker ends that comes to nothing, and how images end."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from . import estate, kinship, protocol
from .brood import Handover, Session, Worker, is_stopped, kill

if TYPE_CHECKING:
    from .budget import ImageBudget
    from .connections import Connection

HANDOVER_SECONDS = 10.0
"""A change of worker that takes longer is given up, and the old worker goes on."""
LOOK_SECONDS = 1.0
"""An image that has not come to life by then is looked after: a stopped one never will."""
DOUBT_SECONDS = 4.0
"""An image that is no further by then is given up if there is an archive to take its place."""


class Endings(ABC):
    """What goes wrong with the changes of worker under way in a nursery."""

    _sessions: dict[str, Session]
    budget: ImageBudget

    @abstractmethod
    def _bring(self, session: Session, handover: Handover) -> None:
        """Have the new worker made: from the image, or else from the archive."""

    @abstractmethod
    def _finish(self, session: Session, handover: Handover, new: Worker) -> None:
        """Make a new worker the session's."""

    @abstractmethod
    def _expect_no_more(self, session: Session, checkpoint_id: str) -> None:
        """An image that was expected is there, or is not coming."""

    def bury(self, worker: Worker, session: Session) -> bool:
        """Note the death of a process. Returns whether nothing more is to be done about it."""
        if worker.is_image:
            if session.images.get(worker.checkpoint_id) is worker:
                self._forget(session, worker.checkpoint_id, "its process has died")
            self._give_up_on(worker.checkpoint_id)
            return True
        handover = session.handover
        if handover is not None and handover.new is worker:
            self._give_up(session, handover, "the restored worker died at once")
            return True
        if handover is not None and handover.loader is worker:
            self._give_up(session, handover, "the worker died while it loaded the archive")
            return True
        if handover is not None and handover.old is worker:
            handover.old = None
            if session.restarting or session.is_ending:
                self.abandon(session)
            elif handover.new is not None:
                session.worker = None
                self._finish(session, handover, handover.new)
                return True
            elif not handover.socket_path:
                self._died_before_it_retired(session, handover)
        return session.worker is not worker

    def _died_before_it_retired(self, session: Session, handover: Handover) -> None:
        """There is no present left to keep: the image comes at once, or not at all."""
        self._bring(session, handover)

    def drop_image(self, session: Session, checkpoint_id: str, reason: str) -> None:
        """End an image."""
        image = session.images.get(checkpoint_id)
        if image is not None:
            self._forget(session, checkpoint_id, reason)
            kill(image.pid)

    def _forget(self, session: Session, checkpoint_id: str, reason: str) -> None:
        session.images.pop(checkpoint_id, None)
        for client in session.watchers:
            client.say(protocol.ImageGone(session.id, checkpoint_id, reason))

    def deadlines(self) -> list[float]:
        """When changes under way are given up."""
        sessions = self._sessions.values()
        handovers = [s.handover for s in sessions if s.handover is not None]
        found = [each.deadline for each in handovers]
        found += [each.patience for each in handovers if each.patience is not None]
        found += self.budget.deadlines()
        return found + [one.deadline for s in sessions for one in s.expected.values()]

    def give_up_overdue(self) -> None:
        """Give up what takes too long: an image that hangs must not take the session with it."""
        self.budget.look_if_due()
        now = time.monotonic()
        for session in list(self._sessions.values()):
            for checkpoint_id, expected in list(session.expected.items()):
                if now >= expected.deadline:
                    self._expect_no_more(session, checkpoint_id)
            handover = session.handover
            if handover is not None and now >= handover.deadline:
                self._give_up(session, handover, "the image did not come to life in time")
            elif handover is not None and handover.patience is not None:
                self._doubt(session, handover, now)

    def _doubt(self, session: Session, handover: Handover, now: float) -> None:
        """Look after an image that ought to have come to life by now."""
        owner = handover.source or session
        image = owner.images.get(handover.checkpoint_id)
        if handover.patience is None or now < handover.patience:
            return
        if handover.new is not None or image is None:
            handover.patience = None
            return
        handover.patience = now + LOOK_SECONDS
        may_load = handover.form != "image" and estate.has_archive(
            owner.config, image.checkpoint_id
        )
        waited = now - (handover.deadline - HANDOVER_SECONDS)
        if is_stopped(image.pid) or (may_load and waited >= DOUBT_SECONDS):
            # before it is dropped: nobody is to give the handover up for its sake
            owner.images.pop(image.checkpoint_id)
            self._bring(session, handover)
            owner.images[image.checkpoint_id] = image
            self.drop_image(owner, image.checkpoint_id, "it did not come to life")

    def abandon(self, session: Session) -> None:
        """Give up a change of worker because the session is restarted or ended."""
        if session.handover is not None:
            self._give_up(session, session.handover, "the session was restarted or ended meanwhile")

    def _give_up_on(self, checkpoint_id: str) -> None:
        """Wait no longer for an image that is dead."""
        for session in list(self._sessions.values()):
            handover = session.handover
            if (
                handover is not None
                and handover.checkpoint_id == checkpoint_id
                and handover.new is None
                and handover.loader is None
                and handover.socket_path
            ):
                owner = handover.source or session
                if handover.form == "auto" and estate.has_archive(owner.config, checkpoint_id):
                    self._bring(session, handover)
                    continue
                self._give_up(session, handover, no_image(checkpoint_id), "unknown_checkpoint")

    def _give_up(
        self, session: Session, handover: Handover, reason: str, kind: str = "untrusted"
    ) -> None:
        session.handover = None
        for unborn in (handover.new, handover.loader):
            if unborn is not None:
                kill(unborn.pid)
        if handover.old is not None:
            handover.old.link.say(kinship.Stay(reason))
        if session.worker is None and not session.config.get("started"):
            self._sessions.pop(session.id, None)
        session.tell_news()
        refuse(handover.asker, kind, reason)


def refuse(asker: tuple[Connection, int] | None, kind: str, text: str) -> None:
    """Tell whoever asked why it will not be."""
    if asker is not None:
        asker[0].say(protocol.Failed(asker[1], kind, text))


def no_image(checkpoint_id: str) -> str:
    """Why a checkpoint cannot be thawed."""
    return f"there is no image of checkpoint {checkpoint_id[:40]!r}"
