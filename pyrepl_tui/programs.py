"""Other programs that work on the code in the editor: a formatter, the user's own editor."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FORMAT_SECONDS = 10.0
_FORMATTERS = (
    ("ruff", ("format", "--quiet", "--stdin-filename", "cell.py", "-")),
    ("black", ("--quiet", "-")),
)
_EDITORS = ("nano", "vim", "vi")


class ProgramError(Exception):
    """A program is missing, or did not do what it was asked."""


async def format_code(code: str, beside: str = "") -> str:
    """The code as ruff, else black, would write it.

    Args:
        code: what to format; it must be free of errors.
        beside: the folder of the session's interpreter, where a project's own formatter lies.

    Raises:
        ProgramError: if there is neither, or it refuses the code.
    """
    folders = [folder for folder in (beside, os.path.dirname(sys.executable)) if folder]
    path = os.pathsep.join([*folders, os.environ.get("PATH", "")])
    for name, arguments in _FORMATTERS:
        program = shutil.which(name, path=path)
        if program is not None:
            return await _filtered(program, arguments, code)
    raise ProgramError("There is neither ruff nor black in this environment.")


async def _filtered(program: str, arguments: tuple[str, ...], code: str) -> str:
    process = await asyncio.create_subprocess_exec(
        program,
        *arguments,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(code.encode()), FORMAT_SECONDS)
    except asyncio.TimeoutError:
        process.kill()
        await process.wait()
        raise ProgramError(f"{program} did not answer within {FORMAT_SECONDS:g} s.") from None
    if process.returncode:
        lines = err.decode("utf-8", "replace").strip().splitlines()
        raise ProgramError(lines[0] if lines else f"{program} failed.")
    return out.decode().rstrip("\n")


def edit_outside(code: str) -> str:
    """Let the user edit the code in `$VISUAL` or `$EDITOR`, in the terminal we run in.

    Raises:
        ProgramError: if there is no editor, or it failed.
    """
    wanted = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    command = shlex.split(wanted) or [name for name in _EDITORS if shutil.which(name)][:1]
    if not command:
        raise ProgramError("Set EDITOR to the editor of your choice.")
    with tempfile.TemporaryDirectory(prefix="pyrepl-tui-") as folder:
        file = Path(folder, "cell.py")
        file.write_text(code + "\n" * bool(code), "utf-8")
        try:
            status = subprocess.call([*command, str(file)])
        except OSError as error:
            raise ProgramError(f"{command[0]}: {error.strerror}") from None
        if status:
            raise ProgramError(f"{command[0]} ended with status {status}.")
        return file.read_text("utf-8", "replace").rstrip("\n")
