"""Morphology beside PoreSpy: ``python -m tests.benchmarks.characterization WHAT``.

speed [N]    the same N³ of a real or random image, ours and PoreSpy's, processor seconds
accuracy     interface areas of analytic shapes, ours and two usual estimators
whole [N]    everything ``characterize`` prints on N³ three-phase voxels: seconds and peak memory

Processor seconds are shown beside wall seconds because the ratio of the former is steady on a busy
machine.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from skimage.measure import marching_cubes, mesh_surface_area

from simulators.microstructure.image_file import read_labels
from simulators.microstructure.voxels import Voxels
from simulators.properties import characterize_fully
from simulators.properties.interface_area import interface_areas_per_m
from simulators.properties.particles import separate_particles
from simulators.properties.pore_size import continuous_size_distribution
from simulators.properties.two_point import two_point_correlation
from tests.simulators.properties.shapes import (
    ball,
    gaussian_field,
    random_directions,
    signed_distance_to_plane,
)

ONE = (1.0, 1.0, 1.0)


def image(n: int) -> Voxels:
    """Return N³ of the shared generated cathode where it is, else of a cut Gaussian field."""
    folder = Path(os.environ.get("CELLWRIGHT_SHARED_DATA", "../shared/data"))
    path = folder / "nmc_cathode_generated.tif"
    if path.is_file() and n <= 256:
        whole = read_labels(path, {"pore": 0, "active": 85, "binder": 170}, 1e-7)
        return Voxels(np.ascontiguousarray(whole.labels[:n, :n, :n]), whole.voxel_size_m)
    labels = np.digitize(gaussian_field((n,) * 3, 4, 0), [0.1, 1.0]).astype(np.uint8)
    return Voxels(labels, (1e-7,) * 3)


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return the result, processor seconds and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return result, time.process_time() - cpu, time.perf_counter() - wall


def speed(n: int = 128) -> list[dict[str, Any]]:
    """Time what both do, on the pores and the particles of one image."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import porespy

    porespy.settings.tqdm["disable"] = True
    voxels = image(n)
    pore, active = voxels.labels == 0, voxels.labels == 1
    warm_up = gaussian_field((24,) * 3, 2, 0) > 0
    continuous_size_distribution(warm_up, ONE)
    separate_particles(warm_up, ONE)
    two_point_correlation(warm_up.astype(np.uint8), 0, 1.0, n_phases=2)
    porespy.filters.local_thickness(warm_up)
    rows = []
    for what, ours, theirs in (
        (
            "mean pore radius / voxels",
            lambda: continuous_size_distribution(pore, ONE).mean_radius_m,
            lambda: float(porespy.filters.local_thickness(pore)[pore].mean()),
        ),
        (
            "particles",
            lambda: separate_particles(active, ONE).volume_m3.size,
            lambda: int(porespy.filters.snow_partitioning(active).regions.max()),
        ),
        (
            "S2 of the pores, lag 8",
            lambda: np.mean([s2_at_8(voxels.labels, axis) for axis in range(3)]),
            lambda: rival_s2_at_8(porespy, pore),
        ),
    ):
        our_value, our_cpu, our_wall = timed(ours)
        their_value, their_cpu, their_wall = timed(theirs)
        rows.append(
            {
                "what": what,
                "ours": float(our_value),
                "porespy": float(their_value),
                "ours_cpu_s": our_cpu,
                "porespy_cpu_s": their_cpu,
                "ours_wall_s": our_wall,
                "porespy_wall_s": their_wall,
                "times_less_cpu": their_cpu / our_cpu,
            }
        )
    return rows


def s2_at_8(labels: np.ndarray, axis: int) -> float:
    """Return our two-point probability of the pores eight voxels apart."""
    return float(two_point_correlation(labels, axis, 1.0, n_phases=3)[0].probability[8])


def rival_s2_at_8(porespy: Any, pore: np.ndarray) -> float:
    """Return PoreSpy's; it is normalised by the porosity and averaged over directions."""
    found = porespy.metrics.two_point_correlation(pore, bins=pore.shape[0] // 2)
    return float(np.interp(8, found.distance, found.probability) * pore.mean())


def accuracy() -> list[dict[str, Any]]:
    """Return relative errors of areas: ours, marching cubes on the labels, and face counting."""
    rows = []
    for radius in (8, 12, 20):
        n = 2 * radius + 8
        mask = ball(n, (n / 2 + 0.2, n / 2 - 0.3, n / 2 + 0.1), radius)
        rows.append(_errors(f"ball of radius {radius}", mask, 4 * np.pi * radius**2))
    for thickness in (1, 2, 3):
        mask = np.zeros((48, 48, 48), bool)
        mask[20 : 20 + thickness] = True
        rows.append(_errors(f"slab of {thickness}", mask, 2 * 48**2))
    for i, normal in enumerate(random_directions(3, 0)):
        inside = ball(64, (31.5, 31.5, 31.5), 24)
        half = inside & (signed_distance_to_plane(64, normal) > 0)
        area = 3 * np.pi * 24**2
        rows.append(_errors(f"half ball {i}, tilted cut", half, area))
    return rows


def _errors(what: str, mask: np.ndarray, exact: float) -> dict[str, Any]:
    labels = mask.astype(np.uint8)
    corner, triangle, _, _ = marching_cubes(mask.astype(np.float32), 0.5)
    counted = interface_areas_per_m(labels, ONE, n_phases=2, estimator="face_count")[0, 1]
    ours = interface_areas_per_m(labels, ONE, n_phases=2)[0, 1]
    return {
        "what": what,
        "ours": float(ours) * labels.size / exact - 1,
        "marching_cubes": float(mesh_surface_area(corner, triangle)) / exact - 1,
        "face_count": float(counted) * labels.size / exact - 1,
    }


def whole(n: int = 256) -> dict[str, Any]:
    """Measure everything that ``characterize`` prints, once the kernels are compiled."""
    voxels = image(n)
    small = Voxels(np.ascontiguousarray(voxels.labels[:40, :40, :40]), voxels.voxel_size_m)
    options = {
        "binder_ion_diffusivity": 0.0,
        "solid_conductivity": {"active": 8e-4, "binder": 1.0},
    }
    characterize_fully(small, **options)
    found, cpu_s, wall_s = timed(lambda: characterize_fully(voxels, **options))
    return {
        "voxels": n**3,
        "cpu_s": cpu_s,
        "wall_s": wall_s,
        "peak_memory_GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
        "tortuosity_factor": found.properties.pore_transport["0"].tortuosity_factor,
        "load_average": os.getloadavg()[0],
    }


if __name__ == "__main__":
    WHAT = {"speed": speed, "accuracy": accuracy, "whole": whole}
    print(json.dumps(WHAT[sys.argv[1]](*map(int, sys.argv[2:])), indent=2))
