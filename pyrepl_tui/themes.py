"""The app's own themes: quiet surfaces, one accent, colour only where it means something."""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

DARK = Theme(
    name="pyrepl-dark",
    primary="#7aa2d8",
    secondary="#8a94a6",
    accent="#7aa2d8",
    warning="#e0b060",
    error="#e0777d",
    success="#8fbf7f",
    foreground="#d4d7dd",
    background="#15171c",
    surface="#1a1d23",
    panel="#22262e",
    dark=True,
    variables={
        "block-cursor-background": "#33405a",
        "block-cursor-foreground": "#e6e9ee",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#262b35",
        "block-cursor-blurred-foreground": "#d4d7dd",
        "block-cursor-blurred-text-style": "none",
        "input-selection-background": "#7aa2d8 35%",
        "input-cursor-background": "#d4d7dd",
        "border": "#3d4a63",
        "border-blurred": "#2b303a",
        "scrollbar": "#2e333d",
        "scrollbar-hover": "#3f4653",
        "scrollbar-active": "#56627a",
        "scrollbar-background": "#1a1d23",
        "scrollbar-background-hover": "#1a1d23",
        "scrollbar-background-active": "#1a1d23",
        "scrollbar-corner-color": "#1a1d23",
        "muted": "#828b9b",
        "faint": "#4c5361",
        "code-keyword": "#c099d8",
        "code-string": "#9cc58b",
        "code-number": "#dba876",
        "code-comment": "#6f7888",
        "code-function": "#82aee0",
        "code-type": "#d9c07c",
        "code-constant": "#dba876",
    },
)

LIGHT = Theme(
    name="pyrepl-light",
    primary="#2f62a8",
    secondary="#68707f",
    accent="#2f62a8",
    warning="#9a6400",
    error="#b3363e",
    success="#3e7a2e",
    foreground="#24282f",
    background="#eeeff1",
    surface="#fafafa",
    panel="#e3e5e9",
    dark=False,
    variables={
        "block-cursor-background": "#cddcf2",
        "block-cursor-foreground": "#1a1d22",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#e6e9ee",
        "block-cursor-blurred-foreground": "#24282f",
        "block-cursor-blurred-text-style": "none",
        "input-selection-background": "#2f62a8 25%",
        "input-cursor-background": "#24282f",
        "border": "#9fb4d4",
        "border-blurred": "#d3d6dc",
        "scrollbar": "#cfd3da",
        "scrollbar-hover": "#b9bfc9",
        "scrollbar-active": "#98a2b3",
        "scrollbar-background": "#fafafa",
        "scrollbar-background-hover": "#fafafa",
        "scrollbar-background-active": "#fafafa",
        "scrollbar-corner-color": "#fafafa",
        "muted": "#68707f",
        "faint": "#b4bac4",
        "code-keyword": "#7d3fa0",
        "code-string": "#3c7527",
        "code-number": "#9c5a12",
        "code-comment": "#7c8594",
        "code-function": "#2a5ea8",
        "code-type": "#7d6207",
        "code-constant": "#9c5a12",
    },
)

CONTRAST = Theme(
    name="pyrepl-contrast",
    primary="#ffff00",
    secondary="#00ffff",
    accent="#ffff00",
    warning="#ffb000",
    error="#ff6060",
    success="#60ff60",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    dark=True,
    variables={
        **DARK.variables,
        "block-cursor-background": "#ffff00",
        "block-cursor-foreground": "#000000",
        "block-cursor-blurred-background": "#606060",
        "block-cursor-blurred-foreground": "#ffffff",
        "input-selection-background": "#0050ff",
        "input-cursor-background": "#ffffff",
        "border": "#ffff00",
        "border-blurred": "#a0a0a0",
        "scrollbar": "#a0a0a0",
        "scrollbar-hover": "#ffffff",
        "scrollbar-active": "#ffff00",
        "scrollbar-background": "#000000",
        "scrollbar-background-hover": "#000000",
        "scrollbar-background-active": "#000000",
        "scrollbar-corner-color": "#000000",
        "muted": "#d0d0d0",
        "faint": "#a0a0a0",
        "code-keyword": "#ff90ff",
        "code-string": "#80ff80",
        "code-number": "#ffc060",
        "code-comment": "#c0c0c0",
        "code-function": "#80d0ff",
        "code-type": "#ffff80",
        "code-constant": "#ffc060",
    },
)

THEMES = {theme.name: theme for theme in (DARK, LIGHT, CONTRAST)}


def variables_for(theme: Theme) -> dict[str, str]:
    """The variables that our styles use and a theme of somebody else's lacks."""
    ours = (DARK if theme.dark else LIGHT).variables
    shared = {"muted", "faint", "code-keyword", "code-string", "code-number", "code-comment"}
    shared |= {"code-function", "code-type", "code-constant"}
    return {name: value for name, value in ours.items() if name in shared}


__all__ = ["BUILTIN_THEMES", "CONTRAST", "DARK", "LIGHT", "THEMES", "variables_for"]
