"""The unit cube and the design space are one to one, and nothing leaves its bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from experiments.design import Design
from experiments.design_space import Categorical, Continuous, DesignSpace, Integer, Mixture

SPACE = DesignSpace(
    parameters=(
        Continuous(name="positive.porosity", low=0.2, high=0.45),
        Integer(name="layers", low=1, high=4),
        Categorical(name="solvent", choices=("NMP", "water", "none")),
        Mixture(names=("a", "b", "c"), lows=(90.0, 0.5, 0.5), highs=(97.0, 6.0, 5.0), total=100.0),
    )
)
units = st.lists(st.floats(0, 1), min_size=SPACE.n_unit, max_size=SPACE.n_unit)


@given(units)
def test_every_point_of_the_unit_cube_is_a_design_within_bounds(u: list[float]) -> None:
    design = SPACE.from_unit(u)
    assert SPACE.contains(design)
    assert sum(float(design.values[name]) for name in "abc") == pytest.approx(100, abs=1e-9)


@given(units)
def test_a_design_maps_to_the_cube_and_back_to_itself(u: list[float]) -> None:
    design = SPACE.from_unit(u)
    again = SPACE.from_unit(SPACE.to_unit(design))
    for name, value in design.values.items():
        expected = value if isinstance(value, str) else pytest.approx(value, abs=1e-6)
        assert again.values[name] == expected


def test_points_outside_the_cube_are_clipped() -> None:
    assert SPACE.contains(SPACE.from_unit([-1.0, 2.0, 5.0, -3.0, 9.0]))


def test_bounds_are_named() -> None:
    design = SPACE.from_unit([0.0, 0.5, 0.5, 1.0, 0.5])
    assert SPACE.at_bounds(design)["positive.porosity"] == "min"
    assert SPACE.at_bounds(design)["a"] == "max"


def test_the_bounds_of_a_mixture_are_those_its_sum_leaves() -> None:
    space = DesignSpace(
        parameters=(Mixture(names=("a", "b", "c"), lows=(92.0, 1.0, 1.0), highs=(99.0, 5.0, 1.0)),)
    )
    assert space.numeric_bounds() == [("a", 94.0, 98.0), ("b", 1.0, 5.0), ("c", 1.0, 1.0)]
    design = Design(values={"a": 98.0, "b": 1.0, "c": 1.0})
    assert space.at_bounds(design) == {"a": "max", "b": "min"}


def test_values_outside_are_not_contained() -> None:
    design = SPACE.from_unit([0.5] * SPACE.n_unit)
    for name, wrong in {"positive.porosity": 0.5, "layers": 5, "solvent": "oil", "a": 96.9}.items():
        assert not SPACE.contains(Design(values={**design.values, name: wrong}))


def test_a_mixture_that_cannot_reach_its_sum_is_refused() -> None:
    with pytest.raises(ValidationError, match="never to 100"):
        Mixture(names=("a", "b"), lows=(10.0, 10.0), highs=(40.0, 50.0), total=100.0)


def test_min_above_max_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"min 0\.5 is not below max 0\.2"):
        Continuous(name="x", low=0.5, high=0.2)
