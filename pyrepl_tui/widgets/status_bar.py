"""The status bar: state, run time and death on the left; interpreter, folder and memory right."""

from __future__ import annotations

import os
from time import monotonic

from rich.cells import cell_len
from rich.segment import Segment
from textual.timer import Timer

from pyrepl_tui.models import BUSY, DEAD, ENDED, IDLE, Past, SessionModel

from .bindings import spoken
from .line import LineWidget, clipped
from .marks import COLOURS, SIGNS, WORDS, duration, size

NEAR = 0.9
"""Part of the memory ceiling from which on the memory stands out."""


class StatusBar(LineWidget):
    """One line about the active session; ticks while code runs."""

    DEFAULT_CSS = """
    StatusBar { height: 1; background: $panel; color: $foreground; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._model: SessionModel | None = None
        self._ticker: Timer | None = None

    def on_mount(self) -> None:
        """Set the clock up; it is paused unless code runs."""
        self._ticker = self.set_interval(0.1, self.refresh, pause=True)

    def show(self, model: SessionModel | None) -> None:
        """Show a session's state as it is now."""
        self._model = model
        if self._ticker is not None:
            if model is not None and model.run_since is not None:
                self._ticker.resume()
            else:
                self._ticker.pause()
        self.refresh()

    # -- drawing -----------------------------------------------------------------------------

    def state_text(self, model: SessionModel) -> str:
        """The left half in words."""
        words = [WORDS.get(model.state, model.state)]
        if model.state == DEAD and not model.began:
            words = [f"could not start: {model.death}", "{key:restart_session} tries again"]
        elif model.state == DEAD:
            cause = model.death.removeprefix("the worker ")
            words = [f"worker died: {cause}" if cause else "worker died"]
            words.append("{key:undo_run} newest checkpoint" if model.past.is_kept else "")
            words.append("{key:restart_session} fresh start")
        elif model.state == ENDED:
            words = ["session ended", "{key:close_session} close tab"]
        elif model.run_since is not None:
            words[0] += f" {duration(monotonic() - model.run_since)}"
        elif model.state == IDLE and model.last_run is not None:
            words.append(f"last run {duration(model.last_run)}")
        if model.past.loading is not None:
            words = [f"coming back from the disk, {model.past.loading:.0%}"]
        if model.queued:
            words.append(f"{model.queued} queued")
        if model.interrupts and model.state == BUSY:
            words.append("interrupting")
        return " · ".join(filter(None, words))

    def facts(self, model: SessionModel) -> list[str]:
        """The right half, the most dispensable first."""
        folder = model.cwd
        home = os.path.expanduser("~")
        if folder == home or folder.startswith(home + os.sep):
            folder = "~" + folder[len(home) :]
        python = f"Python {model.python_version}" if model.python_version else ""
        environment = environment_name(model.executable)
        if python and environment:
            python += f" ({environment})"
        cpu = "" if model.cpu is None or model.run_since is None else f"CPU {model.cpu:.0%}"
        facts = (folder, python, images_text(model.past), cpu, memory_text(model))
        return [fact for fact in facts if fact]

    def segments(self, width: int) -> list[Segment]:
        """State left, facts right; facts that do not fit are left out."""
        model = self._model
        if model is None:
            return []
        sign = SIGNS[model.state].strip()
        left = clipped(spoken(self, self.state_text(model)), max(10, width - 3))
        colour = COLOURS[model.state] if model.state != IDLE else "foreground"
        out = [Segment(f"{sign} " if sign else "", self.shade(colour, bold=True))]
        out.append(Segment(left, self.shade(colour)))
        used = sum(cell_len(segment.text) for segment in out)
        facts = self.facts(model)
        while facts and used + 3 + cell_len("  │  ".join(facts)) > width:
            room = width - used - 3 - sum(cell_len(fact) + 5 for fact in facts[1:])
            if room >= 12 and facts[0].startswith(("~", "/")):
                facts[0] = "…" + facts[0][-(room - 1) :]
                break
            facts.pop(0)
        text = "  │  ".join(facts)
        out.append(Segment(" " * max(0, width - used - cell_len(text)), self.rich_style))
        for at, fact in enumerate(facts):
            if at:
                out.append(Segment("  │  ", self.shade("faint")))
            is_near = at == len(facts) - 1 and nears_ceiling(model)
            out.append(Segment(fact, self.shade("warning" if is_near else "muted", bold=is_near)))
        return out


def images_text(past: Past) -> str:
    """What the checkpoints in memory cost, out of what they may; empty if there are none."""
    if not past.images:
        return ""
    count = f"{past.images} {'checkpoint' if past.images == 1 else 'checkpoints'}"
    limit = f" of {size(past.budget)}" if past.budget else ""
    return f"{count} in memory, {size(past.image_bytes)}{limit}"


def memory_text(model: SessionModel) -> str:
    """What the worker holds, and of how much where it has a ceiling; empty while unknown."""
    if model.ceiling is None or model.own_memory is None:
        return size(model.memory)
    return f"{size(model.own_memory)} of {size(model.ceiling)}"


def nears_ceiling(model: SessionModel) -> bool:
    """Whether the worker holds nine tenths of the memory it may, or more."""
    held, ceiling = model.own_memory, model.ceiling
    return held is not None and ceiling is not None and held >= ceiling * NEAR


def environment_name(executable: str) -> str:
    """Name of the virtual environment an interpreter belongs to; empty for none.

    ``/home/ada/project/.venv/bin/python`` gives ``project``, as the folder's own name says nothing.
    """
    folder = os.path.dirname(os.path.dirname(executable))
    if not folder or not os.path.exists(os.path.join(folder, "pyvenv.cfg")):
        return ""
    name = os.path.basename(folder)
    if name.strip(".").lower() in ("venv", "env", "virtualenv"):
        name = os.path.basename(os.path.dirname(folder)) or name
    return name
