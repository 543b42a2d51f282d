"""Balancing: which stoichiometries a cell runs between, and how large its negative must be.

All capacities are per site of the positive (Qp = 1), because that is all a balance depends on:
N/P = Qn(1 − x0) / [Qp(y0 − y100)] with x the negative's and y the positive's stoichiometry at 0%
and 100% state of charge, and lithium x·Qn + y·Qp conserved (Mohtat et al. 2019, J. Power Sources
427, 101, eqs. 4 to 8, as in PyBaMM's electrode state-of-health solver, which the tests compare).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq

from experiments.errors import DesignFailed
from experiments.observation import FailureKind
from simulators.cell.chemistry import Array, Chemistry, load_chemistry

_EDGE = 2e-4
"""Open-circuit potentials are sampled between 1e-4 and 1 − 1e-4; stay inside."""


@dataclass(frozen=True)
class Balance:
    """Stoichiometries at 0% and 100% state of charge, relative to the positive's sites."""

    negative_sites: float
    """Qn/Qp: sites of the negative per site of the positive."""
    x0: float
    x100: float
    y0: float
    y100: float

    @property
    def usable_share(self) -> float:
        """Return the reversible capacity per capacity of all sites of the positive."""
        return self.y0 - self.y100

    @property
    def n_to_p_ratio(self) -> float:
        """Return Qn(1 − x0) / [Qp(y0 − y100)]."""
        return self.negative_sites * (1.0 - self.x0) / self.usable_share

    def mean_voltage_V(self, chemistry: Chemistry) -> float:
        """Return the mean open-circuit voltage between full and empty."""
        charge = np.linspace(0.0, 1.0, 201)
        y = self.y100 + charge * (self.y0 - self.y100)
        x = self.x100 + charge * (self.x0 - self.x100)
        positive, negative = chemistry.positive, chemistry.negative
        voltage_V = np.interp(y, positive.stoichiometry, positive.potential_V) - np.interp(
            x, negative.stoichiometry, negative.potential_V
        )
        return float(np.trapezoid(voltage_V, charge))


def balance_at(chemistry: Chemistry, negative_sites: float) -> Balance:
    """Return the stoichiometries of a cell whose negative has so many sites per positive site.

    Raises ``DesignFailed`` (infeasible_recipe) where the voltage window cannot be reached.
    """
    lithium = 1.0 - chemistry.formation_loss

    def positive(x: float) -> float:
        return lithium - negative_sites * x

    def excess_V(x: float, voltage_V: float) -> float:
        return (
            chemistry.positive.open_circuit_potential_V(positive(x))
            - chemistry.negative.open_circuit_potential_V(x)
            - voltage_V
        )

    low = max(_EDGE, (lithium - (1.0 - _EDGE)) / negative_sites)
    high = min(1.0 - _EDGE, (lithium - _EDGE) / negative_sites)
    ends = []
    for voltage_V in (chemistry.minimum_voltage_V, chemistry.maximum_voltage_V):
        if low >= high or excess_V(low, voltage_V) > 0.0 or excess_V(high, voltage_V) < 0.0:
            raise DesignFailed(
                f"a negative with {negative_sites:.3f} sites per positive site cannot be balanced: "
                f"open-circuit voltage never reaches {voltage_V:g} V; change n_to_p_ratio",
                kind=FailureKind.infeasible_recipe,
                negative_sites=negative_sites,
                voltage_V=voltage_V,
            )
        ends.append(float(brentq(excess_V, low, high, args=(voltage_V,), xtol=1e-12)))
    x0, x100 = ends
    return Balance(
        negative_sites=negative_sites, x0=x0, x100=x100, y0=positive(x0), y100=positive(x100)
    )


@lru_cache(maxsize=4096)
def balance(parameter_set: str, n_to_p_ratio: float) -> Balance:
    """Return the balance that has the asked N/P ratio.

    Raises ``DesignFailed`` (infeasible_recipe) where none has within the voltage window.
    """
    chemistry = load_chemistry(parameter_set)

    def excess(negative_sites: float) -> float:
        return balance_at(chemistry, negative_sites).n_to_p_ratio - n_to_p_ratio

    low, high = _bracket(chemistry, n_to_p_ratio)
    return balance_at(chemistry, float(brentq(excess, low, high, xtol=1e-12)))


def _bracket(chemistry: Chemistry, n_to_p_ratio: float) -> tuple[float, float]:
    """Return two negative sizes with N/P below and above the asked one."""
    below: float | None = None
    found: list[float] = []
    for size in _sizes():
        try:
            ratio = balance_at(chemistry, size).n_to_p_ratio
        except DesignFailed:
            continue
        found.append(ratio)
        if ratio <= n_to_p_ratio:
            below = size
        elif below is not None:
            return below, size
    reach = f"{min(found):.2f} to {max(found):.2f}" if found else "nothing"
    raise DesignFailed(
        f"n_to_p_ratio {n_to_p_ratio:g} cannot be reached with {chemistry.name} between "
        f"{chemistry.minimum_voltage_V:g} and {chemistry.maximum_voltage_V:g} V; "
        f"reachable: {reach}",
        kind=FailureKind.infeasible_recipe,
        n_to_p_ratio=n_to_p_ratio,
    )


def _sizes() -> Array:
    return np.asarray(np.geomspace(0.2, 5.0, 65), dtype=np.float64)
