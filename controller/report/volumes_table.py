"""How many volumes of what size, and what they came to, as tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from rich.table import Table

from controller.quantity import duration, signed, with_interval

if TYPE_CHECKING:
    from simulators.properties.volume_run import KnownMean, Offer

_WORDS: Final = {"pore_tortuosity_factor": "pore τ", "pore_relative_diffusivity": "pore D/D0"}
_PER_UM: Final = 1e-6


def offers_table(offers: Sequence[Offer], target: float) -> Table:
    """Return what a target takes, size by size, best first."""
    table = _table(f"for ±{100 * target:.3g}%", "edge", "takes", "because of", "size bias (95%)")
    for offer in offers:
        advice = "" if offer.is_small_bias else " too small"
        table.add_row(
            f"{offer.n_volumes} volumes",
            f"{offer.edge} voxels",
            duration(offer.seconds),
            property_word(offer.slowest),
            bias_word(offer.relative_bias, offer.bias_sd) + advice,
        )
    return table


def run_table(known: Mapping[str, KnownMean], offer: Offer) -> Table:
    """Return every property with its interval, and its bias apart."""
    n = max(len(one.over_volumes.samples) for one in known.values())
    table = _table(f"{n} volumes of {offer.edge}³", "mean (95%)", "±", "size bias (95%)")
    for name, one in known.items():
        mean = one.over_volumes
        unit, scale = ("µm²/µm³", _PER_UM) if name.startswith("area") else ("", 1.0)
        half = mean.half_width_95
        reached = "" if mean.is_reached else " (not reached)"
        table.add_row(
            property_word(name),
            with_interval(
                mean.mean * scale, (mean.mean - half) * scale, (mean.mean + half) * scale, unit
            ),
            f"{half / abs(mean.mean):.2%}{reached}",
            bias_word(one.relative_bias, one.bias_sd),
        )
    return table


def property_word(name: str) -> str:
    """Return a property's name as people read it."""
    return _WORDS.get(name, name.replace("_", " "))


def bias_word(relative: float, sd: float) -> str:
    """Return a relative bias with its own 95% interval."""
    return f"{signed(round(100 * relative, 1))}% ±{196 * sd:.1f}%"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0)
    return table
