"""Whether what was loaded back is what was saved: types, contents, and what shares what.

Runs in a throw-away process that has both. It asks no object's own ``==``, which may say anything.
"""

from __future__ import annotations

import array
import datetime
import sys
import types
import weakref
from collections import OrderedDict, defaultdict, deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .packing import mro
from .plain import ATOMS
from .reading import (
    FAITHFUL,
    MISSING,
    is_default,
    is_plain_class,
    is_public,
    memory_as_bytes,
    read_slot,
    same_memory,
    says_its_state,
    str_keys,
)
from .tracing import IMMUTABLE

_BY_EQUALITY = frozenset(
    {
        *(str, bytes, int, bool, type(None), range, bytearray),
        *(datetime.date, datetime.timedelta, datetime.timezone),
    }
)
_SEQUENCES: dict[type, Any] = {
    list: list.__iter__,
    tuple: tuple.__iter__,
    deque: deque.__iter__,
}
_MAPPINGS = (dict, OrderedDict, defaultdict)
_SETS = (set, frozenset)
_FUNCTION = ("__defaults__", "__kwdefaults__", "__annotations__", "__name__", "__qualname__",
             "__doc__", "__module__", "__dict__")  # fmt: skip
_CODE = ("co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_filename",
         "co_name", "co_firstlineno", "co_flags", "co_argcount")  # fmt: skip
_NOT_STATE = frozenset(
    {"__dict__", "__weakref__", "__abstractmethods__", "_abc_impl", "__subclasshook__",
     "__static_attributes__", "__firstlineno__", "__slotnames__",
     "__annotate_func__", "__annotations_cache__"}
)  # fmt: skip


class Difference(Exception):
    """The first difference found, as a path and what differs."""


class Comparison:
    """Compares values of one group, so that sharing between them counts."""

    def __init__(
        self,
        before: dict[str, Any],
        after: dict[str, Any],
        offered: Mapping[int, tuple[str, str]] = MappingProxyType({}),
    ) -> None:
        self.namespaces = (before, after)
        self._offered = offered
        self._there: dict[int, int] = {}
        self._back: dict[int, int] = {}
        self._kept: list[Any] = []
        self._pending: list[tuple[Any, Any, str]] = []
        self._by_kind: dict[type, Any] = {
            types.FunctionType: self._function,
            types.CodeType: self._code,
            types.CellType: self._cell,
            types.MethodType: self._method,
            types.ModuleType: self._module,
            array.array: self._plain_array,
            memoryview: self._memory,
            weakref.WeakKeyDictionary: self._weak_mapping,
            weakref.WeakValueDictionary: self._weak_mapping,
        }
        self.opaque = False
        """Whether something was compared only by what it tells pickle of itself."""

    def compare(self, before: Any, after: Any) -> None:
        """Go through both.

        Raises:
            Difference: at the first.
        """
        self._pending = [(before, after, "")]
        while self._pending:
            left, right, path = self._pending.pop()
            self._pair(left, right, path)

    def _pair(self, left: Any, right: Any, path: str) -> None:
        kind = type(left)
        if left is right and kind not in (dict, list, set, bytearray):
            return
        if kind is not type(right) and not self._same_kind(kind, type(right)):
            raise Difference(f"{path or 'it'} is a {type(right).__name__}, not a {kind.__name__}")
        if kind in _BY_EQUALITY:
            if left != right:
                raise Difference(f"{path or 'it'} differs")
            if kind is not bytearray:
                return
        elif kind is float or kind is complex:
            if repr(left) != repr(right):
                raise Difference(f"{path or 'it'} differs")
            return
        if self._is_dtype(left):
            self._need(left == right, path, "the dtype differs")
            return
        if self._met(left, right, path):
            return
        place = self._offered.get(id(left))
        changed = place is not None and kind not in IMMUTABLE and left is not right
        if place is not None and changed and is_public(place):
            raise Difference(f"{path or 'it'} is a copy of {'.'.join(place)}, not the same object")
        self._contents(kind, left, right, path)

    @staticmethod
    def _is_dtype(obj: Any) -> bool:
        numpy = sys.modules.get("numpy")
        return numpy is not None and numpy.dtype in mro(type(obj))

    def _met(self, left: Any, right: Any, path: str) -> bool:
        """Whether these two have been paired; what was one must not be two, nor the reverse."""
        there, back = self._there.get(id(left)), self._back.get(id(right))
        if there is None and back is None:
            self._there[id(left)] = id(right)
            self._back[id(right)] = id(left)
            self._kept += (left, right)  # an id may not be used again while we go on
            return False
        if there == id(right) and back == id(left):
            return True
        if type(left) in IMMUTABLE:
            return False
        if there is None and self._is_fresh(left):
            return False
        raise Difference(f"{path or 'it'} is shared differently")

    @staticmethod
    def _is_fresh(left: Any) -> bool:
        return sys.getrefcount(left) < 4

    def _same_kind(self, before: type, after: type) -> bool:
        """Whether a class of the session was loaded as another class that is its copy."""
        there = self._there.get(id(before))
        if there is not None:
            return there == id(after)
        named = [name for name, value in self.namespaces[0].items() if value is before]
        if named:
            return any(self.namespaces[1].get(name) is after for name in named)
        alike: bool = (
            before.__qualname__ == after.__qualname__ and before.__module__ == after.__module__
        )
        if alike:
            self._pending.append((before, after, before.__qualname__))
        return alike

    # -- by kind ---------------------------------------------------------------------------------

    def _contents(self, kind: type, left: Any, right: Any, path: str) -> None:
        if left is self.namespaces[0]:
            self._need(right is self.namespaces[1], path, "its globals are not the session's")
        elif kind in _SEQUENCES:
            self._sequence(left, right, path, _SEQUENCES[kind])
        elif kind in _MAPPINGS:
            self._mapping(left, right, path)
        elif kind in _SETS:
            self._set(left, right, path)
        elif kind in self._by_kind:
            self._by_kind[kind](left, right, path)
        elif type in kind.__mro__:
            self._class(left, right, path)
        elif self._is_array(kind):
            self._array(left, right, path)
        else:
            self._instance(kind, left, right, path)

    @staticmethod
    def _need(same: bool, path: str, what: str) -> None:
        if not same:
            raise Difference(f"{path}: {what}" if path else what)

    def _sequence(self, left: Any, right: Any, path: str, iterate: Any) -> None:
        self._need(len(left) == len(right), path, f"{len(right)} items, not {len(left)}")
        if type(left) is deque:
            self._need(left.maxlen == right.maxlen, path, "maxlen differs")
        pairs = zip(iterate(left), iterate(right), strict=True)
        for index, (a, b) in enumerate(pairs):
            if not (type(a) in ATOMS and a is b):
                self._pending.append((a, b, f"{path}[{index}]"))

    def _mapping(self, left: Any, right: Any, path: str) -> None:
        self._need(len(left) == len(right), path, f"{len(right)} items, not {len(left)}")
        if type(left) is defaultdict:
            self._pending.append((left.default_factory, right.default_factory, path))
        pairs: Any = dict.items(right)
        if str_keys(left) and str_keys(right) and list(left) != list(right):
            self.opaque = True  # another order
            self._need(left.keys() == right.keys(), path, "the keys differ")
            pairs = [(key, dict.__getitem__(right, key)) for key in dict.keys(left)]
        items = zip(dict.items(left), pairs, strict=True)
        for (key, a), (other, b) in items:
            place = f"{path}[{key!r}]" if type(key) in (str, int) else f"{path}[…]"
            if not (type(key) is str and type(other) is str and key == other):
                self._pending.append((key, other, f"a key of {path or 'it'}"))
            if not (type(a) in ATOMS and a is b):
                self._pending.append((a, b, place))

    def _set(self, left: Any, right: Any, path: str) -> None:
        self._need(len(left) == len(right), path, f"{len(right)} items, not {len(left)}")
        if all(type(each) in _BY_EQUALITY or type(each) is float for each in left):
            kinds = {(type(each), each) for each in left}
            self._need(kinds == {(type(e), e) for e in right}, path, "its items differ")
            return
        # the order of a set follows hashes, which may be addresses: pair what is equal
        rest = list(right)
        for each in left:
            if each in right:
                twin = next(other for other in rest if other == each)
            else:
                twin = self._twin(each, rest, path)
            rest.remove(twin)
            self._pending.append((each, twin, f"an item of {path or 'it'}"))

    def _twin(self, item: Any, candidates: list[Any], path: str) -> Any:
        for other in candidates:
            trial = Comparison(*self.namespaces, self._offered)
            trial._there, trial._back = dict(self._there), dict(self._back)
            try:
                trial.compare(item, other)
            except Difference:
                continue
            return other
        raise Difference(f"{path or 'it'} lacks an item")

    def _function(self, left: Any, right: Any, path: str) -> None:
        for name in _FUNCTION:
            self._pending.append((getattr(left, name), getattr(right, name), f"{path}.{name}"))
        self._pending.append((left.__code__, right.__code__, path + ".__code__"))
        self._pending.append((left.__closure__, right.__closure__, path + ".__closure__"))
        before, after = self.namespaces
        if left.__globals__ is before:
            self._need(right.__globals__ is after, path, "its globals are not the session's")
        elif left.__globals__ is not right.__globals__:
            self.opaque = True

    def _code(self, left: Any, right: Any, path: str) -> None:
        for name in _CODE:
            same = getattr(left, name) == getattr(right, name)
            self._need(same, path, f"{name} differs")
        self._pending.append((left.co_consts, right.co_consts, path + ".co_consts"))

    def _cell(self, left: Any, right: Any, path: str) -> None:
        contents = []
        for cell in (left, right):
            try:
                contents.append(cell.cell_contents)
            except ValueError:
                contents.append(MISSING)
        self._pending.append((contents[0], contents[1], path + ".cell_contents"))

    def _method(self, left: Any, right: Any, path: str) -> None:
        self._pending.append((left.__func__, right.__func__, path + ".__func__"))
        self._pending.append((left.__self__, right.__self__, path + ".__self__"))

    def _module(self, left: Any, right: Any, path: str) -> None:
        self._need(left.__name__ == right.__name__, path, "another module")

    def _plain_array(self, left: Any, right: Any, path: str) -> None:
        same = left.typecode == right.typecode and left.tobytes() == right.tobytes()
        self._need(same, path, "the array differs")

    def _memory(self, left: Any, right: Any, path: str) -> None:
        self._need(left.tobytes() == right.tobytes(), path, "the bytes differ")
        self._pending.append((left.obj, right.obj, path + ".obj"))

    def _weak_mapping(self, left: Any, right: Any, path: str) -> None:
        self._pending.append((list(left.items()), list(right.items()), path))

    def _class(self, left: type, right: type, path: str) -> None:
        same = left.__qualname__ == right.__qualname__ and left.__module__ == right.__module__
        self._need(same, path, "the name differs")
        self._pending.append((left.__bases__, right.__bases__, path + ".__bases__"))
        before = {k: v for k, v in vars(left).items() if k not in _NOT_STATE}
        after = {k: v for k, v in vars(right).items() if k not in _NOT_STATE}
        missing = before.keys() ^ after.keys()
        self._need(not missing, path, f"differs in {', '.join(sorted(missing)[:3])}")
        for name, value in before.items():
            if not isinstance(value, (types.GetSetDescriptorType, types.MemberDescriptorType)):
                self._pending.append((value, after[name], f"{path}.{name}"))

    @staticmethod
    def _is_array(kind: type) -> bool:
        numpy = sys.modules.get("numpy")
        return numpy is not None and numpy.ndarray in kind.__mro__

    def _array(self, left: Any, right: Any, path: str) -> None:
        numpy = sys.modules["numpy"]
        self._need(left.dtype == right.dtype, path, "the dtype differs")
        self._need(left.shape == right.shape, path, "the shape differs")
        flags = left.flags, right.flags
        self._need(flags[0].writeable == flags[1].writeable, path, "one is read-only")
        if left.dtype.hasobject:
            items = zip(left.view(numpy.ndarray).flat, right.view(numpy.ndarray).flat, strict=True)
            for index, (a, b) in enumerate(items):
                self._pending.append((a, b, f"{path}.flat[{index}]"))
        elif left.dtype.names is not None:
            for name in left.dtype.names:  # what lies between fields is anything
                self._pending.append((left[name], right[name], f"{path}[{name!r}]"))
        elif left.nbytes:
            self._need(same_memory(left, right, numpy), path, "elements differ")
        if type(left) is numpy.ndarray:
            return
        if says_its_state(type(left)):
            self._reduced(left, right, path)
        else:
            self._attributes(left, right, path)

    def _instance(self, kind: type, left: Any, right: Any, path: str) -> None:
        if BaseException in kind.__mro__:
            self._attributes(left, right, path)
            for name in ("args", "__cause__", "__context__", "__suppress_context__"):
                self._pending.append((getattr(left, name), getattr(right, name), f"{path}.{name}"))
            return
        if says_its_state(kind):
            self._reduced(left, right, path)
            return
        self._attributes(left, right, path)
        for base, iterate in (*_SEQUENCES.items(),):
            if base in kind.__mro__:
                self._sequence(left, right, path, iterate)
                return
        if dict in kind.__mro__:
            self._mapping(left, right, path)
            return
        if any(base in kind.__mro__ for base in _SETS):
            self._set(left, right, path)
            return
        for base in (int, float, str, bytes, complex, bytearray):
            if base in kind.__mro__:
                self._need(base.__eq__(left, right) is True, path, "the value differs")
                return
        if not is_plain_class(kind):
            self._reduced(left, right, path)

    def _attributes(self, left: Any, right: Any, path: str) -> bool:
        """Compare __dict__ and slots. Returns whether there are any."""
        states = []
        for obj in (left, right):
            try:
                own = object.__getattribute__(obj, "__dict__")
            except AttributeError:
                own = None
            states.append(dict(own) if type(own) is dict else {})
        for state, obj in zip(states, (left, right), strict=True):
            for base in type(obj).__mro__:
                for name, slot in vars(base).items():
                    if isinstance(slot, types.MemberDescriptorType) and name not in _NOT_STATE:
                        state[name] = read_slot(slot, obj)
        before, after = states
        lost = before.keys() - after.keys()
        more = {n for n in after.keys() - before.keys() if not is_default(right, n, after[n])}
        self._need(not lost, path, f"without {', '.join(map(str, sorted(lost, key=str)[:3]))}")
        self._need(not more, path, f"with another {', '.join(map(str, list(more)[:3]))}")
        for name, value in before.items():
            self._pending.append((value, after[name], f"{path}.{name}"))
        return bool(before)

    def _reduced(self, left: Any, right: Any, path: str) -> None:
        """Compare what both tell pickle; iterators among it are listed."""
        if type(left).__module__.partition(".")[0] not in FAITHFUL:
            self.opaque = True
        reduced = []
        for obj in (left, right):
            try:
                told = obj.__reduce_ex__(5)
            except Exception:
                return
            if type(told) is tuple:
                told = tuple(list(e) if i in (3, 4) and e is not None else e
                             for i, e in enumerate(told))  # fmt: skip
            reduced.append(memory_as_bytes(told))
        self._kept += reduced
        self._pending.append((reduced[0], reduced[1], path))
