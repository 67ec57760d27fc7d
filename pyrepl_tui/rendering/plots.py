"""Numbers drawn with characters: a line through them, and how often they occur."""

from __future__ import annotations

from pyrepl_tui.engine.values import Sketch

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bits of a braille character, by row and column of its dots."""
_BLANK = 0x2800
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_LABEL = 10


def plot_lines(sketch: Sketch, width: int, height: int) -> list[str]:
    """A heading, the line, and the histogram below it, at most `height` lines.

    Args:
        sketch: the numbers; one part of its series for each dot across is best.
        width: cells there are.
        height: lines there are.
    """
    missing = f", {sketch.missing:,} missing" if sketch.missing else ""
    head = f"{sketch.count:,} numbers{missing}"
    figures = f"min {sketch.low:.6g} · mean {sketch.mean:.6g} · max {sketch.high:.6g}"
    rest = max(8, height - 6)
    upper = max(4, rest * 3 // 5)
    lower = max(3, rest - upper)
    return [
        f"{head} · {figures}", "",
        *line_plot(sketch, width, upper), "",
        *histogram(sketch, width, lower),
    ]  # fmt: skip


def line_plot(sketch: Sketch, width: int, height: int) -> list[str]:
    """The numbers from first to last, each column of dots from lowest to highest of its part."""
    across = max(2, (width - _LABEL - 1) * 2)
    down = height * 4
    series = sketch.series
    span = sketch.high - sketch.low or 1.0
    cells = [[_BLANK] * (across // 2) for _ in range(height)]
    before: tuple[int, int] | None = None
    for x in range(across):
        part = series[min(len(series) - 1, x * len(series) // across)]
        if part is None:
            before = None
            continue
        low, high = own = (
            round((part[0] - sketch.low) / span * (down - 1)),
            round((part[1] - sketch.low) / span * (down - 1)),
        )
        if before is not None:  # the line goes on from the part before
            low, high = min(low, before[1] + 1), max(high, before[0] - 1)
        before = own
        for y in range(max(0, low), min(down - 1, high) + 1):
            row = down - 1 - y
            cells[row // 4][x // 2] |= _DOTS[row % 4][x % 2]
    labels = [""] * height
    labels[0], labels[-1] = f"{sketch.high:.4g}", f"{sketch.low:.4g}"
    return [
        f"{label[:_LABEL]:>{_LABEL}} {''.join(map(chr, row))}"
        for label, row in zip(labels, cells, strict=True)
    ]


def histogram(sketch: Sketch, width: int, height: int) -> list[str]:
    """How many numbers lie in each step, with the ends of the steps below."""
    counts = sketch.histogram
    most = max(counts, default=0) or 1
    bar = max(1, min(4, (width - _LABEL - 1) // max(1, len(counts))))
    lines = []
    for level in range(height - 1, -1, -1):
        label = f"{most:,}" if level == height - 1 else ""
        body = "".join(_bar(count, most, level, height) * bar for count in counts)
        lines.append(f"{label[:_LABEL]:>{_LABEL}} {body}")
    room = bar * len(counts)
    low, high = f"{sketch.low:.4g}", f"{sketch.high:.4g}"
    lines.append(" " * (_LABEL + 1) + low + high.rjust(max(len(high) + 1, room - len(low))))
    return lines


def _bar(count: int, most: int, level: int, height: int) -> str:
    eighths = round(count / most * height * 8) if count else 0
    eighths = max(eighths, 1) if count else 0
    return _EIGHTHS[max(0, min(8, eighths - level * 8))]
