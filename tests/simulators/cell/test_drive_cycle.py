"""A power profile drives the cell until a limit, and agrees with a constant-power discharge."""

import pytest
from pydantic import ValidationError

from experiments.cell_spec import CellSpec
from experiments.errors import Invalid
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe
from simulators.cell.balance import balance
from simulators.cell.discharge import Conditions, discharge
from simulators.cell.drive_cycle import PowerProfile, drive
from simulators.cell.evaluate import design_inputs
from simulators.cell.p2d_inputs import DesignInputs
from simulators.cell.p2d_model import MeshSize
from simulators.cell.sizing import size_cell

BALANCE = balance("Chen2020", 1.1)
CONDITIONS = Conditions(
    power_W_per_m2=300.0, resistance_Ohm_m2=2e-4, temperature_K=298.15, mesh=MeshSize(x=8, r=6)
)
STEADY = PowerProfile(time_s=(0.0, 600.0), share=(1.0, 1.0))
BRAKING = PowerProfile(time_s=(0.0, 200.0, 220.0, 280.0, 300.0), share=(1.0, 1.0, -0.5, -0.5, 1.0))


@pytest.fixture(scope="module")
def design(recipe: Recipe, properties: EffectiveProperties) -> DesignInputs:
    return design_inputs(size_cell(CellSpec(), recipe), recipe, properties, Physics())


def test_a_steady_profile_is_a_constant_power_discharge(design: DesignInputs) -> None:
    found = drive(design, BALANCE, STEADY, CONDITIONS)
    constant = discharge(design, CONDITIONS)
    assert found.termination == "minimum voltage"
    assert found.duration_s == pytest.approx(constant.duration_s, rel=2e-3)
    assert found.energy_Wh_per_m2 == pytest.approx(constant.energy_Wh_per_m2, rel=2e-3)


def test_braking_gives_energy_back_and_goes_further(design: DesignInputs) -> None:
    found = drive(design, BALANCE, BRAKING, CONDITIONS, from_share=0.9)
    assert found.regenerated_Wh_per_m2 > 0.0
    assert found.duration_s > drive(design, BALANCE, STEADY, CONDITIONS, from_share=0.9).duration_s
    whole, part = divmod(found.repeats, 1.0)
    assert whole >= 1
    assert 0.0 <= part < 1.0


@pytest.mark.parametrize(
    ("times", "shares", "message"),
    [
        ((0.0, 1.0), (1.0,), "2 times and 1 shares"),
        ((0.0, 2.0, 1.0), (1.0, 1.0, 1.0), "start at 0 and rise"),
        ((0.0, 1.0), (-1.0, 0.5), "must discharge"),
    ],
)
def test_no_profile_is_refused_without_a_reason(
    times: tuple[float, ...], shares: tuple[float, ...], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        PowerProfile(time_s=times, share=shares)


def test_an_empty_cell_drives_nowhere(design: DesignInputs) -> None:
    with pytest.raises(Invalid, match=r"from_share: 0 is out of range"):
        drive(design, BALANCE, STEADY, CONDITIONS, from_share=0.0)
