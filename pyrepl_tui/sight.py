"""What a tab looks up of its session while somebody looks: variables, past, output, memory."""

from __future__ import annotations

from .memory_watch import MemoryWatch
from .models import SessionModel
from .past_watch import PastWatch
from .session_change import STATE, Change
from .session_like import SessionLike
from .ties import Outlet, Tie
from .variable_listing import VariableListing
from .watch_expressions import WatchExpressions


class Sight(Tie):
    """The part of a link that looks, and brings what it sees into the model."""

    def __init__(self, model: SessionModel, outlet: Outlet) -> None:
        super().__init__(model, outlet)
        self._sizes = (0, 0)
        """Of the output, when it was looked at last."""
        self.watches = WatchExpressions(model)
        self._listing = VariableListing(model)
        self._past = PastWatch(model)
        self._memory = MemoryWatch(model)

    def look_again(self) -> None:
        """Ask anew for what may have changed without a run."""
        self.model.execution_count = self._session.execution_count if self._session else 0
        self._listing.outdated = True
        self._heed(Change.PAST)
        self._outlet.changed(self.model, STATE | Change.PAST)

    def _heed(self, change: Change) -> None:
        """Note what is to be looked up anew."""
        if Change.VARIABLES in change and self.model.alive:
            self._listing.outdated = True
        if Change.PAST in change and self._session is not None:
            self._past.outdated = True
            past, timeline = self.model.past, self._session.timeline
            past.pending = timeline.transaction is not None
            if past.loading != timeline.loading:
                past.loading = timeline.loading
                self._outlet.changed(self.model, Change.STATUS)

    def _list_variables(self, session: SessionLike) -> None:
        async def update() -> None:
            if await self._listing.update(session):
                self._outlet.changed(self.model, Change.VARIABLES)

        self._do("list the variables", update)

    def _evaluate_watches(self, session: SessionLike) -> None:
        async def update() -> None:
            await self.watches.update(session)
            self._outlet.changed(self.model, Change.VARIABLES)

        self._do("evaluate what is watched", update)

    def _look_up_past(self, session: SessionLike) -> None:
        async def update() -> None:
            await self._past.update(session)
            self._outlet.changed(self.model, Change.PAST | Change.STATUS)

        self._do("look up the checkpoints", update)

    # -- output ------------------------------------------------------------------------------

    def _take_output_as_seen(self, session: SessionLike) -> None:
        """What is there already is no news."""
        self._sizes = session.transcript.sizes()

    def open_document(self) -> None:
        """Make the document the output pane shows, when the tab is looked at first."""
        if self.model.document is None and self._session is not None:
            from .rendering.live import open_document

            document = open_document(self._session.transcript)
            document.begin_at, self.model.document = self.model.begin_at, document

    def look(self, *, shown: bool, timeline_shown: bool = False) -> None:
        """Look for new output: into the document if the tab is shown, else for the mark."""
        model = self.model
        if self._session is None:
            return
        if shown:
            if self._past.is_due(timeline_shown=timeline_shown):
                self._look_up_past(self._session)
            if self._listing.due:
                self._list_variables(self._session)
            if self.watches.due:
                self._evaluate_watches(self._session)
            self.look_at_output()
        elif not model.unread and self._session.transcript.sizes() != self._sizes:
            model.unread = True
            self._outlet.changed(model, Change.TAB)

    def look_at_output(self) -> None:
        """Take new output into the document."""
        model = self.model
        if self._session is None:
            return
        if model.document is None:
            self.open_document()
            self._outlet.changed(model, Change.OUTPUT)
        elif model.document.grow():
            self._outlet.changed(model, Change.OUTPUT)
        self._sizes = self._session.transcript.sizes()

    def measure(self) -> None:
        """Find out what the worker takes of the machine, and its images."""
        session = self._session
        if session is not None and self._memory.look(session):
            self._outlet.changed(self.model, Change.STATUS)

        async def update() -> None:
            if session is not None and await self._memory.update(session):
                self._outlet.changed(self.model, Change.STATUS | Change.PAST)

        if session is not None and self._memory.due:
            self._do("measure the worker", update)
