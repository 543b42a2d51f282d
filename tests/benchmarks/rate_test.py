"""Published rate tests and their prediction, unfitted: ``python -m tests.benchmarks.rate_test``.

Two cells whose parameters were measured by taking them apart, discharged at 25 °C:

Enertech SPB655060 (LiCoO2 against graphite), 0.1 to 2C: Ai et al. 2020, J. Electrochem. Soc. 167,
013512, PyBaMM's set Ai2020; seconds until 3.0 V, read from the files published with PyBaMM's early
versions (``discharge_data/Enertech_cells``). Currents are multiples of the set's 2.28 Ah.

Kokam SLPB 75106100 (LiNi0.4Co0.6O2 against graphite), 1 and 5C: Ecker et al. 2015, J. Electrochem.
Soc. 162, A1836 and A1849, set Ecker2015; the last point of each curve as digitised from figure 8 of
Richardson et al. 2020, Electrochim. Acta 339, 135862 (``discharge_data/Ecker2015``; the 1C curve in
Ah). Currents are multiples of 7.5 Ah.

The prediction is plain PyBaMM's: neither set is one that cells are built from here. Ours has the
same equations (``cells accuracy``, and ``test_cycling.py`` for constant currents).
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

import pybamm


@dataclass(frozen=True)
class Measured:
    """One discharge: until which voltage it was followed, and how long that took."""

    parameter_set: str
    rate_per_h: float
    until_V: float
    duration_s: float


MEASURED = (
    Measured("Ai2020", 0.1, 3.0, 36_877.0),
    Measured("Ai2020", 0.5, 3.0, 7_305.3),
    Measured("Ai2020", 1.0, 3.0, 3_611.7),
    Measured("Ai2020", 2.0, 3.0, 1_768.3),
    Measured("Ecker2015", 1.0, 2.766, 7.7537 / 7.5 * 3600.0),
    Measured("Ecker2015", 5.0, 2.712, 706.0),
)
"""Quoted, as above; Ai's lie between the two samples around 3.0 V."""


def predicted_s(measured: Measured, mesh_points: int = 30) -> float:
    """Return the seconds until the same voltage, isothermal, from the set's own full charge."""
    values = pybamm.ParameterValues(measured.parameter_set)
    values["Lower voltage cut-off [V]"] = measured.until_V
    simulation = pybamm.Simulation(
        pybamm.lithium_ion.DFN(),
        parameter_values=values,
        C_rate=measured.rate_per_h,
        var_pts=dict.fromkeys(("x_n", "x_s", "x_p", "r_n", "r_p"), mesh_points),
        solver=pybamm.IDAKLUSolver(rtol=1e-5, atol=1e-7, on_extrapolation="ignore"),
    )
    return float(simulation.solve([0.0, 1.3 * 3600.0 / measured.rate_per_h]).t[-1])


def table() -> dict[str, dict[str, float]]:
    """Return measured and predicted capacities in units of the nominal one, and the error."""
    rows = {}
    for one in MEASURED:
        found_s = predicted_s(one)
        rows[f"{one.parameter_set} {one.rate_per_h:g}C"] = {
            "measured": one.duration_s * one.rate_per_h / 3600.0,
            "predicted": found_s * one.rate_per_h / 3600.0,
            "error": found_s / one.duration_s - 1.0,
        }
    return rows


if __name__ == "__main__":
    sys.stdout.write(json.dumps(table(), indent=1) + "\n")
