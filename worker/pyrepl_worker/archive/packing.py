"""The pickler of the archive, and the unpickler.

It differs from cloudpickle's in what a session needs: functions of the session get the session's
own namespace as globals, classes and functions that are variables are named instead of copied,
closures keep sharing their cells, arrays keep sharing their memory, and common things that no
pickler takes are taken apart by the reducers.
"""

from __future__ import annotations

import io
import pickle
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any

from pyrepl_worker.tracebacks import is_ours

from . import private, rebuild
from .deadlines import Late, Stray
from .private import cloudpickle

Reducer = Callable[["Packer", Any], Any]
Reduced = tuple[Any, ...]
_UNKNOWN: Any = object()
mro: Callable[[type], tuple[type, ...]] = vars(type)["__mro__"].__get__


class Unsavable(Exception):
    """An object that cannot be saved; the text says why."""


class Scene:
    """What all groups of one archive have in common."""

    def __init__(
        self, namespace: dict[str, Any], exact: dict[type, Reducer], kinds: dict[type, Reducer]
    ) -> None:
        self.namespace = namespace
        self.named: dict[int, str] = {}
        """Functions and classes that are variables, and are to be referred to by their names."""
        self.offered: dict[int, tuple[str, str]] = {}
        """What modules offer under a name, by id: module and name."""
        self.extra: dict[str, Any] = {}
        """State that is no variable, under names no variable has."""
        self.linked: set[int] = set()
        """Objects whose memory several arrays look at."""
        self.private_arrays: set[int] = set()
        """Arrays inside frames that copy on write: they share memory only until one is written."""
        self._exact = exact
        self._kinds = kinds
        self._found: dict[type, Reducer | None] = {}

    def value(self, name: str) -> Any:
        """What is bound to a name."""
        return self.extra[name] if name in self.extra else self.namespace[name]

    def reducer(self, kind: type) -> Reducer | None:
        """How objects of a type are taken apart; None: as pickle does it."""
        found = self._found.get(kind, _UNKNOWN)
        if found is _UNKNOWN:
            found = self._exact.get(kind)
            if found is None:
                found = next((self._kinds[b] for b in mro(kind) if b in self._kinds), None)
            self._found[kind] = found
        return found  # type: ignore[no-any-return]


_Pickler: Any = cloudpickle.Pickler


class Packer(_Pickler):  # type: ignore[misc]
    """Pickles the values of one group."""

    def __init__(self, file: Any, scene: Scene, own: Iterable[str], *, lenient: bool) -> None:
        self.buffers: list[pickle.PickleBuffer] = []
        super().__init__(file, protocol=5, buffer_callback=self._take_buffer)
        self.scene = scene
        self.lenient = lenient
        """Whether parts that cannot be saved are left out, with a note."""
        self.own = frozenset(own)
        self.needs: dict[str, None] = {}
        self.by_value: set[int] = set()
        """Functions and classes that went into the pickle, not just their names."""
        self.arrays: dict[int, dict[int, Any]] = {}
        """By the object that owns the memory: the arrays that look at it."""
        self.notes: dict[str, None] = {}
        """What is rebuilt rather than saved."""
        self.kinds: set[type] = set()
        """Types of all objects that are not builtin data."""
        self.refused: set[int] = set()
        self._globals: dict[int, Any] = {}

    def _take_buffer(self, buffer: pickle.PickleBuffer) -> None:
        self.buffers.append(buffer)

    def reducer_override(self, obj: Any) -> Any:
        """Called by pickle for everything that is not builtin data."""
        scene = self.scene
        name = scene.named.get(id(obj))
        if name is not None and name not in self.own:
            self.needs[name] = None
            return rebuild.variable, (name,)
        kind = type(obj)
        place = scene.offered.get(id(obj))
        if place is not None and (place in RESTORED or _is_stateless(obj)):
            return rebuild.attribute, place
        self.kinds.add(kind)
        reducer = scene.reducer(kind)
        if reducer is not None:
            return reducer(self, obj)
        return _checked(self, obj) if self.lenient else NotImplemented

    def note(self, text: str) -> None:
        """Tell what of the group is not saved but made anew."""
        self.notes[text] = None

    def refuse(self, obj: Any, why: str) -> Reduced:
        """Leave a part out, or fail.

        Raises:
            Unsavable: unless parts may be left out.
        """
        what = type(obj).__name__
        if not self.lenient:
            raise Unsavable(f"{what}: {why}")
        self.note(f"without a {what}: {why}")
        self.refused.add(id(obj))
        return rebuild.absent, (what, why)

    def globals_of(self, function: types.FunctionType) -> Any:
        """Something that is pickled as a reference to a function's globals."""
        names = function.__globals__
        known = self._globals.get(id(names))
        if known is None:
            known = self._globals[id(names)] = Globals(names, function)
        return known


RESTORED = frozenset(
    {
        *(("os", "environ"), ("sys", "path"), ("sys", "modules"), ("random", "_inst")),
        *(("numpy.random", "_rand"), ("numpy.random.mtrand", "_rand")),
        *(("sys", "stdin"), ("sys", "stdout"), ("sys", "stderr")),
        *(("builtins", "input"), ("getpass", "getpass")),
    }
)
"""Objects of modules whose contents are put back in the module itself, or that are the worker's."""


def _is_as_it_was(place: tuple[str, str], offered: Any) -> bool:
    """Whether a module has there what every new worker has, and nothing that user code put."""
    if place[0] == "sys" and place[1].startswith("std"):
        return offered is getattr(sys, f"__{place[1]}__", None)
    if place[1] in ("input", "getpass"):
        return is_the_workers(offered)
    return True


def is_the_workers(value: Any) -> bool:
    """Whether something is a function of ours."""
    return type(value) is types.FunctionType and is_ours(value.__code__.co_filename)


def offered_objects(namespace: dict[str, Any]) -> dict[int, tuple[str, str]]:
    """Objects that are attributes of imported modules, by id.

    A module offers an object of its own only: numbers, texts and what it imported say nothing.
    """
    found = {id(sys.modules): ("sys", "modules")}
    plain = set(_VALUES)
    for place in RESTORED:
        offered = getattr(sys.modules.get(place[0]), place[1], None)
        if offered is not None and _is_as_it_was(place, offered):
            found[id(offered)] = place
    for name, module in list(sys.modules.items()):
        if type(module) is not types.ModuleType or vars(module) is namespace:
            continue
        for key, value in list(vars(module).items()):
            kind = type(value)
            if kind in plain:
                continue
            if type in mro(kind):
                plain.add(kind)  # its instances are classes
            else:
                found.setdefault(id(value), (name, key))
    return found


_VALUES = frozenset(
    {
        *(int, float, complex, bool, str, bytes, type(None), tuple, frozenset, range),
        *(types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type),
        *(type(...), type(NotImplemented), types.MethodType, types.GenericAlias),
    }
)


def _is_stateless(obj: Any) -> bool:
    """Whether an object is good for its identity only."""
    kind = type(obj)
    if kind is object:
        return True
    if any(base is not object and "__dict__" not in vars(base) and _is_c(base)
           for base in mro(kind)):  # fmt: skip
        return False
    return not getattr(obj, "__dict__", True)


def _is_c(kind: type) -> bool:
    return not kind.__flags__ & (1 << 9)


class Globals:
    """Stands for the globals of functions."""

    def __init__(self, names: dict[str, Any], function: types.FunctionType) -> None:
        self.names = names
        self.function = function
        """The first function that was met with them."""


def _checked(packer: Packer, obj: Any) -> Any:
    """How an object of any type is taken apart; an absence if it cannot be."""
    table = cloudpickle.Pickler.dispatch_table
    try:
        reducer = table.get(type(obj))
        reduced = reducer(obj) if reducer is not None else obj.__reduce_ex__(5)
    except Late:
        raise
    except BaseException as error:
        return packer.refuse(obj, short(error))
    return reduced


def reduce_globals(packer: Packer, obj: Globals) -> Reduced:
    """The session's namespace, a module's, or a dict of its own."""
    names = obj.names
    if names is packer.scene.namespace:
        return rebuild.session_globals, ()
    module = names.get("__name__")
    if isinstance(module, str) and module != "__main__":
        loaded = sys.modules.get(module)
        if isinstance(loaded, types.ModuleType) and vars(loaded) is names:
            return rebuild.module_globals, (module,)
    used = set(names) if len(names) <= FEW else _used(obj.function, names)
    content = {k: v for k, v in names.items() if k in used and k != "__builtins__"}
    return dict, (), None, None, iter(content.items())


FEW = 100
"""Of more globals than these only those are saved that a function reaches."""


def _used(function: types.FunctionType, names: dict[str, Any]) -> set[str]:
    """Global names that a function uses, and functions with the same globals that it calls."""
    used: set[str] = set()
    pending = [function]
    while pending:
        for name in cloudpickle._extract_code_globals(pending.pop().__code__):
            if name in names and name not in used:
                used.add(name)
                value = names[name]
                if type(value) is types.FunctionType and value.__globals__ is names:
                    pending.append(value)
    return used | {name for name in ("__name__", "__package__", "__file__") if name in names}


def reduce_function(packer: Packer, func: types.FunctionType) -> Any:
    """A function by its code, with its cells and globals shared as they are."""
    if cloudpickle._should_pickle_by_reference(func):
        return NotImplemented
    packer.by_value.add(id(func))
    own, slots = cloudpickle._function_getstate(func)
    for name in ("__globals__", "__closure__", "_cloudpickle_submodules"):
        slots.pop(name, None)
    arguments = (func.__code__, packer.globals_of(func), func.__name__)
    return (
        rebuild.function,
        (*arguments, func.__closure__),
        (own, slots),
        None,
        None,
        rebuild.set_function,
    )


def reduce_cell(packer: Packer, obj: types.CellType) -> Reduced:
    """A variable that closures share."""
    try:
        contents = obj.cell_contents
    except ValueError:
        return rebuild.cell, ()
    # in a tuple: pickle takes a state of None for none
    return rebuild.cell, (), (contents,), None, None, rebuild.set_cell


def reduce_class(packer: Packer, kind: type) -> Any:
    """A class by name if a module has it, else by what is in it."""
    if type(kind).__name__ == "PyCArrayType":
        return rebuild.ctypes_array, (kind._type_, kind._length_)  # type: ignore[attr-defined]
    reduced = cloudpickle._class_reduce(kind)
    if reduced is NotImplemented or _is_builtin_type(reduced):
        return reduced
    packer.by_value.add(id(kind))
    members = reduced[2][0]
    members.pop("__slotnames__", None)  # pickle's own notes
    members["__qualname__"] = kind.__qualname__
    if reduced[0] is cloudpickle._make_skeleton_class:
        metaclass, name, bases, given = reduced[1][:4]
        if "__slots__" in members:
            given["__slots__"] = members.pop("__slots__")
            for key in [k for k, v in members.items() if type(v) is types.MemberDescriptorType]:
                del members[key]
        return rebuild.skeleton, (metaclass, name, bases, given), *reduced[2:]
    return reduced


def _is_builtin_type(reduced: Any) -> bool:
    return reduced[0] in (type, cloudpickle._builtin_type)


class Unpacker(pickle.Unpickler):
    """Loads one group."""

    def __init__(
        self,
        stream: bytes | bytearray,
        buffers: list[bytearray],
        namespace: dict[str, Any],
        *,
        lenient: bool = False,
    ) -> None:
        super().__init__(io.BytesIO(stream), buffers=buffers)
        self._namespace = namespace
        self._lenient = lenient
        self.lost: list[str] = []
        """What could not be found or made, if parts may be absent."""

    def find_class(self, module: str, name: str) -> Any:
        """Resolve a name of the pickle."""
        try:
            return self._find(module, name)
        except Exception as error:
            if not self._lenient:
                raise
            self.lost.append(f"{module}.{name}: {short(error)}")
            return _stand_in(f"{module}.{name}", short(error))

    def _find(self, module: str, name: str) -> Any:
        try:
            return private.find(module, name)
        except LookupError:
            pass
        if module == "__main__":
            first, *rest = name.split(".")
            found = self._namespace[first]
            for part in rest:
                found = getattr(found, part)
            return found
        return super().find_class(module, name)


def _stand_in(what: str, reason: str) -> type:
    """A class whose instances say what is absent, however they are made."""

    def new(cls: type, *args: Any, **options: Any) -> Any:
        return object.__new__(cls)

    def init(self: Any, *args: Any, **options: Any) -> None:
        self.what, self.reason = what, reason

    def ignore(self: Any, *args: Any) -> None:
        """Whatever state or items the real one had."""

    members = dict.fromkeys(("__setstate__", "append", "extend", "__setitem__"), ignore)
    kind: type = type(
        "Absent",
        (rebuild.Absent,),
        {**members, "__new__": new, "__init__": init, "what": what, "reason": reason},
    )
    return kind


def short(error: BaseException) -> str:
    """An error in one line."""
    if isinstance(error, Stray) and error.__cause__ is not None:
        error = error.__cause__
    try:
        text = " ".join(str(error).split())
    except BaseException:
        text = ""
    name = type(error).__name__
    if isinstance(error, (Unsavable, pickle.PicklingError)) and text:
        return text[:300]
    return f"{name}: {text}"[:300] if text else name
