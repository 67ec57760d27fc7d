"""Bringing copied text to the clipboards that the terminal's own way (OSC 52) does not reach."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping

_SECONDS = 3.0
_LOCAL = (
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
    ("DISPLAY", ("xsel", "--clipboard", "--input")),
)


def clipboard_commands(environment: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The programs that take text for a clipboard here, by what the environment says.

    tmux keeps the text of applications to itself unless it is told otherwise, so it is handed to
    tmux, which passes it on to the terminal. Over SSH the clipboard of the machine is nobody's.
    """
    found: list[tuple[str, ...]] = []
    if environment.get("TMUX") and shutil.which("tmux"):
        found.append(("tmux", "load-buffer", "-w", "-"))
    if environment.get("SSH_CONNECTION"):
        return found
    for variable, command in _LOCAL:
        if environment.get(variable) and shutil.which(command[0]):
            found.append(command)
            break
    else:
        if shutil.which("pbcopy"):
            found.append(("pbcopy",))
    return found


def bring_to_clipboards(text: str, commands: list[tuple[str, ...]]) -> None:
    """Hand text to each of the programs; one that fails or hangs is passed over."""
    for command in commands:
        try:
            subprocess.run(
                command,
                input=text.encode("utf-8", "replace"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
