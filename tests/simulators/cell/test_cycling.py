import pytest
from aurora_unicycler import CyclingProtocol

from experiments.campaign import CellSpec, Physics
from experiments.errors import Invalid
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe
from simulators.cell.balance import balance
from simulators.cell.cycling import run_protocol
from simulators.cell.discharge import Conditions
from simulators.cell.evaluate import design_inputs
from simulators.cell.p2d_inputs import DesignInputs
from simulators.cell.p2d_model import MeshSize
from simulators.cell.protocols import cycling, rate_sweep
from simulators.cell.sizing import size_cell

BALANCE = balance("Chen2020", 1.1)
CONDITIONS = Conditions(
    power_W_per_m2=1.0, resistance_Ohm_m2=2e-4, temperature_K=298.15, mesh=MeshSize(x=8, r=6)
)
WINDOW = {"capacity_Ah": 5.0, "minimum_V": 2.5, "maximum_V": 4.2}


@pytest.fixture(scope="module")
def design(recipe: Recipe, properties: EffectiveProperties) -> DesignInputs:
    return design_inputs(size_cell(CellSpec(), recipe), recipe, properties, Physics())


def test_a_rate_sweep_gives_less_charge_at_higher_rates_and_nearly_all_at_a_low_one(
    design: DesignInputs,
) -> None:
    protocol = rate_sweep([0.05, 1.0, 2.0], **WINDOW)
    steps = run_protocol(design, BALANCE, protocol, CONDITIONS)
    given = [-step.charge_Ah_per_m2 for step in steps if step.instruction.startswith("Discharge")]
    assert given == sorted(given, reverse=True)
    assert given[0] == pytest.approx(design.capacity_Ah_per_m2, rel=0.02)
    assert given[2] < 0.98 * given[0]


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
