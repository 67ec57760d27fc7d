"""The command line's entry point."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Carry out the command line. Returns the exit code."""
    if sys.path and sys.path[0] in ("", os.getcwd()):
        # python -m puts the working folder first, and a json.py that lies there is not for us
        del sys.path[0]
    from pyrepl_tui.cli import main as carry_out

    return carry_out()


if __name__ == "__main__":
    sys.exit(main())
