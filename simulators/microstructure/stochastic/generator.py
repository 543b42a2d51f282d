"""The seeded three-phase generator: particles, then the binder domain, all fractions exact."""

from __future__ import annotations

from typing import Final

import numpy as np

from experiments.errors import DesignFailed
from experiments.generation import VolumeRequest
from experiments.microstructure import PHASE_LABEL
from experiments.observation import FailureKind
from simulators.microstructure.stochastic.active_phase import ActivePhase, place_active
from simulators.microstructure.stochastic.binder import (
    BinderMorphology,
    deposit_binder,
    omega_of,
)
from simulators.microstructure.stochastic.channels import cut_channels
from simulators.microstructure.stochastic.orientation import along_thickness
from simulators.microstructure.stochastic.particles import Particles
from simulators.microstructure.stochastic.volume_plan import VolumePlan, plan_volume
from simulators.microstructure.voxels import Labels, Voxels

_CLUSTER_PER_DIAMETER: Final = 0.4
"""Size of binder clusters over d50. Assumed: clusters fill the pores between particles."""
_CUT: Final = 255
"""Label of channels while the phases are laid down around them."""


class StochasticGenerator:
    """Pack particles of the recipe's sizes, then deposit the binder domain by adhesion.

    The structure is built in metres and sampled last: the same seed and box at another voxel size
    is the same structure. ``n_threads`` changes how long it takes, never what comes out.
    """

    name: str = "stochastic"
    version: str = "2"

    def __init__(self, n_threads: int = 1) -> None:
        self._n_threads = n_threads

    def generate(self, request: VolumeRequest) -> Voxels:
        """Return one random volume. Raises ``DesignFailed`` and ``Invalid``."""
        plan = plan_volume(request)
        packing_seed, binder_seed = np.random.SeedSequence(request.seed).spawn(2)
        labels = np.zeros(plan.box.shape, dtype=np.uint8)
        channel_share, channel_note = 0.0, None
        if plan.recipe.architecture is not None:
            channel_share, channel_note = cut_channels(
                labels, plan.recipe.architecture, plan.box, mark=_CUT
            )
        n_binder = _check_channels(plan, labels, channel_share)
        active = place_active(labels, plan, seed=packing_seed, n_threads=self._n_threads)
        deposit = deposit_binder(
            labels,
            active.nearest_m,
            active.second_m,
            plan.box,
            n_voxels=n_binder,
            morphology=BinderMorphology(
                omega=omega_of(plan.recipe.binder_adhesion),
                cluster_size_m=plan.options.binder_cluster_m
                or _CLUSTER_PER_DIAMETER * plan.recipe.particle_d50_m,
                bridging=plan.options.binder_bridging,
            ),
            share=plan.binder,
            random=np.random.default_rng(binder_seed),
            n_threads=self._n_threads,
        )
        if channel_share:
            labels[labels == _CUT] = PHASE_LABEL["pore"]
        notes = [*plan.notes]
        if channel_note:
            notes.append(channel_note)
        if deposit.has_layers_full:
            notes.append("some layers are full of binder: the profile asked for more than fits")
        return Voxels(
            labels=labels,
            voxel_size_m=(request.voxel_size_m,) * 3,
            statistics={
                **_statistics(active),
                "binder_film_thickness_m": deposit.film_thickness_m,
                "channel_share": channel_share,
            },
            fallbacks=tuple(notes),
        )


def _check_channels(plan: VolumePlan, labels: Labels, channel_share: float) -> int:
    """Return the number of binder voxels, or raise where channels leave too little room."""
    phases = plan.composition.phase_fraction
    filled = 1.0 - phases["pore"]
    if filled >= 1.0 - channel_share:
        raise DesignFailed(
            f"channels take {channel_share:.3f} of the coating; active material and binder domain "
            f"need {filled:.3f} of it, more than the {1.0 - channel_share:.3f} left",
            kind=FailureKind.infeasible_recipe,
            channel_share=channel_share,
        )
    return round(phases["binder"] * labels.size)


def _statistics(active: ActivePhase) -> dict[str, float]:
    """Return what there is to say of the particles."""
    found = {
        "n_particles": float(len(active.first)),
        "overlap_factor": active.overlap_factor,
        "worst_overlap": active.worst_overlap,
        "equivalent_radius_m": _volume_weighted_radius_m(active.first, active.first_shift_m),
        "surface_shift_m": active.first_shift_m,
        "longest_axis_along_thickness": along_thickness(active.first.rotations[:, :, 0]),
        "shortest_axis_along_thickness": along_thickness(active.first.rotations[:, :, 2]),
    }
    if active.second is not None:
        found["n_second_particles"] = float(len(active.second))
        found["second_equivalent_radius_m"] = _volume_weighted_radius_m(
            active.second, active.second_shift_m
        )
    return found


def _volume_weighted_radius_m(particles: Particles, shift_m: float) -> float:
    radii_m = np.maximum(particles.equivalent_radii_m + shift_m, 0.0)
    return float(np.sum(radii_m**4) / np.sum(radii_m**3))
