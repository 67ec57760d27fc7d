"""How lines of the variables pane look: columns that fit the width, marks, headings."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from pyrepl_tui.engine.values import Variable
from pyrepl_tui.engine.variable_table import Heading, Line, VariableTable, Watch
from pyrepl_worker.records import record

from .line import clipped
from .marks import size

SIGNS = {"new": "+", "changed": "•", "deleted": "−", "": " "}
"""Marks, which differ in shape as well as in colour."""
TITLES = {"name": "Name", "type": "Type", "size": "Size", "run": "Run", "value": "Value"}
_VALUE = 11
"""Cells that are left to the values, where there are few."""
TIGHT = 60
"""Below so many cells there is no room for all columns."""
_SAMPLE = 400
"""Rows that are looked at to choose widths."""


@record(frozen=True)
class Styles:
    """Styles of the pane's parts."""

    base: Style
    header: Style
    cursor: Style
    muted: Style
    heading: Style
    new: Style
    changed: Style
    deleted: Style

    def of_mark(self, mark: str) -> Style:
        """Of the sign before a name."""
        return {"new": self.new, "changed": self.changed, "deleted": self.deleted}.get(
            mark, self.base
        )


@record(frozen=True)
class Columns:
    """Widths in cells; 0 leaves a column out. Between two columns is a blank."""

    name: int
    type: int
    size: int
    run: int
    value: int

    def at(self, x: int) -> str:
        """The column at a cell."""
        right = 1
        for name in ("name", "type", "size", "run"):
            width = getattr(self, name)
            right += width + 1 if width else 0
            if x < right and width:
                return name
        return "value"


def columns_for(rows: Sequence[Line], width: int, *, deep: bool) -> Columns:
    """Columns for a pane's width, made for the rows in it.

    Args:
        rows: some of the lines.
        width: cells there are.
        deep: whether sizes are followed by how much of them is shared.
    """
    some = [row for row in rows[:_SAMPLE] if isinstance(row, Variable)]
    longest = max((cell_len(row.name) for row in some), default=8)
    if width < 34:
        name = max(8, width * 2 // 5)
        return Columns(name, 0, 0, 0, max(0, width - name - 3))
    tight = width < TIGHT
    name = max(6, min(longest, width * 2 // 9 if tight else width // 4, 32))
    widest = max((cell_len(kind_text(row)) for row in some), default=8)
    measure = 0 if width < 44 else 16 if deep and width >= 70 else 7 if tight else 8
    kind = max(6, min(widest, width * 2 // 5 if tight else width // 4))
    if tight:  # the value is what most people look for
        kind = max(6, min(kind, width - name - measure - _VALUE - 4))
    run = 5 if width >= 64 else 0
    taken = 1 + name + 1 + kind + 1 + (measure + 1 if measure else 0) + (run + 1 if run else 0)
    return Columns(name, kind, measure, run, max(0, width - taken - 1))


@record(frozen=True)
class Painter:
    """Draws the lines of one frame."""

    table: VariableTable
    columns: Columns
    styles: Styles
    cursor: int | None
    """The row that stands out; None for none."""
    width: int

    def head(self, y: int) -> Strip:
        """The titles of the columns."""
        return _header(self.table, self.columns, self.styles)

    def row(self, at: int) -> Strip:
        """A line of the table."""
        line, on = self.table.line(at), at == self.cursor
        return _paint(line, self.table, self.columns, self.styles, on=on, width=self.width)


def _paint(
    line: Line, table: VariableTable, columns: Columns, styles: Styles, *, on: bool, width: int
) -> Strip:
    """A line of the table; `on` if the cursor is on it."""
    if isinstance(line, Heading):
        style = styles.cursor if on else styles.heading
        return _filled([Segment(f" {line.title} ", style), Segment(f"{line.count:,}", style)],
                       width, style)  # fmt: skip
    if isinstance(line, Watch):
        return _watch(line, columns, styles, on=on, width=width)
    base = styles.cursor if on else styles.base
    mark = table.mark(line)
    muted = base if on else styles.muted
    body = base if mark != "deleted" or on else styles.deleted
    pinned = line.name in table.pinned
    sign = "◆" if pinned and not mark else SIGNS[mark]
    segments = [Segment(sign, base if on else styles.of_mark(mark))]
    segments.append(Segment(fitted(line.name, columns.name) + " ", body))
    if columns.type:
        segments.append(Segment(fitted(kind_text(line), columns.type) + " ", muted))
    if columns.size:
        text = size_text(table, line, shared=columns.size > 8)
        segments.append(Segment(text.rjust(columns.size)[: columns.size] + " ", muted))
    if columns.run:
        run = "" if line.changed_at is None else f"[{line.changed_at}]"
        segments.append(Segment(run.rjust(columns.run)[: columns.run] + " ", muted))
    told = value_text(line) if columns.type else line.summary
    value = "deleted" if mark == "deleted" else told
    segments.append(Segment(" " + clipped(value, columns.value), body))
    return _filled(segments, width, base)


def _watch(watch: Watch, columns: Columns, styles: Styles, *, on: bool, width: int) -> Strip:
    base = styles.cursor if on else styles.base
    head = clipped(watch.expression, max(columns.name, width // 2))
    style = base if on else (styles.deleted if watch.failed else styles.base)
    room = width - cell_len(head) - 4
    return _filled(
        [
            Segment("=", base if on else styles.changed),
            Segment(head, base if on else styles.heading),
            Segment("  " + clipped(watch.text or "…", room), style),
        ],
        width,
        base,
    )


def _header(table: VariableTable, columns: Columns, styles: Styles) -> Strip:
    """The titles of the columns, with an arrow at the one that orders them."""
    view = table.view
    parts = [" "]
    for name in ("name", "type", "size", "run"):
        width = getattr(columns, name)
        if width:
            title = TITLES[name]
            if name == "size" and table.deep:
                title = "Deep size" if width > 8 else "Deep"
            title = title[: width - 2] + _arrow(table, name) if view.sort == name else title
            parts.append(title[:width].rjust(width) if name in ("size", "run")
                         else title[:width].ljust(width))  # fmt: skip
            parts.append(" ")
    last = TITLES["value"] + _arrow(table, "value")
    hidden = {"size": columns.size, "run": columns.run, "type": columns.type}
    if hidden.get(view.sort) == 0:
        order = f"by {TITLES[view.sort].lower()}{_arrow(table, view.sort)}"
        both = f"{last} · {order}"
        last = both if len(both) <= columns.value else order
    if table.since is not None:
        point = table.since.point
        marks = f"{last} · marks since {point.label or f'run {point.execution_count}'}"
        last = marks if len(marks) <= columns.value else last
    parts.append(" " + last)
    return Strip([Segment("".join(parts), styles.header)])


def _arrow(table: VariableTable, column: str) -> str:
    view = table.view
    if view.sort != column:
        return ""
    return " ▾" if (column in ("size", "run")) != view.reverse else " ▴"


def size_text(table: VariableTable, row: Variable, *, shared: bool) -> str:
    """A variable's size: with all it holds if that was measured, and how much others hold too."""
    deep = table.deep.get(row.name)
    if deep is None:
        return size(row.size_bytes)
    text = size(deep.deep) if deep.complete else "> " + size(deep.deep)
    if shared and deep.shared:
        text += f" ({size(deep.shared)}⇄)"
    return text


def kind_text(row: Variable) -> str:
    """Type with its shape or length: ``ndarray 3×4``, ``list 12``."""
    lengths = [length for length in row.shape.strip("()").split(", ") if length.strip(",")]
    if len(lengths) > 1:
        return f"{row.type} {'×'.join(lengths)}"
    return f"{row.type} {row.length}" if row.length is not None else row.type


def value_text(row: Variable) -> str:
    """What is said of the value beyond its type and shape, which have a column of their own."""
    for known in (kind_text(row), row.type):
        rest = row.summary.removeprefix(known)
        if rest != row.summary and rest[:1] in ("", " ", ":"):
            return rest.lstrip(": ")
    return row.summary


def detail_text(table: VariableTable, row: Line | None, width: int) -> str:
    """All that is known of a line in two lines or three, where columns leave something out."""
    if isinstance(row, Watch):
        return f"{clipped(row.expression, width)}\n{clipped(row.text, width)}"
    if not isinstance(row, Variable):
        return ""
    parts = [f"{row.name}: {kind_text(row)}", size(row.size_bytes)]
    deep = table.deep.get(row.name)
    if deep is not None:
        parts.append(f"deep {size_text(table, row, shared=False)}")
        parts.append(f"{size(deep.shared)} of it shared" if deep.shared else "")
    parts.append("" if row.changed_at is None else f"run {row.changed_at}")
    parts.append(table.mark(row))
    return f"{' · '.join(filter(None, parts))}\n{clipped(value_text(row), width)}"


def fitted(text: str, width: int) -> str:
    """A text in exactly so many cells."""
    return set_cell_size(clipped(text, width), width)


def _filled(segments: list[Segment], width: int, style: Style) -> Strip:
    strip = Strip(segments)
    return (
        strip.crop(0, width)
        if strip.cell_length > width
        else strip.extend_cell_length(width, style)
    )
