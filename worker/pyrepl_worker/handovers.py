"""How the nursery puts an image in the place of a session's worker, or beside it.

retire and thaw → join → leave → go: the old worker stands still while the image forks a new one;
only when that one has joined does the old one speak its last word, and become an image itself or
exit. At each step before the last the old worker can go on as if nothing had been.
"""

from __future__ import annotations

import os
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from . import estate, kinship, protocol
from .archivists import TELL_SECONDS
from .brood import Expected, Handover, Session, Worker, unlink
from .budget import ImageBudget
from .handover_ends import HANDOVER_SECONDS, LOOK_SECONDS, Endings, no_image, refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from .archivists import Archivists
    from .connections import Connection

ARCHIVE_SECONDS = 600.0
"""How long a present may take to the disk that no image can hold, before it is replaced."""
LOAD_SECONDS = 75.0
"""Longest silence of a worker that loads an archive; it gives up a single variable earlier."""


class Handovers(Endings):
    """The changes of worker under way in a nursery."""

    def __init__(
        self,
        sessions: dict[str, Session],
        workers: list[Worker],
        runtime: str,
        archivists: Archivists,
        give_worker: Callable[..., Worker],
    ) -> None:
        self._sessions = sessions
        self._workers = workers
        self._runtime = runtime
        self._archivists = archivists
        self._give_worker = give_worker
        """Has a spare adopt a session, and load an archive first."""
        self.budget = ImageBudget(sessions, workers, self.drop_image)
        self._count = 0

    # -- beginning ---------------------------------------------------------------------------------

    def start(
        self,
        session: Session,
        checkpoint_id: str,
        keep: str | None,
        asker: tuple[Connection, int] | None,
        form: str = "auto",
        rerun: bool = False,
    ) -> None:
        """Put a checkpoint in the worker's place."""
        again = partial(self.start, session, checkpoint_id, keep, asker, form, rerun)
        if self._is_too_early(session, checkpoint_id, form, again):
            return
        handover = self._new(session, checkpoint_id, keep, asker, form)
        if handover is None:
            return
        handover.rerun = rerun
        session.handover = handover
        if session.worker is not None and session.worker.ready:
            handover.old = session.worker
            handover.old.link.say(kinship.Retire(keep))
            image = session.images.get(checkpoint_id)
            if image is not None and form != "archive":
                self._thaw(session, image, handover)  # both take milliseconds
        else:
            self._bring(session, handover)

    def _is_too_early(
        self, session: Session, checkpoint_id: str, form: str, again: Callable[[], None]
    ) -> bool:
        """Whether a checkpoint is just being made; then `again` is called when it is there."""
        if checkpoint_id in session.expected:
            session.expected[checkpoint_id].waiting.append(again)
            return True
        if form == "archive" or checkpoint_id not in session.images:
            job = self._archivists.job_of(session, checkpoint_id)
            if job is not None:
                job.waiting.append(again)
                return True
        return False

    def branch(
        self,
        source: Session,
        session: Session,
        checkpoint_id: str,
        asker: tuple[Connection, int],
    ) -> None:
        """Start a new session from another one's checkpoint."""
        again = partial(self.branch, source, session, checkpoint_id, asker)
        if self._is_too_early(source, checkpoint_id, "auto", again):
            return
        deadline = time.monotonic() + HANDOVER_SECONDS
        session.handover = Handover(checkpoint_id, None, asker, deadline, None, source=source)
        self._bring(session, session.handover)

    def go_back(self, worker: Worker, session: Session, checkpoint_id: str) -> None:
        """The worker itself asks for an image in its place; it stands still already."""
        if checkpoint_id in session.expected:
            again = partial(self.go_back, worker, session, checkpoint_id)
            session.expected[checkpoint_id].waiting.append(again)
            return
        handover = self._new(session, checkpoint_id, None, None, "image")
        if handover is None:
            worker.link.say(kinship.Stay(no_image(checkpoint_id)))
            return
        session.handover = handover
        handover.old = worker
        handover.retired = True
        self._bring(session, handover)

    def _new(
        self,
        session: Session,
        checkpoint_id: str,
        keep: str | None,
        asker: tuple[Connection, int] | None,
        form: str,
    ) -> Handover | None:
        if session.handover is not None:
            refuse(asker, "busy", "the session is being restored already")
            return None
        if session.worker is not None and not session.worker.ready:
            refuse(asker, "busy", "the session is being restarted")
            return None
        has_image = form != "archive" and checkpoint_id in session.images
        if not has_image and not (
            form != "image" and estate.has_archive(session.config, checkpoint_id)
        ):
            form = {"auto": "no image, and no archive,", "image": "no image"}.get(
                form, "no archive"
            )
            text = f"there is {form} of checkpoint {checkpoint_id[:40]!r}"
            refuse(asker, "unknown_checkpoint", text)
            return None
        deadline = time.monotonic() + HANDOVER_SECONDS
        return Handover(checkpoint_id, keep, asker, deadline, None, form=form)

    def _bring(self, session: Session, handover: Handover) -> None:
        """Have the new worker made: from the image, or else from the archive."""
        owner = handover.source or session
        image = owner.images.get(handover.checkpoint_id)
        if image is not None and handover.form != "archive":
            self._thaw(session, image, handover)
        elif handover.form != "image" and estate.has_archive(owner.config, handover.checkpoint_id):
            load = estate.load_of(owner.config, handover.checkpoint_id, rerun=handover.rerun)
            if handover.source is not None and handover.asker is not None:
                session.handover = None  # it begins as a session of its own
                self._give_worker(session, [handover.asker], load)
                return
            handover.patience = None
            handover.deadline = time.monotonic() + LOAD_SECONDS
            handover.loader = self._give_worker(session, [], load, in_turn=True)
            handover.socket_path = handover.loader.socket_path
        else:
            text = no_image(handover.checkpoint_id)
            self._give_up(session, handover, text, "unknown_checkpoint")

    def _thaw(self, session: Session, image: Worker, handover: Handover) -> None:
        self._count += 1
        name = f"{session.id}-{image.pid}-{self._count}.sock"
        handover.socket_path = os.path.join(self._runtime, "s", name)
        handover.patience = time.monotonic() + LOOK_SECONDS
        handover.forebears = image.line()
        coming = (key for key, each in session.expected.items() if not each.unwanted)
        images = [*session.images, *coming]
        image.link.say(kinship.Thaw(session.config, handover.socket_path, images))

    # -- under way ---------------------------------------------------------------------------------

    def hear(self, worker: Worker, session: Session, msg: Any) -> None:
        """A message of a worker about images or its own replacement."""
        handover = session.handover
        if isinstance(msg, kinship.Retired) and handover is not None and handover.old is worker:
            self._retired(session, handover, msg)
        elif isinstance(msg, kinship.Left) and handover is not None and handover.old is worker:
            self._left(session, handover, msg)
        elif isinstance(msg, kinship.Expect):
            deadline = time.monotonic() + HANDOVER_SECONDS
            session.expected[msg.checkpoint_id] = Expected(deadline)
        elif isinstance(msg, kinship.Guard):
            session.guard = msg.checkpoint_id
        elif isinstance(msg, kinship.GoBack):
            self.go_back(worker, session, msg.checkpoint_id)
        elif isinstance(msg, kinship.ForgetImage):
            self._forget_image(session, msg.checkpoint_id)
        elif isinstance(msg, kinship.ForkFailed):
            self._expect_no_more(session, msg.checkpoint_id)
        elif isinstance(msg, kinship.Rest):
            self._archivists.suggest(session, msg.checkpoint_id, wanted=False)
        elif isinstance(msg, kinship.Loading):
            self._is_loading(worker, session, msg)

    def _is_loading(self, worker: Worker, session: Session, msg: kinship.Loading) -> None:
        """A worker gets on: one that waits for its turn, or the first of a session."""
        now, handover = time.monotonic(), session.handover
        if handover is not None and handover.loader is worker:
            handover.deadline = now + LOAD_SECONDS
        if now - worker.told >= TELL_SECONDS:
            worker.told = now
            tell = self._archivists.tell_progress
            tell(session, msg.checkpoint_id, "loading", msg.done, msg.total)

    def loaded(self, session: Session, handover: Handover, msg: kinship.NodeReady) -> None:
        """The worker that was to load an archive has done so, or could not."""
        worker, handover.loader = handover.loader, None
        if worker is None or msg.error is not None:
            if worker is not None:
                worker.kill_at = time.monotonic()
            self._give_up(session, handover, msg.error or "the worker has gone", "archive")
            return
        handover.deadline = time.monotonic() + HANDOVER_SECONDS
        handover.new = worker
        self._proceed(session, handover)

    def join(self, link: Connection, msg: kinship.Join) -> None:
        """A process forked by a worker or an image reports."""
        session = self._sessions.get(msg.session_id)
        if session is None or session.is_ending:
            link.say(protocol.End(0))
            link.close()
            return
        if msg.role == "archiver":
            self._archivists.join(link, msg, session)
            if msg.checkpoint_id in session.expected:
                self._expect_no_more(session, msg.checkpoint_id)
            return
        worker = Worker(msg.pid, link, msg.checkpoint_id, msg.role == "image", msg.kind)
        worker.session = session
        worker.held = bool(msg.label)
        worker.socket_path = msg.socket
        self._workers.append(worker)
        if worker.is_image:
            expected = session.expected.get(msg.checkpoint_id)
            if expected is not None and expected.unwanted:
                link.say(protocol.End(0))
                worker.kill_at = time.monotonic()
                self._expect_no_more(session, msg.checkpoint_id)
                return
            session.images[msg.checkpoint_id] = worker
            worker.forebears = session.worker.line() if session.worker is not None else []
            self._expect_no_more(session, msg.checkpoint_id)
            if worker.kind != "guard":
                self.budget.changed(session)
            if worker.kind == "manual":
                self._archivists.suggest(session, msg.checkpoint_id, wanted=True)
            return
        handover = session.handover
        if handover is None or msg.socket != handover.socket_path:
            link.say(protocol.End(0))  # it comes too late: given up already
            worker.kill_at = time.monotonic()
            return
        worker.forebears = handover.forebears
        handover.new = worker
        self._proceed(session, handover)

    def _proceed(self, session: Session, handover: Handover) -> None:
        """Have the new worker take over once it is there and the old one stands still."""
        if handover.new is None:
            return
        if handover.old is None:
            self._finish(session, handover, handover.new)
        elif handover.retired:
            handover.old.link.say(kinship.Leave())

    def _expect_no_more(self, session: Session, checkpoint_id: str) -> None:
        expected = session.expected.pop(checkpoint_id, None)
        if session.worker is not None:
            joined = (
                checkpoint_id in session.images
                or self._archivists.job_of(session, checkpoint_id) is not None
            )
            session.worker.link.say(kinship.ImageJoined(checkpoint_id, joined))
            if not joined:
                self._forget(session, checkpoint_id, "it did not come to be")
                self._keep_the_present(session, checkpoint_id)
        for waiting in expected.waiting if expected is not None else []:
            waiting()

    def _keep_the_present(self, session: Session, checkpoint_id: str) -> None:
        """Nothing is restored if what was to hold the present has failed, however early."""
        handover = session.handover
        if handover is not None and handover.keep == checkpoint_id and handover.old is not None:
            self._give_up(session, handover, "the present could not be kept", "busy")

    def _forget_image(self, session: Session, checkpoint_id: str) -> None:
        """End an image, also one that is only about to join: a short run is over before."""
        if checkpoint_id in session.expected:
            session.expected[checkpoint_id].unwanted = True
        self.drop_image(session, checkpoint_id, "nothing needs it any more")

    def _retired(self, session: Session, handover: Handover, msg: kinship.Retired) -> None:
        if handover.keep in session.expected and session.handover is handover:
            # the present is not given up before it is kept
            again = partial(self._kept, session, handover, msg)
            session.expected[handover.keep].waiting.append(again)
            return
        job = self._archivists.job_of(session, handover.keep)
        if job is not None and handover.keep not in session.images:
            # no image can hold it: it is kept when it is on disk
            handover.deadline = time.monotonic() + ARCHIVE_SECONDS
            job.waiting.append(partial(self._kept, session, handover, msg))
            return
        if handover.old is None or session.handover is not handover:
            return  # it died meanwhile, and what replaces it is on its way
        if msg.error is not None:
            handover.old = None  # it goes on already
            self._give_up(session, handover, msg.error, "busy")
            return
        handover.retired = True
        handover.deadline = time.monotonic() + HANDOVER_SECONDS
        if handover.socket_path:
            self._proceed(session, handover)
        else:
            self._bring(session, handover)

    def _kept(self, session: Session, handover: Handover, msg: kinship.Retired) -> None:
        """Go on if the present is kept; nothing is restored that could not be undone."""
        keep = handover.keep
        is_kept = keep in session.images or self._archivists.job_of(session, keep) is not None
        if not is_kept and not estate.has_archive(session.config, keep or ""):
            if session.handover is handover and handover.old is not None:
                self._give_up(session, handover, "the present could not be kept", "busy")
            return
        self._retired(session, handover, msg)

    def _left(self, session: Session, handover: Handover, msg: kinship.Left) -> None:
        old, new = handover.old, handover.new
        if old is None or new is None:
            return
        if session.restarting or session.is_ending:
            old.kill_at = time.monotonic()
            handover.old = None
            self.abandon(session)
            return
        if msg.frozen is None:
            old.kill_at = time.monotonic() + 1.0
        else:
            self._went_to_sleep(session, old, msg.frozen)
        session.worker = None
        self._finish(session, handover, new)

    def _went_to_sleep(self, session: Session, old: Worker, checkpoint_id: str) -> None:
        """A replaced worker is the image of its last moment now."""
        unlink(old.socket_path)
        old.socket_path, old.ready = "", False
        old.checkpoint_id, old.is_image, old.kind = checkpoint_id, True, "replaced"
        session.former.add(old.pid)
        session.images[checkpoint_id] = old
        self._expect_no_more(session, checkpoint_id)
        self.budget.changed(session)

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
        session.tell_news()
