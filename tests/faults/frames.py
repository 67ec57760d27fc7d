"""Frames that no client of ours would send."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from typing import Any

import msgpack

from pyrepl_worker import kinship, protocol
from pyrepl_worker.framing import MAX_FRAME, encode

HELLO = encode(protocol.Hello(protocol.VERSION, "fuzz"))

REQUESTS: tuple[object, ...] = (
    protocol.Hello(protocol.VERSION, "fuzz"),
    protocol.CreateSession(1, {"id": "x", "name": "y"}),
    protocol.WatchSession(2, "none"),
    protocol.ListProcesses(3),
    protocol.Restore(3, "none", "none", None, "auto", False),
    protocol.ArchiveCheckpoint(3, "none", "none"),
    protocol.MarkCheckpoint(3, "none", "none", "label", True),
    protocol.DeleteCheckpoint(3, "none", "none"),
    kinship.Saved(None, {"exact": 1}, 2, 3, ["none"]),
    kinship.Tell("CheckpointDeleted", {"checkpoint_id": "none"}),
    kinship.Adopt({"id": "x"}, "/nowhere", None, False),
    kinship.NodeReady(1, None),
    protocol.Execute(4, "op", "1", "commit_always", None, None, False, None),
    protocol.Cancel(5, "none"),
    protocol.Answer(6, "none", "text", "hello"),
    protocol.ListNames(7),
    protocol.Rename(8, "name"),
    protocol.Done(9, {"a": [1, 2.5, None, b"x"]}),
    protocol.Failed(10, "invalid", "no"),
    protocol.StateChanged("busy"),
)
"""Messages of all directions, as material for damage. None of them ends anything by itself."""

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**63, 2**64 - 1, -(2**63), 1.5, float("nan"), "", "\ud800",
    "x" * 300, b"", b"\xff" * 40, [], [[]], [None] * 50, {}, {"a": {}}, {1: 2},
    msgpack.ExtType(5, b"\0"),
)  # fmt: skip


def framed(body: bytes, size: int | None = None) -> bytes:
    """A payload behind a header that may lie about its size."""
    return struct.pack(">I", len(body) if size is None else size) + body


def fields_of(rng: random.Random) -> list[Any]:
    """The array that some message is on the wire."""
    message = encode(rng.choice(REQUESTS))
    fields: list[Any] = msgpack.unpackb(message[4:], strict_map_key=False)
    return fields


def packed(fields: Any) -> bytes:
    return framed(msgpack.packb(fields, unicode_errors="surrogatepass"))


def noise(rng: random.Random) -> bytes:
    """Bytes without any meaning, their first four read as a size."""
    return rng.randbytes(rng.randrange(5, 200))


def noise_in_a_frame(rng: random.Random) -> bytes:
    return framed(rng.randbytes(rng.randrange(0, 200)))


def oversized(rng: random.Random) -> bytes:
    return framed(rng.randbytes(8), rng.randrange(MAX_FRAME + 1, 2**32))


def unknown_kind(rng: random.Random) -> bytes:
    return packed([rng.choice(["", "exec", "EXECUTE", "__class__", "\ud800", "x" * 1000]), 1])


def wrong_type(rng: random.Random) -> bytes:
    """A known message in which one field, or the tag, is something else."""
    while True:
        fields = fields_of(rng)
        place = rng.randrange(len(fields))
        odd = rng.choice(ODD)
        if type(odd) is not type(fields[place]):
            fields[place] = odd
            return packed(fields)


def wrong_number(rng: random.Random) -> bytes:
    fields = fields_of(rng)
    return packed([*fields, 1] if rng.random() < 0.5 or len(fields) == 1 else fields[:-1])


def no_array(rng: random.Random) -> bytes:
    return packed(rng.choice(ODD))


def flipped(rng: random.Random) -> bytes:
    """A known message with one bit of its payload turned."""
    frame = bytearray(encode(rng.choice(REQUESTS)))
    place = rng.randrange(4, len(frame))
    frame[place] ^= 1 << rng.randrange(8)
    return bytes(frame)


def cut_short(rng: random.Random) -> bytes:
    """The header is right for what comes, but what comes is half a message."""
    body = encode(rng.choice(REQUESTS))[4:]
    return framed(body[: rng.randrange(len(body))])


def deep(rng: random.Random) -> bytes:
    return framed(b"\x91" * rng.randrange(100, 5000) + b"\xc0")


def promising(rng: random.Random) -> bytes:
    """Headers of huge arrays, maps and strings with nothing behind them."""
    kind = rng.choice([b"\xdd", b"\xdf", b"\xdb", b"\xc6"])
    return framed(kind + struct.pack(">I", rng.randrange(1 << 20, 1 << 32)))


def two_in_one(rng: random.Random) -> bytes:
    body = encode(rng.choice(REQUESTS))[4:]
    return framed(body + body)


KINDS: tuple[Callable[[random.Random], bytes], ...] = (
    noise, noise_in_a_frame, oversized, unknown_kind, wrong_type, wrong_number, no_array, flipped,
    cut_short, deep, promising, two_in_one,
)  # fmt: skip


def bad_frames(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """That many frames, the same for the same seed, each with the name of its kind."""
    rng = random.Random(seed)
    for _ in range(count):
        kind = rng.choice(KINDS)
        yield kind.__name__, kind(rng)
