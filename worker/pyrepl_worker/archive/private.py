"""Our copy of cloudpickle, under a name that no package of the user's has.

What it pickles names functions of its own. These are found by that name, whatever the user's
interpreter has under ``cloudpickle``, and only by the archive's unpickler.
"""

from __future__ import annotations

import sys
import types
from typing import Any

import cloudpickle as _package

from . import rebuild, rebuild_arrays

NAME = "_pyrepl_tui_cloudpickle"
REBUILD = "_pyrepl_tui_rebuild"
ARRAYS = "_pyrepl_tui_rebuild_arrays"

cloudpickle = _package.cloudpickle

_KNOWN: dict[str, types.ModuleType] = {
    NAME: cloudpickle,
    REBUILD: rebuild,
    ARRAYS: rebuild_arrays,
    # what a cloudpickle of the user's wrote when an object pickled itself with it
    "cloudpickle.cloudpickle": cloudpickle,
    "cloudpickle": cloudpickle,
}


def prepare() -> None:
    """Make this process, which ends when it has pickled, able to name what is ours."""
    for module, name in ((cloudpickle, NAME), (rebuild, REBUILD), (rebuild_arrays, ARRAYS)):
        own = module.__name__
        for value in list(vars(module).values()):
            if getattr(value, "__module__", None) == own:
                value.__module__ = name
        sys.modules[name] = module
    # every archive is to give a class the same bytes: no random numbers, no memory of classes
    cloudpickle._get_or_create_tracker_id = lambda class_def: None


def find(module: str, name: str) -> Any:
    """What a pickle calls `name` in a module of ours.

    Raises:
        LookupError: if it is none of ours, or user code comes first.
    """
    if module.startswith("cloudpickle") and module in sys.modules:
        raise LookupError(module)
    found: Any = _KNOWN[module]
    for part in name.split("."):
        found = getattr(found, part)
    return found
