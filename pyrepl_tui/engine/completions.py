"""What completion and signature help return."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from pyrepl_worker.records import record


@record(frozen=True, slots=True)
class Completion:
    """Something that could stand at the cursor."""

    text: str
    """What to put there."""
    label: str
    """What a list shows of it."""
    kind: str
    """``data``, ``object``, ``function``, ``class``, ``module``, ``property``, ``keyword``,
    ``argument``, ``key``, ``column``, ``field``, ``label``, ``file``, ``folder``, ``magic`` or
    ``name`` (bound by code that has not run)."""
    detail: str = ""
    """Its type, or a parameter's annotation and default."""
    subject: str = ""
    """An expression that stands for it, to be explained; "" if there is none."""


@record(frozen=True, slots=True)
class Completions:
    """What could stand between two positions of the code, best first."""

    items: list[Completion]
    start: int
    end: int
    kind: str = "names"
    """What is being typed, as `completion_sites.Site.kind` says."""
    query: str = ""
    """What was typed of it."""
    more: bool = False
    """True if there are too many to list them all."""


@record(frozen=True, slots=True)
class Parameter:
    """One parameter of a signature."""

    name: str
    """With its stars; ``/`` and ``*`` stand for themselves."""
    text: str
    """With annotation and default."""


@record(frozen=True, slots=True)
class Explanation:
    """What is known about an expression."""

    subject: str
    """The expression."""
    kind: str = "object"
    type: str = ""
    summary: str = ""
    """Its value, short; "" for functions, classes and modules."""
    parameters: tuple[Parameter, ...] | None = None
    """None: it cannot be called, or nobody knows how."""
    returns: str | None = None
    doc: str = ""
    file: str = ""
    line: int = 0
    source: str = ""
    """Only if it was asked for, and is to be had."""

    @property
    def signature(self) -> str:
        """How it is called; "" if it cannot be."""
        if self.parameters is None:
            return ""
        inner = ", ".join(parameter.text for parameter in self.parameters)
        name = self.subject.rpartition(".")[2]
        return f"{name}({inner})" + (f" → {self.returns}" if self.returns else "")

    @classmethod
    def of(cls, subject: str, data: dict[str, Any]) -> Explanation:
        """From the worker's answer."""
        rows = data["parameters"]
        parameters = None if rows is None else tuple(Parameter(*row) for row in rows)
        return cls(
            subject, data["kind"], data["type"], data["summary"], parameters, data["returns"],
            data["doc"], data["file"], data["line"], data["source"],
        )  # fmt: skip


@record(frozen=True, slots=True)
class CallHelp:
    """The signature of the call the cursor is in."""

    explanation: Explanation
    active: int | None = field(default=None)
    """Index of the parameter at the cursor; None: it fits none."""
