"""Generation beside PoreSpy's nearest generators: ``python -m tests.benchmarks.generation WHAT``.

rivals     128³ with a thousand particles and binder, beside PoreSpy without binder, in one run
scaling    64³ … 256³ (512³ with ``scaling 512``) at fixed particle size in voxels: cost per voxel
memory     peak bytes a voxel of one generation at 256³ (or ``memory N``)

Times are wall and processor seconds of this process; on a busy machine compare the processor's.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable

import numpy as np

from experiments.generation import VolumeRequest
from experiments.recipe import ElectrodeRecipe
from simulators.microstructure.stochastic import StochasticGenerator

VOXEL_SIZE_M = 0.4e-6
RECIPE = ElectrodeRecipe(
    active_wt_pct=94.0,
    binder_wt_pct=3.0,
    carbon_wt_pct=3.0,
    porosity=0.3,
    thickness_m=75e-6,
    particle_d50_m=6e-6,
)


def request(n_voxels: int, seed: int = 1) -> VolumeRequest:
    """Return a cube of the quickstart's coating; 128³ holds about a thousand particles."""
    return VolumeRequest(recipe=RECIPE, shape=(n_voxels,) * 3, voxel_size_m=VOXEL_SIZE_M, seed=seed)


def timed(work: Callable[[], object], repeats: int = 3) -> dict[str, float]:
    """Return the best wall and processor seconds of some repeats."""
    found = []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        found.append((time.perf_counter() - wall, time.process_time() - cpu))
    return {"wall_s": min(w for w, _ in found), "cpu_s": min(c for _, c in found)}


def rivals() -> dict[str, object]:
    """Time ours with particles and binder, and PoreSpy's generators with particles alone."""
    import porespy

    generator = StochasticGenerator(n_threads=os.cpu_count() or 1)
    generator.generate(request(32))
    voxels = generator.generate(request(128))
    radius = round(voxels.statistics["equivalent_radius_m"] / VOXEL_SIZE_M)
    void = 1.0 - voxels.volume_fraction["active"]
    shape = [128, 128, 128]
    return {
        "ours": {
            **timed(lambda: generator.generate(request(128))),
            "n_particles": voxels.statistics["n_particles"],
            "active": voxels.volume_fraction["active"],
            "binder": voxels.volume_fraction["binder"],
            "overlap_factor": voxels.statistics["overlap_factor"],
        },
        "porespy overlapping_spheres": _porespy(
            lambda: porespy.generators.overlapping_spheres(
                shape=shape, r=radius, porosity=void, seed=1
            )
        ),
        "porespy polydisperse_spheres": _porespy(
            lambda: porespy.generators.polydisperse_spheres(
                shape=shape, porosity=void, dist=_sizes(radius), nbins=5, r_min=3, seed=1
            )
        ),
        "porespy pseudo_gravity_packing": _porespy(
            lambda: (
                porespy.generators.pseudo_gravity_packing(
                    shape=shape, r=radius, maxiter=100_000, seed=1
                )
                == 0
            ),
            repeats=1,
        ),
    }


def _sizes(radius: float) -> object:
    from scipy import stats

    return stats.lognorm(s=RECIPE.particle_spread, scale=radius)


def _porespy(work: Callable[[], np.ndarray], repeats: int = 2) -> dict[str, float]:
    """Return times and the delivered active fraction (PoreSpy's True is void)."""
    return {"active": 1.0 - float(np.mean(np.asarray(work()) > 0)), **timed(work, repeats)}


def scaling(largest: int = 256) -> list[dict[str, float]]:
    """Time cubes of rising size; linear cost is a constant last column."""
    generator = StochasticGenerator(n_threads=os.cpu_count() or 1)
    generator.generate(request(32))
    rows = []
    for n in (64, 128, 256, 512):
        if n <= largest:
            found = timed(lambda n=n: generator.generate(request(n)), 3 if n <= 128 else 1)
            rows.append({"n": n, **found, "cpu_ns_per_voxel": 1e9 * found["cpu_s"] / n**3})
    return rows


def memory(n_voxels: int = 256) -> dict[str, float]:
    """Return the rise of this process's resident memory at its peak, per voxel."""
    generator = StochasticGenerator(n_threads=os.cpu_count() or 1)
    generator.generate(request(32))
    before = _resident_bytes()
    peak = before
    is_done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not is_done.wait(0.005):
            peak = max(peak, _resident_bytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    voxels = generator.generate(request(n_voxels))
    is_done.set()
    watcher.join()
    return {
        "n": n_voxels,
        "bytes_per_voxel": (peak - before) / voxels.labels.size,
        "peak_rss_MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _resident_bytes() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    what = {"rivals": rivals, "scaling": scaling, "memory": memory}[sys.argv[1]]
    print(json.dumps(what(*(int(value) for value in sys.argv[2:])), indent=2))
