"""The command line's entry point."""

from __future__ import annotations

import sys

from pyrepl_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
