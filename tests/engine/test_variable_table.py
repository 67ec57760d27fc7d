"""The table of variables kept by differences is the one that would be made anew."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pyrepl_tui.engine.values import DeepSize, NamespaceChanges, Variable
from pyrepl_tui.engine.variable_table import COLUMNS, Heading, VariableTable, Watch

NAMES = ("a", "A", "b", "_p", "zeta", "os", "f", "Cls")
KINDS = ("data", "object", "function", "class", "module")


def variable(name: str, kind: str, size: int, at: int) -> Variable:
    return Variable(name, f"{kind}-type", "", None, size, f"{name}{size}", at, kind, 1)


ROWS = st.builds(
    variable, st.sampled_from(NAMES), st.sampled_from(KINDS), st.integers(0, 3), st.integers(1, 4)
)
STEPS = st.lists(
    st.tuples(st.lists(ROWS, max_size=4, unique_by=lambda row: row.name),
              st.lists(st.sampled_from(NAMES), max_size=2, unique=True),
              st.booleans()),
    max_size=6,
)  # fmt: skip


def lines(table: VariableTable) -> list[object]:
    return [table.line(at) for at in range(len(table))]


@settings(deadline=None)
@given(
    steps=STEPS, sort=st.sampled_from(COLUMNS), reverse=st.booleans(), grouped=st.booleans(),
    hidden=st.sets(st.sampled_from(("modules", "code"))), pinned=st.sets(st.sampled_from(NAMES)),
    query=st.sampled_from(("", "a", "type:data", "name:a value:1")),
)  # fmt: skip
def test_differences_lead_to_what_sorting_anew_leads_to(
    steps: list[tuple[list[Variable], list[str], bool]], sort: str, reverse: bool, grouped: bool,
    hidden: set[str], pinned: set[str], query: str,
) -> None:  # fmt: skip
    table = VariableTable()
    table.change(sort=sort, reverse=reverse, grouped=grouped, hidden=frozenset(hidden), query=query)
    for name in pinned:
        table.pin(name)
    run = 1
    for listed, deleted, again in steps:
        run += again
        gone = [name for name in deleted if name in table.rows]
        rows = [row for row in listed if row.name not in gone]
        new = [row for row in rows if row.name not in table.rows]
        changed = [row for row in rows if row.name in table.rows]
        table.apply(NamespaceChanges(new, changed, gone, whole=False), run)
        kept = lines(table)
        shown = [line for line in kept if isinstance(line, Variable)]
        assert all(table.find(row.name) == at for at, row in enumerate(kept)
                   if isinstance(row, Variable))  # fmt: skip
        table._arrange()
        assert lines(table) == kept
        assert table.shown == len(shown)
        headings = [line for line in kept if isinstance(line, Heading)]
        assert bool(headings) == (grouped and bool(shown))
        assert sum(heading.count for heading in headings) == (len(shown) if grouped else 0)


def test_a_deep_size_holds_until_its_variable_changes() -> None:
    table = VariableTable()
    row = variable("a", "data", 1, 1)
    table.apply(NamespaceChanges([row], [], [], whole=True), 1)
    table.measured({"a": DeepSize(100, 0, True)})
    table.apply(NamespaceChanges([], [], [], whole=False), 2)
    assert table.deep["a"].deep == 100
    table.apply(NamespaceChanges([], [row._replace(changed_at=3)], [], whole=False), 3)
    assert not table.deep


def test_watches_stand_above_all_rows() -> None:
    table = VariableTable()
    table.apply(NamespaceChanges([variable("a", "data", 1, 1)], [], [], whole=True), 1)
    table.watched([Watch("a + 1", "2")])
    assert table.line(0) == Watch("a + 1", "2")
    assert table.find("a") == 1
    table.clear()
    assert lines(table) == [Watch("a + 1", "")], "another worker has not evaluated it yet"
