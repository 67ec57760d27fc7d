"""What the app remembers about the user's taste."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from .themes import DARK, THEMES


@dataclass(frozen=True)
class Settings:
    """Choices that outlive the app."""

    theme: str = DARK.name
    """Name of a theme."""


def settings_path() -> Path:
    """Where the settings lie: `$XDG_CONFIG_HOME/pyrepl-tui/settings.json`, else below ~/.config."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    root = Path(base) if os.path.isabs(base) else Path.home() / ".config"
    return root / "pyrepl-tui" / "settings.json"


def load_settings(path: Path) -> Settings:
    """Read the settings; what is missing or makes no sense is as by default."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return Settings()
    if not isinstance(data, dict):
        return Settings()
    known = {field.name for field in fields(Settings)}
    kept = {name: value for name, value in data.items() if name in known}
    if kept.get("theme") not in THEMES:
        kept.pop("theme", None)
    return Settings(**kept)


def save_settings(settings: Settings, path: Path) -> None:
    """Write the settings whole.

    Raises:
        OSError: if the folder or the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    fresh.write_text(json.dumps(asdict(settings), indent=2) + "\n", "utf-8")
    os.replace(fresh, path)
