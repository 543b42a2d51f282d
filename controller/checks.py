"""What a check of the machine, or of an instrument, found and advises."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check went."""

    ok = "ok"
    note = "note"
    wrong = "wrong"


@dataclass(frozen=True)
class Check:
    """One thing looked at."""

    name: str
    verdict: Verdict
    found: str
    advice: str | None = None
