"""Conductivities that no solution could be certified for are refused where they are written."""

import pytest
from pydantic import ValidationError

from experiments.physics import MOST_CONTRAST, Physics


@pytest.mark.parametrize(
    "values",
    [
        {"active_conductivity_S_per_m": 1e-5, "binder_conductivity_S_per_m": 375.0},
        {"active_conductivity_S_per_m": 1e6, "binder_conductivity_S_per_m": 0.01},
    ],
)
def test_solids_too_far_apart_are_named_with_their_values(values):
    with pytest.raises(ValidationError, match=r"active and binder, .* at most 1e.06 times apart"):
        Physics(**values)


def test_ions_are_blocked_or_move_fast_enough_to_be_solved_for():
    with pytest.raises(ValidationError, match="binder_ion_diffusivity 1e-08 must be 0"):
        Physics(binder_ion_diffusivity=1e-8)
    assert Physics(binder_ion_diffusivity=0).binder_ion_diffusivity == 0


def test_an_insulator_is_as_far_from_a_conductor_as_one_likes():
    assert Physics(active_conductivity_S_per_m=0, binder_conductivity_S_per_m=1e7)
    assert Physics(
        active_conductivity_S_per_m=1e-4, binder_conductivity_S_per_m=1e-4 * MOST_CONTRAST
    )
