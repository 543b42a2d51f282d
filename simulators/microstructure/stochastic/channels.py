"""Channels through the coating: straight, tapered or branching, on a square grid.

A branching channel parts in four at equal steps of its depth; the children have half the trunk's
diameter, so the open cross-section stays (Murray's rule for laminar flow would keep the sum of
cubes; for diffusion the area counts). Particles in the way are cut, as by a laser.
"""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from experiments.architecture import Architecture
from experiments.errors import Invalid
from simulators.microstructure.stochastic.box import Array, Box


def cut_channels(
    labels: npt.NDArray[np.uint8], architecture: Architecture, box: Box, *, mark: int
) -> tuple[float, str | None]:
    """Mark the channels' voxels in place; return their share and what had to give, if anything.

    Raises ``Invalid`` where the volume does not hold one pitch.
    """
    pitch_m, diameter_m = architecture.channel_pitch_m, architecture.channel_diameter_m
    if pitch_m is None or diameter_m is None:
        return 0.0, None
    edges_m = box.edges_m[1:]
    if edges_m.min() < 0.75 * pitch_m:
        raise Invalid(
            f"architecture.channel_pitch_m: {pitch_m * 1e6:g} µm; the volume is "
            f"{edges_m.min() * 1e6:g} µm wide and must hold at least one pitch"
        )
    fitted_m: Array = np.asarray(edges_m / np.rint(edges_m / pitch_m))
    n_layers = box.shape[0]
    across = [box.voxel_size_m * np.arange(0.5, n) for n in box.shape[1:]]
    for layer in range(n_layers):
        depth = (layer + 0.5) / n_layers / architecture.channel_depth
        if depth > 1.0:
            break
        offsets, radius_m = _branches(architecture, depth, diameter_m)
        away = [
            _distance(place, pitch, offsets)
            for place, pitch in zip(across, fitted_m.tolist(), strict=True)
        ]
        open_ = away[0][:, None] ** 2 + away[1][None, :] ** 2 <= radius_m**2
        labels[layer][open_] = mark
    share = float(np.count_nonzero(labels == mark) / labels.size)
    worst = float(np.abs(fitted_m / pitch_m - 1.0).max())
    note = (
        f"the channel pitch was changed by {worst:.0%} to fit the volume" if worst > 0.02 else None
    )
    return share, note


def _branches(architecture: Architecture, depth: float, diameter_m: float) -> tuple[Array, float]:
    """Return branch offsets along one axis over the pitch, and their radius, at a depth in 0…1."""
    n_parts = architecture.channel_branchings + 1
    part = min(int(depth * n_parts), n_parts - 1)
    within = depth * n_parts - part
    steps = [0.25 / 2**k for k in range(part)]
    if steps:
        steps[-1] *= min(2.0 * within, 1.0)
    offsets = [
        sum(sign * step for sign, step in zip(signs, steps, strict=True))
        for signs in itertools.product((-1.0, 1.0), repeat=part)
    ]
    taper = 1.0 + (architecture.channel_taper - 1.0) * depth
    return np.asarray(offsets or [0.0]), 0.5 * diameter_m * taper / 2**part


def _distance(places: Array, pitch_m: float, offsets: Array) -> Array:
    """Return how far places along one axis are from the nearest branch."""
    within = np.mod(places, pitch_m)[:, None] - pitch_m * (0.5 + offsets)[None, :]
    wrapped = within - pitch_m * np.rint(within / pitch_m)
    return np.asarray(np.abs(wrapped).min(axis=1))
