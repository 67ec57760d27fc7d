from __future__ import annotations

import sys

import pytest

from tests.worker.archive import image_zoo
from tests.worker.archive.zoo import score

LIGHT = ["builtin", "functions", "classes", "stdlib", "shared", "numpy", "pandas"]


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_an_image_brings_back_every_kind_as_it_was() -> None:
    results, _ = await image_zoo.run_all(sys.executable, LIGHT)
    print(score(results))
    assert [(each.name, each.reason) for each in results if not each.holds] == []
    assert {each.verdict for each in results} == {"exact"}
    assert len(results) >= 150
