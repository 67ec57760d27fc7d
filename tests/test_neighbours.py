"""A test that fails costs itself only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = """
import asyncio, gc, socket, subprocess, sys
import pytest


@pytest.fixture
def left():
    return socket.socketpair()


def test_that_leaves_sockets(left):
    mine = socket.socket()
    assert mine is None


async def test_that_leaves_a_connection():
    server = await asyncio.start_server(print, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    assert writer is None


def test_that_leaves_a_process(sandbox):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    assert child is None


def test_after_them():
    gc.collect()
"""


def test_what_a_failed_test_leaves_fails_no_other(tmp_path: Path) -> None:
    (tmp_path / "test_them.py").write_text(TESTS, "utf-8")
    options = ["-q", "-p", "no:cacheprovider", "-p", "tests.conftest"]
    ours = ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *ours, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=50,
    )
    assert done.stdout, done.stderr
    assert "3 failed, 1 passed in " in done.stdout.splitlines()[-1], done.stdout
