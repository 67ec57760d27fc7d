"""What tabs that are not shown have to say and what must not be missed, each thing once."""

from __future__ import annotations

from typing import NamedTuple

from .models import DEAD, SessionModel, Workspace


class Call(NamedTuple):
    """Something the user's attention is called to."""

    level: str
    """``information``, ``warning`` or ``error``."""
    title: str
    text: str


class Attention:
    """Follows all tabs, and tells what happened in those that are not shown."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._asked: set[str] = set()
        """Ids of questions that were told of."""
        self._running: dict[int, str | None] = {}
        """The run of each tab, by key, when last heard of."""
        self._alive: set[int] = set()
        """Tabs, by key, whose worker lived when last heard of: only these can lose it."""

    def heed(self, model: SessionModel, *, shown: bool) -> list[Call]:
        """Take note of what changed about a tab. Returns what is to be told of it."""
        if model not in self._workspace.tabs:
            return []
        before, self._running[model.key] = self._running.get(model.key), model.running
        calls = self._questions(model)
        if model.state == DEAD and model.began:
            if model.key in self._alive:
                calls.append(self._call("error", model, "has lost its worker", model.death))
            self._alive.discard(model.key)
        else:
            if model.began:
                self._alive.add(model.key)
            if before is not None and model.running != before:
                calls += self._finished(model)
        return [] if shown else calls

    def _finished(self, model: SessionModel) -> list[Call]:
        """A long run is over."""
        took = model.last_run
        if took is None or took < self._workspace.long_run:
            return []
        failed = model.last_status not in ("", "ok")
        what = f"{model.last_status} after {took:,.0f} s" if failed else f"done after {took:,.0f} s"
        return [self._call("warning" if failed else "information", model, f": {what}", "")]

    def _questions(self, model: SessionModel) -> list[Call]:
        calls = []
        for question in model.questions:
            if question.id not in self._asked:
                self._asked.add(question.id)
                prompt = "".join(question.prompt.strip().splitlines()[-1:])
                calls.append(self._call("information", model, "waits for input", prompt))
        return calls

    def _call(self, level: str, model: SessionModel, what: str, text: str) -> Call:
        place = self._workspace.tabs.index(model) + 1
        way = f"Alt+{place} goes there." if place <= 9 else ""
        title = model.name + (what if what.startswith(":") else f" {what}")
        return Call(level, title, "\n".join(filter(None, (text, way))))
