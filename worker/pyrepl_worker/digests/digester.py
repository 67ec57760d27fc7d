"""Encodes values so that equal content gives equal bytes; long encodings become digests."""

from __future__ import annotations

import array
import datetime
import decimal
import functools
import gc
import marshal
import pathlib
import re
import sys
import types
from collections import OrderedDict, defaultdict, deque, namedtuple
from typing import TYPE_CHECKING, Any

from pyrepl_worker.describe.static import (
    MISSING,
    attributes,
    bases,
    class_items,
    compiled_attribute,
    is_a,
    is_class,
    is_static,
    module_dict,
    mro,
    qualified_name,
)  # fmt: skip
from pyrepl_worker.describe.summaries import builtin_base, first_items, length

from . import tables
from .circles import Circles
from .hashing import SIZE, Digested, fingerprint
from .trees import encode_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SHORT = 48
"""Encodings up to this length stand for themselves."""
CHUNK = 256
"""Items of a sequence that are encoded together."""
_SCALARS = frozenset(map(id, (int, float, complex, bool, type(None), str, bytes)))
_DATES = frozenset(
    map(
        id,
        (
            datetime.datetime, datetime.date, datetime.time, datetime.timedelta, datetime.timezone,
        ),
    )
)  # fmt: skip
_PATHS = frozenset(map(id, (pathlib.PosixPath, pathlib.PurePosixPath, pathlib.PurePath)))
_CODE_PARTS = (
    "co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_flags", "co_code", "co_names",
    "co_varnames", "co_freevars", "co_cellvars",
)  # fmt: skip
_CLASS_NOISE = frozenset(
    (
        "__dict__", "__weakref__", "__module__", "_abc_impl", "__firstlineno__",
        "__static_attributes__", "__annotate_func__", "__annotations_cache__", "__slotnames__",
    )
)  # fmt: skip
_COMPILED = (types.MethodDescriptorType, types.GetSetDescriptorType)


def short(data: bytes) -> bytes:
    """An encoding itself, or the digest that stands for it."""
    return data if len(data) <= SHORT else b"#" + fingerprint(data)


class Digester:
    """Makes digests of values that nobody changes meanwhile."""

    def __init__(self, digested: Digested | None = None) -> None:
        self.digested = digested or Digested()
        self.unknown: list[str] = []
        """Names of types met whose state cannot be told."""
        self._open: dict[int, int] = {}
        """Containers that are being encoded: identity to depth."""
        self._lowest = sys.maxsize
        """Depth of the outermost container that something inside leads back to."""
        self._memo: dict[int, tuple[bytes, Any]] = {}
        self._circles = Circles()
        self._readers: list[tuple[Callable[[Any], bool], Callable[[Any], bytes]]] = [
            (lambda value: type(value) is types.FunctionType, self._function),
            (is_class, self._class),
            (lambda value: is_a(value, types.ModuleType), self._module),
            (lambda value: type(value) is types.MethodType, self._method),
            (tables.is_table, self._table),
        ]

    def digest(self, value: Any) -> bytes:
        """The digest of a value; two values are equal if theirs are, unless `unknown` grew."""
        try:
            return fingerprint(self.encode(value))
        except RecursionError:
            self.unknown.append("what is nested too deeply")
            self._open.clear()
            self._circles = Circles()
            return bytes(SIZE)

    def encode(self, value: Any) -> bytes:
        """At most SHORT bytes that stand for a value."""
        kind = id(type(value))
        if kind in _SCALARS:
            return short(_scalar(value))
        key = id(value)
        depth = self._open.get(key)
        if depth is not None:
            self._lowest = min(self._lowest, depth)
            return b"@%d" % (len(self._open) - depth)
        held = self._memo.get(key)
        if held is not None:
            return held[0]
        number = self._circles.numbers.get(key)
        if number is not None:
            self._lowest = min(self._lowest, self._circles.lowest_since(number))
            return b"^%d" % number
        mark = len(self._circles.numbers)
        depth = self._open[key] = len(self._open)
        lowest, self._lowest = self._lowest, sys.maxsize
        try:
            made = short(self._compound(value))
        finally:
            self._open.pop(key, None)
        if self._lowest < depth:
            self._circles.add(key, value, self._lowest)
        else:
            self._circles.forget(mark)
            if sys.getrefcount(value) > 4:
                # shared, and leads to nothing above it: the same wherever it is met
                self._memo[key] = (made, value)
        self._lowest = min(lowest, self._lowest if self._lowest < depth else sys.maxsize)
        return made

    def sequence(self, items: list[Any]) -> bytes:
        """Encode items in their order."""
        return short(b"%d:" % len(items) + b"".join(self.chunks(items)))

    def chunks(self, items: list[Any]) -> list[bytes]:
        """Encode items in their order, CHUNK of them at a time."""
        parts = self.digested.get(items)
        if parts is None:
            parts = [
                self._chunk(items[begin : begin + CHUNK]) for begin in range(0, len(items), CHUNK)
            ]
            if len(parts) > CHUNK:
                self.digested.put(items, parts)
        return parts

    def _chunk(self, chunk: list[Any]) -> bytes:
        if _are_scalars(chunk):
            return short(b"s" + marshal.dumps(chunk, 2))
        tree = encode_tree(chunk)
        return short(b"".join(map(self.encode, chunk)) if tree is None else b"t" + tree)

    def unordered(self, items: Iterable[Any]) -> bytes:
        """Encode items whatever their order."""
        parts = []
        for item in items:
            mark = len(self._circles.numbers)
            parts.append(self.encode(item))
            self._circles.forget(mark, again=True)  # the next one may have come first elsewhere
        return short(b"".join(sorted(parts)))

    def named(self, pairs: list[tuple[str, Any]]) -> bytes:
        """Encode values with names, whatever their order."""
        pairs = sorted(pairs, key=_name)
        names = marshal.dumps([name for name, _ in pairs], 2)
        return short(names) + self.sequence([value for _, value in pairs])

    # -- by kind -----------------------------------------------------------------------------------

    def _compound(self, value: Any) -> bytes:
        kind = type(value)
        if kind is list:
            return b"[" + self.sequence(value)
        if kind is tuple:
            return b"(" + self.sequence(list(value))
        if kind is dict:
            return b"{" + self._dict(value)
        for fits, encode in self._readers:
            if fits(value):
                return encode(value)
        return self._plain(value) or self._object(value)

    def _dict(self, value: Any) -> bytes:
        keys = list(dict.__iter__(value))
        if set(map(id, map(type, keys))) <= {id(str)}:
            return self.named([(key, dict.__getitem__(value, key)) for key in keys])
        items = [(self.encode(key), item) for key, item in dict.items(value)]
        items.sort(key=_name)
        return short(b"".join([short(key + b"=" + self.encode(item)) for key, item in items]))

    def _plain(self, value: Any) -> bytes | None:
        """Types of the standard library whose C code tells their state."""
        kind = type(value)
        name = b"!" + qualified_name(kind).encode() + b":"
        if kind is set or kind is frozenset:
            return name + self.unordered(value)
        if kind is defaultdict:
            return name + self.encode(value.default_factory) + self._dict(value)
        parts = _PARTS.get(id(kind))
        return None if parts is None else name + self.sequence(parts(value))

    def _object(self, value: Any) -> bytes:
        kind = type(value)
        parts = [b"<", qualified_name(kind).encode(), b">"]
        base = builtin_base(value)
        if base is not None:
            parts.append(self._builtin_part(value, base))
        elif is_a(value, BaseException):
            parts.append(self.encode(compiled_attribute(value, "args")))
        elif _has_hidden_state(kind):
            self.unknown.append(qualified_name(kind))
        parts.append(self.named(attributes(value)))
        return b"".join(parts)

    def _builtin_part(self, value: Any, base: Any) -> bytes:
        if base is dict:
            return self._dict(value)
        if base is set or base is frozenset:
            return self.unordered(base.__iter__(value))
        if base is list or base is tuple or base is deque:
            return self.sequence(first_items(value, length(value) or 0))
        if base is str:
            return self.encode(str.__str__(value))
        if base is int:
            return self.encode(int.__int__(value))
        if base is float:
            return self.encode(float.__float__(value))
        if base is complex:
            return self.encode(complex(*(compiled_attribute(value, n) for n in ("real", "imag"))))
        return self.encode(bytes(base.__getitem__(value, slice(None))))

    def _function(self, value: Any) -> bytes:
        parts = [
            value.__qualname__, value.__module__, value.__defaults__, value.__kwdefaults__,
            value.__closure__,
        ]  # fmt: skip
        own = [pair for pair in attributes(value) if pair[0] != "__wrapped__"]
        return b"f" + self._code(value.__code__) + self.sequence(parts) + self.named(own)

    def _code(self, code: types.CodeType) -> bytes:
        parts = [getattr(code, name) for name in _CODE_PARTS]
        inner = [each for each in code.co_consts if type(each) is types.CodeType]
        consts = [each for each in code.co_consts if type(each) is not types.CodeType]
        return short(
            self.sequence(parts) + self.sequence(consts) + b"".join(map(self._code, inner))
        )

    def _class(self, value: Any) -> bytes:
        name = qualified_name(value).encode()
        if not name.startswith(b"__main__."):
            return b"c" + name
        held = [pair for pair in class_items(value) if pair[0] not in _CLASS_NOISE]
        held = [pair for pair in held if type(pair[1]) not in _slot_kinds()]
        return b"c" + name + self.sequence(list(bases(value))) + self.named(held)

    def _module(self, value: Any) -> bytes:
        return b"m" + self.encode(module_dict(value).get("__name__"))

    def _method(self, value: Any) -> bytes:
        return b"b" + self.sequence([value.__func__, value.__self__])

    def _table(self, value: Any) -> bytes:
        return b"t" + qualified_name(type(value)).encode() + tables.encode(self, value)


def _builtin_parts(value: Any) -> list[Any]:
    owner = value.__self__
    return [value.__qualname__, None if type(owner) is types.ModuleType else owner]


def _cell_parts(cell: Any) -> list[Any]:
    try:
        return [cell.cell_contents]
    except ValueError:
        return []


def _inside(value: Any) -> list[Any]:
    """What C code holds on to: all that a mapping proxy is, is the dict it shows."""
    return list(gc.get_referents(value))


def _named(value: Any) -> list[Any]:
    return [value.__qualname__]


_DESCRIPTORS = frozenset(
    map(
        id,
        (
            types.WrapperDescriptorType, types.MethodDescriptorType, types.GetSetDescriptorType,
            types.MemberDescriptorType, types.ClassMethodDescriptorType,
        ),
    )
)  # fmt: skip
_FIELD = type(vars(namedtuple("_Pair", "x"))["x"])  # noqa: PYI024 - its descriptor is wanted

_PARTS: dict[int, Callable[[Any], list[Any]]] = {
    id(bytearray): lambda value: [bytes(value)],
    id(range): lambda value: [value.start, value.stop, value.step],
    id(slice): lambda value: [value.start, value.stop, value.step],
    id(deque): lambda value: [value.maxlen, *value],
    id(OrderedDict): lambda value: [part for pair in value.items() for part in pair],
    id(decimal.Decimal): lambda value: [str(value)],
    id(array.array): lambda value: [value.typecode, value.tobytes()],
    id(re.Pattern): lambda value: [value.pattern, value.flags],
    id(functools.partial): lambda value: [value.func, value.args, value.keywords],
    id(types.BuiltinFunctionType): _builtin_parts,
    id(staticmethod): lambda value: [value.__func__],
    id(classmethod): lambda value: [value.__func__],
    id(property): lambda value: [value.fget, value.fset, value.fdel],
    id(types.CellType): _cell_parts,
    id(types.MappingProxyType): _inside,
    id(types.GenericAlias): lambda value: [value.__origin__, value.__args__],
    id(types.UnionType): lambda value: [value.__args__],
    id(_FIELD): lambda value: list(value.__reduce__()[1]),
    **dict.fromkeys(_DESCRIPTORS, _named),
    **dict.fromkeys(_DATES, lambda value: list(value.__reduce__()[1:])),
    **dict.fromkeys(_PATHS, lambda value: [str(value)]),
    **dict.fromkeys(map(id, (type(...), type(NotImplemented), object)), lambda value: []),
}
"""What stands for values of types of the standard library, read by these types' own code."""


def _slot_kinds() -> tuple[type, ...]:
    return (types.MemberDescriptorType, types.GetSetDescriptorType)


def _name(pair: tuple[Any, Any]) -> Any:
    return pair[0]


def _scalar(value: Any) -> bytes:
    if type(value) is float and value != value:  # noqa: PLR0124 - NaN alone differs from itself
        return b"nan"
    return marshal.dumps(value, 2)


def _are_scalars(chunk: list[Any]) -> bool:
    """Whether all are scalars that can be encoded at once: no NaN, which has many forms."""
    kinds = set(map(id, map(type, chunk)))
    if not kinds <= _SCALARS:
        return False
    if id(complex) in kinds:
        return False
    if id(float) in kinds:
        return not any(type(each) is float and each != each for each in chunk)  # noqa: PLR0124
    return True


def _was_compiled_for(entry: Any, cls: type) -> bool:
    """Whether something in a class is C code of that very class, and not borrowed from another."""
    if type(entry) is types.BuiltinFunctionType:
        return entry.__self__ is cls
    return any(type(entry) is each for each in _COMPILED) and entry.__objclass__ is cls


def _has_hidden_state(kind: type) -> bool:
    """Whether a class is, or comes from, a compiled one: its objects may hold more than is seen."""
    for cls in mro(kind):
        if cls is object:
            return False
        if is_static(cls):
            return True
        for name, entry in class_items(cls):
            if name not in ("__dict__", "__weakref__") and _was_compiled_for(entry, cls):
                return True
    return False


__all__ = ["CHUNK", "MISSING", "SHORT", "SIZE", "Digester", "short"]
