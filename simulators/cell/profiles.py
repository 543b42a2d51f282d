"""Profiles through a discharging cell: electrolyte and particle surfaces at some moments."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from experiments.performance import DepthProfiles
from simulators.cell.chemistry import Array
from simulators.cell.discharge_model import DOMAINS, PROFILES, DischargeModel

MOMENTS: Final = 6
"""Evenly spaced in time, first and last included."""


def read_profiles(
    solved: Any, inputs: dict[str, float], built: DischargeModel
) -> DepthProfiles | None:
    """Return the profiles of a solution, or None where the model has no depth."""
    if not built.has_depth:
        return None
    time_s = np.asarray(solved.t, dtype=np.float64)
    moments = np.linspace(0.0, time_s[-1], MOMENTS)
    electrolyte, negative, positive = (
        _at(time_s, np.asarray(solved[name].data, dtype=np.float64), moments) for name in PROFILES
    )
    start, positions = 0.0, []
    for domain in DOMAINS:
        length_m = built.length_m(domain, inputs)
        positions.append(start + built.depths[domain] * length_m)
        start += length_m
    return DepthProfiles(
        time_s=_row(moments),
        position_m=_row(np.concatenate(positions)),
        electrolyte_mol_per_m3=_rows(electrolyte),
        negative_position_m=_row(positions[0]),
        negative_stoichiometry=_rows(negative),
        positive_position_m=_row(positions[2]),
        positive_stoichiometry=_rows(positive),
    )


def _at(time_s: Array, values: Array, moments: Array) -> Array:
    """Return values (position x time) between the solver's steps, as moment x position."""
    return np.stack([np.interp(moments, time_s, row) for row in values], axis=1)


def _row(values: Array) -> tuple[float, ...]:
    return tuple(float(f"{value:.6g}") for value in values)


def _rows(values: Array) -> tuple[tuple[float, ...], ...]:
    return tuple(_row(row) for row in values)
