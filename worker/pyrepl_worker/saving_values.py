"""Writing a value to a file, in the form that the file's ending names. It may run user code."""

from __future__ import annotations

import csv
import importlib
import json
import os
import pickle
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def save(value: Any, file: str) -> None:
    """Write a value to a new file: it is there whole, or not at all.

    Raises:
        FileExistsError: if there is such a file.
        ValueError: if the ending is none we know.
    """
    ending = os.path.splitext(file)[1].lower()
    write = _FORMS.get(ending)
    if write is None:
        raise ValueError(f"the file's name ends with one of {', '.join(_FORMS)}")
    if os.path.exists(file):
        raise FileExistsError(f"there is a file {file} already")
    fresh = f"{file}.{os.getpid()}.new{ending}"
    try:
        write(value, fresh)
        os.link(fresh, file)  # unlike a rename it fails if somebody has made one meanwhile
    finally:
        if os.path.exists(fresh):
            os.unlink(fresh)


def _pickle(value: Any, file: str) -> None:
    try:
        dumps = importlib.import_module("cloudpickle").dumps
    except ImportError:
        dumps = pickle.dumps
    data = dumps(value)
    with open(file, "xb") as target:
        target.write(data)


def _text(value: Any, file: str) -> None:
    data = value if isinstance(value, (bytes, bytearray)) else str(value).encode()
    with open(file, "xb") as target:
        target.write(data)


def _json(value: Any, file: str) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    with open(file, "x", encoding="utf-8") as target:
        target.write(text + "\n")


def _csv(value: Any, file: str) -> None:
    own: Callable[..., Any] | None = getattr(value, "to_csv", None) or getattr(
        value, "write_csv", None
    )
    if own is not None:
        own(file)
        return
    rows = value.tolist() if hasattr(value, "tolist") else value
    with open(file, "x", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        if isinstance(rows, dict):
            writer.writerows(rows.items())
        else:
            writer.writerows(row if isinstance(row, (list, tuple)) else [row] for row in rows)


def _parquet(value: Any, file: str) -> None:
    own = getattr(value, "to_parquet", None) or getattr(value, "write_parquet", None)
    if own is None:
        importlib.import_module("pyarrow.parquet").write_table(value, file)
    else:
        own(file)


def _numpy(value: Any, file: str) -> None:
    importlib.import_module("numpy").save(file, value, allow_pickle=False)


_FORMS: dict[str, Callable[[Any, str], None]] = {
    ".pkl": _pickle,
    ".csv": _csv,
    ".parquet": _parquet,
    ".npy": _numpy,
    ".json": _json,
    ".txt": _text,
    ".bin": _text,
}
