"""Describe the shapes of one labelled volume: everything beyond transport and areas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from experiments.microstructure import PHASE_LABEL
from experiments.morphology import Distribution, Morphology, PhaseMorphology
from simulators.microstructure.voxels import Voxels
from simulators.properties.chord_length import ChordLengths, chord_lengths
from simulators.properties.minkowski import Minkowski, minkowski_functionals
from simulators.properties.particles import Particles
from simulators.properties.phase_fraction import FractionUncertainty, fraction_uncertainty
from simulators.properties.pore_size import SizeDistribution
from simulators.properties.slabs import available_cores
from simulators.properties.two_point import TwoPoint, two_point_correlation

_N_CLASSES: Final = 40
"""Classes of a distribution, of equal width."""


def describe_morphology(
    voxels: Voxels,
    *,
    triple_line_per_m2: float,
    pore_size: SizeDistribution,
    particles: Particles | None,
    axes: Sequence[int] = (0, 1, 2),
    n_threads: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> Morphology:
    """Add to what was measured already: chords, correlations, Minkowski functionals, certainty."""
    report = progress or (lambda _: None)
    n_phases = max(3, int(voxels.labels.max()) + 1)
    size_m = voxels.voxel_size_m
    report("chord lengths, correlations and curvatures")
    present = {str(p): label for p, label in PHASE_LABEL.items() if p in voxels.volume_fraction}
    threads = n_threads or available_cores()
    with ThreadPoolExecutor(min(2, threads), thread_name_prefix="shapes") as pool:
        pairs = {
            a: pool.submit(two_point_correlation, voxels.labels, a, size_m[a], n_phases=n_phases)
            for a in axes
        }
        functionals = pool.submit(
            minkowski_functionals, voxels.labels, size_m, n_phases=n_phases, n_threads=threads
        )
        certainties = {
            phase: pool.submit(_certainty, voxels, label) for phase, label in present.items()
        }
        chords = {
            a: pool.submit(chord_lengths, voxels.labels, a, size_m[a], n_phases=n_phases)
            for a in axes
        }
    phases = {
        phase: _phase(
            voxels,
            certainties[phase].result(),
            {str(a): found.result()[label] for a, found in chords.items()},
            {str(a): found.result()[label] for a, found in pairs.items()},
            functionals.result()[label],
        )
        for phase, label in present.items()
    }
    return Morphology(
        phases=phases,
        triple_line_per_m2=triple_line_per_m2,
        pore_radius=classes(pore_size.radius_m, pore_size.volume_share),
        median_pore_radius_m=pore_size.quantile_m(0.5),
        particle_radius=_particle_radii(particles),
        n_particles=0 if particles is None else particles.volume_m3.size,
        mean_contacts=None
        if particles is None
        else _mean(particles.n_contacts[particles.is_whole]),
        mean_neck_ratio=None if particles is None else _mean(particles.neck_ratio),
    )


def classes(
    value_m: NDArray[np.float64], share: NDArray[np.float64], step_m: float = 0.0
) -> Distribution:
    """Gather shares into classes of equal width; values are the classes' middles.

    Values that are whole multiples of a step fall into classes of as many steps each.
    """
    if not value_m.size or share.sum() <= 0:
        return Distribution(value_m=(), share=())
    largest = float(value_m.max())
    if step_m > 0:
        n_steps = -(-round(largest / step_m) // _N_CLASSES)
        width, low = n_steps * step_m, 0.5 * step_m
    else:
        width, low = largest * (1 + 1e-9) / min(_N_CLASSES, value_m.size), 0.0
    place = np.floor((value_m - low) / width).astype(np.int64)
    total = np.bincount(np.maximum(place, 0), weights=share)
    middle = low + (np.arange(total.size) + 0.5) * width
    return Distribution(value_m=tuple(middle.tolist()), share=tuple((total / total.sum()).tolist()))


def _certainty(voxels: Voxels, label: int) -> FractionUncertainty:
    return fraction_uncertainty(voxels.labels == label, voxels.voxel_size_m)


def _phase(
    voxels: Voxels,
    certainty: FractionUncertainty,
    chords: dict[str, ChordLengths],
    pairs: dict[str, TwoPoint],
    functionals: Minkowski,
) -> PhaseMorphology:
    return PhaseMorphology(
        volume_fraction=certainty.fraction,
        volume_fraction_sd=certainty.standard_deviation,
        is_fraction_resolved=certainty.is_resolved,
        mean_chord_m={axis: found.mean_m for axis, found in chords.items()},
        chord={
            axis: classes(found.length_m, found.share, voxels.voxel_size_m[int(axis)])
            for axis, found in chords.items()
        },
        correlation_length_m={axis: found.correlation_length_m for axis, found in pairs.items()},
        two_point_lag_m={axis: tuple(found.lag_m.tolist()) for axis, found in pairs.items()},
        two_point_probability={
            axis: tuple(found.probability.tolist()) for axis, found in pairs.items()
        },
        mean_curvature_per_m2=functionals.mean_curvature_per_m2,
        euler_number_per_m3=functionals.euler_number_per_m3,
    )


def _particle_radii(particles: Particles | None) -> Distribution:
    if particles is None:
        return Distribution(value_m=(), share=())
    weight = particles.counting_weight * particles.volume_m3
    return classes(particles.equivalent_radius_m, weight / weight.sum())


def _mean(values: NDArray[np.float64] | NDArray[np.int64]) -> float | None:
    return float(np.mean(values)) if values.size else None
