"""Every CPython the worker must run in, as far as this machine has them."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

OLDEST = (3, 10)

_ASK = (
    "import os, sys;"
    "print(sys.implementation.name, *sys.version_info[:3],"
    " os.path.realpath(sys.executable))"
)
_NAME = re.compile(r"python3(\.\d+)?")
_FOLDERS = (
    "~/.pyenv/versions/*/bin",
    "~/.local/share/uv/python/*/bin",
    "~/miniconda3/bin",
    "~/miniconda3/envs/*/bin",
    "~/miniforge3/bin",
    "~/miniforge3/envs/*/bin",
    "/opt/conda/bin",
    "/opt/conda/envs/*/bin",
    "/usr/local/bin",
    "/usr/bin",
)


@dataclass(frozen=True)
class Interpreter:
    """One CPython."""

    version: tuple[int, int, int]
    path: str

    def __str__(self) -> str:
        return ".".join(map(str, self.version))


def _candidates() -> list[str]:
    home = os.path.expanduser("~")
    folders = [Path(entry) for entry in os.environ.get("PATH", "").split(os.pathsep) if entry]
    for pattern in _FOLDERS:
        absolute = pattern.replace("~", home, 1)
        folders += sorted(Path("/").glob(absolute.lstrip("/")))
    found: dict[Path, str] = {}
    for folder in folders:
        if not folder.is_dir() or folder.name == "shims":
            continue  # a shim is a shell script in front of an interpreter that is found anyway
        for path in sorted(folder.iterdir()):
            if _NAME.fullmatch(path.name) and os.access(path, os.X_OK):
                found.setdefault(path.resolve(), str(path))
    return list(found.values())


def _ask(path: str) -> Interpreter | None:
    try:
        done = subprocess.run(
            [path, "-I", "-S", "-c", _ASK], capture_output=True, text=True, timeout=20, check=True
        )
        name, major, minor, micro, executable = done.stdout.strip().split(" ", 4)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    version = (int(major), int(minor), int(micro))
    if name != "cpython" or version[:2] < OLDEST:
        return None
    return Interpreter(version, executable)


@functools.lru_cache(maxsize=1)
def interpreters() -> tuple[Interpreter, ...]:
    """Each version once, oldest first; the one that runs the tests stands for its own version."""
    known: dict[tuple[int, int, int], Interpreter] = {}
    for path in [sys.executable, *_candidates()]:
        found = _ask(path)
        if found is not None:
            known.setdefault(found.version, found)
    return tuple(known[version] for version in sorted(known))


every_python = pytest.mark.parametrize(
    "python", [pytest.param(each.path, id=str(each)) for each in interpreters()]
)
"""Run a test once per CPython; its argument `python` is the interpreter's path."""
