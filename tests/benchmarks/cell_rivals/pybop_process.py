"""PyBOP on our designs, in an environment of its own (``rival_server``)."""

from __future__ import annotations

from pathlib import Path

import pybamm

from simulators.cell.discharge import Conditions
from simulators.cell.p2d_inputs import DesignInputs
from tests.benchmarks.plain_pybamm import exchange_current, plain_numbers
from tests.benchmarks.rival_server import RivalServer, rival_python

SERVER = Path(__file__).resolve().parent / "pybop_server.py"
LONGEST_S = 1e6
SIDES = ("Negative", "Positive")


class PybopCell:
    """One simulator of PyBOP's; every number of a design is a parameter of it."""

    def __init__(self, python: Path, parameter_set: str, mesh_points: int) -> None:
        self._server = RivalServer(python, SERVER)
        self._values = pybamm.ParameterValues(parameter_set)
        self._setting = {
            "do": "start",
            "parameter_set": parameter_set,
            "mesh_points": mesh_points,
            "minimum_V": self._values["Lower voltage cut-off [V]"],
            "end_s": LONGEST_S,
            "area_factors": {exchange_current(side): f"{side} area factor" for side in SIDES},
        }
        self.version: str | None = None

    def discharge(self, design: DesignInputs, conditions: Conditions) -> tuple[float, float]:
        """Return seconds of CPU and the energy in Wh/m²; NaN where PyBOP fails."""
        numbers = plain_numbers(
            self._values,
            design,
            conditions.power_W_per_m2,
            conditions.resistance_Ohm_m2,
            temperature_K=conditions.temperature_K,
        )
        if self.version is None:
            self.version = self._server.ask({**self._setting, "names": list(numbers)})["version"]
        areas = {
            f"{side} area factor": electrode.area_factor
            for side, electrode in zip(SIDES, (design.negative, design.positive), strict=True)
        }
        answer = self._server.ask({"do": "discharge", "design": {**numbers, **areas}})
        duration_s = answer["duration_s"]
        energy = float("nan") if duration_s is None else duration_s / 3600.0
        return answer["cpu_s"], energy * conditions.power_W_per_m2


def pybop_cell(parameter_set: str, mesh_points: int) -> PybopCell | None:
    """Return the rival, or None where its environment is not here."""
    python = rival_python("pybop")
    return None if python is None else PybopCell(python, parameter_set, mesh_points)
