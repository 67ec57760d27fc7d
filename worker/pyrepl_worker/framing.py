"""Length-prefixed msgpack frames and the tagged dataclasses they carry.

A frame is a 4-byte big-endian length followed by that many bytes of msgpack: one array,
``[tag, field, field, ...]``, in the declaration order of the message's dataclass.
Every check of a frame happens here, so a peer that sends rubbish meets one exception type.
"""

from __future__ import annotations

import functools
import operator
import struct
import types
import typing
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import msgpack

from .records import record

MAX_FRAME = 64 * 1024 * 1024
"""Largest frame either side accepts, in bytes of payload."""

_HEADER = struct.Struct(">I")
_is_one_of = frozenset.__contains__
_T = TypeVar("_T")
_Check = tuple[frozenset[type], Callable[[Any], bool]]
"""Types whose values fit, and a predicate for values of any other type."""

_USUAL: frozenset[type] = frozenset((bool, bytes, dict, float, int, list, str, type(None)))
"""Types of what msgpack reads, apart from a few that no message has."""
_SPARE_PACKER = 64 * 1024
"""A packer that has made a longer message is given up, for it keeps the room."""


@record(frozen=True)
class _Kind:
    """What is known of one kind of message."""

    cls: type
    tag: str
    names: tuple[str, ...]
    """Of its fields."""
    read: Callable[[Any], Any]
    """Returns all fields of one."""
    checks: tuple[_Check, ...]
    types: tuple[frozenset[type], ...]
    """Of each field, the types that fit; of one that has to be looked into, all usual types."""
    looks: tuple[tuple[int, _Check], ...]
    """Which fields have to be looked into, and for what."""


_by_tag: dict[str, _Kind] = {}
_by_class: dict[type, _Kind] = {}
_packers: list[Any] = []
"""Those that nobody packs with now: code that runs amid the making of a message gets another."""


class FrameError(Exception):
    """A frame that is oversized, malformed or of an unknown kind, or has fields of wrong types."""


def message(tag: str) -> Callable[[type[_T]], type[_T]]:
    """Register a frozen dataclass as the message called `tag`."""

    def register(cls: type[_T]) -> type[_T]:
        if tag in _by_tag:
            raise ValueError(f"two messages are called {tag!r}")
        names = tuple(cls.__annotations__)
        checks = tuple(_check_named(hint) for hint in cls.__annotations__.values())
        _by_tag[tag] = _by_class[cls] = _Kind(
            cls,
            tag,
            names,
            _reading(names),
            checks,
            tuple(types if fits is _never else _USUAL for types, fits in checks),
            tuple(
                (at, check)
                for at, check in enumerate(checks)
                if check[1] is not _never and check[1] is not _always
            ),
        )
        return cls

    return register


def fingerprint(package: str, meaning: int) -> int:
    """A number that differs if any message of a package does, or what they mean."""
    shapes = [
        (tag, list(kind.cls.__annotations__.items()))
        for tag, kind in sorted(_by_tag.items())
        if kind.cls.__module__.startswith(package + ".")
    ]
    return zlib.crc32(repr((meaning, shapes)).encode())


def pack(value: Any) -> bytes:
    """A part of a message packed by itself, so that a large message is made in small steps."""
    data: bytes = msgpack.packb(value, unicode_errors="surrogatepass")
    return data


def unpack(data: bytes | bytearray | memoryview) -> Any:
    """What was packed by `pack`.

    Raises:
        FrameError: if it is damaged.
    """
    try:
        return msgpack.unpackb(data, unicode_errors="surrogatepass", strict_map_key=False)
    except Exception as error:  # msgpack raises a dozen types; a peer's rubbish is one thing to us
        raise FrameError(f"not msgpack: {type(error).__name__}") from None


def encode(msg: object) -> bytes:
    """Return the frame of one registered message.

    Raises:
        FrameError: if the payload is larger than MAX_FRAME.
    """
    kind = _by_class[type(msg)]
    try:
        packer = _packers.pop()
    except IndexError:
        packer = msgpack.Packer(unicode_errors="surrogatepass")
    body: bytes = packer.pack((kind.tag, *kind.read(msg)))  # one that raises is not used again
    if len(body) <= _SPARE_PACKER:
        _packers.append(packer)
    elif len(body) > MAX_FRAME:
        raise FrameError(f"a message of {len(body)} bytes is over the limit of {MAX_FRAME}")
    return _HEADER.pack(len(body)) + body


def decode(body: bytes | bytearray | memoryview) -> Any:
    """Return the message in one frame's payload.

    Raises:
        FrameError: for anything that is not exactly one known message with fields of its types.
    """
    fields = unpack(body)
    if type(fields) is not list or not fields or type(fields[0]) is not str:
        raise FrameError("not a tagged message")
    tag = fields.pop(0)
    kind = _by_tag.get(tag)
    if kind is None:
        raise FrameError(f"unknown message {tag[:40]!r}")
    if len(fields) != len(kind.types):
        raise FrameError(f"{tag!r} has {len(fields)} fields instead of {len(kind.types)}")
    if not _are_right(kind, fields):
        for name, value, check in zip(kind.names, fields, kind.checks, strict=True):
            if not _fits(value, check):
                raise FrameError(f"field {name!r} of {tag!r} has a wrong type")
    return kind.cls(*fields)


def check(msg: object, frame: bytes) -> None:
    """See that the other side can read a message's `frame`.

    Raises:
        FrameError: if a field has a wrong type.
    """
    kind = _by_class[type(msg)]
    if not _are_right(kind, kind.read(msg)):
        decode(frame[_HEADER.size :])  # it arrives right if it is of a subclass, or a tuple


def _are_right(kind: _Kind, fields: Sequence[Any]) -> bool:
    # no loop of Python: most of a small message's time would be spent in it
    right = all(map(_is_one_of, kind.types, map(type, fields)))
    for at, (types_that_fit, fits) in kind.looks:
        value = fields[at]
        right = right and (type(value) in types_that_fit or fits(value))
    return right


class FrameReader:
    """Turns received bytes into messages, holding at most one unfinished frame."""

    def __init__(self, max_frame: int = MAX_FRAME) -> None:
        self._buffer = bytearray()
        self._max_frame = max_frame

    @property
    def pending(self) -> int:
        """Bytes received that no complete frame accounts for yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[Any]:
        """Add received bytes and yield each message they complete.

        Raises:
            FrameError: at the first bad frame; the connection must be ended then.
        """
        buffer = self._buffer
        source: bytes | bytearray = data
        if buffer:
            buffer += data
            source = buffer
        start, length = 0, len(source)
        try:
            while length - start >= 4:
                (size,) = _HEADER.unpack_from(source, start)
                if size > self._max_frame:
                    raise FrameError(f"a frame of {size} bytes is over the limit")
                begin, end = start + 4, start + 4 + size
                if end > length:
                    break
                start = end
                yield decode(bytes(source[begin:end]))
        finally:
            if source is buffer:
                del buffer[:start]
            elif start < length:
                buffer += data[start:]


@functools.cache
def _check_named(hint: str) -> _Check:
    """The predicate for an annotation; all messages share a few, so that starts stay short."""
    return _check_of(eval(hint, {"Any": Any}))


def _check_of(hint: Any) -> _Check:
    """How to check the few shapes of annotation that messages use."""
    if hint is Any:
        return frozenset(), _always
    if hint is None:
        return frozenset((type(None),)), _never
    if hint is float:
        return frozenset((float, int)), _never
    if isinstance(hint, type) and typing.get_origin(hint) is None:
        return frozenset((hint,)), _never
    origin = typing.get_origin(hint)
    args = typing.get_args(hint)
    if origin is typing.Union or origin is types.UnionType:
        checks = [_check_of(arg) for arg in args]
        kinds = frozenset().union(*(kinds for kinds, _ in checks))
        others = [fits for _, fits in checks if fits is not _never]
        return kinds, lambda value: any(fits(value) for fits in others)
    if origin is list:
        item = _check_of(args[0])
        return (
            frozenset(),
            lambda value: type(value) is list and all(_fits(each, item) for each in value),
        )
    if origin is dict:
        key, val = _check_of(args[0]), _check_of(args[1])
        return (
            frozenset(),
            lambda value: (
                type(value) is dict
                and all(_fits(each, key) for each in value)
                and all(_fits(each, val) for each in value.values())
            ),
        )
    raise TypeError(f"messages cannot have a field of type {hint!r}")


def _never(value: Any) -> bool:
    return False


def _always(value: Any) -> bool:
    return True


def _fits(value: Any, check: _Check) -> bool:
    return type(value) in check[0] or check[1](value)


def _reading(names: tuple[str, ...]) -> Callable[[Any], Any]:
    """A function that returns a message's fields, in order."""
    if len(names) > 1:
        return operator.attrgetter(*names)
    return lambda msg: [getattr(msg, name) for name in names]
