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
from simulators.cell.chemistry import Array, load_chemistry, open_circuits


@dataclass(frozen=True)
class Balance:
    """Stoichiometries at 0% and 100% state of charge, relative to the positive's sites."""

    parameter_set: str
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

    @property
    def mean_voltage_V(self) -> float:
        """Return the mean open-circuit voltage between full and empty."""
        negative, positive = open_circuits(self.parameter_set)
        charge = np.linspace(0.0, 1.0, 201)
        y = self.y100 + charge * (self.y0 - self.y100)
        x = self.x100 + charge * (self.x0 - self.x100)
        return float(np.trapezoid(positive.at(y) - negative.at(x), charge))


def balance_at(parameter_set: str, negative_sites: float) -> Balance:
    """Return the stoichiometries of a cell whose negative has so many sites per positive site.

    Raises ``DesignFailed`` (infeasible_recipe) where the voltage window cannot be reached.
    """
    chemistry = load_chemistry(parameter_set)
    negative, positive = open_circuits(parameter_set)
    lithium = 1.0 - chemistry.formation_loss

    def excess_V(x: float, voltage_V: float) -> float:
        return positive(lithium - negative_sites * x) - negative(x) - voltage_V

    low = max(negative.lowest, (lithium - positive.highest) / negative_sites)
    high = min(negative.highest, (lithium - positive.lowest) / negative_sites)
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
        ends.append(float(brentq(excess_V, low, high, args=(voltage_V,), xtol=1e-10)))
    x0, x100 = ends
    return Balance(
        parameter_set=parameter_set,
        negative_sites=negative_sites,
        x0=x0,
        x100=x100,
        y0=lithium - negative_sites * x0,
        y100=lithium - negative_sites * x100,
    )


@lru_cache(maxsize=4096)
def balance(parameter_set: str, n_to_p_ratio: float) -> Balance:
    """Return the balance that has the asked N/P ratio.

    Raises ``DesignFailed`` (infeasible_recipe) where none has within the voltage window.
    """
    sizes, ratios = _ladder(parameter_set)
    if not ratios[0] <= n_to_p_ratio <= ratios[-1]:
        raise DesignFailed(
            f"n_to_p_ratio {n_to_p_ratio:g} cannot be reached with {parameter_set} within its "
            f"voltage window; reachable: {ratios[0]:.3f} to {ratios[-1]:.1f}",
            kind=FailureKind.infeasible_recipe,
            n_to_p_ratio=n_to_p_ratio,
        )
    rung = min(max(int(np.searchsorted(ratios, n_to_p_ratio)), 1), len(ratios) - 1)
    low, high = float(sizes[rung - 1]), float(sizes[rung])

    def excess(negative_sites: float) -> float:
        return balance_at(parameter_set, negative_sites).n_to_p_ratio - n_to_p_ratio

    return balance_at(parameter_set, float(brentq(excess, low, high, xtol=1e-10)))


@lru_cache(maxsize=16)
def _ladder(parameter_set: str) -> tuple[Array, Array]:
    """Return negative sizes over the reachable range and the N/P ratio of each."""
    smallest, largest = reachable_sites(parameter_set)
    sizes = np.geomspace(smallest, largest, 200)
    sizes[0], sizes[-1] = smallest, largest
    ratios = [balance_at(parameter_set, float(size)).n_to_p_ratio for size in sizes]
    return np.asarray(sizes), np.asarray(ratios)


@lru_cache(maxsize=16)
def reachable_sites(parameter_set: str) -> tuple[float, float]:
    """Return the smallest and the largest negative (sites per positive site) that balance.

    Raises ``DesignFailed`` (infeasible_recipe) where the set balances at no size.
    """
    sizes = [float(size) for size in np.geomspace(0.1, 10.0, 65)]
    feasible = [_balances(parameter_set, size) for size in sizes]
    if not any(feasible):
        raise DesignFailed(
            f"{parameter_set} has no balance between its cut-off voltages",
            kind=FailureKind.infeasible_recipe,
        )
    first = feasible.index(True)
    last = first + [*feasible[first:], False].index(False) - 1
    low, high = sizes[max(first - 1, 0)], sizes[first]
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if _balances(parameter_set, middle) else (middle, high)
    return high, sizes[last]


def _balances(parameter_set: str, negative_sites: float) -> bool:
    try:
        balance_at(parameter_set, negative_sites)
    except DesignFailed:
        return False
    return True
