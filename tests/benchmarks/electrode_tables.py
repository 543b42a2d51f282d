"""The electrode problem as frozen tables: what a 4680 gives at three powers, over its coating.

    python -m tests.benchmarks.electrode_tables measure     (about ten minutes of one core, resumes)
    python -m tests.benchmarks.electrode_tables tabulate    (about twenty)
    python -m tests.benchmarks.electrode_tables describe

The first draws random structures at both levels and measures them as a campaign does. The second
fits their properties (cubic in active material and porosity; what is left is the scatter between
structures) and takes 16 x 16 x 16 designs through P2D: ``electrode_tables.npz``, 4,096 points a
table. ``decision_electrode_4680`` reads them. No constraint is needed: every design of the box can
be made and conducts.
"""

from __future__ import annotations

import itertools
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.stats import qmc

from experiments.cell_spec import CellSpec
from experiments.errors import DesignFailed
from experiments.fidelity import Fidelity
from experiments.physics import Physics
from experiments.properties import AxisTransport, EffectiveProperties
from experiments.recipe import ElectrodeRecipe, Recipe

BOX: Final = ((94.0, 97.0), (0.25, 0.45), (40.0, 120.0))
"""Active material in wt%, porosity, thickness in µm."""
POWERS_W: Final = (45.0, 120.0, 200.0)
"""Of the whole cell: about 0.5C, 1.4C and 2.4C."""
N_GRID: Final = 16
N_STRUCTURES: Final = {"fine": 200, "coarse": 200}
FINE: Final = Fidelity(name="fine", voxels=96, volumes=2, voxel_size_um=0.4, mesh_points=22)
COARSE: Final = Fidelity(name="coarse", voxels=64, volumes=1, voxel_size_um=0.6, mesh_points=10)
LEVELS: Final = {level.name: level for level in (FINE, COARSE)}
MEASURED: Final = ("pore", "solid", "area", "radius")
N_NOISE: Final = 24
"""Designs at which the scatter of structures is taken through P2D."""
HERE: Final = Path(__file__).resolve().parent
TABLES: Final = HERE / "electrode_tables.npz"
FOLDER: Final = Path("build/benchmarks/electrode_tables")


def recipe_of(active_wt_pct: float, porosity: float, thickness_um: float = 80.0) -> Recipe:
    """Return the coating; what is not active is half binder, half carbon, as in the quickstart."""
    rest = (100.0 - active_wt_pct) / 2.0
    return Recipe(
        positive=ElectrodeRecipe(
            active_wt_pct=active_wt_pct,
            binder_wt_pct=rest,
            carbon_wt_pct=100.0 - active_wt_pct - rest,
            porosity=porosity,
            thickness_m=thickness_um * 1e-6,
            particle_d50_m=6e-6,
        )
    )


def measure(level: Fidelity, i: int, active_wt_pct: float, porosity: float) -> dict[str, Any]:
    """Return what one random structure of a coating is: transport, area, particle radius."""
    from agents.stages import characterize, generate
    from experiments.campaign import PartChoice
    from experiments.generation import VolumeRequest

    request = VolumeRequest(
        recipe=recipe_of(active_wt_pct, porosity).positive,
        shape=(level.voxels,) * 3,
        voxel_size_m=level.voxel_size_m,
        seed=i,
    )
    kept = generate(PartChoice(name="stochastic"), request)
    found = characterize(kept.large, kept.value, Physics())
    assert found.particle_radius_m is not None
    return {
        "i": i,
        "active": active_wt_pct,
        "porosity": porosity,
        "pore": found.pore_transport["0"].relative,
        "solid": found.solid_transport["0"].relative,
        "area": found.interface_area_per_m["pore-active"],
        "radius": found.particle_radius_m,
    }


def measure_all(folder: Path) -> None:
    """Measure every structure that is not measured yet, one line each."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, level in LEVELS.items():
        path = folder / f"{name}.jsonl"
        lines = path.read_text().splitlines() if path.is_file() else []
        known = {json.loads(line)["i"] for line in lines}
        unit = qmc.Sobol(2, seed=4680 + len(name)).random(256)[: N_STRUCTURES[name]]
        with path.open("a") as file:
            for i, (u, v) in enumerate(unit):
                if i not in known:
                    active, porosity = (
                        low + w * (high - low)
                        for w, (low, high) in zip((u, v), BOX[:2], strict=True)
                    )
                    row = measure(level, i, float(active), float(porosity))
                    file.write(json.dumps(row) + "\n")
                    file.flush()


class Properties:
    """Smooth properties of a level over (active material, porosity), and the scatter about them."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._low = np.array([low for low, _ in BOX[:2]])
        self._width = np.array([high - low for low, high in BOX[:2]])
        x = np.array([[row["active"], row["porosity"]] for row in rows])
        y = np.log([[row[name] for name in MEASURED] for row in rows])
        terms = self._terms(x)
        self._weights = np.linalg.lstsq(terms, y, rcond=None)[0]
        rest = y - terms @ self._weights
        self.scatter = np.cov(rest.T) * (len(rows) - 1) / (len(rows) - terms.shape[1])
        """Covariance of the logarithms between single structures."""

    def at(self, active_wt_pct: float, porosity: float) -> np.ndarray:
        """Return the logarithms of ``MEASURED``."""
        found: np.ndarray = self._terms(np.array([[active_wt_pct, porosity]]))[0] @ self._weights
        return found

    def _terms(self, x: np.ndarray) -> np.ndarray:
        u, v = ((x - self._low) / self._width).T
        return np.stack([u**p * v**q for p in range(4) for q in range(4 - p)], axis=1)


def energy_Wh_per_kg(
    design: tuple[float, float, float],
    logarithms: np.ndarray,
    power_W: float,
    model: str,
    mesh_points: int,
) -> float:
    """Return the whole cell's specific energy; NaN where the model cannot solve the design."""
    from simulators.cell.evaluate import evaluate_cell
    from simulators.microstructure.composition import compose

    recipe = recipe_of(*design)
    pore, solid, area, radius = np.exp(logarithms)
    properties = EffectiveProperties(
        shape=(8, 8, 8),
        voxel_size_m=(1e-6, 1e-6, 1e-6),
        volume_fraction={
            str(k): v for k, v in compose(recipe.positive).phase_fraction.items() if v > 0
        },
        percolating_fraction={},
        pore_transport={"0": AxisTransport(relative=pore, lower=pore, upper=pore)},
        solid_transport={"0": AxisTransport(relative=solid, lower=solid, upper=solid)},
        interface_area_per_m={"pore-active": area},
        particle_radius_m=radius,
    )
    key = "specific_energy_Wh_per_kg"
    try:
        found = evaluate_cell(
            CellSpec(),
            recipe,
            properties,
            power_W=power_W,
            model=model,
            mesh_points=mesh_points,
            physics=Physics(),
            wanted=(key,),
            with_details=False,
            with_bias=False,
        )
    except DesignFailed:
        return float("nan")
    return float(found.metrics[key])


def grid() -> list[tuple[float, float, float]]:
    """Return the designs of a table, the last variable fastest."""
    edges = [np.linspace(low, high, N_GRID) for low, high in BOX]
    return [(float(a), float(e), float(t)) for a, e, t in itertools.product(*edges)]


def _column(task: tuple[str, float, str, int]) -> list[float]:
    """Return one table, flat."""
    level, power_W, model, points = task
    properties = _properties(level)
    return [energy_Wh_per_kg(d, properties.at(*d[:2]), power_W, model, points) for d in grid()]


def _noise(level: str, power_W: float) -> float:
    """Return how far single observations of a level scatter: root mean square over designs."""
    fidelity, properties = LEVELS[level], _properties(level)
    rng = np.random.default_rng(1)
    squares = []
    for u in qmc.Sobol(3, seed=1).random(32)[:N_NOISE]:
        design = tuple(float(low + w * (high - low)) for w, (low, high) in zip(u, BOX, strict=True))
        mean = properties.at(*design[:2])
        drawn = rng.multivariate_normal(mean, properties.scatter / fidelity.volumes)
        pair = [
            energy_Wh_per_kg(design, logs, power_W, fidelity.model, fidelity.mesh_points)
            for logs in (mean, drawn)
        ]
        squares.append((pair[1] - pair[0]) ** 2)
    return float(np.sqrt(np.nanmean(squares)))


def _properties(level: str) -> Properties:
    lines = (FOLDER / f"{level}.jsonl").read_text().splitlines()
    return Properties([json.loads(line) for line in lines])


def tabulate(n_processes: int) -> None:
    """Write the tables."""
    tasks = {
        f"{name}_{power:g}W": (name, power, level.model, level.mesh_points)
        for name, level in LEVELS.items()
        for power in POWERS_W
    }
    tasks["spm_200W"] = ("fine", 200.0, "SPM", FINE.mesh_points)
    with ProcessPoolExecutor(n_processes) as pool:
        columns = dict(zip(tasks, pool.map(_column, tasks.values()), strict=True))
    tables = {
        name: np.array(values, np.float32).reshape((N_GRID,) * 3)
        for name, values in columns.items()
    }
    noise = {f"{name}_{power:g}W": _noise(name, power) for name in LEVELS for power in POWERS_W} | {
        "spm_200W": 0.0
    }
    scatter = {name: np.sqrt(np.diag(_properties(name).scatter)).tolist() for name in LEVELS}
    about = {"box": BOX, "noise_sd": noise, "property_scatter": scatter, "measured": MEASURED}
    np.savez_compressed(TABLES, about=np.array(json.dumps(about)), **tables)
    for name, values in tables.items():
        print(
            f"{name}: {np.nanmin(values):.1f} to {np.nanmax(values):.1f} Wh/kg, "
            f"{int(np.isnan(values).sum())} unsolved, noise {noise[name]:.2f}"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["measure"]:
        measure_all(FOLDER)
    elif sys.argv[1:2] == ["describe"]:
        from tests.benchmarks.decision_tables import describe

        print("\n".join(describe()))
    else:
        tabulate(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
