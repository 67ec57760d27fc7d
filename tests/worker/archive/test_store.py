from __future__ import annotations

import dataclasses
import errno
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from pyrepl_worker.archive import Damage, SaveContext, Store, children, load, save, saving
from pyrepl_worker.archive.chunking import LARGE
from pyrepl_worker.archive.keeping import make_room
from pyrepl_worker.archive.manifest import Group, Manifest
from pyrepl_worker.archive.saving import ArchiveFailed
from pyrepl_worker.archive.shelf import CHUNK, LARGE_CHUNK
from tests.support.mounts import OWN_MOUNTS, SMALL_DISK, needs_mounts
from tests.support.waiting import wait_until
from tests.worker.archive.sessions import archive, restore


def put(store: Store, checkpoint: str, *contents: bytes) -> Manifest:
    """An archive whose blobs are these."""
    with store.writing() as writer:
        pending = [writer.blob(each) for each in contents]
        groups = tuple(Group((f"v{n}",), "pickle", each.result()) for n, each in enumerate(pending))
        manifest = Manifest(
            checkpoint, "s", 0.0, "3.11.0", 0, "/", {}, [], {}, {}, groups,
            bytes_written=writer.bytes_written, bytes_total=writer.bytes_total,
        )  # fmt: skip
        store.put(manifest)
    return manifest


def chunk_files(store: Store) -> list[Path]:
    return sorted(p for p in Path(store.folder, "chunks").rglob("*") if p.is_file())


def leftovers(store: Store) -> list[str]:
    return os.listdir(Path(store.folder, "tmp"))


def context(checkpoint: str) -> SaveContext:
    return SaveContext(checkpoint, "s", "/", {}, [])


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 40 * CHUNK + 5])
def test_a_blob_comes_back(tmp_path: Path, size: int) -> None:
    store = Store(str(tmp_path))
    data = os.urandom(size)
    put(store, "c1", data)
    stream = store.manifest("c1").groups[0].stream
    assert stream is not None
    assert bytes(store.read(stream)) == data


def test_what_is_there_already_costs_nothing(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    data = os.urandom(3 * CHUNK)
    put(store, "c1", data)
    assert put(store, "c2", data).bytes_written == 0


def stored_as_stream(store: Store, checkpoint: str, data: bytes, step: int) -> Manifest:
    """An archive of one blob that came so many bytes at a time."""
    with store.writing() as writer:
        stream = writer.stream()
        for at in range(0, len(data), step):
            stream.write(data[at : at + step])
        blob = writer.blob(stream.getvalue(), stream.pieces).result()
        manifest = Manifest(
            checkpoint, "s", 0.0, "3.11.0", 0, "/", {}, [], {}, {},
            (Group(("v",), "pickle", blob),), bytes_written=writer.bytes_written,
        )  # fmt: skip
        store.put(manifest)
    return manifest


@pytest.mark.parametrize("size", [0, 1, CHUNK, 3 * CHUNK + 7, LARGE + 3 * LARGE_CHUNK + 9])
def test_a_stream_is_cut_the_same_however_it_comes(tmp_path: Path, size: int) -> None:
    store = Store(str(tmp_path))
    data = os.urandom(size // 2) + bytes(size - size // 2)
    stored_as_stream(store, "c1", data, 70_000)
    assert stored_as_stream(store, "c2", data, CHUNK * 3).bytes_written == 0
    blob = store.manifest("c1").groups[0].stream
    assert blob is not None
    assert bytes(store.read(blob)) == data
    # what it begins with is stored already, however much follows
    longer = stored_as_stream(store, "c3", data + bytes(LARGE_CHUNK), 70_000)
    assert longer.bytes_written <= LARGE_CHUNK + 2


def test_a_stream_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    with store.writing() as writer:
        writer.stream().write(os.urandom(5 * CHUNK))
    assert not chunk_files(store)
    assert not leftovers(store)


def test_compression_only_where_it_pays(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    assert put(store, "c1", bytes(4 * CHUNK)).bytes_written < CHUNK
    assert put(store, "c2", os.urandom(CHUNK)).bytes_written == CHUNK + 1


@pytest.mark.parametrize("harm", ["flip", "truncate", "empty", "remove"])
def test_a_damaged_chunk_is_named_and_costs_its_group(tmp_path: Path, harm: str) -> None:
    store = Store(str(tmp_path))
    archive(tmp_path, "good = {1: {2}}\nbad = [object, 'x' * 99]\nn = 3")
    group = next(g for g in store.manifest("c1").groups if g.names == ("bad",))
    assert group.stream is not None
    name = group.stream.chunks[0]
    path = tmp_path / "chunks" / name[:2] / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    harms: dict[str, Any] = {
        "flip": lambda: path.write_bytes(data),
        "truncate": lambda: path.write_bytes(data[:-3]),
        "empty": lambda: path.write_bytes(b""),
        "remove": path.unlink,
    }
    harms[harm]()
    told = restore(tmp_path, "good", "n")
    assert told.verdicts["bad"] == "missing"
    assert name in told.reasons["bad"]
    assert told.answers == ["{1: {2}}", "3"]


@pytest.mark.parametrize("at", [3, 60, -2])
def test_a_damaged_manifest_is_named(tmp_path: Path, at: int) -> None:
    store = Store(str(tmp_path))
    put(store, "c1", b"x")
    put(store, "c2", b"y")
    path = tmp_path / "manifests" / "c1.json"
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    with pytest.raises(Damage, match=r"c1\.json"):
        store.manifest("c1")
    assert store.manifest("c2").checkpoint == "c2"


def test_collecting_frees_what_no_archive_names(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    shared = os.urandom(40 * CHUNK)
    put(store, "c1", shared, os.urandom(CHUNK))
    manifest = put(store, "c2", shared)
    store.remove("c1")
    assert store.collect() == CHUNK + 1
    stream = manifest.groups[0].stream
    assert stream is not None
    assert bytes(store.read(stream)) == shared
    store.remove("c2")
    store.collect()
    assert chunk_files(store) == []


def test_a_damaged_manifest_keeps_all_chunks(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    put(store, "c1", b"x")
    (tmp_path / "manifests" / "c1.json").write_bytes(b"rubbish")
    assert store.collect() == 0
    assert len(chunk_files(store)) == 1


def test_retention_drops_the_oldest_but_pinned(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    for number in range(5):
        put(store, f"c{number}", b"%d" % number)
        os.utime(tmp_path / "manifests" / f"c{number}.json", (number, number))
    (tmp_path / "pins").mkdir()
    (tmp_path / "pins" / "c0").touch()
    assert make_room(store, set(), keep=2) == ["c1", "c2"]
    assert store.checkpoints() == ["c0", "c3", "c4"]
    assert len(chunk_files(store)) == 3


def test_retention_counts_bytes_too(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    for number in range(5):
        put(store, f"c{number}", bytes([number]) * 1000)
        os.utime(tmp_path / "manifests" / f"c{number}.json", (number, number))
    size = store.manifest("c0").bytes_total
    assert make_room(store, {"c1"}, most_bytes=3 * size) == ["c0"]
    assert make_room(store, {"c1"}, most_bytes=0) == ["c2", "c3", "c4"]
    assert store.checkpoints() == ["c1"]


def test_ids_stay_within_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be the id"):
        Store(str(tmp_path)).manifest("../x")


def test_a_full_disk_keeps_earlier_archives_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(str(tmp_path))
    save({"a": os.urandom(CHUNK)}, context("c1"), store)
    before = chunk_files(store)
    written = os.writev
    calls = []

    def full(fd: int, parts: Any) -> int:
        calls.append(fd)
        if len(calls) > 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(fd, parts)

    monkeypatch.setattr(os, "writev", full)
    with pytest.raises(ArchiveFailed, match="No space left"):
        save({"b": os.urandom(9 * CHUNK)}, context("c2"), store)
    assert store.checkpoints() == ["c1"]
    assert chunk_files(store) == before
    assert leftovers(store) == []


FULL = """
import os
from pathlib import Path
from pyrepl_worker.archive import Store, save
from pyrepl_worker.archive.saving import ArchiveFailed
from pyrepl_worker.archive.shelf import CHUNK, LARGE_CHUNK
from tests.worker.archive.sessions import restore
from tests.worker.archive.test_store import context, leftovers

room = os.environ["XDG_STATE_HOME"]
store = Store(room)
save({"a": os.urandom(CHUNK)}, context("c1"), store)
try:
    save({"b": os.urandom(8_000_000)}, context("c2"), store)
except ArchiveFailed as error:
    print("No space left" in str(error))
print(store.checkpoints(), leftovers(store))
print(restore(Path(room), "len(a)").answers == [str(CHUNK)])
save({"c": 1}, context("c3"), store)
"""


@needs_mounts
def test_a_real_full_disk() -> None:
    """The same on a file system that has no room."""
    program = [*OWN_MOUNTS, "sh", "-c", SMALL_DISK, "sh", sys.executable, "-c", FULL]
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        program, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["True", "['c1'] []", "True"], done.stderr
    assert done.returncode == 0, done.stderr


def _archive_for_ever(folder: str, seed: int) -> None:
    store = Store(folder)
    number = 0
    while True:
        number += 1
        put(store, f"c{seed}-{number}", bytes([number % 7]) * CHUNK, os.urandom(CHUNK))


@pytest.mark.parametrize("kills", [12])
def test_killed_archivers_and_collectors_harm_nothing(tmp_path: Path, kills: int) -> None:
    """Two archivers at a time, killed again and again, with collections in between."""
    store = Store(str(tmp_path))
    forks = multiprocessing.get_context("fork")
    for round_ in range(kills):
        before = len(store.checkpoints())
        writers = [
            forks.Process(target=_archive_for_ever, args=(str(tmp_path), 2 * round_ + n))
            for n in range(2)
        ]
        for writer in writers:
            writer.start()
        wait_until(lambda before=before: len(store.checkpoints()) > before, 20)  # type: ignore[misc]
        if round_ % 2:
            store.collect()
        for writer in writers:
            assert writer.pid is not None
            os.kill(writer.pid, signal.SIGKILL)
            writer.join()
        make_room(store, set(), keep=8)
        store.collect()
        assert leftovers(store) == []
        for checkpoint in store.checkpoints():
            for blob in store.manifest(checkpoint).blobs():
                store.read(blob)


def test_progress_counts_the_bytes(tmp_path: Path) -> None:
    """Most of a session's memory lies in few variables."""
    store = Store(str(tmp_path))
    told: list[tuple[str, int, int]] = []
    size = 100 * CHUNK
    save(
        {"big": [os.urandom(size)], "small": 1}, context("c1"), store,
        progress=lambda *each: told.append(each),
    )  # fmt: skip
    written = [(done, total) for what, done, total in told if what == "writing"]
    assert len(set(written)) > 5
    assert written[-1] == (size // 10**6, size // 10**6)
    loaded: list[float] = []
    load(
        store.manifest("c1"), store, {}, trust=True,
        progress=lambda done, total: loaded.append(done / total),
    )  # fmt: skip
    assert sorted(loaded) == loaded
    assert len([part for part in loaded if 0.2 < part < 0.8]) > 5
    assert loaded[-1] == 1


def test_a_slow_disk_is_not_taken_for_a_variable_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "GRACE", 0.2)
    monkeypatch.setattr(children, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr("pyrepl_worker.archive.store.sync", lambda folder: Event().wait(1.0))
    store = Store(str(tmp_path))
    patient = dataclasses.replace(context("c1"), group_seconds=0.3)
    assert save({"a": [{1, 2}]}, patient, store).variables["a"].verdict == "exact"
