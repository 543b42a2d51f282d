"""Numbers as people read them: three significant figures, the unit, the interval, the change."""

from __future__ import annotations

import math
import re
from typing import Final

N_SIGNIFICANT: Final = 3
NO_VALUE: Final = "–"
_WITH_UNIT: Final = re.compile(r"(\d) (?=(?:Wh|W\b|µm|wt%|mAh|V\b|mV|s\b|min\b|h\b|kg|1/))")
_BRACKETS: Final = re.compile(r"\([^()]{1,24}\)")
MINUS: Final = "\N{MINUS SIGN}"


def three(value: float | None, *, n: int = N_SIGNIFICANT) -> str:
    """Return a number to three significant figures, without exponent where it can be read."""
    if value is None or not math.isfinite(value):
        return NO_VALUE
    if value == 0:
        return "0"
    decimals = n - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, decimals)
    if rounded == 0 or not 1e-3 <= abs(rounded) < 1e6:
        return _signed(f"{value:.{n - 1}e}")
    decimals = max(n - 1 - math.floor(math.log10(abs(rounded))), 0)
    return _signed(f"{rounded:,.{decimals}f}")


def with_unit(value: float | None, unit: str) -> str:
    """Return ``287 Wh/kg``; the unit 1 is left out."""
    if value is None:
        return NO_VALUE
    return f"{three(value)}{_after(unit)}"


def with_interval(value: float | None, low: float | None, high: float | None, unit: str) -> str:
    """Return ``287 Wh/kg (279 to 295)``, or the plain value where no interval is known."""
    if value is None or low is None or high is None:
        return with_unit(value, unit)
    decimals = _decimals(value, low, high)
    low_text, high_text = (_fixed(bound, decimals) for bound in (low, high))
    return f"{_fixed(value, decimals)}{_after(unit)} ({low_text} to {high_text})"


def signed_interval(value: float, low: float, high: float, unit: str) -> str:
    """Return ``+11.6 Wh/kg (+11.2 to +12.1)``, for a difference."""
    decimals = _decimals(value, low, high)
    shown, least, most = (_with_sign(_fixed(one, decimals)) for one in (value, low, high))
    return f"{shown}{_after(unit)} ({least} to {most})"


def change(value: float | None, incumbent: float | None, unit: str) -> str:
    """Return the change against the incumbent, ``+9.1 Wh/kg (+3.3%)``."""
    if value is None or incumbent is None:
        return NO_VALUE
    text = f"{signed(value - incumbent)}{_after(unit)}"
    if incumbent == 0:
        return text
    return f"{text} ({percent_change(value, incumbent)})"


def percent_change(value: float, incumbent: float) -> str:
    """Return ``+3.3%``."""
    share = 100.0 * (value - incumbent) / abs(incumbent)
    return _signed(f"{share:+.1f}%")


def signed(value: float) -> str:
    """Return a number with its sign, two significant figures at least."""
    text = three(value)
    return f"+{text}" if value > 0 else text


def percent(share: float | None) -> str:
    """Return a share as a whole percentage."""
    return NO_VALUE if share is None else f"{100.0 * share:.0f}%"


def duration(seconds: float | None) -> str:
    """Return ``42 s``, ``3 min 20 s`` or ``2 h 05 min``."""
    if seconds is None:
        return NO_VALUE
    whole = round(max(seconds, 0.0))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def unbroken(text: str) -> str:
    """Return a sentence whose numbers stay with their units and whose intervals stay whole."""
    joined = _WITH_UNIT.sub("\\1\N{NO-BREAK SPACE}", text)
    return _BRACKETS.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), joined)


def counted(n: int, noun: str, plural: str | None = None) -> str:
    """Return ``1 failure`` or ``3 failures``."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def _decimals(value: float, low: float, high: float) -> int:
    """Return decimals that show three figures of the value and keep the bounds apart from it."""
    size = max(abs(value), abs(low), abs(high))
    decimals = 2 - math.floor(math.log10(size)) if size > 0 else 0
    half = (high - low) / 2
    if half > 0:
        decimals = max(decimals, min(-math.floor(math.log10(half)), decimals + 2))
    return decimals


def _fixed(value: float, decimals: int) -> str:
    return _signed(f"{round(value, decimals):,.{max(decimals, 0)}f}")


def _with_sign(text: str) -> str:
    return text if text.startswith(MINUS) or not text.strip("0.,") else f"+{text}"


def _after(unit: str) -> str:
    return "" if unit in ("", "1") else f" {unit}"


def _signed(text: str) -> str:
    """Write a minus as a minus, and no minus before a plain zero."""
    if text.startswith("-") and not any(digit in text for digit in "123456789"):
        text = text[1:]
    return text.replace("-", MINUS, 1) if text.startswith("-") else text
