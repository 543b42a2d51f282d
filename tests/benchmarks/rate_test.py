"""A published rate test and its prediction, unfitted: ``python -m tests.benchmarks.rate_test``.

The cell is the Enertech SPB655060 pouch (LiCoO2 against graphite) of Ai et al. 2020, J.
Electrochem. Soc. 167, 013512, whose parameters are PyBaMM's set Ai2020. The measured discharges at
0.1, 0.5, 1 and 2 C from 4.2 to 3.0 V at 25 °C are those published with PyBaMM's early versions
(``discharge_data/Enertech_cells``): seconds until 3.0 V, read from those files. The currents are
multiples of the set's 2.28 Ah. The prediction is plain PyBaMM's, which ours agrees with (``cells
accuracy``): the set is none of those that cells are built from here.
"""

from __future__ import annotations

import json
import sys

import pybamm

MEASURED_S = {0.1: 36_877.0, 0.5: 7_305.3, 1.0: 3_611.7, 2.0: 1_768.3}
"""Rate → seconds until 3.0 V, between the two samples around it (quoted, as above)."""


def predicted_s(rate_per_h: float, mesh_points: int = 30) -> float:
    """Return the seconds until 3.0 V, isothermal, from the set's own full charge."""
    simulation = pybamm.Simulation(
        pybamm.lithium_ion.DFN(),
        parameter_values=pybamm.ParameterValues("Ai2020"),
        C_rate=rate_per_h,
        var_pts=dict.fromkeys(("x_n", "x_s", "x_p", "r_n", "r_p"), mesh_points),
        solver=pybamm.IDAKLUSolver(rtol=1e-5, atol=1e-7),
    )
    return float(simulation.solve([0.0, 1.3 * 3600.0 / rate_per_h]).t[-1])


def table() -> dict[str, dict[str, float]]:
    """Return measured and predicted capacities in units of the nominal one, and the error."""
    rows = {}
    for rate_per_h, measured_s in MEASURED_S.items():
        found_s = predicted_s(rate_per_h)
        rows[f"{rate_per_h:g}C"] = {
            "measured": measured_s * rate_per_h / 3600.0,
            "predicted": found_s * rate_per_h / 3600.0,
            "error": found_s / measured_s - 1.0,
        }
    return rows


if __name__ == "__main__":
    sys.stdout.write(json.dumps(table(), indent=1) + "\n")
