"""File systems without room, for programs in mounts of their own: killed ones leave nothing."""

from __future__ import annotations

import shutil
import subprocess

import pytest


def _own_mounts() -> list[str]:
    """A prefix that gives a program mounts of its own; empty where that is not allowed."""
    for options in (["--mount"], ["--map-root-user", "--mount"]):
        prefix = [shutil.which("unshare") or "unshare", *options]
        try:
            trial = ["sh", "-c", "mount -t tmpfs tmpfs /mnt"]
            if subprocess.run([*prefix, *trial], capture_output=True, check=False).returncode == 0:
                return prefix
        except OSError:
            continue
    return []


OWN_MOUNTS = _own_mounts()
needs_mounts = pytest.mark.skipif(
    not OWN_MOUNTS, reason="a small disk needs a mount, which is not allowed here"
)

SMALL_DISK = 'mount -t tmpfs -o size=4m tmpfs "$XDG_STATE_HOME" && exec "$@"'
"""Runs its arguments with a state folder of 4 MB."""
