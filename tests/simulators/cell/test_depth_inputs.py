"""A graded coating reaches P2D by all its profiles, and a model without depth by their means."""

import numpy as np
import pytest

from experiments.cell_spec import CellSpec
from experiments.depth import DepthKnots
from experiments.errors import DesignFailed
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe
from simulators.cell.evaluate import design_inputs, evaluate_cell
from simulators.cell.p2d_inputs import DesignInputs
from simulators.cell.sizing import size_cell


def graded(properties: EffectiveProperties, slope: float) -> EffectiveProperties:
    """Return the properties with porosity falling by ``slope`` towards the collector."""
    fraction = properties.volume_fraction
    solid = fraction["active"] + fraction["binder"]
    change = np.linspace(0.5, -0.5, 5) * slope
    share = 1.0 - change / solid
    transport = properties.pore_transport["0"].relative * (1.0 + change / fraction["pore"]) ** 1.5

    def values(array: np.ndarray) -> tuple[float, ...]:
        return tuple(float(value) for value in array)

    knots = DepthKnots(
        volume_fraction={
            "pore": values(fraction["pore"] + change),
            "active": values(fraction["active"] * share),
            "binder": values(fraction["binder"] * share),
        },
        pore_transport=values(transport),
        solid_transport=values(properties.solid_transport["0"].relative * share),
        interface_area_per_m={
            pair: values(area * share) for pair, area in properties.interface_area_per_m.items()
        },
    )
    return properties.model_copy(update={"through_thickness": knots})


def inputs(recipe: Recipe, properties: EffectiveProperties) -> DesignInputs:
    return design_inputs(size_cell(CellSpec(), recipe), recipe, properties, Physics())


def test_every_property_of_every_depth_is_mapped(
    recipe: Recipe, properties: EffectiveProperties
) -> None:
    even = inputs(recipe, properties)
    knots = inputs(recipe, graded(properties, 0.2)).positive_knots
    assert len(knots) == 5
    assert knots[2].porosity == pytest.approx(even.positive.porosity)
    assert knots[2].area_factor == pytest.approx(even.positive.area_factor)
    assert knots[0].porosity > knots[-1].porosity
    assert knots[0].pore_transport > knots[-1].pore_transport
    assert knots[0].active_fraction < knots[-1].active_fraction
    assert knots[0].conductivity_S_per_m < knots[-1].conductivity_S_per_m
    assert all(one.porosity + one.active_fraction <= 1.0 for one in knots)
    assert not even.positive_knots


def test_an_open_separator_side_gives_more_and_a_model_without_depth_says_it_took_the_mean(
    recipe: Recipe, properties: EffectiveProperties
) -> None:
    def energy(measured: EffectiveProperties, model: str) -> tuple[float, tuple[str, ...]]:
        found = evaluate_cell(
            CellSpec(),
            recipe,
            measured,
            power_W=300.0,
            model=model,
            mesh_points=8,
            physics=Physics(),
            with_bias=False,
            with_details=False,
        )
        return found.metrics["energy_Wh"], found.fallbacks

    open_side, closed_side = (energy(graded(properties, slope), "DFN")[0] for slope in (0.2, -0.2))
    assert open_side > 1.05 * closed_side
    value, notes = energy(graded(properties, 0.2), "SPM")
    assert value == energy(properties, "SPM")[0]
    assert notes == ("the graded positive enters by its mean: a SPM has no depth",)


def test_a_depth_without_surface_is_infeasible(
    recipe: Recipe, properties: EffectiveProperties
) -> None:
    wrong = graded(properties, 0.2)
    assert wrong.through_thickness is not None
    bare = wrong.through_thickness.model_copy(
        update={"interface_area_per_m": {"pore-active": (1e5, 1e5, 0.0, 1e5, 1e5)}}
    )
    with pytest.raises(DesignFailed, match=r"at depth 0\.5"):
        inputs(recipe, wrong.model_copy(update={"through_thickness": bare}))
