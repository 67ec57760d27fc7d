"""Archives measured beside cloudpickle's dump of the same data, in one process.

Run with an interpreter that has numpy and pandas; prints one line of JSON per figure.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
import time
from typing import Any

ROUNDS = 3
HIDDEN = frozenset({"__builtins__", "__name__", "__doc__", "__loader__", "__spec__", "__package__"})


def say(measure: str, **figures: float) -> None:
    """Tell one figure."""
    print(json.dumps({"measure": measure, **figures}), flush=True)


class Bench:
    """One namespace, archived again and again into one store."""

    def __init__(self, folder: str) -> None:
        from pyrepl_worker.archive import Store

        self.folder = tempfile.mkdtemp(dir=folder)
        self.store = Store(self.folder)
        self.namespace: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
        self._number = 0

    def archive(self) -> tuple[float, float, Any]:
        """Seconds until it is on disk, seconds until it is verified too, and the manifest."""
        from pyrepl_worker.archive import SaveContext, save

        self._number += 1
        context = SaveContext(
            checkpoint=f"c{self._number}", session="bench", cwd="/", environ={},
            sys_path=list(sys.path), hidden=HIDDEN,
        )  # fmt: skip
        stored: list[float] = []

        def progress(stage: str, done: int, total: int) -> None:
            if stage == "stored":
                stored.append(time.perf_counter() - start)

        start = time.perf_counter()
        manifest = save(self.namespace, context, self.store, progress=progress)
        verified = time.perf_counter() - start
        return (stored[0] if stored else verified), verified, manifest

    def forget(self) -> None:
        """Start with an empty store."""
        for checkpoint in self.store.checkpoints():
            self.store.remove(checkpoint)
        self.store.collect()

    def dump(self) -> float:
        """Seconds cloudpickle takes to put the same on disk."""
        import cloudpickle

        values = {k: v for k, v in self.namespace.items() if k not in HIDDEN}
        path = os.path.join(self.folder, "dump")
        start = time.perf_counter()
        with open(path, "wb") as file:
            cloudpickle.dump(values, file, protocol=5)
            file.flush()
            os.fsync(file.fileno())
        seconds = time.perf_counter() - start
        os.unlink(path)
        return seconds

    def dump_in_a_child(self) -> float:
        """Seconds until a forked child has done the same.

        An archive of a moment is written by a fork, and to count a reference there copies a page:
        nothing that pickles in a fork can be quicker.
        """
        gc.collect()
        start = time.perf_counter()
        pid = os.fork()
        if pid == 0:
            gc.disable()
            self.dump()
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        if status != 0:
            raise RuntimeError("the child that dumps has failed")
        return time.perf_counter() - start


def compare(measure: str, folder: str, make: Any) -> Bench:
    """Archive a namespace and dump it, in turns."""
    bench = Bench(folder)
    make(bench.namespace)
    dumped: list[float] = []
    forked: list[float] = []
    stored: list[float] = []
    verified: list[float] = []
    size = 0
    for _ in range(ROUNDS):
        dumped.append(bench.dump())
        forked.append(bench.dump_in_a_child())
        on_disk, loaded_back, manifest = bench.archive()
        stored.append(on_disk)
        verified.append(loaded_back)
        size = manifest.bytes_total
        bench.forget()
    say(
        measure, stored=min(stored), verified=min(verified), dumped=min(dumped),
        forked=min(forked), bytes=size,
    )  # fmt: skip
    return bench


def small(names: dict[str, Any]) -> None:
    """A hundred small ones."""
    for i in range(100):
        names[f"v{i}"] = {"id": i, "items": list(range(10)), "text": "x" * 20}


def arrays(names: dict[str, Any]) -> None:
    """Four arrays and a frame."""
    import numpy
    import pandas

    numbers = numpy.random.default_rng(0)
    for i in range(4):
        names[f"a{i}"] = numbers.random(6_250_000)
    columns = {f"c{i}": numbers.random(100_000) for i in range(8)}
    names["frame"] = pandas.DataFrame(columns).assign(text=[f"row {i}" for i in range(100_000)])


def one_array(names: dict[str, Any]) -> None:
    """One large array."""
    import numpy

    names["a"] = numpy.random.default_rng(0).random(125_000_000)


def objects(names: dict[str, Any]) -> None:
    """A million small objects."""
    names["rows"] = [{"id": i, "value": float(i)} for i in range(333_000)]


def hundred(names: dict[str, Any]) -> None:
    """A hundred arrays of 2 MB."""
    import numpy

    numbers = numpy.random.default_rng(0)
    for i in range(100):
        names[f"m{i}"] = numbers.random(250_000)


def large(names: dict[str, Any]) -> None:
    """One array of 200 MB."""
    import numpy

    names["big"] = numpy.random.default_rng(0).random(25_000_000)


def main() -> None:
    """Measure all of it."""
    worker, site, quick = sys.argv[1:]
    sys.path.insert(0, worker)
    sys.path.append(site)
    with tempfile.TemporaryDirectory() as folder:
        compare("100 small variables", folder, small)
        compare("200 MB of arrays and a 100,000-row frame", folder, arrays)
        if quick == "0":
            compare("one array of 1 GB", folder, one_array)
        compare("1 million small objects", folder, objects)

        bench = Bench(folder)
        hundred(bench.namespace)
        bench.archive()
        bench.namespace["m7"][:] += 1
        manifest = bench.archive()[2]
        say("1 of 100 variables", written=manifest.bytes_written, changed=2_000_000)

        bench = Bench(folder)
        large(bench.namespace)
        bench.archive()
        bench.namespace["big"][5_000_000:5_250_000] += 1
        manifest = bench.archive()[2]
        say("1 % in place", written=manifest.bytes_written, changed=200_000_000)


if __name__ == "__main__":
    main()
