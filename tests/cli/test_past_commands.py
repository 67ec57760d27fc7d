"""Checkpoints from the command line."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import leftovers


def cli(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pyrepl_tui", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=dict(os.environ),
    )


def ok(*words: str) -> str:
    done = cli(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_back_and_beside() -> None:
    ok("exec", "--session", "s", "x = 42")
    assert "good" in ok("checkpoints", "s", "--take", "good")
    ok("exec", "--session", "s", "x = 0")
    assert ok("restore", "s", "good").startswith("restored good from its image")
    assert ok("exec", "--session", "s", "x").strip() == "42"
    assert ok("branch", "s", "good", "--as", "twin").strip() == "twin"
    ok("exec", "--session", "twin", "x = 7")
    assert ok("exec", "--session", "s", "x").strip() == "42"
    points = json.loads(ok("checkpoints", "s", "--json"))
    assert [point["label"] for point in points] == ["good", None]
    ok("stop", "s", "twin")


def test_a_new_session_with_the_name_of_one_that_ended_says_so() -> None:
    ok("exec", "--session", "s", "x = 1")
    ok("checkpoints", "s", "--take", "good", "--archive")
    ok("stop", "s")
    again = cli("exec", "--session", "s", "'x' in globals()")
    assert again.stdout.strip() == "False"
    (told,) = again.stderr.splitlines()
    named = re.search(r"'pyrepl-tui checkpoints (\w+)' lists them", told)
    assert named is not None
    point = next(line for line in ok("checkpoints", named[1]).splitlines() if "good" in line)
    opened = ok("open", point.split()[1], "--as", "t").splitlines()[0]
    assert ok("exec", "--session", opened, "x").strip() == "1"
    assert cli("exec", "--session", "s", "1").stderr == ""
    assert "'pyrepl-tui checkpoints NAME' lists" in cli("open", "s").stderr
    ok("stop", "s", "t")


def _kill_everything() -> None:
    """What a reboot does to processes, and to the runtime folder."""
    runtime = os.environ["XDG_RUNTIME_DIR"]
    while found := leftovers.marked_by(runtime):
        leftovers.end([each.pid for each in found])
    shutil.rmtree(runtime)
    os.mkdir(runtime, mode=0o700)


def test_back_after_a_reboot(tmp_path: Path) -> None:
    ok("exec", "--session", "s", "x = [1]; y = x; print('before')")
    assert "archive" in ok("checkpoints", "s", "--take", "good", "--archive")
    ok("exec", "--session", "s", "x.append(2)")
    _kill_everything()
    assert ok("sessions").strip() == "no sessions"
    assert ok("sessions", "--ended").splitlines()[1].startswith("s ")
    (line,) = [line for line in ok("checkpoints", "s").splitlines() if "good" in line]
    assert "archive " in line
    assert "2 exact" in line
    assert ok("restore", "s", "good").splitlines() == [
        "restored good from its archive",
        "  2 exact",
        "  modules: variables inside imported modules are as they are after import",
    ]
    assert ok("exec", "--session", "s", "x is y, x").strip() == "(True, [1])"
    file = str(tmp_path / "one.checkpoint")
    assert "written to" in ok("checkpoints", "s", "--export", "good", file)
    ok("stop", "s")
    assert ok("open", file, "--as", "t").splitlines()[0] == "t"
    assert ok("exec", "--session", "t", "y").strip() == "[1]"
    ok("stop", "t")


def test_a_file_is_shown_and_opened_with_trust(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(tmp_path / "one.checkpoint")
    ok("exec", "--session", "s", "x = {'a': 5}\ndef f(): return x  # why")
    ok("checkpoints", "s", "--take", "good", "--export", "good", file)
    shown = ok("checkpoints", file)
    assert "{'a': 5}" in shown
    assert "# why" in shown
    assert json.loads(ok("checkpoints", file, "--json"))["variables"]["x"]["value"] == "{'a': 5}"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "elsewhere"))
    assert "made elsewhere" in ok("checkpoints", file)
    refused = cli("open", file)
    assert (refused.returncode, "--trust" in refused.stderr) == (1, True)
    assert ok("open", file, "--trust", "--as", "t").startswith("t\n")
    assert ok("exec", "--session", "t", "f()").strip() == "{'a': 5}"
    ok("stop", "s", "t")


def test_labels_pins_and_deletions() -> None:
    ok("exec", "--session", "s", "x = 1")
    ok("checkpoints", "s", "--take", "one")
    said = ok("checkpoints", "s", "--label", "one", "first", "--pin", "one")
    assert "first; pinned" in said
    assert "pinned" not in ok("checkpoints", "s", "--unpin", "first")
    assert ok("checkpoints", "s", "--delete", "first").strip() == "no checkpoints"
    ok("stop", "s")


def test_a_policy_for_a_run() -> None:
    ok("exec", "--session", "s", "x = 1")
    failed = cli("exec", "--session", "s", "--policy", "rollback_on_failure", "x = 2; 1 / 0")
    assert failed.returncode == 1
    assert ok("exec", "--session", "s", "x").strip() == "1"
    ok("stop", "s")


@pytest.mark.parametrize("words", [("restore", "s", "nothing"), ("branch", "s", "nothing")])
def test_what_is_not_there_is_said(words: tuple[str, ...]) -> None:
    ok("exec", "--session", "s", "1")
    failed = cli(*words)
    assert (failed.returncode, "no checkpoint is called 'nothing'" in failed.stderr) == (1, True)
    ok("stop", "s")


def test_several_sessions_are_compared_and_driven_at_once() -> None:
    ok("exec", "--session", "a", "rate = 1; data = [1, 2]")
    ok("branch", "a", "--as", "b")
    ok("branch", "a", "--as", "c")
    assert cli("compare", "a", "b").stdout.strip() == "equal: rate, data"
    ok("exec", "--session", "c", "rate = 2")
    found = cli("compare", "a", "b", "c", "--run", "rate * 10")
    assert found.returncode == 1
    assert "they part at value, line 1: '10' in a, '20' in c" in found.stdout
    assert "== a and c\nequal: data\nchanged: rate (value)" in found.stdout
    told = json.loads(cli("compare", "a", "b", "c", "--run", "rate", "--json").stdout)
    assert told["run"]["divergence"]["session"] == 2
    assert list(told["compared"]["c"]["changed"]) == ["rate"]
    ok("stop", "a", "b", "c")
