from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support.interpreters import Interpreter
from tests.worker.archive.sessions import archive, restore


def test_what_variables_share_they_go_on_sharing(tmp_path: Path) -> None:
    archive(tmp_path, "a = [1]\nb = {'k': a}\nc = (a, b)\nd = [1]")
    told = restore(tmp_path, "a is b['k'] is c[0]", "c[1] is b", "d is a")
    assert told.answers == ["True", "True", "False"]
    assert set(told.verdicts.values()) == {"exact"}


@pytest.mark.parametrize("first", ["wide", "narrow"])
@pytest.mark.parametrize("others", ["pass", "more = [{} for _ in range(30_000)]"])
def test_what_the_widest_shares_it_goes_on_sharing(tmp_path: Path, first: str, others: str) -> None:
    wide = "wide = [[n] for n in range(50_000)]"
    narrow = "narrow = {'own': [1]}"
    cells = [wide, narrow] if first == "wide" else [narrow, wide]
    archive(tmp_path / "apart", *cells, others)
    told = restore(tmp_path / "apart", "narrow['own'], len(wide)", checkpoint="c3")
    assert (told.answers, told.verdicts["wide"]) == (["([1], 50000)"], "exact")
    archive(tmp_path / "together", *cells, others, "narrow['theirs'] = wide[7]")
    told = restore(tmp_path / "together", "narrow['theirs'] is wide[7]", checkpoint="c4")
    assert told.answers == ["True"]
    assert told.verdicts["wide"] == told.verdicts["narrow"] == "exact"


def test_functions_have_the_sessions_globals(tmp_path: Path) -> None:
    archive(tmp_path, "x = 1\ndef f(): return x\nclass A:\n    def g(self): return f()\na = A()")
    told = restore(tmp_path, "f.__globals__ is globals()", "globals().update(x=7)", "a.g()")
    assert told.answers == ["True", "None", "7"]


def test_a_function_does_not_tie_all_it_uses_together(tmp_path: Path) -> None:
    cell = "big = list(range(50000))\ndef f(): return len(big)\ng = [f]"
    archive(tmp_path, cell, "g.append(1)", each=True)
    manifest = json.loads((tmp_path / "manifests" / "c2.json").read_bytes().partition(b"\n")[2])
    groups = [set(group["names"]) for group in manifest["groups"]]
    assert {"big"} in groups
    assert {"f"} in groups


def test_classes_are_what_their_instances_are_of(tmp_path: Path) -> None:
    cells = "class A: v = 1\na = A()\nold = A\n", "class A: v = 2\nb = A()"
    archive(tmp_path, *cells)
    told = restore(tmp_path, "type(a) is old", "type(b) is A", "a.v, b.v", checkpoint="c2")
    assert told.answers == ["True", "True", "(1, 2)"]


def test_source_is_found_after_a_restore(tmp_path: Path) -> None:
    archive(tmp_path, "def f():\n    return 1  # why")
    told = restore(tmp_path, "__import__('inspect').getsource(f)")
    assert told.answers == [repr("def f():\n    return 1  # why\n")]


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("raise ValueError('no thanks')", "no thanks"),
        ("import time; time.sleep(100)", "took more than 1 s"),
        ("import os; os._exit(3)", "exit code 3"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
        ("raise SystemExit('leave')", "SystemExit: leave"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("return self.__reduce__()", "recursion"),
    ],
)
def test_what_cannot_be_saved_costs_only_itself(tmp_path: Path, how: str, reason: str) -> None:
    cell = f"class Bad:\n    def __reduce__(self):\n        {how}\nbad = Bad()\ngood = [1]\nn = 5"
    archive(tmp_path, cell, seconds=1.0)
    told = restore(tmp_path, "good, n")
    assert told.answers == ["([1], 5)"]
    assert told.verdicts["bad"] == "missing"
    assert reason in told.reasons["bad"]


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("raise ValueError('not back')", "not back"),
        ("__import__('time').sleep(100)", "took more than 1 s"),
        ("__import__('os')._exit(3)", "exit code 3"),
        ("raise SystemExit(3)", "SystemExit: 3"),
    ],
)
def test_what_does_not_load_costs_only_itself(tmp_path: Path, how: str, reason: str) -> None:
    cell = (
        f"def back():\n    {how}\n"
        "class Bad:\n    def __reduce__(self): return back, ()\n"
        "shared = [1]\nbad = [Bad(), shared]\nbeside = [shared]\nn = 5"
    )
    archive(tmp_path, cell, seconds=1.0)
    told = restore(tmp_path, "shared, beside, n", "beside[0] is shared", seconds=2.0)
    assert told.answers == ["([1], [[1]], 5)", "True"]
    assert told.verdicts["shared"] == told.verdicts["beside"] == "exact"
    assert told.verdicts["bad"] == "missing"
    assert reason in told.reasons["bad"]


@pytest.mark.parametrize("error", ["SystemExit(3)", "KeyboardInterrupt()", "GeneratorExit()"])
@pytest.mark.parametrize("member", ["__class__ = property(leave)", "__getstate__ = leave"])
def test_who_wants_to_end_the_process_costs_only_itself(
    tmp_path: Path, error: str, member: str
) -> None:
    cell = (
        f"def leave(self): raise {error}\n"
        f"class Bad:\n    {member}\n    def __init__(self): self.x = 1\n"
        "shared = Bad()\nbad = [shared, 1]\nworse = {'s': shared}\n"
        "good = [1]\nbeside = (good, 2)\nn = 5"
    )
    archive(tmp_path, cell)
    told = restore(tmp_path, "good, n", "beside[0] is good")
    assert told.answers == ["([1], 5)", "True"]
    assert {told.verdicts[name] for name in ("good", "beside", "n")} == {"exact"}
    assert "exact" not in {told.verdicts[name] for name in ("shared", "bad", "worse")}


def test_after_too_many_crashes_plain_data_is_saved(tmp_path: Path) -> None:
    cell = (
        "import os\nclass Bad:\n    def __reduce__(self): os._exit(1)\n"
        "for i in range(50): globals()[f'bad{i}'] = Bad()\n"
        "good = [1]\nn = 5\nother = Exception('x')"
    )
    archive(tmp_path, cell)
    told = restore(tmp_path, "good, n")
    assert told.answers == ["([1], 5)"]
    assert (told.verdicts["good"], told.verdicts["n"]) == ("rebuilt", "exact")
    assert told.verdicts["bad49"] == told.verdicts["other"] == "missing"
    assert "given up" in told.reasons["other"]


def test_a_part_that_cannot_be_saved_is_named(tmp_path: Path) -> None:
    archive(tmp_path, "d = {'g': (i for i in 'ab'), 'n': [1]}")
    told = restore(tmp_path, "d['n']", "d['g']")
    assert told.verdicts["d"] == "rebuilt"
    assert "generator" in told.reasons["d"]
    assert told.answers[0] == "[1]"
    assert told.answers[1].startswith("<missing generator")


def test_without_trust_nothing_is_unpickled(tmp_path: Path) -> None:
    cell = (
        "class Evil:\n    def __reduce__(self): return print, ('ran',)\n"
        "evil = Evil()\nn = 5\nrows = [{'a': (1, 2)}, {3}]\nimport json"
    )
    archive(tmp_path, cell)
    told = restore(tmp_path, "n", "rows", trust=False)
    assert told.names == ["n", "rows"]
    assert told.answers == ["5", "[{'a': (1, 2)}, {3}]"]
    assert told.verdicts["json"] == "missing"


def test_cells_are_run_again_only_with_consent(tmp_path: Path) -> None:
    archive(tmp_path, "n = 1\ng = (i for i in range(3))\nn = 2", "n = 5")
    assert restore(tmp_path, checkpoint="c2").verdicts["g"] == "missing"
    told = restore(tmp_path, "list(g)", "n", checkpoint="c2", rerun=True)
    assert told.verdicts["g"] == "rerun"
    assert told.answers == ["[0, 1, 2]", "5"]


def test_a_module_that_is_gone_costs_what_needs_it(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    module = tmp_path / "code" / "helper_xyz.py"
    module.write_text("class Thing:\n    pass\n")
    cell = (
        f"import sys\nsys.path.insert(0, {str(module.parent)!r})\nimport helper_xyz\n"
        "shared = [1]\nthing = [helper_xyz.Thing(), shared]\nother = [shared]"
    )
    archive(tmp_path / "archives", cell)
    module.unlink()
    told = restore(tmp_path / "archives", "shared", "other[0] is shared")
    assert told.verdicts["helper_xyz"] == "missing"
    assert told.verdicts["thing"] == "missing"
    assert "helper_xyz" in told.reasons["thing"]
    assert told.answers == ["[1]", "True"]


def test_state_that_is_no_variable(tmp_path: Path) -> None:
    folder = tmp_path / "there"
    folder.mkdir()
    cell = (
        "import os, sys, random, decimal, warnings, logging, xml.dom.minidom\n"
        f"os.chdir({str(folder)!r})\nos.environ['ZOO'] = 'z'\nsys.path.append('/added')\n"
        "random.seed(5); random.random(); state = random.getstate()\n"
        "decimal.getcontext().prec = 7\nsys.setrecursionlimit(1234)\n"
        "warnings.simplefilter('error')\nos.umask(0o027)\n"
        "logging.getLogger('mine').setLevel(10)\nlogging.getLogger().setLevel(20)"
    )
    archive(tmp_path / "archives", cell)
    told = restore(
        tmp_path / "archives",
        "os.getcwd()",
        "os.environ['ZOO']",
        "sys.path[-1]",
        "random.getstate() == state",
        "decimal.getcontext().prec",
        "warnings.filters[0][0]",
        "oct(os.umask(0o022))",
        "sys.getrecursionlimit()",
        "logging.getLogger('mine').level, logging.getLogger().level",
        "xml.dom.minidom.parseString('<a/>').documentElement.tagName",
    )
    assert told.answers == [
        repr(str(folder)), "'z'", "'/added'", "True", "7", "'error'", "'0o27'", "1234",
        "(10, 20)", "'a'",
    ]  # fmt: skip
    assert "modules" in told.caveats


def test_logging_that_is_only_disabled(tmp_path: Path) -> None:
    archive(tmp_path / "archives", "import logging\nlogging.disable(30)")
    told = restore(tmp_path / "archives", "logging.root.manager.disable")
    assert told.answers == ["30"]


def test_a_position_that_the_live_process_has_left(tmp_path: Path) -> None:
    """Saving neither moves an open file of the session nor writes what it still holds."""
    path = tmp_path / "text"
    path.write_text("one\ntwo\nthree\n")
    log = tmp_path / "log"
    first = f"f = open({str(path)!r})\nf.readline()\nw = open({str(log)!r}, 'w')\nw.write('a\\n')"
    second = "seen = f.readline()\nw.write('b\\n'); w.flush()"
    archive(tmp_path / "archives", first, second, each=True)
    assert log.read_text() == "a\nb\n"
    told = restore(tmp_path / "archives", "f.readline()")
    assert told.answers == [repr("two\n")]
    assert restore(tmp_path / "archives", "seen", checkpoint="c2").answers == [repr("two\n")]


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    cell = "import random\nvs = {}\nfor i in range(50):\n    globals()[f'v{i}'] = "
    cell += "random.Random(i).randbytes(40000)\ndel vs"
    told = archive(tmp_path, cell, "v7 = bytes(reversed(v7))", "pass", each=True)
    assert told[0]["bytes_written"] > 2_000_000
    assert told[1]["bytes_written"] < 1.1 * 40_000
    assert told[2]["bytes_written"] < 1000


def test_one_per_cent_in_place_costs_little(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    cell = "import numpy as np\na = np.random.default_rng(0).random(4_000_000)"
    told = archive(tmp_path, cell, "a[1_000_000:1_040_000] += 1", each=True)
    assert told[1]["bytes_written"] < 0.08 * 32_000_000
    answer = restore(tmp_path, "float(a[1_000_000]) > 1, a.flags.owndata", checkpoint="c2").answers
    assert answer == ["(True, True)"]


def test_every_python(tmp_path: Path, interpreters: tuple[Interpreter, ...]) -> None:
    cell = (
        "import threading\nx = [1]\ndef f(a, *, b=x): return a, b\nclass A:\n"
        "    __slots__ = ('v',)\na = A(); a.v = x\nlock = threading.Lock()\n"
        "def outer():\n    n = 0\n    def inc():\n        nonlocal n; n += 1; return n\n"
        "    return inc\ninc = outer(); inc()"
    )
    for interpreter in interpreters:
        folder = tmp_path / str(interpreter)
        archive(folder, cell, python=interpreter.path)
        told = restore(folder, "f(2)", "a.v is x", "inc()", python=interpreter.path)
        assert told.answers == ["(2, [1])", "True", "2"], interpreter
        assert told.verdicts["f"] == told.verdicts["a"] == told.verdicts["inc"] == "exact"


def test_another_python_gets_functions_from_their_source(
    tmp_path: Path, interpreters: tuple[Interpreter, ...]
) -> None:
    minors = {each.version[:2]: each for each in interpreters}
    if len(minors) < 2:
        pytest.skip("one Python only")
    first, *_, last = [minors[minor] for minor in sorted(minors)]
    archive(tmp_path, "x = [1]\ndef f(): return x\nclass A: pass\na = A()", python=first.path)
    told = restore(tmp_path, "f()", "type(a) is A", python=last.path)
    assert told.answers[0] == "[1]"
    assert told.verdicts["f"] == "rebuilt"
    assert "python" in told.caveats


def test_nothing_of_ours_is_left_behind(tmp_path: Path) -> None:
    before = set(os.listdir("/tmp"))
    archive(tmp_path, "x = 1")
    told = restore(tmp_path, "sorted(n for n in globals() if 'pyrepl' in n)")
    assert told.answers == ["[]"]
    assert not {n for n in set(os.listdir("/tmp")) - before if "archive" in n}


@pytest.mark.parametrize(("here", "said"), [("2.0", "2.0"), ("", "not installed")])
def test_packages_that_differ_are_named(tmp_path: Path, here: str, said: str) -> None:
    lib, store = tmp_path / "lib", tmp_path / "store"
    lib.mkdir()
    module = lib / "versioned.py"
    module.write_text("__version__ = '1.0'\n")
    archive(store, f"import sys; sys.path.insert(0, {str(lib)!r}); import versioned; x = 1")
    module.unlink()
    if here:
        module.write_text(f"__version__ = {here!r}  # another\n")
    told = restore(store, "x")
    assert told.answers == ["1"]
    assert f"versioned 1.0 → {said}" in told.caveats["packages"]
