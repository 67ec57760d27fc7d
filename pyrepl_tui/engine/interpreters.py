"""The Pythons that sessions may run in."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pyrepl_worker.records import record

from .errors import WorkerStartError

OLDEST = (3, 10)
"""The oldest version that can run a session."""

NOTABLE = (
    "numpy", "pandas", "polars", "pyarrow", "scipy", "sklearn", "matplotlib", "torch", "jax",
    "tensorflow", "duckdb", "django", "flask", "fastapi", "sqlalchemy", "requests",
)  # fmt: skip
"""Packages that people tell their environments by."""

_ASK_PACKAGES = (
    "import sys; from importlib.util import find_spec; "
    "print(*(name for name in sys.argv[1:] if find_spec(name)))"
)
_ASK = "import sys; print(sys.implementation.name, '.'.join(map(str, sys.version_info[:3])))"
_ASK_SECONDS = 10


@record(frozen=True, slots=True)
class Interpreter:
    """A Python found on this machine."""

    path: str
    version: str
    """As ``3.12.1``; empty if it does not run."""
    problem: str | None
    """Why it cannot run sessions; None if it can."""
    packages: tuple[str, ...] = ()
    """Which of the `NOTABLE` ones it has; see `with_packages`."""


def locate(python: str | os.PathLike[str] | None, env: Mapping[str, str] | None = None) -> str:
    """Return the path of an interpreter, symbolic links kept as a venv needs them.

    Whether it is one is left to `check`; a command that is nowhere stays a bare name.

    Args:
        python: a path, a command's name, or the folder of an environment; None: our own.
        env: where to look up PATH; None: this process's environment.
    """
    if python is None:
        return sys.executable
    text = os.path.expanduser(os.fspath(python))
    if os.sep not in text:
        found = shutil.which(text, path=(os.environ if env is None else env).get("PATH"))
        if found is not None or not os.path.isdir(text):
            return text if found is None else os.path.abspath(found)
    path = os.path.abspath(text)
    return os.path.join(path, "bin", "python") if os.path.isdir(path) else path


def check(path: str) -> None:
    """See whether there is something to execute.

    Raises:
        WorkerStartError: if not.
    """
    if os.sep not in path:
        raise WorkerStartError(f"there is no command {path!r} on the PATH", command=(path,))
    if not os.path.exists(path):
        raise WorkerStartError(f"there is no interpreter {path}", command=(path,))
    if os.path.isdir(path) or not os.access(path, os.X_OK):
        raise WorkerStartError(f"{path} cannot be executed", command=(path,))


def candidates() -> list[str]:
    """Paths of Pythons in the usual places, ours first, each once."""
    seen: dict[tuple[str, str], str] = {}
    for path in _places():
        # a venv's python is a link to its base's: told apart by folder, not by what it links to
        key = (os.path.realpath(os.path.dirname(path)), os.path.realpath(path))
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            seen.setdefault(key, path)
    return list(seen.values())


def _places() -> Iterator[str]:
    yield sys.executable
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if os.environ.get(name):
            yield os.path.join(os.environ[name], "bin", "python")
    for folder in (".venv", "venv"):
        yield os.path.join(os.getcwd(), folder, "bin", "python")
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        # a shim is a script in front of an interpreter that is found anyway
        if folder and os.path.basename(folder) != "shims":
            yield from sorted(glob.glob(os.path.join(glob.escape(folder), "python3")))
            yield from sorted(glob.glob(os.path.join(glob.escape(folder), "python3.[0-9]*[0-9]")))
    yield from sorted(glob.glob(str(Path.home() / ".pyenv/versions/*/bin/python")))
    yield from sorted(glob.glob(str(Path.home() / ".local/share/uv/python/*/bin/python3")))
    for conda in ("miniconda3", "anaconda3", "miniforge3", "mambaforge"):
        yield str(Path.home() / conda / "bin/python")
        yield from sorted(glob.glob(str(Path.home() / conda / "envs/*/bin/python")))


def examine(path: str) -> Interpreter:
    """Ask an interpreter what it is. Blocks for as long as it takes to start."""
    try:
        answer = subprocess.run(
            [path, "-I", "-S", "-c", _ASK],
            capture_output=True,
            text=True,
            timeout=_ASK_SECONDS,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Interpreter(path, "", f"does not run: {error}")
    name, _, version = answer.stdout.strip().partition(" ")
    if answer.returncode or not version:
        return Interpreter(path, "", "does not run, or is no Python")
    if name != "cpython":
        return Interpreter(path, version, f"is {name}; sessions need CPython")
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        return Interpreter(path, version, "too old; sessions need 3.10 or newer")
    return Interpreter(path, version, None)


def with_packages(found: Interpreter) -> Interpreter:
    """Ask an interpreter which notable packages it has. Blocks as `examine` does."""
    try:
        answer = subprocess.run(
            [found.path, "-I", "-c", _ASK_PACKAGES, *NOTABLE],
            capture_output=True,
            text=True,
            timeout=_ASK_SECONDS,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return found
    return replace(found, packages=tuple(answer.stdout.split()))


def installation() -> tuple[str, list[str]]:
    """Return where the worker's entry point lies, and the folders of the packages it brings.

    Nothing is imported for that: the worker's modules are not for this process.
    """
    from importlib.util import find_spec

    from pyrepl_worker import framing

    bootstrap = os.path.join(os.path.dirname(os.path.abspath(framing.__file__)), "bootstrap.py")
    sites = []
    for name in ("msgpack", "cloudpickle"):
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise WorkerStartError(f"the package {name} is missing beside pyrepl-tui")
        site = os.path.dirname(os.path.dirname(os.path.abspath(spec.origin)))
        if site not in sites:
            sites.append(site)
    return bootstrap, sites
