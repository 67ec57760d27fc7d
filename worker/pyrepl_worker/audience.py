"""The clients of a node, and the one voice that speaks to them and to the journal."""

from __future__ import annotations

from _thread import LockType, RLock, allocate_lock
from collections import deque
from typing import TYPE_CHECKING, Any

from .framing import encode
from .protocol import StateChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from .connections import Connection
    from .serving import Service
    from .transcript import Transcript

_state_frames: dict[str, bytes] = {}
"""How each state is told: there are few, and they change twice in a run."""


class Audience:
    """Everybody who hears a session's events, in the order the journal has them."""

    def __init__(self, transcript: Transcript, service: Service, state: Callable[[], str]) -> None:
        self._transcript = transcript
        self._service = service
        """Looks at what was posted, and at who reads slowly, when woken."""
        self._read_state = state
        self._state = "idle"
        self._posted: deque[tuple[object, LockType | None]] = deque()
        self.lock = RLock()
        """Held while anything is said: journal and clients get everything in one order."""
        self.clients: list[Connection] = []
        self._holding = False

    def post(self, event: object) -> None:
        """Have who serves announce an event. Safe in code that an interrupt may break."""
        self._posted.append((event, None))
        self._service.wake()

    def post_and_wait(self, event: object) -> None:
        """Post an event that must be said before anything that is printed after it."""
        said = allocate_lock()
        said.acquire()
        self._posted.append((event, said))
        self._service.wake()
        if not self._service.is_here:  # a finalizer there would wait for itself
            said.acquire()

    def announce(self, event: object) -> None:
        """Journal an event and send it to all clients, after those that were posted before."""
        with self.lock:
            self.announce_posted()
            self._announce_one(event)
        if not self._service.is_here and self.has_backlog:
            self._service.wake()

    @property
    def has_posted(self) -> bool:
        """Whether something was posted and not announced yet."""
        return bool(self._posted)

    def announce_posted(self) -> None:
        """Announce what was posted; for the thread that serves."""
        if self._posted:
            with self.lock:
                while self._posted:
                    event, said = self._posted.popleft()
                    self._announce_one(event)
                    if said is not None:
                        said.release()

    def tell(self, event: object) -> None:
        """Send an event that is not journaled."""
        frame = encode(event)
        with self.lock:
            self._send(frame)

    def say(self, client: Connection, msg: object) -> None:
        """Send a message to one client."""
        with self.lock:
            client.say(msg)

    def hold(self) -> None:
        """Keep what is said back until `release`, so that it leaves in one piece."""
        with self.lock:
            self._holding = True
            for client in self.clients:
                client.holding = True

    def release(self) -> bool:
        """Send what was held back. Returns whether somebody has not taken all of it."""
        if not self._holding:
            return False
        with self.lock:
            self._send(self._news_of_state())
            self._holding = False
            for client in self.clients:
                client.holding = False
                client.flush()
        return self.has_backlog

    @property
    def is_holding(self) -> bool:
        """Whether what is said is kept back for now."""
        return self._holding

    @property
    def has_backlog(self) -> bool:
        """Whether frames wait for a client that does not read."""
        for client in self.clients:  # noqa: SIM110 - asked often, and any() is slow
            if client.has_backlog:
                return True
        return False

    def drop_broken(self) -> bool:
        """End the connections that are over. Returns whether there were any."""
        gone = [client for client in self.clients if client.broken]
        if gone:
            with self.lock:
                for client in gone:
                    client.flush()
                    client.close()
                    self.clients.remove(client)
        return bool(gone)

    def forget(self) -> None:
        """In a forked process: let go of connections that are the parent's."""
        self.lock = RLock()
        self._holding = False
        self._posted = deque()
        for client in self.clients:
            client.close()
        self.clients = []

    def _announce_one(self, event: object) -> None:
        frame = self._transcript.record(event)
        if not self._holding:
            frame += self._news_of_state()  # in one piece: whoever hears the one knows the other
        self._send(frame)

    def _news_of_state(self) -> bytes:
        """The frame that tells the session's state, if it has changed since that was told."""
        state = self._read_state()
        if state == self._state:
            return b""
        self._state = state
        if state not in _state_frames:
            _state_frames[state] = encode(StateChanged(state))
        return _state_frames[state]

    def _send(self, frame: bytes) -> None:
        for client in self.clients:
            if client.welcomed:
                client.send(frame)


def fields(event: Any) -> dict[str, Any]:
    """A message's fields by name."""
    return {name: getattr(event, name) for name in event.__match_args__}
