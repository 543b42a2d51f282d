"""How campaigns that share machines divide the slots: in turns, first come first served in each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

SILENCE_S: Final = 15.0
"""A campaign not heard of for so long has no share. Assumed: three times what a busy driver may
take between two requests, and little beside the minutes of a job."""


def fair_shares(total: int, wanted: Mapping[str, int]) -> dict[str, int]:
    """Return how many slots each campaign may use, given what each could use, in order of arrival.

    In every turn each campaign that wants more gets one slot, the first that came first, until no
    slot is left. So shares differ by one at most, unless a campaign wants less; a campaign that
    wants anything gets at least one slot, even where there are more campaigns than slots.
    """
    shares = dict.fromkeys(wanted, 0)
    left = total
    while left > 0:
        hungry = [name for name, n in shares.items() if n < wanted[name]][:left]
        if not hungry:
            break
        for name in hungry:
            shares[name] += 1
        left -= len(hungry)
    return {name: max(n, min(1, wanted[name])) for name, n in shares.items()}


class Ledger:
    """Who is there and wants what; a campaign that falls silent is forgotten."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._wanted: dict[str, int] = {}
        self._heard_s: dict[str, float] = {}

    def ask(self, name: str, wanted: int, total: int) -> int:
        """Note what a campaign could use now, and return how many slots it may use."""
        now_s = self._clock()
        self._heard_s[name] = now_s
        self._wanted[name] = wanted
        for other in [n for n, heard_s in self._heard_s.items() if now_s - heard_s > SILENCE_S]:
            self.leave(other)
        return fair_shares(total, self._wanted)[name]

    def leave(self, name: str) -> None:
        """Forget a campaign."""
        self._wanted.pop(name, None)
        self._heard_s.pop(name, None)
