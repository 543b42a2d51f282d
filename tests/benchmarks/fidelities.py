"""When a cheap model ranks designs as the fine one: ``python -m tests.benchmarks.fidelities [N]``.

Designs as a 4680 campaign varies them; Spearman's correlation of energy with the fine DFN at 45,
120 and 200 W, beside how many designs the cheap model could solve and its time.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace

import numpy as np
from scipy.stats import spearmanr

from experiments.cell_spec import CellSpec
from experiments.errors import DesignFailed
from experiments.fidelity import FINE_MESH_POINTS
from experiments.physics import Physics
from experiments.properties import AxisTransport, EffectiveProperties
from experiments.recipe import ElectrodeRecipe, Recipe
from simulators.cell.discharge import Conditions, discharge
from simulators.cell.evaluate import cell_conditions, design_inputs
from simulators.cell.p2d_inputs import DesignInputs
from simulators.cell.p2d_model import MeshSize
from simulators.cell.sizing import size_cell
from simulators.microstructure.composition import compose

POWERS_W = (45.0, 120.0, 200.0)
FINE = ("DFN", FINE_MESH_POINTS)
CHEAP = (
    *((model, FINE_MESH_POINTS) for model in ("half-cell", "SPM", "SPMe")),
    ("DFN", 8),
    ("DFN", 10),
)


def campaign_cell(rng: np.random.Generator) -> tuple[DesignInputs, Conditions, float]:
    """Return a 4680 design, its conditions at 1 W and its coated area."""
    active = float(rng.uniform(92.0, 97.0))
    rest = (100.0 - active) / 2.0
    recipe = Recipe(
        positive=ElectrodeRecipe(
            active_wt_pct=active,
            binder_wt_pct=rest,
            carbon_wt_pct=100.0 - active - rest,
            porosity=float(rng.uniform(0.25, 0.45)),
            thickness_m=float(rng.uniform(40e-6, 120e-6)),
            particle_d50_m=6e-6,
        )
    )
    composition = compose(recipe.positive)
    surface_per_m = composition.active / 1e-6
    transport, conductivity = (
        {"0": AxisTransport(relative=value, lower=value, upper=value)}
        for value in (composition.porosity**1.8, 5.0)
    )
    properties = EffectiveProperties(
        shape=(8, 8, 8),
        voxel_size_m=(1e-6, 1e-6, 1e-6),
        volume_fraction={str(k): v for k, v in composition.phase_fraction.items()},
        percolating_fraction={},
        pore_transport=transport,
        solid_transport=conductivity,
        interface_area_per_m={"pore-active": 0.7 * surface_per_m},
    )
    sized = size_cell(CellSpec(), recipe)
    design = design_inputs(sized, recipe, properties, Physics())
    return (
        design,
        cell_conditions(CellSpec(), sized, recipe, power_W=1.0),
        sized.whole.coated_area_m2,
    )


def energies(
    cells: list[tuple[DesignInputs, Conditions, float]], power_W: float, model: str, points: int
) -> tuple[list[float], float]:
    """Return the whole-cell energies (NaN where unsolved) and the mean time in ms."""
    found: list[float] = []
    started = time.process_time()
    for design, conditions, area_m2 in cells:
        asked = replace(
            conditions,
            power_W_per_m2=power_W / area_m2,
            model=model,
            mesh=MeshSize.of(points),
        )
        try:
            found.append(discharge(design, asked).energy_Wh_per_m2 * area_m2)
        except DesignFailed:
            found.append(float("nan"))
    return found, 1e3 * (time.process_time() - started) / len(cells)


def table(n: int = 30) -> dict[str, dict[str, float | int]]:
    """Return model and power → correlation, solved designs, milliseconds."""
    rng = np.random.default_rng(4)
    cells = [campaign_cell(rng) for _ in range(n)]
    for model, points in (*CHEAP, FINE):
        energies(cells[:1], POWERS_W[0], model, points)
    rows: dict[str, dict[str, float | int]] = {}
    for power_W in POWERS_W:
        truth, truth_ms = energies(cells, power_W, *FINE)
        rows[f"{FINE[0]}-{FINE[1]} at {power_W:g} W"] = {
            "solved": int(np.isfinite(truth).sum()),
            "ms": truth_ms,
        }
        for model, points in CHEAP:
            cheap, cheap_ms = energies(cells, power_W, model, points)
            both = np.isfinite(truth) & np.isfinite(cheap)
            rows[f"{model}-{points} at {power_W:g} W"] = {
                "spearman": float(spearmanr(np.array(truth)[both], np.array(cheap)[both])[0]),
                "solved": int(np.isfinite(cheap).sum()),
                "ms": cheap_ms,
            }
    return rows


if __name__ == "__main__":
    print(json.dumps(table(*(int(value) for value in sys.argv[1:])), indent=1))
