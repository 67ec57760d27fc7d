"""How the nursery puts an image in the place of a session's worker, or beside it.

retire → thaw → join → leave → go: the old worker stands still and becomes a checkpoint itself, the
image forks a new one, and only when that one has joined does the old one speak its last word and
exit. At each step before the last the old worker can go on as if nothing had been.
"""

from __future__ import annotations

import os
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from . import kinship, protocol
from .brood import Expected, Handover, Session, Worker, available_memory, kill, pss_of

if TYPE_CHECKING:
    from .connections import Connection

MAX_IMAGES = 30
"""Images kept per session, guards not counted."""
BUDGET = 0.25
"""Part of the memory that is free that all images together may take."""
HANDOVER_SECONDS = 10.0
"""A change of worker that takes longer is given up, and the old worker goes on."""


class Handovers:
    """The changes of worker under way in a nursery."""

    def __init__(self, sessions: dict[str, Session], workers: list[Worker], runtime: str) -> None:
        self._sessions = sessions
        self._workers = workers
        self._runtime = runtime
        self._count = 0

    # -- beginning ---------------------------------------------------------------------------------

    def start(
        self,
        session: Session,
        checkpoint_id: str,
        keep: str | None,
        asker: tuple[Connection, int] | None,
    ) -> None:
        """Put an image in the worker's place."""
        if checkpoint_id in session.expected:
            again = partial(self.start, session, checkpoint_id, keep, asker)
            session.expected[checkpoint_id].waiting.append(again)
            return
        handover = self._new(session, checkpoint_id, keep, asker)
        if handover is None:
            return
        session.handover = handover
        if session.worker is not None and session.worker.ready:
            handover.old = session.worker
            handover.old.link.say(kinship.Retire(keep))
        else:
            self._thaw(session, session.images[checkpoint_id], handover)

    def branch(
        self,
        source: Session,
        session: Session,
        checkpoint_id: str,
        asker: tuple[Connection, int],
    ) -> None:
        """Start a new session from another one's image."""
        if checkpoint_id in source.expected:
            again = partial(self.branch, source, session, checkpoint_id, asker)
            source.expected[checkpoint_id].waiting.append(again)
            return
        image = source.images.get(checkpoint_id)
        if image is None:
            self._sessions.pop(session.id, None)
            _refuse(asker, "unknown_checkpoint", _no_image(checkpoint_id))
            return
        deadline = time.monotonic() + HANDOVER_SECONDS
        session.handover = Handover(checkpoint_id, None, asker, deadline, None)
        self._thaw(session, image, session.handover)

    def go_back(self, worker: Worker, session: Session, checkpoint_id: str) -> None:
        """The worker itself asks for an image in its place; it stands still already."""
        if checkpoint_id in session.expected:
            again = partial(self.go_back, worker, session, checkpoint_id)
            session.expected[checkpoint_id].waiting.append(again)
            return
        handover = self._new(session, checkpoint_id, None, None)
        if handover is None:
            worker.link.say(kinship.Stay(_no_image(checkpoint_id)))
            return
        session.handover = handover
        handover.old = worker
        self._thaw(session, session.images[checkpoint_id], handover)

    def _new(
        self,
        session: Session,
        checkpoint_id: str,
        keep: str | None,
        asker: tuple[Connection, int] | None,
    ) -> Handover | None:
        if session.handover is not None:
            _refuse(asker, "busy", "the session is being restored already")
            return None
        if session.worker is not None and not session.worker.ready:
            _refuse(asker, "busy", "the session is being restarted")
            return None
        if checkpoint_id not in session.images:
            _refuse(asker, "unknown_checkpoint", _no_image(checkpoint_id))
            return None
        deadline = time.monotonic() + HANDOVER_SECONDS
        return Handover(checkpoint_id, keep, asker, deadline, None)

    def _thaw(self, session: Session, image: Worker, handover: Handover) -> None:
        self._count += 1
        name = f"{session.id}-{image.pid}-{self._count}.sock"
        handover.socket_path = os.path.join(self._runtime, "s", name)
        image.link.say(kinship.Thaw(session.config, handover.socket_path))

    # -- under way ---------------------------------------------------------------------------------

    def hear(self, worker: Worker, session: Session, msg: Any) -> None:
        """A message of a worker about images or its own replacement."""
        handover = session.handover
        if isinstance(msg, kinship.Retired) and handover is not None and handover.old is worker:
            self._retired(session, handover, msg)
        elif isinstance(msg, kinship.Left) and handover is not None and handover.old is worker:
            self._left(session, handover)
        elif isinstance(msg, kinship.Expect):
            deadline = time.monotonic() + HANDOVER_SECONDS
            session.expected[msg.checkpoint_id] = Expected(deadline)
        elif isinstance(msg, kinship.Guard):
            session.guard = msg.checkpoint_id
        elif isinstance(msg, kinship.GoBack):
            self.go_back(worker, session, msg.checkpoint_id)
        elif isinstance(msg, kinship.ForgetImage):
            self.drop_image(session, msg.checkpoint_id, "nothing needs it any more")

    def join(self, link: Connection, msg: kinship.Join) -> None:
        """A process forked by a worker or an image reports."""
        session = self._sessions.get(msg.session_id)
        if session is None or session.is_ending:
            link.say(protocol.End(0))
            link.close()
            return
        worker = Worker(msg.pid, link, msg.checkpoint_id, msg.role == "image", msg.kind, session)
        worker.socket_path = msg.socket
        self._workers.append(worker)
        if worker.is_image:
            session.images[msg.checkpoint_id] = worker
            if worker.kind != "guard":
                self._keep_within_budget(session)
            self._expect_no_more(session, msg.checkpoint_id)
            return
        handover = session.handover
        if handover is None or msg.socket != handover.socket_path:
            link.say(protocol.End(0))  # it comes too late: given up already
            worker.kill_at = time.monotonic()
            return
        handover.new = worker
        if handover.old is not None:
            handover.old.link.say(kinship.Leave())
        else:
            self._finish(session, handover, worker)

    def _expect_no_more(self, session: Session, checkpoint_id: str) -> None:
        expected = session.expected.pop(checkpoint_id, None)
        if session.worker is not None:
            joined = checkpoint_id in session.images
            session.worker.link.say(kinship.ImageJoined(checkpoint_id, joined))
        for waiting in expected.waiting if expected is not None else []:
            waiting()

    def _retired(self, session: Session, handover: Handover, msg: kinship.Retired) -> None:
        if handover.keep in session.expected and session.handover is handover:
            # the present is not given up before it is kept
            again = partial(self._retired, session, handover, msg)
            session.expected[handover.keep].waiting.append(again)
            return
        if handover.socket_path:
            return  # it died meanwhile, and the image is on its way
        image = session.images.get(handover.checkpoint_id)
        if msg.error is not None or image is None:
            session.handover = None
            error = msg.error or _no_image(handover.checkpoint_id)
            _refuse(handover.asker, "busy", error)
            return
        self._thaw(session, image, handover)

    def _left(self, session: Session, handover: Handover) -> None:
        old, new = handover.old, handover.new
        if old is None or new is None:
            return
        old.kill_at = time.monotonic() + 1.0
        if session.restarting or session.is_ending:
            handover.old = None
            self.abandon(session)
            return
        session.worker = None
        self._finish(session, handover, new)

    def _finish(self, session: Session, handover: Handover, new: Worker) -> None:
        session.handover = None
        session.guard = None
        image = session.images.get(handover.checkpoint_id)
        if image is not None and image.kind == "guard":
            self.drop_image(session, handover.checkpoint_id, "it has served")
        session.worker = new
        session.death = None
        session.config["started"] = True
        new.ready = True
        new.link.say(kinship.Go(handover.keep))
        asker = handover.asker
        for client in {*session.watchers, *([asker[0]] if asker else [])}:
            seq = asker[1] if asker is not None and client is asker[0] else 0
            client.say(protocol.NodeUp(seq, session.id, new.pid, new.socket_path, True))

    # -- ends --------------------------------------------------------------------------------------

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
        image = session.images.get(handover.checkpoint_id)
        if image is None:
            self._give_up(session, handover, _no_image(handover.checkpoint_id))
        else:
            self._thaw(session, image, handover)

    def drop_image(self, session: Session, checkpoint_id: str, reason: str) -> None:
        """End an image."""
        image = session.images.get(checkpoint_id)
        if image is not None:
            self._forget(session, checkpoint_id, reason)
            kill(image.pid)

    def _keep_within_budget(self, session: Session) -> None:
        """End the images that are least likely to be missed while there are too many."""
        for kinds in (("auto", "replaced"), ("manual",)):
            for image in [i for i in session.images.values() if i.kind in kinds][:-1]:
                if not self._is_over_budget(session):
                    return
                self.drop_image(session, image.checkpoint_id, "there was no room for it")

    def _is_over_budget(self, session: Session) -> bool:
        points = [image for image in session.images.values() if image.kind != "guard"]
        if len(points) > MAX_IMAGES:
            return True
        total = sum(
            pss_of(image.pid) for s in self._sessions.values() for image in s.images.values()
        )
        return total > available_memory() * BUDGET

    def _forget(self, session: Session, checkpoint_id: str, reason: str) -> None:
        session.images.pop(checkpoint_id, None)
        for client in session.watchers:
            client.say(protocol.ImageGone(session.id, checkpoint_id, reason))

    def deadlines(self) -> list[float]:
        """When changes under way are given up."""
        sessions = self._sessions.values()
        found = [s.handover.deadline for s in sessions if s.handover is not None]
        return found + [one.deadline for s in sessions for one in s.expected.values()]

    def give_up_overdue(self) -> None:
        """Give up what takes too long: an image that hangs must not take the session with it."""
        now = time.monotonic()
        for session in list(self._sessions.values()):
            for checkpoint_id, expected in list(session.expected.items()):
                if now >= expected.deadline:
                    self._expect_no_more(session, checkpoint_id)
            handover = session.handover
            if handover is not None and now >= handover.deadline:
                self._give_up(session, handover, "the image did not come to life in time")

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
            ):
                self._give_up(session, handover, _no_image(checkpoint_id), "unknown_checkpoint")

    def _give_up(
        self, session: Session, handover: Handover, reason: str, kind: str = "untrusted"
    ) -> None:
        session.handover = None
        if handover.new is not None:
            kill(handover.new.pid)
        if handover.old is not None:
            handover.old.link.say(kinship.Stay(reason))
        if session.worker is None and not session.config.get("started"):
            self._sessions.pop(session.id, None)
        _refuse(handover.asker, kind, reason)


def _refuse(asker: tuple[Connection, int] | None, kind: str, text: str) -> None:
    if asker is not None:
        asker[0].say(protocol.Failed(asker[1], kind, text))


def _no_image(checkpoint_id: str) -> str:
    return f"there is no image of checkpoint {checkpoint_id[:40]!r}"
