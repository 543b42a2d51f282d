"""Random cells over wide ranges: every parameter that reaches the P2D model is varied."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.cell_spec import CellSpec
from experiments.errors import DesignFailed
from experiments.physics import Physics
from experiments.properties import AxisTransport, EffectiveProperties
from experiments.recipe import ElectrodeRecipe, NegativeRecipe, Recipe
from simulators.cell.discharge import Conditions
from simulators.cell.evaluate import design_inputs
from simulators.cell.p2d_inputs import DesignInputs
from simulators.cell.p2d_model import MeshSize
from simulators.cell.sizing import size_cell
from simulators.microstructure.composition import compose


@dataclass(frozen=True)
class RandomCell:
    """One random design with everything a solve needs."""

    cell: CellSpec
    recipe: Recipe
    properties: EffectiveProperties
    power_W: float
    c_rate_per_h: float
    area_m2: float
    resistance_Ohm: float

    @property
    def design(self) -> DesignInputs:
        sized = size_cell(self.cell, self.recipe)
        return design_inputs(sized, self.recipe, self.properties, Physics())

    def conditions(self, mesh: MeshSize, *, rtol: float = 1e-4) -> Conditions:
        return Conditions(
            power_W_per_m2=self.power_W / self.area_m2,
            resistance_Ohm_m2=self.resistance_Ohm * self.area_m2,
            temperature_K=self.cell.temperature_C + 273.15,
            parameter_set=self.cell.parameter_set,
            mesh=mesh,
            rtol=rtol,
        )


def random_cells(n: int, seed: int, *, c_rates: tuple[float, float]) -> list[RandomCell]:
    """Return n feasible cells: 25 to 160 µm, 18 to 55% porosity, 1 to 15 µm particles, 0 to 45 °C,
    active 85 to 98 wt%, N/P 1.02 to 1.5, Deff/D0 = ε^1.3…2.5, 0.1 to 100 S/m, 0.3 to 1 of the
    spheres' surface open; rates log-uniform within ``c_rates``.
    """
    rng = np.random.default_rng(seed)
    cells: list[RandomCell] = []
    while len(cells) < n:
        drawn = _draw(rng, c_rates)
        if drawn is not None:
            cells.append(drawn)
    return cells


def _draw(rng: np.random.Generator, c_rates: tuple[float, float]) -> RandomCell | None:
    """Return a cell, or None where its recipe is infeasible (which no solve would see)."""

    def between(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    def spread(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    active = between(85.0, 98.0)
    binder = (100.0 - active) * between(0.2, 0.8)
    recipe = Recipe(
        positive=ElectrodeRecipe(
            active_wt_pct=active,
            binder_wt_pct=binder,
            carbon_wt_pct=100.0 - active - binder,
            porosity=between(0.18, 0.55),
            thickness_m=spread(25e-6, 160e-6),
            particle_d50_m=spread(1e-6, 15e-6),
            particle_spread=between(0.0, 0.5),
        ),
        negative=NegativeRecipe(n_to_p_ratio=between(1.02, 1.5), porosity=between(0.2, 0.5)),
    )
    cell = CellSpec(temperature_C=between(0.0, 45.0))
    c_rate_per_h = spread(*c_rates)
    exponent, conductivity = between(1.3, 2.5), spread(0.1, 100.0)
    is_open, is_covered = between(0.3, 1.0), between(0.0, 0.5)
    try:
        sized = size_cell(cell, recipe)
        composition = compose(recipe.positive)
    except DesignFailed:
        return None
    surface_per_m = 6.0 * composition.active / recipe.positive.particle_d50_m
    whole = sized.whole
    return RandomCell(
        cell=cell,
        recipe=recipe,
        properties=EffectiveProperties(
            shape=(8, 8, 8),
            voxel_size_m=(1e-6, 1e-6, 1e-6),
            volume_fraction={str(k): v for k, v in composition.phase_fraction.items()},
            percolating_fraction={},
            pore_transport=_exactly(composition.porosity**exponent),
            solid_transport=_exactly(conductivity),
            interface_area_per_m={
                "pore-active": is_open * surface_per_m,
                "active-binder": is_covered * surface_per_m,
            },
        ),
        power_W=c_rate_per_h
        * sized.balance.mean_voltage_V
        * sized.areal_capacity_Ah_per_m2
        * whole.coated_area_m2,
        c_rate_per_h=c_rate_per_h,
        area_m2=whole.coated_area_m2,
        resistance_Ohm=whole.series_resistance_Ohm,
    )


def _exactly(value: float) -> dict[str, AxisTransport]:
    return {"0": AxisTransport(relative=value, lower=value, upper=value)}
