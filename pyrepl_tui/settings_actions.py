"""What the commands about settings do, and what follows from the settings file."""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual import events

from .compare_actions import CompareActions
from .keymap import textual_keymap
from .rendering.ascii_only import AsciiOnly
from .settings import Settings, SettingsProblem, load_settings, save_settings, template
from .terminal_keys import read_alt_keys
from .themes import DARK, LIGHT, THEMES, variables_for


class SettingsActions(CompareActions):
    """The part of the app that follows the user's settings."""

    settings: Settings
    _settings_path: Path

    def read_settings(self, path: Path) -> list[SettingsProblem]:
        """Read the settings for the first time. Returns what is wrong with them."""
        self._settings_path = path
        self._ascii = AsciiOnly(enabled=False)
        self._filters.append(self._ascii)
        self._leading = False
        for theme in THEMES.values():
            self.register_theme(theme)
        self.settings, problems = load_settings(path)
        self._follow_settings()
        return problems

    def _follow_settings(self) -> None:
        settings = self.settings
        self.theme = settings.theme
        self.workspace.policy = settings.new_policy
        self.workspace.long_run = settings.long_run_seconds
        self.presets = settings.presets
        self._ascii.enabled = settings.ascii
        read_alt_keys()
        self.set_keymap(textual_keymap(settings.commands))
        self.desk.keys.commands = settings.commands

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our variables, for themes that do not know them."""
        return variables_for(self.current_theme)

    # -- the file ----------------------------------------------------------------------------

    def announce_problems(self, problems: list[SettingsProblem]) -> None:
        """Say what in the file was passed over."""
        if problems:
            lines = [
                f"line {each.line}: {each.text}" if each.line else each.text for each in problems
            ]
            title = f"{self._settings_path.name}: {len(problems)} passed over"
            self.bridge.announce("warning", title, "\n".join(lines))

    async def watch_settings(self) -> None:
        """Follow changes of the file for as long as the app lives."""
        from .engine.watching import watch_folder

        folder = self._settings_path.parent
        try:
            await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        except OSError:
            return  # nowhere to put settings: nothing to follow
        async for paths in watch_folder(folder):
            if self._settings_path.name in {Path(path).name for path in paths}:
                self._read_again()

    def _read_again(self) -> None:
        settings, problems = load_settings(self._settings_path)
        self.announce_problems(problems)
        if settings != self.settings:
            self.settings = settings
            self._follow_settings()
            self.desk.keys.refresh()
            self.notify("The settings were read again.", timeout=3)

    def change_settings(self, **changes: Any) -> None:
        """Remember other choices of the user, as far as the disk allows."""
        self.settings = replace(self.settings, **changes)
        try:
            save_settings(self._settings_path, **changes)
        except (OSError, ValueError) as error:
            self.bridge.announce("warning", "The choice is not remembered", str(error))

    # -- keys --------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """After the leader a key counts as pressed with Alt."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            if self._leading:
                self._leading = False
                capital = len(event.key) == 1 and event.key.isupper()
                event = events.Key(f"alt+{'shift+' * capital}{event.key.lower()}", None)
            elif event.key == self.settings.leader:
                self._leading = True
                return
        await super().on_event(event)

    # -- commands ----------------------------------------------------------------------------

    def action_toggle_theme(self) -> None:
        """Switch between light and dark, and remember it."""
        self._choose_theme(LIGHT.name if self.current_theme.dark else DARK.name)

    def _choose_theme(self, name: str) -> None:
        self.theme = name
        self.change_settings(theme=name)

    def action_choose_theme(self) -> None:
        """Offer all themes."""
        self.run_worker(self._offer_themes(), group="dialog", exclusive=True)

    async def _offer_themes(self) -> None:
        from .screens.dialogs import Choice, ChoiceDialog

        names = [*THEMES, *sorted(set(self.available_themes) - set(THEMES))]
        choices = [Choice(name, name) for name in names]
        chosen = await self.push_screen_wait(ChoiceDialog("Theme", "", choices))
        if chosen:
            self._choose_theme(chosen)

    def action_edit_settings(self) -> None:
        """Open the settings file in the user's editor."""
        path = self._settings_path
        try:
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(template(), "utf-8")
        except OSError as error:
            self.bridge.announce("warning", "No settings file", str(error))
            return
        editor = _editor_of(os.environ)
        if not editor:
            text = f"{path}\n$EDITOR names no editor; changes made there are followed at once."
            self.notify(text, title="The settings file", timeout=10)
            return
        with self.suspend():
            subprocess.run([*editor, str(path)], check=False)
        self._read_again()


def _editor_of(environment: Mapping[str, str]) -> list[str]:
    return shlex.split(environment.get("VISUAL") or environment.get("EDITOR") or "")
