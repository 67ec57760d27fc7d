"""Looking into values: of the present, of a twin that is thrown away, of a frozen checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from .errors import ProtocolError
from .namespace_view import NamespaceView
from .reader import ImageReader, Reader
from .values import (
    DeepSize,
    Grid,
    Inspection,
    NamespaceChanges,
    Picture,
    Place,
    SessionState,
    Sketch,
    Variable,
)

if TYPE_CHECKING:
    from .attachment import Attachment

TELL_SECONDS = 3.0
"""How long user code may take that is asked for its word on a value."""
SAVE_SECONDS = 120.0
SEARCH_SECONDS = 5.0
MEASURE_SECONDS = 2.0
Path = Sequence[Any]


class ReaderSource(Protocol):
    """Where readers come from: a session's present, or a checkpoint's image."""

    def open(self) -> Reader: ...


class Glimpse:
    """Questions to one reader, in which the values stand still."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def _ask(self, what: str, *arguments: Any) -> dict[str, Any]:
        try:
            return await self._reader.ask(what, *arguments)
        except ProtocolError as error:
            raise LookupError(str(error)) from None

    async def _ask_within(self, seconds: float, what: str, *arguments: Any) -> dict[str, Any]:
        try:
            return await self._reader.ask_within(seconds, what, *arguments)
        except ProtocolError as error:
            raise LookupError(str(error)) from None

    async def namespace(self, execution_count: int) -> list[Variable]:
        """All variables, with names that begin with an underscore."""
        view, changes = NamespaceView(), NamespaceChanges([], [], [], whole=True)
        more = True
        while more:
            data = await self._ask("list", view.version, execution_count)
            whole = view.version == 0
            view.apply({**data, "whole": whole, "gone": [], "epoch": "here"}, changes)
            more = data["more"]
        return list(view.rows.values())

    async def inspect(self, path: Path, *, offset: int = 0, limit: int = 100) -> Inspection:
        """A page of a value; as `Session.inspect`."""
        steps = plain(path)
        return inspection(tuple(steps), await self._ask("inspect", steps, offset, limit))

    async def statistics(self, path: Path) -> dict[str, str]:
        """As `Session.statistics`."""
        return dict((await self._ask("statistics", plain(path)))["facts"])

    async def sketch(self, path: Path, buckets: int) -> Sketch:
        """As `Session.sketch`."""
        return sketch_of(await self._ask("sketch", plain(path), buckets))

    async def deep_sizes(self) -> dict[str, DeepSize]:
        """As `Session.deep_sizes`."""
        data = await self._ask("measure", [], MEASURE_SECONDS)
        return {name: DeepSize(*row) for name, row in data["sizes"].items()}

    async def arrange(
        self, path: Path, by: int | None, *, descending: bool, where: int | None, wanted: str
    ) -> int:
        """Choose and order the rows of an array or frame for `rows`. Returns how many there are.

        Args:
            path: where it is.
            by: the column to sort by; None: as they are.
            descending: largest first; missing ones are last either way.
            where: the column that `wanted` is about; None: all rows.
            wanted: a text in its cells, or a comparison as ``>= 3``.
        """
        data = await self._ask("arrange", plain(path), by, descending, where, wanted)
        return int(data["total"])

    async def rows(self, path: Path, *, offset: int, limit: int) -> Grid | None:
        """A page of the rows that were chosen; None if there are none."""
        grid = (await self._ask("rows", plain(path), offset, limit))["grid"]
        return None if grid is None else Grid(**grid)

    async def referrers(self, path: Path) -> list[Place]:
        """Places from which the same object is reached, its own first."""
        data = await self._ask("referrers", plain(path), SEARCH_SECONDS)
        return [
            Place(tuple(steps), expression or _loose(steps), "reference", holder, "")
            for steps, expression, holder in data["places"]
        ]

    async def tell(self, path: Path, what: str) -> str:
        """The value's own word, by user code: its ``repr``, ``str``, ``len``; or a property.

        Raises:
            LookupError: if it raises; the text says what.
            WorkerDied: if it takes too long.
        """
        return _told(await self._ask_within(TELL_SECONDS, "tell", plain(path), what))

    async def evaluate(self, expression: str) -> str:
        """As `Session.peek`."""
        return _told(await self._ask_within(TELL_SECONDS, "evaluate", expression))

    async def save(self, path: Path, file: str) -> int:
        """Write the value to a new file, in the form its ending names. Returns its size in bytes.

        Raises:
            LookupError: if that fails; the text says why.
        """
        data = await self._ask_within(SAVE_SECONDS, "save", plain(path), file)
        _told({**data, "text": ""})
        return int(data["bytes"])

    async def picture(self, path: Path) -> Picture:
        """The value as a picture.

        Raises:
            LookupError: if it is none.
        """
        data = await self._ask_within(TELL_SECONDS, "picture", plain(path))
        size = data["size"]
        return Picture(data["mime"], data["data"], None if size is None else (size[0], size[1]))


_WITHOUT_READERS = (SessionState.BUSY, SessionState.WAITING_INPUT)


class Looker:
    """Looks into the values of one state of a session: the present, or a checkpoint.

    Of the present, pages come from the live worker, also while code runs. Whatever takes long or
    runs user code is asked of a reader: of a fresh one where user code may have changed it.
    """

    def __init__(self, title: str, source: ReaderSource, live: Any = None) -> None:
        """Look into a state.

        Args:
            title: what people call it.
            source: where readers of it come from.
            live: the session, for the present; None for what is frozen.
        """
        self.title = title
        self._source = source
        self._live = live
        self._reader: Reader | None = None

    def again(self) -> Looker:
        """Another one for the same state."""
        return Looker(self.title, self._source, self._live)

    @property
    def is_present(self) -> bool:
        """Whether the values may change while they are looked at."""
        return self._live is not None

    @property
    def has_to_wait(self) -> bool:
        """Whether a reader can be had only once the code that runs now has ended."""
        return self._live is not None and self._live.state in _WITHOUT_READERS

    async def _glimpse(self) -> Glimpse:
        """The reader that is kept, for what stands still."""
        if self._reader is None:
            reader = self._source.open()
            await reader.__aenter__()
            self._reader = reader
        return Glimpse(self._reader)

    async def close(self) -> None:
        """End the reader that is kept."""
        reader, self._reader = self._reader, None
        if reader is not None:
            await reader.__aexit__()

    # -- pages -------------------------------------------------------------------------------

    async def inspect(self, path: Path, *, offset: int = 0, limit: int = 100) -> Inspection:
        """As `Session.inspect`."""
        where = self._live or await self._glimpse()
        found: Inspection = await where.inspect(path, offset=offset, limit=limit)
        return found

    async def statistics(self, path: Path) -> dict[str, str]:
        """As `Session.statistics`."""
        where = self._live or await self._glimpse()
        found: dict[str, str] = await where.statistics(path)
        return found

    async def sketch(self, path: Path, buckets: int) -> Sketch:
        """As `Session.sketch`."""
        where = self._live or await self._glimpse()
        found: Sketch = await where.sketch(path, buckets)
        return found

    # -- what stands still -------------------------------------------------------------------

    async def namespace(self, execution_count: int) -> list[Variable]:
        """As `Glimpse.namespace`."""
        return await (await self._glimpse()).namespace(execution_count)

    async def deep_sizes(self) -> dict[str, DeepSize]:
        """As `Glimpse.deep_sizes`."""
        return await (await self._glimpse()).deep_sizes()

    async def arrange(
        self, path: Path, by: int | None, *, descending: bool, where: int | None, wanted: str
    ) -> int:
        """As `Glimpse.arrange`; of the present it is as it is now."""
        if self._live is not None:
            await self.close()
        glimpse = await self._glimpse()
        return await glimpse.arrange(path, by, descending=descending, where=where, wanted=wanted)

    async def rows(self, path: Path, *, offset: int, limit: int) -> Grid | None:
        """As `Glimpse.rows`."""
        return await (await self._glimpse()).rows(path, offset=offset, limit=limit)

    # -- what needs a twin of its own ----------------------------------------------------------

    async def referrers(self, path: Path) -> list[Place]:
        """As `Glimpse.referrers`."""
        async with self._source.open() as reader:
            return await Glimpse(reader).referrers(path)

    async def tell(self, path: Path, what: str) -> str:
        """As `Glimpse.tell`."""
        async with self._source.open() as reader:
            return await Glimpse(reader).tell(path, what)

    async def evaluate(self, expression: str) -> str:
        """As `Session.peek`."""
        async with self._source.open() as reader:
            return await Glimpse(reader).evaluate(expression)

    async def save(self, path: Path, file: str) -> int:
        """As `Glimpse.save`."""
        async with self._source.open() as reader:
            return await Glimpse(reader).save(path, file)

    async def picture(self, path: Path) -> Picture:
        """As `Glimpse.picture`."""
        async with self._source.open() as reader:
            return await Glimpse(reader).picture(path)


class PresentSource:
    """Readers of a session's present; they wait for what runs."""

    def __init__(self, attachment: Attachment) -> None:
        self._attachment = attachment

    def open(self) -> Reader:
        """A reader to enter."""
        return Reader(self._attachment, "reader")


class ImageSource:
    """Readers of a checkpoint, which its frozen image forks; whatever runs, they come at once."""

    def __init__(self, attachment: Attachment, session_id: str, checkpoint_id: str) -> None:
        self._attachment = attachment
        self._session_id = session_id
        self._checkpoint_id = checkpoint_id

    def open(self) -> Reader:
        """A reader to enter."""
        return ImageReader(self._attachment, "reader", self._session_id, self._checkpoint_id)


def _told(data: dict[str, Any]) -> str:
    if data["error"] is not None:
        raise LookupError(data["error"])
    return str(data["text"])


def _loose(steps: list[Any]) -> str:
    """A path as people read it, where Python has no words for it."""
    text = str(steps[0])
    for step in steps[1:]:
        if isinstance(step, list):
            text += f" → {step[0]} {step[1]}"
        else:
            text += f"[{step!r}]"
    return text


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


def sketch_of(data: dict[str, Any]) -> Sketch:
    """The plot that the worker's answer describes."""
    series = [None if each is None else (each[0], each[1]) for each in data["series"]]
    return Sketch(
        data["count"], data["missing"], data["low"], data["high"], data["mean"], series,
        data["histogram"],
    )  # fmt: skip


def plain(path: Path | str) -> list[Any]:
    """A path as it is sent."""
    if isinstance(path, str):
        return [path]
    return [list(step) if isinstance(step, (tuple, list)) else step for step in path]
