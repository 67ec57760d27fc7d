"""`pyrepl-tui run`: a script without the workspace."""

from __future__ import annotations

import argparse
import io
import os
import sys
import tokenize

from pyrepl_tui import locations
from pyrepl_tui.engine import ended
from pyrepl_tui.engine.named import open_named
from pyrepl_tui.engine.session import Session
from pyrepl_tui.engine.values import SessionState, TransactionPolicy

from . import PROGRAM, USAGE_ERROR
from .console import Console, exit_code, show_error
from .saying import tell

_WITH_VALUE = ("--policy", "--session", "--timeout", "--python")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments; those of the script are split off before."""
    parser.usage = "%(prog)s FILE [--policy P] [--session NAME] [--timeout S] [ARGS ...]"
    parser.add_argument("file", metavar="FILE", help="the script; - reads it from standard input")
    add_options(parser)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what `run` and `exec` share."""
    parser.add_argument(
        "--policy",
        default=TransactionPolicy.COMMIT_ALWAYS.value,
        choices=[policy.value for policy in TransactionPolicy],
        metavar="P",
        help="what becomes of its changes (commit_always)",
    )
    parser.add_argument("--session", metavar="NAME", help="a session that lives on afterwards")
    parser.add_argument(
        "--timeout", type=seconds, metavar="S", help="interrupt it after so many seconds"
    )
    parser.add_argument("--python", metavar="PATH", help="the interpreter of a new session")


def seconds(text: str) -> float:
    """A positive number of seconds."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("a positive number of seconds is needed")
    return value


def split(words: list[str]) -> tuple[list[str], list[str]]:
    """Tell our own arguments from the script's: ours end at the first word that is not ours."""
    own: list[str] = []
    index, has_file = 0, False
    while index < len(words):
        word = words[index]
        if word.partition("=")[0] in _WITH_VALUE:
            take = 1 if "=" in word else 2
            own += words[index : index + take]
            index += take
        elif has_file:
            break
        else:
            has_file = word == "-" or not word.startswith("-")
            own.append(word)
            index += 1
    rest = words[index:]
    return own, rest[1:] if rest[:1] == ["--"] else rest


async def main(args: argparse.Namespace) -> int:
    """Run the script. Returns its exit code."""
    try:
        code = _read(args.file)
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        tell(f"can't open file {args.file!r}: {error}")
        return USAGE_ERROR
    session = await open_session(args, os.path.basename(args.file))
    try:
        return await _run(session, code, args)
    finally:
        await (session.detach() if session.persist else session.close())


async def open_session(args: argparse.Namespace, name: str) -> Session:
    """The session that the options name, or one for this run alone."""
    if args.session is None:
        return await Session(name=name, python=args.python, client="cli").start()
    session, is_new = await open_named(args.session, client="cli", python=args.python)
    if session.state is SessionState.DEAD:
        reason = "" if session.death is None else f" ({session.death.reason})"
        tell(f"the worker of session {args.session!r} had died{reason}; this is a fresh one")
        await session.restart()
    elif args.python is not None and not is_new:
        tell(f"session {args.session!r} lives already; --python has no effect on it")
    elif is_new:
        _tell_of_namesake(session)
    return session


def _tell_of_namesake(session: Session) -> None:
    """Who works by name expects the state they left, and a reboot may have ended that session."""
    state = locations.state_dir()
    left = [each.id for each, _ in ended.with_archives(state) if each.name == session.name]
    if left:
        tell(
            f"{session.name!r} is a new session; the one that has ended left checkpoints:"
            f" '{PROGRAM} checkpoints {left[-1]}' lists them, '{PROGRAM} open ID' opens one"
        )


async def _run(session: Session, code: str, args: argparse.Namespace) -> int:
    operation = session.run(
        code,
        policy=args.policy,
        timeout_ms=None if args.timeout is None else int(args.timeout * 1000),
        on_input="ask",
        filename=_full_name(args.file),
        argv=[args.file, *args.rest],
    )
    result = await Console(session).show(operation)
    show_error(result)
    return exit_code(result)


def _full_name(file: str) -> str:
    """What tracebacks call the script."""
    return "<stdin>" if file == "-" else os.path.abspath(file)


def _read(file: str) -> str:
    """A script's text, decoded as python would."""
    if file == "-":
        return sys.stdin.read()
    with open(file, "rb") as source:  # perhaps a pipe, which cannot be read twice
        content = io.BytesIO(source.read())
    encoding, _ = tokenize.detect_encoding(content.readline)
    content.seek(0)
    return io.TextIOWrapper(content, encoding).read()
