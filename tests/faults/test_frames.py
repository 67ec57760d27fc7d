"""The decoder meets rubbish: one exception type, no hang, no memory out of proportion."""

from __future__ import annotations

import random
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyrepl_worker import protocol
from pyrepl_worker.framing import FrameError, FrameReader, decode, encode
from tests.faults import frames

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text()
    | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=300))
def test_bytes_are_a_message_or_one_exception(body: bytes) -> None:
    try:
        message = decode(body)
    except FrameError:
        return
    assert type(message).__module__.startswith("pyrepl_worker.")


@settings(max_examples=400, deadline=None)
@given(ANYTHING)
def test_values_are_a_message_or_one_exception(value: Any) -> None:
    try:
        decode(frames.packed(value)[4:])
    except FrameError:
        return
    assert isinstance(value, list)


@pytest.mark.parametrize("kind", frames.KINDS, ids=lambda kind: str(kind.__name__))
def test_a_reader_survives_every_kind_of_damage(kind: Any) -> None:
    rng = random.Random(11)
    for _ in range(300):
        reader = FrameReader()
        try:
            for message in reader.feed(kind(rng)):
                assert type(message).__module__.startswith("pyrepl_worker.")
        except FrameError:
            continue
        assert reader.pending <= 200  # noise whose first bytes are a size that is allowed


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_split_of_good_frames_gives_the_same_messages(data: st.DataObject) -> None:
    stream = b"".join(map(encode, frames.REQUESTS))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=30)))
    reader = FrameReader()
    seen: list[Any] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        seen += reader.feed(stream[start:end])
    assert seen == list(frames.REQUESTS)
    assert reader.pending == 0


def test_good_frames_before_a_bad_one_arrive() -> None:
    seen: list[Any] = []
    messages = FrameReader().feed(frames.HELLO * 3 + frames.framed(b"\xc1"))
    with pytest.raises(FrameError):
        seen.extend(messages)  # keeps what came before the error
    assert [type(message) for message in seen] == [protocol.Hello] * 3


def test_a_promise_of_much_takes_no_memory() -> None:
    tracemalloc.start()
    try:
        for _, frame in frames.bad_frames(5, 2_000):
            try:
                list(FrameReader().feed(frame))
            except FrameError:
                continue
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000


class _Talkative(dict[str, Any]):
    """Says something else while it is packed, as a finalizer might."""

    def items(self) -> Any:
        assert decode(encode(protocol.Renamed("meanwhile"))[4:]) == protocol.Renamed("meanwhile")
        return super().items()


def test_a_message_made_amid_the_making_of_another_spoils_neither() -> None:
    message = protocol.Done(7, _Talkative(name="value"))
    for _ in range(3):
        assert decode(encode(message)[4:]) == protocol.Done(7, {"name": "value"})


def test_a_message_that_cannot_be_made_spoils_none_after_it() -> None:
    for _ in range(3):
        with pytest.raises(TypeError):
            encode(protocol.Done(7, {"begun": 1, "name": object()}))
        assert decode(encode(protocol.Renamed("next"))[4:]) == protocol.Renamed("next")


def test_long_messages_leave_no_room_behind() -> None:
    tracemalloc.start()
    try:
        encode(protocol.Renamed("short"))
        before = tracemalloc.get_traced_memory()[0]
        assert len(encode(protocol.Renamed("x" * 8_000_000))) > 8_000_000
        assert tracemalloc.get_traced_memory()[0] - before < 1_000_000
    finally:
        tracemalloc.stop()
