"""Looking into a session: its variables, their values, how they differ from another's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyrepl_worker import protocol

from .attachment import Attachment
from .errors import ProtocolError
from .namespace_view import NamespaceView
from .values import DeepSize, Grid, Inspection, NamespaceChanges, Variable

_MEASURE_MS = 500.0


class Observer:
    """The part of `Session` that looks at values without running user code."""

    _attachment: Attachment
    _view: NamespaceView

    async def namespace(self, *, query: str = "", private: bool = False) -> list[Variable]:
        """List the variables whose name or type contains `query`, without running user code.

        Works while code runs. Only what has changed since the last call crosses between the
        processes; a change inside a large container that keeps its length may not be noticed.

        Args:
            query: regardless of case; "" lists all.
            private: names that begin with an underscore too.
        """
        await self.namespace_changes()
        return self._view.matching(query, private=private)

    async def namespace_changes(self) -> NamespaceChanges:
        """What is new since this or `namespace` was last called: for a pane that shows it all.

        Names that begin with an underscore are among it.
        """
        view = self._view
        changes = NamespaceChanges([], [], [], whole=False)
        async with view.lock:
            look, whole = True, False
            while True:
                reply = await self._attachment.ask(
                    protocol.ListChanges, view.epoch, view.version, look
                )
                whole = whole or bool(reply.data["whole"])
                view.apply(reply.data, changes)
                if not reply.data["more"]:
                    break
                look = False
        return NamespaceChanges(changes.new, changes.changed, changes.deleted, whole)

    async def inspect(
        self, path: Sequence[Any] | str, *, offset: int = 0, limit: int = 100
    ) -> Inspection:
        """Look at a value and a page of what it holds, without running user code.

        Works while code runs. The steps of a path after the variable's name: a string is a key,
        column or attribute, a number a key or position; `Inspection.steps` has those of the
        children. Frames and arrays come as a grid of text.

        Args:
            path: as ``("df", "columns", 0)``; a lone string is a variable's name.
            offset: the first child, row or character.
            limit: how many, at most 2,000.

        Raises:
            LookupError: if nothing is there.
        """
        steps = [path] if isinstance(path, str) else _plain(path)
        try:
            reply = await self._attachment.ask(protocol.Inspect, steps, offset, limit)
        except ProtocolError as error:
            raise LookupError(str(error)) from None
        return inspection(tuple(steps), reply.data)

    async def statistics(self, path: Sequence[Any] | str) -> dict[str, str]:
        """Count, nulls, minimum, maximum and mean of an array or column, as text.

        Raises:
            LookupError: if nothing is there, or it has no such figures.
        """
        steps = [path] if isinstance(path, str) else _plain(path)
        try:
            reply = await self._attachment.ask(protocol.Statistics, steps)
        except ProtocolError as error:
            raise LookupError(str(error)) from None
        return dict(reply.data["facts"])

    async def deep_sizes(
        self, names: Sequence[str] = (), *, budget_ms: float = _MEASURE_MS
    ) -> dict[str, DeepSize]:
        """Measure how much variables hold with all they refer to.

        Args:
            names: which; () measures all.
            budget_ms: how much of the worker's time it may take, in slices between other things.
        """
        reply = await self._attachment.ask(protocol.Measure, list(names), float(budget_ms))
        return {name: DeepSize(*row) for name, row in reply.data["sizes"].items()}


def inspection(path: tuple[Any, ...], data: dict[str, Any]) -> Inspection:
    """The value that the worker's answer describes."""
    children = data["children"]
    grid = data["grid"]
    return Inspection(
        path=path,
        variable=Variable(**data["variable"]),
        children=[Variable(**child["variable"]) for child in children],
        total=data["total"],
        steps=[child["step"] for child in children],
        expandable=[child["expandable"] for child in children],
        cycles=[child["cycle"] for child in children],
        expression=data["expression"],
        facts=[(heading, text) for heading, text in data["facts"]],
        text=data["text"],
        grid=None if grid is None else Grid(**grid),
    )


def _plain(path: Sequence[Any]) -> list[Any]:
    return [list(step) if isinstance(step, (tuple, list)) else step for step in path]
