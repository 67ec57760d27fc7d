"""Kinds of object, and how to see for oneself that each came back.

A case is a heading ``== name``, code that makes ``V`` and lines ``? …`` that must be true of it
afterwards, in another process. What a check looks at is chosen by hand, case by case.
"""

from __future__ import annotations

BUILTIN = r"""
== int
V = 12345678901234567890123
? V == 12345678901234567890123 and type(V) is int
== bool
V = True
? V is True
== none
V = None
? V is None
== float_odd
V = [0.1, -0.0, float("inf"), float("nan"), 5e-324]
? str(V) == "[0.1, -0.0, inf, nan, 5e-324]"
== complex
V = complex(-0.0, 2)
? repr(V) == "(-0+2j)"
== str_surrogate
V = "ü\ud800 \U0001f600"
? V == "ü\ud800 \U0001f600"
== bytes
V = bytes(range(256)) * 10
? V == bytes(range(256)) * 10
== bytes_large
V = bytes(range(256)) * 4000
? len(V) == 1024000 and V[5] == 5
== bytearray
V = bytearray(b"abc")
? V == bytearray(b"abc") and type(V) is bytearray and not V.append(1)
== ellipsis
V = [..., NotImplemented]
? V[0] is ... and V[1] is NotImplemented
== list_self
V = [1]; V.append(V)
? V[1] is V and V[0] == 1
== list_alias
V = [[0]] * 3
? V[0] is V[1] is V[2]
== tuple_nested
V = (1, (2, [3]), {"a": (4,)})
? V == (1, (2, [3]), {"a": (4,)}) and type(V[1]) is tuple
== dict_order
V = {"z": 1, "a": 2, 3: "x", None: 4, (1, 2): 5}
? list(V) == ["z", "a", 3, None, (1, 2)] and V[(1, 2)] == 5
== dict_bool_key
V = {True: "t", 2: "two", 1.5: "f"}
? [type(k) for k in V] == [bool, int, float]
== dict_deep
V = {"a": [{"b": i, "c": [i] * 3} for i in range(500)]}
? V["a"][499]["c"] == [499] * 3
== set_mixed
V = {1, "a", (2, 3), None, frozenset([4])}
? V == {1, "a", (2, 3), None, frozenset([4])}
== frozenset
V = frozenset("abc")
? V == frozenset("abc") and type(V) is frozenset
== range
V = range(1, 100, 7)
? V == range(1, 100, 7) and type(V) is range
== slice
V = slice(1, None, 2)
? (V.start, V.stop, V.step) == (1, None, 2)
== deep_list
import functools
V = []
for _ in range(400): V = [V]
? functools.reduce(lambda x, _: x[0], range(400), V) == []
== type_builtin
V = [int, type, type(None), type(...), dict]
? V == [int, type, type(None), type(...), dict]
== builtin_function
V = [len, print, "abc".upper, [].append]
? V[0] is len and V[1] is print and V[2]() == "ABC"
== list_iterator
V = iter([1, 2, 3]); next(V)
? list(V) == [2, 3]
== tuple_iterator
V = iter((1, 2, 3)); next(V)
? list(V) == [2, 3]
== range_iterator
V = iter(range(5)); next(V)
? list(V) == [1, 2, 3, 4]
== str_iterator
V = iter("héllo"); next(V)
? "".join(V) == "éllo"
== dict_iterator
V = iter({"a": 1, "b": 2}); next(V)
? list(V) == ["b"]
== reversed_iterator
V = reversed([1, 2, 3]); next(V)
? list(V) == [2, 1]
== enumerate
V = enumerate("abc"); next(V)
? list(V) == [(1, "b"), (2, "c")]
== zip
V = zip([1, 2], "ab"); next(V)
? list(V) == [(2, "b")]
== map_builtin
V = map(str, [1, 2, 3]); next(V)
? list(V) == ["2", "3"]
== filter_lambda
V = filter(lambda x: x % 2, [1, 2, 3])
? list(V) == [1, 3]
== callable_iterator
V = iter(iter([1, 2, 0, 3]).__next__, 0); next(V)
? list(V) == [2]
== generator
V = (i for i in range(5)); next(V)
? list(V) == [1, 2, 3, 4]
== dict_keys
V = {"a": 1, "b": 2}.keys()
? list(V) == ["a", "b"] and type(V) is type({}.keys())
== dict_view_alive
V = [{"a": 1}]; V.append(V[0].items())
? V[0].update(z=3) or ("z", 3) in V[1]
== mappingproxy
import types
V = types.MappingProxyType({"a": 1})
? V["a"] == 1 and type(V).__name__ == "mappingproxy"
== memoryview
V = memoryview(bytearray(b"hello world"))[2:7]
? bytes(V) == b"llo w" and not V.readonly
== memoryview_cast
V = memoryview(bytearray(8)).cast("I")
? V.format == "I" and V.tolist() == [0, 0]
== property_object
V = property(lambda self: 42)
? V.fget(None) == 42
== staticmethod_object
V = staticmethod(len)
? V.__func__ is len
== super_object
V = type("Q", (dict,), {"m": lambda self: super(type(self), self).__len__()})()
? V.m() == 0
== exception
V = ValueError("bad", 3)
? V.args == ("bad", 3) and type(V) is ValueError
== exception_chain
try:
    try: 1 / 0
    except ZeroDivisionError as e: raise KeyError("k") from e
except KeyError as e: V = e
? type(V.__cause__) is ZeroDivisionError and V.args == ("k",)
== oserror
V = FileNotFoundError(2, "gone", "/x")
? (V.errno, V.filename) == (2, "/x")
== unicode_error
V = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad")
? V.reason == "bad" and V.object == b"\xff"
== import_error
V = ImportError("no", name="mod", path="/p")
? V.name == "mod" and V.path == "/p"
== own_exception
class E_V(Exception):
    def __init__(self, a, b): super().__init__(f"{a}-{b}"); self.a = a
V = E_V(1, 2)
? V.a == 1 and str(V) == "1-2" and type(V) is E_V
== stop_iteration
V = StopIteration(5)
? V.value == 5
== system_exit
V = SystemExit(3)
? V.code == 3
== code_object
V = compile("1+1", "<x>", "eval")
? eval(V) == 2
== generic_alias
V = [list[int], dict[str, int], int | None]
? V[0] == list[int] and V[2] == (int | None)
== main_module
import sys
V = sys.modules["__main__"]
? V is sys.modules["__main__"]
"""

FUNCTIONS = r"""
== function
def V(a, b=[1], *, c=2):
    "doc"
    return a + b[0] + c
? V(1) == 4 and V.__doc__ == "doc" and V.__globals__ is globals() and V.__kwdefaults__ == {"c": 2}
== function_global
G_V = 1
def V(): return G_V
? exec("G_V = 77", globals()) or V() == 77
== lambda
V = lambda x: x * 2
? V(4) == 8
== recursive
def V(n): return 1 if n < 2 else n * V(n - 1)
? V(5) == 120
== closure
def mk_V():
    n = 0
    def inc():
        nonlocal n; n += 1; return n
    def get(): return n
    return inc, get
V = mk_V(); V[0]()
? V[0]() == 2 and V[1]() == 2
== closure_recursive
def mk2_V():
    def fact(n): return 1 if n < 2 else n * fact(n - 1)
    return fact
V = mk2_V()
? V(4) == 24
== decorated
import functools
def dec_V(f):
    @functools.wraps(f)
    def inner(*a): return f(*a) + 1
    return inner
@dec_V
def V(x): return x
? V(1) == 2 and V.__wrapped__(1) == 1 and V.__name__ == "V"
== function_attrs
def V(): pass
V.calls = [1, 2]
? V.calls == [1, 2]
== function_annotations
def V(a: int, b: "str") -> list[int]: return []
? V.__annotations__ == {"a": int, "b": "str", "return": list[int]}
== generator_function
def V():
    yield 1
    yield 2
? list(V()) == [1, 2]
== async_function
async def V(): return 5
? __import__("asyncio").run(V()) == 5
== partial
import functools
V = functools.partial(int, base=2)
? V("101") == 5
== partial_own
def base_V(a, b): return a - b
V = functools.partial(base_V, b=1)
? V(5) == 4 and V.func is base_V
== lru_cache
@functools.lru_cache(maxsize=7)
def V(n): return n + 1
V(1)
? V(3) == 4 and V.cache_info().maxsize == 7 and V.cache_info().currsize == 1
== cached
@functools.cache
def V(n): return n if n < 2 else V(n - 1) + V(n - 2)
V(10)
? V(20) == 6765
== singledispatch
@functools.singledispatch
def V(x): return "any"
@V.register(int)
def _reg_V(x): return "int"
? V(1) == "int" and V("a") == "any"
== function_in_list
def fl_V(): return 9
V = [fl_V, fl_V]
? V[0] is fl_V and V[1] is fl_V
== operator
import operator
V = [operator.itemgetter(1), operator.attrgetter("real"), operator.methodcaller("upper")]
? V[0]([5, 6]) == 6 and V[1](3) == 3 and V[2]("a") == "A"
== module_method
import random
V = random.random
? V is random.random or V.__self__ is random._inst
== exec_function
ns_V = {"k": 5}
exec("def h(): return k", ns_V)
V = ns_V["h"]
? V() == 5
"""

CLASSES = r"""
== class_plain
class V:
    "doc"
    attr = [1]
    def m(self): return self.attr
? V().m() == [1] and V.__doc__ == "doc" and V.__module__ == "__main__"
== instance
class I_V:
    def __init__(self): self.x = {"a": 1}
V = I_V()
? V.x == {"a": 1} and type(V) is I_V
== instances_share_class
class S_V: pass
V = [S_V(), S_V()]
? type(V[0]) is type(V[1]) is S_V
== old_class
class O_V:
    v = 1
V = [O_V(), O_V()]
class O_V:
    v = 2
? V[0].v == 1 and type(V[0]) is type(V[1]) and type(V[0]) is not O_V and O_V.v == 2
== class_attr_changed
class C_V: count = 0
C_V.count = 41
V = C_V
? V.count == 41 and V is C_V
== slots
class Sl_V:
    __slots__ = ("a", "b")
V = Sl_V(); V.a = 1
? V.a == 1 and not hasattr(V, "b")
== inheritance
class B1_V:
    def who(self): return "b"
class B2_V(B1_V):
    def who(self): return "c" + super().who()
V = B2_V()
? V.who() == "cb" and isinstance(V, B1_V)
== metaclass
class M_V(type):
    def hello(cls): return cls.__name__
class K_V(metaclass=M_V): pass
V = K_V
? V.hello() == "K_V" and type(V) is M_V
== abc
import abc
class A_V(abc.ABC):
    @abc.abstractmethod
    def f(self): ...
class A2_V(A_V):
    def f(self): return 3
V = A2_V()
? V.f() == 3 and isinstance(V, A_V) and A_V.__abstractmethods__ == frozenset({"f"})
== properties
class P_V:
    def __init__(self): self._x = 1
    @property
    def x(self): return self._x
    @x.setter
    def x(self, v): self._x = v
    @classmethod
    def c(cls): return cls
    @staticmethod
    def s(): return 7
V = P_V()
? not setattr(V, "x", 5) and V.x == 5 and V.c() is P_V and V.s() == 7
== dataclass
import dataclasses
@dataclasses.dataclass
class D_V:
    a: int
    b: list = dataclasses.field(default_factory=list)
V = D_V(1)
? V == D_V(1) and [f.name for f in dataclasses.fields(V)] == ["a", "b"] and dataclasses.asdict(V) == {"a": 1, "b": []}
== dataclass_frozen
@dataclasses.dataclass(frozen=True)
class F_V:
    a: int
V = {F_V(1): "x"}
? V[F_V(1)] == "x"
== dataclass_slots
@dataclasses.dataclass(slots=True)
class Ds_V:
    a: int
V = Ds_V(4)
? V.a == 4 and V == Ds_V(4)
== enum
import enum
class En_V(enum.Enum):
    RED = 1
    BLUE = "b"
V = [En_V.RED, En_V.BLUE]
? V[0] is En_V.RED and V[1].value == "b"
== enum_flag
class Fl_V(enum.Flag):
    A = 1
    B = 2
V = Fl_V.A | Fl_V.B
? V == (Fl_V.A | Fl_V.B) and Fl_V.A in V
== enum_stdlib
import http
V = http.HTTPStatus.NOT_FOUND
? V is http.HTTPStatus.NOT_FOUND
== namedtuple
import collections
N_V = collections.namedtuple("N_V", "a b")
V = N_V(1, [2])
? V.a == 1 and V.b == [2] and type(V) is N_V
== typing_namedtuple
import typing
class Tn_V(typing.NamedTuple):
    a: int
    b: str = "z"
V = Tn_V(1)
? V == (1, "z") and type(V) is Tn_V
== typeddict
class Td_V(typing.TypedDict):
    a: int
V = Td_V
? V(a=1) == {"a": 1}
== protocol
class Pr_V(typing.Protocol):
    def f(self) -> int: ...
V = Pr_V
? V.__name__ == "Pr_V"
== generic
T_V = typing.TypeVar("T_V")
class Ge_V(typing.Generic[T_V]):
    def __init__(self, x): self.x = x
V = Ge_V[int](5)
? V.x == 5 and type(V) is Ge_V
== newtype
V = typing.NewType("UserId", int)
? V(5) == 5 and V.__name__ == "UserId"
== getstate
class Gs_V:
    def __init__(self): self.a = 1; self.cache = {}
    def __getstate__(self): return {"a": self.a}
    def __setstate__(self, s): self.a = s["a"]; self.cache = {}
V = Gs_V()
? V.a == 1 and V.cache == {}
== getstate_lossy
class Gl_V:
    def __init__(self): self.a = 1; self.b = [2]
    def __getstate__(self): return {"a": self.a}
V = Gl_V()
? V.a == 1 and V.b == [2]
== reduce_wrong
class Rw_V:
    def __init__(self, n=0): self.n = n
    def __reduce__(self): return Rw_V, ()
V = Rw_V(5)
? V.n == 5
== lies_equal
class Le_V:
    def __init__(self): self.data = [1, 2]
    def __eq__(self, other): return True
    def __hash__(self): return 1
    def __getstate__(self): return {"data": [1]}
V = Le_V()
? V.data == [1, 2]
== getattr_everything
class Ga_V:
    def __init__(self): self.__dict__["d"] = {"k": 1}
    def __getattr__(self, name):
        if name.startswith("__"): raise AttributeError(name)
        return self.__dict__["d"][name]
V = Ga_V()
? V.k == 1
== list_subclass
class Ls_V(list):
    extra = 0
V = Ls_V([1, 2]); V.extra = 5
? V == [1, 2] and V.extra == 5 and type(V) is Ls_V
== dict_subclass
class Dd_V(dict):
    def __missing__(self, k): return k
V = Dd_V(a=1); V.note = "x"
? V["zz"] == "zz" and V.note == "x" and V["a"] == 1
== int_subclass
class Is_V(int): pass
V = Is_V(5); V.u = "m"
? V == 5 and V.u == "m" and type(V) is Is_V
== str_subclass
class Ss_V(str): pass
V = Ss_V("q"); V.u = 1
? V == "q" and V.u == 1
== cycle
class Cy_V: pass
V = Cy_V(); V.me = V; V.other = Cy_V(); V.other.back = V
? V.me is V and V.other.back is V
== graph
class No_V:
    def __init__(self): self.next = None
V = first_V = No_V()
for _ in range(300): first_V.next = No_V(); first_V = first_V.next
first_V = None
? V.next.next.next is not None and type(V.next) is type(V)
== bound_method
class Bm_V:
    def __init__(self): self.n = 3
    def get(self): return self.n
V = Bm_V().get
? V() == 3 and V.__self__.n == 3
== descriptor
class De_V:
    def __set_name__(self, o, n): self.n = n
    def __get__(self, i, o=None): return self if i is None else i.__dict__.get(self.n, 0)
    def __set__(self, i, v): i.__dict__[self.n] = v * 2
class Do_V: z = De_V()
V = Do_V(); V.z = 2
? V.z == 4
== nested_class
class Ou_V:
    class In: y = 1
V = Ou_V.In()
? type(V) is Ou_V.In and V.y == 1
== local_class
def lc_V():
    class L:
        def f(self): return 11
    return L()
V = lc_V()
? V.f() == 11
== init_subclass
class Ib_V:
    reg = []
    def __init_subclass__(cls, **k): Ib_V.reg.append(cls.__name__)
class Ic_V(Ib_V): pass
V = Ib_V
? V.reg == ["Ic_V"]
== cached_property
class Cp_V:
    n = 0
    @functools.cached_property
    def x(self): type(self).n += 1; return 5
V = Cp_V(); V.x
? V.x == 5 and Cp_V.n == 1
== context_manager
import contextlib
@contextlib.contextmanager
def V():
    yield 5
? V().__enter__() == 5
== type_three_args
V = type("Dyn_V", (), {"z": 4})
? V().z == 4 and V.__name__ == "Dyn_V"
"""

STDLIB = r"""
== deque
V = collections.deque([1, 2], maxlen=3)
? list(V) == [1, 2] and V.maxlen == 3
== counter
V = collections.Counter("abca")
? V["a"] == 2 and type(V) is collections.Counter
== ordereddict
V = collections.OrderedDict([("b", 1), ("a", 2)])
? list(V) == ["b", "a"] and type(V) is collections.OrderedDict
== defaultdict
V = collections.defaultdict(lambda: [7]); V["x"].append(1)
? V["y"] == [7] and V["x"] == [7, 1]
== chainmap
V = collections.ChainMap({"a": 1}, {"b": 2})
? V["b"] == 2
== userdict
V = collections.UserDict(a=1)
? V["a"] == 1
== datetime
import datetime
V = [datetime.datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc), datetime.date(2020, 1, 1), datetime.timedelta(1, 2, 3), datetime.time(1, 2)]
? V[0].isoformat() == "2020-01-02T03:04:05.000006+00:00" and V[2].microseconds == 3
== zoneinfo
import zoneinfo
V = datetime.datetime(2020, 6, 1, tzinfo=zoneinfo.ZoneInfo("UTC"))
? V.tzinfo.key == "UTC"
== decimal
import decimal
V = decimal.Decimal("1.10")
? str(V) == "1.10"
== fraction
import fractions
V = fractions.Fraction(1, 3)
? V * 3 == 1
== uuid
import uuid
V = uuid.UUID(int=5)
? V.int == 5
== path
import pathlib
V = pathlib.Path("/tmp/x/../y")
? str(V) == "/tmp/x/../y"
== re_pattern
import re
V = re.compile(r"(\w+)-(?P<n>\d+)", re.I)
? V.match("ab-12")["n"] == "12" and V.flags & re.I
== re_match
V = re.compile(r"b(\d)").search("ab1 b2")
? V.group(1) == "1" and V.span() == (1, 3) and V.string == "ab1 b2"
== re_match_second
V = list(re.finditer(r"b(\d)", "ab1 b2"))[1]
? V.group(1) == "2" and V.span() == (4, 6)
== array
import array
V = array.array("d", [1.5, 2.5])
? V.tolist() == [1.5, 2.5] and V.typecode == "d"
== struct
import struct
V = struct.Struct("<IH")
? V.size == 6 and V.unpack(b"\1\0\0\0\2\0") == (1, 2)
== random
V = random.Random(42); V.random()
? (lambda r: (r.random(), V.random()))(random.Random(42))[1] == (lambda r: (r.random(), r.random()))(random.Random(42))[1]
== itertools_count
import itertools
V = itertools.count(5, 2); next(V)
? next(V) == 7
== itertools_cycle
V = itertools.cycle([1, 2, 3]); next(V)
? [next(V) for _ in range(4)] == [2, 3, 1, 2]
== itertools_chain
V = itertools.chain([1, 2], [3]); next(V)
? list(V) == [2, 3]
== itertools_product
V = itertools.product([1, 2], "ab"); next(V)
? list(V) == [(1, "b"), (2, "a"), (2, "b")]
== itertools_tee
V = itertools.tee(iter([1, 2, 3])); next(V[0])
? list(V[0]) == [2, 3] and list(V[1]) == [1, 2, 3]
== itertools_islice
V = itertools.islice([1, 2, 3, 4], 1, 3)
? list(V) == [2, 3]
== stringio
import io
V = io.StringIO("hello"); V.read(2)
? V.read() == "llo"
== bytesio
V = io.BytesIO(b"hello"); V.seek(3)
? V.read() == b"lo"
== file_read
open("zoo-read", "w").write("line1\nline2\n")
V = open("zoo-read"); V.readline()
? V.readline() == "line2\n" and V.mode == "r"
== file_binary
open("zoo-bin", "wb").write(b"0123456789")
V = open("zoo-bin", "rb"); V.read(4)
? V.read(3) == b"456"
== file_write
V = open("zoo-write", "w"); V.write("kept\n"); V.flush(); V.write("pending\n"); None
? V.write("more\n") == 5 and (V.flush() or open("zoo-write").read() == "kept\npending\nmore\n")
== file_append
open("zoo-append", "w").write("a\n")
V = open("zoo-append", "a"); V.write("b\n"); V.flush()
? V.write("c\n") and (V.flush() or open("zoo-append").read() == "a\nb\nc\n")
== file_closed
V = open("zoo-read"); V.close()
? V.closed
== stdout_object
V = sys.stdout
? V is sys.stdout
== lock
import threading
V = threading.Lock()
? V.acquire(False) and not V.acquire(False)
== lock_held
V = threading.Lock(); V.acquire()
? V.locked() and not V.acquire(False)
== rlock
V = threading.RLock(); V.acquire()
? V._is_owned() and not V.release()
== event
V = threading.Event(); V.set()
? V.is_set() and V.wait(0)
== condition
V = threading.Condition()
? V.acquire() and not V.notify_all() and not V.release()
== semaphore
V = threading.Semaphore(2); V.acquire()
? V.acquire(False) and not V.acquire(False)
== barrier
V = threading.Barrier(1)
? V.wait(1) == 0
== thread_local
V = threading.local(); V.x = 5
? V.x == 5
== queue
import queue
V = queue.Queue(maxsize=3); V.put(1); V.put("b")
? V.get(timeout=1) == 1 and V.get(timeout=1) == "b" and V.maxsize == 3
== priority_queue
V = queue.PriorityQueue(); V.put((2, "b")); V.put((1, "a"))
? V.get(timeout=1) == (1, "a")
== simple_queue
V = queue.SimpleQueue(); V.put(1); V.put(2)
? V.get(timeout=1) == 1 and V.get(timeout=1) == 2
== logger
import logging
V = logging.getLogger("zoo.V"); V.setLevel(logging.DEBUG); V.addHandler(logging.StreamHandler()); V.propagate = False
? V.level == 10 and len(V.handlers) == 1 and not V.propagate and V is logging.getLogger("zoo.V")
== stream_handler
V = logging.StreamHandler(); V.setFormatter(logging.Formatter("%(message)s!"))
? V.stream is sys.stderr and V.formatter._fmt == "%(message)s!" and (V.acquire(), V.release()) == (None, None)
== weakref_alive
class Wr_V: pass
import weakref
V = [Wr_V()]; V.append(weakref.ref(V[0]))
? V[1]() is V[0]
== weakref_dead
import weakref
class Wd_V: pass
V = weakref.ref(Wd_V())
? V() is None
== weak_value_dict
class Wd_V: pass
V = {"obj": Wd_V()}; V["d"] = weakref.WeakValueDictionary(k=V["obj"])
? V["d"]["k"] is V["obj"]
== weak_key_dict
class Wd_V: pass
V = {"obj": Wd_V()}; V["d"] = weakref.WeakKeyDictionary({V["obj"]: 5})
? V["d"][V["obj"]] == 5
== weak_set
class Wd_V: pass
V = {"obj": Wd_V()}; V["d"] = weakref.WeakSet([V["obj"]])
? V["obj"] in V["d"]
== weak_proxy
class Wd_V: pass
V = [Wd_V()]; V[0].z = 3; V.append(weakref.proxy(V[0]))
? V[1].z == 3 and type(V[1]) is weakref.ProxyType
== contextvar
import contextvars
V = contextvars.ContextVar("V", default=1); V.set([5]); None
? V.get() == [5] and V.name == "V"
== contextvar_default
V = contextvars.ContextVar("Vd", default=9)
? V.get() == 9
== sqlite_memory
import sqlite3
V = sqlite3.connect(":memory:"); V.execute("create table t(a, b)"); V.execute("insert into t values (1, 'x')"); V.commit()
? V.execute("select * from t").fetchall() == [(1, "x")]
== sqlite_row
V = sqlite3.connect(":memory:"); V.row_factory = sqlite3.Row; V.execute("create table t(a)"); V.execute("insert into t values (1)"); V.commit()
? V.execute("select a from t").fetchone()["a"] == 1
== sqlite_file
V = sqlite3.connect("zoo-sqlite"); V.execute("create table if not exists t(a)"); V.commit()
? V.execute("select count(*) from t").fetchone()[0] == 0
== namespace
V = types.SimpleNamespace(a=1, b=[2])
? V.a == 1 and V.b == [2]
== module
import xml.dom.minidom
V = xml.dom.minidom
? V.parseString("<a/>").documentElement.tagName == "a"
== submodule
import concurrent.futures
V = concurrent
? V.futures.ThreadPoolExecutor
== dynamic_module
V = types.ModuleType("dyn_V"); V.x = [1]; exec("def f(): return x", V.__dict__)
? V.x == [1] and V.f() == [1]
== executor
V = concurrent.futures.ThreadPoolExecutor(1)
? V.submit(int, "3").result(2) == 3
== future_done
V = concurrent.futures.Future(); V.set_result(5)
? V.result() == 5
== thread_finished
V = threading.Thread(target=int); V.start(); V.join()
? not V.is_alive()
== socket
import socket
V = socket.socket()
? V.fileno() >= 0
== subprocess_done
import subprocess
V = subprocess.run(["true"])
? V.returncode == 0
== popen
V = subprocess.Popen(["true"]); V.wait()
? V.returncode == 0
== asyncio_queue
import asyncio
V = asyncio.Queue(); V.put_nowait(1)
? V.get_nowait() == 1
== asyncio_event
V = asyncio.Event(); V.set()
? V.is_set()
== coroutine
async def co_V(): return 1
V = co_V()
? asyncio.run(V) == 1
== event_loop
V = asyncio.new_event_loop()
? V.run_until_complete(asyncio.sleep(0, 5)) == 5
== argparse
import argparse
V = argparse.ArgumentParser(); V.add_argument("--n", type=int)
? V.parse_args(["--n", "3"]).n == 3
== configparser
import configparser
V = configparser.ConfigParser(); V.read_string("[a]\nb=1")
? V["a"]["b"] == "1"
== string_template
import string
V = string.Template("$a")
? V.substitute(a=1) == "1"
== textwrap
import textwrap
V = textwrap.TextWrapper(width=5)
? V.wrap("aa bb cc") == ["aa bb", "cc"]
== ast
import ast
V = ast.parse("x = 1")
? ast.dump(V) == ast.dump(ast.parse("x = 1"))
== element
import xml.etree.ElementTree as ET
V = ET.fromstring("<a b='1'><c>t</c></a>")
? V[0].text == "t" and V.get("b") == "1"
== hashlib
import hashlib
V = hashlib.sha256(b"a")
? V.hexdigest() == hashlib.sha256(b"a").hexdigest()
== zlib_object
import zlib
V = zlib.compressobj()
? zlib.decompress(V.compress(b"a") + V.flush()) == b"a"
== csv_writer
import csv
V = csv.writer(io.StringIO())
? V.writerow([1, 2])
== csv_dialect
V = csv.Sniffer().sniff("a;b\n1;2\n")
? V.delimiter == ";"
== urlparse
import urllib.parse
V = urllib.parse.urlparse("http://a/b?c=1")
? V.netloc == "a" and V.query == "c=1"
== ipaddress
import ipaddress
V = ipaddress.ip_network("10.0.0.0/8")
? V.num_addresses == 2**24
== email
import email.message
V = email.message.EmailMessage(); V["Subject"] = "hi"; V.set_content("x")
? V["Subject"] == "hi" and V.get_content() == "x\n"
== heap
import heapq
V = [5, 1, 4]; heapq.heapify(V)
? heapq.heappop(V) == 1
== statistics
import statistics
V = statistics.NormalDist(1, 2)
? V.mean == 1
== calendar
import calendar
V = calendar.TextCalendar(6)
? V.firstweekday == 6
== mmap
import mmap
V = mmap.mmap(-1, 10)
? V[:1] == b"\0"
== tempdir
import tempfile
V = tempfile.TemporaryDirectory()
? __import__("os").path.isdir(V.name)
== environ
import os
V = os.environ
? V is os.environ
== stat_result
V = os.stat("/")
? V.st_mode == os.stat("/").st_mode
== struct_time
import time
V = time.gmtime(0)
? V.tm_year == 1970
== sentinel
V = dataclasses.MISSING
? V is dataclasses.MISSING
== inspect_signature
import inspect
V = inspect.signature(lambda a, b=1: None)
? list(V.parameters) == ["a", "b"] and V.parameters["b"].default == 1
== inspect_empty
V = inspect.Parameter.empty
? V is inspect.Parameter.empty
== typing_alias
V = [typing.Optional[int], typing.Callable[[int], str], typing.Literal["a"]]
? V[0] == typing.Optional[int] and V[2] == typing.Literal["a"]
== ctypes_struct
import ctypes
class Ct_V(ctypes.Structure): _fields_ = [("a", ctypes.c_int)]
V = Ct_V(5)
? V.a == 5
== ctypes_array
V = (ctypes.c_int * 3)(1, 2, 3)
? list(V) == [1, 2, 3]
== traceback_object
try: 1 / 0
except ZeroDivisionError as e: V = e.__traceback__
? V.tb_frame
== sys_path
V = sys.path
? V is sys.path
"""

SHARED = r"""
== shared_list
sh_V = [1]
V = {"k": sh_V}
? V["k"] is sh_V and (sh_V.append(2) or V["k"] == [1, 2])
== shared_object
class So_V: pass
so_V = So_V(); so2_V = [so_V]
V = so_V
? V is so_V is so2_V[0]
== shared_closure
def scm_V():
    n = [0]
    return (lambda: n.append(1)), (lambda: len(n))
sc1_V, sc2_V = scm_V()
V = sc1_V
? V() is None and sc2_V() == 2
== shared_method
class Sm_V:
    def __init__(self): self.n = 0
    def inc(self): self.n += 1; return self.n
smo_V = Sm_V()
V = smo_V.inc
? V() == 1 and smo_V.n == 1
== class_and_registry
class Reg_V: all = []
reg_V = Reg_V(); Reg_V.all.append(reg_V)
V = Reg_V
? V.all[0] is reg_V and type(reg_V) is V
== function_default_shared
sd_V = []
def V(x, acc=sd_V): acc.append(x); return acc
? V(1) is sd_V
== view_of_bytearray
vb_V = bytearray(b"abc")
V = memoryview(vb_V)
? not vb_V.__setitem__(0, 122) and bytes(V) == b"zbc"
"""

NUMPY = r"""
== np_array
import numpy as np
V = np.arange(10.0)
? (V == np.arange(10.0)).all() and V.flags.owndata and V.flags.writeable and V.resize(20, refcheck=False) is None
== np_large
V = np.arange(200000).reshape(400, 500)
? V.shape == (400, 500) and V[3, 4] == 1504 and V.flags.writeable
== np_view
nb_V = np.zeros(100); V = nb_V[10:20]
? not nb_V.__setitem__(10, 7) and V[0] == 7 and np.shares_memory(V, nb_V)
== np_view_strided
ns_V = np.arange(24).reshape(4, 6); V = ns_V[::2, ::-1].T
? (V == np.arange(24).reshape(4, 6)[::2, ::-1].T).all() and np.shares_memory(V, ns_V)
== np_view_dtype
nd_V = np.zeros(8, "i4"); V = nd_V.view("u1")
? not nd_V.__setitem__(0, 1) and V[0] == 1
== np_views_only
V = [np.arange(10)[2:5]]; V.append(V[0][1:])
? not V[0].__setitem__(1, 50) and V[1][0] == 50
== np_frombuffer
fb_V = bytearray(16); V = np.frombuffer(fb_V, "u1")
? not fb_V.__setitem__(3, 9) and V[3] == 9
== np_fortran
V = np.asfortranarray(np.arange(6).reshape(2, 3))
? V.flags.f_contiguous and V[1, 0] == 3
== np_readonly
V = np.arange(3); V.flags.writeable = False
? not V.flags.writeable
== np_broadcast
V = np.broadcast_to(np.arange(3), (4, 3))
? V.shape == (4, 3) and V[3, 2] == 2
== np_structured
V = np.array([(1, 2.5, b"x")], dtype=[("a", "i4"), ("b", "f8"), ("c", "S3")])
? V["b"][0] == 2.5 and V.dtype.names == ("a", "b", "c")
== np_structured_view
nst_V = np.zeros(5, dtype=[("a", "i4"), ("b", "f8")]); V = nst_V["b"]
? not nst_V["b"].__setitem__(2, 5.0) and V[2] == 5.0
== np_object
V = np.array([[1, 2], "a", None], dtype=object)
? V[0] == [1, 2] and V[2] is None
== np_datetime
V = np.array(["2020-01-01", "NaT"], dtype="M8[ns]")
? str(V[0]) == "2020-01-01T00:00:00.000000000" and np.isnat(V[1])
== np_string
V = np.array(["a", "bcd"])
? V.dtype == "<U3" and V[1] == "bcd"
== np_bool_empty
V = np.zeros((0, 3), bool)
? V.shape == (0, 3) and V.dtype == bool
== np_zero_d
V = np.array(5.5)
? V.shape == () and float(V) == 5.5
== np_scalar
V = np.float32(1.5)
? type(V) is np.float32 and V == 1.5
== np_dtype
V = np.dtype([("a", "<i4")])
? V.names == ("a",)
== np_masked
V = np.ma.array([1, 2, 3], mask=[0, 1, 0])
? V.sum() == 4 and V.mask[1]
== np_matrix
V = np.asmatrix([[1, 2], [3, 4]])
? (V * V)[0, 0] == 7 and type(V) is np.matrix
== np_recarray
V = np.rec.array([(1, 2.0)], dtype=[("x", "i4"), ("y", "f8")])
? V.x[0] == 1 and V.y[0] == 2.0
== np_subclass
class Ns_V(np.ndarray): pass
V = np.arange(3).view(Ns_V); V.unit = "m"
? type(V) is Ns_V and V[2] == 2 and V.unit == "m"
== np_memmap
np.arange(10).tofile("zoo-memmap")
V = np.memmap("zoo-memmap", dtype="i8", mode="r")
? type(V) is np.memmap and V[3] == 3 and V.filename
== np_generator
V = np.random.default_rng(1); V.random()
? (lambda r: (r.random(), r.random())[1] == V.random())(np.random.default_rng(1))
== np_randomstate
V = np.random.RandomState(1); V.rand()
? (lambda r: (r.rand(), r.rand())[1] == V.rand())(np.random.RandomState(1))
== np_ufunc
V = [np.sin, np.add.reduce, np.random.rand]
? V[0] is np.sin and V[1]([1, 2]) == 3 and V[2](2).shape == (2,)
== np_vectorize
V = np.vectorize(lambda x: x + 1)
? V([1, 2]).tolist() == [2, 3]
== np_poly
V = np.polynomial.Polynomial([1, 2])
? V(2) == 5
== np_nan_payload
V = np.array([0x7ff8000000000001, 0x8000000000000000], dtype="u8").view("f8")
? V.view("u8").tolist() == [0x7ff8000000000001, 0x8000000000000000]
== np_iter
V = np.nditer(np.arange(3))
? [int(x) for x in V] == [0, 1, 2]
== np_flatiter
V = np.arange(3).flat
? list(V) == [0, 1, 2]
== np_in_dict_alias
na_V = np.ones(5); V = {"a": na_V, "b": na_V}
? V["a"] is V["b"] is na_V
"""

PANDAS = r"""
== pd_frame
import pandas as pd
V = pd.DataFrame({"a": [1, 2, 3], "b": list("xyz"), "c": [1.5, None, 2]}, index=pd.Index([5, 6, 7], name="i"))
? V.loc[6, "b"] == "y" and V.index.name == "i" and list(V.columns) == ["a", "b", "c"] and pd.isna(V["c"][6])
== pd_frame_large
V = pd.DataFrame(np.arange(200000.0).reshape(-1, 10)); V[3] = V[3].astype("i8")
? V.shape == (20000, 10) and V.iloc[100, 3] == 1003 and str(V.dtypes[3]) == "int64"
== pd_series
V = pd.Series([1, 2], name="s", dtype="Int64")
? V.sum() == 3 and V.name == "s" and str(V.dtype) == "Int64"
== pd_copy_on_write
pc_V = pd.DataFrame({"a": np.arange(5)}); V = pc_V[:]
? not V.__setitem__("a", 0) and pc_V["a"].tolist() == [0, 1, 2, 3, 4] and (V.iloc.__setitem__((0, 0), 9) or pc_V.iloc[0, 0] == 0)
== pd_categorical
V = pd.Series(pd.Categorical(["a", "b", "a"], categories=["b", "a"], ordered=True))
? V.cat.ordered and list(V.cat.categories) == ["b", "a"] and V[2] == "a"
== pd_multiindex
V = pd.DataFrame({"v": [1, 2]}, index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["x", "y"]))
? V.loc[("b", 2), "v"] == 2 and V.index.names == ["x", "y"]
== pd_datetime_index
V = pd.Series([1, 2], index=pd.date_range("2020-01-01", periods=2, freq="D", tz="Europe/Paris"))
? V.index.freqstr == "D" and str(V.index.tz) == "Europe/Paris"
== pd_timestamp
V = [pd.Timestamp("2020-01-01 01:02:03.000000004"), pd.Timedelta(5), pd.NaT, pd.NA, pd.Period("2020-01")]
? V[0].nanosecond == 4 and V[2] is pd.NaT and V[3] is pd.NA and str(V[4]) == "2020-01"
== pd_interval
V = pd.interval_range(0, 3)
? V[1].left == 1
== pd_sparse
V = pd.Series(pd.arrays.SparseArray([0, 0, 1]))
? V.sum() == 1 and V.sparse.density
== pd_string
V = pd.Series(["a", None], dtype="string")
? V[0] == "a" and V[1] is pd.NA
== pd_attrs
V = pd.DataFrame({"a": [1]}); V.attrs["unit"] = "m"
? V.attrs == {"unit": "m"}
== pd_groupby
V = pd.DataFrame({"a": [1, 1, 2], "b": [1, 2, 3]}).groupby("a")
? V.sum()["b"].tolist() == [3, 3]
== pd_rolling
V = pd.Series([1.0, 2, 3]).rolling(2)
? V.sum().tolist()[1:] == [3, 5]
== pd_offset
V = pd.offsets.BDay(2)
? V.n == 2
== pd_object_alias
po_V = [1]; V = pd.Series([po_V, {"a": 2}])
? V[0] is po_V and V[1]["a"] == 2
== pd_subclass
class Ps_V(pd.DataFrame):
    _metadata = ["extra"]
    @property
    def _constructor(self): return Ps_V
V = Ps_V({"a": [1]}); V.extra = "e"
? type(V) is Ps_V and V.extra == "e" and V["a"][0] == 1
"""

SCIENCE = r"""
== sp_csr
import scipy.sparse
V = scipy.sparse.csr_matrix([[0, 1], [2, 0]])
? V[1, 0] == 2 and V.nnz == 2
== sp_coo_array
V = scipy.sparse.coo_array([[0, 1], [2, 0]])
? V.sum() == 3
== sp_distribution
import scipy.stats
V = scipy.stats.norm(1, 2)
? V.mean() == 1
== sp_interpolate
import scipy.interpolate
V = scipy.interpolate.interp1d([0, 1, 2], [0, 10, 20])
? float(V(1.5)) == 15
== sp_spline
V = scipy.interpolate.CubicSpline([0, 1, 2], [0, 1, 4])
? abs(float(V(1)) - 1) < 1e-9
== sp_kdtree
import scipy.spatial
V = scipy.spatial.cKDTree([[0, 0], [1, 1]])
? V.query([0.9, 0.9])[1] == 1
== sp_optimize
import scipy.optimize
V = scipy.optimize.minimize(lambda x: (x - 1) ** 2, 0.0)
? abs(V.x[0] - 1) < 1e-4
== pl_frame
import polars as pl
V = pl.DataFrame({"a": [1, 2, None], "b": ["x", "y", "z"]})
? V["a"].to_list() == [1, 2, None] and V.schema["b"] == pl.String
== pl_series
V = pl.Series("s", [1.5, 2.5])
? V.to_list() == [1.5, 2.5] and V.name == "s"
== pl_lazy
V = pl.DataFrame({"a": [1, 2]}).lazy().filter(pl.col("a") > 1)
? V.collect()["a"].to_list() == [2]
== pl_expr
V = pl.col("a") + 1
? pl.DataFrame({"a": [1]}).select(V)["a"].to_list() == [2]
== pl_schema
V = pl.Schema({"a": pl.Int64})
? V["a"] == pl.Int64
== pa_table
import pyarrow as pa
V = pa.table({"a": [1, 2, None], "b": ["x", "y", "z"]})
? V.column("a").to_pylist() == [1, 2, None]
== pa_array
V = pa.array([[1], None, [2, 3]])
? V.to_pylist() == [[1], None, [2, 3]]
== pa_schema
V = pa.schema([("a", pa.int32())], metadata={"k": "v"})
? V.metadata == {b"k": b"v"} and V.field("a").type == pa.int32()
== pa_slice
V = pa.array(range(1000)).slice(10, 5)
? V.to_pylist() == [10, 11, 12, 13, 14]
== pa_buffer
V = pa.py_buffer(b"hello")
? V.to_pybytes() == b"hello"
== pa_dictionary
V = pa.array(["a", "b", "a"]).dictionary_encode()
? V.to_pylist() == ["a", "b", "a"] and V.dictionary.to_pylist() == ["a", "b"]
== sk_linear
from sklearn.linear_model import LinearRegression
V = LinearRegression().fit([[0], [1], [2]], [0, 1, 2])
? abs(V.predict([[3]])[0] - 3) < 1e-9
== sk_forest
from sklearn.ensemble import RandomForestClassifier
V = RandomForestClassifier(5, random_state=0).fit([[0], [1], [2], [3]], [0, 0, 1, 1])
? V.predict([[0], [3]]).tolist() == [0, 1] and len(V.estimators_) == 5
== sk_pipeline
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, FunctionTransformer
V = make_pipeline(StandardScaler(), FunctionTransformer(lambda x: x * 2), LinearRegression()).fit([[0.0], [1], [2]], [0, 1, 2])
? abs(V.predict([[3.0]])[0] - 3) < 1e-6
== sk_kmeans
from sklearn.cluster import KMeans
V = KMeans(2, n_init=1, random_state=0).fit([[0], [1], [9], [10]])
? V.predict([[0]])[0] != V.predict([[10]])[0]
== sk_tree
from sklearn.tree import DecisionTreeRegressor
V = DecisionTreeRegressor().fit([[0], [1]], [5, 7])
? V.predict([[1]])[0] == 7
== sk_bunch
from sklearn.datasets import load_iris
V = load_iris()
? V.data.shape == (150, 4) and V.target_names[0] == "setosa"
== nx_graph
import networkx as nx
V = nx.path_graph(5); V.nodes[0]["w"] = 3
? nx.shortest_path_length(V, 0, 4) == 4 and V.nodes[0]["w"] == 3
== nx_digraph
V = nx.DiGraph([(1, 2, {"w": 5})])
? V.edges[1, 2]["w"] == 5 and V.adj[1]
== nx_view
nv_V = nx.path_graph(3); V = nv_V.nodes
? not nv_V.add_node(9) and 9 in V
== sy_symbol
import sympy
V = sympy.Symbol("x", positive=True)
? V == sympy.Symbol("x", positive=True) and V.is_positive
== sy_expr
V = sympy.integrate(sympy.sin(sympy.Symbol("x")) ** 2, sympy.Symbol("x"))
? sympy.simplify(V.diff() - sympy.sin(sympy.Symbol("x")) ** 2) == 0
== sy_matrix
V = sympy.Matrix([[1, sympy.pi], [0, 2]])
? V.det() == 2 and V[0, 1] == sympy.pi
== sy_function
V = sympy.Function("f")
? V(sympy.Symbol("x")).func.__name__ == "f"
== sy_lambdify
V = sympy.lambdify(sympy.Symbol("x"), sympy.Symbol("x") ** 2)
? V(3) == 9
== sy_dummy
sd2_V = sympy.Dummy("d"); V = sd2_V + 1
? V - 1 == sd2_V
== sy_singletons
V = [sympy.S.One, sympy.oo, sympy.E, sympy.true]
? V[0] is sympy.S.One and V[1] is sympy.oo and V[3] is sympy.true
== mpl_figure
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
V, ax_V = plt.subplots(); ax_V.plot([1, 2, 3], label="l"); ax_V.set_title("t")
? V.axes[0] is ax_V and ax_V.get_title() == "t" and ax_V.lines[0].get_ydata().tolist() == [1, 2, 3] and (V.canvas.draw() or True)
== mpl_colormap
V = plt.get_cmap("viridis")
? V(0.5) == plt.get_cmap("viridis")(0.5)
== mpl_norm
V = matplotlib.colors.Normalize(0, 5)
? V(2.5) == 0.5
== mpl_line
V = plt.Line2D([0, 1], [1, 2], color="red")
? V.get_color() == "red"
== pil_image
from PIL import Image
V = Image.new("RGB", (4, 4), (1, 2, 3))
? V.getpixel((1, 1)) == (1, 2, 3) and V.size == (4, 4)
== torch_tensor
import torch
V = torch.arange(6.0).reshape(2, 3)
? V.sum().item() == 15
"""

TOPICS = {
    "builtin": BUILTIN,
    "functions": FUNCTIONS,
    "classes": CLASSES,
    "stdlib": STDLIB,
    "shared": SHARED,
    "numpy": NUMPY,
    "pandas": PANDAS,
    "science": SCIENCE,
}
