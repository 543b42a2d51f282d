"""The seeded three-phase generator: particles, then the binder domain, all fractions exact."""

from __future__ import annotations

from typing import Final

import numpy as np

from experiments.errors import DesignFailed, Invalid
from experiments.generation import VolumeRequest
from experiments.microstructure import PHASE_LABEL
from experiments.observation import FailureKind
from simulators.microstructure.composition import compose
from simulators.microstructure.stochastic.binder import (
    BinderMorphology,
    deposit_binder,
    omega_of,
)
from simulators.microstructure.stochastic.box import Box
from simulators.microstructure.stochastic.exact_level import exact_level, mark_below
from simulators.microstructure.stochastic.particle_field import distance_fields
from simulators.microstructure.stochastic.particle_sizes import lognormal_diameters
from simulators.microstructure.stochastic.particles import spheres
from simulators.microstructure.stochastic.sphere_packing import relax_spheres
from simulators.microstructure.voxels import Voxels

_CLUSTER_PER_DIAMETER: Final = 0.4
"""Size of binder clusters over d50. Assumed: clusters fill the pores between particles."""
_WIDE_ENOUGH: Final = 6.0
"""Smallest box in median diameters (DESIGN.md)."""


class StochasticGenerator:
    """Pack particles of the recipe's sizes, then deposit the binder domain by adhesion.

    The structure is built in metres and sampled last: the same seed and box at another voxel size
    is the same structure.
    """

    name: str = "stochastic"
    version: str = "1"

    def __init__(self, n_threads: int = 1) -> None:
        self._n_threads = n_threads

    def generate(self, request: VolumeRequest) -> Voxels:
        """Return one random volume. Raises ``DesignFailed`` and ``Invalid``."""
        recipe = request.recipe
        composition = compose(recipe)
        box = _box(request)
        sizes, places, gathering = (
            np.random.Generator(np.random.PCG64(s))
            for s in np.random.SeedSequence(request.seed).spawn(3)
        )
        diameters_m = lognormal_diameters(
            sizes,
            d50_m=recipe.particle_d50_m,
            spread=recipe.particle_spread,
            volume_m3=composition.active * box.volume_m3,
            largest_m=0.5 * float(box.edges_m.min()),
        )
        centres_m = places.random((len(diameters_m), 3)) * box.edges_m
        particles = spheres(relax_spheres(centres_m, 0.5 * diameters_m, box), 0.5 * diameters_m)
        nearest_m, second_m = distance_fields(
            particles, box, reach_m=0.5 * recipe.particle_d50_m, n_threads=self._n_threads
        )
        labels = np.zeros(box.shape, dtype=np.uint8)
        n_active = round(composition.active * box.n_voxels)
        surface = exact_level(nearest_m, labels, n=n_active, n_threads=self._n_threads)
        if surface.value >= 0.5 * recipe.particle_d50_m:
            raise DesignFailed(
                f"the particles of {composition.active:.3f} active fraction left too much room",
                kind=FailureKind.packing_failed,
            )
        mark_below(nearest_m, labels, surface, mark=PHASE_LABEL["active"])
        shared = int(np.count_nonzero(second_m <= surface.value))
        nearest_m -= np.float32(surface.value)
        second_m -= np.float32(surface.value)
        film_m = deposit_binder(
            labels,
            nearest_m,
            second_m,
            box,
            n_voxels=round(composition.binder_domain * box.n_voxels),
            morphology=BinderMorphology(
                omega=omega_of(recipe.binder_adhesion),
                cluster_size_m=_CLUSTER_PER_DIAMETER * recipe.particle_d50_m,
            ),
            random=gathering,
            n_threads=self._n_threads,
        )
        radii_m = particles.equivalent_radii_m + surface.value
        return Voxels(
            labels=labels,
            voxel_size_m=(request.voxel_size_m,) * 3,
            statistics={
                "n_particles": float(len(particles)),
                "overlap_factor": shared / n_active,
                "equivalent_radius_m": float(np.sum(radii_m**4) / np.sum(radii_m**3)),
                "surface_shift_m": surface.value,
                "binder_film_thickness_m": film_m,
            },
            fallbacks=_warnings(request),
        )


def _box(request: VolumeRequest) -> Box:
    """Return the box of a request. Raises ``Invalid``."""
    if min(request.shape) < 8:
        raise Invalid(f"shape: {request.shape} voxels; every edge must have at least 8")
    edge_m = min(request.shape) * request.voxel_size_m
    if request.recipe.particle_d50_m > 0.5 * edge_m:
        raise Invalid(
            f"particle_d50_m: {request.recipe.particle_d50_m * 1e6:g} µm is more than half the "
            f"shortest edge of the volume ({edge_m * 1e6:g} µm)"
        )
    return Box(shape=request.shape, voxel_size_m=request.voxel_size_m)


def _warnings(request: VolumeRequest) -> tuple[str, ...]:
    diameters = min(request.shape) * request.voxel_size_m / request.recipe.particle_d50_m
    if diameters < _WIDE_ENOUGH:
        return (f"the volume is {diameters:.1f} median diameters wide; 6 are wanted",)
    return ()
