"""Transport beside TauFactor 1.2.1: ``python -m tests.benchmarks.transport WHAT [REPEATS]``.

pore128 pore256 solid128 batch   the same work by both in one run, seconds and ratios (medians)
traffic [EDGE]                   bytes our sweeps move, against the machine's copy bandwidth
memory [EDGE]                    bytes a voxel that a solve allocates, the given labels included
whole_image                      τ of the shared tomogram and of its usual crop, three axes

TauFactor runs with its own defaults (flux spread 1e-2), ours to a certified 0.1%. Both may use all
cores. Processor seconds stand beside wall seconds: their ratio is steady on a busy machine.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import statistics
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from simulators.properties.batch import solve_batch
from simulators.properties.slabs import available_cores, run_slabs
from simulators.properties.transport import Conduction, solve_conduction

FOLDER = Path(os.environ.get("CELLWRIGHT_SHARED_DATA", "../shared/data"))
PORE = {0: 1.0}
SOLID = {1: 1e-3, 2: 1.0}
"""Active 1e-3, binder 1."""
N_BATCH = 32

Labels = NDArray[np.uint8]


def generated(edge: int) -> Labels:
    """Return the corner of the shared generated cathode: 0 pore, 1 active, 2 binder."""
    image = tifffile.imread(FOLDER / "nmc_cathode_generated.tif")[:edge, :edge, :edge]
    return np.ascontiguousarray((image // 85).astype(np.uint8))


def parts(edge: int, count: int) -> list[Labels]:
    """Cut the shared generated cathode into cubes."""
    image = generated(256)
    corners = np.ndindex(*(n // edge for n in image.shape))
    cubes = [
        np.ascontiguousarray(image[tuple(slice(i * edge, (i + 1) * edge) for i in corner)])
        for corner in corners
    ]
    return cubes[:count]


def rivals() -> Any:
    """Import TauFactor, which warns and prints a great deal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import taufactor
        import torch
    torch.set_num_threads(available_cores())
    return taufactor


def by_solver(images: NDArray[np.uint8]) -> Any:
    """Solve the pores (1) of one image or a batch by TauFactor's binary solver."""
    solver = rivals().Solver(images, device="cpu")
    with contextlib.redirect_stdout(io.StringIO()):
        return np.asarray(solver.solve(verbose=False, iter_limit=100_000))


def by_multi_phase_solver(labels: Labels) -> Any:
    """Solve the two conductors by TauFactor's multi-phase solver (ends one voxel further)."""
    solver = rivals().MultiPhaseSolver(labels, SOLID, device="cpu")
    with contextlib.redirect_stdout(io.StringIO()):
        return np.asarray(solver.solve(verbose=False, iter_limit=100_000))


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return the result, wall seconds and processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def beside(
    ours: Callable[[], list[Conduction]], theirs: Callable[[], Any], repeats: int
) -> dict[str, Any]:
    """Run both in turn; return medians and ratios."""
    seconds: dict[str, list[float]] = {"o": [], "oc": [], "t": [], "tc": []}
    for _ in range(repeats):
        for name, work in (("o", ours), ("t", theirs)):
            value, wall, cpu = timed(work)
            seconds[name].append(wall)
            seconds[name + "c"].append(cpu)
            if name == "o":
                found = value
            else:
                rival = value
    middle = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "ours_wall_s": middle["o"],
        "taufactor_wall_s": middle["t"],
        "times_faster": middle["t"] / middle["o"],
        "ours_cpu_s": middle["oc"],
        "taufactor_cpu_s": middle["tc"],
        "times_less_cpu": middle["tc"] / middle["oc"],
        "repeats": repeats,
        "tortuosity": [result.tortuosity_factor for result in found][:3],
        "taufactor_tortuosity": np.atleast_1d(rival)[:3].tolist(),
        "widest_interval": max(1 - result.lower / result.upper for result in found),
        "iterations": max(result.iterations for result in found),
        "load_average": os.getloadavg()[0],
    }


def pore(edge: int, repeats: int) -> dict[str, Any]:
    """Solve the pores along one axis."""
    labels = generated(edge)
    solve_conduction((labels[:40, :40, :40], PORE))
    binary = (labels == 0).astype(np.uint8)
    return beside(lambda: [solve_conduction((labels, PORE))], lambda: by_solver(binary), repeats)


def solid(edge: int, repeats: int) -> dict[str, Any]:
    """Solve binder and active phase together along one axis."""
    labels = generated(edge)
    solve_conduction((labels[:40, :40, :40], SOLID))
    return beside(
        lambda: [solve_conduction((labels, SOLID))],
        lambda: by_multi_phase_solver(labels),
        repeats,
    )


def batch(edge: int, repeats: int) -> dict[str, Any]:
    """Solve the pores of many cubes."""
    cubes = parts(edge, N_BATCH)
    solve_conduction((cubes[0], PORE))
    binary = np.stack([(cube == 0).astype(np.uint8) for cube in cubes])
    return beside(
        lambda: solve_batch([(cube, PORE) for cube in cubes]),
        lambda: by_solver(binary),
        repeats,
    )


SET_UP_BYTES = 15
"""Per voxel: labels counted, runs found and joined, flags painted, degrees, merged faces."""
LOOK_BYTES = 24
"""A step of the potential, the true residual, and draining it along the tree."""
FINEST_BYTES = 31
"""An iteration's five sweeps over the finest grid: vectors of 4 bytes for half of the voxels, one
byte of degree; operate 5, descend 8.5, gather 2.5, smooth 5, turn 10."""
COARSE_BYTES = 16
"""Its coarser grids: 13 bytes of faces and about 5 of values a sweep, five sweeps a visit, on 1/8
of the voxels, and two visits to every grid below."""


def traffic(edge: int = 256, repeats: int = 3) -> dict[str, Any]:
    """Count the bytes that a pore solve has to move, and time a copy of arrays as large."""
    labels = generated(edge)
    solve_conduction((labels[:40, :40, :40], PORE))
    rates, copies = [], []
    source = np.ones(64 * 1024**2, np.float32)
    target = np.empty_like(source)

    def copy(first: int, last: int) -> None:
        target[first:last] = source[first:last]

    copy(0, source.size)
    for _ in range(repeats):
        _, wall, _ = timed(lambda: run_slabs(copy, source.size, available_cores()))
        copies.append(2 * source.nbytes / wall)
        result, wall, _ = timed(lambda: solve_conduction((labels, PORE)))
        a_voxel = SET_UP_BYTES + LOOK_BYTES + result.iterations * (FINEST_BYTES + COARSE_BYTES)
        rates.append(a_voxel * labels.size / wall)
    return {
        "voxels": labels.size,
        "bytes_a_voxel": a_voxel,
        "solver_GB_per_s": statistics.median(rates) / 1e9,
        "copy_GB_per_s": statistics.median(copies) / 1e9,
        "share_of_copy": statistics.median(rates) / statistics.median(copies),
        "load_average": os.getloadavg()[0],
    }


def memory(edge: int = 192) -> dict[str, float]:
    """Return the peak of what a solve allocates, with the labels it is given, a voxel."""
    labels = generated(edge)
    peaks = {}
    for name, values in (("pore", PORE), ("solid", SOLID)):
        solve_conduction((labels[:40, :40, :40], values))
        for axis in (0, 2):
            tracemalloc.start()
            solve_conduction((labels, values), axis=axis)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            peaks[f"{name}_axis_{axis}"] = 1 + peak / labels.size
    return peaks


def whole_image() -> list[dict[str, Any]]:
    """Solve the pores of the tomogram and of the crop that published figures are quoted for."""
    image = tifffile.imread(FOLDER / "nmc_cathode_ct.tif").astype(np.uint8)
    rows = []
    for name, labels in (("whole", image), ("crop", image[:250, :300, :300])):
        for axis in range(3):
            found = solve_conduction((labels, PORE), axis=axis)
            rows.append(
                {
                    "what": name,
                    "shape": labels.shape,
                    "axis": axis,
                    "tortuosity": found.tortuosity_factor,
                    "lowest": (labels == 0).mean() / found.upper,
                    "highest": (labels == 0).mean() / found.lower,
                }
            )
    return rows


def main(what: str, *numbers: int) -> Any:
    """Run one benchmark by name."""
    repeats = numbers[0] if numbers else 3
    if what == "traffic":
        return traffic(*numbers)
    if what == "memory":
        return memory(*numbers)
    if what == "whole_image":
        return whole_image()
    return {
        "pore128": lambda: pore(128, repeats),
        "pore256": lambda: pore(256, repeats),
        "solid128": lambda: solid(128, repeats),
        "batch": lambda: batch(64, repeats),
    }[what]()


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], *map(int, sys.argv[2:])), indent=2))
