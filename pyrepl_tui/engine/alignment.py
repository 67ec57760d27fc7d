"""Two records of runs, or two texts, laid side by side.

Runs are matched by their code, in order, as lines of two files are by a diff (`difflib`, after
Ratcliff and Obershelp); between these, runs of code that is nearly the same are matched too: the
same experiment with another setting. The outputs of matched runs are then aligned line by line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from pyrepl_worker.records import record

from .transcript import Run, Transcript

MOST_OUTPUT = 256 << 10
"""Bytes of each stream of a run that are compared."""
MOST_RUNS = 1000
"""Runs of one side that are compared: the latest."""
_MOST_ALIGNED = 3000
"""Lines up to which insertions are looked for; longer texts are compared line by line."""

_ESCAPES = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]")
_WORDS = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\w+|\s+|[^\w\s]")
_NEARLY = 0.7
"""Share of two codes that must be the same for their runs to stand beside each other."""
_MOST_CODE = 4000
"""Characters of code that are looked at for that."""
_MOST_TRIED = 400
"""Pairs of runs of different code that are tried."""
_ALIKE = 0.4
"""Share of two lines that must be the same for what differs to be worth marking."""


@record(frozen=True, slots=True)
class RunText:
    """A run as it is compared."""

    number: int
    """Its execution count."""
    code: str
    lines: tuple[str, ...]
    """Output, then value or traceback; without colours."""
    status: str
    duration_ms: float | None
    """None while it runs, and if the worker died under it."""


@record(frozen=True, slots=True)
class LinePair:
    """A line and what stands beside it."""

    left: str | None
    """None: nothing does."""
    right: str | None

    @property
    def same(self) -> bool:
        """Whether both sides have it."""
        return self.left == self.right


@record(frozen=True, slots=True)
class RunPair:
    """A run and the run of the same code on the other side, or of nearly the same."""

    left: RunText | None
    """None: only the other side ran it."""
    right: RunText | None
    lines: tuple[LinePair, ...]

    @property
    def differs(self) -> bool:
        """Whether one side lacks it, or said something else."""
        if self.left is None or self.right is None:
            return True
        if not self.same_code or self.left.status != self.right.status:
            return True
        return any(not line.same for line in self.lines)

    @property
    def same_code(self) -> bool:
        """Whether both sides ran exactly the same."""
        return (
            self.left is not None and self.right is not None and self.left.code == self.right.code
        )


def runs_of(transcript: Transcript, kept: frozenset[int] | None = None) -> list[RunText]:
    """The latest runs of a transcript, as far as `MOST_RUNS` and `MOST_OUTPUT` allow.

    Args:
        transcript: of the session.
        kept: ordinals of those wanted; None: all.
    """
    runs = [
        run for run in transcript.runs() if run.ordinal and (kept is None or run.ordinal in kept)
    ]
    return [_text_of(transcript, run) for run in runs[-MOST_RUNS:]]


def _text_of(transcript: Transcript, run: Run) -> RunText:
    end, finished = run.end or transcript.sizes(), run.finished
    marks = None if finished is None else finished.marks
    out, err, truncated = transcript.run_output(run.started, end, marks, MOST_OUTPUT)
    lines = [*plain_lines(out), *plain_lines(err)]
    if truncated:
        lines.append("… the rest is not compared")
    if finished is not None and finished.value is not None:
        lines += finished.value.splitlines()
    if finished is not None and finished.error is not None:
        lines += finished.error["traceback"].splitlines()
    return RunText(
        run.started.execution_count, run.started.code, tuple(lines), run.status,
        None if finished is None else finished.duration_ms,
    )  # fmt: skip


def plain_lines(data: bytes) -> list[str]:
    """Output as lines of text: no colours, and of a line that was written over, the last of it."""
    text = _ESCAPES.sub("", data.decode("utf-8", "replace"))
    return [line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n")][
        : None if text and not text.endswith("\n") else -1
    ]


def align_runs(left: Sequence[RunText], right: Sequence[RunText]) -> list[RunPair]:
    """Match the runs of two sides by their code, in order."""
    pairs: list[RunPair] = []
    matcher = SequenceMatcher(None, [r.code for r in left], [r.code for r in right], False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            pairs += [_pair(a, b) for a, b in zip(left[i1:i2], right[j1:j2], strict=True)]
        else:
            pairs += _match_alike(left[i1:i2], right[j1:j2])
    return pairs


def _match_alike(left: Sequence[RunText], right: Sequence[RunText]) -> list[RunPair]:
    """Match runs of different code, in order, where it is nearly the same."""
    pairs: list[RunPair] = []
    done = 0
    for run in left if len(left) * len(right) <= _MOST_TRIED else ():
        ratios = [_ratio(run.code, other.code) for other in right[done:]]
        best = max(ratios, default=0.0)
        if best >= _NEARLY:
            at = done + ratios.index(best)
            pairs += [_pair(None, other) for other in right[done:at]]
            pairs.append(_pair(run, right[at]))
            done = at + 1
        else:
            pairs.append(_pair(run, None))
    if len(left) * len(right) > _MOST_TRIED:
        pairs += [_pair(run, None) for run in left]
    return pairs + [_pair(None, run) for run in right[done:]]


def _ratio(left: str, right: str) -> float:
    """How much of two codes is the same, 0 to 1."""
    matcher = SequenceMatcher(None, left[:_MOST_CODE], right[:_MOST_CODE], False)
    if matcher.real_quick_ratio() < _NEARLY or matcher.quick_ratio() < _NEARLY:
        return 0.0
    return matcher.ratio()


def _pair(left: RunText | None, right: RunText | None) -> RunPair:
    ours = left.lines if left is not None else ()
    theirs = right.lines if right is not None else ()
    return RunPair(left, right, tuple(align_lines(ours, theirs)))


def align_lines(left: Sequence[str], right: Sequence[str]) -> list[LinePair]:
    """Lay two texts side by side; a changed line stands beside what it was changed to."""
    if left == right:
        return [LinePair(line, line) for line in left]
    if max(len(left), len(right)) > _MOST_ALIGNED:
        return _side_by_side(left, right)
    pairs: list[LinePair] = []
    for _, i1, i2, j1, j2 in SequenceMatcher(None, left, right, False).get_opcodes():
        pairs += _side_by_side(left[i1:i2], right[j1:j2])
    return pairs


def _side_by_side(left: Sequence[str], right: Sequence[str]) -> list[LinePair]:
    return [
        LinePair(
            left[at] if at < len(left) else None,
            right[at] if at < len(right) else None,
        )
        for at in range(max(len(left), len(right)))
    ]


Span = tuple[int, int]


def changed_words(left: str, right: str) -> tuple[list[Span], list[Span]]:
    """Where two lines differ: ranges of characters of each, made of whole words and numbers.

    Lines that have little in common are marked as a whole.
    """
    ours, theirs = _WORDS.findall(left), _WORDS.findall(right)
    everything = [(0, len(left))], [(0, len(right))]
    if len(ours) * len(theirs) > 250_000:
        return everything
    marks: tuple[list[Span], list[Span]] = ([], [])
    starts = (_starts(ours), _starts(theirs))
    matcher = SequenceMatcher(None, ours, theirs, False)
    if matcher.ratio() < _ALIKE:
        return everything
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            continue
        for side, begin, end in ((0, i1, i2), (1, j1, j2)):
            if begin < end:
                marks[side].append((starts[side][begin], starts[side][end]))
    return marks


def _starts(words: Sequence[str]) -> list[int]:
    positions = [0]
    for word in words:
        positions.append(positions[-1] + len(word))
    return positions
