"""How much memory all images of a nursery may take, and which are given up when it is too much.

Reading what a process takes costs milliseconds for each, so nobody waits for it: it is looked at a
moment after an image has come, one process at a time with whatever else there is to do in between,
and not so often that it would cost more than a few per cent.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from . import estate
from .brood import Session, Worker, available_memory, pss_of

MOST_AUTOMATIC, MOST_NAMED = 30, 500
"""Images kept per session, guards not counted: of those that nobody asked for, and of those that
somebody asked for, by name or by a call: a program may want each of them back."""
MOST_FOREBEARS = 30
"""Images kept of those that a session's worker descends from: what one is forked from, thawed and
forked from again. Each that lives makes every fork and end of those after it take longer, and the
kernel more memory, which is counted nowhere: with 300 it is 0.5 s and 600 MB."""
SHARE = 0.25
"""Part of the memory that is free that all images together may take."""
PAUSE_SECONDS = 0.3
"""How long an image is there before its memory is looked at."""
COST_SHARE = 0.03
"""Part of the time that looking may take."""


class ImageBudget:
    """Ends the images that are least likely to be missed while there are too many.

    Those go first whose archive is there, those last that somebody labelled or pinned; never a
    session's newest.
    """

    def __init__(
        self,
        sessions: dict[str, Session],
        workers: list[Worker],
        drop: Callable[[Session, str, str], None],
    ) -> None:
        self._sessions = sessions
        self._workers = workers
        self._drop = drop
        self._look_at: float | None = None
        """time.monotonic() of the next look; None: nothing has changed."""
        self._earliest = 0.0
        """time.monotonic() before which a look would cost too much."""
        self._unmeasured: list[Worker] = []
        """Images that the look under way has not come to yet."""
        self._sizes: dict[int, int] = {}
        """What it has found, by pid."""
        self._spent = 0.0

    def changed(self, session: Session) -> None:
        """A session has one more image."""
        line = [] if session.worker is None else session.worker.line()
        self._bound(session, MOST_AUTOMATIC, lambda image: not _is_named(image))
        self._bound(session, MOST_NAMED, _is_named)
        self._bound(session, MOST_FOREBEARS, lambda image: image in line)
        if self._look_at is None:
            self._look_at = max(time.monotonic() + PAUSE_SECONDS, self._earliest)

    def _bound(self, session: Session, most: int, counts: Callable[[Worker], bool]) -> None:
        """Keep no more than so many images of those that count, and always the newest."""
        images = [image for image in _points(session) if counts(image)]
        excess = len(images) - most
        if excess > 0:
            least = sorted(images[:-1], key=lambda image: self._worth(session, image))
            for image in least[:excess]:
                self._give_up(session, image)

    def deadlines(self) -> list[float]:
        """When `look_if_due` wants to be called."""
        return [] if self._look_at is None else [self._look_at]

    def look_if_due(self) -> None:
        """Measure the images, if it is time to, and end those that there is no room for."""
        begin = time.monotonic()
        if self._look_at is None or begin < self._look_at:
            return
        if not self._unmeasured:
            self._unmeasured = [i for s in self._sessions.values() for i in s.images.values()]
            self._sizes, self._spent = {}, 0.0
        image = self._unmeasured.pop() if self._unmeasured else None
        if image is not None:
            self._sizes[image.pid] = pss_of(image.pid)
        now = time.monotonic()
        self._spent += now - begin
        if not self._unmeasured:
            self._look_at = None
            self._earliest = now + self._spent / COST_SHARE
            self._make_room()

    def _make_room(self) -> None:
        excess = sum(self._sizes.values()) - available_memory() * SHARE
        for session, image in self._candidates() if excess > 0 else []:
            if excess <= 0:
                break
            excess -= self._sizes.get(image.pid, 0)
            self._give_up(session, image)

    def _candidates(self) -> list[tuple[Session, Worker]]:
        found = [(s, image) for s in self._sessions.values() for image in _points(s)[:-1]]
        return sorted(found, key=lambda pair: (self._worth(*pair), self._workers.index(pair[1])))

    def _worth(self, session: Session, image: Worker) -> tuple[bool, bool, bool]:
        is_saved = estate.has_archive(session.config, image.checkpoint_id)
        return image.held, image.kind == "manual", not is_saved

    def _give_up(self, session: Session, image: Worker) -> None:
        self._drop(session, image.checkpoint_id, "there was no room for it")


def _is_named(image: Worker) -> bool:
    return image.held or image.kind == "manual"


def _points(session: Session) -> list[Worker]:
    """A session's images of checkpoints, oldest first."""
    return [image for image in session.images.values() if image.kind != "guard"]
