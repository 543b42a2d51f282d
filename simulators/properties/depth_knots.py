"""Properties through the thickness of a graded coating, as linear profiles between even depths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from experiments.depth import DepthKnots
from experiments.microstructure import PHASE_LABEL
from experiments.properties import EffectiveProperties
from simulators.microstructure.voxels import Voxels
from simulators.properties.compiled import Reals
from simulators.properties.interface_area import measure_interfaces
from simulators.properties.transport import solve_conduction

N_KNOTS: Final = 5
"""A gradient or a bend shows in five; more would show the scatter of a volume's layers. Assumed."""
AREA_SLABS: Final = 10
"""Areas are measured on slabs, whose cut faces are no interface."""
LEAST_SHARE: Final = 0.05
"""Of the mean: a fit through scattered layers is not let below it."""


def measure_depth_knots(
    voxels: Voxels,
    *,
    binder_ion_diffusivity: float,
    solid_conductivity: Mapping[str, float],
    tolerance: float,
    n_threads: int | None = None,
) -> DepthKnots | None:
    """Return a volume's profiles along axis 0, or None where ions or electrons cannot cross.

    Layers' values are fitted by least squares; transport by that of its logarithm, because it must
    stay above 0, from the conductivity of every layer in the field that solves the whole volume.
    """
    transport = []
    for conductivity in ({"pore": 1.0, "binder": binder_ion_diffusivity}, solid_conductivity):
        conducting = {
            PHASE_LABEL[phase]: conductivity[phase]
            for phase in voxels.volume_fraction
            if conductivity.get(phase, 0.0) > 0.0
        }
        if not conducting:
            return None
        found = solve_conduction(
            (voxels.labels, conducting),
            voxel_size_m=voxels.voxel_size_m,
            tolerance=tolerance,
            n_threads=n_threads,
        )
        if found.relative <= 0.0 or not (found.profile > 0.0).all():
            return None
        transport.append(_harmonic(np.exp(_fit(np.log(found.profile))), found.relative))
    fraction = {
        str(phase): _arithmetic(
            _fit((voxels.labels == label).mean(axis=(1, 2))), voxels.volume_fraction[phase]
        )
        for phase, label in PHASE_LABEL.items()
        if phase in voxels.volume_fraction
    }
    return DepthKnots(
        volume_fraction=fraction,
        pore_transport=transport[0],
        solid_transport=transport[1],
        interface_area_per_m=_areas(voxels, n_threads),
    )


def mean_depth_knots(volumes: Sequence[EffectiveProperties]) -> DepthKnots | None:
    """Return the mean over volumes of one design, or None where one of them has no profiles."""
    known = [volume.through_thickness for volume in volumes]
    profiles = [one for one in known if one is not None]
    if not profiles or len(profiles) < len(known):
        return None

    def mean(columns: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
        return tuple(float(value) for value in np.mean(columns, axis=0))

    zeros = (0.0,) * profiles[0].n_knots
    return DepthKnots(
        volume_fraction={
            phase: mean([one.volume_fraction.get(phase, zeros) for one in profiles])
            for phase in sorted({phase for one in profiles for phase in one.volume_fraction})
        },
        pore_transport=mean([one.pore_transport for one in profiles]),
        solid_transport=mean([one.solid_transport for one in profiles]),
        interface_area_per_m={
            pair: mean([one.interface_area_per_m.get(pair, zeros) for one in profiles])
            for pair in sorted({pair for one in profiles for pair in one.interface_area_per_m})
        },
    )


def _areas(voxels: Voxels, n_threads: int | None) -> dict[str, tuple[float, ...]]:
    slabs = np.array_split(voxels.labels, AREA_SLABS, axis=0)
    names = list(PHASE_LABEL)[: max(3, int(voxels.labels.max()) + 1)]
    areas = np.array(
        [
            measure_interfaces(
                np.ascontiguousarray(slab),
                voxels.voxel_size_m,
                n_phases=len(names),
                n_threads=n_threads,
            ).area_per_m
            for slab in slabs
            if slab.shape[0]
        ]
    )
    return {
        f"{names[i]}-{names[j]}": _arithmetic(_fit(areas[:, i, j]), float(areas[:, i, j].mean()))
        for i in range(len(names))
        for j in range(i + 1, len(names))
    }


def _fit(layers: Reals) -> Reals:
    """Return the values at even knots of the piecewise linear line nearest to the layers' values.

    Its mean is that of the layers.
    """
    depth = (np.arange(layers.size) + 0.5) / layers.size * (N_KNOTS - 1)
    hats = np.maximum(0.0, 1.0 - np.abs(depth[:, None] - np.arange(N_KNOTS)[None, :]))
    fitted, *_ = np.linalg.lstsq(hats, layers, rcond=None)
    return np.asarray(fitted, dtype=np.float64)


def _arithmetic(values: Reals, mean: float) -> tuple[float, ...]:
    """Return values above the least share, scaled to a mean."""
    above = np.maximum(values, LEAST_SHARE * mean)
    now = float(np.trapezoid(above)) / (above.size - 1)
    return tuple(float(value) for value in (above * (mean / now) if now > 0.0 else above))


def _harmonic(values: Reals, mean: float) -> tuple[float, ...]:
    """Return values scaled so that layers in series conduct like the whole."""
    return tuple(float(value) for value in values * (mean / series_mean(values)))


def series_mean(values: Reals) -> float:
    """Return what a conductor that is linear between even knots conducts on the whole."""
    low, high = values[:-1], values[1:]
    step = high - low
    is_flat = np.abs(step) < 1e-9 * (low + high)
    resistance = np.where(
        is_flat, 2.0 / (low + high), np.log(high / low) / np.where(is_flat, 1.0, step)
    )
    return float(1.0 / resistance.mean())
