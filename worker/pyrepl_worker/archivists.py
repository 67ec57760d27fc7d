"""A nursery's archivers: processes that images fork to bring checkpoints to the disk.

One works at a time, those first that somebody waits for. What nobody waits for gives way: to what
somebody does wait for, and to a younger checkpoint of the same session.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import estate, kinship, protocol
from .brood import Session, Worker, kill, kill_group
from .records import changeable, fresh

if TYPE_CHECKING:
    from .connections import Connection

JOIN_SECONDS = 10.0
"""How long an archiver may take from the request to its first word."""
TELL_SECONDS = 0.1
"""Clients hear of progress no more often."""
PAUSE_SECONDS = 0.3
"""How long what nobody waits for is put off: it may be asked for, deleted or outdated by then."""


@changeable(eq=False)
class Job:
    """A checkpoint on its way to the disk."""

    session: Session
    checkpoint_id: str
    wanted: bool
    """Whether somebody named the checkpoint, or asks for it: others give way to it."""
    not_before: float
    """time.monotonic() before which it is put off, unless somebody asks."""
    askers: list[tuple[Connection, int]] = fresh(default_factory=list)
    archiver: Worker | None = None
    deadline: float | None = None
    """time.monotonic() by which the archiver must have joined; None: not asked for yet."""
    gentle: bool = False
    """Whether its archiver runs only when nothing else does."""
    started: float = 0.0
    told: float = 0.0
    waiting: list[Callable[[], None]] = fresh(default_factory=list)
    """What is done once it is over."""


class Archivists:
    """The archives that are being written, and those that are to be."""

    def __init__(self, sessions: dict[str, Session], workers: list[Worker]) -> None:
        self._sessions = sessions
        self._workers = workers
        self.jobs: list[Job] = []

    # -- beginning ---------------------------------------------------------------------------------

    def ask(self, session: Session, checkpoint_id: str, asker: tuple[Connection, int]) -> None:
        """Somebody waits for a checkpoint's archive."""
        if checkpoint_id in session.expected:
            waiting = session.expected[checkpoint_id].waiting
            waiting.append(lambda: self.ask(session, checkpoint_id, asker))
            return
        job = self.job_of(session, checkpoint_id)
        if job is None and estate.has_archive(session.config, checkpoint_id):
            asker[0].say(protocol.Done(asker[1], {}))
            return
        if job is None and checkpoint_id not in session.images:
            text = f"there is no image of checkpoint {checkpoint_id[:40]!r} to save"
            asker[0].say(protocol.Failed(asker[1], "unknown_checkpoint", text))
            return
        for other in [other for other in self.jobs if other.archiver and not other.askers]:
            self._give_way(other)
        job = self.job_of(session, checkpoint_id) or self._add(session, checkpoint_id, wanted=True)
        job.wanted = True
        job.askers.append(asker)
        self.step()

    def suggest(self, session: Session, checkpoint_id: str, *, wanted: bool) -> None:
        """Save a checkpoint when there is time, if its session outlives its clients.

        Args:
            session: whose checkpoint it is.
            checkpoint_id: of an image.
            wanted: False: it takes the place of older ones that still wait.
        """
        if checkpoint_id in session.expected:
            waiting = session.expected[checkpoint_id].waiting
            waiting.append(lambda: self.suggest(session, checkpoint_id, wanted=wanted))
            return
        if not session.config["persist"] or checkpoint_id not in session.images:
            return
        known = self.job_of(session, checkpoint_id)
        if known is not None or estate.has_archive(session.config, checkpoint_id):
            return
        self.jobs = [
            job
            for job in self.jobs
            if wanted or job.session is not session or job.wanted or job.deadline is not None
        ]
        self._add(session, checkpoint_id, wanted=wanted)

    def _add(self, session: Session, checkpoint_id: str, *, wanted: bool) -> Job:
        job = Job(session, checkpoint_id, wanted, time.monotonic() + PAUSE_SECONDS)
        self.jobs.append(job)
        return job

    def job_of(self, session: Session, checkpoint_id: str | None) -> Job | None:
        """The job that saves a checkpoint, if there is one."""
        for job in self.jobs:
            if job.session is session and job.checkpoint_id == checkpoint_id:
                return job
        return None

    def step(self) -> None:
        """Start the next job if none is under way; give up an archiver that never came."""
        now = time.monotonic()
        for job in [j for j in self.jobs if j.deadline is not None and j.archiver is None]:
            if job.deadline is not None and now >= job.deadline:
                self._fail(job, "the image did not come to life in time")
        if any(job.deadline is not None for job in self.jobs):
            return
        waiting = [job for job in self.jobs if job.askers or now >= job.not_before]
        waiting.sort(key=lambda job: (not job.askers, not job.wanted))
        if waiting:
            self._start(waiting[0])

    def _start(self, job: Job) -> None:
        image = job.session.images.get(job.checkpoint_id)
        if image is None:
            self._fail(job, "its image is gone")
            return
        job.started = time.monotonic()
        job.deadline = job.started + JOIN_SECONDS
        # a busy machine lets the gentle ones wait, and until the first is there a kill costs all
        job.gentle = not job.askers and estate.has_any_archive(job.session.config)
        image.link.say(kinship.Save(estate.archives_of(job.session.config), job.gentle))

    # -- under way ---------------------------------------------------------------------------------

    def join(self, link: Connection, msg: kinship.Join, session: Session) -> None:
        """An archiver reports: forked by an image, or by a worker that no image can hold."""
        job = self.job_of(session, msg.checkpoint_id)
        if job is None:
            job = self._add(session, msg.checkpoint_id, wanted=True)
            job.started = job.deadline = time.monotonic()
        if job.gentle and job.askers:  # asked for while it began: it would hardly get to run
            link.close()
            kill(msg.pid)
            self._start(job)
            return
        worker = Worker(msg.pid, link, msg.checkpoint_id, kind="archiver", session=session)
        self._workers.append(worker)
        job.archiver = worker

    def hear(self, worker: Worker, msg: Any) -> None:
        """A word of an archiver."""
        job = next((job for job in self.jobs if job.archiver is worker), None)
        if job is None:
            return
        if isinstance(msg, kinship.Saving):
            now = time.monotonic()
            if now - job.told >= TELL_SECONDS:
                job.told = now
                self.tell_progress(job.session, job.checkpoint_id, msg.what, msg.done, msg.total)
        elif isinstance(msg, kinship.Saved):
            if msg.error is not None:
                self._fail(job, msg.error)
            else:
                self._succeed(job, msg)

    @staticmethod
    def tell_progress(
        session: Session, checkpoint_id: str, what: str, done: int, total: int
    ) -> None:
        """Tell who watches a session how far an archive is, which is written or loaded."""
        event = protocol.ArchiveProgress(session.id, checkpoint_id, what, done, total)
        for client in session.watchers:
            client.say(event)

    def bury(self, worker: Worker, how: str) -> None:
        """An archiver is dead: had it not said its last word, it leaves at most what was whole."""
        kill_group(worker.pid)
        job = next((job for job in self.jobs if job.archiver is worker), None)
        if job is None:
            return
        if estate.has_archive(job.session.config, job.checkpoint_id):
            self._succeed(job, kinship.Saved(None, {}, 0, 0, []))
        else:
            self._fail(job, f"the archiver has ended before its time: {how}")

    def deadlines(self) -> list[float]:
        """When to look again."""
        if any(job.archiver is not None for job in self.jobs):
            return []
        started = [job.deadline for job in self.jobs if job.deadline is not None]
        return started or [job.not_before for job in self.jobs]

    # -- ends --------------------------------------------------------------------------------------

    def _succeed(self, job: Job, saved: kinship.Saved) -> None:
        job.session.publish(
            protocol.ArchiveSaved,
            checkpoint_id=job.checkpoint_id,
            verdicts=saved.verdicts,
            verified=bool(saved.verdicts),
            bytes_on_disk=saved.bytes_on_disk,
            bytes_written=saved.bytes_written,
            seconds=time.monotonic() - job.started,
            at=time.time(),
        )
        for dropped in saved.dropped:
            job.session.publish(protocol.ArchiveDropped, checkpoint_id=dropped, at=time.time())
        self._end(job, None)

    def _fail(self, job: Job, reason: str) -> None:
        job.session.publish(
            protocol.ArchiveFailed, checkpoint_id=job.checkpoint_id, reason=reason, at=time.time()
        )
        self._end(job, reason)

    def _end(self, job: Job, reason: str | None) -> None:
        self.jobs.remove(job)
        for client, seq in job.askers:
            if reason is None:
                client.say(protocol.Done(seq, {}))
            else:
                text = f"checkpoint {job.checkpoint_id} could not be archived: {reason}"
                client.say(protocol.Failed(seq, "archive", text))
        for act in job.waiting:
            act()
        self.step()

    def _stop(self, job: Job) -> None:
        """End an archiver that gives way; what it wrote of its own accord is used by the next."""
        self.jobs.remove(job)
        self.tell_progress(job.session, job.checkpoint_id, "stopped", 0, 1)
        if job.archiver is not None:
            kill_group(job.archiver.pid)
            kill(job.archiver.pid)

    def _give_way(self, job: Job) -> None:
        """Stop an archiver that nobody waits for: a busy machine hardly lets it run."""
        if job.checkpoint_id not in job.session.images:
            return  # it could not be begun again
        self._stop(job)
        if job.wanted:
            self._add(job.session, job.checkpoint_id, wanted=True).waiting = job.waiting

    def forget(self, session: Session, checkpoint_id: str | None = None) -> None:
        """Stop saving what is deleted; None: everything of a session that ends."""
        for job in [job for job in self.jobs if job.session is session]:
            if checkpoint_id is None or job.checkpoint_id == checkpoint_id:
                self._stop(job)
                for client, seq in job.askers:
                    text = "the checkpoint was deleted, or its session ended"
                    client.say(protocol.Failed(seq, "archive", text))
        self.step()
