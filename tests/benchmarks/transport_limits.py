"""How far apart conductivities and edges may lie: ``python -m tests.benchmarks.transport_limits``.

contrast [N]    share of N random structures, and crops of the tomogram, that reach a tolerance of
                1e-3, by the ratio of their two conductivities
stretch [N]     the same by the ratio of the longest to the shortest edge of a voxel
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from experiments.errors import CellwrightError
from simulators.properties import transport
from simulators.properties.conduction import conductivity_table
from simulators.properties.transport import solve_conduction
from tests.simulators.properties.random_structures import FAMILIES

EDGE = 24
CROP = 96
FOLDER = Path(os.environ.get("CELLWRIGHT_SHARED_DATA", "../shared/data"))


def structures(n: int) -> Iterator[np.ndarray]:
    """Yield volumes of an insulator (0), a poor (1) and a good conductor (2)."""
    for seed in range(n):
        family = FAMILIES[seed % len(FAMILIES)]
        rng = np.random.default_rng([7, seed])
        shape = (EDGE,) * 3
        field = family(shape, rng) + 1e-6 * rng.random(shape)
        rank = field.argsort(axis=None).argsort().reshape(shape) / field.size
        good, poor = sorted(rng.uniform(0.1, 0.9, 2))
        yield np.select([rank < good, rank < poor], [2, 1], 0).astype(np.uint8)


def crops() -> Iterator[np.ndarray]:
    """Yield parts of the tomogram, whose binder is a network of thin films."""
    path = FOLDER / "nmc_cathode_ct.tif"
    if path.is_file():
        image = tifffile.imread(path).astype(np.uint8)
        for start in (0, 100, 200):
            yield np.ascontiguousarray(image[:CROP, :CROP, start : start + CROP])


def outcome(labels: np.ndarray, contrast: float, stretch: float) -> tuple[bool, int]:
    """Return whether the tolerance was reached, and in how many iterations."""
    present = np.unique(labels)
    values = {label: v for label, v in ((1, 1 / contrast), (2, 1.0)) if label in present}
    try:
        found = solve_conduction((labels, values), voxel_size_m=(stretch, 1.0, 1.0), axis=0)
    except CellwrightError:
        return False, 0
    return found.is_converged, found.iterations


def table(volumes: list[np.ndarray], settings: list[tuple[float, float]]) -> list[dict[str, Any]]:
    rows = []
    for contrast, stretch in settings:
        done = [outcome(labels, contrast, stretch) for labels in volumes]
        rows.append(
            {
                "contrast": contrast,
                "stretch": stretch,
                "structures": len(done),
                "reached": sum(is_reached for is_reached, _ in done),
                "median_iterations": float(np.median([n for _, n in done])),
                "most_iterations": max(n for _, n in done),
            }
        )
    return rows


def main(what: str, n: int = 150) -> dict[str, Any]:
    """Measure beyond the limits, too: they are lifted here."""
    conductivity_table.MOST_CONTRAST = float("inf")
    transport.MOST_STRETCHED = float("inf")
    settings = {
        "contrast": [(10.0**decades, 1.0) for decades in range(2, 8)],
        "stretch": [(contrast, stretch) for contrast in (1e2, 1e4) for stretch in (5, 20, 50, 100)],
    }[what]
    return {
        "random": table(list(structures(n)), settings),
        "tomogram": table(list(crops()), settings),
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], *map(int, sys.argv[2:])), indent=2))
