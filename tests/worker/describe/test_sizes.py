"""Deep sizes: what each variable holds, and how much of that others hold too."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from pyrepl_worker.describe.sizes import measure


def sizes(seconds: float = 60.0, **namespace: Any) -> dict[str, list[Any]]:
    *_, last = measure(namespace, [], seconds)
    assert last is not None
    found: dict[str, list[Any]] = last["sizes"]
    return found


def test_what_two_variables_hold_counts_as_shared() -> None:
    part = ["x" * 5000]
    found = sizes(one={"part": part}, two=(part,), three=["y" * 100])
    both = sys.getsizeof(part) + sys.getsizeof(part[0])
    assert found["two"] == [both + sys.getsizeof((part,)), both, True]
    assert found["one"][1] == both
    assert found["three"][1] == 0


def test_what_leads_everywhere_counts_alone() -> None:
    found = sizes(function=sizes, module=sys, kind=pytest.Item)
    assert found["function"] == [sys.getsizeof(sizes), 0, True]
    assert found["module"] == [sys.getsizeof(sys), 0, True]
    assert found["kind"][0] == sys.getsizeof(pytest.Item)


def test_memory_that_arrays_see_together_counts_once_for_each() -> None:
    np = pytest.importorskip("numpy")
    whole = np.zeros((1000, 100))
    found = sizes(whole=whole, part=whole[:10], again=whole[5:].T, other=np.zeros(1000))
    held = found["whole"][0]
    assert whole.nbytes < held < whole.nbytes + 200
    for name in ("part", "again"):
        assert found[name][1] == held, "a view keeps all of it"
        assert held < found[name][0] < held + 400
    assert found["other"][1] == 0


def test_a_frame_counts_once_and_its_columns_share_it() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": range(10_000), "b": [float(at) for at in range(10_000)]})
    found = sizes(frame=frame, column=frame["b"])
    assert 160_000 < found["frame"][0] < 190_000
    assert 80_000 <= found["column"][1] <= found["column"][0] < 110_000


def test_the_objects_of_an_array_count_too() -> None:
    np = pytest.importorskip("numpy")
    texts = ["é" * 1000 + str(at) for at in range(2000)]
    found = sizes(texts=np.array(texts, dtype=object), first=texts[0])
    assert found["texts"][0] > sum(map(sys.getsizeof, texts))
    assert found["first"] == [sys.getsizeof(texts[0]), sys.getsizeof(texts[0]), True]


def test_what_time_does_not_allow_is_told_apart() -> None:
    found = sizes(0.0, large=[[at] for at in range(300_000)], later="text")
    assert found["large"][2] is False
    assert "later" not in found
