from __future__ import annotations

import pytest

from controller.report.tokens import DARK, LIGHT, css_variables, level_token, resolved, token

TEXT = ("ink", "soft", "link", "waiting", "running", "done", "needs-you", "failed")
MARKS = ("level-0", "level-1", "level-2", "best", "baseline", "failed", "soft")


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_has_the_contrast_aa_asks_for(theme: dict[str, str]) -> None:
    for name in TEXT:
        assert contrast(theme[name], theme["page"]) >= 4.5, name
        assert contrast(theme[name], theme["card"]) >= 4.5, name


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_marks_stand_out_from_their_card(theme: dict[str, str]) -> None:
    for name in MARKS:
        assert contrast(theme[name], theme["card"]) >= 3.0, name


def test_both_themes_name_the_same_colours() -> None:
    assert set(LIGHT) == set(DARK)
    assert css_variables(LIGHT).count("--") == css_variables(DARK).count("--")


def test_the_last_level_is_the_fullest() -> None:
    assert [level_token(n, 2) for n in range(2)] == ["token:level-0", "token:level-2"]
    assert level_token(0, 1) == "token:level-2"


def test_placeholders_are_replaced_wherever_they_stand() -> None:
    figure = {"a": [token("ink"), 1.0], "b": {"c": token("active")}}
    assert resolved(figure, LIGHT) == {"a": [LIGHT["ink"], 1.0], "b": {"c": "#e0a030"}}
