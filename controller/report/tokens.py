"""The colours of every page and plot, by meaning, for light and dark; one source for CSS and plots.

Contrast of text tokens on ``page`` and ``card`` is AA (4.5:1) and of marks 3:1 in both themes;
a test measures it.
"""

from __future__ import annotations

from typing import Final

PHASES: Final = {
    "pore": "#1b2a41",
    "active": "#e0a030",
    "binder": "#5b8e8a",
    "second_active": "#b65a3c",
}
"""Phases look the same in both themes: they are data."""

LIGHT: Final = {
    "page": "#ffffff",
    "card": "#f6f7f9",
    "ink": "#16202c",
    "soft": "#566070",
    "rule": "#d4d9e0",
    "grid": "#e6e9ee",
    "link": "#1f5fc4",
    "waiting": "#646d79",
    "running": "#2b68d2",
    "done": "#23774a",
    "needs-you": "#b45309",
    "failed": "#c23b3b",
    "level-0": "#6b8fd0",
    "level-1": "#3a68c8",
    "level-2": "#14387f",
    "best": "#14387f",
    "baseline": "#6b4e16",
    "band": "rgba(47,111,222,0.18)",
}

DARK: Final = {
    "page": "#10161e",
    "card": "#18212c",
    "ink": "#e8edf3",
    "soft": "#a5b0bf",
    "rule": "#334050",
    "grid": "#263241",
    "link": "#8ab4ff",
    "waiting": "#99a3b0",
    "running": "#6d9df2",
    "done": "#58b983",
    "needs-you": "#f09a4a",
    "failed": "#f07d7d",
    "level-0": "#4a6cab",
    "level-1": "#7ba3ea",
    "level-2": "#c9ddff",
    "best": "#c9ddff",
    "baseline": "#e3c07a",
    "band": "rgba(109,157,242,0.24)",
}


def token(name: str) -> str:
    """Return the placeholder that a page replaces by the colour of its theme."""
    return f"token:{name}"


def level_token(position: int, n_levels: int) -> str:
    """Return the ramp's placeholder for a fidelity: pale for the first, full for the last."""
    step = 2 if n_levels < 2 else round(2 * position / (n_levels - 1))
    return token(f"level-{step}")


def css_variables(theme: dict[str, str]) -> str:
    """Return the tokens of a theme as CSS custom properties."""
    return " ".join(f"--{name}: {colour};" for name, colour in {**PHASES, **theme}.items())


def resolved(value: object, theme: dict[str, str]) -> object:
    """Return a figure with every placeholder replaced by the theme's colour."""
    if isinstance(value, str) and value.startswith("token:"):
        return {**PHASES, **theme}[value.removeprefix("token:")]
    if isinstance(value, dict):
        return {key: resolved(item, theme) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolved(item, theme) for item in value]
    return value
