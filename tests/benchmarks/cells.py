"""Cell evaluations beside plain PyBaMM: ``python -m tests.benchmarks.cells WHAT [N]``.

speed      the same designs built once and reused, rebuilt each by plain PyBaMM, and by PyBOP
           (in an environment of its own, ``rival_server``; skipped where that is not here)
robust     random designs and electrolytes up to 10C, how each ends
accuracy   energy against plain PyBaMM rebuilt at 80 points, for several of our meshes
bias       the error a discharge states of itself against its distance to 80 points
"""

from __future__ import annotations

import collections
import json
import sys
import time
from dataclasses import replace

import numpy as np

from experiments.errors import DesignFailed
from experiments.fidelity import FINE_MESH_POINTS
from experiments.recipe import ElectrolyteRecipe
from simulators.cell.discharge import discharge
from simulators.cell.mesh_error import other_runs
from simulators.cell.p2d_model import MeshSize
from tests.benchmarks.cell_rivals.pybop_process import pybop_cell
from tests.benchmarks.plain_pybamm import energy_Wh_per_m2, plain_discharge
from tests.benchmarks.random_designs import RandomCell, random_cells

POINTS = 20


def speed(n: int = 12) -> dict[str, object]:
    """Time fresh designs at up to 2.5C, all DFN-20: ours reused, the rivals as they come.

    Each design goes to all of them in turn, so that what else the machine does falls on all. CPU
    time of the process that solves; ratios are taken design by design.
    """
    cells = random_cells(n + 1, seed=1, c_rates=(0.5, 2.5))
    mesh = MeshSize.of(POINTS)
    discharge(cells[0].design, cells[0].conditions(mesh))
    pybop = pybop_cell("Chen2020", POINTS)
    if pybop is None:
        print("skipped: pybop, whose environment is not here", file=sys.stderr)
    else:
        pybop.discharge(cells[0].design, cells[0].conditions(mesh))
    seconds: dict[str, list[float]] = collections.defaultdict(list)
    energies: dict[str, list[float]] = collections.defaultdict(list)
    within = []
    for cell in cells[1:]:
        design, conditions = cell.design, cell.conditions(mesh)
        started, wall = time.process_time(), time.perf_counter()
        found = discharge(design, conditions)
        seconds["ours"].append(time.process_time() - started)
        within.append(found.integrator_s / (time.perf_counter() - wall))
        energies["ours"].append(found.energy_Wh_per_m2)
        started = time.process_time()
        energies["plain PyBaMM"].append(_plain(cell, POINTS))
        seconds["plain PyBaMM"].append(time.process_time() - started)
        if pybop is not None:
            cpu_s, energy = pybop.discharge(design, conditions)
            seconds[f"PyBOP {pybop.version}"].append(cpu_s)
            energies[f"PyBOP {pybop.version}"].append(energy)
    return {
        "n": n,
        "integrator_share": float(np.median(within)),
        **{name: _beside(seconds, energies, name) for name in seconds},
    }


def _beside(
    seconds: dict[str, list[float]], energies: dict[str, list[float]], name: str
) -> dict[str, float]:
    times, ratios = np.array(seconds[name]), np.array(seconds[name]) / np.array(seconds["ours"])
    off = np.abs(np.array(energies[name]) / np.array(energies["plain PyBaMM"]) - 1.0)
    return {
        "median_ms": 1e3 * float(np.median(times)),
        "largest_ms": 1e3 * float(np.max(times)),
        "times_ours": float(np.median(ratios)),
        "total_times_ours": float(np.sum(times) / np.sum(seconds["ours"])),
        "least_times_ours": float(np.min(ratios)),
        "energy_off_plain_median": float(np.nanmedian(off)),
        "failed": int(np.isnan(off).sum()),
    }


def robust(n: int = 1000) -> dict[str, object]:
    """Solve random designs up to 10C, their electrolyte varied too; count how each ended.

    ``retried`` needed more than one attempt.
    """
    ends: collections.Counter[str] = collections.Counter()
    retried = 0
    mesh = MeshSize.of(FINE_MESH_POINTS)
    rng = np.random.default_rng(7)
    for cell in random_cells(n, seed=2, c_rates=(0.05, 10.0)):
        conditions = replace(cell.conditions(mesh), electrolyte=_random_electrolyte(rng))
        try:
            found = discharge(cell.design, conditions)
        except DesignFailed as failed:
            ends[str(failed.kind)] += 1
            continue
        ends[found.termination] += 1
        retried += bool(found.fallbacks)
    return {"n": n, "lost": n - sum(ends.values()), "retried": retried, "ends": dict(ends)}


def _random_electrolyte(rng: np.random.Generator) -> ElectrolyteRecipe:
    """Return the set's own with 0.5 to 2 M salt and half to twice its transport."""
    return ElectrolyteRecipe(
        salt_mol_per_m3=float(rng.uniform(500.0, 2000.0)),
        conductivity_factor=float(np.exp(rng.uniform(-0.7, 0.7))),
        diffusivity_factor=float(np.exp(rng.uniform(-0.7, 0.7))),
        transference_factor=float(rng.uniform(0.7, 1.6)),
    )


def accuracy(n: int = 20) -> dict[str, object]:
    """Return per mesh the share of designs within 0.5% and 0.1% of plain PyBaMM at 80 points.

    Whether the electrolyte was depleted is told apart: there the rival has not converged either.
    """
    meshes = (10, 16, 20, 22, 24, 30, 40, 60, 80)
    errors: dict[int, list[float]] = {points: [] for points in meshes}
    depleted: list[bool] = []
    for cell in random_cells(n, seed=3, c_rates=(0.1, 2.5)):
        try:
            reference = _plain(cell, 80)
        except Exception as failed:  # noqa: BLE001 - the rival may fail as it likes
            print(f"plain PyBaMM failed: {type(failed).__name__}", file=sys.stderr)
            continue
        for points in meshes:
            found = discharge(cell.design, cell.conditions(MeshSize.of(points)))
            errors[points].append(abs(found.energy_Wh_per_m2 / reference - 1.0))
        depleted.append(bool(found.flags))
    is_depleted = np.array(depleted)
    return {
        "n": len(depleted),
        "depleted": int(is_depleted.sum()),
        **{
            str(points): {
                **_shares(np.array(found)),
                "not depleted": _shares(np.array(found)[~is_depleted]),
            }
            for points, found in errors.items()
        },
    }


def bias(n: int = 40) -> dict[str, object]:
    """Compare the stated error of energy with the distance to 80 points at a tighter tolerance.

    ``within 25%`` is the share of designs whose statement is within a quarter of the true error, or
    within a hundredth of a percent of the energy, which no bar is as fine as.
    """
    rows: dict[str, object] = {}
    cells = random_cells(n, seed=5, c_rates=(0.1, 2.5))
    exact = [
        discharge(cell.design, cell.conditions(MeshSize.of(80), rtol=1e-6)).energy_Wh_per_m2
        for cell in cells
    ]
    for points in (10, FINE_MESH_POINTS):
        stated, true, depleted = [], [], []
        for cell, energy in zip(cells, exact, strict=True):
            conditions = cell.conditions(MeshSize.of(points))
            own = discharge(cell.design, conditions)
            runs = other_runs(cell.design, conditions)
            if runs is not None:
                stated.append(runs.error(own, lambda run: run.energy_Wh_per_m2) / energy)
                true.append(own.energy_Wh_per_m2 / energy - 1.0)
                depleted.append(bool(own.flags))
        rows[f"{points} points"] = {
            group: _statement(np.array(stated)[chosen], np.array(true)[chosen])
            for group, chosen in (
                ("not depleted", ~np.array(depleted)),
                ("depleted", np.array(depleted)),
            )
        }
    return rows


def _statement(stated: np.ndarray, true: np.ndarray) -> dict[str, object]:
    miss = np.abs(stated - true)
    return {
        "n": len(true),
        "within 25%": float(np.mean((miss <= 0.25 * np.abs(true)) | (miss <= 1e-4))),
        "stated / true, 10%, 50%, 90%": np.quantile(stated / true, [0.1, 0.5, 0.9]).tolist(),
        "median true error": float(np.median(np.abs(true))),
        "median miss": float(np.median(miss)),
        "largest miss": float(np.max(miss)),
    }


def _shares(errors: np.ndarray) -> dict[str, float]:
    return {
        "within_0.5%": float(np.mean(errors < 5e-3)),
        "within_0.1%": float(np.mean(errors < 1e-3)),
        "median": float(np.median(errors)),
        "largest": float(np.max(errors)),
    }


def _plain(cell: RandomCell, mesh_points: int) -> float:
    conditions = cell.conditions(MeshSize.of(mesh_points))
    solution = plain_discharge(
        cell.design,
        power_W_per_m2=conditions.power_W_per_m2,
        resistance_Ohm_m2=conditions.resistance_Ohm_m2,
        temperature_K=conditions.temperature_K,
        parameter_set=conditions.parameter_set,
        mesh_points=mesh_points,
    )
    return energy_Wh_per_m2(solution, conditions.power_W_per_m2)


if __name__ == "__main__":
    chosen = sys.argv[1:2] or ["speed"]
    arguments = [int(argument) for argument in sys.argv[2:]]
    run = {"speed": speed, "robust": robust, "accuracy": accuracy, "bias": bias}[chosen[0]]
    print(json.dumps(run(*arguments), indent=1))
