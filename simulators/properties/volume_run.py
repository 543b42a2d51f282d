"""Run random volumes of one coating until their mean is known: a pilot, its offers, the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from experiments.errors import Invalid
from simulators.microstructure.voxels import Voxels
from simulators.properties.representativity import (
    NORMAL_95,
    RepresentativeMean,
    n_volumes_for,
    run_until_representative,
)
from simulators.properties.size_law import fit_size_law
from simulators.properties.size_study import (
    SMALLEST_PART,
    TORTUOSITY,
    SizeStudy,
    fit_studies,
    measure_part,
)

WANTED: Final = (TORTUOSITY, "area pore-active")
"""What must be known to the target; other properties are studied, and follow."""

_PILOT: Final = ((3.0, 48), (4.0, 32), (6.0, 16))
"""Edge of the pilot's cubes in median diameters, and how many of each."""

_OFFERED: Final = (4.0, 6.0, 8.0, 12.0)
"""Edges offered, in median diameters; DESIGN.md wants 6 at least, and the bias shows why."""

_WIDE: Final = 6.0
_LARGEST_EDGE: Final = 256

Draw = Callable[[int, int], Voxels]
"""Cube of an edge in voxels, number i of its kind; the same call gives the same volume."""
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Offer:
    """What the target takes with cubes of one edge, for everything that is wanted at once."""

    edge: int
    n_volumes: int
    seconds: float
    """At the pilot's speed."""
    slowest: str
    """The property that needs so many."""
    relative_bias: float
    """Largest in magnitude over the properties; stays however many volumes are run."""
    bias_sd: float
    is_small_bias: bool
    """Within half the target; or, in cubes of six diameters and more, not told from 0."""


@dataclass(frozen=True)
class KnownMean:
    """One property over all volumes that were run."""

    over_volumes: RepresentativeMean
    relative_bias: float
    """Estimated from all volumes of all sizes; apart from the interval."""
    bias_sd: float


@dataclass(frozen=True)
class Pilot:
    """What a few small volumes say of the many."""

    samples: dict[str, dict[int, list[float]]]
    studies: dict[str, SizeStudy]
    offers: tuple[Offer, ...]
    """Small bias first, the cheapest of them first; then the others, the least bias first."""


def pilot_edges(median_diameter_voxels: float) -> tuple[int, ...]:
    """Return the edges of the pilot's cubes. Raises ``Invalid`` where they would be too large."""
    edges = sorted({_edge(share * median_diameter_voxels) for share, _ in _PILOT})
    if edges[-1] > _LARGEST_EDGE or len(edges) < 2:
        raise Invalid(
            f"the median particle is {median_diameter_voxels:.3g} voxels wide; volumes of 3 to 6 "
            f"of them must have {SMALLEST_PART} to {_LARGEST_EDGE} voxels: choose another voxel "
            "size"
        )
    return tuple(edges)


def run_pilot(
    draw: Draw,
    *,
    median_diameter_voxels: float,
    binder_ion_diffusivity: float,
    target: float,
    clock: Callable[[], float],
    n_threads: int | None = None,
    progress: Progress,
) -> Pilot:
    """Measure a few cubes of three sizes and work out what the target takes with each size.

    Raises ``Invalid`` where volumes do not percolate, since their tortuosity has no mean.
    """
    edges = pilot_edges(median_diameter_voxels)
    samples: dict[str, dict[int, list[float]]] = {}
    seconds_per_voxel = 0.0
    for edge, (_, n_volumes) in zip(edges, _PILOT, strict=False):
        progress(f"pilot: {n_volumes} volumes of {edge}³ voxels")
        began = clock()
        for i in range(n_volumes):
            for name, value in measure_part(
                draw(edge, i), binder_ion_diffusivity, n_threads
            ).items():
                samples.setdefault(name, {}).setdefault(edge, []).append(value)
        seconds_per_voxel = max(0.0, clock() - began) / (n_volumes * edge**3)
        _require_percolation(samples, edge, n_volumes)
    offered = sorted({_edge(share * median_diameter_voxels) for share in _OFFERED})
    studies = fit_studies(samples, [edge for edge in offered if edge <= _LARGEST_EDGE], target)
    offers = [
        _offer(
            studies,
            edge,
            target,
            seconds_per_voxel,
            is_wide=edge >= _edge(_WIDE * median_diameter_voxels),
        )
        for edge in offered
        if edge <= _LARGEST_EDGE
    ]
    offers.sort(
        key=lambda offer: (
            (0, offer.seconds) if offer.is_small_bias else (1, abs(offer.relative_bias))
        )
    )
    return Pilot(samples, studies, tuple(offers))


def run_offer(
    draw: Draw,
    pilot: Pilot,
    offer: Offer,
    *,
    binder_ion_diffusivity: float,
    target: float,
    max_volumes: int,
    n_threads: int | None = None,
    progress: Progress,
) -> dict[str, KnownMean]:
    """Run cubes of the offer's edge until everything wanted is known; the pilot's own count.

    Raises ``Invalid`` where a volume does not percolate.
    """

    def measure(i: int) -> dict[str, float]:
        known = {name: pilot.samples[name].get(offer.edge, []) for name in WANTED}
        if all(i < len(values) for values in known.values()):
            return {name: values[i] for name, values in known.items()}
        found = measure_part(draw(offer.edge, i), binder_ion_diffusivity, n_threads)
        if TORTUOSITY not in found:
            raise Invalid(f"volume {i + 1} of {offer.edge}³ voxels does not percolate")
        return {name: found[name] for name in WANTED}

    means = run_until_representative(
        measure, target=target, max_volumes=max_volumes, progress=progress
    )
    known = {}
    for name, mean in means.items():
        law = fit_size_law({**pilot.samples[name], offer.edge: mean.samples})
        known[name] = KnownMean(
            mean, law.relative_bias(offer.edge), law.bias_sd_voxels / offer.edge
        )
    return known


def _require_percolation(
    samples: dict[str, dict[int, list[float]]], edge: int, n_volumes: int
) -> None:
    n_percolating = len(samples.get(TORTUOSITY, {}).get(edge, []))
    if n_percolating < n_volumes:
        raise Invalid(
            f"the pores of {n_volumes - n_percolating} of {n_volumes} volumes of {edge}³ voxels do "
            "not reach both ends; their tortuosity has no mean: choose a higher porosity"
        )


def _offer(
    studies: dict[str, SizeStudy],
    edge: int,
    target: float,
    seconds_per_voxel: float,
    *,
    is_wide: bool,
) -> Offer:
    number = {
        name: n_volumes_for(studies[name].law.relative_sd(edge), target)
        for name in WANTED
        if name in studies
    }
    slowest = max(number, key=number.__getitem__)
    worst = max((studies[name].law for name in number), key=lambda law: abs(law.bias_voxels))
    bias, bias_sd = worst.relative_bias(edge), worst.bias_sd_voxels / edge
    return Offer(
        edge=edge,
        n_volumes=number[slowest],
        seconds=number[slowest] * edge**3 * seconds_per_voxel,
        slowest=slowest,
        relative_bias=bias,
        bias_sd=bias_sd,
        is_small_bias=abs(bias)
        <= (max(0.5 * target, NORMAL_95 * bias_sd) if is_wide else 0.5 * target),
    )


def _edge(voxels: float) -> int:
    return max(SMALLEST_PART, 4 * round(voxels / 4))
