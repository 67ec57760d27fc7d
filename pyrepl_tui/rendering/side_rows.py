"""Rows of a side-by-side view: what two sessions said, and how their variables differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pyrepl_tui.engine.alignment import RunPair, RunText, align_lines, changed_words
from pyrepl_tui.engine.values import ArrayDifference, Comparison, Difference, Place, Variable
from pyrepl_tui.rendering.text import expand_tabs, printable
from pyrepl_worker.records import record

Marks = tuple[tuple[int, int], ...]

_MOST_PLACES = 200
_MOST_CELLS = 60
"""Rows of a frame's grid of changed cells."""
_FOLDED = 6
"""Equal lines in a row that are folded into one."""


@record(frozen=True, slots=True)
class SideRow:
    """A row of the view."""

    kind: str
    """``head``, ``code``, ``same``, ``changed``, ``left``, ``right``; ``note`` over both sides."""
    left: str
    right: str = ""
    left_marks: Marks = ()
    """Ranges of characters that differ."""
    right_marks: Marks = ()
    key: str = ""
    """What Enter opens and closes here; empty: nothing."""
    differs: bool = False
    """A place to stop at when going from difference to difference."""
    name: str = ""
    """The variable that the row is about; empty: none."""


def beside(left: str | None, right: str | None) -> SideRow:
    """A pair of lines, with what differs in them marked."""
    if left == right:
        return SideRow("same", _clean(left), _clean(left))
    if left is None:
        return SideRow("right", "", _clean(right))
    if right is None:
        return SideRow("left", _clean(left))
    ours, theirs = _clean(left), _clean(right)
    marks = changed_words(ours, theirs)
    return SideRow("changed", ours, theirs, tuple(marks[0]), tuple(marks[1]))


def _clean(text: str | None) -> str:
    return printable(expand_tabs(text or "", 0))


# -- outputs ---------------------------------------------------------------------------------------


def output_rows(pairs: Sequence[RunPair], *, whole: bool, opened: frozenset[str]) -> list[SideRow]:
    """What both sides said, run by run.

    Args:
        pairs: the runs, matched.
        whole: show what is equal too, instead of folding it.
        opened: keys of runs that are shown whole in any case.
    """
    rows: list[SideRow] = []
    for at, pair in enumerate(pairs):
        key = f"run {at}"
        rows += _run_rows(pair, key, whole=whole or key in opened)
    return rows


def _run_rows(pair: RunPair, key: str, *, whole: bool) -> Iterator[SideRow]:
    run = pair.left or pair.right
    assert run is not None, "one side ran it"
    mark = "≠" if pair.differs else "="
    yield SideRow(
        "head",
        f"{mark} {_heading(pair.left)}",
        _heading(pair.right),
        key=key,
        differs=pair.differs,
    )
    if pair.left and pair.right and not pair.same_code:
        lines = align_lines(_code_lines(pair.left), _code_lines(pair.right))
        both = [beside(line.left, line.right) for line in lines]
        for row in both if whole else _folded(both, key):
            yield replace(row, kind="code") if row.kind == "same" else row
        yield SideRow("note", "", key=key)
        rows = [beside(line.left, line.right) for line in pair.lines]
        yield from rows if whole else _folded(rows, key)
        return
    code = _code_lines(run)
    shown = code if whole else code[:3]
    for line in shown:
        text = _clean(line)
        yield SideRow("code", text if pair.left else "", text if pair.right else "")
    if len(shown) < len(code):
        yield SideRow("note", f"… {len(code) - len(shown)} more lines of code", key=key)
    rows = [beside(line.left, line.right) for line in pair.lines]
    yield from rows if whole else _folded(rows, key)


def _code_lines(run: RunText) -> list[str]:
    return run.code.strip("\n").splitlines()


def _heading(run: RunText | None) -> str:
    if run is None:
        return "not run here"
    parts = [f"In [{run.number}]"]
    if run.status != "ok":
        parts.append(run.status)
    if run.duration_ms is not None:
        parts.append(duration(run.duration_ms))
    return "  ".join(parts)


def duration(milliseconds: float) -> str:
    """A duration as people read it."""
    if milliseconds < 1:
        return "<1 ms"
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:.2f} s"
    return f"{milliseconds / 60_000:.1f} min"


def _folded(rows: Sequence[SideRow], key: str) -> Iterator[SideRow]:
    """Long stretches of equal lines become one line; their edges stay."""
    start = 0
    while start < len(rows):
        end = start
        while end < len(rows) and rows[end].kind == "same":
            end += 1
        if end - start > _FOLDED:
            yield from rows[start : start + 1]
            yield SideRow("note", f"… {end - start - 2} equal lines", key=key)
            yield from rows[end - 1 : end]
        else:
            yield from rows[start:end]
        if end < len(rows):
            yield rows[end]
        start = end + 1


# -- variables -------------------------------------------------------------------------------------


def variable_rows(
    found: Comparison,
    left: Mapping[str, Variable],
    right: Mapping[str, Variable],
    *,
    whole: bool,
    opened: frozenset[str],
) -> list[SideRow]:
    """How the variables of two sides differ.

    Args:
        found: the comparison.
        left: the left side's variables, for a line about each; may lack some.
        right: the right side's.
        whole: list the equal ones too.
        opened: names whose differences are shown in full.
    """
    rows: list[SideRow] = []
    for name, difference in found.changed.items():
        rows.append(_name_row("≠", name, difference.left, difference.right, differs=True))
        if name in opened:
            rows += [replace(row, name=name) for row in _difference_rows(name, difference)]
    for name in found.only_left:
        rows.append(_name_row("◂", name, _line_of(left, name), "not there", differs=True))
    for name in found.only_right:
        rows.append(_name_row("▸", name, "not there", _line_of(right, name), differs=True))
    for name, reason in found.unknown.items():
        rows.append(SideRow("note", f"? {name}: {reason}"))
    if whole:
        rows += [
            _name_row("=", name, _line_of(left, name), _line_of(right, name))
            for name in found.equal
        ]
    elif found.equal:
        names = ", ".join(found.equal[:20]) + (" …" if len(found.equal) > 20 else "")
        rows.append(SideRow("note", f"= {len(found.equal)} equal: {names}"))
    return rows


def _line_of(side: Mapping[str, Variable], name: str) -> str:
    variable = side.get(name)
    return "there" if variable is None else f"{variable.type}  {variable.summary}"


def _name_row(mark: str, name: str, left: str, right: str, *, differs: bool = False) -> SideRow:
    key = name if mark == "≠" else ""
    return SideRow(
        "head", f"{mark} {name}  {_clean(left)}", _clean(right), key=key, differs=differs, name=name
    )


def _difference_rows(name: str, difference: Difference) -> Iterator[SideRow]:
    arrays = difference.arrays
    is_grid = difference.kind == "frame" and bool(arrays)
    for expression, array in arrays.items():
        yield SideRow("note", _clean(f"{expression}: {_deviation(array)}"))
    for expression, array in () if is_grid else arrays.items():
        if len(arrays) > 1:  # what follows is of which of them
            yield SideRow("note", _clean(expression))
        for at, one, two in array.first:
            start = f"  .flat[{at}] = "  # a path before each would leave values no room
            yield beside(start + one, start + two)
    if difference.kind == "source":
        yield from _source_rows(difference)
        return
    if is_grid:
        yield from _grid_rows(name, difference)
    for place in difference.places[:_MOST_PLACES]:
        if place.expression not in difference.arrays and place.expression != name:
            yield _place_row(place)
    if not difference.complete or len(difference.places) > _MOST_PLACES:
        yield SideRow("note", "… and more")


def _deviation(array: ArrayDifference) -> str:
    least = "" if array.complete else "at least "
    many = "element differs" if array.count == 1 else "elements differ"
    text = f"{least}{array.count:,} {many}"
    if array.max_absolute is not None:
        text += f", by at most {array.max_absolute:.6g}"
    if array.max_relative is not None:
        text += f" ({array.max_relative * 100:.3g} % of the larger)"
    return text


def _place_row(place: Place) -> SideRow:
    if place.kind == "only_left":
        return SideRow("left", _clean(place.expression))
    if place.kind == "only_right":
        return SideRow("right", "", _clean(place.expression))
    start = f"{place.expression} = "
    return beside(start + place.left, start + place.right)


def _grid_rows(name: str, difference: Difference) -> Iterator[SideRow]:
    """The changed cells of a frame: a column for each changed column, a dot for what is equal."""
    columns = {
        expression.removeprefix(name).strip("[]'\""): array
        for expression, array in difference.arrays.items()
    }
    cells: dict[int, dict[str, tuple[str, str]]] = {}
    for column, array in columns.items():
        for at, one, two in array.first:
            cells.setdefault(at, {})[column] = (one, two)
    heads = ["row", *columns]
    table = [
        [(str(at), str(at)), *(row.get(column, ("·", "·")) for column in columns)]
        for at, row in sorted(cells.items())[:_MOST_CELLS]
    ]
    widths = [
        min(24, max(len(head), *(len(text) for row in table for text in row[at])))
        for at, head in enumerate(heads)
    ]
    head = "  ".join(text[:width].rjust(width) for text, width in zip(heads, widths, strict=True))
    yield SideRow("code", _clean(head), _clean(head))
    for row in table:
        sides = (
            "  ".join(
                cell[side][:width].rjust(width) for cell, width in zip(row, widths, strict=True)
            )
            for side in (0, 1)
        )
        yield beside(*sides)


def _source_rows(difference: Difference) -> Iterator[SideRow]:
    """A unified diff, laid side by side."""
    left: list[str] = []
    right: list[str] = []
    for line in difference.details:
        if line.startswith(("---", "+++")):
            continue
        if line.startswith("@@"):
            yield from (beside(pair.left, pair.right) for pair in align_lines(left, right))
            left, right = [], []
        elif line.startswith("-"):
            left.append(line[1:])
        elif line.startswith("+"):
            right.append(line[1:])
        else:
            left.append(line[1:])
            right.append(line[1:])
    yield from (beside(pair.left, pair.right) for pair in align_lines(left, right))
