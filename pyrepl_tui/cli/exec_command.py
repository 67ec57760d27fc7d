"""`pyrepl-tui exec`: a piece of code, perhaps in a session that lives on."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys

from pyrepl_tui.engine.session import Session
from pyrepl_tui.engine.values import ExecutionResult

from .console import Console, exit_code, show_error
from .run_command import add_options, open_session


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("code", metavar="CODE", help="Python code; - reads it from standard input")
    add_options(parser)
    parser.add_argument(
        "--json", action="store_true", help="print the result as one JSON object, nothing else"
    )


async def main(args: argparse.Namespace) -> int:
    """Run the code and show what came of it. Returns the exit code."""
    code = sys.stdin.read() if args.code == "-" else args.code
    session = await open_session(args, "exec")
    try:
        result = await _execute(session, code, args)
        if args.json:
            print(json.dumps({"session": session.id, **dataclasses.asdict(result)}))
        else:
            if result.value is not None:
                print(result.value, flush=True)
            show_error(result)
        return exit_code(result)
    finally:
        await (session.detach() if session.persist else session.close())


async def _execute(session: Session, code: str, args: argparse.Namespace) -> ExecutionResult:
    operation = session.run(
        code,
        policy=args.policy,
        timeout_ms=None if args.timeout is None else int(args.timeout * 1000),
        on_input=None if args.json else "ask",
    )
    return await Console(session).show(operation, output=not args.json)
