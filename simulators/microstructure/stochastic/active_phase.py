"""Lay down the active materials: packed particles, their surfaces shifted to the exact count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.errors import DesignFailed
from experiments.microstructure import PHASE_LABEL
from experiments.observation import FailureKind
from simulators.microstructure.stochastic.depth_profile import DepthProfile
from simulators.microstructure.stochastic.exact_level import exact_level, mark_below
from simulators.microstructure.stochastic.filling import Crowding, Filling, coverage, fill
from simulators.microstructure.stochastic.particle_field import (
    Field,
    distance_fields,
    lower_fields,
)
from simulators.microstructure.stochastic.particles import Particles
from simulators.microstructure.stochastic.volume_plan import VolumePlan
from simulators.microstructure.voxels import Labels

_CELLS_PER_DIAMETER: Final = 8.0
"""Fineness at which unions and overlaps are measured while particles are placed."""
_N_BISECTIONS: Final = 7


@dataclass(frozen=True)
class ActivePhase:
    """The particles as delivered, and how far every voxel is from them."""

    first: Particles
    second: Particles | None
    first_shift_m: float
    """Surfaces were moved out by so much to meet the exact count."""
    second_shift_m: float
    nearest_m: Field
    """Distance to the nearest delivered surface, negative inside; `z x y x x`."""
    second_m: Field
    """Distance to the second nearest."""
    overlap_factor: float
    worst_overlap: float


def place_active(
    labels: Labels, plan: VolumePlan, *, seed: np.random.SeedSequence, n_threads: int
) -> ActivePhase:
    """Label the active voxels in place, as many as the recipe's masses ask for.

    Raises ``DesignFailed`` (packing_failed) where particles overlap more than the options allow.
    """
    box, composition = plan.box, plan.composition
    pore = PHASE_LABEL["pore"]
    free = np.count_nonzero(labels == pore) / labels.size
    fractions = [composition.active, composition.second_active][: len(plan.populations)]
    packed_fractions = [fraction / free for fraction in fractions]
    filling = _filled(plan, packed_fractions, seed)
    first = filling.particles.take(filling.population_of == 0)
    second = filling.particles.take(filling.population_of == 1) if len(fractions) > 1 else None
    reach_m = max(0.5 * plan.recipe.particle_d50_m, 2.0 * box.voxel_size_m)

    second_shift_m = 0.0
    if second is not None:
        fields = distance_fields(second, box, reach_m=reach_m, n_threads=n_threads)
        second_shift_m = _mark(labels, fields[0], fractions[1], "second_active", n_threads)
        del fields
    nearest_m, second_m = distance_fields(first, box, reach_m=reach_m, n_threads=n_threads)
    first_shift_m = _mark(labels, nearest_m, fractions[0], "active", n_threads)
    nearest_m -= np.float32(first_shift_m)
    second_m -= np.float32(first_shift_m)
    if second is not None:
        lower_fields(
            nearest_m,
            second_m,
            second.grown(second_shift_m),
            box,
            reach_m=reach_m,
            n_threads=n_threads,
        )
    overlap = _overlap_factor(nearest_m, second_m)
    if overlap > plan.options.max_overlap:
        raise _too_crowded(plan, overlap, packed_fractions, seed)
    return ActivePhase(
        first=first,
        second=second,
        first_shift_m=first_shift_m,
        second_shift_m=second_shift_m,
        nearest_m=nearest_m,
        second_m=second_m,
        overlap_factor=overlap,
        worst_overlap=filling.worst_overlap,
    )


def _filled(plan: VolumePlan, fractions: Sequence[float], seed: np.random.SeedSequence) -> Filling:
    """Return particles of these volume fractions, packed as the plan asks."""
    return fill(
        plan.populations,
        tuple(fraction * plan.box.volume_m3 for fraction in fractions),
        plan.box,
        seed=seed,
        crowding=Crowding(
            penetration=plan.options.allowed_penetration,
            loose_height=plan.loose_height,
            room=_room(plan.solids),
        ),
        cell_m=_cell_m(plan),
    )


def _cell_m(plan: VolumePlan) -> float:
    return plan.recipe.particle_d50_m / _CELLS_PER_DIAMETER


def _room(solids: DepthProfile) -> DepthProfile:
    """Return the distance between particles that makes sparse layers sparse, over touching."""
    return DepthProfile(solids.depths, np.cbrt(solids.values.max() / solids.values))


def _mark(labels: Labels, field_m: Field, fraction: float, phase: str, n_threads: int) -> float:
    """Label the asked share of voxels by their distance; return the surfaces' shift in m."""
    n = round(fraction * labels.size)
    if n == 0:
        return 0.0
    level = exact_level(field_m, labels, n=n, n_threads=n_threads)
    mark_below(field_m, labels, level, mark=PHASE_LABEL[phase])  # type: ignore[index]
    return level.value


def _overlap_factor(nearest_m: Field, second_m: Field) -> float:
    """Return the volume within two particles or more over that within any."""
    union = np.count_nonzero(nearest_m <= 0.0)
    return float(np.count_nonzero(second_m <= 0.0) / union) if union else 0.0


def _too_crowded(
    plan: VolumePlan, overlap: float, fractions: Sequence[float], seed: np.random.SeedSequence
) -> DesignFailed:
    """Return the failure, with the fraction that packs within the bound found by bisection."""
    reached, beyond = 0.0, 1.0
    for _ in range(_N_BISECTIONS):
        share = 0.5 * (reached + beyond)
        filling = _filled(plan, [share * fraction for fraction in fractions], seed)
        if coverage(filling.particles, plan.box, _cell_m(plan))[1] > plan.options.max_overlap:
            beyond = share
        else:
            reached = share
    asked = sum(fractions)
    return DesignFailed(
        f"packing reached an active fraction of {reached * asked:.2f} of the {asked:.3f} asked: "
        f"there particles share {overlap:.2%} of their volume and max_overlap allows "
        f"{plan.options.max_overlap:.2%}; raise the porosity, max_overlap or the spread of sizes",
        kind=FailureKind.packing_failed,
        reached=reached * asked,
        asked=asked,
        overlap_factor=overlap,
    )
