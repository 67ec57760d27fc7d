"""What arrays and frames hold is seen to change, and nothing of theirs is held for it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from pyrepl_worker.describe import Listing, contents

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no reason to see less."""
    monkeypatch.setattr(contents, "NAMED_SECONDS", 60.0)
    monkeypatch.setattr(contents, "SECONDS", 60.0)


def idle() -> bool:
    return True


class Watcher:
    """A listing that is looked at after each run."""

    def __init__(self, **namespace: Any) -> None:
        self.namespace = namespace
        self.listing = Listing(namespace, {})
        self._runs = itertools.count(1)
        self.run()

    def run(self, code: str = "", is_idle: Callable[[], bool] = idle) -> set[str]:
        """The names that are told to have changed by this code."""
        run = next(self._runs)
        self.listing.glance(run - 1, code)
        exec(code, {"np": np, "pd": pd}, self.namespace)
        rows = list(self.listing.look(run)), list(self.listing.look_inside(is_idle))
        assert rows
        return {
            row["name"] for row in self.listing.variables("", True, run) if row["changed_at"] == run
        }


def test_one_element_of_an_array() -> None:
    seen = Watcher(a=np.zeros(1000), b=np.zeros(3_000_000), c=np.array([1, "x"], dtype=object))
    assert seen.run() == set()
    assert seen.run("a[0] = 5") == {"a"}
    assert seen.run("a[0] = 5") == set()
    assert seen.run("b[2_999_999] = 1") == {"b"}
    assert seen.run("b[1_000_000] = 1") == {"b"}
    assert seen.run("c[0] = 2") == {"c"}
    assert seen.run("np.negative(a, out=a)") == {"a"}


def test_views_and_arrays_of_a_class_of_its_own() -> None:
    class Mine(np.ndarray):  # type: ignore[misc, name-defined]
        @property
        def base(self) -> Any:
            raise AssertionError("asked")

        def __array_finalize__(self, obj: Any) -> None:
            if type(obj) is Mine:
                raise AssertionError("asked")

    base = np.zeros((100, 100))
    seen = Watcher(part=base[::2, ::3], turned=np.zeros((50, 70)).T, mine=np.zeros(9).view(Mine))
    seen.namespace["base"] = base
    seen.run()
    assert seen.run("base[2, 3] = 1") == {"base", "part"}
    assert seen.run("base[1, 1] = 1") == {"base"}
    assert seen.run("turned[69, 49] = 1") == {"turned"}
    assert seen.run("mine[3] = 1") == {"mine"}


@pytest.mark.parametrize(
    "code",
    [
        "f.loc[5, 'n'] = 7",
        "f.loc[5, 's'] = 'z'",
        "f['new'] = 2",
        "f.columns = list('xyzw')",
        "f.iloc[:, 0] = f.iloc[::-1, 0].to_numpy()",
        "del f['s']",
        "f.loc[3, 'k'] = 'b'",
        "f.loc[3, 'i'] = 9",
    ],
)
def test_a_frame_in_place(code: str) -> None:
    frame = pd.DataFrame(
        {
            "n": range(1000),
            "s": ["a"] * 1000,
            "k": pd.Categorical(["a", "b"] + ["a"] * 998),
            "i": pd.array([1, None] * 500, dtype="Int64"),
        }
    )
    seen = Watcher(f=frame, other=frame.copy())
    assert seen.run() == set()
    assert seen.run("f.sum(numeric_only=True); f.describe(); len(f)") == set()
    assert seen.run(code) == {"f"}


def test_what_the_code_does_not_name_is_seen_too() -> None:
    seen = Watcher(a=np.zeros(1000), n=3)
    seen.namespace["change"] = seen.namespace["a"].fill
    seen.run()
    assert seen.run("change(4)") == {"a"}


def test_what_the_code_names_comes_before_what_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Watcher(large=np.zeros(8_000_000), named=np.zeros(1_000_000))
    monkeypatch.setattr(contents, "SECONDS", 0.0)
    assert seen.run("named[0] = 1; None") == {"named"}
    hidden = seen.namespace["large"]
    hidden[5] = 1
    assert seen.run() == set()
    monkeypatch.setattr(contents, "SECONDS", 60.0)
    assert seen.run() == {"large"}


def test_what_a_budget_does_not_reach_goes_on_where_it_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = Watcher(large=np.zeros(8_000_000))
    seen.namespace["large"][7_999_999] = 1
    for name in ("NAMED_SECONDS", "SECONDS"):
        monkeypatch.setattr(contents, name, 1e-9)  # a slice each
    assert any(seen.run() == {"large"} for _ in range(100))


def test_while_code_runs_it_is_left_for_later() -> None:
    seen = Watcher(a=np.zeros(8_000_000))
    seen.namespace["a"][7_999_999] = 1
    assert seen.run(is_idle=lambda: False) == set()
    assert seen.run("a") == {"a"}


def test_nothing_is_held_between_slices() -> None:
    seen = Watcher(a=np.zeros(8_000_000))
    seen.listing.glance(2, "a")
    for _ in seen.listing.look(2):
        pass
    looking = seen.listing.look_inside(idle)
    for size in (8_000_001, 8_000_002, 8_000_003):
        next(looking)
        seen.namespace["a"].resize(size)  # refused if somebody else has it


def test_memory_of_others_is_not_read(tmp_path: Any) -> None:
    mapped = np.memmap(tmp_path / "file", dtype=float, mode="w+", shape=(100,))
    seen = Watcher(mapped=mapped, given=np.frombuffer(b"12345678" * 10))
    assert seen.run("mapped[3] = 1") == set()
