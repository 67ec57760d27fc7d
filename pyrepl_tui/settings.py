"""The user's settings: a TOML file, read with a word on every line that makes no sense."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pyrepl_worker.records import record

from .commands import COMMANDS, Command
from .keymap import assigned
from .session_options import POLICIES, SessionOptions, options_from
from .themes import BUILTIN_THEMES, DARK, THEMES

_TABLES = ("commands", "presets")
"""What is made from whole tables of the file."""


def _one_of(*choices: str) -> dict[str, Any]:
    return {"choices": choices}


@record(frozen=True)
class Settings:
    """Choices that outlive the app; each is a line of the file: ``theme = "pyrepl-light"``."""

    theme: str = field(default=DARK.name, metadata=_one_of(*THEMES, *BUILTIN_THEMES))
    """Name of a theme."""
    new_policy: str = field(default="commit_always", metadata=_one_of(*POLICIES))
    """What becomes of the changes of runs in new sessions: a `TransactionPolicy`."""
    stop_on_error: bool = True
    """Whether a run that fails cancels those queued after it."""
    attention: str = field(default="both", metadata=_one_of("both", "notification", "bell", "none"))
    """How a tab that is not shown tells of a question, a crash or the end of a long run."""
    long_run_seconds: float = field(default=10.0, metadata={"least": 0})
    """How long a run must have taken for its end to be told of."""
    ascii: bool = False
    """Draw lines and signs with ASCII characters only, for terminals that have no others."""
    leader: str = "ctrl+g"
    """After this key any other one counts as pressed with Alt, for terminals that eat Alt.
    Empty: none."""
    presets: Mapping[str, SessionOptions] = field(default_factory=dict)
    """Kinds of new sessions, from tables ``[presets.NAME]``."""
    commands: tuple[Command, ...] = COMMANDS
    """All commands, with the keys that the table ``[keys]`` gives them."""


@record(frozen=True)
class SettingsProblem:
    """Something in the file that was passed over."""

    line: int
    """Its line, from 1; 0 where it is not one line's fault."""
    text: str


def settings_path() -> Path:
    """Where the settings lie: `$XDG_CONFIG_HOME/pyrepl-tui/settings.toml`, else below ~/.config."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    root = Path(base) if os.path.isabs(base) else Path.home() / ".config"
    return root / "pyrepl-tui" / "settings.toml"


def load_settings(path: Path) -> tuple[Settings, list[SettingsProblem]]:
    """Read the settings; what is missing or makes no sense is as by default.

    Returns:
        The settings, and what was passed over, in the order of the lines.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return Settings(), []
    except (OSError, UnicodeDecodeError) as error:
        return Settings(), [SettingsProblem(0, str(error))]
    return parse_settings(text)


def parse_settings(text: str) -> tuple[Settings, list[SettingsProblem]]:
    """Settings from the text of a file, and what in it was passed over."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        return Settings(), [SettingsProblem(int(found[1]) if found else 0, f"no TOML: {error}")]
    reading = _Reading(text)
    settings = Settings(**reading.values(data))
    return settings, sorted(reading.problems, key=lambda problem: problem.line)


class _Reading:
    """Takes values out of a file's tables and notes what is wrong with them."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self.problems: list[SettingsProblem] = []

    def values(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """What is to be set."""
        known = {each.name: each for each in fields(Settings) if each.name not in _TABLES}
        found: dict[str, Any] = {}
        for name, value in data.items():
            if name == "keys":
                found["commands"] = self._keys(value)
            elif name == "presets":
                found["presets"] = self._presets(value)
            elif name not in known:
                self._pass_over("", name, f"there is no setting {name!r}{_near(name, known)}")
            else:
                problem = _fault(value, known[name].default, known[name].metadata)
                if problem:
                    self._pass_over("", name, f"{name}: {problem}")
                else:
                    found[name] = value
        return found

    def _keys(self, table: Any) -> tuple[Command, ...]:
        if not isinstance(table, dict):
            self._pass_over("", "keys", 'keys is a table: [keys], then undo_run = "alt+u"')
            return COMMANDS
        commands, problems = assigned(table)
        for name, text in problems.items():
            self._pass_over("keys", name, f"{name}: {text}")
        return commands

    def _presets(self, table: Any) -> dict[str, SessionOptions]:
        found: dict[str, SessionOptions] = {}
        for name, options in table.items() if isinstance(table, dict) else ():
            if not isinstance(options, dict):
                self._pass_over("presets", name, f"{name} is a table: [presets.{name}]")
                continue
            found[name], problem = options_from(options)
            if problem:
                first = problem.partition(":")[0]
                self._pass_over(f"presets.{name}", first, f"{name}: {problem}")
                del found[name]
        return found

    def _pass_over(self, table: str, name: str, text: str) -> None:
        self.problems.append(SettingsProblem(self._line_of(table, name), text))

    def _line_of(self, table: str, name: str) -> int:
        """The line that sets a name within a table ("": before the first one)."""
        current = ""
        written = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*[.=]")
        for number, line in enumerate(self._lines, 1):
            heading = re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line)
            if heading:
                current = heading[1]
                if not table and current.split(".")[0] == name:
                    return number
            elif current == table and written.match(line):
                return number
        return 0


def _near(name: str, known: Mapping[str, Any]) -> str:
    close = get_close_matches(name, [*known, "keys"], 1)
    return f"; did you mean {close[0]}?" if close else f"; there are {', '.join(known)}, [keys]"


def _fault(value: Any, default: Any, metadata: Mapping[str, Any]) -> str:
    """What is wrong with a value; empty if nothing is."""
    choices = metadata.get("choices")
    if choices is not None and value not in choices:
        return f"{value!r} is none of {', '.join(choices)}"
    kinds: dict[type, tuple[str, Callable[[Any], bool]]] = {
        bool: ("true or false", lambda v: isinstance(v, bool)),
        int: ("a whole number", lambda v: isinstance(v, int) and not isinstance(v, bool)),
        float: ("a number", lambda v: isinstance(v, (int, float)) and not isinstance(v, bool)),
        str: ("a text in quotes", lambda v: isinstance(v, str)),
    }
    what, fits = kinds[type(default)]
    if not fits(value):
        return f"{value!r} is not {what}"
    least = metadata.get("least")
    return f"{value!r} is below {least}" if least is not None and value < least else ""


def template() -> str:
    """A file that says what can be set, with everything as by default."""
    lines = ["# Settings of pyrepl-tui. Changes are followed as soon as the file is saved.", ""]
    for each in fields(Settings):
        if each.name in _TABLES:
            continue
        choices = each.metadata.get("choices")
        if choices:
            lines.append(f"# one of: {', '.join(choices)}")
        value = each.default
        shown = f'"{value}"' if isinstance(value, str) else str(value).lower()
        lines.append(f"# {each.name} = {shown}")
    lines += ["", "# Kinds of new sessions:", "# [presets.science]"]
    lines += ['# python = "~/venvs/science"', '# preload = ["numpy", "pandas"]', ""]
    lines += ["", "[keys]", "# Any command, by the name it has here.", ""]
    for command in COMMANDS:
        if command.id.isidentifier():
            lines.append(f'# "{command.scope}.{command.id}" = "{" ".join(command.keys)}"')
    return "\n".join(lines) + "\n"


def save_settings(path: Path, **changes: Any) -> None:
    """Set some lines of the file; its other lines and its comments stay.

    Raises:
        OSError: if the folder or the file cannot be written.
        ValueError: if the file is no TOML: then it is left alone.
    """
    import tomlkit

    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        text = ""
    document = tomlkit.parse(text)
    for name, value in changes.items():
        document[name] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    fresh.write_text(tomlkit.dumps(document), "utf-8")
    os.replace(fresh, path)
