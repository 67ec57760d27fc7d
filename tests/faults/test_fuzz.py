"""A hundred thousand bad frames against a living nursery and a living worker."""

from __future__ import annotations

import json
import os
import select
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from pyrepl_tui import Session
from pyrepl_worker.framing import FrameError, FrameReader
from tests.faults import frames

FRAMES = 50_000
"""For each of the two sockets."""
AT_ONCE = 32


def entry_of(session: Session) -> dict[str, Any]:
    """The session's entry in the registry."""
    folder = Path(os.environ["XDG_RUNTIME_DIR"], "pyrepl-tui", "registry")
    entry: dict[str, Any] = json.loads((folder / f"{session.id}.json").read_text())
    return entry


class Assault:
    """Connections that each send one frame, and wait for the other side to end them."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.refused = 0
        """Connections that the other side ended."""

    def send(self, batch: Iterable[tuple[str, bytes]], hello: bytes) -> None:
        waiting: dict[int, tuple[str, socket.socket]] = {}
        for kind, frame in batch:
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(20)
            sock.connect(self._path)
            try:
                sock.sendall(hello + frame)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before all of it was sent
            # the end of what we send: even half a frame is judged now
            sock.shutdown(socket.SHUT_WR)
            waiting[sock.fileno()] = (kind, sock)
        poll = select.poll()
        for descriptor in waiting:
            poll.register(descriptor, select.POLLIN)
        while waiting:
            ready = poll.poll(20_000)
            assert ready, f"no answer to {sorted({kind for kind, _ in waiting.values()})}"
            for descriptor, _ in ready:
                _, sock = waiting[descriptor]
                if not _read(sock):
                    poll.unregister(descriptor)
                    waiting.pop(descriptor)
                    sock.close()
                    self.refused += 1


def _read(sock: socket.socket) -> bytes:
    try:
        return sock.recv(65536)
    except ConnectionResetError:
        return b""


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("target", ["socket", "nursery"])
@pytest.mark.parametrize("greets", [True, False], ids=["after a hello", "as first frame"])
async def test_bad_frames_end_their_connection_and_nothing_else(target: str, greets: bool) -> None:
    async with Session() as session:
        await session.execute("x = 42")
        pid = session.pid
        assault = Assault(entry_of(session)[target])
        batch: list[tuple[str, bytes]] = []
        for each in frames.bad_frames(seed=1 + greets, count=FRAMES // 2):
            batch.append(each)
            if len(batch) == AT_ONCE:
                assault.send(batch, frames.HELLO if greets else b"")
                batch.clear()
        assault.send(batch, frames.HELLO if greets else b"")
        assert assault.refused == FRAMES // 2
        result = await session.execute("x")
        assert (result.value, session.pid) == ("42", pid)
        async with Session() as other:
            assert (await other.execute("1 + 1")).value == "2"


@pytest.mark.parametrize("target", ["socket", "nursery"])
async def test_a_bad_frame_is_answered_by_its_reason(target: str) -> None:
    async with Session() as session:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10)
            sock.connect(entry_of(session)[target])
            sock.sendall(frames.HELLO + frames.packed(["no such message", 1]))
            data = b""
            while news := sock.recv(65536):
                data += news
        *_, last = FrameReader().feed(data)
        assert last.kind == "invalid"
        assert "no such message" in last.text


@pytest.mark.parametrize("target", ["socket", "nursery"])
async def test_half_a_frame_waits_without_holding_up_others(target: str) -> None:
    async with Session() as session:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(entry_of(session)[target])
            sock.sendall(frames.HELLO + frames.framed(b"\x93", 1_000_000))
            assert (await session.execute("1 + 1")).value == "2"


def test_the_frames_are_as_bad_as_they_should_be() -> None:
    """Nearly all of them are refused by the decoder; the rest are odd but well formed."""
    good = 0
    for _, frame in frames.bad_frames(3, 3_000):
        reader = FrameReader()
        try:
            good += bool(list(reader.feed(frame)))
        except FrameError:
            continue
    assert good < 100
