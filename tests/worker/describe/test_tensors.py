"""Tensors are read below everything that can be overridden, and where they lie."""

from __future__ import annotations

from typing import Any

import pytest

from pyrepl_worker.describe import Listing
from pyrepl_worker.describe.grids import statistics
from pyrepl_worker.describe.inspection import NothingThere, inspect
from pyrepl_worker.digests import Digester
from pyrepl_worker.digests.outline import outline
from pyrepl_worker.digests.pieces import compare_piece, piece
from pyrepl_worker.glimpses import last

torch = pytest.importorskip("torch")


def looked_at(value: Any, *steps: Any) -> dict[str, Any]:
    return last(inspect({"v": value}, ["v", *steps], 0, 20))


def test_a_tensor_has_shape_size_and_a_summary() -> None:
    [row] = Listing({"v": torch.zeros(2, 3)}, {}).variables("", True, 1)
    assert (row["shape"], row["length"], row["size_bytes"]) == ("(2, 3)", 2, 24)
    assert (row["kind"], row["summary"]) == ("data", "Tensor 2×3 float32")
    [row] = Listing({"v": torch.tensor(1.5)}, {}).variables("", True, 1)
    assert row["summary"] == "Tensor 1.5 float32"


def test_its_values_are_a_grid() -> None:
    found = looked_at(torch.arange(6, dtype=torch.float32).reshape(2, 3))
    assert found["grid"]["rows"] == [["0.0", "1.0", "2.0"], ["3.0", "4.0", "5.0"]]
    assert found["grid"]["dtypes"] == ["float32"] * 3
    assert ["device", "cpu"] in found["facts"]
    assert looked_at(torch.ones(2).bfloat16())["grid"]["rows"] == [["1.0"], ["1.0"]]
    assert looked_at(torch.tensor(2.5))["text"] == "2.5"


def test_parts_and_figures() -> None:
    cube = torch.arange(24).reshape(2, 3, 4)
    assert looked_at(cube, ["slice", "1, :, ::2"])["grid"]["rows"][0] == ["12", "14"]
    assert looked_at(cube, 1)["grid"]["rows"][0] == ["12", "13", "14", "15"]
    assert ["max", "23"] in last(statistics(cube))["facts"]


def test_gradients_are_no_hindrance() -> None:
    weight = torch.nn.Parameter(torch.ones(2, 2))
    assert looked_at(weight)["grid"]["rows"][0] == ["1.0", "1.0"]
    facts = looked_at((weight * 2).sum())["facts"]
    assert ["requires grad", "yes"] in facts
    assert ["made by", "SumBackward0"] in facts


def test_what_is_not_in_memory_is_not_fetched() -> None:
    for value in (torch.zeros(2, device="meta"), torch.eye(3).to_sparse()):
        found = looked_at(value)
        assert found["grid"] is None
        assert found["facts"][-1][0] == "values"


def test_no_code_of_a_user_is_asked() -> None:
    called: list[str] = []

    class Odd(torch.Tensor):  # type: ignore[misc, name-defined, unused-ignore]
        @classmethod
        def __torch_function__(cls, func: Any, *args: Any, **more: Any) -> Any:
            called.append(str(func))
            return super().__torch_function__(func, *args, **more)

    class Mode(torch.overrides.TorchFunctionMode):  # type: ignore[misc, name-defined, unused-ignore]
        def __torch_function__(self, func: Any, *args: Any, **more: Any) -> Any:
            called.append(str(func))
            raise ZeroDivisionError

    odd, plain = torch.zeros(3).as_subclass(Odd), torch.zeros(3)
    called.clear()
    with Mode():
        for value in (odd, plain):
            Listing({"v": value}, {}).variables("", True, 1)
            looked_at(value)
    assert looked_at(plain)["grid"]["rows"] == [["0.0"]] * 3
    assert called == []


def test_digests_tell_tensors_apart() -> None:
    digest = Digester().digest
    model = torch.nn.Linear(3, 2)
    same = torch.nn.Linear(3, 2)
    same.load_state_dict(model.state_dict())
    assert digest(model.state_dict()) == digest(same.state_dict())
    with torch.no_grad():
        same.weight[0, 0] += 1
    assert digest(model.state_dict()) != digest(same.state_dict())
    assert digest(torch.zeros(2, dtype=torch.int16)) != digest(torch.zeros(2).bfloat16())


def test_pieces_of_types_unknown_to_numpy_are_compared_as_numbers() -> None:
    for kind in (torch.bfloat16, torch.float8_e5m2):
        ours, theirs = (torch.tensor([1.0, 2.0, n, float("nan")]).to(kind) for n in (3.0, 4.0))
        found = compare_piece(theirs, 0, piece(ours, 0), 0.0)
        assert (found["count"], found["first"]) == (1, [[2, "3.0", "4.0"]])
        assert (found["absolute"], found["relative"]) == (1.0, 0.25)
        assert compare_piece(theirs, 0, piece(ours, 0), 1.0)["count"] == 0
    assert outline(torch.zeros(2).bfloat16(), None)["dtype"] == "bfloat16"


def test_a_change_in_place_is_seen() -> None:
    weights = torch.nn.Linear(3, 2).weight
    listing = Listing({"w": weights, "other": torch.zeros(3)}, {})
    for run in (1, 2, 3):
        with torch.no_grad():
            weights[0, 0] = run
        listing.glance(run - 1, "w")
        rows = list(listing.look(run)), list(listing.look_inside(lambda: True))
        assert rows
    found = {row["name"]: row["changed_at"] for row in listing.variables("", True, 3)}
    assert found == {"w": 3, "other": 1}


def test_a_slice_of_what_has_none() -> None:
    for text in ("9", "a", "__import__('os')", "1:2:3:4", ""):
        with pytest.raises(NothingThere):
            looked_at(torch.zeros(3), ["slice", text])
