"""Every test has folders of its own and leaves no process behind."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support import leftovers
from tests.support.failures import (  # noqa: F401 - pytest calls them
    FAILED,
    pytest_runtest_makereport,
    pytest_runtest_protocol,
)
from tests.support.interpreters import Interpreter
from tests.support.interpreters import interpreters as all_interpreters
from tests.support.waiting import wait_until

hypothesis.settings.register_profile(
    # how long examples take to be made says how busy the machine is, and nothing about the code
    "repository",
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    derandomize=True,
)
hypothesis.settings.register_profile(
    # other examples each time: HYPOTHESIS_PROFILE=explore make test
    "explore",
    hypothesis.settings.get_profile("repository"),
    derandomize=False,
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repository"))

GRACE = 10.0
"""Seconds a test's processes have to end by themselves after it."""

_UNSET = (
    "COLUMNS",
    "FORCE_COLOR",
    "LINES",
    "NO_COLOR",
    "PYTHONBREAKPOINT",
    "PYTHONHASHSEED",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PYTHONUNBUFFERED",
    "PYTHONWARNINGS",
)


@pytest.fixture(autouse=True)
def sandbox(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path]:
    """A folder of the test's own that HOME and the XDG folders point into.

    Its path is short, because unix sockets live below it and their paths are limited to about a
    hundred bytes. A process that still runs after the test, found by this path, fails the test;
    what one leaves that has failed is ended at once.
    """
    tmp_path_factory.getbasetemp()  # made on first use: not within the first test's folder
    base = Path(tempfile.mkdtemp(prefix="pt", dir="/tmp"))
    for variable, name in (
        ("HOME", "home"),
        ("XDG_RUNTIME_DIR", "run"),
        ("XDG_STATE_HOME", "state"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_DATA_HOME", "data"),
        ("TMPDIR", "tmp"),
    ):
        (base / name).mkdir(mode=0o700)
        monkeypatch.setenv(variable, str(base / name))
    monkeypatch.setattr(tempfile, "tempdir", None)  # it remembers the folder it found first
    for variable in _UNSET:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PYREPL_TUI_LINGER", "0.1")  # nurseries, else every test would wait for them
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("LANG", "C.UTF-8")
    yield base
    try:
        if sys.platform == "linux":
            _nothing_left(str(base), 0 if request.node.stash.get(FAILED, False) else GRACE)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _nothing_left(token: str, grace: float) -> None:
    try:
        wait_until(lambda: not leftovers.marked_by(token), grace)
    except TimeoutError:
        remaining = leftovers.marked_by(token)
        while still := leftovers.marked_by(token):
            leftovers.end([each.pid for each in still])
        listing = "\n  ".join(map(str, remaining))
        if grace:
            pytest.fail(f"processes outlived their test by {grace} s:\n  {listing}", pytrace=False)


@pytest.fixture(scope="session")
def interpreters() -> tuple[Interpreter, ...]:
    """Every CPython the worker must run in, as far as this machine has them."""
    return all_interpreters()
