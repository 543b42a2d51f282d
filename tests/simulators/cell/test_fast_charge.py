from dataclasses import replace

import numpy as np
import pytest

from experiments.cell_spec import CellSpec
from experiments.errors import Invalid
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe
from simulators.cell.balance import balance
from simulators.cell.discharge import Conditions
from simulators.cell.evaluate import design_inputs
from simulators.cell.fast_charge import fast_charge
from simulators.cell.p2d_inputs import DesignInputs
from simulators.cell.p2d_model import MeshSize
from simulators.cell.sizing import size_cell

BALANCE = balance("Chen2020", 1.1)
CONDITIONS = Conditions(
    power_W_per_m2=1.0, resistance_Ohm_m2=2e-4, temperature_K=318.15, mesh=MeshSize(x=12, r=6)
)


@pytest.fixture(scope="module")
def design(recipe: Recipe, properties: EffectiveProperties) -> DesignInputs:
    return design_inputs(size_cell(CellSpec(), recipe), recipe, properties, Physics())


def test_no_limit_is_passed_and_one_is_always_reached(design: DesignInputs) -> None:
    found = fast_charge(design, BALANCE, CONDITIONS, limit_per_h=3.0)
    rate_per_h = found.current_A_per_m2 / design.capacity_Ah_per_m2
    assert rate_per_h.max() <= 3.0 + 1e-3
    assert found.voltage_V.max() <= 4.2 + 1e-3
    assert found.plating_margin_V.min() >= -1e-3
    slack = np.minimum(
        1.0 - rate_per_h / 3.0,
        np.minimum(4.2 - found.voltage_V, found.plating_margin_V) / 0.1,
    )
    assert slack[1:].max() < 0.02
    assert found.charged_share[0] == pytest.approx(0.1, abs=1e-6)
    assert found.charged_share[-1] == pytest.approx(0.8, abs=1e-6)


def test_a_slow_charge_takes_the_time_of_its_current(design: DesignInputs) -> None:
    found = fast_charge(design, BALANCE, CONDITIONS, limit_per_h=0.5)
    assert found.duration_s == pytest.approx(0.7 / 0.5 * 3600.0, rel=2e-3)


def test_more_caution_takes_longer(design: DesignInputs) -> None:
    bold = fast_charge(design, BALANCE, CONDITIONS, limit_per_h=3.0)
    careful = fast_charge(design, BALANCE, CONDITIONS, limit_per_h=3.0, plating_margin_V=0.02)
    cold = fast_charge(design, BALANCE, replace(CONDITIONS, temperature_K=298.15), limit_per_h=3.0)
    assert bold.duration_s < careful.duration_s
    assert bold.duration_s < cold.duration_s


def test_shares_out_of_order_are_refused(design: DesignInputs) -> None:
    with pytest.raises(Invalid, match=r"from_share 0\.8 and to_share 0\.2 must rise"):
        fast_charge(design, BALANCE, CONDITIONS, from_share=0.8, to_share=0.2)
