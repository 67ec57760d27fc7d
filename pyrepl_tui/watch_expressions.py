"""Expressions that are evaluated after each run, in a twin of the worker that is thrown away."""

from __future__ import annotations

from dataclasses import replace

from .engine.errors import PyreplError
from .engine.variable_table import Watch
from .models import SessionModel
from .session_like import SessionLike


class WatchExpressions:
    """Keeps the values of a tab's watches up to date, between runs."""

    def __init__(self, model: SessionModel) -> None:
        self._model = model
        self._under_way = False
        self._at = -1
        """Execution count after which they were evaluated last."""

    @property
    def due(self) -> bool:
        """True if they should be evaluated now: a twin cannot be forked while code runs."""
        model = self._model
        watches = model.table.watches
        outdated = self._at != model.execution_count or any(not each.text for each in watches)
        there = model.alive and not model.busy and model.began
        return bool(watches) and outdated and there and not self._under_way

    async def update(self, session: SessionLike) -> None:
        """Evaluate them all."""
        self._under_way, self._at = True, self._model.execution_count
        table = self._model.table
        looker = session.looker()
        try:
            for watch in list(table.watches):
                try:
                    text, failed = await looker.evaluate(watch.expression), False
                except (LookupError, PyreplError) as error:
                    text, failed = str(error) or type(error).__name__, True
                fresh = replace(watch, text=text, failed=failed)
                # some may have come or gone meanwhile
                table.watched(fresh if w.expression == watch.expression else w
                              for w in table.watches)  # fmt: skip
        finally:
            self._under_way = False
            await looker.close()

    def add(self, expression: str) -> None:
        """Watch one more."""
        table = self._model.table
        if all(watch.expression != expression for watch in table.watches):
            table.watched([*table.watches, Watch(expression, "")])

    def drop(self, expression: str) -> None:
        """Watch one less."""
        table = self._model.table
        table.watched(watch for watch in table.watches if watch.expression != expression)
