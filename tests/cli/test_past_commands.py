"""Checkpoints from the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


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
