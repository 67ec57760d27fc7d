"""Sockets are for one user only, whatever the permissions of the folders say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pyrepl_tui import Session
from pyrepl_tui.locations import UnsafeFolder, runtime_dir
from tests.faults import frames
from tests.support.programs import registry_entry, runtime_folder

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
NOBODY = 65534

STRANGER = """
import os, socket, sys
os.setgroups([]); os.setgid({uid}); os.setuid({uid})
sock = socket.socket(socket.AF_UNIX)
sock.settimeout(10)
try:
    sock.connect({path!r})
    sock.sendall({hello!r})
    print("heard", sock.recv(100))
except OSError as error:
    print("refused", type(error).__name__)
"""


def stranger(path: str, uid: int) -> str:
    """What somebody else hears at a socket."""
    program = STRANGER.format(path=path, uid=uid, hello=frames.HELLO)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@needs_root
@pytest.mark.parametrize("target", ["socket", "nursery"])
async def test_another_user_cannot_even_reach_a_socket(target: str) -> None:
    async with Session() as session:
        assert stranger(registry_entry(session.id)[target], NOBODY) == "refused PermissionError"


@needs_root
@pytest.mark.parametrize("target", ["socket", "nursery"])
async def test_another_user_who_reaches_a_socket_is_refused(target: str, sandbox: Path) -> None:
    async with Session() as session:
        path = registry_entry(session.id)[target]
        for folder in (sandbox, *Path(path).parents):
            if str(folder).startswith(str(sandbox)):
                folder.chmod(0o777)
        Path(path).chmod(0o777)
        assert stranger(path, NOBODY) in ("heard b''", "refused ConnectionResetError",
                                          "refused BrokenPipeError")  # fmt: skip
        # the bytes may hold a quotation mark of either kind
        assert stranger(path, 0).startswith(("heard b'\\x00", 'heard b"\\x00'))
        assert (await session.execute("1 + 1")).value == "2"


async def test_a_runtime_folder_open_to_others_is_not_used() -> None:
    runtime_folder().mkdir(mode=0o755)
    with pytest.raises(UnsafeFolder, match="0755"):
        await Session().start()


@needs_root
async def test_a_runtime_folder_of_somebody_else_is_not_used() -> None:
    runtime_folder().mkdir(mode=0o700)
    os.chown(runtime_folder(), NOBODY, NOBODY)
    with pytest.raises(UnsafeFolder, match=str(NOBODY)):
        await Session().start()


async def test_a_link_in_place_of_the_runtime_folder_is_not_followed(tmp_path: Path) -> None:
    runtime_folder().symlink_to(tmp_path)
    with pytest.raises(UnsafeFolder):
        await Session().start()


def test_the_folders_are_the_users_alone() -> None:
    folder = runtime_dir()
    for each in (folder, folder / "n", folder / "s", folder / "registry"):
        assert each.stat().st_mode & 0o777 == 0o700
