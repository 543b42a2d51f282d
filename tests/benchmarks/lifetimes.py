"""How the end of a life depends on the jumps: ``python -m tests.benchmarks.lifetimes [SHARE]``.

One ordinary design of OKane2022 at 25 °C with all three mechanisms, cycled to a share of its first
charge with jumps of several sizes; the cycles of each, how many were solved, and its time.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace

from experiments.cell_spec import AgeingSpec, CellSpec
from experiments.physics import Physics
from simulators.cell.evaluate import design_inputs
from simulators.cell.lifetime import lifetime
from simulators.cell.p2d_model import MeshSize
from simulators.cell.sizing import size_cell
from tests.benchmarks.random_designs import random_cells

SET = "OKane2022"
MESH = MeshSize(x=8, r=8)


def steps(end_share: float = 0.97) -> dict[str, dict[str, float]]:
    """Return jumps → cycles to the end, cycles solved and seconds of CPU."""
    drawn = random_cells(1, seed=6, c_rates=(1.0, 1.0))[0]
    cell = CellSpec(parameter_set=SET)
    sized = size_cell(cell, drawn.recipe)
    design = design_inputs(sized, drawn.recipe, drawn.properties, Physics())
    conditions = replace(
        drawn.conditions(MESH), parameter_set=SET, temperature_K=298.15, power_W_per_m2=1.0
    )
    spec = AgeingSpec(end_share=end_share, max_cycles=10_000)
    rows = {}
    for refinement in (0.5, 1.0, 2.0, 4.0):
        started = time.process_time()
        found = lifetime(design, sized.balance, conditions, spec, refinement=refinement)
        rows[f"jumps divided by {refinement:g}"] = {
            "cycles": found.cycles,
            "reached_end": float(found.reached_end),
            "solved": found.solved_cycles,
            "cpu_s": time.process_time() - started,
        }
        print(rows, file=sys.stderr, flush=True)
    return rows


if __name__ == "__main__":
    print(json.dumps(steps(*(float(value) for value in sys.argv[1:])), indent=1))
