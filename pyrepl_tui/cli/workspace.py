"""No command: the full-screen workspace."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from . import PROGRAM, USAGE_ERROR


def main(files: Sequence[str]) -> int:
    """Open the workspace. Returns the exit code."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        text = "the workspace needs a terminal; see --help for commands that do not"
        print(f"{PROGRAM}: {text}", file=sys.stderr)
        return USAGE_ERROR
    from pyrepl_tui.app import PyreplApp
    from pyrepl_tui.rendering.graphics import ask_terminal

    ask_terminal()
    app = PyreplApp(files)
    app.run()
    return app.return_code or 0
