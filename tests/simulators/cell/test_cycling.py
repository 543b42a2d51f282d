from dataclasses import replace

import pybamm
import pytest
from aurora_unicycler import CyclingProtocol

from experiments.cell_spec import CellSpec
from experiments.errors import Invalid
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe
from simulators.cell.balance import balance
from simulators.cell.cycle_simulation import cycle_simulation
from simulators.cell.cycling import run_protocol
from simulators.cell.discharge import Conditions
from simulators.cell.evaluate import design_inputs
from simulators.cell.p2d_inputs import DesignInputs
from simulators.cell.p2d_model import MeshSize
from simulators.cell.protocols import cycling, rate_sweep
from simulators.cell.sizing import size_cell
from tests.benchmarks.plain_pybamm import plain_values

BALANCE = balance("Chen2020", 1.1)
CONDITIONS = Conditions(
    power_W_per_m2=1.0, resistance_Ohm_m2=2e-4, temperature_K=298.15, mesh=MeshSize(x=8, r=6)
)
RATES_PER_H = [0.05, 2.0]
WINDOW = {"capacity_Ah": 5.0, "minimum_V": 2.5, "maximum_V": 4.2}


@pytest.fixture(scope="module")
def design(recipe: Recipe, properties: EffectiveProperties) -> DesignInputs:
    return design_inputs(size_cell(CellSpec(), recipe), recipe, properties, Physics())


@pytest.fixture(scope="module")
def given(design: DesignInputs) -> list[float]:
    """Return the charge at each of ``RATES_PER_H``, from a full cell each time."""
    protocol = rate_sweep(RATES_PER_H, **WINDOW)
    steps = run_protocol(design, BALANCE, protocol, CONDITIONS)
    return [-step.charge_Ah_per_m2 for step in steps if step.instruction.startswith("Discharge")]


def test_a_rate_sweep_gives_less_charge_at_higher_rates_and_nearly_all_at_a_low_one(
    design: DesignInputs, given: list[float]
) -> None:
    assert given == sorted(given, reverse=True)
    assert given[0] == pytest.approx(design.capacity_Ah_per_m2, rel=0.02)
    assert given[-1] < 0.98 * given[0]


def test_a_discharge_at_constant_current_is_plain_pybamms(design: DesignInputs) -> None:
    rate_per_h = RATES_PER_H[-1]
    protocol = CyclingProtocol.from_dict(
        {
            "sample": {"capacity_mAh": 5000.0},
            "record": {"time_s": 10.0},
            "method": [
                {"step": "constant_current", "rate_C": -rate_per_h, "until_voltage_V": 2.5},
            ],
        }
    )
    (step,) = run_protocol(design, BALANCE, protocol, CONDITIONS, from_share=1.0)
    simulation = pybamm.Simulation(
        pybamm.lithium_ion.DFN(
            {"transport efficiency": "tortuosity factor", "contact resistance": "true"}
        ),
        parameter_values=plain_values(design, 1.0, CONDITIONS.resistance_Ohm_m2),
        C_rate=rate_per_h,
        var_pts=dict.fromkeys(("x_n", "x_s", "x_p", "r_n", "r_p"), 20),
        solver=pybamm.IDAKLUSolver(rtol=1e-5, atol=1e-7, on_extrapolation="ignore"),
    )
    plain = float(simulation.solve([0.0, 3600.0])["Discharge capacity [A.h]"].entries[-1])
    assert -step.charge_Ah_per_m2 == pytest.approx(plain, rel=2e-3)


def test_a_further_design_is_cycled_on_the_model_of_the_first_and_leaves_no_trace(
    design: DesignInputs, given: list[float]
) -> None:
    protocol = rate_sweep(RATES_PER_H, **WINDOW)
    before = cycle_simulation.cache_info()
    thicker = replace(
        design,
        positive=replace(design.positive, thickness_m=2.0 * design.positive.thickness_m),
        negative=replace(design.negative, thickness_m=2.0 * design.negative.thickness_m),
        capacity_Ah_per_m2=2.0 * design.capacity_Ah_per_m2,
    )
    steps = run_protocol(thicker, BALANCE, protocol, CONDITIONS)
    again = run_protocol(design, BALANCE, protocol, CONDITIONS)
    assert cycle_simulation.cache_info().misses == before.misses
    assert given == [
        -step.charge_Ah_per_m2 for step in again if step.instruction.startswith("Discharge")
    ]
    slow = next(step for step in steps if step.instruction.startswith("Discharge"))
    assert -slow.charge_Ah_per_m2 == pytest.approx(thicker.capacity_Ah_per_m2, rel=0.02)


def test_every_cycle_charges_and_discharges(design: DesignInputs) -> None:
    protocol = cycling(2, **WINDOW)
    steps = run_protocol(design, BALANCE, protocol, CONDITIONS)
    assert [step.instruction.split()[0] for step in steps] == ["Charge", "Hold", "Discharge"] * 2
    passed = sum(step.charge_Ah_per_m2 for step in steps[3:])
    assert abs(passed) < 0.01 * design.capacity_Ah_per_m2
    assert max(step.voltage_V.max() for step in steps) < 4.2 + 1e-3


def test_the_same_protocol_is_written_for_a_cycler() -> None:
    assert "<" in rate_sweep([0.5, 1.0], **WINDOW).to_neware_xml(sample_name="cell-1")


def test_a_step_the_model_cannot_run_is_refused_by_name(design: DesignInputs) -> None:
    protocol = CyclingProtocol.from_dict(
        {
            "sample": {"capacity_mAh": 1.0},
            "record": {"time_s": 1.0},
            "method": [
                {
                    "step": "voltage_scan",
                    "start_voltage_V": 3.0,
                    "end_voltage_V": 4.0,
                    "scan_rate_mV_per_s": 1.0,
                }
            ],
        }
    )
    with pytest.raises(Invalid, match=r"'voltage_scan'.*allowed: constant_current"):
        run_protocol(design, BALANCE, protocol, CONDITIONS)


def test_rates_out_of_range_are_refused() -> None:
    with pytest.raises(Invalid, match=r"rates_per_h: -1 1/h"):
        rate_sweep([-1.0], **WINDOW)
    with pytest.raises(Invalid, match=r"n_cycles: 0"):
        cycling(0, **WINDOW)
