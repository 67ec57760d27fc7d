"""What a command says of a session cannot act upon the terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pyrepl_tui import Session

HOSTILE = "red\x1b[31m\x07\nnext"


def cli(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pyrepl_tui", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
        env=dict(os.environ),
    )
    return done.stdout.decode()


async def test_names_and_labels_are_shown(sandbox: Path) -> None:
    async with Session(name=HOSTILE) as session:
        await session.checkpoint(HOSTILE)
        rows = cli("sessions").splitlines()
        assert [row.startswith("red␛[31m␊next ") for row in rows] == [False, True]
        assert all(row.isprintable() for row in rows)
        (point,) = cli("checkpoints", session.id).splitlines()
        assert point.endswith("red␛[31m␊next")
        assert all(line.isprintable() for line in cli("stop", session.id).splitlines())


async def test_a_file_from_elsewhere_is_looked_into_without_harm(sandbox: Path) -> None:
    path = sandbox / "made.point"
    async with Session(name=HOSTILE) as session:
        await session.execute(f"x = {HOSTILE!r}\ny = '''\x1b[2J'''")
        point = await session.checkpoint(HOSTILE, durable=True)
        await session.export_checkpoint(point, path)
    said = cli("checkpoints", str(path))
    assert "x" in said
    assert all(line.isprintable() for line in said.splitlines())


def test_errors_are_harmless_too(sandbox: Path) -> None:
    said = cli("attach", "\x1b[31m")
    assert "there is no session" in said
    assert all(line.isprintable() for line in said.splitlines())
