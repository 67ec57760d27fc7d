"""Client to node: look at the namespace and at values, here or in a disposable twin."""

from __future__ import annotations

from typing import Any

from pyrepl_worker.framing import message
from pyrepl_worker.records import record


@message("names")
@record(frozen=True)
class ListNames:
    """Reply: `Done` whose data has ``names``: all that are the user's, private ones too."""

    seq: int


@message("list_changes")
@record(frozen=True)
class ListChanges:
    """What is new in the namespace. Reply: full pages as `Page`, then `Done`.

    Its data: ``epoch``; ``whole`` (True: forget all rows, that was another process); ``page``, the
    last one; ``gone`` (names that were deleted); ``version`` to go on from; ``more``;
    ``execution_count``; and ``deeds``, what some of the runs since then did, oldest first:
    execution count, a page, names that were deleted.

    A page is packed by itself (`framing.unpack`): a list of pieces, each a pair: columns, and the
    places of the rows, both packed by themselves once more. The columns: name, type, kind, shape,
    length, size_bytes, summary, changed_at, created_at. One with a single item has it in all rows.
    """

    seq: int
    epoch: str
    """As in the last reply; "" at first."""
    since: int
    """The version the client has; 0: none."""
    look: bool
    """True: look at the namespace now. False: the next page of what was seen."""


@message("page")
@record(frozen=True)
class Page:
    """A full page of what was asked for, ahead of the reply: so that both sides work at once."""

    seq: int
    page: bytes


@message("inspect")
@record(frozen=True)
class Inspect:
    """A value and a page of what it holds. Reply: `Done`, its data as `describe.inspection` says.

    It fails (``invalid``) if nothing is at the path.
    """

    seq: int
    path: list[Any]
    offset: int
    limit: int


@message("statistics")
@record(frozen=True)
class Statistics:
    """Count, nulls, min, max and mean of an array or column. Reply: `Done` with ``facts``."""

    seq: int
    path: list[Any]


@message("sketch")
@record(frozen=True)
class Sketch:
    """What a plot of numbers needs. Reply: `Done`, its data as `describe.numbers` says."""

    seq: int
    path: list[Any]
    buckets: int
    """How many places across there are."""


@message("measure")
@record(frozen=True)
class Measure:
    """Deep sizes of variables. Reply: `Done` with ``sizes``: name to [deep, shared, complete]."""

    seq: int
    names: list[str]
    budget_ms: float


@message("open_reader")
@record(frozen=True)
class OpenReader:
    """Fork a disposable twin that answers `AskReader`, after what runs and waits.

    Reply: `Done` with ``socket``: it waits there for one client, whose `Hello` it answers with
    `ReaderWelcome`, and ends with the connection.
    """

    seq: int


@message("open_image")
@record(frozen=True)
class OpenImage:
    """Asked of the nursery: have a checkpoint's image fork a reader, as `OpenReader` does.

    Reply: `Done` with ``socket``, where the reader appears soon.
    """

    seq: int
    session_id: str
    checkpoint_id: str


@message("reader_welcome")
@record(frozen=True)
class ReaderWelcome:
    """A reader's answer to `Hello`."""

    version: int
    pid: int


@message("ask_reader")
@record(frozen=True)
class AskReader:
    """A question to a reader. Reply: `Done`, its data as the reader's ``on_<what>`` says."""

    seq: int
    what: str
    """A method of `reader.Desk` or `glimpses.Glimpses`, without its ``on_``."""
    arguments: list[Any]


@message("take_variables")
@record(frozen=True)
class TakeVariables:
    """Bring variables that another session's reader has packed into this one.

    Reply: `Done` with ``verdicts`` and ``reasons``, by name.
    """

    seq: int
    folder: str
    """Where the reader's ``pack`` has put them."""


@message("stacks")
@record(frozen=True)
class DumpStacks:
    """Reply: `Done` whose data has ``text``: where every thread of the worker is now."""

    seq: int
