"""What a request asks of the generator, checked before any work: counts, sizes, profiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from experiments.errors import Invalid
from experiments.generation import VolumeRequest
from experiments.recipe import ElectrodeRecipe
from simulators.microstructure.composition import Composition, compose
from simulators.microstructure.stochastic.box import Box
from simulators.microstructure.stochastic.depth_profile import (
    DepthProfile,
    flat,
    size_profile,
    solid_profile,
)
from simulators.microstructure.stochastic.migration import binder_profile
from simulators.microstructure.stochastic.options import GeneratorOptions, read_options
from simulators.microstructure.stochastic.population import Population
from simulators.microstructure.stochastic.size_distribution import (
    SizeDistribution,
    lognormal,
    size_distribution,
)

_SHORTEST_EDGE: Final = 8
_WIDE_ENOUGH: Final = 6.0
"""Smallest box in median diameters (DESIGN.md)."""
_FEWEST_VOXELS: Final = 2.0
_FEW_VOXELS: Final = 5.0
"""Voxels a median diameter: below the first nothing is round, below the second little is."""
_PERIODIC: Final = {
    "periodic": (True, True, True),
    "walled": (False, True, True),
    "boxed": (False, False, False),
}


@dataclass(frozen=True)
class VolumePlan:
    """Everything about one volume that follows from the request without a random number."""

    recipe: ElectrodeRecipe
    composition: Composition
    options: GeneratorOptions
    box: Box
    sizes: SizeDistribution
    solids: DepthProfile
    diameters: DepthProfile
    binder: DepthProfile
    notes: tuple[str, ...]

    @property
    def loose_height(self) -> float:
        """Return the height before calendering over the final one, at equal solid volume."""
        loose = self.recipe.calender_from_porosity
        return 1.0 if loose is None else (1.0 - self.recipe.porosity) / (1.0 - loose)

    @property
    def populations(self) -> tuple[Population, ...]:
        """Return the particles of the active material and of the second one, if there is one."""
        active = Population(
            sizes=self.sizes,
            elongation=self.recipe.particle_elongation,
            flatness=self.recipe.particle_flatness,
            a1=self.recipe.orientation_a1,
            a2=self.recipe.orientation_a2,
            density=self.solids,
            size_factor=self.diameters,
        )
        if self.composition.second_active == 0.0:
            return (active,)
        spread = self.recipe.particle_spread
        second = Population(
            sizes=lognormal(self.recipe.second_active_d50_m, spread, spread),
            elongation=1.0,
            flatness=1.0,
            a1=1.0,
            a2=1.0,
            density=self.solids,
            size_factor=flat(),
        )
        return active, second


def plan_volume(request: VolumeRequest) -> VolumePlan:
    """Return the checked plan. Raises ``DesignFailed`` (infeasible_recipe) and ``Invalid``."""
    recipe = request.recipe
    composition = compose(recipe)
    options = read_options(request.options)
    solids = solid_profile(recipe.architecture, recipe.porosity)
    diameters = size_profile(recipe.architecture)
    migration = binder_profile(recipe)
    binder = migration if solids.is_flat else migration.times(solids)
    has_channels = (
        recipe.architecture is not None and recipe.architecture.channel_diameter_m is not None
    )
    is_graded = has_channels or not (solids.is_flat and diameters.is_flat and binder.is_flat)
    boundary = options.boundary or ("walled" if is_graded else "periodic")
    box = Box(request.shape, request.voxel_size_m, _PERIODIC[boundary])
    sizes = size_distribution(recipe)
    _check_sizes(request, sizes)
    architecture = recipe.architecture
    has_knots = architecture is not None and bool(architecture.porosity_knots)
    _check_room(composition, solids, has_knots=has_knots)
    return VolumePlan(
        recipe=recipe,
        composition=composition,
        options=options,
        box=box,
        sizes=sizes,
        solids=solids,
        diameters=diameters,
        binder=binder,
        notes=_notes(request, is_graded=is_graded),
    )


def _check_sizes(request: VolumeRequest, sizes: SizeDistribution) -> None:
    """Refuse volumes and particles that do not go together."""
    if min(request.shape) < _SHORTEST_EDGE:
        raise Invalid(
            f"shape: {request.shape} voxels; every edge must have at least {_SHORTEST_EDGE}"
        )
    edge_m = min(request.shape) * request.voxel_size_m
    recipe = request.recipe
    if recipe.particle_d50_m > 0.5 * edge_m:
        raise Invalid(
            f"particle_d50_m: {recipe.particle_d50_m * 1e6:g} µm is more than half the shortest "
            f"edge of the volume ({edge_m * 1e6:g} µm)"
        )
    longest_m = sizes.largest_m * (recipe.particle_elongation**2 * recipe.particle_flatness) ** (
        1.0 / 3.0
    )
    if longest_m > edge_m:
        raise Invalid(
            f"particle_d50_m: with their spread and shape the largest particles are "
            f"{longest_m * 1e6:.3g} µm long, more than the shortest edge of the volume "
            f"({edge_m * 1e6:g} µm)"
        )
    if recipe.particle_d50_m < _FEWEST_VOXELS * request.voxel_size_m:
        raise Invalid(
            f"particle_d50_m: {recipe.particle_d50_m * 1e6:g} µm is less than "
            f"{_FEWEST_VOXELS:g} voxels of {request.voxel_size_m * 1e6:g} µm"
        )


def _check_room(composition: Composition, solids: DepthProfile, *, has_knots: bool) -> None:
    """Refuse gradients that ask a layer to hold more than there is room for."""
    fullest = (1.0 - composition.macropore) * float(solids.values.max())
    if fullest >= 1.0:
        name = "porosity_knots" if has_knots else "porosity_difference"
        raise Invalid(
            f"architecture.{name}: the densest layer would be {fullest:.3f} full of "
            "active material and binder domain; it must stay below 1"
        )


def _notes(request: VolumeRequest, *, is_graded: bool) -> tuple[str, ...]:
    """Say what about the volume is less than it should be."""
    notes = []
    recipe = request.recipe
    width = min(request.shape) * request.voxel_size_m / recipe.particle_d50_m
    if width < _WIDE_ENOUGH - 1e-9:
        notes.append(
            f"the volume is {width:.1f} median diameters wide; {_WIDE_ENOUGH:g} are wanted"
        )
    fineness = recipe.particle_d50_m / request.voxel_size_m
    if fineness < _FEW_VOXELS:
        notes.append(f"a median particle is {fineness:.1f} voxels wide; 5 are wanted")
    height_m = request.shape[0] * request.voxel_size_m
    if is_graded and abs(height_m / recipe.thickness_m - 1.0) > 0.05:
        notes.append(
            f"profiles through {recipe.thickness_m * 1e6:.3g} µm are pressed into the volume's "
            f"height of {height_m * 1e6:.3g} µm"
        )
    return tuple(notes)
