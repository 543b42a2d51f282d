"""The frozen electrode problems: a 4680's specific energy by tables of 4,096 designs.

``electrode_tables`` made them. Between its points a table is a cubic spline, and that spline is the
problem: its optimum is known, and asking it takes microseconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from scipy.interpolate import RegularGridInterpolator
from scipy.optimize import minimize

from tests.benchmarks.electrode_tables import POWERS_W, TABLES

COST_RATIO: Final = 6.0
"""What an evaluation at the fine level costs beside one at the coarse level: 1.60 s of one thread
for 2 volumes of 96³ and 22 mesh points, 0.26 s for one of 64³ and 10 (four designs, measured)."""
N_LOOK: Final = 41
"""Points along each variable among which the optimum's starting points are looked for."""


@dataclass(frozen=True)
class Electrode:
    """One problem: specific energy in Wh/kg over the unit cube of ``electrode_tables.BOX``."""

    name: str
    target: Callable[[np.ndarray], float]
    best: float
    noise_sd: float
    cheap: Callable[[np.ndarray], float] | None = None
    cheap_noise_sd: float = 0.0


def read_electrodes() -> list[Electrode]:
    """Return the problems at three powers, each alone and with its coarse level, and the liar.

    The liar's cheap level is the single-particle model at the highest power, which knows no
    electrolyte and ranks thick, dense electrodes first.
    """
    with np.load(TABLES) as tables:
        about = json.loads(str(tables["about"]))
        found = {name: tables[name].astype(float) for name in tables.files if name != "about"}
    problems = []
    for power_W in POWERS_W:
        name = f"{power_W:g}W"
        fine, best = _spline(found[f"fine_{name}"]), _best(name)
        noise_sd = about["noise_sd"][f"fine_{name}"]
        problems.append(Electrode(f"electrode_{name}", fine, best, noise_sd))
        coarse = _spline(found[f"coarse_{name}"])
        cheap_sd = about["noise_sd"][f"coarse_{name}"]
        problems.append(
            Electrode(f"electrode_{name}_coarse", fine, best, noise_sd, coarse, cheap_sd)
        )
    worst = POWERS_W[-1]
    last = problems[-1]
    liar = _spline(found[f"spm_{worst:g}W"])
    problems.append(
        Electrode(f"electrode_{worst:g}W_spm", last.target, last.best, last.noise_sd, liar)
    )
    return problems


def rank_correlation(cheap: str, target: str) -> float:
    """Return Spearman's correlation of two tables over all their designs."""
    from scipy.stats import spearmanr

    with np.load(TABLES) as tables:
        return float(spearmanr(tables[cheap].ravel(), tables[target].ravel())[0])


def describe() -> Iterator[str]:
    """Yield the rows of the table in docs/benchmarks.md."""
    for problem in read_electrodes():
        if problem.cheap is None:
            name = problem.name.rpartition("_")[2]
            with np.load(TABLES) as tables:
                fine = tables[f"fine_{name}"]
            share = float((fine >= 0.99 * problem.best).mean())
            yield (
                f"| {name} | {problem.best:.1f} | {problem.noise_sd:.2f} "
                f"| {rank_correlation(f'coarse_{name}', f'fine_{name}'):.2f} | {share:.1%} |"
            )
    worst = f"{POWERS_W[-1]:g}W"
    yield f"SPM at {worst}: {rank_correlation(f'spm_{worst}', f'fine_{worst}'):.2f}"


def _spline(values: np.ndarray) -> Callable[[np.ndarray], float]:
    axes = [np.linspace(0.0, 1.0, n) for n in values.shape]
    spline = RegularGridInterpolator(axes, values, method="cubic")

    def truth(x: np.ndarray) -> float:
        return float(spline(np.clip(x, 0.0, 1.0))[0])

    return truth


@cache
def _best(power: str) -> float:
    """Return the spline's largest value, from the best starting points of a grid."""
    with np.load(TABLES) as tables:
        values = tables[f"fine_{power}"].astype(float)
    axes = [np.linspace(0.0, 1.0, n) for n in values.shape]
    spline = RegularGridInterpolator(axes, values, method="cubic")
    look = np.stack(np.meshgrid(*[np.linspace(0, 1, N_LOOK)] * 3, indexing="ij"), -1).reshape(-1, 3)
    seen = spline(look)
    found = [
        -minimize(
            lambda x: -spline(np.clip(x, 0, 1))[0], look[i], bounds=[(0, 1)] * 3, method="L-BFGS-B"
        ).fun
        for i in np.argsort(seen)[-5:]
    ]
    return float(max(*found, seen.max()))
