"""README and docs do not promise what does not work: their commands and programs are run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PAGES = (README, *sorted((ROOT / "docs").glob("*.md")))
TRIED = tuple(page for page in PAGES if page.name != "architecture.md")
"""Those whose blocks are run; the blocks of the other one are drawings."""

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| `pyrepl-tui(?: (\w+))?.*?` \|", re.MULTILINE)
PICTURE = re.compile(r"!\[[^]]*\]\(([^)]+)\)")
KEYS = re.compile(r"<!-- keys: .*? -->\n(.*?)<!-- end of keys -->", re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+)\)")


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(language: str, *pages: Path) -> list[str]:
    found = [each for page in pages or TRIED for each in BLOCK.findall(read(page))]
    return [body for name, body in found if name == language]


def offered() -> list[str]:
    """The commands of the table of the command line."""
    return [name for page in TRIED for name in ROW.findall(read(page)) if name]


def shell_lines(*pages: Path) -> list[tuple[str, str]]:
    """Commands of some pages, or of all, with what their comments say they print."""
    lines = [line for block in blocks("sh", *pages) for line in block.splitlines() if line.strip()]
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
    named = {name for page in TRIED for name, _ in BLOCK.findall(read(page))}
    assert named == {"sh", "python"}
    assert {command.split()[0] for command, _ in shell_lines()} == {"make", "pyrepl-tui"}


def test_the_readme_names_the_two_commands_and_fits_on_three_screens() -> None:
    assert [command for command, _ in shell_lines(README)][:2] == ["make run", "make test"]
    assert len(read(README).splitlines()) <= 3 * 45
    assert len(PICTURE.findall(read(README))) == 5


def test_the_make_targets_exist() -> None:
    """Their recipes are printed, not run: this is already inside `make test`."""
    for command, _ in shell_lines():
        if command.startswith("make "):
            done = run(*shlex.split(command), "--dry-run", cwd=ROOT)
            assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", TRIED, ids=lambda page: page.name)
def test_the_commands_do_what_their_comments_say(page: Path, tmp_path: Path) -> None:
    for command, comment in shell_lines(page):
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


@pytest.mark.parametrize("command", offered())
def test_the_commands_of_the_table_exist(command: str, tmp_path: Path) -> None:
    done = run("pyrepl-tui", command, "--help", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert command in done.stdout


def test_every_command_is_in_the_table(tmp_path: Path) -> None:
    shown = run("pyrepl-tui", "--help", cwd=tmp_path).stdout
    listed = re.findall(r"^  (\w+)  ", shown.partition("\ncommands:\n")[2], re.MULTILINE)
    assert set(listed) == set(offered())


def test_the_table_of_keys_is_the_one_the_app_is_built_from() -> None:
    from pyrepl_tui.commands import keys_table

    shown = KEYS.search(read(ROOT / "docs" / "keys.md"))
    assert shown is not None
    assert shown.group(1).strip() == keys_table().strip(), "make readme"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    missing = [target for target in LINK.findall(read(page)) if not (page.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES[1:], ids=lambda page: page.name)
def test_every_page_is_linked_from_the_readme(page: Path) -> None:
    assert f"](docs/{page.name})" in read(README)
