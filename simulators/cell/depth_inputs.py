"""A graded positive as P2D needs it: its properties at even depths, from what was measured."""

from __future__ import annotations

from dataclasses import replace

from experiments.errors import DesignFailed
from experiments.observation import FailureKind
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from experiments.recipe import ElectrodeRecipe
from simulators.cell.chemistry import Chemistry
from simulators.cell.p2d_inputs import ElectrodeInputs


def positive_knots(
    even: ElectrodeInputs,
    recipe: ElectrodeRecipe,
    properties: EffectiveProperties,
    physics: Physics,
    chemistry: Chemistry,
) -> tuple[ElectrodeInputs, ...]:
    """Return the positive at its depths, or nothing where it is the same at all of them.

    The particle radius is one for the whole electrode; where sizes differ through it, its surface
    does. Raises ``DesignFailed`` (infeasible_recipe) where volumes do not fit at some depth.
    """
    depths = properties.through_thickness
    if depths is None:
        return ()
    zeros = (0.0,) * depths.n_knots
    fraction, area = depths.volume_fraction, depths.interface_area_per_m
    covered = recipe.binder_nanoporosity if physics.binder_ion_diffusivity > 0.0 else 0.0
    knots = []
    for at in range(depths.n_knots):
        active = fraction.get("active", zeros)[at] + fraction.get("second_active", zeros)[at]
        binder = fraction.get("binder", zeros)[at]
        porosity = fraction.get("pore", zeros)[at] + recipe.binder_nanoporosity * binder
        open_area = area["pore-active"][at] + covered * area.get("active-binder", zeros)[at]
        if active <= 0.0 or porosity <= 0.0 or open_area <= 0.0:
            raise DesignFailed(
                f"porosity {porosity:.3f}, active fraction {active:.3f} and surface "
                f"{open_area:.3g} 1/m must be above 0 at every depth; they are not at depth "
                f"{at / (depths.n_knots - 1):g}",
                kind=FailureKind.infeasible_recipe,
                porosity=porosity,
                active_fraction=active,
            )
        knots.append(
            replace(
                even,
                porosity=min(porosity, 1.0 - active),
                active_fraction=active,
                pore_transport=depths.pore_transport[at],
                conductivity_S_per_m=depths.solid_transport[at],
                area_factor=open_area / (3.0 * active / even.particle_radius_m)
                if chemistry.has_visible_particles
                else 1.0,
            )
        )
    return tuple(knots)
