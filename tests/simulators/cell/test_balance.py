import pybamm
import pytest

from experiments.errors import DesignFailed
from simulators.cell.balance import balance, balance_at
from simulators.cell.chemistry import POSITIVE_ACTIVE, load_chemistry


@pytest.mark.parametrize("name", sorted(POSITIVE_ACTIVE))
@pytest.mark.parametrize("n_to_p_ratio", [1.02, 1.1, 1.4])
def test_stoichiometries_agree_with_pybamms_electrode_state_of_health(
    name: str, n_to_p_ratio: float
) -> None:
    ours = balance(name, n_to_p_ratio)
    values = pybamm.ParameterValues(name)
    theirs = pybamm.lithium_ion.ElectrodeSOHSolver(values).solve(
        {
            "Q_n": ours.negative_sites,
            "Q_p": 1.0,
            "Q_Li": 1.0 - load_chemistry(name).formation_loss,
        }
    )
    assert ours.x0 == pytest.approx(float(theirs["x_0"]), abs=2e-4)
    assert ours.x100 == pytest.approx(float(theirs["x_100"]), abs=2e-4)
    assert ours.y0 == pytest.approx(float(theirs["y_0"]), abs=2e-4)
    assert ours.y100 == pytest.approx(float(theirs["y_100"]), abs=2e-4)


@pytest.mark.parametrize("n_to_p_ratio", [1.005, 1.1, 1.73])
def test_the_balance_has_the_ratio_that_was_asked(n_to_p_ratio: float) -> None:
    assert balance("Chen2020", n_to_p_ratio).n_to_p_ratio == pytest.approx(n_to_p_ratio, rel=1e-8)


def test_the_published_cell_has_its_published_ratios() -> None:
    chen = load_chemistry("Chen2020")
    sites = (
        chen.negative.active_fraction
        * chen.negative.thickness_m
        * chen.negative.maximum_concentration_mol_per_m3
    ) / (
        chen.positive.active_fraction
        * chen.positive.thickness_m
        * chen.positive.maximum_concentration_mol_per_m3
    )
    assert sites == pytest.approx(0.667, abs=1e-3)
    assert balance_at("Chen2020", sites).n_to_p_ratio == pytest.approx(1.10, abs=5e-3)


def test_a_ratio_that_would_plate_lithium_is_infeasible() -> None:
    with pytest.raises(DesignFailed, match=r"n_to_p_ratio 0\.9 cannot be reached.*1\.00") as failed:
        balance("Chen2020", 0.9)
    assert failed.value.kind == "infeasible_recipe"
