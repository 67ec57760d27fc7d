"""What could stand at a place in the code: names, attributes, keys, arguments of the live session.

Carried out by the thread that serves, in slices, without user code. A client filters and ranks what
it gets; here names are only left out that cannot match, and everything beyond a limit.
"""

from __future__ import annotations

import builtins
import importlib.util
import keyword
import os
import sys
import types
from collections import UserDict
from time import monotonic
from typing import TYPE_CHECKING, Any

from .describe import libraries
from .describe.columns import labels, names_of
from .describe.following import Lost, Place, Unsure, at, class_entry, follow, is_user_made
from .describe.signatures import explain, parameters_of
from .describe.static import (
    MISSING,
    attribute,
    attributes,
    class_items,
    is_a,
    is_class,
    is_static,
    module_dict,
    mro,
    own_entry,
    type_name,
)  # fmt: skip
from .describe.summaries import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SLICE = 4000
"""Names looked at in one turn of the thread that serves."""
SECONDS = 0.12
"""How long a search through very many names goes on."""
MAX_LABELS = 20_000
MAX_KEY = 80
_PLAIN_LIBRARIES = frozenset({"pandas", "polars", "numpy", "pyarrow"})
"""Their ``__dir__`` and ``__getattr__`` tell nothing that is not read here."""
_WITH_EFFECTS = frozenset({"antigravity", "this"})
"""Modules of the standard library that do something when they are imported."""

Row = tuple[str, str, str]
"""Text, kind and detail of something that could stand there."""


class Query:
    """Which names can match what was typed: those that have its characters, in this order."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._text = text.lower()
        self.private = text[:1] == "_"

    def begins(self, name: str) -> bool:
        """Whether a name begins with what was typed, regardless of case."""
        return name[: len(self._text)].lower() == self._text

    def matches(self, name: str) -> bool:
        """Whether a name has the characters typed, in their order."""
        place = 0
        lowered = name.lower()
        for char in self._text:
            place = lowered.find(char, place) + 1
            if not place:
                return False
        return True


class Gathering:
    """Rows that match, those that begin with what was typed first, up to a limit."""

    def __init__(self, query: Query, limit: int) -> None:
        self._query, self._limit = query, limit
        self._end = monotonic() + SECONDS
        self._first: list[Row] = []
        self._others: list[Row] = []
        self.more = False
        """Whether rows were left out."""

    def take(
        self, names: Iterable[str], row: Callable[[str], Row | None], *, private: bool = False
    ) -> Iterator[None]:
        """Look through names, in slices; `row` is asked of those that match."""
        query = self._query
        hidden = not private and not query.private
        names = list(names)
        if len(names) > SLICE and query.text:
            # what begins with just what was typed is found much quicker than the rest
            size = len(query.text)
            starting: list[str] = []
            for at in range(0, len(names), 10 * SLICE):
                part = names[at : at + 10 * SLICE]
                starting += [name for name in part if name[:size] == query.text]
                if len(starting) > self._limit:
                    names, self.more = starting, True
                    break
                yield
        for count, name in enumerate(names, 1):
            if count % SLICE == 0:
                yield
                if monotonic() > self._end:
                    self.more = True
                    return
            if hidden and name[:1] == "_":
                continue
            begins = query.begins(name)
            if len(self._first if begins else self._others) >= self._limit:
                self.more = self.more or begins or query.matches(name)
                if begins:
                    return
            elif begins or query.matches(name):
                made = row(name)
                if made is not None:
                    (self._first if begins else self._others).append(made)

    def rows(self) -> list[Row]:
        """What was found."""
        found = self._first + self._others
        self.more = self.more or len(found) > self._limit
        return found[: self._limit]


# -- what there is -------------------------------------------------------------------------------


def mark(value: Any) -> str:
    """The kind of a value, as completion lists show it."""
    if type(value) is property or type(value) in (
        types.GetSetDescriptorType,
        types.MemberDescriptorType,
    ):
        return "property"
    if type(value) in (staticmethod, classmethod):
        return "function"
    kind = kind_of(value)
    if kind == "object" and is_static(type(value)):
        callable_ = class_entry(type(value), "__call__") is not MISSING
        return "function" if callable_ else kind
    return kind


def _row(name: str, value: Any) -> Row:
    kind = mark(value)
    return (name, kind, type_name(value) if kind in ("data", "object") else "")


def names(
    namespace: dict[str, Any], hidden: dict[str, Any], gathering: Gathering
) -> Iterator[None]:
    """Variables, then builtins, then keywords."""
    held = [name for name in list(namespace) if type(name) is str]

    def variable(name: str) -> Row | None:
        value = namespace.get(name, MISSING)
        if value is MISSING or hidden.get(name, MISSING) is value:
            return None
        return _row(name, value)

    yield from gathering.take(held, variable)
    known = vars(builtins)
    yield from gathering.take(
        [name for name in list(known) if type(name) is str and name not in namespace],
        lambda name: (name, mark(known[name]), "builtin"),
    )
    yield from gathering.take(keyword.kwlist, lambda name: (name, "keyword", ""))


def members(place: Place, gathering: Gathering) -> Iterator[None]:
    """Attributes of a place, of the object itself first."""
    value = place.value
    found: dict[str, Any] = {}
    if place.known and is_a(value, types.ModuleType):
        found.update(
            (name, item) for name, item in list(module_dict(value).items()) if type(name) is str
        )
    elif place.known and is_class(value):
        _add_class(value, found)
    else:
        if place.known:
            for name, item in attributes(value):
                found.setdefault(name, item)
            if libraries.pandas_kind(value) == "frame":
                found.update((name, MISSING) for name in names_of(value) if name.isidentifier())
        _add_class(place.cls, found)

    def row(name: str) -> Row:
        item = found[name]
        return (name, "column", "") if item is MISSING else _row(name, item)

    yield from gathering.take(found, row)


def _add_class(cls: type, found: dict[str, Any]) -> None:
    for each in mro(cls):
        for name, item in class_items(each):
            found.setdefault(name, item)


def decides_itself(place: Place) -> bool:
    """Whether a class of the user's answers what attributes it has."""
    if place.known and (is_class(place.value) or libraries.pandas_kind(place.value)):
        return False
    module = own_entry(place.cls, "__module__")
    if type(module) is str and module.partition(".")[0] in _PLAIN_LIBRARIES:
        return False
    return is_user_made(place.cls, "__dir__") or is_user_made(place.cls, "__getattr__")


def keys(place: Place, gathering: Gathering) -> Iterator[None]:
    """Keys of a mapping, columns of a frame, fields of an array, labels of a series."""
    texts, kind, detail = _keys_of(place)
    yield from gathering.take(
        texts, lambda text: (text, kind, detail(text)) if len(text) <= MAX_KEY else None,
        private=True,
    )  # fmt: skip


def _keys_of(place: Place) -> tuple[Iterable[str], str, Callable[[str], str]]:
    value = place.value

    def plain(text: str) -> str:
        return ""

    mapping = _mapping(value) if place.known else None
    if mapping is not None:
        texts = (key for key in list(dict.keys(mapping)) if type(key) is str)
        return texts, "key", plain
    if not place.known:
        return (), "key", plain
    if type(value).__name__ == "_Environ" and type(value) is type(os.environ):
        held = attribute(value, "_data")
        texts = (os.fsdecode(key) for key in list(held) if type(key) is bytes)
        return texts, "key", plain
    array = libraries.as_array(value)
    if array is not None:
        return array.dtype.names or (), "field", plain
    kind = libraries.pandas_kind(value)
    if kind == "frame":
        return names_of(value), "column", plain
    if kind == "series":
        index = libraries.axes_of(libraries.manager_of(value))[0]
        count = min(libraries.length_of_index(index) or 0, MAX_LABELS)
        return [text.strip("'") for text in labels(index, 0, count)], "label", plain
    if libraries.polars_kind(value) == "frame":
        return attribute(value, "_df").columns(), "column", plain
    if libraries.is_arrow(value) and hasattr(value, "column_names"):
        return value.column_names, "column", plain
    return (), "key", plain


def _mapping(value: Any) -> dict[Any, Any] | None:
    if is_a(value, dict):
        return value  # type: ignore[no-any-return]
    if is_a(value, UserDict):
        held = attribute(value, "data")
        return held if is_a(held, dict) else None
    return None


def arguments(place: Place, gathering: Gathering) -> Iterator[None]:
    """Names of the parameters that can be given by name."""
    rows = parameters_of(place)
    named = [name for name, _ in rows]
    after = named.index("/") + 1 if "/" in named else 0
    texts = {name: text for name, text in rows[after:] if name.isidentifier()}
    yield from gathering.take(
        texts,
        lambda name: (name, "argument", texts[name][len(name) :].strip(" =:")),
        private=True,
    )


# -- requests ------------------------------------------------------------------------------------


def candidates(
    namespace: dict[str, Any],
    hidden: dict[str, Any],
    kind: str,
    chain: list[Any],
    query: str,
    limit: int,
) -> Iterator[dict[str, Any] | None]:
    """Yield None between slices of work, at last the answer to `protocol.Complete`."""
    gathering = Gathering(Query(query), limit)
    unsure = False
    try:
        if kind == "names":
            yield from names(namespace, hidden, gathering)
        else:
            place = follow(namespace, chain)
            if kind == "attributes":
                unsure = decides_itself(place)
                yield from members(place, gathering)
            elif kind == "keys":
                yield from keys(place, gathering)
            elif kind == "arguments":
                yield from arguments(place, gathering)
    except Unsure:
        unsure = True
    except Lost:
        unsure = False
    yield {
        "rows": [list(row) for row in gathering.rows()],
        "more": gathering.more,
        "unsure": unsure,
    }


def explanation(namespace: dict[str, Any], chain: list[Any], *, source: bool) -> dict[str, Any]:
    """The answer to `protocol.Explain`; empty if nothing is there, ``unsure`` if code decides."""
    try:
        return explain(follow(namespace, chain), source=source)
    except Unsure:
        return {"unsure": True}
    except Lost:
        return {}


def walk(namespace: dict[str, Any], chain: list[Any]) -> Any:
    """Where a chain without calls leads when it is run: only in a disposable twin."""
    try:
        value = follow(namespace, chain[:1]).value
    except Unsure:
        value = _imported(chain[0][1])
    for step in chain[1:]:
        if step[0] == "attr":
            value = getattr(value, step[1])
        elif step[0] == "item" and len(step) > 1:
            value = value[step[1]]
        else:
            raise Lost("calls are not carried out")
    return value


def _imported(name: str) -> Any:
    """A module of the standard library; not the user's of that name, which may do anything."""
    spec = importlib.util.find_spec(name.partition(".")[0])
    origin = "" if spec is None else spec.origin or ""
    inside = origin.startswith(os.path.dirname(os.__file__) + os.sep)
    if name in _WITH_EFFECTS or not (inside or origin in ("built-in", "frozen")):
        raise Lost("its code is not run for this")
    return importlib.import_module(name)


def attributes_told(
    namespace: dict[str, Any], chain: list[Any], query: str, limit: int
) -> list[Row]:
    """Attributes of an expression's value as it lists them itself: runs user code."""
    value = walk(namespace, chain)
    gathering = Gathering(Query(query), limit)
    held = dict(attributes(value))
    _add_class(type(value), held)
    listed = [name for name in dir(value) if type(name) is str]
    for _ in gathering.take(listed, lambda name: _row(name, held.get(name))):
        continue
    return gathering.rows()


def explain_value(value: Any, *, source: bool) -> dict[str, Any]:
    """What there is to say about a value that running code has led to."""
    return explain(at(value), source=source)


def whereabouts() -> dict[str, Any]:
    """What a client needs to look for files and modules itself."""
    try:
        cwd = os.getcwd()
    except OSError:
        cwd = ""
    return {
        "cwd": cwd,
        "home": os.environ.get("HOME", ""),
        "path": [entry for entry in list(sys.path) if type(entry) is str],
        "modules": [name for name in list(sys.modules) if type(name) is str],
        "builtin": list(sys.builtin_module_names),
    }


def names_among(rows: list[dict[str, Any]], query: Query) -> dict[str, Any]:
    """While a run commits at its end, readers see the names from before it."""
    found = [
        [row["name"], row["kind"], row["type"]]
        for row in rows
        if query.matches(row["name"]) and (query.private or row["name"][:1] != "_")
    ]
    return {"rows": found, "more": False, "unsure": False}
