"""Looks into archives, and copies them to and from files, without unpickling anything.

Run by the app for one order: a JSON object on standard input, its answer on standard output.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .archive import Damage, Store
from .archive.manifest import describe
from .archive.parcels import Parcel, is_signed, pack, unpack
from .archive.plain import from_msgpack
from .describe.inspection import NothingThere, inspect
from .describe.rows import describe_variable
from .glimpses import last

if TYPE_CHECKING:
    from .shadows import Shadows

LONGEST = 64 * 1024
"""Characters of a plain value's repr."""


def main(argv: Sequence[str], shadows: Shadows) -> int:
    """Carry an order out. Returns the exit code."""
    order = json.loads(sys.stdin.buffer.read())
    try:
        answer = _ORDERS[order.pop("do")](**order)
    except FileNotFoundError as error:
        answer = {"error": f"there is no archive at {error.filename}"}
    except (Damage, OSError, ValueError) as error:
        answer = {"error": str(error)}
    sys.stdout.write(json.dumps(answer))
    return 0


def _describe(folder: str, checkpoint: str, key: str) -> dict[str, Any]:
    source: Any = Store(folder)
    trusted = True
    if not checkpoint:
        source = Parcel(folder)
        trusted = is_signed(source, key)
    manifest = source.manifest(checkpoint)
    damage: list[str] = []
    values = _plain_values(source, manifest, damage)
    told = describe(manifest)
    for unwanted in ("age_seconds", "bytes_written"):
        told.pop(unwanted)
    for name, variable in told["variables"].items():
        variable["value"] = values.get(name)
    told["history"] = _history(source, manifest, damage)
    return {**told, "trusted": trusted, "damage": damage}


def _plain_values(source: Any, manifest: Any, damage: list[str]) -> dict[str, str]:
    found = {}
    for group in manifest.groups:
        try:
            for blob in [group.stream, *group.buffers]:
                if blob is not None:
                    source.check(blob)
            if group.tier == "json":
                value = group.inline[0]
            elif group.tier == "msgpack" and group.stream is not None:
                value = from_msgpack(source.read(group.stream))
            else:
                continue
            found[group.names[0]] = repr(value)[:LONGEST]
        except (Damage, OSError) as error:
            damage.append(f"{', '.join(group.names)}: {error}")
        except Exception as error:  # it is no archive of ours that holds this
            damage.append(f"{', '.join(group.names)}: {type(error).__name__}")
    return found


def _inspect(
    folder: str, checkpoint: str, path: list[Any], offset: int, limit: int
) -> dict[str, Any]:
    """A page of a plain value; of another one, what the manifest says about it."""
    source: Any = Store(folder) if checkpoint else Parcel(folder)
    manifest = source.manifest(checkpoint)
    for group in manifest.groups:
        if path[0] in group.names and group.tier in ("json", "msgpack"):
            value = group.inline[0] if group.tier == "json" else from_msgpack(_bytes(source, group))
            try:
                return last(inspect({path[0]: value}, path, offset, limit))
            except NothingThere as error:
                return {"nothing": str(error)}
    held = manifest.variables.get(path[0])
    if held is None or len(path) > 1:
        return {"nothing": "it is on disk, not loaded: branch or restore it to look further"}
    row = describe_variable(path[0], None)
    kind = "object" if not held.source else "function" if held.type == "function" else "class"
    row.update(type=held.type, summary=held.summary, kind=kind, size_bytes=None)
    facts = [["comes back", held.verdict], ["because", held.reason]]
    return {
        "variable": row, "expression": path[0], "facts": [fact for fact in facts if fact[1]],
        "text": held.source, "total": len(held.source), "children": [], "grid": None,
    }  # fmt: skip


def _bytes(source: Any, group: Any) -> Any:
    source.check(group.stream)
    return source.read(group.stream)


def _history(source: Any, manifest: Any, damage: list[str]) -> dict[int, str]:
    if manifest.cells is None:
        return {}
    try:
        lines = bytes(source.read(manifest.cells)).splitlines()
        return {int(number): str(text) for number, text in map(json.loads, lines)}
    except (Damage, OSError, ValueError) as error:
        damage.append(f"the code of the cells: {error}")
        return {}


def _export(folder: str, checkpoint: str, file: str, key: str) -> dict[str, Any]:
    pack(Store(folder), checkpoint, file, key)
    return {}


def _import(file: str, folder: str) -> dict[str, Any]:
    return {"checkpoint": unpack(Parcel(file), Store(folder))}


def _collect(folder: str) -> dict[str, Any]:
    return {"freed": Store(folder).collect()}


_ORDERS: dict[str, Callable[..., dict[str, Any]]] = {
    "describe": _describe,
    "inspect": _inspect,
    "export": _export,
    "import": _import,
    "collect": _collect,
}
