"""The mapping from recipe and measured properties to the inputs of the P2D model."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from experiments.errors import DesignFailed, Invalid
from experiments.observation import FailureKind
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from experiments.recipe import ElectrodeRecipe
from simulators.cell.balance import Balance
from simulators.cell.chemistry import Chemistry, load_chemistry

THROUGH_AXIS = "0"


@dataclass(frozen=True)
class ElectrodeInputs:
    """One electrode as P2D needs it, in SI."""

    thickness_m: float
    porosity: float
    """Macropores and binder nanopores."""
    active_fraction: float
    pore_transport: float
    """B = Deff/D0."""
    conductivity_S_per_m: float
    """Effective, of active and binder together."""
    particle_radius_m: float
    area_factor: float
    """f = reacting area / (3·active fraction / radius)."""
    initial_concentration_mol_per_m3: float


@dataclass(frozen=True)
class DesignInputs:
    """A cell as P2D needs it, per square metre of coated area."""

    negative: ElectrodeInputs
    positive: ElectrodeInputs
    capacity_Ah_per_m2: float
    """Reversible, between the cut-off voltages at equilibrium."""
    negative_knots: tuple[ElectrodeInputs, ...] = ()
    """A graded electrode: its properties at even distances from separator to collector."""
    positive_knots: tuple[ElectrodeInputs, ...] = ()

    @property
    def n_knots(self) -> int:
        """Return how many values a property has through each electrode."""
        return max(1, len(self.negative_knots), len(self.positive_knots))

    def named(self) -> dict[str, float]:
        """Return the values by the names the model's inputs have. Raises ``Invalid``."""
        values: dict[str, float] = {}
        for side, electrode, knots in (
            ("negative", self.negative, self.negative_knots),
            ("positive", self.positive, self.positive_knots),
        ):
            values[f"{side} thickness"] = electrode.thickness_m
            values[f"{side} radius"] = electrode.particle_radius_m
            values[f"{side} concentration"] = electrode.initial_concentration_mol_per_m3
            profile = knots or (electrode,) * self.n_knots
            if len(profile) != self.n_knots:
                raise Invalid(
                    f"{side}_knots: {len(profile)} values beside {self.n_knots} of the other "
                    "electrode; both need the same number, or none"
                )
            for position, at in enumerate(profile):
                ending = "" if self.n_knots == 1 else f" {position}"
                values[f"{side} porosity{ending}"] = at.porosity
                values[f"{side} active{ending}"] = at.active_fraction
                values[f"{side} transport{ending}"] = at.pore_transport
                values[f"{side} conductivity{ending}"] = at.conductivity_S_per_m
                values[f"{side} area{ending}"] = at.area_factor
        return values


def at_state_of_charge(design: DesignInputs, balance: Balance, share: float) -> DesignInputs:
    """Return the design with the stoichiometries of a state of charge, 0 empty to 1 full."""
    chemistry = load_chemistry(balance.parameter_set)
    x = balance.x0 + share * (balance.x100 - balance.x0)
    y = balance.y0 + share * (balance.y100 - balance.y0)
    return replace(
        design,
        negative=replace(
            design.negative,
            initial_concentration_mol_per_m3=x
            * chemistry.negative.maximum_concentration_mol_per_m3,
        ),
        positive=replace(
            design.positive,
            initial_concentration_mol_per_m3=y
            * chemistry.positive.maximum_concentration_mol_per_m3,
        ),
    )


def positive_inputs(
    recipe: ElectrodeRecipe,
    properties: EffectiveProperties,
    physics: Physics,
    chemistry: Chemistry,
    balance: Balance,
) -> ElectrodeInputs:
    """Return the positive from its measured properties, as in DESIGN.md, "Into P2D".

    The reacting area is the active surface open to pores, plus the part of the binder-covered
    surface that binder nanopores reach: by Delesse's principle (1847) the void share of a section
    equals that of the volume, and it counts only where ions can move in the binder at all.
    Where the set's particles are crystals below the voxels (LFP), radius and area are the set's.
    Raises ``DesignFailed`` where ions or electrons find no way through, or volumes do not fit.
    """
    fraction = properties.volume_fraction
    binder = fraction.get("binder", 0.0)
    active = fraction.get("active", 0.0) + fraction.get("second_active", 0.0)
    porosity = fraction.get("pore", 0.0) + recipe.binder_nanoporosity * binder
    if active <= 0.0 or porosity <= 0.0 or porosity + active > 1.0 + 1e-9:
        raise DesignFailed(
            f"porosity {porosity:.3f} and active fraction {active:.3f} must both be above 0 and "
            "sum to at most 1",
            kind=FailureKind.infeasible_recipe,
            porosity=porosity,
            active_fraction=active,
        )
    ions, electrons = (
        transport[THROUGH_AXIS].relative if THROUGH_AXIS in transport else 0.0
        for transport in (properties.pore_transport, properties.solid_transport)
    )
    for carrier, value in (("pore network", ions), ("conducting solid", electrons)):
        if value <= 0.0:
            raise DesignFailed(
                f"the {carrier} does not reach from separator to collector at "
                f"{100 * porosity:.0f}% porosity",
                kind=FailureKind.not_percolating,
                porosity=porosity,
            )
    area = properties.interface_area_per_m.get("pore-active", 0.0)
    if physics.binder_ion_diffusivity > 0.0:
        area += recipe.binder_nanoporosity * properties.interface_area_per_m.get(
            "active-binder", 0.0
        )
    if area <= 0.0:
        raise DesignFailed(
            "no active surface touches the electrolyte",
            kind=FailureKind.not_percolating,
            porosity=porosity,
        )
    if chemistry.has_visible_particles:
        radius_m = properties.particle_radius_m or equivalent_radius_m(recipe)
        area_factor = area / (3.0 * active / radius_m)
    else:
        radius_m, area_factor = chemistry.positive.particle_radius_m, 1.0
    return ElectrodeInputs(
        thickness_m=recipe.thickness_m,
        porosity=porosity,
        active_fraction=active,
        pore_transport=ions,
        conductivity_S_per_m=electrons,
        particle_radius_m=radius_m,
        area_factor=area_factor,
        initial_concentration_mol_per_m3=balance.y100
        * chemistry.positive.maximum_concentration_mol_per_m3,
    )


def equivalent_radius_m(recipe: ElectrodeRecipe) -> float:
    """Return the volume-weighted mean radius of a lognormal-by-volume powder."""
    return 0.5 * recipe.particle_d50_m * math.exp(0.5 * recipe.particle_spread**2)


def negative_inputs(
    *, porosity: float, thickness_m: float, chemistry: Chemistry, balance: Balance
) -> ElectrodeInputs:
    """Return the parameter set's negative at another porosity and thickness.

    Solid composition, particle size and the Bruggeman exponents stay the set's.
    """
    published = chemistry.negative
    return ElectrodeInputs(
        thickness_m=thickness_m,
        porosity=porosity,
        active_fraction=published.active_fraction_at(porosity),
        pore_transport=published.pore_transport(porosity),
        conductivity_S_per_m=published.effective_conductivity_S_per_m(porosity),
        particle_radius_m=published.particle_radius_m,
        area_factor=1.0,
        initial_concentration_mol_per_m3=balance.x100 * published.maximum_concentration_mol_per_m3,
    )
