"""What dead processes leave behind is found and removed; what lives is not touched."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path

import pytest

from pyrepl_tui import Session, SessionState, locations
from pyrepl_tui.engine import doctor, interpreters, leftovers, registry
from tests.support.waiting import eventually


def make_old(path: Path) -> Path:
    long_ago = time.time() - 1000
    os.utime(path, (long_ago, long_ago), follow_symlinks=False)
    return path


def stale_socket(path: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))
    return make_old(path)


def litter() -> set[Path]:
    """The files of a nursery, a worker and a session that were all killed at once."""
    runtime, state = locations.runtime_dir(), locations.state_dir()
    directory = state / "sessions" / "0123456789ab"
    directory.mkdir(parents=True)
    entry = {
        "id": "0123456789ab",
        "name": "gone",
        "pid": 1,
        "socket": str(runtime / "s" / "0123456789ab-1.sock"),
        "nursery": str(runtime / "n" / "key.sock"),
        "persist": False,
        "created_at": 1.0,
        "state_dir": str(state),
        "directory": str(directory),
    }
    registered = runtime / "registry" / "0123456789ab.json"
    registered.write_text(json.dumps(entry))
    files = {registered, runtime / "registry" / "x.json.1.tmp"}
    files |= {runtime / "n" / "key.log", runtime / "n" / "key.lock"}
    for path in files:
        path.touch()
        make_old(path)
    trial = runtime / "n" / "key.trial"
    trial.mkdir()
    (trial / "journal").touch()
    make_old(trial)
    files.add(trial)
    files.add(stale_socket(runtime / "n" / "key.sock"))
    files.add(stale_socket(runtime / "s" / "0123456789ab-1.sock"))
    (directory / "session.json").write_text(json.dumps(entry))
    make_old(directory)
    return files


async def test_leftovers_are_found_and_removed() -> None:
    expected = litter()
    async with Session(persist=True) as session:
        found = leftovers.find()
        assert {each.path for each in found} == expected
        assert all(leftovers.remove(each) for each in found)
        # the transcript is nobody's once the entry is gone
        (transcript,) = leftovers.find()
        assert transcript.path.name == "0123456789ab"
        assert leftovers.remove(transcript)
        assert leftovers.find() == []
        assert (await session.execute("1")).value == "1"


def test_entries_that_make_no_sense_are_passed_over() -> None:
    folder = locations.runtime_dir() / "registry"
    for number, text in enumerate(("", "[]", "{}", "null", '{"id": 1}', '{"id":"x","pid":"y"}')):
        (folder / f"{number:012}.json").write_text(text)
    assert registry.entries() == []
    for name in ("", "..", "../x", ".x", "000000000000"):
        assert registry.load(name) is None


async def test_what_lives_is_not_removed() -> None:
    async with Session(persist=True) as session:
        (path,) = (locations.runtime_dir() / "s").glob("*.sock")
        for each in locations.runtime_dir().glob("*/*"):
            make_old(each)
        make_old(session.transcript.directory)
        assert leftovers.find() == []
        assert not leftovers.remove(leftovers.Leftover(path, "wrongly"))
        assert path.exists()
        await session.kill()
        await eventually(lambda: session.state is SessionState.DEAD)
        assert [each.path for each in leftovers.find()] == []


async def test_the_runtime_folder_of_another_setting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    other = tmp_path / f"pyrepl-tui-{os.getuid()}"
    (other / "n").mkdir(mode=0o700, parents=True)
    other.chmod(0o700)
    make_old(other)
    (found,) = leftovers.find()
    assert found.path == other
    assert leftovers.remove(found)
    assert not other.exists()


async def test_the_doctor_tries_everything_out() -> None:
    checks = {check.name: check for check in await doctor.examine()}
    for name in ("runtime folder", "state folder", "fork", "session", "file notices"):
        assert checks[name].ok, checks[name]


async def test_the_doctor_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    os.chmod(locations.runtime_dir(), 0o777)
    monkeypatch.delattr(socket, "SO_PEERCRED")
    checks = {check.name: check for check in await doctor.examine()}
    assert not checks["runtime folder"].ok
    assert "chmod 700" in checks["runtime folder"].detail
    assert not checks["peer credentials"].ok
    assert "session" not in checks


async def test_the_doctor_names_the_loss_where_nothing_can_be_forked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYREPL_TUI_NO_FORK", "1")
    checks = {check.name: check for check in await doctor.examine()}
    assert checks["session"].ok
    assert not checks["fork"].ok
    assert "PYREPL_TUI_NO_FORK: sessions start by spawning" in checks["fork"].detail
    monkeypatch.delattr(os, "fork")
    assert doctor._fork().detail.startswith("missing: ")


def test_interpreters_are_examined(tmp_path: Path) -> None:
    for name, answer, problem in (
        ("old", "cpython 3.8.1", "too old"),
        ("other", "pypy 3.10.2", "pypy"),
        ("broken", "", "does not run"),
        ("good", "cpython 3.12.1", None),
    ):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\necho {answer}\n")
        path.chmod(0o755)
        found = interpreters.examine(str(path))
        assert (found.problem or "").startswith(problem or "") or (problem or "") in str(
            found.problem
        )
        assert (found.problem is None) == (problem is None)
    assert interpreters.examine(str(tmp_path / "none")).problem is not None


def test_an_environment_is_named_by_its_folder(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    assert interpreters.locate(tmp_path) == str(tmp_path / "bin" / "python")
    assert interpreters.locate("sh", {"PATH": "/bin"}) == "/bin/sh"
