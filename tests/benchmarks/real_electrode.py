"""Generated volumes beside the real CT: ``python -m tests.benchmarks.real_electrode [N [SIZE]]``.

The recipe was fitted by hand to the image (fractions, size, shape, calendering, binder); the table
shows what comes of N seeds that had no part in the fit.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

from experiments.generation import VolumeRequest
from simulators.microstructure.composition import recipe_from_fractions
from simulators.microstructure.image_file import read_labels
from simulators.microstructure.likeness import Likeness, compare
from simulators.microstructure.stochastic import StochasticGenerator
from simulators.microstructure.voxels import Voxels

VOXEL_SIZE_M = 0.398e-6
"""Usually quoted for this image."""
OPTIONS: dict[str, float | int | str | bool] = {
    "placement": "overlapping",
    "penetration": 0.14,
    "binder_bridging": 0.8,
    "binder_cluster_m": 1.5e-6,
}
"""CT cannot tell touching particles apart, so they come merged."""


def request(image: Voxels, n_voxels: int, seed: int) -> VolumeRequest:
    """Return the fitted electrode at the image's fractions and voxel size."""
    share = image.volume_fraction
    recipe = recipe_from_fractions(
        pore=share["pore"],
        active=share["active"],
        binder=share["binder"],
        thickness_m=100e-6,
        particle_d50_m=10.7e-6,
    ).model_copy(
        update={
            "particle_spread": 0.3,
            "particle_elongation": 1.6,
            "particle_flatness": 2.2,
            "orientation_a1": 1.2,
            "binder_adhesion": 0.55,
            "calender_from_porosity": 0.58,
        }
    )
    return VolumeRequest(
        recipe=recipe,
        shape=(n_voxels,) * 3,
        voxel_size_m=image.voxel_size_m[0],
        seed=seed,
        options=OPTIONS,
    )


def likeness(
    folder: Path, *, seeds: range, n_voxels: int, every: int = 1, tolerance: float = 5e-3
) -> tuple[Likeness, ...]:
    """Compare; ``every`` 2 takes every second voxel of the image and twice the voxel size."""
    image = read_labels(folder / "nmc_cathode_ct.tif", None, VOXEL_SIZE_M)
    labels = np.ascontiguousarray(image.labels[:250:every, :300:every, :300:every])
    image = Voxels(labels=labels, voxel_size_m=(every * VOXEL_SIZE_M,) * 3)
    n_threads = os.cpu_count() or 1
    generator = StochasticGenerator(n_threads=n_threads)
    generated = [generator.generate(request(image, n_voxels, seed)) for seed in seeds]
    return compare(image, generated, tolerance=tolerance, n_threads=n_threads)


if __name__ == "__main__":
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    size = int(sys.argv[2]) if len(sys.argv) > 2 else 192
    repository = Path(__file__).resolve().parents[2]
    shared = os.environ.get("CELLWRIGHT_SHARED_DATA", repository.parent / "shared" / "data")
    print(f"{'quantity':34}{'image':>11}{'generated':>11}{'scatter':>10}{'difference':>12}")
    for row in likeness(Path(shared), seeds=range(1000, 1000 + n), n_voxels=size):
        print(
            f"{row.quantity:34}{row.image:11.3g}{row.generated:11.3g}{row.scatter:10.2g}"
            f"{row.difference:+12.1%}"
        )
