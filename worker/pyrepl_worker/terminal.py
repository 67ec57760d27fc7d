"""What programs are told of the screen that shows their output: its size and its colours."""

from __future__ import annotations

import os
from typing import Any

_COLOURS = {
    "16": {"TERM": "xterm-color", "FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"},
    "256": {"TERM": "xterm-256color", "FORCE_COLOR": "2", "CLICOLOR_FORCE": "1"},
    "truecolor": {
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "FORCE_COLOR": "3",
        "CLICOLOR_FORCE": "1",
    },
}
_NAMES = ("COLUMNS", "LINES")


class Terminal:
    """Keeps ``COLUMNS`` and ``LINES`` true, as long as user code has not set them itself."""

    def __init__(self, options: dict[str, Any]) -> None:
        """Take what the session's first client said of its screen.

        Args:
            options: ``columns``, ``lines`` and ``colours``, each of which may be missing.
        """
        self._options = options
        self._ours: dict[str, str] = {}

    def install(self) -> None:
        """Set the environment up. What the user's own environment says of colours comes first."""
        columns, lines = self._options.get("columns"), self._options.get("lines")
        if self._options:
            for name in _NAMES:
                os.environ.pop(name, None)  # they speak of the terminal the client was started in
        if type(columns) is int and type(lines) is int:
            self.resize(columns, lines)
        colours = _COLOURS.get(str(self._options.get("colours")), {})
        if not os.environ.get("NO_COLOR") and "FORCE_COLOR" not in os.environ:
            for name, value in colours.items():
                if os.environ.get(name) != value:
                    os.environ[name] = value

    def resize(self, columns: int, lines: int) -> None:
        """Say how large the screen is now."""
        for name, number in zip(_NAMES, (columns, lines), strict=True):
            present = os.environ.get(name)
            if number > 0 and (present is None or present == self._ours.get(name)):
                os.environ[name] = self._ours[name] = str(number)
