from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyrepl_tui.engine.history import History


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "history.sqlite"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    history = History(path)
    yield history
    history.close()


def codes(history: History, query: str = "", folder: str | None = None) -> list[str]:
    return [entry.code for entry in history.search(query, 200, folder)]


def test_the_newest_comes_first_and_the_same_code_once(history: History) -> None:
    for code in ("a = 1", "b = 2", "a = 1"):
        assert history.add(code, "/p")
    assert codes(history) == ["a = 1", "b = 2"]
    assert history.recent(1)[0].runs == 2
    assert history.count() == 2


def test_words_are_found_anywhere_in_any_order(history: History) -> None:
    history.add("import pandas as pd", "/p")
    history.add("frame = pd.DataFrame(rows)\nframe.head()", "/p")
    assert codes(history, "head frame") == ["frame = pd.DataFrame(rows)\nframe.head()"]
    assert codes(history, "PANDAS") == ["import pandas as pd"]
    assert codes(history, "pd") == codes(history), "words too short for the index are looked for"
    assert codes(history, "nothing of it") == []


def test_letters_in_their_order_are_found_after_words(history: History) -> None:
    history.add("read_csv(x)", "/p")
    assert codes(history, "rdcsv") == ["read_csv(x)"]


@pytest.mark.parametrize("query", ["%", "_", '"', "\\", "50% off", "a_b", '"x" OR', "NEAR("])
def test_signs_mean_themselves(history: History, query: str) -> None:
    history.add("plain code", "/p")
    history.add(f"print({query!r})  # {query}", "/p")
    found = codes(history, query)
    assert found
    assert "plain code" not in found
    assert history.problem == ""


def test_a_project_has_its_own(history: History) -> None:
    history.add("here = 1", "/here")
    history.add("there = 1", "/there")
    history.add("both = 1", "/here")
    history.add("both = 1", "/there")
    assert codes(history, folder="/here") == ["both = 1", "here = 1"]
    assert codes(history, "= 1", "/there") == ["both = 1", "there = 1"]
    assert codes(history, "here", "/here") == ["here = 1"]
    assert codes(history, folder="/nowhere") == []


def test_entries_can_be_forgotten(history: History) -> None:
    history.add("password = 1", "/p")
    history.remove(history.recent(1)[0])
    assert codes(history, "password") == []


def test_blank_and_endless_code_is_no_entry(history: History) -> None:
    assert not history.add("  \n", "/p")
    assert not history.add("x" * 300_000, "/p")
    assert history.add("'\udc80 lone surrogate'", "/p")


WRITER = """
import sys
from pathlib import Path
from pyrepl_tui.engine.history import History
history = History(Path(sys.argv[1]))
for at in range(50):
    while not history.add(f"x{sys.argv[2]} = {at}", f"/p{sys.argv[2]}"):
        pass
"""


def test_many_processes_write_at_once(history: History, path: Path) -> None:
    history.add("first", "/p")
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(number)])
        for number in range(4)
    ]
    assert [writer.wait(50) for writer in writers] == [0] * 4
    assert history.count() == 201


def test_an_entry_survives_kill_9(path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from pyrepl_tui.engine.history import History\n"
        "history = History(Path(sys.argv[1])); history.add('os.abort()', '/p')\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=False, timeout=50)
    history = History(path)
    assert codes(history) == ["os.abort()"]
    history.close()


@pytest.mark.parametrize("damage", ["garbage", "torn", "page"])
def test_a_damaged_file_is_set_aside(path: Path, damage: str) -> None:
    history = History(path)
    for at in range(200):
        history.add(f"value_{at} = {at} * 'some words to fill pages'", "/p")
    history.close()
    data = path.read_bytes()
    if damage == "garbage":
        path.write_bytes(b"not a database " * 500)
    elif damage == "torn":
        path.write_bytes(data[: len(data) // 3])
    else:
        path.write_bytes(data[:4096] + os.urandom(len(data) - 4096))
    history = History(path)
    problems = set()
    for at in range(20):
        history.add(f"after = {at}", "/p")
        problems.add(history.problem)
        history.search("after")
        problems.add(history.problem)
    assert history.search("after"), problems
    assert any("damaged" in problem for problem in problems), problems
    assert list(path.parent.glob("*.broken-*"))
    history.close()


def test_a_full_disk_costs_the_entry_and_nothing_else(history: History) -> None:
    history.add("before", "/p")
    connection = history._connection
    assert connection is not None
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    kept = [history.add(f"x{at} = '{'long ' * 4000}'", "/p") for at in range(5)]
    assert not all(kept)
    assert "full" in history.problem
    assert "before" in codes(history), "what was kept is still found"
    connection.execute("PRAGMA max_page_count = 100000")
    assert history.add("after", "/p")
    assert history.problem == ""


def test_a_locked_file_keeps_no_run_waiting(history: History, path: Path) -> None:
    history.add("before", "/p")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert not history.add("meanwhile", "/p")
    assert "locked" in history.problem
    assert codes(history) == ["before"], "reading does not wait"
    other.execute("COMMIT")
    other.close()
    assert history.add("after", "/p")


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    history = History(tmp_path / "file" / "history.sqlite")
    assert not history.add("x", "/p")
    assert history.search("x") == []
    assert history.problem


def test_once_closed_it_is_not_opened_again(history: History, path: Path) -> None:
    history.add("a = 1", "/p")
    history.close()
    path.unlink()
    assert codes(history) == []
    assert not history.add("b = 2", "/p")
    assert not history.problem
    assert not path.exists()
