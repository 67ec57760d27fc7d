"""Values that a forked process cannot pickle, because that takes threads which it has not.

The worker pickles them before the fork, and hands the bytes over. Only what is in `_KINDS` is so.
"""

from __future__ import annotations

import gc
import pickle
import sys
from typing import Any

_KINDS = {"polars": ("DataFrame", "Series", "LazyFrame")}
"""Classes, by the module that offers them, whose pickling may run on native threads."""


class Handover:
    """The pickles of such values."""

    def __init__(self) -> None:
        self._kinds = [
            kind
            for module, names in _KINDS.items()
            for name in names
            if isinstance(kind := getattr(sys.modules.get(module), name, None), type)
        ]
        self._pickled: dict[int, bytes] = {}

    def take(self) -> None:
        """Pickle all such values there are, in the process that has the threads."""
        if not self._kinds:
            return
        for value in gc.get_objects():
            if type(value) in self._kinds:
                try:
                    self._pickled[id(value)] = pickle.dumps(value, protocol=5)
                except Exception:
                    continue  # what it is that cannot be saved is found out, and told, by the save

    def install(self) -> None:
        """In the forked process: have them tell pickle these bytes."""
        for kind in self._kinds:
            self._teach(kind, kind.__reduce_ex__)

    def _teach(self, kind: Any, plainly: Any) -> None:
        pickled = self._pickled

        def reduce(value: Any, protocol: int) -> Any:
            data = pickled.get(id(value))
            if data is None:
                # one that was loaded back, or taken out of another: it lies in one piece
                kind.__reduce_ex__ = plainly
                try:
                    data = pickle.dumps(value, protocol=5)
                finally:
                    kind.__reduce_ex__ = reduce
            return pickle.loads, (data,)

        kind.__reduce_ex__ = reduce
