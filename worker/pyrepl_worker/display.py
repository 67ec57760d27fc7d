"""The value of a cell's last expression: `_`, and its repr within bounds."""

from __future__ import annotations

import sys
from time import monotonic  # the function: user code may replace the module's
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from .displaying import Displays

_T = TypeVar("_T")

MAX_VALUE = 1024 * 1024
"""Longest repr kept, in characters; what is longer is cut and marked."""
REPR_SECONDS = 10.0
"""A repr that takes longer is interrupted."""


class Shower:
    """Turns last values into text, and remembers the last three as ``_``, ``__``, ``___``."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._last: dict[str, Any] = {}
        self._hook = sys.displayhook
        self.text: str | None = None
        self.truncated = False
        self.deadline: float | None = None
        """time.monotonic() at which the repr under way is to be interrupted; None: none is."""
        self.displays: Displays | None = None
        """Shows what values have besides a repr; None: nothing does."""

    def clear(self) -> None:
        """Forget the text of the previous run."""
        self.text, self.truncated = None, False

    def show(self, value: Any) -> None:
        """Make `value` the run's value. Runs the user's code: its repr, or its displayhook.

        Raises:
            Whatever the repr raises; KeyboardInterrupt on an interrupt.
        """
        if sys.displayhook is not self._hook and callable(sys.displayhook):
            sys.displayhook(value)
            return
        self._remember(value)
        found = self._in_time(lambda: repr(value))
        text = _late(value) if found is None else found
        # str's own methods: a __repr__ may return an instance of a subclass
        self.truncated = str.__len__(text) > MAX_VALUE
        shown = self.text = str.__getitem__(text, slice(MAX_VALUE))
        displays = self.displays
        if displays is not None and found is not None:
            self._in_time(lambda: displays.show_value(value, shown))

    @property
    def has_more(self) -> bool:
        """Whether `finish` has something to show."""
        return self.displays is not None and self.displays.figures.used

    def finish(self) -> None:
        """Show what a run leaves to its end: figures. May run user code.

        Raises:
            KeyboardInterrupt: on an interrupt.
        """
        if self.displays is not None:
            self.displays.finish()

    def _in_time(self, call: Callable[[], _T]) -> _T | None:
        """What user code returns; None if that takes too long."""
        deadline = self.deadline = monotonic() + REPR_SECONDS
        try:
            return call()
        except KeyboardInterrupt:
            if self.deadline is not None or monotonic() < deadline:
                raise
            return None
        finally:
            self.deadline = None

    def _remember(self, value: Any) -> None:
        for name, older in (("___", "__"), ("__", "_")):
            if older in self._last:
                self._set(name, self._last[older])
        self._set("_", value)

    def _set(self, name: str, value: Any) -> None:
        # a user's own `_` (gettext, an ignored loop variable) stays until it is deleted
        ours = name in self._last and self._namespace.get(name) is self._last[name]
        if ours or name not in self._namespace:
            self._namespace[name] = value
        self._last[name] = value


def _late(value: Any) -> str:
    return f"<the repr of this {type(value).__name__} took longer than {REPR_SECONDS:g} s>"
