from __future__ import annotations

import sys

import pytest

from tests.worker.archive import zoo

LIGHT = ["builtin", "functions", "classes", "stdlib", "shared", "numpy", "pandas"]


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_nothing_in_the_zoo_is_silently_wrong() -> None:
    results, _ = zoo.run(sys.executable, LIGHT)
    print(zoo.score(results))
    assert [each.name for each in results if each.silently_wrong] == []
    assert len(results) >= 150
    faithful = sum(each.verdict in ("exact", "equal") for each in results)
    assert faithful >= 0.75 * len(results), zoo.score(results)
    assert [r.name for r in results if r.verdict != "exact" and not r.reason] == []
