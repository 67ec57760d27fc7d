"""Frames and figures of the real libraries, in the interpreter that has them."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from pyrepl_tui import Display, Session
from pyrepl_tui.engine.events import StoredContent
from tests.worker.conftest import Nest
from tests.worker.running import ok, soon, value

TABLE = "application/vnd.pyrepl.table+json"


@pytest.fixture
async def session(nest: Nest, work: Path) -> AsyncIterator[Session]:
    """A session of an app, in our own interpreter."""
    display = {"columns": 100, "lines": 30, "figures": True}
    async with nest.session(python=sys.executable, cwd=work, display=display) as session:
        yield session


async def shown(session: Session, code: str) -> list[Display]:
    """What a run shows."""

    async def listen() -> list[Display]:
        operation = session.run(code)
        found = [event async for event in operation if isinstance(event, Display)]
        await operation
        return found

    return await soon(listen(), 50)


async def table(session: Session, code: str) -> Any:
    """The table that a run has as its value."""
    (display,) = await shown(session, code)
    assert display.is_value
    content = display.mime_bundle[TABLE]
    return json.loads(content.read() if isinstance(content, StoredContent) else content)


def pictures(displays: list[Display]) -> list[bytes]:
    """The pictures that were shown."""
    found = [each.mime_bundle["image/png"] for each in displays]
    data = [each.read() if isinstance(each, StoredContent) else each for each in found]
    return [each for each in data if isinstance(each, bytes)]


async def test_a_frame_of_pandas(session: Session) -> None:
    pytest.importorskip("pandas")
    code = """import pandas as pd
pd.DataFrame({"n": [1, 2], "t": ["x\\ty", None], "f": [0.5, float("nan")],
              "d": pd.to_datetime(["2024-01-01", "2024-01-02"])}, index=["a", "b"])"""
    found = await table(session, code)
    assert found["kind"] == "pandas.DataFrame"
    assert found["shape"] == [2, 4]
    assert found["names"] == ["n", "t", "f", "d"]
    assert found["dtypes"][0] == "int64"
    assert found["numeric"] == [True, False, True, False]
    assert found["index"] == ["a", "b"]
    assert [row[0] for row in found["rows"]] == ["1", "2"]
    assert [row[2] for row in found["rows"]] == ["0.5", "NaN"]
    assert [row[3] for row in found["rows"]] == ["2024-01-01", "2024-01-02"]
    assert (found["row_gap"], found["column_gap"]) == (None, None)


async def test_a_huge_frame_is_bounded(session: Session) -> None:
    pytest.importorskip("pandas")
    code = "import pandas as pd, numpy as np; pd.DataFrame(np.zeros((1_000_000, 200)), copy=False)"
    found = await table(session, code)  # zeros that nobody has looked at take no memory
    assert found["shape"] == [1_000_000, 200]
    assert len(found["rows"]) == 120
    assert found["index"][99:101] == ["99", "999980"]
    assert found["row_gap"] == 100
    assert (len(found["names"]), found["column_gap"]) == (70, 60)


@pytest.mark.parametrize(
    ("code", "names", "index"),
    [
        ("pd.Series([1.5, 2], name='s')", ["s"], ["0", "1"]),
        ("pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([('a', 1), ('b', 2)]))",
         ["a · 1", "b · 2"], ["0"]),
        ("pd.DataFrame([[1, 2]], columns=['x', 'x'])", ["x", "x"], ["0"]),
        ("pd.DataFrame()", [], []),
    ],
)  # fmt: skip
async def test_odd_frames(session: Session, code: str, names: list[str], index: list[str]) -> None:
    pytest.importorskip("pandas")
    await ok(session, "import pandas as pd")
    found = await table(session, code)
    assert (found["names"], found["index"]) == (names, index)


async def test_an_array_of_numpy(session: Session) -> None:
    pytest.importorskip("numpy")
    found = await table(session, "import numpy as np; np.arange(6.).reshape(2, 3)")
    assert found["kind"] == "numpy.ndarray"
    assert found["rows"] == [["0.0", "1.0", "2.0"], ["3.0", "4.0", "5.0"]]
    assert await shown(session, "np.arange(6)") == []
    found = await table(session, "np.ma.masked_equal([[1, 2], [3, 4]], 3)")
    assert (found["kind"], found["rows"]) == ("numpy.MaskedArray", [["1", "2"], ["None", "4"]])
    assert (await table(session, "np.matrix([[1, 2]])"))["rows"] == [["1", "2"]]
    own = "class Own(np.ndarray): pass\nnp.eye(2).view(Own)"
    assert await shown(session, own) == []


async def test_a_frame_of_polars(session: Session) -> None:
    pytest.importorskip("polars")
    found = await table(session, "import polars as pl; pl.DataFrame({'a': [1, None], 'b': 'x'})")
    assert (found["names"], found["index"]) == (["a", "b"], None)
    assert found["rows"] == [["1", "x"], ["None", "x"]]


async def test_a_table_of_pyarrow(session: Session) -> None:
    pytest.importorskip("pyarrow")
    code = "import pyarrow as pa; pa.table({'a': list(range(500))})"
    found = await table(session, code)
    assert (found["shape"], found["dtypes"]) == ([500, 1], ["int64"])
    assert found["rows"][100] == ["480"]


PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"


async def test_figures_are_shown_at_the_end_of_their_run(session: Session) -> None:
    pytest.importorskip("matplotlib")
    two = await shown(session, PLOT + "\nplt.figure(); plt.plot([2, 1]); plt.figure();")
    assert [data[:4] for data in pictures(two)] == [b"\x89PNG"] * 2
    assert await value(session, "plt.get_fignums(), plt.get_backend()") == (
        "([], 'module://pyrepl_inline')"
    )
    assert await shown(session, "1") == []


async def test_figures_are_shown_once(session: Session) -> None:
    pytest.importorskip("matplotlib")
    assert len(await shown(session, PLOT + " plt.show()")) == 1
    assert len(await shown(session, "f, a = plt.subplots(); a.plot([1]); f")) == 1
    assert len(await shown(session, "f, a = plt.subplots(); a.plot([1]); f.show()")) == 1


async def test_a_figure_of_a_run_that_fails_is_shown(session: Session) -> None:
    pytest.importorskip("matplotlib")
    assert len(pictures(await shown(session, PLOT + " 1/0"))) == 1


async def test_matplotlib_is_loaded_by_the_user_alone(session: Session) -> None:
    code = "import sys; [name for name in sys.modules if 'matplotlib' in name]"
    assert await value(session, code) == "[]"
    hooks = "[f for f in sys.meta_path if 'pyrepl' in type(f).__module__]"
    await ok(session, "import matplotlib.pyplot as plt; plt.figure(); plt.close()")
    assert await value(session, hooks) == "[]"


@pytest.mark.parametrize("how", ["import matplotlib; matplotlib.use('agg')", "env"])
async def test_the_users_backend_wins(nest: Nest, work: Path, how: str) -> None:
    pytest.importorskip("matplotlib")
    env = {"MPLBACKEND": "agg"} if how == "env" else {}
    options = {"python": sys.executable, "cwd": work, "display": {"figures": True}, "env": env}
    async with nest.session(**options) as session:
        await ok(session, "" if how == "env" else how)
        assert await shown(session, PLOT) == []
        assert (await value(session, "plt.get_backend().lower()")) == "'agg'"


async def test_without_the_wish_for_figures_there_are_none(nest: Nest, work: Path) -> None:
    pytest.importorskip("matplotlib")
    async with nest.session(python=sys.executable, cwd=work) as session:
        assert await shown(session, PLOT) == []
