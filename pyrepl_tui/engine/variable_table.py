"""A namespace as the rows of a table: filtered, sorted, grouped, marked; kept by differences."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import replace
from operator import attrgetter
from typing import Any

from pyrepl_worker.records import record

from .baseline import Baseline
from .values import DeepSize, NamespaceChanges, Variable

SECTIONS = ("Pinned", "Data", "Objects", "Functions", "Classes", "Modules")
"""Headings of the groups, in their order; also how much the kinds come to the fore."""
_SECTION_OF = {"data": 1, "": 1, "object": 2, "function": 3, "class": 4, "module": 5}
HIDEABLE = {"modules": frozenset({"module"}), "code": frozenset({"function", "class"})}
"""What can be left out at once, by a word."""
COLUMNS = ("name", "type", "size", "run", "value")
"""What rows can be sorted by, in the turn the sort key takes them."""
_LARGEST_FIRST = frozenset({"size", "run"})
_FEW = 200
"""Changes that are put in one by one; more are sorted anew."""


@record(frozen=True)
class View:
    """How rows are chosen and ordered."""

    query: str = ""
    """Words, all of which are in the name, type or value; ``name:``, ``type:`` and ``value:``
    before one say where."""
    sort: str = "name"
    """One of `COLUMNS`."""
    reverse: bool = False
    hidden: frozenset[str] = frozenset()
    """Keys of `HIDEABLE`."""
    private: bool = False
    """Whether names that begin with an underscore are shown."""
    grouped: bool = False
    since: int | None = None
    """Marked is what changed after this execution count; None: by the last run."""


@record(frozen=True, slots=True)
class Heading:
    """The first line of a group."""

    title: str
    count: int


@record(frozen=True, slots=True)
class Watch:
    """An expression whose value is looked at after each run."""

    expression: str
    text: str
    """Its value, or why there is none."""
    failed: bool = False


Line = Heading | Variable | Watch


class VariableTable:
    """The rows of one session's namespace, in the order they are shown."""

    def __init__(self) -> None:
        self.view = View()
        self.rows: dict[str, Variable] = {}
        """All there are, in the namespace's order."""
        self.pinned: set[str] = set()
        self.deep: dict[str, DeepSize] = {}
        """Deep sizes that were measured and still hold."""
        self.watches: list[Watch] = []
        self.newest = 0
        """Execution count of the last run."""
        self.version = 0
        """Grows with every change of what is shown."""
        self.since: Baseline | None = None
        """The checkpoint that was chosen to mark changes since; None: the last run."""
        self._gone: dict[str, tuple[Variable, int]] = {}
        """Rows that were deleted, and in which run."""
        self._deleted: dict[str, tuple[Variable, int]] = {}
        """The same, as it was before what a checkpoint has came to it."""
        self._order: list[Variable] = []
        self._bounds: list[tuple[int, Heading]] = []
        """Of a grouped table: first line and heading of each group."""

    # -- data --------------------------------------------------------------------------------

    def clear(self) -> None:
        """Forget everything but how rows are chosen: there is another worker."""
        self.rows, self.deep, self._gone = {}, {}, {}
        self.watches = [replace(watch, text="") for watch in self.watches]
        self._arrange()

    def apply(self, changes: NamespaceChanges, newest: int) -> None:
        """Take differences in.

        Args:
            changes: since the last call.
            newest: execution count of the last run.
        """
        touched = [*changes.new, *changes.changed]
        if changes.whole:
            self.deep, self._gone, self.newest = {}, {}, newest
            self.rows = {row.name: row for row in touched}
            self._arrange()
            return
        anew = len(touched) + len(changes.deleted) + len(self._gone) > _FEW
        if not anew:
            for name in (*changes.deleted, *(row.name for row in touched)):
                self._take_out(name)
        self._pass_on_to(newest, anew=anew)
        for name in changes.deleted:
            row = self.rows.pop(name, None)
            self.deep.pop(name, None)
            if row is not None:
                self._gone[name] = (row, newest)
                if not anew:
                    self._put_in(row)
        for row in touched:
            self._gone.pop(row.name, None)
            self.deep.pop(row.name, None)
            self.rows[row.name] = row
            if not anew:
                self._put_in(row)
        if anew:
            self._arrange()
        else:
            self._bound()

    def _pass_on_to(self, newest: int, *, anew: bool) -> None:
        """A run has ended: what was deleted before it is not shown any more."""
        if newest == self.newest:
            return
        before = self.baseline
        self.newest = newest
        for name, (_, run) in list(self._gone.items()):
            if before < run <= self.baseline and not anew:
                self._take_out(name)

    def measured(self, sizes: dict[str, DeepSize]) -> None:
        """Take deep sizes in."""
        self.deep.update(sizes)
        self._arrange()

    def watched(self, watches: Iterable[Watch]) -> None:
        """Other watches, or other values of them."""
        self.watches = list(watches)
        self.version += 1

    # -- choosing ----------------------------------------------------------------------------

    def change(self, **changes: Any) -> None:
        """Choose or order rows otherwise; the arguments are fields of `View`."""
        old, self.view = self.view, replace(self.view, **changes)
        if replace(old, since=self.view.since) != self.view or self._gone:
            self._arrange()
        self.version += 1

    def mark_since(self, since: Baseline | None) -> None:
        """Mark what changed since a checkpoint, or (None) since the last run."""
        if self.since is None:
            self._deleted = dict(self._gone)
        else:
            later = {
                name: gone for name, gone in self._gone.items() if gone[1] > self.since.count + 1
            }
            self._gone = {**self._deleted, **later}
        self.since = since
        if since is not None:
            self._gone.update({row.name: (row, since.count + 1) for row in since.lost})
        self.view = replace(self.view, since=None if since is None else since.count)
        self._arrange()

    def pin(self, name: str) -> None:
        """Put a variable above all others, or back."""
        self.pinned ^= {name}
        self._arrange()

    @property
    def baseline(self) -> int:
        """Execution count after which a change is marked."""
        return self.newest - 1 if self.view.since is None else self.view.since

    def mark(self, row: Variable) -> str:
        """``new``, ``changed``, ``deleted`` or an empty string."""
        if self._is_gone(row):
            return "deleted"
        base, since = self.baseline, self.since
        if row.name not in since.known if since is not None else (row.created_at or 0) > base:
            return "new"
        differs = since is not None and row.name in since.differing
        return "changed" if differs or (row.changed_at or 0) > base else ""

    # -- lines -------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.watches) + len(self._order) + len(self._bounds)

    @property
    def shown(self) -> int:
        """How many variables are shown."""
        return len(self._order)

    def line(self, at: int) -> Line:
        """What stands in a line: a `Watch`, `Heading` or `Variable`."""
        if at < len(self.watches):
            return self.watches[at]
        at -= len(self.watches)
        past = 0
        for first, heading in self._bounds:
            if at == first:
                return heading
            if at < first:
                break
            past += 1
        return self._order[at - past]

    def find(self, name: str) -> int | None:
        """The line of a variable; None if it is not shown."""
        row = self.rows.get(name)
        if row is None and name in self._gone:
            row = self._gone[name][0]
        if row is None:
            return None
        at = self._index(row)
        if at is None:
            return None
        return len(self.watches) + at + sum(first <= at + n for n, (first, _) in self._numbered())

    def _numbered(self) -> Iterable[tuple[int, tuple[int, Heading]]]:
        return enumerate(self._bounds)

    # -- order -------------------------------------------------------------------------------

    def _arrange(self) -> None:
        """Choose and order all rows anew."""
        base = self.baseline
        self._gone = {n: gone for n, gone in self._gone.items() if n not in self.rows}
        gone = [row for row, run in self._gone.values() if run > base]
        rows = self._chosen([*self.rows.values(), *gone])
        self._order = self._sorted(rows)
        self._bound()

    def _chosen(self, rows: list[Variable]) -> list[Variable]:
        view = self.view
        hidden = frozenset().union(*(HIDEABLE[word] for word in view.hidden))
        if hidden:
            rows = [row for row in rows if row.kind not in hidden or row.name in self.pinned]
        if not view.private:
            rows = [row for row in rows if row.name[:1] != "_" or row.name in self.pinned]
        for word in view.query.lower().split():
            wanted = _filter_of(word)
            rows = [row for row in rows if wanted(row)]
        return rows

    def _is_chosen(self, row: Variable) -> bool:
        gone = self._gone.get(row.name)
        return (gone is None or gone[1] > self.baseline) and bool(self._chosen([row]))

    def _sorted(self, rows: list[Variable]) -> list[Variable]:
        view = self.view
        by_name = self._by_name(rows)
        if view.sort != "name":
            by_name.sort(key=self._value, reverse=self._descending)
        elif view.reverse:
            by_name.reverse()
        mixed = len(set(map(attrgetter("kind"), by_name))) > 1
        if mixed and (view.grouped or view.sort == "name"):
            by_name.sort(key=_natural)
        if self.pinned:
            pinned = [row for row in by_name if row.name in self.pinned]
            by_name = pinned + [row for row in by_name if row.name not in self.pinned]
        return by_name

    @staticmethod
    def _by_name(rows: list[Variable]) -> list[Variable]:
        """Regardless of case, in C: there may be very many."""
        names = list(map(attrgetter("name"), rows))
        lowered = list(map(str.lower, names))
        if len(set(lowered)) < len(lowered):
            rows = sorted(rows, key=attrgetter("name"))
            lowered = [row.name.lower() for row in rows]
        return [rows[at] for at in sorted(range(len(rows)), key=lowered.__getitem__)]

    @property
    def _descending(self) -> bool:
        return (self.view.sort in _LARGEST_FIRST) != self.view.reverse

    def _value(self, row: Variable) -> Any:
        """What a row is sorted by, apart from its name."""
        sort = self.view.sort
        if sort == "size":
            deep = self.deep.get(row.name)
            return (row.size_bytes or 0) if deep is None else deep.deep
        if sort == "run":
            return row.changed_at or 0
        return row.type.lower() if sort == "type" else row.summary.lower()

    def _section(self, row: Variable) -> int:
        return 0 if row.name in self.pinned else _SECTION_OF[row.kind]

    def _rank(self, row: Variable) -> tuple[bool, int]:
        kinds_apart = self.view.grouped or self.view.sort == "name"
        return row.name not in self.pinned, _SECTION_OF[row.kind] if kinds_apart else 0

    def _comes_before(self, row: Variable, other: Variable) -> bool:
        """Whether a row stands above another one."""
        mine, others = self._rank(row), self._rank(other)
        if mine != others:
            return mine < others
        if self.view.sort != "name":
            a, b = self._value(row), self._value(other)
            if a != b:
                return bool(a > b if self._descending else a < b)
        first, second = (row.name.lower(), row.name), (other.name.lower(), other.name)
        upside_down = self.view.sort == "name" and self.view.reverse
        return first > second if upside_down else first < second

    def _place(self, row: Variable) -> int:
        low, high = 0, len(self._order)
        while low < high:
            middle = (low + high) // 2
            if self._comes_before(self._order[middle], row):
                low = middle + 1
            else:
                high = middle
        return low

    def _index(self, row: Variable) -> int | None:
        at = self._place(row)
        found = at < len(self._order) and self._order[at].name == row.name
        return at if found else None

    def _take_out(self, name: str) -> None:
        """Take a row out of the order, as long as all is as it was when it came in."""
        row = self.rows.get(name)
        if row is None and name in self._gone:
            row = self._gone[name][0]
        at = None if row is None else self._index(row)
        if at is not None:
            del self._order[at]

    def _put_in(self, row: Variable) -> None:
        if self._is_chosen(row):
            self._order.insert(self._place(row), row)

    def _is_gone(self, row: Variable) -> bool:
        return row.name in self._gone and row.name not in self.rows

    def _bound(self) -> None:
        """Find where groups begin."""
        self.version += 1
        self._bounds = []
        if not self.view.grouped:
            return
        order, line = self._order, 0
        firsts = [_first(order, self._section, number) for number in range(len(SECTIONS))]
        for number, title in enumerate(SECTIONS):
            first = firsts[number]
            last = firsts[number + 1] if number + 1 < len(SECTIONS) else len(order)
            if last > first:
                self._bounds.append((first + line, Heading(title, last - first)))
                line += 1


def _natural(row: Variable) -> int:
    return _SECTION_OF[row.kind]


def _first(order: list[Variable], section: Callable[[Variable], int], number: int) -> int:
    """Where rows of a section, or of one after it, begin."""
    return bisect_left(order, number, key=section)


def _filter_of(word: str) -> Callable[[Variable], bool]:
    """Whether a row has a word where it is wanted."""
    field, _, rest = word.partition(":")
    if field == "name" and rest:
        return lambda row: rest in row.name.lower()
    if field == "type" and rest:
        return lambda row: rest in row.type.lower()
    if field == "value" and rest:
        return lambda row: rest in row.summary.lower()
    return lambda row: (
        word in row.name.lower() or word in row.type.lower() or word in row.summary.lower()
    )
