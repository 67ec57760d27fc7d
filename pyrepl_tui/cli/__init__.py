"""The command line: which command is meant, and what its errors look like."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import io
import os
import sys
from collections.abc import Sequence
from types import ModuleType

PROGRAM = "pyrepl-tui"
COMMANDS = {
    "run": "run a script without the workspace; exit code as python's",
    "exec": "run code, in a named session that lives on between calls",
    "sessions": "list the sessions that live now",
    "attach": "use a session line by line, on any terminal",
    "stop": "end a session",
    "checkpoints": "list a session's checkpoints, or take one",
    "restore": "make a checkpoint a session's present",
    "branch": "open a checkpoint as a second live session",
    "open": "open a checkpoint from the disk, or a file, as a new session",
    "compare": "what differs between two sessions or checkpoints",
    "export": "write a session to a file: text, web page, Markdown or Jupyter notebook",
    "doctor": "what works on this machine, why not, and what dead processes left behind",
}
"""Each command's line of help. The module of the same name has its `configure` and `main`."""

USAGE_ERROR = 2
INTERRUPTED = 130
BROKEN_PIPE = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out a command line. Returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # a value may hold characters that the terminal's encoding has not
        sys.stdout.reconfigure(errors="backslashreplace")
    if words and words[0] in COMMANDS:
        return _command(words[0], words[1:])
    parser = _workspace_parser()
    args = parser.parse_args(words)
    missing = [file for file in args.files if not os.path.isfile(file)]
    if missing:
        kind = "" if os.path.splitext(missing[0])[1] else ", and no command of that name"
        parser.error(f"there is no file {missing[0]!r}{kind}")
    from . import workspace

    return workspace.main(args.files)


def _command(name: str, words: list[str]) -> int:
    module = _load(name)
    parser = argparse.ArgumentParser(
        prog=f"{PROGRAM} {name}", description=f"{COMMANDS[name].capitalize()}."
    )
    module.configure(parser)
    split = getattr(module, "split", None)
    rest: list[str] = []
    if split is not None:
        words, rest = split(words)
    args = parser.parse_args(words)
    args.rest = rest
    return _guarded(module, args)


def _load(name: str) -> ModuleType:
    return importlib.import_module(f".{name}_command", __name__)


def _guarded(module: ModuleType, args: argparse.Namespace) -> int:
    """Run a command; an error is told in a sentence, not in a traceback."""
    from pyrepl_tui.engine.errors import PyreplError

    from .saying import tell

    try:
        code: int = asyncio.run(module.main(args))
        sys.stdout.flush()
        return code
    except (PyreplError, NotImplementedError) as error:
        tell(str(error))
        return USAGE_ERROR if isinstance(error, NotImplementedError) else 1
    except BrokenPipeError:
        # whoever read our output has gone; python must not complain about it once more at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return BROKEN_PIPE
    except OSError as error:
        tell(str(error))
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _workspace_parser() -> argparse.ArgumentParser:
    from pyrepl_tui import __version__

    width = max(map(len, COMMANDS))
    listing = "\n".join(f"  {name:{width}}  {text}" for name, text in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="A full-screen terminal workspace for Python.",
        usage=f"{PROGRAM} [FILES ...]\n       {PROGRAM} COMMAND ...",
        epilog=f"commands:\n{listing}\n\n'{PROGRAM} COMMAND --help' tells more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="*", metavar="FILES", help="Python files to open in tabs")
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    return parser
