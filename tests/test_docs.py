"""The README does not promise what does not work: its commands and programs are run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| `pyrepl-tui(?: (\w+))?.*?` \|", re.MULTILINE)
KEYS = re.compile(r"<!-- keys: .*? -->\n(.*?)<!-- end of keys -->", re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+)\)")


def blocks(language: str) -> list[str]:
    return [body for name, body in BLOCK.findall(README) if name == language]


def shell_lines() -> list[tuple[str, str]]:
    """Commands of the README, with what their comments say they print."""
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.strip()]
    parts = [line.partition("#") for line in lines]
    return [(command.strip(), comment.strip()) for command, _, comment in parts]


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    scripts = str(Path(sys.executable).parent)
    return subprocess.run(
        words,
        cwd=cwd,
        env={**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def test_every_block_is_one_that_is_tried() -> None:
    assert {name for name, _ in BLOCK.findall(README)} == {"sh", "python"}
    assert {command.split()[0] for command, _ in shell_lines()} == {"make", "pyrepl-tui"}


def test_the_make_targets_exist() -> None:
    """Their recipes are printed, not run: this is already inside `make test`."""
    for command, _ in shell_lines():
        if command.startswith("make "):
            done = run(*shlex.split(command), "--dry-run", cwd=ROOT)
            assert done.returncode == 0, done.stderr


def test_the_commands_do_what_their_comments_say(tmp_path: Path) -> None:
    for command, comment in shell_lines():
        if command.startswith("pyrepl-tui "):
            done = run(*shlex.split(command), cwd=tmp_path)
            assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
            if comment.startswith("prints "):
                assert comment.removeprefix("prints ") in done.stdout, command


@pytest.mark.parametrize("program", blocks("python"))
def test_the_programs_run(program: str, tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(program, encoding="utf-8")
    done = run(sys.executable, "example.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", [name for name in ROW.findall(README) if name])
def test_the_commands_of_the_table_exist(command: str, tmp_path: Path) -> None:
    done = run("pyrepl-tui", command, "--help", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert command in done.stdout


def test_every_command_is_in_the_table(tmp_path: Path) -> None:
    shown = run("pyrepl-tui", "--help", cwd=tmp_path).stdout
    offered = re.findall(r"^  (\w+)  ", shown.partition("\ncommands:\n")[2], re.MULTILINE)
    assert set(offered) == {name for name in ROW.findall(README) if name}


def test_the_table_of_keys_is_the_one_the_app_is_built_from() -> None:
    from pyrepl_tui.commands import readme_table

    shown = KEYS.search(README)
    assert shown is not None
    assert shown.group(1).strip() == readme_table().strip(), "make readme"


@pytest.mark.parametrize("target", sorted(set(LINK.findall(README))))
def test_links_lead_somewhere(target: str) -> None:
    assert (ROOT / target).exists()
