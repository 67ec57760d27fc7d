"""Looking into a session: its variables, their values, how they differ from another's."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pyrepl_worker import protocol

from . import archives
from .archived import ArchivedLooker
from .attachment import Attachment
from .comparison import Limits, compare
from .connection import Held
from .errors import CheckpointError, ProtocolError
from .glimpses import ImageSource, Looker, PresentSource, inspection, plain, sketch_of
from .namespace_view import NamespaceView, deeds_of
from .reader import ArchiveReader, ImageReader, Reader
from .values import (
    Checkpoint,
    Comparison,
    Deed,
    DeepSize,
    Inspection,
    NamespaceChanges,
    RestoreReport,
    Sketch,
    Variable,
)

_MEASURE_MS = 500.0
_PACK_SECONDS = 60.0


class Observer:
    """The part of `Session` that looks at values without running user code."""

    _attachment: Attachment
    _view: NamespaceView
    _record: dict[str, Any]
    branch: Any
    """`TimeMachine.branch`."""

    async def namespace(self, *, query: str = "", private: bool = False) -> list[Variable]:
        """List the variables whose name or type contains `query`, without running user code.

        Works while code runs. Only what has changed since the last call crosses between the
        processes; a change inside a large container that keeps its length may not be noticed. In
        arrays and frames it is, while no code runs; in those beyond some hundred MB a few calls
        later.

        Args:
            query: regardless of case; "" lists all.
            private: names that begin with an underscore too.
        """
        if not isinstance(query, str):
            raise TypeError(f"query is a str, not {type(query).__name__}")
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
            deeds: tuple[Deed, ...] = ()
            while True:
                view.start_page()
                reply = await self._attachment.ask(
                    protocol.ListChanges, view.epoch, view.version, look, on_page=view.take_page
                )
                whole = whole or bool(reply.data["whole"])
                if look:
                    deeds = deeds_of(reply.data["deeds"])
                view.apply(reply.data, changes)
                if not reply.data["more"]:
                    break
                look = False
        return NamespaceChanges(changes.new, changes.changed, changes.deleted, whole, deeds)

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
        steps = plain(path)
        request = protocol.Inspect, steps, offset, limit
        return inspection(tuple(steps), await self._look(request, "inspect", *request[1:]))

    async def statistics(self, path: Sequence[Any] | str) -> dict[str, str]:
        """Count, nulls, minimum, maximum and mean of an array or column, as text.

        Raises:
            LookupError: if nothing is there, or it has no such figures.
        """
        steps = plain(path)
        return dict((await self._look((protocol.Statistics, steps), "statistics", steps))["facts"])

    async def sketch(self, path: Sequence[Any] | str, buckets: int = 100) -> Sketch:
        """What a plot of an array, column or list of numbers needs.

        Args:
            path: where it is.
            buckets: how many places across there are.

        Raises:
            LookupError: if nothing is there, or no numbers.
        """
        steps = plain(path)
        request = protocol.Sketch, steps, buckets
        return sketch_of(await self._look(request, "sketch", steps, buckets))

    async def _look(self, request: tuple[Any, ...], what: str, *arguments: Any) -> dict[str, Any]:
        """Ask the worker; until a run that commits at its end has ended, the image from before it.

        Args:
            request: the message and what is in it.
            what: the same question to a reader.
            arguments: those of that question.

        Raises:
            LookupError: if nothing is there.
            CheckpointError: if such a run goes on, and there is no image.
        """
        try:
            for is_last in (False, True):
                try:
                    reply = await self._attachment.ask(*request)
                    return dict(reply.data)
                except Held as held:
                    at = held.checkpoint_id
                try:
                    async with ImageReader(
                        self._attachment, "reader", self._record["id"], at
                    ) as reader:
                        return await reader.ask(what, *arguments)
                except CheckpointError:
                    if is_last:
                        raise
        except ProtocolError as error:
            raise LookupError(str(error)) from None
        raise AssertionError("it has answered or failed")

    def looker(self, checkpoint: Checkpoint | None = None) -> Looker:
        """Looks into values: of the present, or of a checkpoint as it was, without restoring it.

        Of a checkpoint that is only on disk, plain data and sources can be seen.

        Close it when nothing more is to be looked at.
        """
        if checkpoint is None:
            return Looker(self._record["name"], PresentSource(self._attachment), self)
        title = checkpoint.label or f"checkpoint after run {checkpoint.execution_count}"
        if not checkpoint.has_image:
            place = archives.ArchivePlace(archives.folder_of(self._record), checkpoint.id)
            return ArchivedLooker(title, place, Path(self._record["state_dir"]))
        source = ImageSource(self._attachment, self._record["id"], checkpoint.id)
        return Looker(title, source)

    async def deep_sizes(
        self, names: Sequence[str] = (), *, budget_ms: float = _MEASURE_MS
    ) -> dict[str, DeepSize]:
        """Measure how much variables hold with all they refer to.

        Args:
            names: which; () measures all.
            budget_ms: how much of the worker's time it may take, in slices between other things.
        """
        request = protocol.Measure, list(names), float(budget_ms)
        data = await self._look(request, "measure", list(names), budget_ms / 1000)
        return {name: DeepSize(*row) for name, row in data["sizes"].items()}

    def at(self, checkpoint: Checkpoint) -> Moment:
        """A checkpoint as a side of a comparison: looked at in its image, not restored.

        One that is only on disk is loaded by a process that is thrown away, a twin of the present
        with all variables taken out: that runs what unpickling runs, as a restore does.
        """
        if not checkpoint.has_image and checkpoint.has_archive:
            place = archives.ArchivePlace(archives.folder_of(self._record), checkpoint.id)
            return Moment(ArchiveReader(self._attachment, "reader", place))
        return Moment(ImageReader(self._attachment, "reader", self._record["id"], checkpoint.id))

    async def compare(
        self,
        other: Observer | Moment | Checkpoint,
        *,
        names: Sequence[str] | None = None,
        tolerance: float = 0.0,
        places: int = 100,
    ) -> Comparison:
        """Compare the variables with another session's, without running user code.

        Both sides are looked at as they are after what runs and waits now, in a twin of each
        worker: neither session waits for the comparison. What counts as equal is said in
        `pyrepl_worker.digests`.

        Args:
            other: the session on the right, a checkpoint of this one, or of another one (`at`).
            names: which variables; None: all that do not begin with an underscore.
            tolerance: elements of arrays that are no further apart count as equal.
            places: how many places are listed of each variable.

        Raises:
            CheckpointError: if the checkpoint has neither image nor archive.
            WorkerDied: if a worker is dead, or dies meanwhile.
        """
        right = self.at(other) if isinstance(other, Checkpoint) else other
        moment = Moment(self._reader())
        return await moment.compare(right, names=names, tolerance=tolerance, places=places)

    async def take(self, names: Sequence[str], source: Observer | Moment) -> RestoreReport:
        """Bring variables from another session, or from a checkpoint (`at`), into this one.

        They are copies. Taken together, what they share they go on sharing. Ours of the same names
        are replaced, as by a run: a checkpoint taken before is how to get them back.

        Args:
            names: which.
            source: where from.

        Returns:
            A verdict for each name; see `restore`.

        Raises:
            LookupError: if one of them is not there.
            WorkerDied: if a worker is dead, or what is packed takes longer than a minute.
        """
        folder = Path(self._record["directory"], "parcels", secrets.token_hex(6))
        await asyncio.to_thread(folder.mkdir, parents=True, mode=0o700)
        try:
            async with source._reader() as reader:
                try:
                    await reader.ask("pack", list(names), str(folder), _PACK_SECONDS)
                except ProtocolError as error:
                    raise LookupError(str(error)) from None
            reply = await self._attachment.ask(protocol.TakeVariables, str(folder))
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        return RestoreReport("archive", reply.data["verdicts"], reply.data["reasons"], {})

    async def peek(self, expression: str, *, timeout_ms: int = 2000) -> str:
        """The repr of an expression, evaluated in a disposable twin: the session does not notice.

        For a custom repr, a property, a watch expression. It waits for what runs now; what the
        code does to files or to other processes is done, of course.

        Raises:
            LookupError: if the expression fails; the text says how.
            WorkerDied: if it takes longer, or kills the twin.
        """
        async with self._reader() as reader:
            answer = await reader.ask_within(timeout_ms / 1000, "evaluate", expression)
        if answer["error"] is not None:
            raise LookupError(answer["error"])
        return str(answer["text"])

    def _reader(self) -> Reader:
        return Reader(self._attachment, "reader")


class Moment:
    """Values that stand still: one side of a comparison."""

    def __init__(self, reader: Reader) -> None:
        self._looking = reader

    def _reader(self) -> Reader:
        return self._looking

    async def compare(
        self,
        other: Observer | Moment,
        *,
        names: Sequence[str] | None = None,
        tolerance: float = 0.0,
        places: int = 100,
    ) -> Comparison:
        """Compare with a session or with another checkpoint; see `Session.compare`."""
        if not isinstance(other, (Observer, Moment)):
            raise TypeError(f"a Session or a Checkpoint, not {type(other).__name__}")
        if isinstance(names, str):
            raise TypeError("names is a sequence of names, not one string")
        async with self._reader() as left, other._reader() as right:
            return await compare(left, right, names, Limits(places, tolerance))
