"""From a recipe to the cell it makes, before any simulation: loading, negative, masses."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.cell_spec import CellSpec
from experiments.errors import Invalid
from experiments.recipe import Recipe
from simulators.cell.balance import Balance, balance
from simulators.cell.chemistry import Chemistry, load_chemistry
from simulators.cell.electrolyte import electrolyte_set
from simulators.cell.formats import cell_format
from simulators.cell.material_cost import material_cost_USD
from simulators.cell.whole_cell import Coating, Stack, WholeCell
from simulators.microstructure.composition import Composition, compose
from simulators.microstructure.materials import coating_materials


@dataclass(frozen=True)
class SizedCell:
    """A cell as its recipe determines it."""

    chemistry: Chemistry
    active_material: str
    balance: Balance
    composition: Composition
    whole: WholeCell
    negative_thickness_m: float
    negative_porosity: float
    areal_capacity_Ah_per_m2: float
    """Reversible capacity of one coated side between the cut-offs, at equilibrium."""

    @property
    def material_cost_USD(self) -> float:
        """Return what the materials of the whole cell cost."""
        return material_cost_USD(self.whole, self.active_material)


def size_cell(cell: CellSpec, recipe: Recipe) -> SizedCell:
    """Balance the negative against the recipe's positive and put both into the format.

    Raises ``Invalid`` for unknown formats, parameter sets or an active material that is not the
    set's; ``DesignFailed`` (infeasible_recipe) where masses, balance or winding do not work out.
    """
    chemistry = load_chemistry(cell.parameter_set)
    form = cell_format(cell.format)
    positive = recipe.positive
    _require_active(chemistry, recipe)
    composition = compose(positive)
    balanced = balance(cell.parameter_set, recipe.negative.n_to_p_ratio)
    sites_Ah_per_m2 = (
        composition.active * positive.thickness_m * chemistry.positive.total_capacity_Ah_per_m3
    )
    published = chemistry.negative
    porosity = recipe.negative.porosity or published.porosity
    negative_thickness_m = (
        balanced.negative_sites
        * sites_Ah_per_m2
        / (published.active_fraction_at(porosity) * published.total_capacity_Ah_per_m3)
    )
    stack = Stack(
        positive=Coating(
            thickness_m=positive.thickness_m,
            porosity=composition.porosity,
            dry_density_kg_per_m3=composition.dry_density_kg_per_m3,
        ),
        negative=Coating(
            thickness_m=negative_thickness_m,
            porosity=porosity,
            dry_density_kg_per_m3=(1.0 - porosity)
            * coating_materials("graphite").active.density_kg_per_m3,
        ),
        separator_thickness_m=chemistry.separator_thickness_m,
        separator_porosity=chemistry.separator_porosity,
    )
    return SizedCell(
        chemistry=chemistry,
        active_material=positive.active_material,
        balance=balanced,
        composition=composition,
        whole=form.assemble(stack),
        negative_thickness_m=negative_thickness_m,
        negative_porosity=porosity,
        areal_capacity_Ah_per_m2=balanced.usable_share * sites_Ah_per_m2,
    )


def require_materials(cell: CellSpec, recipe: Recipe) -> None:
    """Raise ``Invalid`` where the recipe names a material or an electrolyte that is not known."""
    coating_materials(recipe.positive.active_material)
    electrolyte_set(recipe.electrolyte)
    _require_active(load_chemistry(cell.parameter_set), recipe)


def _require_active(chemistry: Chemistry, recipe: Recipe) -> None:
    material = recipe.positive.active_material
    if chemistry.active_material not in (None, material):
        raise Invalid(
            f"positive.active_material: {material!r} does not belong to the "
            f"parameter set {chemistry.name}; allowed: {chemistry.active_material!r}"
        )


def recipe_metrics(cell: CellSpec, recipe: Recipe) -> dict[str, float]:
    """Return the metrics known before any simulation, by their names in ``experiments.metrics``.

    Raises as ``size_cell``. Takes microseconds once the N/P ratio was seen in this process.
    """
    return known_metrics(size_cell(cell, recipe))


def known_metrics(sized: SizedCell) -> dict[str, float]:
    """Return the metrics that a sized cell has before any simulation."""
    return {
        "areal_capacity_mAh_per_cm2": sized.areal_capacity_Ah_per_m2 / 10.0,
        "cell_mass_kg": sized.whole.mass_kg,
        "material_cost_USD": sized.material_cost_USD,
    }
