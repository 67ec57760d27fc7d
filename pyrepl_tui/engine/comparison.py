"""Two namespaces side by side: first by digests, then down to the places that differ.

Digests are made by a disposable twin of each worker; only they, and what is found to differ, cross
between the processes. What counts as equal is said in `pyrepl_worker.digests`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .reader import Reader, both
from .values import ArrayDifference, Comparison, Difference, Place

MOST_MOVED = 64 << 20
"""Bytes of arrays that are moved, for one variable, to find the elements that differ."""
_FIRST = 10
_DEEPEST = 60


@dataclass
class Limits:
    """How far a comparison goes."""

    places: int
    """Places listed of each variable."""
    tolerance: float
    """Elements of arrays that are no further apart count as equal."""


async def compare(
    left: Reader, right: Reader, names: Sequence[str] | None, limits: Limits
) -> Comparison:
    """Compare the namespaces behind two readers."""
    wanted = None if names is None else list(names)
    rows = await both(left.ask("digests", wanted), right.ask("digests", wanted))
    ours, theirs = ({row[0]: row[1:] for row in side["rows"]} for side in rows)
    lost = {**left.lost, **right.lost}
    only_left = [name for name in ours if name not in theirs and name not in lost]
    only_right = [name for name in theirs if name not in ours and name not in lost]
    equal: list[str] = []
    changed: dict[str, Difference] = {}
    unknown = {
        name: f"it could not be loaded: {why}"
        for name, why in lost.items()
        if name in ours or name in theirs
    }
    for name in ours:
        if name not in theirs:
            continue
        (digest, hidden), (other, other_hidden) = ours[name], theirs[name]
        if digest == other:
            if hidden or other_hidden:
                unknown[name] = f"the state of {hidden or other_hidden} cannot be told"
            else:
                equal.append(name)
            continue
        difference = await _Search(left, right, limits).difference(name)
        if difference is None:
            equal.append(name)
        else:
            changed[name] = difference
    moved = left.bytes_moved + right.bytes_moved
    return Comparison(only_left, only_right, equal, changed, unknown, moved)


class _Search:
    """Finds where one variable differs."""

    def __init__(self, left: Reader, right: Reader, limits: Limits) -> None:
        self._left = left
        self._right = right
        self._limits = limits
        self._places: list[Place] = []
        self._details: list[str] = []
        self._deviations: dict[str, ArrayDifference] = {}
        self._complete = True
        self._within_tolerance = 0
        self._met: dict[tuple[Any, Any], list[Any]] = {}
        """Pairs of containers that were compared, and the shortest path to each that was met."""
        self._met_again = 0
        self._inside: list[tuple[tuple[Any, Any], int]] = []
        """Pairs that are being compared, outermost first, and how long the paths to them are."""
        self._homes: list[tuple[tuple[Any, Any], list[Any]]] = []
        """Of each place: the innermost of those pairs, and the steps from there."""

    async def difference(self, name: str) -> Difference | None:
        """How the variable differs; None if nothing but what is tolerated does."""
        left, right = await self._outlines([name])
        await self._compare([name], left, right)
        self._shorten()
        if not self._places:
            if self._within_tolerance and self._complete:
                return None
            self._note([name], "value", left, right)
        kind = _kind_of(left, right)
        if len(self._places) == 1 and not (kind == "frame" and self._deviations):
            kind = self._places[0].kind
        details = self._details or [_line(place) for place in self._places[:_FIRST]]
        return Difference(
            kind, left["summary"], right["summary"], details, self._places, self._complete,
            self._deviations,
        )  # fmt: skip

    async def _outlines(
        self, path: list[Any], select: list[Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        return await both(
            self._left.ask("outline", path, select), self._right.ask("outline", path, select)
        )

    def _is_full(self) -> bool:
        if len(self._places) < self._limits.places:
            return False
        self._complete = False
        return True

    def _note(
        self, path: list[Any], kind: str, left: dict[str, Any] | str, right: dict[str, Any] | str
    ) -> None:
        before = left if isinstance(left, str) else left["summary"]
        after = right if isinstance(right, str) else right["summary"]
        pair, length = self._inside[-1] if self._inside else ((None, None), 0)
        self._homes.append((pair, path[length:]))
        self._places.append(
            Place(tuple(_public(step) for step in path), written(path), kind, before, after)
        )

    def _shorten(self) -> None:
        """Name each place by the shortest path that was met."""
        for number, (pair, rest) in enumerate(self._homes):
            place, path = self._places[number], [*self._met.get(pair, ()), *rest]
            if place.kind != "array" and pair in self._met and len(path) < len(place.path):
                self._places[number] = Place(
                    tuple(map(_public, path)), written(path), place.kind, place.left, place.right
                )

    async def _descend(self, path: list[Any]) -> None:
        if self._is_full():
            return
        left, right = await self._outlines(path)
        await self._compare(path, left, right)

    async def _compare(self, path: list[Any], left: dict[str, Any], right: dict[str, Any]) -> None:
        pair = left.get("same"), right.get("same")
        if pair in self._met:
            self._met_again += 1
            self._met[pair] = min(self._met[pair], path, key=len)
            return
        if None in pair:
            await self._compare_forms(path, left, right)
            return
        self._met[pair] = path
        self._inside.append((pair, len(path)))
        await self._compare_forms(path, left, right)
        self._inside.pop()

    async def _compare_forms(
        self, path: list[Any], left: dict[str, Any], right: dict[str, Any]
    ) -> None:
        form = left["form"]
        if left["type"] != right["type"] or form != right["form"]:
            before = f"{left['type']} {left['summary']}"
            self._note(path, "type", before, f"{right['type']} {right['summary']}")
        elif form == "leaf" or len(path) > _DEEPEST:
            self._note(path, "value", left, right)
        elif form == "sequence":
            await self._sequences(path, left, right)
        elif form == "array":
            await self._arrays(path, left, right)
        elif form == "source" and left["text"] != right["text"]:
            self._note(path, "source", left, right)
            self._details += unified(left["text"], right["text"])
        else:
            found = len(self._places), self._met_again
            await self._mappings(path, left, right)
            is_told = (len(self._places), self._met_again) != found
            if not is_told and not self._within_tolerance:
                self._note(path, "value", left, right)

    # -- sequences ---------------------------------------------------------------------------------

    async def _sequences(
        self, path: list[Any], left: dict[str, Any], right: dict[str, Any]
    ) -> None:
        ours, theirs = left["length"], right["length"]
        if ours != theirs:
            self._note(path, "length", f"{ours:,} items", f"{theirs:,} items")
            await self._range(path, 0, min(ours, theirs))
            return
        await self._parts(path, left, right)

    async def _range(self, path: list[Any], start: int, stop: int) -> None:
        if start < stop and not self._is_full():
            left, right = await self._outlines(path, ["range", start, stop])
            await self._parts(path, left, right)

    async def _parts(self, path: list[Any], left: dict[str, Any], right: dict[str, Any]) -> None:
        if "ranges" in left:
            pairs = zip(left["ranges"], right["ranges"], strict=True)
            for (start, stop, digest), (_, _, other) in pairs:
                if digest != other:
                    await self._range(path, start, stop)
            return
        for (at, digest), (_, other) in zip(left["entries"], right["entries"], strict=True):
            if digest != other:
                await self._descend([*path, at])

    # -- mappings ----------------------------------------------------------------------------------

    async def _mappings(self, path: list[Any], left: dict[str, Any], right: dict[str, Any]) -> None:
        if "buckets" in left or "buckets" in right:
            await self._buckets(path, left, right)
            return
        ours = {entry[0]: entry for entry in left.get("entries", [])}
        theirs = {entry[0]: entry for entry in right.get("entries", [])}
        for token, (_, step, label, digest) in ours.items():
            if self._is_full():
                return
            other = theirs.get(token)
            if other is None:
                self._note([*path, _shown(step, label)], "only_left", label, "")
            elif other[3] != digest:
                await self._entry(path, step, other[1], label)
        for token, (_, step, label, _) in theirs.items():
            if token not in ours and not self._is_full():
                self._note([*path, _shown(step, label)], "only_right", "", label)

    async def _entry(self, path: list[Any], step: Any, other: Any, label: str) -> None:
        if step == other:
            await self._descend([*path, step])
            return
        # the same key at another place in the order of its dict
        left, right = await both(
            self._left.ask("outline", [*path, step], None),
            self._right.ask("outline", [*path, other], None),
        )
        self._note([*path, ["at", label]], "value", left, right)

    async def _buckets(self, path: list[Any], left: dict[str, Any], right: dict[str, Any]) -> None:
        count = len(left.get("buckets") or right["buckets"])
        ours, theirs = left.get("buckets"), right.get("buckets")
        for number in range(count):
            if ours is not None and theirs is not None and ours[number] == theirs[number]:
                continue
            if self._is_full():
                return
            part, other = await self._outlines(path, ["bucket", number])
            await self._mappings(path, part, other)

    # -- arrays ------------------------------------------------------------------------------------

    async def _arrays(self, path: list[Any], left: dict[str, Any], right: dict[str, Any]) -> None:
        for what in ("dtype", "shape"):
            if left[what] != right[what]:
                self._note(path, "array", f"{what} {left[what]}", f"{what} {right[what]}")
                return
        pairs = enumerate(zip(left["pieces"], right["pieces"], strict=True))
        places = [number for number, (digest, other) in pairs if digest != other]
        found = await self._elements(path, places)
        if not found.count and found.complete:
            self._within_tolerance += 1
            return
        self._note(path, "array", left, right)
        self._deviations[written(path)] = found
        self._details += list(_array_lines(written(path), found))

    async def _elements(self, path: list[Any], places: list[int]) -> ArrayDifference:
        count, moved, complete = 0, 0, True
        first: list[tuple[int, str, str]] = []
        absolute: list[float] = []
        relative: list[float] = []
        for number in places:
            if moved > MOST_MOVED:
                complete = False
                break
            data = (await self._left.ask("piece", path, number))["data"]
            moved += len(data)
            answer = await self._right.ask(
                "compare_piece", path, number, data, float(self._limits.tolerance)
            )
            count += answer["count"]
            first += [(at, one, two) for at, one, two in answer["first"]]
            absolute += [value for value in [answer["absolute"]] if value is not None]
            relative += [value for value in [answer["relative"]] if value is not None]
        return ArrayDifference(
            count, first[:_FIRST], max(absolute, default=None), max(relative, default=None),
            complete,
        )  # fmt: skip


def _kind_of(left: dict[str, Any], right: dict[str, Any]) -> str:
    if left["type"] != right["type"]:
        return "type"
    entries = left.get("entries") or [[b"", None]]
    if left["form"] == "mapping" and isinstance(entries[0][1], list) and entries[0][1][0] == "part":
        return "frame"
    form = str(left["form"])
    return {"sequence": "items", "mapping": "object"}.get(form, form)


def _public(step: Any) -> Any:
    """A step as `Session.inspect` understands it."""
    if isinstance(step, list):
        return step[1] if step[0] in ("part", "at") else tuple(step)
    return step


def _shown(step: Any, label: str) -> Any:
    return ["at", label] if isinstance(step, list) and step[0] == "item" else step


def written(path: Sequence[Any]) -> str:
    """A path as people read it."""
    text = str(path[0])
    for step in path[1:]:
        if not isinstance(step, list):
            text += f"[{step!r}]"
        elif step[0] == "part":
            text += f"[{step[1]!r}]"
        elif step[0] == "attr":
            text += f".{step[1]}"
        else:
            text += f"[{step[1]}]"
    return text


def unified(left: str, right: str) -> list[str]:
    """The lines of a unified diff."""
    return list(
        difflib.unified_diff(
            left.splitlines(), right.splitlines(), "left", "right", lineterm="", n=2
        )
    )


def _line(place: Place) -> str:
    if place.kind == "only_left":
        return f"{place.expression}: only left"
    if place.kind == "only_right":
        return f"{place.expression}: only right"
    return f"{place.expression}: {place.left} → {place.right}"


def _array_lines(name: str, found: ArrayDifference) -> Iterator[str]:
    least = "" if found.complete else "at least "
    many = "element differs" if found.count == 1 else "elements differ"
    yield f"{name}: {least}{found.count:,} {many}"
    for at, left, right in found.first:
        yield f"{name}.flat[{at}]: {left} → {right}"
    if found.max_absolute is not None:
        yield f"{name}: largest deviation {found.max_absolute:.6g}"
    if found.max_relative is not None:
        yield f"{name}: largest relative deviation {found.max_relative:.6g}"
