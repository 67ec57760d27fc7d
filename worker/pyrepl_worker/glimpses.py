"""Questions about values that a reader answers: pages, rows in another order, plots, user code.

A reader is a twin that is thrown away, so what takes long, needs much memory or runs user code is
asked of it, and so is a checkpoint, whose frozen image forks one.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # signal.py's wrappers need builtins
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .bundles import representations
from .describe import arranging, libraries
from .describe.grids import statistics
from .describe.inspection import inspect, value_at
from .describe.numbers import sketch
from .describe.paths import NothingThere
from .describe.referrers import places_of
from .describe.sizes import measure
from .framing import pack
from .saving_values import save

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .describe import Listing

MAX_TEXT = 1 << 20
"""Characters of a text that user code made."""
_PAGE = 5000
_MOST_PIXELS = 1200
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let user code run for so long; then this process, which is thrown away anyway, is killed."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def told(ask: Callable[[], str], seconds: float) -> dict[str, Any]:
    """What user code says, or the error it raised."""
    with within(seconds):
        try:
            text = ask()
        except BaseException as error:
            return {"text": "", "error": f"{type(error).__name__}: {error}"[:MAX_TEXT]}
    return {"text": text[:MAX_TEXT], "error": None}


def last(work: Iterator[dict[str, Any] | None]) -> dict[str, Any]:
    """What a piece of work yields at last."""
    answer: dict[str, Any] = {}
    for found in work:
        answer = found or answer
    return answer


class Glimpses:
    """The questions, each a method ``on_<what>``."""

    def __init__(
        self, namespace: dict[str, Any], hidden: dict[str, Any], listing: Listing | None = None
    ) -> None:
        self._namespace = namespace
        self._hidden = hidden
        self._listing = listing
        self._rows: dict[str, Any] = {}
        """By path: the rows chosen, in their order."""

    # -- as in the live worker ---------------------------------------------------------------------

    def on_list(self, since: int, execution_count: int) -> dict[str, Any]:
        """A page of the listing, as `protocol.ListChanges` has them."""
        if self._listing is None:
            raise NothingThere("there is no listing here")
        if since == 0:
            for _ in self._listing.look(execution_count):
                pass
        rows, _, version, more = self._listing.since(since, _PAGE)
        return {"page": pack(rows), "version": version, "more": more}

    def on_inspect(self, path: list[Any], offset: int, limit: int) -> dict[str, Any]:
        """A page of a value, as `protocol.Inspect` gives it."""
        return last(inspect(self._namespace, path, offset, limit))

    def on_statistics(self, path: list[Any]) -> dict[str, Any]:
        """Figures of an array or column."""
        return last(statistics(value_at(self._namespace, path)))

    def on_sketch(self, path: list[Any], buckets: int) -> dict[str, Any]:
        """What a plot of a value needs."""
        return last(sketch(value_at(self._namespace, path), buckets))

    def on_measure(self, names: list[str], seconds: float) -> dict[str, Any]:
        """Deep sizes of variables."""
        return last(measure(self._namespace, names, seconds))

    # -- what takes long ---------------------------------------------------------------------------

    def on_arrange(
        self, path: list[Any], by: int | None, descending: bool, where: int | None, wanted: str
    ) -> dict[str, Any]:
        """Choose and order the rows of an array or frame; `on_rows` then gives pages of them."""
        value = value_at(self._namespace, path)
        rows = arranging.order(value, by, descending, where, wanted)
        self._rows[repr(path)] = rows
        return {"total": len(rows)}

    def on_rows(self, path: list[Any], offset: int, limit: int) -> dict[str, Any]:
        """A page of the rows chosen, as a grid."""
        rows = self._rows.get(repr(path))
        if rows is None:
            raise NothingThere("no rows were chosen")
        return arranging.page(value_at(self._namespace, path), rows, offset, limit)

    def on_referrers(self, path: list[Any], seconds: float) -> dict[str, Any]:
        """Places that lead to the same object."""
        target = value_at(self._namespace, path)
        return places_of(self._namespace, self._hidden, target, seconds)

    # -- what runs user code -----------------------------------------------------------------------

    def on_tell(self, path: list[Any], what: str, seconds: float) -> dict[str, Any]:
        """The value's own word: its ``repr``, ``str``, ``len``, or what a property tells."""
        asked = path[-1] if type(path[-1]) is list and path[-1][0] == "property" else None
        value = value_at(self._namespace, path[:-1] if asked else path)
        return told(lambda: _WORDS[what](getattr(value, asked[1]) if asked else value), seconds)

    def on_save(self, path: list[Any], file: str, seconds: float) -> dict[str, Any]:
        """Write the value to a new file, in the form its ending names."""
        value = value_at(self._namespace, path)
        with within(seconds):
            try:
                save(value, file)
            except BaseException as error:
                return {"bytes": 0, "error": f"{type(error).__name__}: {error}"[:MAX_TEXT]}
        return {"bytes": os.path.getsize(file), "error": None}

    def on_picture(self, path: list[Any], seconds: float) -> dict[str, Any]:
        """The value as a picture: its own, or an array's numbers as shades."""
        value = value_at(self._namespace, path)
        array = libraries.as_array(value)
        if array is not None:
            return _pixels(array)
        with within(seconds):
            bundle = representations(value)
        for mime in _PICTURES:
            if mime in bundle:
                return {"mime": mime, "data": bundle[mime], "size": None}
        raise NothingThere("it has no picture of itself")


def _length(value: Any) -> str:
    return str(len(value))


_WORDS: dict[str, Callable[[Any], str]] = {"repr": repr, "str": str, "len": _length}


def _pixels(array: Any) -> dict[str, Any]:
    """An array as rows of red, green and blue bytes, with gaps where it is very large.

    Raises:
        NothingThere: if it has no two dimensions, or no numbers.
    """
    deep = array.ndim == 3 and array.shape[2] in (1, 3, 4)
    if not (array.ndim == 2 or deep) or array.dtype.kind not in "biuf" or not array.size:
        raise NothingThere("an array of two dimensions, or of three with colours, is a picture")
    step = max(1, -(-max(array.shape[:2]) // _MOST_PIXELS))
    part = array[::step, ::step]
    if part.dtype.str[1:] != "u1":
        part = part.astype("f8")
        kept = part[(part - part) == 0]
        low, high = (float(kept.min()), float(kept.max())) if kept.size else (0.0, 0.0)
        part = (part - low) * (255.0 / (high - low) if high > low else 0.0)
        part[(part - part) != 0] = 0
        part = part.astype("u1")
    if part.ndim == 2:
        part = part.reshape((*part.shape, 1))
    if part.shape[2] == 1:
        part = part.repeat(3, axis=2)
    data = part[:, :, :3].tobytes()
    return {"mime": "", "data": data, "size": [int(part.shape[1]), int(part.shape[0])]}
