"""The one place that turns engine events into Textual messages, one message per frame."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol

from textual.message import Message

from pyrepl_worker.records import record

from .attention import Attention
from .links import Link
from .models import ENDED, STARTING, SessionModel, Workspace
from .session_change import STATE, Change
from .session_like import SessionLike
from .session_options import USUAL, SessionOptions
from .ties import told

if TYPE_CHECKING:
    from .engine.interpreters import Interpreter
    from .engine.values import SessionInfo

FRAME = 1 / 30
"""Seconds between two looks at a session that runs, and between two messages."""
REST = 0.25
"""Seconds between two looks while nothing runs in the shown session."""
MEMORY_EVERY = 1.0
"""Seconds between two readings of what the shown worker takes of the machine."""


@record(frozen=True)
class Announcement:
    """Something the user should hear of; all of them are in the messages screen."""

    at: float
    level: str
    """``information``, ``warning`` or ``error``."""
    title: str
    text: str
    calls: bool = False
    """True: it calls the user to a tab that is not shown, as the settings say."""


class Engine(Protocol):
    """Where sessions come from."""

    def new(self, name: str, options: SessionOptions = USUAL) -> SessionLike:
        """A session of the app's own, not started yet."""

    def pythons(self) -> AsyncIterator[list[Interpreter]]:
        """The interpreters that can run sessions, as more and more becomes known of them."""

    async def attach(self, session_id: str) -> SessionLike:
        """A living session, started by anyone."""

    async def living(self) -> list[SessionInfo]:
        """All sessions that have not ended."""

    async def ended(self) -> list[tuple[str, str]]:
        """Id and description of sessions that have ended and can be taken up again."""

    async def recall(self, session_id: str) -> SessionLike:
        """A session that has ended, with the checkpoints it left on disk."""

    def changes(self) -> AsyncIterator[object]:
        """Yields whenever a session may have begun or ended."""


class SessionsChanged(Message):
    """Some tabs are no longer as shown: see `Bridge.take_changes`."""

    def can_replace(self, message: Message) -> bool:
        """One such message in the queue is enough: the changes are kept by the bridge."""
        return isinstance(message, SessionsChanged)


class TabsChanged(Message):
    """Tabs came or went without the user's doing."""

    def can_replace(self, message: Message) -> bool:
        """One is enough."""
        return isinstance(message, TabsChanged)


class Announced(Message):
    """Something was announced."""

    def __init__(self, announcement: Announcement) -> None:
        super().__init__()
        self.announcement = announcement


class Bridge:
    """Owns the ties between tabs and sessions."""

    def __init__(
        self, workspace: Workspace, engine: Engine, post: Callable[[Message], object]
    ) -> None:
        self._workspace = workspace
        self._engine = engine
        self._post = post
        self._links: dict[int, Link] = {}
        self._screen: tuple[int, int] | None = None
        """Columns and lines of the output pane; None before it was laid out."""
        self._left: set[str] = set()
        """Sessions whose tabs were closed while they go on."""
        self.unreachable: set[str] = set()
        """Sessions that live and could not be attached; trying again is up to the user."""
        self._attention = Attention(workspace)
        self._unreadable: set[int] = set()
        """Tabs whose output could not be read."""
        self._changes: dict[int, Change] = {}
        self._dirty = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.log: list[Announcement] = []
        self.beside: SessionModel | None = None
        """The tab whose output is shown beside the active one's."""
        self.timeline_shown: Callable[[], bool] = lambda: False
        """Whether somebody looks at the checkpoints of the shown tab."""

    # -- beginning and end -------------------------------------------------------------------

    async def start(self) -> None:
        """Show all living sessions, or a new one if there are none; then keep watching."""
        loop = asyncio.get_running_loop()
        self._tasks.append(loop.create_task(self._frames()))
        await self._try_to_look()
        if not len(self._workspace):
            self.open()
        self._post(TabsChanged())
        self._tasks.append(loop.create_task(self._watch()))
        self._tasks.append(loop.create_task(self._memory()))

    def open(self, name: str | None = None, options: SessionOptions = USUAL) -> SessionModel:
        """A tab with a new session; it can be typed into at once."""
        model = self._workspace.add(name or self._workspace.free_name())
        model.options = options
        if options.policy is not None:
            model.policy = options.policy
        self._new_link(model).open(self._engine.new(model.name, options))
        return model

    def restart(self, model: SessionModel) -> None:
        """A fresh worker; a session that could not start tries again as a new one."""
        if model.began:
            self._links[model.key].restart()
            return
        model.state, model.death = STARTING, ""
        self._new_link(model).open(self._engine.new(model.name, model.options))
        self.changed(model, STATE)

    async def attach(self, session_id: str) -> SessionModel | None:
        """A tab for a living session; None if it could not be reached."""
        self._left.discard(session_id)
        self.unreachable.discard(session_id)
        try:
            session = await self._engine.attach(session_id)
        except Exception as error:  # one bad session must not keep the others away
            self.unreachable.add(session_id)
            self.announce("error", "Could not attach a session", told(error))
            return None
        known = self._workspace.by_session(session_id)
        if known is not None:
            await session.detach()
            return known
        return await self._show(session, ours=False)

    async def recall(self, session_id: str) -> SessionModel | None:
        """A tab for a session that has ended; None if it could not be read."""
        try:
            session = await self._engine.recall(session_id)
        except Exception as error:  # whatever is wrong with what it left
            self.announce("error", "Could not take up a session", told(error))
            return None
        return await self._show(session, ours=True)

    async def _show(self, session: SessionLike, *, ours: bool) -> SessionModel:
        model = self._workspace.add(session.name, ours=ours)
        await self._new_link(model).take(session)
        return model

    async def ended(self) -> list[tuple[str, str]]:
        """Id and description of sessions that have ended and can be taken up again."""
        shown = {model.session_id for model in self._workspace}
        return [each for each in await self._engine.ended() if each[0] not in shown]

    async def _look_for_sessions(self) -> None:
        """Attach sessions that have no tab yet, oldest first."""
        living = sorted(await self._engine.living(), key=lambda info: info.created_at)
        for info in living:
            away = self._left | self.unreachable
            if info.id in away or self._workspace.by_session(info.id) is not None:
                continue
            if await self.attach(info.id) is not None:
                self._post(TabsChanged())
        self._workspace.living = {info.name for info in living}
        present = {info.id for info in living}
        self._left &= present
        self.unreachable &= present

    async def _try_to_look(self) -> None:
        try:
            await self._look_for_sessions()
        except Exception as error:  # the app works without, and says what is wrong
            self.announce("error", "Could not look for sessions", told(error))

    async def _watch(self) -> None:
        async for _ in self._engine.changes():
            before = len(self._workspace)
            await self._try_to_look()
            if len(self._workspace) != before:
                self._post(TabsChanged())

    def pythons(self) -> AsyncIterator[list[Interpreter]]:
        """The interpreters that can run sessions, as more and more becomes known of them."""
        return self._engine.pythons()

    async def elsewhere(self) -> list[tuple[str, str]]:
        """Id and name of living sessions without a tab."""
        living = await self._engine.living()
        return [(i.id, i.name) for i in living if self._workspace.by_session(i.id) is None]

    def close(self, model: SessionModel, *, end: bool) -> Coroutine[Any, Any, None]:
        """Close a tab at once; what is returned ends its session, or without `end` leaves it."""
        link = self._links.pop(model.key)
        if model.session_id is not None and not end:
            self._left.add(model.session_id)
        self._workspace.remove(model)
        return self._part_with(link, model, end=end)

    async def _part_with(self, link: Link, model: SessionModel, *, end: bool) -> None:
        try:
            await (link.end() if end else link.let_go())
        except Exception as error:  # the tab is closed, so nobody else would say it
            self.announce("error", f"Could not end {model.name}", told(error))

    async def stop(self, *, end: bool) -> None:
        """Before the app leaves: let go of all sessions, or end them."""
        for task in self._tasks:
            task.cancel()
        links = list(self._links.values())
        calls = [link.end() if end else link.let_go() for link in links]
        await asyncio.gather(*calls, return_exceptions=True)

    def _new_link(self, model: SessionModel) -> Link:
        link = self._links[model.key] = Link(model, self)
        if self._screen is not None:
            link.fit(*self._screen)
        return link

    # -- the user ----------------------------------------------------------------------------

    def fit(self, columns: int, lines: int) -> None:
        """The output pane has another size."""
        self._screen = columns, lines
        for link in self._links.values():
            link.fit(columns, lines)

    def link(self, model: SessionModel) -> Link:
        """The tie of a tab."""
        return self._links[model.key]

    def look_at(self, model: SessionModel) -> None:
        """A tab is shown now."""
        link = self._links[model.key]
        self._look(model)
        link.measure()

    # -- what links say ----------------------------------------------------------------------

    def changed(self, model: SessionModel, change: Change) -> None:
        """Something about a tab changed; the next frame says so."""
        self._changes[model.key] = self._changes.get(model.key, Change.NONE) | change
        shown = model is self._workspace.active
        for call in self._attention.heed(model, shown=shown):
            self.announce(*call, calls=True)
        if not shown:
            self._background(model, change)
        self._dirty.set()

    def _background(self, model: SessionModel, change: Change) -> None:
        """What a tab that is not shown has to say counts as unread; one ended unseen closes."""
        if Change.UNREAD in change:
            model.unread = True
        if model.state == ENDED and not model.ours and model.key in self._links:
            self._links.pop(model.key)
            self._workspace.remove(model)
            self._post(TabsChanged())

    def announce(self, level: str, title: str, text: str, *, calls: bool = False) -> None:
        """Tell the user, and keep it for the messages screen; `calls` as in `Announcement`."""
        announcement = Announcement(time.time(), level, title, text, calls)
        self.log.append(announcement)
        self._post(Announced(announcement))

    def take_changes(self) -> dict[SessionModel, Change]:
        """What changed since the last call."""
        changes, self._changes = self._changes, {}
        found = ((self._workspace.get(key), change) for key, change in changes.items())
        return {model: change for model, change in found if model is not None}

    # -- frames ------------------------------------------------------------------------------

    async def _frames(self) -> None:
        """Look for output and say what changed, quickly while something runs."""
        last_background = 0.0
        while True:
            active = self._workspace.active
            running = active is not None and active.busy
            await self._wait(FRAME if running else REST)
            self._dirty.clear()
            now = time.monotonic()
            background = now - last_background >= REST
            if background:
                last_background = now
            for model in list(self._workspace):
                if model in (self._workspace.active, self.beside) or background:
                    self._look(model)
            if self._changes:
                self._post(SessionsChanged())

    def _look(self, model: SessionModel) -> None:
        """Look for a tab's output; a record that cannot be read is told of once."""
        link = self._links.get(model.key)
        if link is None or model.key in self._unreadable:
            return
        try:
            active = model is self._workspace.active
            if model is self.beside and not active:
                link.look_at_output()
            else:
                link.look(shown=active, timeline_shown=active and self.timeline_shown())
        except Exception as error:  # the other tabs go on
            self._unreadable.add(model.key)
            self.announce("error", f"{model.name}: its output cannot be read", told(error))

    async def _wait(self, seconds: float) -> None:
        """Until a frame is due: at once after a change, yet not twice within a frame."""
        if seconds > FRAME:
            try:
                await asyncio.wait_for(self._dirty.wait(), seconds)
            except asyncio.TimeoutError:
                return
        await asyncio.sleep(FRAME)

    async def _memory(self) -> None:
        """Measure the shown worker now and then."""
        while True:
            active = self._workspace.active
            if active is not None and active.key in self._links:
                self._links[active.key].measure()
            await asyncio.sleep(MEMORY_EVERY)
