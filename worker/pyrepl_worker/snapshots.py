"""State kept inside the process, where no image can be: deep by pickling, shallow for the rest.

A weaker promise than an image's, and said so: objects that cannot be pickled come back as they are
now (only the name is put back), and so do modules and what hides in C.
"""

from __future__ import annotations

import os
import pickle
import random
import sys
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

_BY_NAME = (ModuleType, FunctionType, BuiltinFunctionType, type)
"""Kinds that pickle by reference: their names are put back, not what is in them."""


@dataclass
class Snapshot:
    """A namespace as it was, and what surrounds it."""

    names: dict[str, Any]
    """All names with the objects they had."""
    pickled: list[tuple[list[str], bytes]]
    """Groups of names whose values were copied, each as one pickle so that aliases hold."""
    shallow: list[str]
    """Names whose values could not be copied."""
    cwd: str | None
    environ: dict[str, str]
    path: list[str]
    random_state: Any

    @property
    def isolation(self) -> str:
        """``deep``, or ``shallow`` if some values could not be copied."""
        return "shallow" if self.shallow else "deep"


def take(namespace: dict[str, Any]) -> Snapshot:
    """Copy what can be copied. Runs user code where values pickle by their own methods."""
    names = dict(namespace)
    values = {
        name: value
        for name, value in names.items()
        if not issubclass(type(value), _BY_NAME) and not name.startswith("__")
    }
    pickled, shallow = _copy(values)
    return Snapshot(
        names=names,
        pickled=pickled,
        shallow=shallow,
        cwd=_cwd(),
        environ=dict(os.environ),
        path=list(sys.path),
        random_state=random.getstate(),
    )


def _copy(values: dict[str, Any]) -> tuple[list[tuple[list[str], bytes]], list[str]]:
    whole = _pickled(values)
    if whole is not None:
        return [(list(values), whole)], []
    copied = {name for name, value in values.items() if _pickled(value) is not None}
    together = {name: value for name, value in values.items() if name in copied}
    shallow = [name for name in values if name not in copied]
    group = _pickled(together)
    if group is None:
        return [], list(values)
    return [(list(together), group)], shallow


def _pickled(value: Any) -> bytes | None:
    try:
        return pickle.dumps(value, protocol=5)
    except BaseException:
        return None  # any reducer of the user's may fail in any way


def put_back(snapshot: Snapshot, namespace: dict[str, Any]) -> list[str]:
    """Make the namespace what it was. Returns what may not have been restored."""
    unrestored = [f"{name}: only the name could be put back" for name in snapshot.shallow]
    namespace.clear()
    namespace.update(snapshot.names)
    for names, data in snapshot.pickled:
        try:
            namespace.update(pickle.loads(data))
        except BaseException as error:
            reason = f"its copy could not be loaded ({type(error).__name__})"
            unrestored += [f"{name}: {reason}" for name in names]
    modules = sorted(n for n, v in snapshot.names.items() if issubclass(type(v), ModuleType))
    if modules:
        unrestored.append(f"what is inside modules ({', '.join(modules[:10])})")
    _put_back_surroundings(snapshot)
    return unrestored


def _put_back_surroundings(snapshot: Snapshot) -> None:
    if snapshot.cwd is not None:
        os.chdir(snapshot.cwd)
    for name in set(os.environ) - set(snapshot.environ):
        del os.environ[name]
    os.environ.update(snapshot.environ)
    sys.path[:] = snapshot.path
    random.setstate(snapshot.random_state)


def _cwd() -> str | None:
    try:
        return os.getcwd()
    except OSError:
        return None
