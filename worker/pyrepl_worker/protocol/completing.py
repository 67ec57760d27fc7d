"""Client to node: what could stand in the code, and what is known about it."""

from __future__ import annotations

from typing import Any

from pyrepl_worker.framing import message
from pyrepl_worker.records import record


@message("complete")
@record(frozen=True)
class Complete:
    """Names that could stand at a place, found without user code. Reply: `Done`.

    Its data: ``rows`` (lists: text, kind, detail); ``more`` (rows were left out); ``unsure`` (only
    user code could tell all of it: a disposable twin may be asked).
    """

    seq: int
    kind: str
    """``names``, ``attributes``, ``keys`` or ``arguments``."""
    chain: list[Any]
    """The expression whose attributes, keys or arguments are wanted, as `describe.following` says;
    empty for names."""
    query: str
    """Rows have its characters, in their order, regardless of case."""
    limit: int


@message("explain")
@record(frozen=True)
class Explain:
    """What there is to say about an expression. Reply: `Done`.

    Its data is as `describe.signatures.explain` says; empty if nothing is there, ``unsure`` if only
    user code could tell.
    """

    seq: int
    chain: list[Any]
    source: bool
    """Whether its source is wanted too."""


@message("whereabouts")
@record(frozen=True)
class Whereabouts:
    """Reply: `Done` with ``cwd``, ``home``, ``path``, ``modules`` (loaded ones), ``builtin``."""

    seq: int
