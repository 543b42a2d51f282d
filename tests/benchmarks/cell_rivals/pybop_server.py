"""PyBOP's simulator, given every number of a design. Requirements: pybop==26.3."""

from __future__ import annotations

import importlib.metadata
import json
import sys
import time

import pybamm
import pybop

POWER = "Power function [W]"


class Server:
    """One simulator; a design is one set of inputs to it, and PyBOP decides whether it rebuilds."""

    def start(self, m):
        """Make the simulator: everything named is a parameter that a design sets."""
        values = pybamm.ParameterValues(m["parameter_set"])
        for name, factor in m["area_factors"].items():
            values[name] = _times(pybamm.Parameter(factor), values[name])
        values.update(
            {name: pybop.Parameter() for name in [*m["names"], *m["area_factors"].values()]},
            check_already_exists=False,
        )
        discharge = pybamm.step.CustomStepImplicit(
            lambda v: v["Voltage [V]"] * v["Current [A]"] - pybamm.Parameter(POWER),
            direction="discharge",
            termination=f"{m['minimum_V']} V",
            duration=m["end_s"],
        )
        self.simulator = pybop.pybamm.Simulator(
            pybamm.lithium_ion.DFN(
                {"transport efficiency": "tortuosity factor", "contact resistance": "true"}
            ),
            parameter_values=values,
            protocol=pybamm.Experiment([discharge]),
            solver=pybamm.IDAKLUSolver(rtol=1e-4, atol=1e-6, on_extrapolation="ignore"),
            output_variables=["Voltage [V]"],
            var_pts=dict.fromkeys(("x_n", "x_s", "x_p", "r_n", "r_p"), m["mesh_points"]),
        )
        return {"version": importlib.metadata.version("pybop")}

    def discharge(self, m):
        """Solve one design; the CPU time is that of this call."""
        started = time.process_time()
        solution = self.simulator.solve(m["design"])
        cpu_s = time.process_time() - started
        if isinstance(solution, pybop.FailedSolution):
            return {"cpu_s": cpu_s, "duration_s": None}
        return {"cpu_s": cpu_s, "duration_s": float(solution.t[-1])}


def _times(factor, exchange):
    def on_measured_area(*arguments):
        return factor * exchange(*arguments)

    return on_measured_area


server = Server()
for line in sys.stdin:
    message = json.loads(line)
    print(json.dumps(getattr(server, message["do"])(message)), flush=True)
