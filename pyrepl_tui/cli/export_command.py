"""`pyrepl-tui export`: a session as text, a web page, Markdown or a notebook."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from pyrepl_tui.engine import registry
from pyrepl_tui.engine.transcript import Transcript
from pyrepl_tui.rendering.exports import FORMS, Form, export, form_of
from pyrepl_tui.rendering.live import open_document
from pyrepl_worker import protocol


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "name", metavar="NAME", help="the session's name or id, or the folder of its record"
    )
    endings = ", ".join(form.endings[0] for form in FORMS)
    parser.add_argument(
        "file", metavar="FILE", help=f"the file to write; its ending says as what: {endings}"
    )
    parser.add_argument(
        "--as",
        dest="form",
        choices=[form.name for form in FORMS],
        help="the form, where the file's ending does not say it",
    )
    parser.add_argument("--force", action="store_true", help="replace the file if it is there")


async def main(args: argparse.Namespace) -> int:
    """Write the file; nothing is printed."""
    _export(args, _form(args), Path(args.file))
    return 0


def _export(args: argparse.Namespace, form: Form, path: Path) -> None:
    if path.exists() and not args.force:
        raise FileExistsError(f"{args.file} is there already; --force replaces it")
    name, folder = _record(args.name)
    for _ in export(open_document(Transcript(folder)), name, path, form):
        pass


def _form(args: argparse.Namespace) -> Form:
    """The form asked for.

    Raises:
        OSError: if neither the option nor the file's name says which.
    """
    if args.form is not None:
        return next(form for form in FORMS if form.name == args.form)
    found = form_of(args.file)
    if found is None:
        names = ", ".join(ending for form in FORMS for ending in form.endings)
        raise OSError(f"{args.file}: what is it to be? Use --as, or one of the endings {names}")
    return found


def _record(name: str) -> tuple[str, Path]:
    """A session's name and folder; that of one that has ended is found by its path.

    Raises:
        SessionNotFound: if there is none, or more than one.
    """
    if os.path.isfile(os.path.join(name, protocol.JOURNAL)):
        return Path(name).resolve().name, Path(name)
    entry = registry.resolve(name)
    return entry.name or entry.id, Path(entry.directory)
