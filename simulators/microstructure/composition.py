"""From weight percents to volume fractions and back: what one coating consists of.

All fractions are of the coating's volume. The binder domain is binder and carbon with the
nanopores between them; ``porosity`` counts those nanopores too, so what is left for the macropores
is porosity − nanopores (DESIGN.md, physics conventions).
"""

from __future__ import annotations

from dataclasses import dataclass

from experiments.errors import DesignFailed, Invalid
from experiments.microstructure import PhaseName
from experiments.observation import FailureKind
from experiments.recipe import ElectrodeRecipe
from simulators.microstructure.materials import CoatingMaterials, coating_materials


@dataclass(frozen=True)
class Composition:
    """Volume fractions of the coating, and the masses that follow from the same numbers."""

    macropore: float
    active: float
    second_active: float
    binder_domain: float
    """Binder, carbon and the nanopores between them."""
    nanopore: float
    binder_solid: float
    carbon_solid: float
    dry_density_kg_per_m3: float
    areal_mass_kg_per_m2: float
    """Dry mass of one coated side."""
    active_areal_mass_kg_per_m2: float
    areal_capacity_Ah_per_m2: float
    """Reversible C/20 capacity of one coated side; 10 Ah/m² are 1 mAh/cm²."""

    @property
    def porosity(self) -> float:
        """Return the total porosity, nanopores included."""
        return self.macropore + self.nanopore

    @property
    def phase_fraction(self) -> dict[PhaseName, float]:
        """Return the fractions as voxels hold them: nanopores belong to the binder domain."""
        return {
            "pore": self.macropore,
            "active": self.active,
            "binder": self.binder_domain,
            "second_active": self.second_active,
        }


def compose(recipe: ElectrodeRecipe, materials: CoatingMaterials | None = None) -> Composition:
    """Return the composition of a recipe; materials default to those its active belongs to.

    Raises ``DesignFailed`` (infeasible_recipe) where the binder domain does not fit beside the
    active material.
    """
    materials = materials or coating_materials(recipe.active_material)
    volumes_m3_per_kg = _solid_volumes_m3_per_kg(recipe, materials)
    total_m3_per_kg = sum(volumes_m3_per_kg.values())
    solid = 1.0 - recipe.porosity
    shares = {part: solid * v / total_m3_per_kg for part, v in volumes_m3_per_kg.items()}
    binder_domain = (shares["binder"] + shares["carbon"]) / (1.0 - recipe.binder_nanoporosity)
    nanopore = recipe.binder_nanoporosity * binder_domain
    macropore = recipe.porosity - nanopore
    if macropore <= 0.0:
        raise DesignFailed(
            f"the binder domain does not fit: active {shares['active'] + shares['second']:.3f} + "
            f"binder domain {binder_domain:.3f} = (binder {shares['binder']:.3f} + carbon "
            f"{shares['carbon']:.3f}) / (1 − nanoporosity {recipe.binder_nanoporosity:g}) leaves "
            f"a macropore fraction of {macropore:.3f}; raise the porosity "
            f"({recipe.porosity:g}) or lower binder and carbon",
            kind=FailureKind.infeasible_recipe,
            macropore=macropore,
            binder_domain=binder_domain,
        )
    dry_density = solid / total_m3_per_kg
    areal_mass = dry_density * recipe.thickness_m
    masses = {
        "active": areal_mass * recipe.active_wt_pct / 100.0,
        "second": areal_mass * recipe.second_active_wt_pct / 100.0,
    }
    return Composition(
        macropore=macropore,
        active=shares["active"],
        second_active=shares["second"],
        binder_domain=binder_domain,
        nanopore=nanopore,
        binder_solid=shares["binder"],
        carbon_solid=shares["carbon"],
        dry_density_kg_per_m3=dry_density,
        areal_mass_kg_per_m2=areal_mass,
        active_areal_mass_kg_per_m2=sum(masses.values()),
        areal_capacity_Ah_per_m2=masses["active"] * (materials.active.capacity_Ah_per_kg or 0.0)
        + masses["second"] * _second_capacity_Ah_per_kg(materials),
    )


def recipe_from_fractions(
    *,
    pore: float,
    active: float,
    binder: float,
    thickness_m: float,
    particle_d50_m: float,
    binder_to_carbon: float = 1.0,
    binder_nanoporosity: float = 0.47,
    active_material: str = "NMC811",
    materials: CoatingMaterials | None = None,
) -> ElectrodeRecipe:
    """Return the recipe whose voxels have these phase fractions, as for an electrode's image.

    ``binder`` is the binder domain with its nanopores. ``binder_to_carbon`` is a mass ratio that no
    image shows (assumed 1:1). Raises ``Invalid`` where the fractions do not sum to 1.
    """
    total = pore + active + binder
    if abs(total - 1.0) > 1e-3 or min(pore, active, binder) < 0.0:
        raise Invalid(
            f"phase fractions pore {pore:g} + active {active:g} + binder {binder:g} = {total:g}; "
            "each must be at least 0 and the sum 1"
        )
    materials = materials or coating_materials(active_material)
    mass_active = active / total * materials.active.density_kg_per_m3
    solid_volume = binder / total * (1.0 - binder_nanoporosity)
    carbon_volume = solid_volume / (
        1.0
        + binder_to_carbon * materials.carbon.density_kg_per_m3 / materials.binder.density_kg_per_m3
    )
    mass_carbon = carbon_volume * materials.carbon.density_kg_per_m3
    mass_binder = (solid_volume - carbon_volume) * materials.binder.density_kg_per_m3
    mass = mass_active + mass_carbon + mass_binder
    active_wt_pct = 100.0 * mass_active / mass
    carbon_wt_pct = 100.0 * mass_carbon / mass
    return ElectrodeRecipe(
        active_wt_pct=active_wt_pct,
        binder_wt_pct=max(100.0 - active_wt_pct - carbon_wt_pct, 0.0),
        carbon_wt_pct=carbon_wt_pct,
        porosity=pore / total + binder_nanoporosity * binder / total,
        thickness_m=thickness_m,
        particle_d50_m=particle_d50_m,
        binder_nanoporosity=binder_nanoporosity,
        active_material=active_material,
    )


def _solid_volumes_m3_per_kg(
    recipe: ElectrodeRecipe, materials: CoatingMaterials
) -> dict[str, float]:
    """Return the solid volume of every component in one kilogram of dry coating."""
    volumes = {
        "active": recipe.active_wt_pct / 100.0 / materials.active.density_kg_per_m3,
        "binder": recipe.binder_wt_pct / 100.0 / materials.binder.density_kg_per_m3,
        "carbon": recipe.carbon_wt_pct / 100.0 / materials.carbon.density_kg_per_m3,
        "second": 0.0,
    }
    if recipe.second_active_wt_pct > 0.0:
        if materials.second_active is None:
            raise Invalid(
                f"second_active_wt_pct: a coating of {materials.active.name} has no second active "
                "material"
            )
        second_kg_per_m3 = materials.second_active.density_kg_per_m3
        volumes["second"] = recipe.second_active_wt_pct / 100.0 / second_kg_per_m3
    return volumes


def _second_capacity_Ah_per_kg(materials: CoatingMaterials) -> float:
    second = materials.second_active
    return second.capacity_Ah_per_kg or 0.0 if second else 0.0
