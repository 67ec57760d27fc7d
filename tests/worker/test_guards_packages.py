"""Real packages through a checkpoint: what they compute after it, or why no image is trusted.

A row runs in the interpreter that runs the tests, or in the one that GUARDS_PYTHON names, whichever
has its packages; `make guards` sets up one that has them all.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pyrepl_tui import Session

from .conftest import Nest
from .running import run, soon

SECONDS = 45.0
"""Within which a package must have done its work again: a hang is found by it."""
INTERPRETERS = [sys.executable, *filter(None, [os.environ.get("GUARDS_PYTHON")])]
LOOK = "import json, sys, importlib.util as u; print(json.dumps([n for n in {} if u.find_spec(n)]))"


@dataclass(frozen=True)
class Row:
    """A package at work."""

    needs: str
    """Modules that must be there."""
    setup: str
    again: str
    """What must be true before and after, with the package's threads at work."""
    refused: str = ""
    """What the reason says why an image is not trusted; "": it is."""


SKLEARN = """
import numpy as np
from sklearn.cluster import KMeans
X = np.random.default_rng(1).random((20000, 8))
"""
FOREST = """
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score
X = np.random.default_rng(1).random((300, 4)); y = X[:, 0] > 0.5
"""
PARQUET = """
import {0}, os, tempfile
path = os.path.join(tempfile.mkdtemp(), 'x.parquet')
"""
MKL = """
import ctypes, glob, sys, numpy as np
mkl = ctypes.CDLL(glob.glob(sys.prefix + '/lib/libmkl_rt.so*')[0], ctypes.RTLD_GLOBAL)
a = np.random.default_rng(1).random((600, 600)); c = np.zeros((600, 600))
where = lambda x: x.ctypes.data_as(ctypes.c_void_p)
one, nought = ctypes.c_double(1), ctypes.c_double(0)
def product():
    c[:] = 0
    mkl.cblas_dgemm(101, 111, 111, 600, 600, 600, one, where(a), 600, where(a), 600, nought,
                    where(c), 600)
    return c
"""
NUMBA = """
import os; os.environ['NUMBA_THREADING_LAYER'] = '{0}'
import numba, numpy as np
@numba.njit(parallel=True)
def total(a):
    s = 0.0
    for i in numba.prange(a.size): s += a[i]
    return s
"""
TBB = """
import ctypes, glob, sys
ctypes.CDLL(glob.glob(sys.prefix + '/lib/libtbb.so.*')[0], ctypes.RTLD_GLOBAL)
"""
GRPC = """
import grpc
def reach():
    ready = grpc.channel_ready_future(grpc.insecure_channel('127.0.0.1:9'))
    try: ready.result(timeout=0.2)
    except grpc.FutureTimeoutError: return True
"""

ROWS = {
    "OpenBLAS": Row(
        "numpy",
        "import numpy as np; a = np.random.default_rng(1).random((700, 700)); b = a @ a",
        "np.allclose(a @ a, b) and np.linalg.svd(a[:200, :200])[1][0] > 1",
    ),
    "scipy's OpenBLAS and FFT": Row(
        "scipy",
        "import numpy as np, scipy.fft, scipy.linalg as sl; a = np.eye(500) + 1",
        "len(sl.lu(a)) == 3 and scipy.fft.fft(a, workers=2).shape == (500, 500)",
    ),
    "libgomp (scikit-learn)": Row(
        "sklearn", SKLEARN, "KMeans(4, n_init=1, random_state=0).fit(X).inertia_ > 0"
    ),
    "joblib's processes": Row(
        "sklearn",
        FOREST,
        "len(cross_val_score(RandomForestClassifier(5), X, y, cv=2, n_jobs=2)) == 2",
    ),
    "joblib's threads": Row(
        "sklearn", FOREST, "RandomForestClassifier(20, n_jobs=2).fit(X, y).score(X, y) > 0.5"
    ),
    "pyarrow": Row(
        "pyarrow",
        PARQUET.format("pyarrow as pa, pyarrow.parquet as pq")
        + "t = pa.table({'a': range(100_000), 'b': [str(i % 7) for i in range(100_000)]})\n"
        "pq.write_table(t, path, row_group_size=5000)",
        "t.group_by('b').aggregate([('a', 'sum')]).num_rows == 7"
        " and pq.read_table(path).sort_by('b').num_rows == 100_000",
    ),
    "pandas over pyarrow": Row(
        "pandas pyarrow",
        PARQUET.format("pandas as pd") + "pd.DataFrame({'a': ['x', 'y'] * 999}).to_parquet(path)",
        "len(pd.read_parquet(path).groupby('a').size()) == 2",
    ),
    "polars, only imported": Row("polars", "import polars as pl", "pl.__name__ == 'polars'"),
    "polars": Row(
        "polars",
        "import polars as pl; d = pl.DataFrame({'a': range(100_000), 'b': ['x', 'y'] * 50_000})",
        "d.lazy().group_by('b').agg(pl.col('a').sum()).collect().height == 2",
        "polars",
    ),
    "duckdb": Row(
        "duckdb",
        PARQUET.format("duckdb") + "db = duckdb.connect()\n"
        "db.sql('create table t as select range a, range % 7 b from range(2000000)')\n"
        "db.sql(f\"copy t to '{path}'\")",
        "len(db.sql('select b, sum(a) from t group by b').fetchall()) == 7"
        " and db.sql(f\"select count(*) from '{path}'\").fetchall() == [(2_000_000,)]",
        "DuckDB 2 if its major version is 2",
    ),
    "blosc2": Row(
        "blosc2",
        "import blosc2, numpy as np; blosc2.set_nthreads(2); a = np.arange(2_000_000)",
        "blosc2.asarray(a)[5:7].tolist() == [5, 6]",
        "Blosc2",
    ),
    "grpc": Row("grpc", GRPC + "ready = grpc.channel_ready_future(grpc.insecure_channel('[::]:9'))",
                "reach()", "gRPC"),
    "JAX": Row("jax", "import jax.numpy as jnp", "float(jnp.ones((9, 9)).sum()) == 81", "JAX"),
    "JAX, only imported": Row("jax", "import jax.numpy as jnp", "jnp.__name__ == 'jax.numpy'"),
    "TensorFlow": Row(
        "tensorflow",
        "import tensorflow as tf",
        "float(tf.reduce_sum(tf.ones((300, 300)) @ tf.ones((300, 300)))) == 300 ** 3",
        "TensorFlow",
    ),
    "torch": Row(
        "torch",
        "import torch; a = torch.rand(500, 500); m = torch.nn.Linear(50, 50)",
        "torch.relu(a @ a).sum().item() > 0 and m(torch.rand(99, 50)).sum().backward() is None",
    ),
    "torch and scikit-learn, a libgomp each": Row(
        "torch sklearn",
        SKLEARN + "import torch; a = torch.rand(500, 500)",
        "KMeans(4, n_init=1).fit(X).inertia_ > 0 and torch.relu(a @ a).sum().item() > 0",
    ),
    "MKL and LLVM's OpenMP": Row("mkl numpy", MKL, "np.allclose(product(), a @ a)"),
    "numba over OpenMP": Row("numba", NUMBA.format("omp"), "total(np.ones(99_999)) == 99_999"),
    "numba's own threads": Row(
        "numba", NUMBA.format("workqueue"), "total(np.ones(99_999)) == 99_999"
    ),
    "numba over TBB": Row(
        "numba tbb", TBB + NUMBA.format("tbb"), "total(np.ones(99_999)) == 99_999"
    ),
    "LightGBM": Row(
        "lightgbm",
        "import lightgbm, numpy as np; X = np.random.default_rng(1).random((2000, 4))",
        "lightgbm.LGBMClassifier(n_estimators=5, verbose=-1).fit(X, X[:, 0] > .5).n_classes_ == 2",
    ),
    "OpenCV": Row(
        "cv2",
        "import cv2, numpy as np; a = np.zeros((2000, 2000, 3), 'uint8')",
        "cv2.GaussianBlur(a, (31, 31), 5).shape == a.shape",
    ),
    "numexpr": Row(
        "numexpr",
        "import numexpr, numpy as np; numexpr.set_num_threads(2); a = np.ones(999_999)",
        "numexpr.evaluate('sum(a * 2)') == 2 * 999_999",
    ),
    "tokenizers": Row(
        "tokenizers",
        "import tokenizers as t; k = t.Tokenizer(t.models.BPE())\n"
        "k.train_from_iterator(['hello world'] * 9000)",
        "len(k.encode_batch(['hello'] * 2000)) == 2000",
    ),
}  # fmt: skip


TRUSTED = [name for name, row in ROWS.items() if not row.refused]


@functools.lru_cache
def _having(python: str) -> frozenset[str]:
    """Which of all rows' modules an interpreter has."""
    names = sorted({name for row in ROWS.values() for name in row.needs.split()})
    done = subprocess.run([python, "-c", LOOK.format(names)], capture_output=True, check=True)
    found = set(json.loads(done.stdout))
    for name, pattern in (("mkl", "libmkl_rt.so*"), ("tbb", "libtbb.so.*")):
        if list(Path(python).parent.parent.glob(f"lib/{pattern}")):
            found.add(name)  # a library without a module
    return frozenset(found)


@pytest.fixture(params=list(ROWS))
def row(request: pytest.FixtureRequest) -> Row:
    """Each row."""
    return ROWS[request.param]


@pytest.fixture
async def session(row: Row, nest: Nest, work: Path) -> AsyncIterator[Session]:
    """A session of an interpreter that has the row's packages."""
    fitting = [each for each in INTERPRETERS if _having(each).issuperset(row.needs.split())]
    if not fitting:
        pytest.skip(f"needs {row.needs}")
    async with nest.session(python=fitting[0], cwd=work) as session:
        yield session


async def _ok(session: Session, code: str) -> None:
    result = await soon(session.execute(code), SECONDS)
    assert result.status == "ok", (result.error and result.error.traceback) or result.death


@pytest.mark.timeout(240)
async def test_after_a_restore_it_works_or_no_image_was_trusted(session: Session, row: Row) -> None:
    await _ok(session, f"marker = 1\n{row.setup}\nassert {row.again}")
    refused = row.refused
    if refused.startswith("DuckDB"):
        major = (await soon(session.execute("duckdb.__version__"))).value or ""
        refused = "DuckDB 2" if major.startswith("'2") else ""
    failing = await run(session, "marker = 2\n1 / 0", policy="rollback_on_failure")
    assert failing.rolled_back
    if refused:
        assert failing.isolation in ("deep", "shallow")
        assert any(refused in each for each in failing.unrestored)
    else:
        assert failing.isolation == "image"
    for _ in range(2):
        await _ok(session, f"assert marker == 1\nassert {row.again}")


@pytest.mark.parametrize("row", [ROWS[name] for name in TRUSTED], ids=TRUSTED)
@pytest.mark.timeout(240)
async def test_an_image_is_used_again_and_again(session: Session, row: Row) -> None:
    await _ok(session, f"marker = 1\n{row.setup}\nassert {row.again}")
    point = await soon(session.checkpoint())
    assert not [each for each in point.warnings if "unknown" in each]
    for _ in range(2):
        await _ok(session, f"marker = 2\nassert {row.again}")
        report = await soon(session.restore(point))
        assert report.form == "image"
        await _ok(session, f"assert marker == 1\nassert {row.again}")


@pytest.mark.parametrize("row", [ROWS["polars"]], ids=["polars"])
@pytest.mark.timeout(240)
async def test_what_no_image_can_hold_comes_back_from_the_disk(session: Session, row: Row) -> None:
    """Also what only the threads can pickle that a forked process has not: frames in pieces."""
    await _ok(session, f"marker = 1\n{row.setup}\nassert {row.again}")
    await _ok(session, "e = d.lazy().group_by('a').agg(pl.col('b').first()).collect()")
    point = await soon(session.checkpoint(durable=True), SECONDS)
    assert not point.has_image
    assert point.archive_verdicts == {"exact": 4}
    await _ok(session, "marker, d, e = 2, None, None")
    report = await soon(session.restore(point), SECONDS)
    assert (report.form, set(report.verdicts.values())) == ("archive", {"exact"})
    await _ok(session, f"assert marker == 1 and e.height == 100_000\nassert {row.again}")
